"""Many items at once: in order, lazily, and with every error told."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from poolsafe.adapters.threads import Threads


def test_results_come_in_the_order_of_the_items() -> None:
    later = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert later.wait(10)
        if number == 2:
            later.set()
        return number * number

    assert list(Threads(3).map(work, range(20))) == [number * number for number in range(20)]


def test_an_item_is_taken_when_a_worker_is_free_for_it() -> None:
    taken: list[int] = []
    both = threading.Barrier(2, timeout=10)

    def items() -> Iterator[int]:
        for number in range(6):
            taken.append(number)
            yield number

    def work(number: int) -> int:
        there = len(taken)
        both.wait()
        return there - number

    assert max(Threads(2).map(work, items())) <= 2


def test_as_many_as_there_are_workers_are_under_way() -> None:
    barrier = threading.Barrier(4, timeout=10)
    assert list(Threads(4).map(lambda _: barrier.wait() >= 0, range(8))) == [True] * 8


def test_an_error_comes_where_the_result_would_be_and_the_others_end() -> None:
    begun, ended = set(), set()

    def work(number: int) -> int:
        begun.add(number)
        if number == 1:
            raise ValueError("the second")
        ended.add(number)
        return number

    results = Threads(2).map(work, range(4))
    assert next(results) == 0
    with pytest.raises(ValueError, match="the second"):
        next(results)
    assert ended == begun - {1}


def test_nothing_to_do_is_no_result() -> None:
    assert list(Threads(2).map(lambda item: item, ())) == []
