"""Workers on a simulated clock: what `adapters/threads.py` does in threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from functools import partial
from typing import TypeVar

from tests.benchmarks.simulated.clock import Signal, SimulatedClock, Task

Item = TypeVar("Item")
Result = TypeVar("Result")


class SimulatedWorkers:
    """The Workers port. `size` items are under way at once."""

    def __init__(self, clock: SimulatedClock, size: int) -> None:
        self.size = size
        self._clock = clock

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result, None, None]:
        begun: deque[Task[Result]] = deque()
        ended = Signal(self._clock)
        under_way = 0

        def done(item: Item) -> Result:
            nonlocal under_way
            try:
                return work(item)
            finally:
                under_way -= 1
                ended.tell()

        try:
            for item in items:
                begun.append(self._clock.spawn(partial(done, item)))
                under_way += 1
                # Whoever was begun comes to its first sleep before the next item is taken.
                self._clock.sleep(0)
                while under_way == self.size:
                    ended.wait()
                while begun and begun[0].done:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            while under_way:
                ended.wait()
