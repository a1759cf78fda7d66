"""Answering times of the embedded cloud are as they were asked for."""

from __future__ import annotations

import statistics

import pytest

from local.layer.latencies import Latency


@pytest.mark.parametrize(("median_ms", "p99_ms"), [(100, 400), (20, 25), (100, 20_000)])
def test_median_and_99th_percentile_are_those_asked_for(median_ms: float, p99_ms: float) -> None:
    latency = Latency(median_ms, p99_ms, seed=5)
    percentiles = statistics.quantiles((latency.next() * 1000 for _ in range(50_000)), n=100)
    assert percentiles[49] == pytest.approx(median_ms, rel=0.05)
    assert percentiles[98] == pytest.approx(p99_ms, rel=0.12)


def test_the_same_seed_gives_the_same_times() -> None:
    one, same, other = Latency(100, 300, 1), Latency(100, 300, 1), Latency(100, 300, 2)
    times = [one.next() for _ in range(20)]
    assert times == [same.next() for _ in range(20)]
    assert times != [other.next() for _ in range(20)]


def test_a_median_alone_is_a_fixed_time_and_zero_is_none() -> None:
    assert [Latency(70).next(), Latency(70, 70).next(), Latency(0).next()] == [0.07, 0.07, 0]


@pytest.mark.parametrize(("median_ms", "p99_ms"), [(-1, 5), (100, 50), (0, 5), (10, float("inf"))])
def test_what_is_no_spread_is_refused(median_ms: float, p99_ms: float) -> None:
    with pytest.raises(ValueError, match="median_ms"):
        Latency(median_ms, p99_ms)
