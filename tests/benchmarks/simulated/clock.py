"""A clock on which time passes only while everybody sleeps, and tasks that share it.

    clock = SimulatedClock()
    task = clock.spawn(lambda: clock.sleep(3600))    begins when whoever spawned it sleeps or waits
    task.result()                                    an hour later, at once

Tasks are greenlets of one thread: exactly one runs, until it sleeps or waits, and then the one whose time is the
earliest goes on; of two with the same time, the one that was first to say so. So a run is the same each time, and
costs the work that is done in it, not the time that passes in it: work takes no simulated time.

Not for whoever sleeps holding a lock of `threading`: all tasks are one thread, which would wait for itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Generic, NoReturn, TypeVar

from greenlet import getcurrent, greenlet

Result = TypeVar("Result")

START = datetime(2026, 11, 27, 3, tzinfo=UTC)


class Stuck(RuntimeError):
    """Everybody waits for somebody, and nobody sleeps: no time would ever come at which one goes on."""


class SimulatedClock:
    """The Clock port. Seconds begin at 0."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._jumped = timedelta()
        self._sleepers: list[tuple[float, int, greenlet]] = []
        self._turns = count()
        # A task that ends is followed by whoever the hub chooses. What ends the hub is told to its own parent: whoever
        # made the clock.
        self.hub = greenlet(self._choose)

    def now(self) -> datetime:
        return START + self._jumped + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        heapq.heappush(self._sleepers, (self._seconds + max(0.0, seconds), next(self._turns), getcurrent()))
        self.suspend()

    def jump(self, seconds: float) -> None:
        """Somebody sets the wall clock, as NTP may: `now` changes, and nobody's sleep does."""
        self._jumped += timedelta(seconds=seconds)

    def spawn(self, work: Callable[[], Result]) -> Task[Result]:
        """Begin work beside what is under way, now."""
        return Task(self, work)

    def suspend(self) -> None:
        """Let others go on until somebody wakes who calls. Raises Stuck, to whoever made the clock."""
        following = self._next() if self._sleepers else self.hub
        if following is not getcurrent():
            following.switch()

    def wake(self, sleeper: greenlet) -> None:
        """Let one who is suspended go on, now."""
        heapq.heappush(self._sleepers, (self._seconds, next(self._turns), sleeper))

    def _next(self) -> greenlet:
        self._seconds, _, following = heapq.heappop(self._sleepers)
        return following

    def _choose(self, *_: object) -> NoReturn:
        # The first task that ends may be what starts the hub; its answer, None, comes along.
        while self._sleepers:
            self._next().switch()
        raise Stuck("everybody waits, and nobody sleeps")


class Signal:
    """What somebody waits for and somebody else tells."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self._waiting: list[greenlet] = []

    def wait(self) -> None:
        """Go on when it is told next."""
        self._waiting.append(getcurrent())
        self._clock.suspend()

    def tell(self) -> None:
        """Wake all who wait."""
        waiting, self._waiting = self._waiting, []
        for sleeper in waiting:
            self._clock.wake(sleeper)


class Task(Generic[Result]):
    """Work that was begun, and how it ended. An error that is no Exception ends the whole simulation."""

    def __init__(self, clock: SimulatedClock, work: Callable[[], Result]) -> None:
        self._ended = Signal(clock)
        self._answer: list[Result] = []
        self._error: Exception | None = None
        clock.wake(greenlet(lambda: self._run(work), parent=clock.hub))

    @property
    def done(self) -> bool:
        return bool(self._answer) or self._error is not None

    def result(self) -> Result:
        """What the work answered, when it is done. Raises what it raised."""
        while not self.done:
            self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._answer[0]

    def _run(self, work: Callable[[], Result]) -> None:
        try:
            self._answer.append(work())
        except Exception as error:
            self._error = error
        self._ended.tell()
