"""State CheckRequest: refuse what cannot be meant, find the pools, name their drills."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.drill.request import DrillRequest
from poolsafe.domain.nightly.request import NightlyRequest
from poolsafe.domain.snapshot import run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.find_pools import MOST_DRILLS, find_pools
from poolsafe.schema_check import require


@state("drill", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    require("drill.request", event["request"])
    application = invocation.application
    settings = application.settings
    request = DrillRequest.of(event["request"], bootstrap.regions(), settings.objectives)
    pools = [request.user_pool_id] if request.user_pool_id else []
    if request.tag:
        cognito = application.cognito(settings.region, request.quota_share)
        pools = find_pools(cognito, NightlyRequest(tag=request.tag), MOST_DRILLS)
    started_at = event["started_at"]
    return {
        "request": request.to_state(),
        "run_id": run_id(event["execution_id"], started_at),
        "started_at": started_at,
        # One drill of each pool, each with an id of its own.
        "pools": [
            {"user_pool_id": pool, "drill_id": run_id(f"{event['execution_id']} {pool}", started_at)} for pool in pools
        ],
    }
