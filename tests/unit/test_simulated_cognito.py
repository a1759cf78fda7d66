"""What the simulated benchmarks stand on: retries, Lambdas, others' traffic, and counts that find what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from local.layer.operation_categories import DOCUMENTED
from local.layer.request_quotas import RequestQuotas
from poolsafe.errors import AlreadyExists, NotFound, Throttled
from poolsafe.ports import Deadline
from tests.benchmarks.simulated.clock import SimulatedClock
from tests.benchmarks.simulated.lane import COLD_START, TRANSITION, walk
from tests.benchmarks.simulated.production import Production
from tests.benchmarks.simulated.run import duration, export_limit, restore_limit
from tests.benchmarks.simulated.service import ATTEMPTS, RETRY_CAPACITY, RETRY_COST, Client, Service
from tests.benchmarks.simulated.target import TARGET_ID, Accounts, SimulatedTarget, group_name, planned

STATE = dict[str, Any]


def service_of(**quotas: float) -> Service:
    return Service(SimulatedClock(), RequestQuotas({**DOCUMENTED, **quotas}))


# One client of botocore's before Cognito.


def test_a_call_takes_the_way_there_and_as_long_as_cognito_does() -> None:
    service = service_of()
    client = Client(service, TARGET_ID, lambda *_: None)
    times = []
    for _ in range(1000):
        begun = service.clock.monotonic()
        assert client.call("ListUsers", lambda: "page") == "page"
        times.append(service.clock.monotonic() - begun)
    assert 0.095 < sorted(times)[500] < 0.115
    assert 0.45 < sorted(times)[990] < 0.85


def test_a_throttled_call_is_made_four_times_and_every_attempt_is_told() -> None:
    service, told = service_of(UserList=0), list[tuple[str, float]]()
    with pytest.raises(Throttled, match="ListUsers"):
        Client(service, TARGET_ID, lambda *throttle: told.append(throttle)).call("ListUsers", lambda: "page")
    assert [operation for operation, _ in told] == ["ListUsers"] * ATTEMPTS == ["ListUsers"] * 4
    # Sent before the way there and back.
    assert all(0.002 < seconds_ago < 0.017 for _, seconds_ago in told)
    # Waits of up to 1, 2 and 4 seconds between the four.
    assert 0.5 < service.clock.monotonic() < 7.1


def test_a_client_that_has_spent_its_retries_gives_up_at_once() -> None:
    service, told = service_of(UserList=0), list[str]()
    client = Client(service, TARGET_ID, lambda operation, _: told.append(operation))
    for _ in range(RETRY_CAPACITY):
        with pytest.raises(Throttled):
            client.call("ListUsers", lambda: "page")
    assert len(told) == RETRY_CAPACITY + RETRY_CAPACITY // RETRY_COST


def test_what_cognito_refuses_takes_as_long_and_is_raised() -> None:
    service = service_of()

    def refuse() -> None:
        raise NotFound("AdminGetUser", "UserNotFoundException")

    with pytest.raises(NotFound):
        Client(service, TARGET_ID, lambda *_: None).call("AdminGetUser", refuse)
    assert service.clock.monotonic() > 0.01


# Lambdas one after the other.


def test_a_lane_is_invoked_until_it_is_done_with_its_state_through_json() -> None:
    clock = SimulatedClock()
    came = list[STATE]()

    def invoke(state: STATE, deadline: Deadline) -> STATE:
        came.append(state)
        while not deadline.near():
            clock.sleep(10)
        return {"pages": (*state["pages"], 1), "done": len(state["pages"]) == 2}

    walked = walk(clock, invoke, {"pages": (), "done": False}, reserve=100)
    assert [one["pages"] for one in came] == [[], [1], [1, 1]]
    assert walked.invocations == 3
    assert walked.seconds == pytest.approx(COLD_START + 3 * (800 + TRANSITION))


def test_a_lambda_that_does_not_end_in_time_is_killed() -> None:
    clock = SimulatedClock()

    def invoke(state: STATE, _: Deadline) -> STATE:
        clock.sleep(901)
        return {"done": True}

    with pytest.raises(AssertionError, match="would have killed it"):
        walk(clock, invoke, {"done": False}, reserve=60)


def test_a_lane_that_never_ends_is_an_error() -> None:
    with pytest.raises(AssertionError, match="not done"):
        walk(SimulatedClock(), lambda state, _: state, {"done": False}, reserve=60)


def test_a_deadline_is_near_when_what_is_under_way_would_pass_it() -> None:
    clock, near = SimulatedClock(), list[bool]()

    def invoke(state: STATE, deadline: Deadline) -> STATE:
        near.extend(deadline.near(ahead) for ahead in (0, 799, 801))
        return {"done": True}

    walk(clock, invoke, {"done": False}, reserve=100)
    assert near == [False, False, True]


# Others' traffic.


def test_others_come_by_chance_as_often_as_they_are_said_to() -> None:
    service = service_of()
    others = Production(service, "ListUsers", 18)
    others.start()
    service.clock.sleep(1000)
    others.stop()
    assert others.calls == pytest.approx(18_000, rel=0.03)
    # Now and then, more than 30 of 18 come in one second.
    assert 0 < others.throttled_share < 0.01


def test_others_are_throttled_when_somebody_takes_the_quota() -> None:
    service = service_of(UserList=18)
    others = Production(service, "ListUsers", 36)
    others.start()
    service.clock.sleep(1000)
    assert 0.4 < others.throttled_share < 0.6


# A pool that is restored into, and what is wrong with it.


def restored(accounts: Accounts) -> SimulatedTarget:
    service = service_of()
    return SimulatedTarget(Client(service, TARGET_ID, lambda *_: None), service, accounts)


def whole(target: SimulatedTarget, number: int, groups: int) -> None:
    row = planned(number, groups)
    user = target.create_user(row.username, row.attributes, "secret")
    assert (user.username, user.status) == (row.username, "FORCE_CHANGE_PASSWORD")
    for group in row.groups:
        target.add_to_group(user.username, group)
    target.set_password(user.username, "secret")
    assert target.get_user(user.username).status == "CONFIRMED"


def test_nothing_is_wrong_with_users_who_came_back_once() -> None:
    accounts = Accounts(5, groups=3)
    target = restored(accounts)
    for number in range(5):
        whole(target, number, 3)
    assert accounts.wrong() == {}


def test_whoever_is_missing_or_has_something_twice_or_wrong_is_counted() -> None:
    accounts = Accounts(5, groups=3)
    target = restored(accounts)
    for number in range(3):
        whole(target, number, 3)
    target.set_password("person00000000", "another")
    target.add_to_group("person00000001", group_name(1, 3))
    target.add_to_group("person00000001", group_name(2, 3))
    assert accounts.wrong() == {
        "created lost": 2,
        "passwords lost": 2,
        "passwords doubled": 1,
        "members lost": 2,
        "members doubled": 1,
        "members of another group": 1,
    }


def test_nobody_is_made_twice_and_nobody_who_was_not_made_is_there() -> None:
    target = restored(Accounts(2, groups=1))
    target.create_user("person00000000", {}, "secret")
    with pytest.raises(AlreadyExists):
        target.create_user("person00000000", {}, "secret")
    for call in (
        target.get_user,
        lambda name: target.set_password(name, "x"),
        lambda name: target.add_to_group(name, "group00"),
    ):
        with pytest.raises(NotFound):
            call("person00000001")


# What it is measured by.


def test_the_limit_of_an_export_is_its_pages_over_the_quota() -> None:
    assert export_limit(1_000_000, 0, 1.0) == pytest.approx(16_667 / 30)
    assert export_limit(1_000, 3, 0.5) == pytest.approx((17 + 6 + 6 + 6) / 15)


def test_the_limit_of_a_restore_is_that_of_its_slowest_category() -> None:
    assert restore_limit(300, 0, 1.0) == pytest.approx(300 / 30)
    assert restore_limit(300, 20, 0.5) == pytest.approx(300 / 12.5)


@pytest.mark.parametrize(("seconds", "said"), [(9.64, "9.6 s"), (119, "119.0 s"), (555, "9.2 min"), (40_000, "11.1 h")])
def test_durations_are_said_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert duration(seconds) == said
