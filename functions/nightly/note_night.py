"""State NoteNight: say how a pool's night ended, and give it back where it failed."""

from __future__ import annotations

from poolsafe.domain.nightly.night import Night
from poolsafe.domain.nightly.summary import outcome_of
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.hold_night import HoldNight


@state("nightly", "NoteNight")
def handler(event: Event, invocation: Invocation) -> Event:
    application = invocation.application
    night = Night(event["user_pool_id"], event["night"])
    hold = HoldNight(application.store, application.clock, night, event["run_id"])
    outcome = outcome_of(event["user_pool_id"], event["backup"])
    if outcome["snapshot_id"] is not None:
        hold.done(outcome["snapshot_id"])
    else:
        hold.failed(event["attempt"])
    return outcome
