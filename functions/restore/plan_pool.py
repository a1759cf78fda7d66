"""State PlanPool: decide what becomes of the pool itself: made, compared, or overwritten after a dry run."""

from __future__ import annotations

import json

from poolsafe.domain.target import TargetPool
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.check_target import require_importable, sub_attribute_of
from poolsafe.operations.read_target import keep_target
from restore.configuration_job import ConfigurationJob


#: Comparing a pool of many clients is slow, and no reason to lose a restore: what is not reached is not compared.
@state("restore", "PlanPool", reserve_seconds=450)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, ConfigurationJob.of(event, invocation)
    request, store = job.request, application.store
    planned = job.plan()
    if planned.target is not None and not event["is_planned"]:
        keep_target(store, job.paths, planned.target)
    target = TargetPool.from_document(application.target_document(job.paths))
    require_importable(request, target)
    store.put(job.paths.planned_configuration_key, json.dumps(planned.plan, indent=1).encode())
    return {
        **job.listings(planned.described["Id"] if planned.exists else None),
        "sub_attribute": sub_attribute_of(request, target),
        "is_listed": planned.exists and not request.only_config,
        "is_written": request.changes_configuration,
        "joins_existing": request.wishes.joins_existing,
    }
