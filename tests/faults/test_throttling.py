"""Cognito throttles whenever it likes, and a run takes longer: nothing is lost, nobody fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poolsafe.domain.records import CONFIRMED, User
from poolsafe.domain.restore.outcome import Kind, Result
from poolsafe.errors import ServiceUnavailable, Throttled
from tests.fakes import FakeUserPool, nothing_happens
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed, ExecutionFailed


def every(number: int, error: type[Exception]) -> Callable[[str], None]:
    """A `before` that lets one call in `number` fail, before or after it took effect."""
    calls = 0

    def fail(operation: str) -> None:
        nonlocal calls
        calls += 1
        if calls % number == 0:
            raise error(f"{operation.removeprefix('after ')}: not now.")

    return fail


def only_before(fail: Callable[[str], None]) -> Callable[[str], None]:
    """A throttled call never took effect."""
    return lambda operation: None if operation.startswith("after ") else fail(operation)


def groups_of(pool: FakeUserPool) -> dict[str, set[str]]:
    return {name: set(account.groups) for name, account in pool.accounts.items()}


@pytest.mark.parametrize("one_in", [2, 3, 5])
def test_a_pool_that_throttles_every_few_calls_is_saved_and_restored_whole(one_in: int) -> None:
    source, target = pool_with(23, page_size=4), target_pool(page_size=4)
    source.before = only_before(every(one_in, Throttled))
    target.before = only_before(every(one_in, Throttled))
    with Deployed() as machines:
        manifest = machines.backup(source)
        backed_up_in = machines.clock.seconds
        result = machines.restore(target, snapshot=LATEST)
    assert machines.rows(manifest, "users", User) == [account.user for account in source.accounts.values()]
    assert result["counts"] == {"created": 23, "updated": 0, "skipped": 0, "deferred": 0, "failed": 0}
    assert groups_of(target) == groups_of(source)
    assert {account.user.status for account in target.accounts.values()} == {CONFIRMED}
    assert not machines.executions[0].retries
    with Deployed() as unhindered:
        unhindered.backup(pool_with(23, page_size=4))
    assert backed_up_in > unhindered.clock.seconds


def test_a_throttle_that_outlasts_an_invocation_is_waited_out_by_the_state() -> None:
    source = pool_with(9, groups=0)
    left = [None] * 20

    def throttle(operation: str) -> None:
        if operation == "ListUsers" and left:
            left.pop()
            raise Throttled("ListUsers: TooManyRequestsException.")

    source.before = throttle
    with Deployed() as machines:
        assert machines.backup(source).counts.users == 9
    assert machines.executions[-1].retries == {"Throttled": 2}


def test_a_throttle_without_end_ends_the_backup_with_its_name_and_no_snapshot() -> None:
    source = pool_with(9)

    def throttle(operation: str) -> None:
        if operation == "ListUsers":
            raise Throttled("ListUsers: TooManyRequestsException.")

    source.before = throttle
    with Deployed() as machines, pytest.raises(ExecutionFailed, match=r"^Throttled: .*TooManyRequestsException"):
        machines.backup(source)
    assert not [key for key in machines.store.objects if key.endswith("manifest.json")]


@pytest.mark.parametrize("one_in", [23, 31])
def test_answers_that_get_lost_now_and_then_change_nothing(one_in: int) -> None:
    """Also of calls that took effect: the next attempt meets what they did."""
    source, target = pool_with(23, page_size=4), target_pool(page_size=4)
    source.before = every(one_in, ServiceUnavailable)
    target.before = every(one_in, ServiceUnavailable)
    with Deployed() as machines:
        machines.backup(source)
        result = machines.restore(target, snapshot=LATEST, max_failed_percent=100)
        confirmed = _confirmed(target)
        target.before = source.before = nothing_happens
        again = machines.restore(target, snapshot=LATEST)
    # Of whom the last answer was lost, Cognito may have done all the same: nobody is said to be back who is not.
    ended = {row.username: row.outcome for row in machines.outcomes(result) if row.kind is Kind.USER}
    assert {name for name, outcome in ended.items() if outcome is Result.CREATED} <= confirmed
    assert {ended[name] for name in ended.keys() - confirmed} <= {Result.FAILED}
    assert result["counts"]["created"] + result["counts"]["failed"] == 23
    assert machines.report(result)["verification"]["passed"]
    assert result["status"] == ("PARTIAL" if machines.report(result)["failures"] else "COMPLETE")
    assert (len(_confirmed(target)), again["counts"]["failed"]) == (23, 0)


def _confirmed(target: FakeUserPool) -> set[str]:
    return {name for name, account in target.accounts.items() if account.user.status == CONFIRMED}
