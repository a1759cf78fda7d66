"""State MakePool: make the pool, or change the one that is there, until done or the deadline is near."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.read_target import keep_target, read_target
from restore.configuration_job import ConfigurationJob


@state("restore", "MakePool", reserve_seconds=450)
def handler(event: Event, invocation: Invocation) -> Event:
    job = ConfigurationJob.of(event, invocation)
    desired = job.desired()
    sub_attribute = event["sub_attribute"] if job.request.create_pool else None
    maker = job.maker(sub_attribute)
    user_pool_id = maker.create(desired.wanted)
    done = maker.make(desired.wanted)
    if done and job.request.create_pool is not None:
        keep_target(invocation.application.store, job.paths, read_target(maker.reader))
    return {
        **job.listings(user_pool_id),
        "sub_attribute": event["sub_attribute"],
        "is_written": True,
        "done": done,
    }
