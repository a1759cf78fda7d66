"""Who takes part in a drill: some of every kind, so that what breaks for one kind of user shows.

Every status, enabled and disabled, group, provider and combination of attributes is there with `OF_EACH` users, as far
as the pool has them and the sample has room; the rest of the sample is anybody. Which users is decided by a digest of
their `sub`, so that nobody picks them, and drills of one snapshot pick the same.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ..identities import identities_of, is_federated
from ..records import User

#: How many users of each kind, where there are as many.
OF_EACH = 2
#: A sample grows beyond its size for the sake of kinds that are not there yet, but not beyond this: each user costs.
MOST = 1_000


@dataclass(slots=True)
class Sample:
    """Takes users one by one; keeps those that take part."""

    size: int
    chosen: dict[str, User] = field(default_factory=dict)
    local: int = 0
    federated: int = 0
    disabled: int = 0
    _covered: Counter[str] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)
    _anybody: list[tuple[int, str, User]] = field(default_factory=list)

    def look_at(self, user: User, groups: Iterable[str]) -> None:
        """Count a user, and keep them if their kind is not there yet. Federated ones can only be counted."""
        if is_federated(user):
            self.federated += 1
            return
        self.local += 1
        self.disabled += not user.enabled
        traits = traits_of(user, groups)
        self._seen |= traits
        lacks = [trait for trait in traits if self._covered[trait] < OF_EACH]
        if lacks and len(self.chosen) < MOST:
            self.chosen[user.sub] = user
            self._covered.update(traits)
        elif self.size:
            # A heap keeps the smallest digests, by their negatives.
            entry = (-_digest(user.sub), user.sub, user)
            if len(self._anybody) < self.size:
                heapq.heappush(self._anybody, entry)
            else:
                heapq.heappushpop(self._anybody, entry)

    def users(self) -> list[User]:
        """The sample, in no order that means anything."""
        room = max(0, self.size - len(self.chosen))
        others = [user for _, _, user in sorted(self._anybody, reverse=True)[:room]]
        return sorted([*self.chosen.values(), *others], key=lambda user: _digest(user.sub))

    @property
    def kinds(self) -> int:
        return len(self._seen)

    @property
    def kinds_left_out(self) -> int:
        """Kinds of users of which nobody takes part, because the sample is full."""
        return sum(not self._covered[trait] for trait in self._seen)


def traits_of(user: User, groups: Iterable[str]) -> set[str]:
    """What makes a user one of a kind."""
    return {
        f"status {user.status}",
        f"enabled {user.enabled}",
        f"attributes {' '.join(sorted(user.attributes))}",
        *(f"provider {identity.provider}" for identity in identities_of(user)),
        *(f"group {name}" for name in groups),
    }


def canaries(users: Collection[User], most: int) -> list[User]:
    """Some of the sample whose sign-in is walked: of each status and state first."""
    kinds: dict[tuple[str, bool], list[User]] = {}
    for user in sorted(users, key=lambda user: _digest(user.sub)):
        kinds.setdefault((user.status, user.enabled), []).append(user)
    found: list[User] = []
    while kinds and len(found) < most:
        for kind in sorted(kinds):
            found.append(kinds[kind].pop(0))
            if not kinds[kind]:
                del kinds[kind]
    return found[:most]


def _digest(sub: str) -> int:
    return int.from_bytes(hashlib.sha256(sub.encode()).digest()[:8])
