"""State ExportGroups: list the groups until done or the deadline is near."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.export import Export


@state("backup", "ExportGroups")
def handler(event: Event, invocation: Invocation) -> Event:
    job = event["export"]
    application = invocation.application
    pool, governor = application.user_pool(job["user_pool_id"], job["quota_share"])
    export = Export(pool, application.store, bootstrap.FORMATS[job["format"]], job["prefix"], invocation.deadline)
    advanced = export.groups(ExportProgress.of(event["progress"]))
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
