"""State ExportMemberships: list the members of each group until done or the deadline is near."""

from __future__ import annotations

from backup.job import open_export
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric


@state("backup", "ExportMemberships")
def handler(event: Event, invocation: Invocation) -> Event:
    export, governor = open_export(event, invocation)
    advanced = export.memberships(ExportProgress.of(event["progress"]), ExportProgress.of(event["groups"]))
    invocation.count(Metric.REQUESTS, governor.requests)
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
