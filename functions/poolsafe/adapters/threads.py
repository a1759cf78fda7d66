"""Work on many items at once, in threads: what waits for Cognito waits side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Threads:
    """The Workers port. `size` items are under way at once."""

    def __init__(self, size: int) -> None:
        self.size = size

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result, None, None]:
        if self.size == 1:
            yield from map(work, items)
            return
        begun: deque[Future[Result]] = deque()
        under_way: set[Future[Result]] = set()
        with ThreadPoolExecutor(self.size) as threads:
            for item in items:
                future = threads.submit(work, item)
                begun.append(future)
                under_way.add(future)
                if len(under_way) == self.size:
                    _, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                while begun and begun[0].done():
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
