"""State RemoveScratchPool: whatever became of the drill, its pool goes."""

from __future__ import annotations

from poolsafe.domain.drill.paths import DrillPaths
from poolsafe.domain.drill.request import DrillRequest
from poolsafe.domain.snapshot import region_of
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.scratch_pools import remove, scratch_pools


@state("drill", "RemoveScratchPool")
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, DrillRequest.from_state(event["request"])
    cognito = application.cognito(region_of(event["user_pool_id"]), request.quota_share)
    name, removed = DrillPaths(event["drill_id"]).pool_name, []
    for pool in scratch_pools(cognito):
        if pool.name == name:
            remove(cognito, pool)
            removed.append(pool.user_pool_id)
    return {"removed": removed}
