"""The brake: a snapshot that lost an unusual share of what the one before had.

A bad script deletes users, the backups go on, and retention removes the last snapshots that had them: so such a
snapshot is marked, and stops retention until somebody has looked. What vanished is counted by identity, not as a
difference of counts: users who were replaced by as many others have vanished all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: Fewer than these are no unusual loss, whatever their share: of five groups, people delete one.
LEAST: Mapping[str, int] = {"users": 10, "groups": 3, "memberships": 10}


@dataclass(frozen=True, slots=True)
class Loss:
    """Of so many of a kind (`users`, `groups`, `memberships`), so many are gone."""

    kind: str
    before: int
    gone: int

    @property
    def percent(self) -> float:
        return 100 * self.gone / self.before if self.before else 0.0

    def is_unusual(self, brake_percent: float) -> bool:
        """Whether that stops retention. All of them always does."""
        if not self.gone or self.percent < brake_percent:
            return False
        return self.gone >= LEAST[self.kind] or self.gone == self.before

    def __str__(self) -> str:
        return f"{self.gone:,} of {self.before:,} {self.kind} ({self.percent:.0f} %)"


@dataclass(frozen=True, slots=True)
class Brake:
    """What `brakes/` says of a snapshot. `compared_with` is the id of the snapshot before."""

    compared_with: str
    losses: tuple[Loss, ...]
    brake_percent: float
    released_at: str | None = None
    note: str | None = None

    @property
    def is_on(self) -> bool:
        return self.released_at is None

    @property
    def warning(self) -> str:
        """For the manifest, and for whoever restores."""
        lost = ", ".join(map(str, self.losses)) or "an unknown share of it"
        return (
            f"Suspicious: since {self.compared_with}, {lost} have vanished. Snapshots of before are kept until "
            "somebody releases this one (RetentionStateMachine)."
        )

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Brake:
        document: dict[str, Any] = json.loads(content)
        return cls(**{**document, "losses": tuple(Loss(**loss) for loss in document["losses"])})
