"""State ExportMemberships: list the members of each group until done or the deadline is near."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.export import Export


@state("backup", "ExportMemberships")
def handler(event: Event, invocation: Invocation) -> Event:
    job = event["export"]
    application = invocation.application
    pool, governor = application.user_pool(job["user_pool_id"], job["quota_share"])
    export = Export(pool, application.store, bootstrap.FORMATS[job["format"]], job["prefix"], invocation.deadline)
    advanced = export.memberships(ExportProgress.of(event["progress"]), ExportProgress.of(event["groups"]))
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
