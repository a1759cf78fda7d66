"""What Step Functions does with a lane: one Lambda after the other, until it is done."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from poolsafe.ports import Deadline
from tests.benchmarks.simulated.clock import SimulatedClock

State = dict[str, Any]

#: The functions' Timeout in the template, and Lambda's own limit.
TIMEOUT = 900.0
#: Assumed, in seconds: the first start of a function with boto3 and pyarrow, and the way from one invocation to the
#: next through Step Functions.
COLD_START, TRANSITION = 2.5, 0.3
#: More invocations than any run of these sizes needs.
ENDLESS = 2_000


@dataclass(frozen=True)
class ClockDeadline:
    """The Deadline port: the work has to be over at `at`, in seconds of the clock."""

    clock: SimulatedClock
    at: float

    def near(self, ahead: float = 0) -> bool:
        return self.clock.monotonic() + ahead >= self.at


@dataclass(frozen=True)
class Walked:
    """How a lane went: its last state, the seconds it took, and in how many invocations."""

    state: State
    seconds: float
    invocations: int


def walk(
    clock: SimulatedClock,
    invoke: Callable[[State, Deadline], State],
    state: State,
    reserve: float,
    timeout: float = TIMEOUT,
    between: Callable[[int], None] = lambda _: None,
) -> Walked:
    """Invoke with what the invocation before answered, through JSON, until it is `done`.

    `reserve` is how many seconds before its end an invocation is to stop; `between` two of them it is called with how
    many there were. Raises AssertionError where Lambda would
    have killed it, and for a lane that never ends.
    """
    begun = clock.monotonic()
    clock.sleep(COLD_START)
    for invocations in range(1, ENDLESS + 1):
        started = clock.monotonic()
        state = invoke(json.loads(json.dumps(state)), ClockDeadline(clock, started + timeout - reserve))
        if clock.monotonic() - started > timeout:
            raise AssertionError(f"an invocation took {clock.monotonic() - started:.0f} s: Lambda would have killed it")
        clock.sleep(TRANSITION)
        if state["done"]:
            return Walked(state, clock.monotonic() - begun, invocations)
        between(invocations)
    raise AssertionError(f"not done after {ENDLESS} invocations")
