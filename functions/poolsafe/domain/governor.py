"""The pace of one quota category: smooth, halved by a throttle, climbing back.

Pure arithmetic over a clock reading that is passed in; `adapters/governed.py`
does the waiting. No bursts: Cognito counts by the second, and the production
sign-ins beside us have to fit in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field

HALVE = 0.5
#: Share of the full rate that is won back in each second without a throttle: about a minute from half to full.
RECOVERY_PER_SECOND = 1 / 120
#: Never slower than this share of the full rate, or a single bad minute would stall a night.
FLOOR = 1 / 32
#: A burst of throttles is one signal, not many.
COOL_OFF_SECONDS = 1.0


@dataclass(slots=True)
class Pace:
    """Turns for one category. `ceiling` is in requests per second; times are seconds of one monotonic clock."""

    ceiling: float
    _rate: float = field(init=False)
    _next_turn: float = field(init=False, default=0.0)
    _updated: float | None = field(init=False, default=None)
    _slowed: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if not self.ceiling > 0:
            raise ValueError("a pace needs a rate above zero")
        self._rate = self.ceiling

    @property
    def rate(self) -> float:
        """Requests per second at present."""
        return self._rate

    def take_turn(self, now: float) -> float:
        """Reserve the next turn and return how many seconds to wait for it."""
        self._recover(now)
        turn = max(now, self._next_turn)
        self._next_turn = turn + 1 / self._rate
        return turn - now

    def throttled(self, now: float) -> None:
        """Cognito said TooManyRequests: go half as fast from here on."""
        self._recover(now)
        if self._slowed is None or now - self._slowed >= COOL_OFF_SECONDS:
            self._rate = max(self._rate * HALVE, self.ceiling * FLOOR)
            self._slowed = now
            self._next_turn = max(self._next_turn, now + 1 / self._rate)

    def _recover(self, now: float) -> None:
        if self._updated is not None and now > self._updated:
            gained = self.ceiling * RECOVERY_PER_SECOND * (now - self._updated)
            self._rate = min(self.ceiling, self._rate + gained)
        self._updated = now
