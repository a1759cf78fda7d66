"""The pace of one quota category: smooth, halved by a throttle, climbing back with care.

Pure arithmetic over a clock reading that is passed in; `adapters/governed.py`
does the waiting. No bursts: Cognito counts by the second, and the production
sign-ins beside us have to fit in between. Turns are given in the order of asking.

How it climbs decides what others suffer. In steady state a throttle takes as
much as the turns between two throttles win, so winning by the turn, not by the
second, fixes the share of calls that are throttled, whatever is left of the
quota, and ours is about theirs. The rate at which it was throttled is
remembered, and approached slowly: that is where the quota ends. The constants
were chosen with `tests/benchmarks/governor.py`, which compares them with the
classic law (halve, and climb by the second).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

#: In any one second no more than the quota may arrive, and a request may be this late: its thread woke late, or it
#: was longer on its way. At 1.5 % below the quota, one request more than the quota spans 1.015 seconds.
LATE_SECONDS = 0.015
GUARD = 1 - LATE_SECONDS
HALVE = 0.5
#: What each turn wins, as a share of the rate: half to full in 87 turns, three seconds at 30 a second.
CLIMB = 0.008
#: And what it wins from three quarters of the remembered rate on: there it takes hundreds of turns.
CAREFUL_CLIMB = 0.0005
CAREFUL_FROM = 0.75
#: So much above the remembered rate, what throttled us is over: forget it.
FORGET_FROM = 1.25
#: At a few turns a minute, turns alone would take hours: it doubles in this time in any case.
DOUBLING_SECONDS = 300
#: Never slower than this share of the full rate, or a single bad minute would stall a night.
FLOOR = 1 / 32
#: Cognito counts by the second: a request that is sent within one of a slowdown meets what was sent before it.
SETTLE_SECONDS = 1.0
#: Readings of a clock that are so close are one.
INSTANT = 1e-6


@dataclass(slots=True)
class Pace:
    """Turns for one category. `ceiling` is in requests per second; times are seconds of one monotonic clock.

    The clock may stand still for minutes or jump, as that of a frozen Lambda does: turns that were missed are lost, not
    made up for, and a clock that goes back has the turns go on from there.
    """

    ceiling: float
    _full: float = field(init=False)
    _rate: float = field(init=False)
    #: Turns that were asked for, and those that were given: a turn is its number.
    _asked: int = field(init=False, default=0)
    _given: int = field(init=False, default=0)
    #: The turn whose time it is; grows with time, at the rate.
    _due: float = field(init=False, default=0.0)
    _now: float | None = field(init=False, default=None)
    _climbed: float | None = field(init=False, default=None)
    _slowed: float = field(init=False, default=-math.inf)
    _throttled_at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if not 0 < self.ceiling < math.inf:
            raise ValueError("a pace needs a rate above zero")
        self._full = self._rate = self.ceiling * GUARD

    @property
    def rate(self) -> float:
        """Requests per second at present."""
        return self._rate

    def ask(self, now: float) -> int:
        """Ask for a turn; answers its number, for `wait`."""
        self._advance(now)
        self._asked += 1
        return self._asked - 1

    def wait(self, turn: int, now: float) -> float:
        """Seconds until it is this turn's time, as far as is known by now; at 0 the turn is taken: go."""
        self._advance(now)
        seconds = (turn - self._due) / self._rate
        if seconds > INSTANT:
            return seconds
        self._given += 1
        self._climb(now)
        return 0.0

    def give_up(self) -> None:
        """Whoever asked goes away without its turn."""
        self._given += 1

    def throttled(self, now: float, sent: float) -> None:
        """Cognito throttled a request that was sent at `sent`: go half as fast, unless that is known already."""
        self._advance(now)
        if sent < self._slowed + SETTLE_SECONDS:
            return
        known = self._rate if self._throttled_at is None else self._throttled_at
        self._throttled_at = (known + self._rate) / 2
        self._rate = max(self._rate * HALVE, self._full * FLOOR)
        self._slowed = self._climbed = now
        self._due = min(self._due, self._given - 1)

    def _advance(self, now: float) -> None:
        if self._now is not None:
            if now < self._now:
                self._slowed = min(self._slowed, now)
                self._climbed = now
            else:
                self._due += self._rate * (now - self._now)
        self._now = now
        # A turn that nobody took in time is lost: else a pause would save up a burst.
        self._due = min(self._due, self._given + LATE_SECONDS * self._rate, self._asked)

    def _climb(self, now: float) -> None:
        passed = 0.0 if self._climbed is None else now - self._climbed
        self._climbed = now
        if self._rate >= self._full:
            return
        troubled = self._throttled_at
        if troubled is not None and self._rate > FORGET_FROM * troubled:
            self._throttled_at = troubled = None
        won = CLIMB if troubled is None or self._rate < CAREFUL_FROM * troubled else CAREFUL_CLIMB
        doublings = max(math.log2(1 + won), min(passed / DOUBLING_SECONDS, -math.log2(FLOOR)))
        self._rate = min(self._full, self._rate * 2**doublings)
