"""Cognito's request quotas, enforced: which request is admitted, and which is throttled.

    quotas = RequestQuotas(DOCUMENTED)
    if not quotas.admits("ListUsers", pool_id, clock()):
        raise TooManyRequestsException

A request is throttled as soon as one of the quotas that it draws on is used up: that of its category, that of the
operation on this pool (`operation_categories.py`), or that of the user it is about, where `user` is told.

Assumed, for the documentation says "requests per second" and no more: `model="window"` admits no more than the quota in
any one second, wherever it begins, which is the strictest reading; `"bucket"` is a token bucket that holds one second's
worth, so up to twice the quota passes in the second after a pause. A throttled request uses up nothing. A quota below
one, or between two whole numbers, is kept over the time in which it is a whole number: 0.5 is one in two seconds, 2.5
is three in 1.2.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Protocol

from .operation_categories import (
    ANSWERS,
    ANSWERS_A_SIGN_IN,
    BY_OPERATION_AND_POOL,
    PER_OPERATION_AND_POOL,
    PER_USER,
    READS_A_USER,
    WRITES_A_USER,
    category_of,
)

#: Under which operations are counted that no quota is known for.
NO_CATEGORY = "none"
#: Limits of single users and pools that are kept before those nobody uses any more are dropped.
KEPT = 10_000
#: So that a caller who is paced at exactly the quota is not throttled for the last digit of a clock.
TOLERANCE = 1e-9


class Limit(Protocol):
    """One quota. `has_room`, then `take`, both at a time that never goes back."""

    def has_room(self, now: float) -> bool: ...

    def take(self, now: float) -> None: ...

    def idle(self, now: float) -> bool:
        """Whether it is as if it had never been used."""


class Window:
    """No more than `rate` in any one second. As large as the quota, and only while it is used."""

    def __init__(self, rate: float) -> None:
        self._size = math.ceil(rate) if math.isfinite(rate) else math.inf
        self._seconds = self._size / rate if 0 < rate < math.inf else 1.0
        self._taken: deque[float] = deque()

    def has_room(self, now: float) -> bool:
        while self._taken and now - self._taken[0] >= self._seconds - TOLERANCE:
            self._taken.popleft()
        return len(self._taken) < self._size

    def take(self, now: float) -> None:
        if self._size != math.inf:
            self._taken.append(now)

    def idle(self, now: float) -> bool:
        return not self._taken or now - self._taken[-1] >= self._seconds


class Bucket:
    """`rate` a second, and one second's worth at once after a pause (one request, where that is less)."""

    def __init__(self, rate: float) -> None:
        self._rate, self._size = rate, max(rate, 1.0) if rate else 0.0
        self._tokens, self._at = self._size, -math.inf

    def has_room(self, now: float) -> bool:
        if now > self._at:
            gained = (now - self._at) * self._rate if self._rate else 0.0
            self._tokens, self._at = min(self._size, self._tokens + gained), now
        return self._tokens >= 1 - TOLERANCE

    def take(self, now: float) -> None:
        self._tokens -= 1

    def idle(self, now: float) -> bool:
        self.has_room(now)
        return self._tokens >= self._size


MODELS: Mapping[str, Callable[[float], Limit]] = {"window": Window, "bucket": Bucket}


class RequestQuotas:
    """The quotas of one account in one Region, in requests per second.

    `rates` by category; a category that is left out is not limited. `per_operation_and_pool` and `per_user` are None
    where they are not limited either. Constant time per request.
    """

    def __init__(
        self,
        rates: Mapping[str, float],
        per_operation_and_pool: float | None = PER_OPERATION_AND_POOL,
        model: str = "window",
        per_user: float | None = PER_USER,
    ) -> None:
        given = [*rates.values(), per_operation_and_pool or 0, per_user or 0]
        if model not in MODELS:
            raise ValueError(f"model is one of {', '.join(MODELS)}")
        if not all(rate >= 0 for rate in given):
            raise ValueError("a quota is 0 or more requests per second")
        self._new = MODELS[model]
        self._by_category: dict[str, Limit] = {category: self._new(rate) for category, rate in rates.items()}
        sign_ins = rates.get("UserAuthentication")
        self._answers: Limit | None = None if sign_ins is None else self._new(ANSWERS_A_SIGN_IN * sign_ins)
        self._per_operation_and_pool, self._per_user = per_operation_and_pool, per_user
        self._single: dict[tuple[str, ...], Limit] = {}
        self._kept = KEPT
        self._counts: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        self._now = -math.inf

    def admits(
        self, action: str, user_pool_id: str, now: float, *, caller: str = "", user: str = "", challenge: str = ""
    ) -> bool:
        """Whether this request is answered. `now` is seconds of any clock; a clock that goes back stands still.

        `caller` is whose count it goes to, `user` whom it is about, `challenge` the ChallengeName it answers."""
        self._now = now = max(now, self._now)
        category = category_of(action, challenge)
        counted = self._counts[category or NO_CATEGORY][caller]
        limits = self._limits(action, category, user_pool_id, user, now)
        admitted = all(limit.has_room(now) for limit in limits)
        if admitted:
            for limit in limits:
                limit.take(now)
        counted[0 if admitted else 1] += 1
        return admitted

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """`{category: {caller: {"admitted": n, "throttled": n}}}` since the beginning."""
        return {
            category: {caller: {"admitted": told[0], "throttled": told[1]} for caller, told in callers.items()}
            for category, callers in self._counts.items()
        }

    def _limits(self, action: str, category: str | None, user_pool_id: str, user: str, now: float) -> list[Limit]:
        limits: list[Limit] = []
        if category is None:
            return limits
        whole = self._by_category.get(category)
        if whole is not None:
            own = self._answers if action in ANSWERS and category == "UserAuthentication" else None
            limits.append(own if own is not None and own.has_room(now) else whole)
        if self._per_operation_and_pool is not None and category in BY_OPERATION_AND_POOL:
            limits.append(self._one(self._per_operation_and_pool, now, action, user_pool_id))
        if user and self._per_user is not None:
            what = "read" if category in READS_A_USER else "write" if category in WRITES_A_USER else ""
            if what:
                limits.append(self._one(self._per_user, now, what, user_pool_id, user))
        return limits

    def _one(self, rate: float, now: float, *key: str) -> Limit:
        limit = self._single.get(key)
        if limit is None:
            if len(self._single) >= self._kept:
                self._single = {known: kept for known, kept in self._single.items() if not kept.idle(now)}
                self._kept = max(KEPT, 2 * len(self._single))
            limit = self._single[key] = self._new(rate)
        return limit
