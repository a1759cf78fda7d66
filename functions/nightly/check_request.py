"""State CheckRequest: refuse what cannot be meant, find the pools, name the night."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.nightly.night import night_of
from poolsafe.domain.nightly.request import NightlyRequest
from poolsafe.domain.snapshot import run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.find_pools import find_pools
from poolsafe.schema_check import require


@state("nightly", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    require("nightly.request", event["request"])
    application, request = invocation.application, NightlyRequest.of(event["request"], bootstrap.regions())
    pools = find_pools(application.cognito(application.settings.region, request.quota_share), request)
    return {
        "run_id": run_id(event["execution_id"], event["started_at"]),
        "night": night_of(request.scheduled_at or event["started_at"]),
        "started_at": event["started_at"],
        "quota_share": request.share_of(len(pools)),
        "pools": [{"user_pool_id": pool} for pool in pools],
    }
