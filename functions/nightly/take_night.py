"""State TakeNight: whether this run backs the pool up, or another does or has."""

from __future__ import annotations

from poolsafe.domain.nightly.night import Night
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.hold_night import HoldNight


@state("nightly", "TakeNight")
def handler(event: Event, invocation: Invocation) -> Event:
    application = invocation.application
    night = Night(event["user_pool_id"], event["night"])
    taken, attempt = HoldNight(application.store, application.clock, night, event["run_id"]).take()
    return {"taken": taken.value, "attempt": attempt}
