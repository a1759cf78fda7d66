"""Calling again what may go through, as long as somebody who waits for a sign-in can wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import Retryable
from ..ports import Clock

Answer = TypeVar("Answer")
#: Between two attempts, in seconds; doubled each time.
PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Hurry:
    """`until` is the moment, by the clock's monotonic time, from which nothing is tried again."""

    clock: Clock
    until: float

    def __call__(self, call: Callable[[], Answer]) -> Answer:
        """What the call answers. Raises what its last attempt raised."""
        pause = PAUSE
        while True:
            try:
                return call()
            except Retryable:
                if self.clock.monotonic() + pause >= self.until:
                    raise
            self.clock.sleep(pause)
            pause *= 2

    @property
    def is_over(self) -> bool:
        return self.clock.monotonic() >= self.until
