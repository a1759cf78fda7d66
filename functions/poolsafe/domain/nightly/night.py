"""One night of one pool: who holds it, and whether it is done.

EventBridge Scheduler announces a night at least once, so a second run may begin while the first is at work, or after it
[SCH what-is-scheduler]. Whoever writes the lock first holds the night; a run that dies holds it until its time is up.

    nights/<pool>/<night>/<attempt>.lock.json     held by which run, until when
    nights/<pool>/<night>/<attempt>.failed.json   that attempt has ended without a snapshot
    nights/<pool>/<night>/done.json               the snapshot
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

#: How long a run may hold a night. A schedule announces a night again within the hour (the template's
#: MaximumEventAgeInSeconds), so that by then nobody asks; it is for whoever starts the night again by hand.
HELD_FOR = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Lock:
    """Who holds a night. `until` is ISO 8601 in UTC."""

    run_id: str
    until: str

    @classmethod
    def of(cls, run_id: str, now: datetime) -> Lock:
        return cls(run_id, (now + HELD_FOR).astimezone(UTC).isoformat(timespec="seconds"))

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Lock:
        return cls(**json.loads(content))

    def is_over(self, now: datetime) -> bool:
        return now >= datetime.fromisoformat(self.until)


@dataclass(frozen=True, slots=True)
class Night:
    """`name` is the scheduled second, without what keys should not hold: `20261122T030000Z`."""

    user_pool_id: str
    name: str

    @property
    def prefix(self) -> str:
        return f"nights/{self.user_pool_id}/{self.name}/"

    def lock_key(self, attempt: int) -> str:
        return f"{self.prefix}{attempt:03d}.lock.json"

    def failed_key(self, attempt: int) -> str:
        return f"{self.prefix}{attempt:03d}.failed.json"

    @property
    def done_key(self) -> str:
        return f"{self.prefix}done.json"


def night_of(scheduled_at: str) -> str:
    """`2026-11-22T03:00:00Z` as a night's name."""
    return datetime.fromisoformat(scheduled_at).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
