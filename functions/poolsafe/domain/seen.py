"""Has this one been listed a moment ago?

Listings may give a user twice (sources disagree, see docs/unverified.md), and
then on pages close to each other. Two generations of keys remember that at a
fixed cost; what comes twice further apart is caught by the plan of a restore.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass(slots=True)
class RecentlySeen:
    """Remembers the last `generation` to `2 x generation` keys."""

    generation: int = 50_000
    _current: set[Hashable] = field(default_factory=set)
    _previous: set[Hashable] = field(default_factory=set)

    def first_time(self, key: Hashable) -> bool:
        """True unless the key was seen recently."""
        if key in self._current or key in self._previous:
            return False
        self._current.add(key)
        if len(self._current) >= self.generation:
            self._previous, self._current = self._current, set()
        return True
