"""Poolsafe keeps to its share of Cognito's quotas: smooth, slower after a throttle, and back again."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.adapters.governed import ATTEMPTS, LONGEST_WAIT_SECONDS, GovernedUserPool, Governor
from poolsafe.domain.configuration.steps import VERBS
from poolsafe.domain.governor import (
    CAREFUL_FROM,
    DOUBLING_SECONDS,
    FLOOR,
    FORGET_FROM,
    GUARD,
    LATE_SECONDS,
    SETTLE_SECONDS,
    Pace,
)
from poolsafe.domain.quotas import DOCUMENTED, OPERATIONS, Category, share
from poolsafe.domain.records import Group
from poolsafe.errors import Rejected, Throttled
from poolsafe.operations import read_configuration
from tests.fakes import START, FakeClock, FakeUserPool
from tests.pipeline import pool_with

rates = st.floats(0.1, 1_000)
HOUR = 3600


def turns(pace: Pace, count: int, now: float = 0.0, late: Callable[[], float] = lambda: 0.0) -> list[float]:
    """When a worker that always waits its turn gets its turns; it wakes `late` each time."""
    taken = []
    for _ in range(count):
        turn = pace.ask(now)
        while (seconds := pace.wait(turn, now)) > 0:
            now += seconds + late()
        taken.append(now)
    return taken


def throttled(pace: Pace, now: float) -> None:
    """A request that was sent just now is throttled."""
    pace.throttled(now, now)


@given(rates, st.integers(2, 50))
def test_turns_are_evenly_spaced_so_that_there_are_no_bursts(rate: float, count: int) -> None:
    taken = turns(Pace(rate), count)
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert gaps == pytest.approx([1 / rate / GUARD] * (count - 1), rel=1e-3, abs=2e-6)


def test_the_first_turn_is_at_once() -> None:
    assert turns(Pace(10), 1, now=123.0) == [123.0]


def test_a_pause_saves_up_no_turns() -> None:
    pace = Pace(10 / GUARD)
    turns(pace, 5)
    assert turns(pace, 3, now=1_000.0) == pytest.approx([1_000.0, 1_000.1, 1_000.2])


def test_workers_that_come_together_are_spread_out_in_the_order_of_their_coming() -> None:
    pace = Pace(10 / GUARD)
    asked = [pace.ask(0.0) for _ in range(4)]
    assert [pace.wait(turn, 0.0) for turn in asked] == pytest.approx([0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize("quota", [5, 15, 25, 30, 50, 120])
def test_hours_at_the_whole_quota_never_send_more_than_it_in_a_second_and_hold_it(quota: int) -> None:
    """Against the strictest reading of a quota, with requests that are late by up to what is allowed for."""
    late = Random(quota).random  # noqa: S311
    pace, now, arrivals = Pace(quota), 0.0, []
    for _ in range(HOUR * quota):
        turn = pace.ask(now)
        while (seconds := pace.wait(turn, now)) > 0:
            now += seconds
        arrivals.append(now + late() * LATE_SECONDS)
    arrivals.sort()
    assert min(after - first for first, after in zip(arrivals, arrivals[quota:], strict=False)) >= 1
    assert 0.98 <= len(arrivals) / arrivals[-1] / quota <= 1


@pytest.mark.parametrize("rate", [3.75, 15, 24])
def test_a_share_is_held_though_workers_wake_late(rate: float) -> None:
    random = Random(7).random  # noqa: S311
    pace = Pace(rate)
    taken = turns(pace, int(HOUR * rate), late=lambda: random() * LATE_SECONDS / 2)
    assert 0.97 * rate <= (len(taken) - 1) / taken[-1] <= rate


def test_what_is_later_than_allowed_for_is_lost_and_not_made_up_for() -> None:
    pace = Pace(10 / GUARD)
    asked = [pace.ask(0.0) for _ in range(5)]
    assert pace.wait(asked[0], 0.0) == 0
    assert pace.wait(asked[1], 0.25) == 0
    assert pace.wait(asked[2], 0.25) == pytest.approx(0.1 - LATE_SECONDS)


def test_a_throttle_halves_the_rate() -> None:
    pace = Pace(40)
    throttled(pace, 0.0)
    assert pace.rate == 20 * GUARD


def test_throttles_of_what_was_sent_before_a_slowdown_are_no_news() -> None:
    pace = Pace(40)
    for number in range(10):
        pace.throttled(5.0 + number, sent=4.9)
    assert pace.rate == pytest.approx(20 * GUARD)


def test_a_burst_of_throttles_is_one_signal() -> None:
    pace = Pace(40)
    for number in range(10):
        throttled(pace, number * SETTLE_SECONDS / 11)
    assert pace.rate == pytest.approx(20 * GUARD)


def test_throttles_that_go_on_halve_again_once_a_second() -> None:
    pace = Pace(40)
    for number in range(3):
        throttled(pace, number * SETTLE_SECONDS)
    assert pace.rate == pytest.approx(5 * GUARD)


def test_turns_that_were_asked_for_before_a_throttle_are_slower_too() -> None:
    pace = Pace(10 / GUARD)
    asked = [pace.ask(0.0) for _ in range(4)]
    assert pace.wait(asked[0], 0.0) == 0
    throttled(pace, 0.0)
    assert [pace.wait(turn, 0.0) for turn in asked[1:]] == pytest.approx([0.2, 0.4, 0.6])


def test_the_turn_after_a_throttle_waits_for_the_slower_rate() -> None:
    pace = Pace(10 / GUARD)
    turns(pace, 1)
    throttled(pace, 5.0)
    assert pace.wait(pace.ask(5.0), 5.0) == pytest.approx(1 / 5)


@given(rates, st.lists(st.floats(0, 2), max_size=60))
def test_the_rate_stays_between_its_floor_and_its_ceiling(rate: float, gaps: list[float]) -> None:
    pace, now = Pace(rate), 0.0
    for gap in gaps:
        now += gap
        throttled(pace, now)
        assert rate * GUARD * FLOOR <= pace.rate <= rate
    turns(pace, 3, now + 100 * DOUBLING_SECONDS)
    assert pace.rate == rate * GUARD


def climb(pace: Pace, rate: float, now: float) -> int:
    """How many turns it takes from now on up to a rate; none of them is throttled."""
    count = 0
    while pace.rate < rate:
        [now] = turns(pace, 1, now)
        count += 1
    return count


def test_the_way_back_is_quick_up_to_where_it_was_throttled_and_careful_there() -> None:
    pace = Pace(30)
    throttled(pace, 0.0)
    quick = climb(pace, CAREFUL_FROM * 30 * GUARD, now=0.0)
    careful = climb(pace, 30 * GUARD, now=4.0)
    assert quick == pytest.approx(51, abs=2)
    assert careful == pytest.approx(575, abs=10)


def test_a_throttle_that_was_long_ago_is_forgotten() -> None:
    """Others took much of the quota once, and have gone."""
    pace = Pace(100)
    for number in range(4):
        throttled(pace, float(number))
    known = (((100 + 50) / 2 + 25) / 2 + 12.5) / 2 * GUARD
    climb(pace, FORGET_FROM * known, now=3.0)
    assert climb(pace, 100 * GUARD, now=HOUR) < 200


def test_each_throttle_is_approached_more_slowly_than_it_was_left() -> None:
    """So throttles stay rare: in steady state there are hundreds of turns between two."""
    pace, now, sent = Pace(30), 1.0, 0
    throttled(pace, 0.0)
    for _ in range(20):
        throttled(pace, now)
        while pace.rate < 12:
            [now] = turns(pace, 1, now)
            sent += 1
    assert sent / 20 > 300


def test_few_turns_do_not_keep_it_slow_for_hours() -> None:
    pace = Pace(2)
    for number in range(10):
        throttled(pace, float(number))
    assert pace.rate == 2 * FLOOR * GUARD
    [*_, last] = turns(pace, 1_000, now=10.0)
    assert pace.rate == 2 * GUARD
    assert last < 10 + 6 * DOUBLING_SECONDS


# Clocks.


@pytest.mark.parametrize("frozen_for", [5.0, 300.0, 1e6])
def test_after_a_freeze_there_is_no_burst(frozen_for: float) -> None:
    """The process of a Lambda stands still between two invocations, with its workers asleep."""
    pace = Pace(10 / GUARD)
    asked = [pace.ask(0.0) for _ in range(20)]
    assert [pace.wait(turn, 0.0) for turn in asked[:1]] == [0]
    now, taken = frozen_for, []
    for turn in asked[1:]:
        while (seconds := pace.wait(turn, now)) > 0:
            now += seconds
        taken.append(now)
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert min(gaps) >= 0.1 - LATE_SECONDS - 1e-6
    assert taken[-1] - frozen_for <= 1.9


def test_workers_that_wake_from_a_freeze_in_any_order_make_no_burst() -> None:
    pace = Pace(10 / GUARD)
    asked = [pace.ask(0.0) for _ in range(5)]
    assert [pace.wait(turn, 900.0) == 0 for turn in reversed(asked)] == [False, False, False, False, True]


@pytest.mark.parametrize("back", [0.01, 60.0, 1e9])
def test_a_clock_that_goes_back_makes_nobody_wait_for_it(back: float) -> None:
    pace = Pace(10 / GUARD)
    turns(pace, 5, now=1e9)
    taken = turns(pace, 5, now=1e9 - back)
    assert taken[0] - (1e9 - back) <= 0.1 + 1e-6
    assert taken[-1] - taken[0] == pytest.approx(0.4, abs=1e-3)


def test_a_clock_that_goes_back_does_not_make_deaf() -> None:
    pace = Pace(10)
    throttled(pace, 1e6)
    turns(pace, 2, now=0.0)
    throttled(pace, 2.0)
    assert pace.rate < 3


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
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
    others = configuration_operations() | IMPORT_OPERATIONS | DRILL_OPERATIONS | {"GetProvisionedLimit"}
    assert set(CALLS) | others == set(OPERATIONS)
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
    assert behind.clock.seconds == pytest.approx(30 / DOCUMENTED[OPERATIONS[operation]] / GUARD)


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
    assert behind.clock.seconds == pytest.approx(9 / DOCUMENTED[Category.USER_LIST] / GUARD)


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
    assert governor.rate(category) < DOCUMENTED[category] * 0.51
    assert behind.clock.seconds >= 2 / DOCUMENTED[category]


def test_a_throttle_slows_its_own_category_only() -> None:
    _, governor = governed(pool_with(2))
    governor.throttled("AdminCreateUser")
    assert governor.rate(Category.USER_CREATION) == 25 * GUARD
    assert governor.rate(Category.USER_LIST) == 30 * GUARD


def test_a_call_that_is_throttled_again_and_again_is_given_up() -> None:
    behind = pool_with(2)
    pool, _ = governed(behind)
    throttling(behind, times=ATTEMPTS)
    with pytest.raises(Throttled):
        pool.list_users(None)
    throttling(behind, times=ATTEMPTS - 1)
    pool.list_users(None)
    assert behind.calls == {"ListUsers": 1}


def test_a_call_that_botocore_gives_up_at_once_is_made_again_over_time_and_not_in_a_row() -> None:
    """Its retries are spent, so no attempt takes long; the pace is as high as it should not be."""
    behind = pool_with(2)
    pool, _ = governed(behind, {Category.USER_LIST: 10_000.0})
    throttling(behind, times=ATTEMPTS)
    with pytest.raises(Throttled):
        pool.list_users(None)
    assert 39 <= behind.clock.seconds < 45


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
    assert {category: governor.rate(category) for category in Category} == {
        category: rate * GUARD for category, rate in DOCUMENTED.items()
    }


def test_a_turn_that_would_come_too_late_for_a_function_is_refused_with_the_way_out() -> None:
    clock = FakeClock()
    governor = Governor({**DOCUMENTED, Category.USER_LIST: 0.001}, clock)
    governor.wait("ListUsers")
    why = r"^ListUsers: its turn .* 1015 seconds .*0\.00098 .*UserList.*quota_share.*Quotas"
    with pytest.raises(Throttled, match=why):
        governor.wait("ListUsers")
    assert clock.seconds < LONGEST_WAIT_SECONDS
    clock.sleep(2_000)
    governor.wait("ListUsers")


def test_who_stops_waiting_leaves_the_turn_to_the_next() -> None:
    class Interrupted(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if 0.09 < self.seconds < 0.15:
                raise KeyboardInterrupt

    clock = Interrupted()
    governor = Governor({Category.USER_LIST: 10 / GUARD}, clock)
    governor.wait("ListUsers")
    clock.seconds = 0.05
    with pytest.raises(KeyboardInterrupt):
        governor.wait("ListUsers")
    for _ in range(3):
        governor.wait("ListUsers")
    assert clock.seconds <= 0.5


def test_nobody_starves_however_quickly_others_ask_again() -> None:
    """Eight workers, whose calls take from no time to two seconds: each is served in the order of its asking."""
    pace = Pace(4 / GUARD)
    events = [(0.0, worker, -1, 0.0) for worker in range(8)]
    waited = [0.0] * 8
    while events:
        now, worker, turn, asked = heappop(events)
        if turn < 0:
            turn, asked = pace.ask(now), now
        if (seconds := pace.wait(turn, now)) > 0:
            heappush(events, (now + seconds, worker, turn, asked))
        elif now < 600:
            waited[worker] = max(waited[worker], now - asked)
            heappush(events, (now + worker * 0.25, worker, -1, 0.0))
    assert min(waited) > 0
    assert max(waited) <= 8 / 4 + 0.01


@given(st.floats(0.01, 1), st.integers(1, 16))
def test_all_lanes_together_use_the_share_that_was_asked_for(quota_share: float, lanes: int) -> None:
    for category, rate in share(DOCUMENTED, quota_share, lanes).items():
        assert rate * lanes == pytest.approx(DOCUMENTED[category] * quota_share)
