"""State ExportUsers: one lane lists users until it is done or its deadline is near."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.export import Export


@state("backup", "ExportUsers")
def handler(event: Event, invocation: Invocation) -> Event:
    job, progress = event["export"], ExportProgress.of(event["progress"])
    application = invocation.application
    pool, governor = application.user_pool(job["user_pool_id"], job["quota_share"], event["lanes"])
    export = Export(pool, application.store, bootstrap.FORMATS[job["format"]], job["prefix"], invocation.deadline)
    advanced = export.users(progress, job["include_mfa"])
    invocation.count(Metric.USERS_EXPORTED, max(0, advanced.rows - progress.rows))
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
