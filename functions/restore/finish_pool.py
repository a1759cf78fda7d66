"""State FinishPool: triggers, tags and protection last; then the pool is read back and compared."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.finish_pool import finish_pool
from restore.configuration_job import ConfigurationJob


@state("restore", "FinishPool")
def handler(event: Event, invocation: Invocation) -> Event:
    job = ConfigurationJob.of(event, invocation)
    return finish_pool(
        job.maker(),
        invocation.application.store,
        job.paths,
        job.desired(),
        event["sub_attribute"],
    )
