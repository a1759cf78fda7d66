"""What an execution leaves in its history, computed from a definition: its events, and which of its states loop.

Events of each state: those of GetExecutionHistory
(https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html). A Task has TaskStateEntered,
TaskScheduled, TaskStarted, TaskSucceeded and TaskStateExited, and TaskSubmitted where it waits for a job; an attempt
that failed has TaskScheduled, TaskStarted and TaskFailed. An inline Map's iterations are in the history of the
execution that it is in (https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.architecture.repository import Json, functions, invoked
from tests.step_functions import handler_of

#: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: none of these can be raised.
MAX_EVENTS = 25_000
MAX_PAYLOAD = 262_144
MAX_DEFINITION = 1024 * 1024
MAX_SECONDS = 365 * 24 * 3600
MAX_NAME = 80
#: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
MAX_INLINE_CONCURRENCY = 40

#: ExecutionStarted and ExecutionSucceeded.
EXECUTION_EVENTS = 2
FAILED_ATTEMPT_EVENTS = 3
#: MapStateEntered, MapStateStarted, MapStateSucceeded, MapStateExited; MapIterationStarted, MapIterationSucceeded.
MAP_EVENTS, ITERATION_EVENTS = 4, 2

States = Mapping[str, Json]


def events_of(state: Json) -> int:
    """The events of one visit to a state; of a Map, without those inside."""
    if state["Type"] == "Task":
        return 6 if ".sync" in state["Resource"] else 5
    if state["Type"] == "Map":
        return MAP_EVENTS
    assert state["Type"] in ("Choice", "Pass", "Wait", "Succeed"), state["Type"]
    return 2


def followers(state: Json) -> Iterator[str]:
    """The states that may come next."""
    for name in ("Next", "Default"):
        if name in state:
            yield state[name]
    for rule in (*state.get("Choices", ()), *state.get("Catch", ())):
        yield rule["Next"]


def loops(states: States) -> list[frozenset[str]]:
    """Which states of one machine, or of one Map, can be come to again; those of one loop together."""
    reach = {name: _reachable(states, name) for name in states}
    found = {
        frozenset(other for other in reach[name] if name in reach[other]) for name in states if name in reach[name]
    }
    return sorted(found, key=sorted)


def _reachable(states: States, start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(followers(states[start]))
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += followers(states[name])
    return found


def history(machine: Json, visits: Callable[[frozenset[str]], Mapping[str, float]], items: Mapping[str, int]) -> float:
    """Events of one execution, at most: every state once, as though all branches were taken, and loops as `visits` of
    their states say; Maps over as many items as `items` says. A tenth of the Tasks in loops fails once.
    """
    return EXECUTION_EVENTS + _events(machine["States"], visits, items)


def _events(states: States, visits: Callable[[frozenset[str]], Mapping[str, float]], items: Mapping[str, int]) -> float:
    times: dict[str, float] = dict.fromkeys(states, 1)
    for loop in loops(states):
        times |= visits(loop)
    total = 0.0
    for name, state in states.items():
        failed = times[name] / 10 if state["Type"] == "Task" else 0
        total += times[name] * events_of(state) + failed * FAILED_ATTEMPT_EVENTS
        if state["Type"] == "Map":
            inside = _events(state["ItemProcessor"]["States"], visits, items)
            total += times[name] * items[name] * (ITERATION_EVENTS + inside)
    return total


def seconds_of(state: Json) -> float:
    """For how long one invocation works before it hands over: its function's Timeout without its handler's reserve."""
    reserve: Any = inspect.getclosurevars(handler_of(state["Parameters"]["FunctionName"])).nonlocals["reserve_seconds"]
    return float(functions()[invoked(state)]["Timeout"] - reserve)
