"""State CheckRequest: refuse what cannot be meant, name the run."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.retention.request import RetentionRequest
from poolsafe.domain.snapshot import run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.schema_check import require


@state("retention", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    require("retention.request", event["request"])
    settings = invocation.application.settings
    request = RetentionRequest.of(
        event["request"], bootstrap.regions(), settings.retention_policy, settings.time_zone, settings.retention_dry_run
    )
    return {
        "job": {
            "retention_id": run_id(event["execution_id"], event["started_at"]),
            "policy": request.policy.to_state(),
            "dry_run": request.dry_run,
            "pools": list(request.user_pool_ids),
        },
        "mark": {
            "hold": request.hold and str(request.hold),
            "release": request.release and str(request.release),
            "note": request.note,
        },
        "is_mark": request.hold is not None or request.release is not None,
    }
