"""State ExportGroups: list the groups until done or the deadline is near."""

from __future__ import annotations

from backup.job import open_export
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric


@state("backup", "ExportGroups")
def handler(event: Event, invocation: Invocation) -> Event:
    export, governor = open_export(event, invocation)
    advanced = export.groups(ExportProgress.of(event["progress"]))
    invocation.count(Metric.REQUESTS, governor.requests)
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
