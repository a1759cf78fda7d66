"""The embedded cloud's request quotas: what each category admits, and that the product draws on the right ones."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.layer import operation_categories as documented
from local.layer.request_quotas import NO_CATEGORY, RequestQuotas
from poolsafe.domain import quotas as product

POOL = "us-east-1_Pool"
every_model = pytest.mark.parametrize("model", ["window", "bucket"])


def admitted(quotas: RequestQuotas, action: str, every: float, seconds: float) -> list[float]:
    """When it was admitted, asked at that interval for so long."""
    moments = [number * every for number in range(round(seconds / every))]
    return [moment for moment in moments if quotas.admits(action, POOL, moment)]


def test_the_product_draws_on_the_documented_categories() -> None:
    for operation, category in product.OPERATIONS.items():
        assert documented.category_of(operation) == category.value, operation


def test_the_product_knows_the_documented_rates() -> None:
    for category, rate in product.DOCUMENTED.items():
        alone = category.value in documented.BY_OPERATION_AND_POOL
        assert rate == (documented.PER_OPERATION_AND_POOL if alone else documented.DOCUMENTED[category.value])


def test_each_operation_has_one_category_and_each_category_a_rate() -> None:
    tables = (documented._OPERATIONS, documented._ASSUMED)
    named = [name for table in tables for operations in table.values() for name in operations.split()]
    assert len(named) == len(set(named))
    assert set(documented.CATEGORIES.values()) <= set(documented.DOCUMENTED)


@given(
    rate=st.integers(1, 40),
    steps=st.lists(st.floats(0, 0.3, allow_subnormal=False), min_size=1, max_size=300),
)
def test_a_window_admits_no_more_than_the_quota_in_any_one_second(rate: int, steps: list[float]) -> None:
    quotas, now, moments = RequestQuotas({"UserList": rate}), 0.0, []
    for step in steps:
        now += step
        if quotas.admits("ListUsers", POOL, now):
            moments.append(now)
    for first, beyond in zip(moments, moments[rate:], strict=False):
        assert beyond - first >= 1 - 1e-6


@every_model
@pytest.mark.parametrize("rate", [0.02, 0.5, 1, 2.5, 30, 250.25])
def test_over_a_long_time_the_quota_is_reached_and_not_passed(model: str, rate: float) -> None:
    seconds = 400 if rate < 10 else 40
    quotas = RequestQuotas({"UserList": rate}, model=model)
    got = len(admitted(quotas, "ListUsers", 1 / max(1, 8 * rate), seconds))
    assert rate * seconds * 0.99 <= got <= rate * seconds + max(rate, 1) + 1


def test_whoever_is_paced_at_the_quota_is_never_throttled() -> None:
    quotas = RequestQuotas({"UserList": 30})
    assert all(quotas.admits("ListUsers", POOL, number / 30) for number in range(9_000))


def test_after_a_pause_a_bucket_lets_pass_what_a_window_does_not() -> None:
    window, bucket = (RequestQuotas({"UserList": 30}, model=model) for model in ("window", "bucket"))
    assert len(admitted(window, "ListUsers", 0.001, 1)) == 30
    assert len(admitted(bucket, "ListUsers", 0.001, 1)) == 59


@every_model
def test_a_quota_of_zero_admits_nothing_and_one_without_end_everything(model: str) -> None:
    none, any_ = (RequestQuotas({"UserList": rate}, model=model) for rate in (0, float("inf")))
    assert not any(none.admits("ListUsers", POOL, moment) for moment in range(100))
    assert all(any_.admits("ListUsers", POOL, 0) for _ in range(1_000))


def test_all_pools_and_all_operations_of_a_category_share_its_quota() -> None:
    quotas = RequestQuotas({"UserList": 2})
    assert quotas.admits("ListUsers", "one", 0)
    assert quotas.admits("ListUsersInGroup", "other", 0)
    assert not quotas.admits("ListUsers", "third", 0)


def test_an_operation_on_a_pool_has_five_a_second_and_the_account_its_twenty() -> None:
    quotas = RequestQuotas(documented.DOCUMENTED)
    first = [quotas.admits("GetGroup", "one", 0) for _ in range(7)]
    assert first.count(True) == 5
    assert quotas.admits("ListGroups", "one", 0)
    others = [quotas.admits("GetGroup", f"pool{number // 5}", 0) for number in range(30)]
    assert others.count(True) == 14


def test_what_is_throttled_uses_up_nothing() -> None:
    quotas = RequestQuotas({"UserPoolResourceRead": 6}, per_operation_and_pool=5)
    assert sum(quotas.admits("GetGroup", "one", 0) for _ in range(100)) == 5
    assert quotas.admits("GetGroup", "other", 0)


def test_answers_to_challenges_have_three_times_the_quota_and_then_that_of_sign_ins() -> None:
    quotas = RequestQuotas({"UserAuthentication": 10})
    assert sum(quotas.admits("RespondToAuthChallenge", POOL, 0) for _ in range(36)) == 36
    assert sum(quotas.admits("InitiateAuth", POOL, 0) for _ in range(10)) == 4


def test_an_answer_with_a_new_password_is_account_recovery() -> None:
    quotas = RequestQuotas({"UserAuthentication": 10, "UserAccountRecovery": 1})
    challenge = "NEW_PASSWORD_REQUIRED"
    assert quotas.admits("AdminRespondToAuthChallenge", POOL, 0, challenge=challenge)
    assert not quotas.admits("AdminSetUserPassword", POOL, 0)


def test_one_user_is_read_and_written_ten_times_a_second_each() -> None:
    quotas = RequestQuotas(documented.DOCUMENTED)
    assert sum(quotas.admits("AdminGetUser", POOL, 0, user="ada") for _ in range(30)) == 10
    assert sum(quotas.admits("AdminAddUserToGroup", POOL, 0, user="ada") for _ in range(30)) == 10
    assert quotas.admits("AdminGetUser", POOL, 0, user="bo")


def test_users_of_long_ago_are_not_kept() -> None:
    quotas = RequestQuotas(documented.DOCUMENTED)
    for number in range(50_000):
        quotas.admits("AdminGetUser", POOL, number / 100, user=f"user{number}")
    assert len(quotas._single) <= 10_000


def test_what_passed_and_what_did_not_is_counted_by_category_and_caller() -> None:
    quotas = RequestQuotas({"UserList": 1})
    for caller in ("poolsafe", "production", "production"):
        quotas.admits("ListUsers", POOL, 0, caller=caller)
    quotas.admits("SomethingNew", POOL, 0, caller="poolsafe")
    assert quotas.counts() == {
        "UserList": {
            "poolsafe": {"admitted": 1, "throttled": 0},
            "production": {"admitted": 0, "throttled": 2},
        },
        NO_CATEGORY: {"poolsafe": {"admitted": 1, "throttled": 0}},
    }


@every_model
def test_a_clock_that_goes_back_gives_nobody_more(model: str) -> None:
    quotas = RequestQuotas({"UserList": 2}, model=model)
    assert [quotas.admits("ListUsers", POOL, now) for now in (100, 100, 50, 0, 100.5)] == [
        True, True, False, False, model == "bucket",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda: RequestQuotas({"UserList": -1}),
        lambda: RequestQuotas({"UserList": float("nan")}),
        lambda: RequestQuotas({}, per_user=-1),
        lambda: RequestQuotas({}, model="guess"),
    ],
)
def test_what_is_no_quota_is_refused(make: Callable[[], RequestQuotas]) -> None:
    with pytest.raises(ValueError, match=r"quota|model"):
        make()


def test_admissions_of_a_window_are_as_far_apart_as_a_quota_below_one_says() -> None:
    moments = admitted(RequestQuotas({"UserList": 0.25}), "ListUsers", 0.1, 60)
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 4 - 1e-6
