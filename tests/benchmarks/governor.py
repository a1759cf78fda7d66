"""The climb after a throttle: what others suffer from it, and how much of what they leave we use.

A simulation of events in one thread: no sleeping, the same each time. Others' requests come at random (Poisson) and are
not sent again; ours come by a pace and are sent again, as botocore does it, 0 to 1, 2 and 4 seconds after a throttle.
Two readings of what Cognito's documentation calls requests per second: no more than the quota in any one second, and a
token bucket that holds one second's worth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Protocol

from poolsafe.domain.governor import LATE_SECONDS, Pace
from tests.benchmarks.section import Must, Section

QUOTA, OTHERS = 30, 0.6
HOURS, SEEDS = 1, (1, 2, 3)
LATENCY = 0.1


class Admission(Protocol):
    """What admits a request or throttles it; times never go back."""

    def admits(self, now: float) -> bool: ...


@dataclass
class Window:
    """No more than the quota in any one second."""

    quota: int
    _taken: deque[float] = field(default_factory=deque)

    def admits(self, now: float) -> bool:
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        room = len(self._taken) < self.quota
        if room:
            self._taken.append(now)
        return room


@dataclass
class Bucket:
    """The quota a second, and one second's worth at once after a pause."""

    quota: int
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._tokens = float(self.quota)

    def admits(self, now: float) -> bool:
        self._tokens = min(self.quota, self._tokens + (now - self._at) * self.quota)
        self._at = now
        room = self._tokens >= 1
        if room:
            self._tokens -= 1
        return room


class Law(Protocol):
    """How fast we go: `domain/governor.py`, or what it is compared with."""

    def ask(self, now: float) -> int: ...

    def wait(self, turn: int, now: float) -> float: ...

    def throttled(self, now: float, sent: float) -> None: ...


class ByTheSecond:
    """Additive increase, multiplicative decrease: half at a throttle, once a second at most; back within a minute."""

    def __init__(self, ceiling: float) -> None:
        self._ceiling = self._rate = ceiling
        self._now = self._turn = 0.0
        self._slowed = -1.0

    def ask(self, now: float) -> int:
        self._recover(now)
        self._turn = max(now, self._turn + 1 / self._rate)
        return 0

    def wait(self, turn: int, now: float) -> float:
        return max(0.0, self._turn - now)

    def throttled(self, now: float, sent: float) -> None:
        self._recover(now)
        if now - self._slowed >= 1:
            self._rate = max(self._rate / 2, self._ceiling / 32)
            self._slowed = now

    def _recover(self, now: float) -> None:
        self._rate = min(self._ceiling, self._rate + self._ceiling / 120 * (now - self._now))
        self._now = now


LAWS: dict[str, Callable[[float], Law]] = {"by the second (before)": ByTheSecond, "by the turn": Pace}
MODELS: dict[str, Callable[[int], Admission]] = {"any one second": Window, "token bucket": Bucket}


@dataclass
class Traffic:
    """What became of requests."""

    sent: int = 0
    throttled: int = 0

    @property
    def admitted_a_second(self) -> float:
        return (self.sent - self.throttled) / HOURS / 3600

    @property
    def throttled_percent(self) -> float:
        return 100 * self.throttled / max(1, self.sent)


class Beside:
    """One quota, others' requests at `others` a second, and ours where there is a law."""

    def __init__(self, cognito: Admission, others: float, law: Law | None, seed: int) -> None:
        self.others, self.ours = Traffic(), Traffic()
        self._cognito, self._rate, self._law = cognito, others, law
        self._random = Random(seed)  # noqa: S311
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()

    def run(self) -> None:
        if self._rate:
            self._at(self._random.expovariate(self._rate), self._other)
        if self._law is not None:
            self._ask(0.0, self._law)
        while self._events[0][0] < HOURS * 3600:
            now, _, happens = heappop(self._events)
            happens(now)

    def _at(self, when: float, happens: Callable[[float], None]) -> None:
        heappush(self._events, (when, next(self._numbers), happens))

    def _other(self, now: float) -> None:
        self.others.sent += 1
        self.others.throttled += not self._cognito.admits(now)
        self._at(now + self._random.expovariate(self._rate), self._other)

    def _ask(self, now: float, law: Law) -> None:
        turn = law.ask(now)

        def go(now: float) -> None:
            seconds = law.wait(turn, now)
            if seconds > 0:
                self._at(now + seconds, go)
            else:
                self._at(now + self._random.random() * LATE_SECONDS, lambda now: self._send(now, law, 0))
                self._ask(now, law)

        go(now)

    def _send(self, now: float, law: Law, attempt: int) -> None:
        self.ours.sent += 1
        if self._cognito.admits(now):
            return
        self.ours.throttled += 1
        self._at(now + LATENCY, lambda heard: law.throttled(heard, now))
        if attempt < 3:
            again = now + LATENCY + self._random.random() * 2**attempt
            self._at(again, lambda now: self._send(now, law, attempt + 1))


def run(cognito: Admission, others: float, law: Law | None, seed: int) -> Beside:
    """An hour of one quota's requests. Without a law, others are alone."""
    beside = Beside(cognito, others, law, seed)
    beside.run()
    return beside


def measure() -> Section:
    """The section of the page."""
    left = QUOTA * (1 - OTHERS)
    rows, rises = [], []
    for model, cognito in MODELS.items():
        for share in (0.5, 1.0):
            for name, law in LAWS.items():
                without = _mean(cognito, None)
                beside = _mean(cognito, lambda law=law, share=share: law(QUOTA * share))  # type: ignore[misc]
                more = beside.others.throttled_percent - without.others.throttled_percent
                rises += [more] if law is Pace else []
                used = beside.ours.admitted_a_second / left
                rows.append(
                    f"| {model} | {share} | {name} | {without.others.throttled_percent:.2f} % | "
                    f"{beside.others.throttled_percent:.2f} % | **{more:+.2f}** | {used:.2f} | "
                    f"{beside.ours.throttled_percent:.2f} % |"
                )
    alone, throttled = [], 0
    for model, cognito in MODELS.items():
        ours = run(cognito(QUOTA), 0.0, Pace(QUOTA), seed=1).ours
        throttled += ours.throttled
        alone.append(f"{ours.admitted_a_second / QUOTA:.3f} ({model}; {ours.throttled} throttled)")
    table = "\n".join(rows)
    musts = (
        Must(
            "Rise of the throttled share of others' calls, by the law of the pace",
            "< 1 point",
            f"{max(rises):.2f}",
            max(rises) < 1,
        ),
        Must("Throttled at the whole quota when alone, by the law of the pace", "0", str(throttled), throttled == 0),
    )
    text = f"""## The climb after a throttle

Simulated: {HOURS} h, a quota of {QUOTA} requests a second, others use {OTHERS:.0%} of it at random; means of
{len(SEEDS)} seeds. `quota_share` is what we were given, "used" is what we got of the {left:g} a second that they leave.
Where any one second counts, much of that cannot be had: others come in clusters, and who fills the gaps meets them.

| Cognito counts | `quota_share` | we climb | others throttled | with us | percentage points | used | ours throttled |
|---|---|---|---|---|---|---|---|
{table}

Alone, at `quota_share` 1.0, of the quota: {", ".join(alone)}.
"""
    return Section(text, musts)


def _mean(cognito: Callable[[int], Admission], law: Callable[[], Law] | None) -> Beside:
    """All seeds in one."""
    runs = [run(cognito(QUOTA), QUOTA * OTHERS, law() if law else None, seed) for seed in SEEDS]
    total = runs[0]
    for traffic, others in ((total.others, [r.others for r in runs]), (total.ours, [r.ours for r in runs])):
        traffic.sent, traffic.throttled = (
            round(sum(getattr(one, what) for one in others) / len(SEEDS)) for what in ("sent", "throttled")
        )
    return total
