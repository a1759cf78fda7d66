"""State PlanDrill: which snapshot, who takes part, and what it costs."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.drill.paths import DrillPaths
from poolsafe.domain.drill.request import DrillRequest
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.plan_drill import PlanDrill


@state("drill", "PlanDrill")
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, DrillRequest.from_state(event["request"])
    rates = application.rates(request.quota_share)
    plan = PlanDrill(application.store, application.clock, bootstrap.format_of, rates)
    planned = plan(request, event["user_pool_id"], DrillPaths(event["drill_id"]))
    return {"restore": planned["restore"]}
