"""State RetainSnapshots: pool after pool, until done or the deadline is near."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.retain import RetainProgress
from retention.job import RetentionJob


@state("retention", "RetainSnapshots")
def handler(event: Event, invocation: Invocation) -> Event:
    retain = RetentionJob.of(event["job"]).retain(invocation)
    return retain(RetainProgress(**event["progress"])).to_state()
