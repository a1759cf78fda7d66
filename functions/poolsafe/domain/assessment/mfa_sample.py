"""How many users use MFA, from asking a few of them.

AdminGetUserAuthFactors tells it, one user at a time, and is taken to bill that
user as active this month, as AdminGetUser does [DG tracking-cost], so an
assessment asks nobody unless told to.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import nsmallest
from typing import Any, Self

from ..identities import is_federated
from ..records import User
from .traits import METHODS, OTHER

#: Of a normal distribution: 95 % lie within so many standard deviations.
DEVIATIONS = 1.96


def sample_users(users: Iterable[User], size: int) -> list[User]:
    """`size` local or linked users, the same ones whenever it is asked again, so that a retry bills nobody else.

    Those of the smallest hashes of their `sub`, which are as good as drawn by lot. Holds no more than `size` users.
    """
    return nsmallest(size, (user for user in users if not is_federated(user)), key=_lot)


def _lot(user: User) -> bytes:
    return blake2b(user.sub.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(slots=True)
class MfaSample:
    """What the users who were asked said; `asked` are the ones billed."""

    asked: int = 0
    none: int = 0
    methods: Counter[str] = field(default_factory=Counter)

    def add(self, methods: Iterable[str]) -> None:
        """Count one answer of AdminGetUserAuthFactors: its second factors, and a passkey."""
        found = {method if method in METHODS else OTHER for method in methods}
        self.asked += 1
        self.none += not found
        self.methods.update(found)

    def to_state(self) -> dict[str, Any]:
        return {"asked": self.asked, "none": self.none, "methods": dict(self.methods)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        return cls(state["asked"], state["none"], Counter(state["methods"]))


def interval(found: int, asked: int, total: int) -> tuple[int, int]:
    """Between how many of `total` lie, at 95 % confidence, when `found` of `asked` did (Wilson's score interval)."""
    if not asked:
        return 0, total
    share, square = found / asked, DEVIATIONS**2
    middle = share + square / (2 * asked)
    spread = DEVIATIONS * math.sqrt(share * (1 - share) / asked + square / (4 * asked**2))
    low, high = ((middle + sign * spread) / (1 + square / asked) for sign in (-1, 1))
    return max(found, math.floor(low * total)), min(total - (asked - found), math.ceil(high * total))
