"""State VerifySnapshots: look at snapshot after snapshot, until done or the deadline is near."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.verify_snapshots import VerifyProgress
from verify.job import VerifyJob


@state("verify", "VerifySnapshots")
def handler(event: Event, invocation: Invocation) -> Event:
    verify = VerifyJob.of(event["job"]).verify(invocation.application)
    return verify(VerifyProgress(**event["progress"]), invocation.deadline).to_state()
