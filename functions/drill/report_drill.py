"""State ReportDrill: how one pool's drill went."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.drill.paths import DrillPaths
from poolsafe.domain.drill.request import DrillRequest
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.report_drill import Ended, ReportDrill


@state("drill", "ReportDrill")
def handler(event: Event, invocation: Invocation) -> Event:
    application = invocation.application
    report = ReportDrill(application.store, application.clock, bootstrap.drill_html)
    ended = Ended(event["planned"], event["restored"], event["walked"], event["removed"])
    request, paths = DrillRequest.from_state(event["request"]), DrillPaths(event["drill_id"])
    return report(request, event["user_pool_id"], paths, event["started_at"], ended)
