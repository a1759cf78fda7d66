"""Production traffic that takes much of a quota is hardly throttled more because of a run of ours.

An hour of simulated requests each (`tests/benchmarks/governor.py`, which compares laws); the same each time.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poolsafe.domain.governor import Pace
from tests.benchmarks.governor import Admission, Bucket, ByTheSecond, Law, Window, run

MODELS = pytest.mark.parametrize("cognito", [Window, Bucket])


def more_throttled(cognito: Callable[[int], Admission], law: Law, quota: int) -> float:
    """Percentage points of others' requests that are throttled because of us; they use 60 % of the quota."""
    without = run(cognito(quota), 0.6 * quota, None, seed=5)
    beside = run(cognito(quota), 0.6 * quota, law, seed=5)
    return beside.others.throttled_percent - without.others.throttled_percent


@MODELS
@pytest.mark.parametrize("quota", [25, 30, 50])
@pytest.mark.parametrize("quota_share", [0.5, 0.8, 1.0])
def test_others_are_throttled_less_than_a_percentage_point_more(
    cognito: Callable[[int], Admission], quota: int, quota_share: float
) -> None:
    assert more_throttled(cognito, Pace(quota * quota_share), quota) < 0.8


def test_climbing_by_the_second_took_more() -> None:
    assert more_throttled(Window, ByTheSecond(30.0), 30) > 2


def test_most_of_what_others_leave_is_used_where_a_token_bucket_counts() -> None:
    beside = run(Bucket(30), 18.0, Pace(30), seed=5)
    assert beside.ours.admitted_a_second > 0.85 * 12


@MODELS
def test_alone_nothing_is_throttled_at_the_whole_quota(cognito: Callable[[int], Admission]) -> None:
    alone = run(cognito(30), 0.0, Pace(30), seed=5).ours
    assert alone.throttled == 0
    assert alone.admitted_a_second >= 0.98 * 30
