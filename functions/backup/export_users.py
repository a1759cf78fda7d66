"""State ExportUsers: one lane lists users until it is done or its deadline is near."""

from __future__ import annotations

from backup.job import open_export
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric


@state("backup", "ExportUsers")
def handler(event: Event, invocation: Invocation) -> Event:
    export, governor = open_export(event, invocation, event["lanes"])
    progress = ExportProgress.of(event["progress"])
    advanced = export.users(progress, event["export"]["include_mfa"])
    invocation.count(Metric.USERS_EXPORTED, max(0, advanced.rows - progress.rows))
    invocation.count(Metric.REQUESTS, governor.requests)
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
