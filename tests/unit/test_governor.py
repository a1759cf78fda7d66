"""Poolsafe keeps to its share of Cognito's quotas: smooth, slower after a throttle, and back again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.adapters.governed import ATTEMPTS, GovernedUserPool, Governor
from poolsafe.domain.configuration.steps import VERBS
from poolsafe.domain.governor import COOL_OFF_SECONDS, FLOOR, RECOVERY_PER_SECOND, Pace
from poolsafe.domain.quotas import DOCUMENTED, OPERATIONS, Category, share
from poolsafe.domain.records import Group
from poolsafe.errors import Rejected, Throttled
from poolsafe.operations import read_configuration
from tests.fakes import START, FakeClock, FakeUserPool
from tests.pipeline import pool_with

rates = st.floats(0.1, 1_000)


def turns(pace: Pace, count: int, now: float = 0.0) -> list[float]:
    """When a worker that always waits its turn gets its turns."""
    taken = []
    for _ in range(count):
        now += pace.take_turn(now)
        taken.append(now)
    return taken


@given(rates, st.integers(2, 50))
def test_turns_are_evenly_spaced_so_that_there_are_no_bursts(rate: float, count: int) -> None:
    taken = turns(Pace(rate), count)
    assert [later - earlier for earlier, later in pairwise(taken)] == pytest.approx([1 / rate] * (count - 1))


def test_the_first_turn_is_at_once() -> None:
    assert Pace(10).take_turn(123.0) == 0


def test_a_pause_saves_up_no_turns() -> None:
    pace = Pace(10)
    turns(pace, 5)
    assert turns(pace, 3, now=1_000.0) == pytest.approx([1_000.0, 1_000.1, 1_000.2])


def test_workers_that_come_together_are_spread_out() -> None:
    pace = Pace(10)
    assert [pace.take_turn(0.0) for _ in range(4)] == pytest.approx([0, 0.1, 0.2, 0.3])


def test_a_throttle_halves_the_rate() -> None:
    pace = Pace(40)
    pace.throttled(0.0)
    assert pace.rate == 20


def test_a_burst_of_throttles_is_one_signal() -> None:
    pace = Pace(40)
    for number in range(10):
        pace.throttled(number * COOL_OFF_SECONDS / 20)
    assert pace.rate == pytest.approx(20, rel=0.01)


def test_throttles_that_go_on_halve_again_after_the_cool_off() -> None:
    pace = Pace(40)
    pace.throttled(0.0)
    pace.throttled(COOL_OFF_SECONDS)
    assert pace.rate == pytest.approx((20 + 40 * RECOVERY_PER_SECOND * COOL_OFF_SECONDS) / 2)


@given(rates, st.lists(st.floats(0, 2), max_size=60))
def test_the_rate_stays_between_its_floor_and_its_ceiling(rate: float, gaps: list[float]) -> None:
    pace, now = Pace(rate), 0.0
    for gap in gaps:
        now += gap
        pace.throttled(now)
        assert rate * FLOOR <= pace.rate <= rate
    pace.take_turn(now + 10_000)
    assert pace.rate == rate


def test_without_throttles_the_full_rate_is_back_after_a_minute() -> None:
    pace = Pace(60)
    pace.throttled(0.0)
    pace.take_turn(30.0)
    assert pace.rate == pytest.approx(45)
    pace.take_turn(60.0)
    assert pace.rate == pytest.approx(60)


def test_the_turn_after_a_throttle_waits_for_the_slower_rate() -> None:
    pace = Pace(10)
    pace.take_turn(0.0)
    pace.throttled(5.0)
    assert pace.take_turn(5.0) == pytest.approx(1 / 5)


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_pace_without_a_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        Pace(rate)


# The pool behind it.

CALLS: dict[str, Callable[[GovernedUserPool], Any]] = {
    "DescribeUserPool": lambda pool: pool.describe(),
    "ListUsers": lambda pool: pool.list_users(None),
    "ListGroups": lambda pool: pool.list_groups(None),
    "ListUsersInGroup": lambda pool: pool.list_members("group0", None),
    "AdminGetUser": lambda pool: pool.get_user("user00000"),
    "AdminGetUserAuthFactors": lambda pool: pool.factors_of("user00000"),
    "AdminListGroupsForUser": lambda pool: pool.groups_of("user00000"),
    "GetGroup": lambda pool: pool.get_group("group0"),
    "CreateGroup": lambda pool: pool.create_group(Group("new", None, None, None, START, START)),
    "UpdateGroup": lambda pool: pool.update_group(Group("group0", "new", None, None, START, START)),
    "AdminCreateUser": lambda pool: pool.create_user("new", {}, "Long-enough-4-everybody"),
    "AdminSetUserPassword": lambda pool: pool.set_password("user00000", "Long-enough-4-everybody"),
    "AdminUpdateUserAttributes": lambda pool: pool.update_attributes("user00000", {"name": "New"}),
    "AdminSetUserMFAPreference": lambda pool: pool.set_mfa("user00000", ("EMAIL_OTP",), "EMAIL_OTP"),
    "AdminLinkProviderForUser": lambda pool: pool.link("user00000", "Google", "1122"),
    "AdminAddUserToGroup": lambda pool: pool.add_to_group("user00000", "group0"),
    "AdminDisableUser": lambda pool: pool.disable_user("user00000"),
    "AdminEnableUser": lambda pool: pool.enable_user("user00000"),
}
EVERY_CALL = pytest.mark.parametrize("operation", list(CALLS))
#: What a second time would be refused.
ONCE = ("CreateGroup", "AdminCreateUser", "AdminLinkProviderForUser")
#: Operations that more than one method calls.
ALSO: dict[str, Callable[[GovernedUserPool], Any]] = {
    "AdminCreateUser": lambda pool: pool.invite_user("new", {"email": "new@example.com"}, ("EMAIL",)),
    "AdminSetUserPassword": lambda pool: pool.set_temporary_password("user00000", "Long-enough-4-everybody"),
}
MFA = {"MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}}


def answering_pool() -> FakeUserPool:
    """A pool in which every one of the calls goes through."""
    return pool_with(2, providers=("Google",), mfa=MFA)


def governed(pool: FakeUserPool, quotas: dict[Category, float] | None = None) -> tuple[GovernedUserPool, Governor]:
    assert pool.clock is not None
    governor = Governor(quotas or dict(DOCUMENTED), pool.clock)
    return GovernedUserPool(pool, governor), governor


def test_every_operation_has_its_quota() -> None:
    assert set(CALLS) | configuration_operations() | IMPORT_OPERATIONS | DRILL_OPERATIONS == set(OPERATIONS)
    assert set(Category) == set(DOCUMENTED)


#: What drills walk sign-ins with, and remove their pools.
DRILL_OPERATIONS = {"AdminInitiateAuth", "DeleteUserPool"}
#: What users are imported with from files.
IMPORT_OPERATIONS = {
    "GetCSVHeader",
    "CreateUserImportJob",
    "StartUserImportJob",
    "DescribeUserImportJob",
    "ListUserImportJobs",
}


def configuration_operations() -> set[str]:
    """What the configuration is read and written with."""
    read = {operation for _, needed in read_configuration._READERS.values() for operation in needed}
    written = {
        operation
        for verbs in VERBS.values()
        for operation in (verbs.create, verbs.update, verbs.of_client)
        if operation
    }
    return {
        *read,
        *written,
        *("ListUserPools", "CreateUserPool", "UpdateUserPool", "AddCustomAttributes"),
        *("CreateUserPoolClient", "UpdateUserPoolClient"),
    }


@EVERY_CALL
def test_every_call_reaches_the_pool_and_answers_what_the_pool_answers(operation: str) -> None:
    for call in filter(None, (CALLS[operation], ALSO.get(operation))):
        plain, behind = answering_pool(), answering_pool()
        pool, _ = governed(behind)
        answer, expected = call(pool), call(plain)  # type: ignore[arg-type]
        assert type(answer) is type(expected)
        assert behind.calls == plain.calls == {operation: 1}
        assert pool.user_pool_id == behind.user_pool_id


@EVERY_CALL
def test_calls_take_as_long_as_their_quota_says(operation: str) -> None:
    behind = answering_pool()
    pool, _ = governed(behind)
    for _ in range(31):
        try:
            CALLS[operation](pool)
        except Rejected:
            assert operation in ONCE
    # The first is at once, so thirty intervals.
    assert behind.clock.seconds == pytest.approx(30 / DOCUMENTED[OPERATIONS[operation]])


def test_categories_do_not_wait_for_each_other() -> None:
    behind = pool_with(2)
    pool, _ = governed(behind)
    for operation in ("ListUsers", "AdminGetUser", "AdminSetUserPassword", "AdminDisableUser"):
        CALLS[operation](pool)
    assert behind.clock.seconds == 0


def test_operations_of_one_category_share_its_rate() -> None:
    behind = pool_with(2)
    pool, _ = governed(behind)
    for _ in range(5):
        pool.list_users(None)
        pool.list_members("group0", None)
    assert behind.clock.seconds == pytest.approx(9 / DOCUMENTED[Category.USER_LIST])


def throttling(pool: FakeUserPool, times: int) -> None:
    """Throttle the first calls."""
    left = [None] * times

    def throttle(operation: str) -> None:
        if left:
            left.pop()
            raise Throttled(f"{operation}: TooManyRequestsException.")

    pool.before = throttle


@EVERY_CALL
def test_a_throttled_call_is_tried_again_more_slowly(operation: str) -> None:
    behind = answering_pool()
    pool, governor = governed(behind)
    throttling(behind, times=1)
    CALLS[operation](pool)
    assert behind.calls == {operation: 1}
    category = OPERATIONS[operation]
    assert governor.rate(category) < DOCUMENTED[category]
    assert behind.clock.seconds >= 2 / DOCUMENTED[category]


def test_a_throttle_slows_its_own_category_only() -> None:
    _, governor = governed(pool_with(2))
    governor.throttled("AdminCreateUser")
    assert governor.rate(Category.USER_CREATION) == 25
    assert governor.rate(Category.USER_LIST) == 30


def test_a_call_that_is_throttled_again_and_again_is_given_up() -> None:
    behind = pool_with(2)
    pool, _ = governed(behind)
    throttling(behind, times=ATTEMPTS)
    with pytest.raises(Throttled):
        pool.list_users(None)
    throttling(behind, times=ATTEMPTS - 1)
    pool.list_users(None)
    assert behind.calls == {"ListUsers": 1}


def test_giving_up_has_taken_the_time_of_ever_slower_turns() -> None:
    behind = pool_with(2)
    pool, governor = governed(behind, {Category.USER_LIST: 1.0})
    throttling(behind, times=ATTEMPTS)
    with pytest.raises(Throttled):
        pool.list_users(None)
    assert governor.rate(Category.USER_LIST) < 0.2
    assert behind.clock.seconds > 3 * ATTEMPTS


def test_what_is_no_throttle_is_not_tried_again() -> None:
    behind = pool_with(2)
    pool, governor = governed(behind)
    with pytest.raises(Rejected):
        pool.get_user("nobody")
    assert (behind.calls["AdminGetUser"], governor.throttles) == (1, 0)


def test_an_operation_of_no_known_quota_slows_nothing() -> None:
    """botocore tells of every throttle of its client, also of operations that were added since."""
    governor = Governor(dict(DOCUMENTED), FakeClock())
    governor.throttled("AdminNewOperation")
    assert governor.throttles == 1
    assert {category: governor.rate(category) for category in Category} == dict(DOCUMENTED)


@given(st.floats(0.01, 1), st.integers(1, 16))
def test_all_lanes_together_use_the_share_that_was_asked_for(quota_share: float, lanes: int) -> None:
    for category, rate in share(DOCUMENTED, quota_share, lanes).items():
        assert rate * lanes == pytest.approx(DOCUMENTED[category] * quota_share)
