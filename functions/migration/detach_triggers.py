"""State DetachTriggers: take the functions out of the target again."""

from __future__ import annotations

from migration.job import MigrationJob
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.compare_pools import count_deferred
from poolsafe.schema_check import require


@state("migration", "DetachTriggers")
def handler(event: Event, invocation: Invocation) -> Event:
    job = MigrationJob.of(event, invocation)
    request = job.request
    job.triggers.detach(request.triggers)
    result = {
        "status": "COMPLETE",
        "action": request.action.value,
        "target_user_pool_id": request.target_user_pool_id,
        "triggers": list(request.triggers),
        "deferred": count_deferred(job.application.store, request.target_user_pool_id),
        "warnings": [],
    }
    require("migration.result", result)
    return result
