"""State AttachTriggers: check both pools, and name the functions in the target."""

from __future__ import annotations

from migration.job import MigrationJob
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.compare_pools import count_deferred
from poolsafe.schema_check import require


@state("migration", "AttachTriggers")
def handler(event: Event, invocation: Invocation) -> Event:
    job = MigrationJob.of(event, invocation)
    request = job.request
    warnings = job.triggers.attach(request, job.source if request.moves_users else None)
    if request.moves_users and not request.lists_source:
        warnings.append(
            "The source belongs to another account: what its federated users have is not kept for them. Restore a "
            "snapshot of it with federated_users: defer, if they need groups."
        )
    result = {
        "status": "COMPLETE",
        "action": request.action.value,
        "target_user_pool_id": request.target_user_pool_id,
        "triggers": list(request.triggers),
        "deferred": count_deferred(job.application.store, request.target_user_pool_id),
        "warnings": warnings,
    }
    require("migration.result", result)
    return result
