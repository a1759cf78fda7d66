"""The real restore on a simulated clock, against a Cognito that is slow or shared: nobody lost, nothing done twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poolsafe.domain.quotas import DOCUMENTED
from restore.restore_users import RESERVE_SECONDS
from tests.benchmarks.simulated.restoring import Case, restore

PLAIN = Case(1_500, 7, 1.0)


@pytest.mark.parametrize("groups", [0, 7])
@pytest.mark.parametrize("model", ["window", "bucket"])
def test_everybody_comes_back_at_the_pace_of_the_slowest_quota_and_nobody_is_throttled(groups: int, model: str) -> None:
    run = restore(replace(PLAIN, groups=groups, model=model))
    assert (run.wrong, run.throttled, run.calls) == ({}, 0, PLAIN.users * (3 if groups else 2))
    assert run.ratio > 0.9


def test_hand_overs_lose_nobody_and_do_nothing_twice() -> None:
    run = restore(replace(PLAIN, timeout=RESERVE_SECONDS + 15))
    assert (run.wrong, run.calls) == ({}, 3 * PLAIN.users)
    assert run.invocations >= 4


def test_answers_that_take_twenty_seconds_lose_nobody() -> None:
    run = restore(replace(PLAIN, latency_ms=(20_000, 25_000), timeout=RESERVE_SECONDS + 120))
    assert (run.wrong, run.throttled) == ({}, 0)
    assert run.invocations > 2


@pytest.mark.parametrize("times", [3, 10, 40])
def test_quotas_believed_to_be_far_too_high_are_found_out_and_nobody_is_lost(times: float) -> None:
    run = restore(replace(PLAIN, believed={category: times * rate for category, rate in DOCUMENTED.items()}))
    assert run.wrong == {}
    assert run.throttled > 0


@pytest.mark.parametrize("model", ["window", "bucket"])
def test_others_who_use_most_of_a_quota_cost_time_and_lose_nobody(model: str) -> None:
    run = restore(replace(PLAIN, users=600, model=model, production=0.8))
    assert run.wrong == {}
    assert run.production is not None
