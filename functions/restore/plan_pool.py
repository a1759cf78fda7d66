"""State PlanPool: decide what becomes of the pool itself: made, compared, or overwritten after a dry run."""

from __future__ import annotations

import json

from poolsafe.domain.configuration.secrets import take_out
from poolsafe.domain.target import TargetPool
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.plan_restore import sub_attribute_of
from restore.configuration_job import ConfigurationJob


#: Comparing a pool of many clients is slow, and no reason to lose a restore: what is not reached is not compared.
@state("restore", "PlanPool", reserve_seconds=450)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, ConfigurationJob.of(event, invocation)
    request, store = job.request, application.store
    planned = job.plan()
    if request.create_pool is not None:
        store.put(job.paths.target_key, json.dumps(take_out(planned.described)[0], ensure_ascii=False).encode())
    store.put(job.paths.planned_configuration_key, json.dumps(planned.plan, indent=1).encode())
    return {
        **job.listings(planned.described["Id"] if planned.exists else None),
        "sub_attribute": sub_attribute_of(request, TargetPool.of(planned.described)),
        "is_listed": planned.exists and not request.only_config,
        "is_written": request.changes_configuration,
    }
