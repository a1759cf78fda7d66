"""State FinishPool: triggers, tags and protection last; then the pool is read back and compared."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.finish_pool import finish_pool
from restore.configuration_job import ConfigurationJob


#: Reading back a pool of many clients is slow; what is not reached is said not to be compared.
@state("restore", "FinishPool", reserve_seconds=450)
def handler(event: Event, invocation: Invocation) -> Event:
    job = ConfigurationJob.of(event, invocation)
    return finish_pool(
        job.maker(),
        invocation.application.store,
        job.paths,
        job.desired(),
        event["sub_attribute"],
        is_new=job.request.create_pool is not None,
    )
