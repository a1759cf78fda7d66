"""How far a migration is: the users of both pools, counted against each other.

Somebody has arrived if the target has their old `sub`, or, on a user who has no old `sub` at all, an address that both
pools have verified; a federated user by the name of the profile. It is what a restore takes for proof
(`match.py`), so that what is not counted here is what `finish` brings.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ..identities import is_federated
from ..match import Matcher
from ..records import User
from ..target import SIGN_IN_ATTRIBUTES, is_verified

#: Days since the last change of the profile, at most; Cognito tells nobody's last sign-in without a bill.
AGES = {
    "up_to_30_days": 30,
    "31_to_90_days": 90,
    "91_to_180_days": 180,
    "181_to_365_days": 365,
}
OLDER = "over_365_days"


@dataclass(frozen=True, slots=True)
class Point:
    """One look. `waiting` are federated users who have not come back yet: they need nothing of the source."""

    at: str
    source: int
    migrated: int
    not_yet: int
    waiting: int
    new: int
    target: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(slots=True)
class Comparison:
    """Fed with all users of the source, all of the target, and all of the source again. Holds 16 bytes of each."""

    matcher: Matcher
    moment: datetime
    source_total: int = 0
    target_total: int = 0
    new: int = 0
    waiting: int = 0
    disabled_in_target: int = 0
    not_yet: Counter[str] = field(default_factory=Counter)
    not_yet_disabled: int = 0
    ages: Counter[str] = field(default_factory=Counter)
    _source: set[bytes] = field(default_factory=set)
    _target: set[bytes] = field(default_factory=set)

    def expect(self, users: Iterable[User]) -> None:
        """Users of the source, the first time."""
        for user in users:
            self.source_total += 1
            self._source.update(map(_digest, self._proofs(user)))

    def meet(self, users: Iterable[User]) -> None:
        """Users of the target."""
        for user in users:
            self.target_total += 1
            self.disabled_in_target += not user.enabled
            proofs = {_digest(proof) for proof in self._proofs_of_found(user)}
            self.new += not proofs & self._source
            self._target |= proofs

    def settle(self, users: Iterable[User]) -> None:
        """Users of the source, the second time: who has not arrived."""
        for user in users:
            if any(_digest(proof) in self._target for proof in self._proofs(user)):
                continue
            if is_federated(user):
                self.waiting += 1
                continue
            self.not_yet[user.status] += 1
            self.not_yet_disabled += not user.enabled
            days = (self.moment - user.modified_at).days
            self.ages[next((age for age, most in AGES.items() if days <= most), OLDER)] += 1

    def point(self, at: str) -> Point:
        not_yet = self.not_yet.total()
        migrated = self.source_total - not_yet - self.waiting
        return Point(at, self.source_total, migrated, not_yet, self.waiting, self.new, self.target_total)

    def to_state(self, at: str) -> dict[str, Any]:
        """Numbers alone: what travels between states."""
        return {
            "point": self.point(at).to_json(),
            "not_yet": {
                "by_status": dict(self.not_yet),
                "by_last_change": {age: self.ages[age] for age in (*AGES, OLDER)},
                "disabled": self.not_yet_disabled,
            },
            "disabled_in_target": self.disabled_in_target,
        }

    def _proofs(self, saved: User) -> Iterator[str]:
        yield f"original:{self.matcher.original_sub(saved)}"
        if is_federated(saved):
            yield from self.matcher.names(saved, saved=True)
        else:
            yield from self._addresses(saved)

    def _proofs_of_found(self, found: User) -> Iterator[str]:
        attribute = self.matcher.sub_attribute
        if attribute and (original := found.attributes.get(attribute)):
            yield f"original:{original}"
        elif is_federated(found):
            yield from self.matcher.names(found, saved=False)
        else:
            yield from self._addresses(found)

    def _addresses(self, user: User) -> Iterator[str]:
        for name in SIGN_IN_ATTRIBUTES:
            if is_verified(user, name):
                yield f"{name}:{user.attributes[name].lower()}"


def _digest(proof: str) -> bytes:
    return hashlib.blake2b(proof.encode(), digest_size=16).digest()
