"""State CheckRequest: refuse what cannot be meant, name the verification."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.requests import require_pool_id
from poolsafe.domain.snapshot import run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.schema_check import require


@state("verify", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    request = event["request"]
    require("verify.request", request)
    pools = {require_pool_id("user_pool_ids", one, bootstrap.regions()) for one in request.get("user_pool_ids", ())}
    return {
        "job": {
            "verification_id": run_id(event["execution_id"], event["started_at"]),
            "pools": sorted(pools),
            "reads": request.get("read", "rolling"),
            "moment": request.get("scheduled_at", event["started_at"]),
        }
    }
