"""Taking a pool's night, and saying how it ended. Every call may run twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from ..domain.nightly.night import Lock, Night
from ..errors import Unexpected
from ..ports import Clock, ObjectStore

#: Attempts that one night may take; more would mean that something starts it again and again.
MOST_ATTEMPTS = 100


class Taken(StrEnum):
    """What became of a try to take a night."""

    YES = "yes"
    #: Another run is at work on it.
    HELD = "held"
    #: There is a snapshot of it.
    DONE = "done"


@dataclass(frozen=True, slots=True)
class HoldNight:
    """One pool's night, as one run sees it."""

    store: ObjectStore
    clock: Clock
    night: Night
    run_id: str

    def take(self) -> tuple[Taken, int]:
        """Whether this run may back the pool up, and which attempt it is."""
        for attempt in range(MOST_ATTEMPTS):
            if self.store.get(self.night.done_key) is not None:
                return Taken.DONE, attempt
            key, now = self.night.lock_key(attempt), self.clock.now()
            if self.store.put_if_absent(key, Lock.of(self.run_id, now).to_json()):
                return Taken.YES, attempt
            found = self.store.get(key)
            lock = Lock.from_json(found.content) if found else None
            has_failed = self.store.get(self.night.failed_key(attempt)) is not None
            if lock is None or has_failed:
                continue
            if lock.run_id == self.run_id:
                return Taken.YES, attempt
            if not lock.is_over(now):
                return Taken.HELD, attempt
        raise Unexpected(f"{self.night.prefix}: {MOST_ATTEMPTS} attempts at one night.")

    def done(self, snapshot_id: str) -> None:
        self.store.put(self.night.done_key, json.dumps({"snapshot_id": snapshot_id, "run_id": self.run_id}).encode())

    def failed(self, attempt: int) -> None:
        """Gives the night back, for whoever starts it again."""
        self.store.put(self.night.failed_key(attempt), json.dumps({"run_id": self.run_id}).encode())
