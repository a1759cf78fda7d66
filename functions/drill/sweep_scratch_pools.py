"""State SweepScratchPools: remove what drills that died have left."""

from __future__ import annotations

from datetime import timedelta

from poolsafe.domain.drill.paths import REGIONS
from poolsafe.domain.drill.request import DrillRequest
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.scratch_pools import remove, scratch_pools


@state("drill", "SweepScratchPools")
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, DrillRequest.from_state(event["request"])
    before = application.clock.now() - timedelta(hours=request.sweep_after_hours)
    regions = {application.settings.region, *(key.removeprefix(REGIONS) for key in application.store.keys(REGIONS))}
    removed = []
    for region in sorted(regions):
        cognito = application.cognito(region, request.quota_share)
        for pool in scratch_pools(cognito):
            if pool.created_at <= before:
                remove(cognito, pool)
                removed.append(pool.user_pool_id)
    return {"removed": removed}
