"""The clock and the workers that benchmarks are run on: exact, in order, and the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from poolsafe.adapters.threads import Threads
from tests.benchmarks.simulated.clock import START, Signal, SimulatedClock, Stuck
from tests.benchmarks.simulated.workers import SimulatedWorkers


def test_time_passes_only_while_somebody_sleeps() -> None:
    clock = SimulatedClock()
    assert (clock.monotonic(), clock.now()) == (0, START)
    clock.sleep(3600)
    assert (clock.monotonic(), clock.now()) == (3600, START + timedelta(hours=1))


def test_sleepers_go_on_in_the_order_of_time_and_then_of_asking() -> None:
    clock, log = SimulatedClock(), list[tuple[str, float]]()

    def sleep(name: str, seconds: float) -> None:
        clock.sleep(seconds)
        log.append((name, clock.monotonic()))

    tasks = [clock.spawn(lambda it=it: sleep(*it)) for it in [("c", 3.0), ("a", 1.0), ("b", 2.0), ("b too", 2.0)]]  # type: ignore[misc]
    for task in tasks:
        task.result()
    assert log == [("a", 1.0), ("b", 2.0), ("b too", 2.0), ("c", 3.0)]


def test_a_negative_sleep_is_none() -> None:
    clock = SimulatedClock()
    clock.sleep(-1)
    assert clock.monotonic() == 0


def test_a_wall_clock_that_jumps_changes_nobody_s_sleep() -> None:
    clock = SimulatedClock()
    task = clock.spawn(lambda: clock.sleep(10))
    clock.sleep(1)
    clock.jump(-86_400)
    task.result()
    assert clock.monotonic() == 10
    assert clock.now() == START + timedelta(seconds=10 - 86_400)


def test_an_error_of_a_task_is_told_to_whoever_asks_for_its_result() -> None:
    clock = SimulatedClock()

    def fail() -> None:
        clock.sleep(5)
        raise ValueError("late")

    task = clock.spawn(fail)
    clock.sleep(9)
    assert task.done
    for _ in range(2):
        with pytest.raises(ValueError, match="late"):
            task.result()


def test_an_interruption_of_a_task_ends_the_simulation() -> None:
    clock = SimulatedClock()

    def interrupt() -> None:
        raise KeyboardInterrupt

    clock.spawn(interrupt)
    with pytest.raises(KeyboardInterrupt):
        clock.sleep(1)


def test_whoever_waits_for_what_never_comes_is_told() -> None:
    clock = SimulatedClock()
    with pytest.raises(Stuck):
        Signal(clock).wait()


def test_tasks_that_all_wait_are_told_to_whoever_made_the_clock() -> None:
    clock = SimulatedClock()
    never = Signal(clock)
    tasks = [clock.spawn(never.wait) for _ in range(3)]
    with pytest.raises(Stuck):
        tasks[0].result()
    assert not any(task.done for task in tasks)


def test_a_signal_wakes_all_who_wait_and_nobody_who_comes_later() -> None:
    clock = SimulatedClock()
    signal, woken = Signal(clock), list[tuple[int, float]]()

    def wait(number: int) -> None:
        signal.wait()
        woken.append((number, clock.monotonic()))

    for number in range(3):
        clock.spawn(lambda number=number: wait(number))  # type: ignore[misc]
    clock.sleep(7)
    signal.tell()
    clock.spawn(lambda: wait(9))
    clock.sleep(1)
    assert woken == [(0, 7), (1, 7), (2, 7)]


def test_results_come_in_the_order_of_the_items_and_time_is_that_of_the_workers() -> None:
    clock = SimulatedClock()

    def work(number: int) -> int:
        clock.sleep(10 - number)
        return number

    assert list(SimulatedWorkers(clock, 5).map(work, range(10))) == list(range(10))
    # 10, 9, 8, 7, 6 begin at once; 5, 4, 3, 2, 1 when 6, 7, 8, 9, 10 are over: 11 each.
    assert clock.monotonic() == 11


def test_workers_on_the_clock_do_what_threads_do() -> None:
    clock = SimulatedClock()
    assert [*SimulatedWorkers(clock, 3).map(str, range(50))] == [*Threads(3).map(str, range(50))]
    assert list(SimulatedWorkers(clock, 2).map(str, ())) == []


def test_an_item_is_taken_when_a_worker_is_free_for_it() -> None:
    clock, taken = SimulatedClock(), list[float]()

    def items() -> Iterator[int]:
        for number in range(6):
            taken.append(clock.monotonic())
            yield number

    for _ in SimulatedWorkers(clock, 2).map(lambda _: clock.sleep(10), items()):
        pass
    assert taken == [0, 0, 10, 10, 20, 20]


def test_results_are_given_while_others_are_under_way() -> None:
    clock = SimulatedClock()
    results = SimulatedWorkers(clock, 2).map(lambda number: clock.sleep(number), [1, 100, 1, 1])
    next(results)
    assert clock.monotonic() == 1


def test_an_error_comes_where_the_result_would_be_and_the_others_end() -> None:
    clock = SimulatedClock()
    ended: list[int] = []

    def work(number: int) -> int:
        clock.sleep(number)
        if number == 1:
            raise ValueError("the second")
        ended.append(number)
        return number

    results = SimulatedWorkers(clock, 3).map(work, range(10))
    assert next(results) == 0
    with pytest.raises(ValueError, match="the second"):
        list(results)
    begun_with_it = {0, 2, 3}
    assert set(ended) == begun_with_it


def test_whoever_stops_iterating_waits_for_what_is_under_way() -> None:
    clock, ended = SimulatedClock(), list[int]()

    def work(number: int) -> None:
        clock.sleep(number)
        ended.append(number)

    results = SimulatedWorkers(clock, 3).map(work, [1, 20, 20, 20, 20])
    next(results)
    results.close()
    assert ended == [1, 20, 20]


def test_work_may_share_out_work_of_its_own() -> None:
    clock = SimulatedClock()

    def inner(number: int) -> int:
        clock.sleep(1)
        return number

    def outer(number: int) -> int:
        return sum(SimulatedWorkers(clock, 2).map(inner, range(number)))

    assert list(SimulatedWorkers(clock, 3).map(outer, [4, 4, 4, 2])) == [6, 6, 6, 1]
    assert clock.monotonic() == 3


def test_the_same_simulation_runs_the_same_way_each_time() -> None:
    def run() -> list[tuple[int, float]]:
        clock, log, chance = SimulatedClock(), list[tuple[int, float]](), random.Random(1)  # noqa: S311

        def work(number: int) -> None:
            for _ in range(5):
                clock.sleep(chance.random())
                log.append((number, clock.monotonic()))

        list(SimulatedWorkers(clock, 7).map(work, range(40)))
        return log

    assert run() == run()
