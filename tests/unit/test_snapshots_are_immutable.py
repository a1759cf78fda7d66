"""A failed run leaves nothing that looks like a snapshot, and no later run touches an earlier one."""

from __future__ import annotations

import pytest

from poolsafe.domain.records import User
from poolsafe.errors import ListingBroken, Throttled
from tests.pipeline import Machines, pool_with


@pytest.mark.parametrize("error", [Throttled("ListUsers: TooManyRequestsException."), ListingBroken("ListUsers")])
@pytest.mark.parametrize("operation", ["ListUsers", "ListGroups", "ListUsersInGroup"])
def test_a_run_that_failed_leaves_no_snapshot(error: Exception, operation: str) -> None:
    machines, pool = Machines(), pool_with(9, groups=6, page_size=2)

    def fail(called: str) -> None:
        if called == operation and pool.calls[called] == 2:
            raise error

    pool.before = fail
    with pytest.raises(type(error)):
        machines.backup(pool)
    assert not [key for key in machines.store.objects if key.endswith("manifest.json")]


def test_a_run_that_failed_leaves_the_snapshots_before_it_as_they_were() -> None:
    machines, pool = Machines(), pool_with(9, page_size=2)
    machines.backup(pool)
    before = dict(machines.store.objects)

    def fail(operation: str) -> None:
        if pool.calls["ListUsers"] == 8:
            raise Throttled("ListUsers: TooManyRequestsException.")

    pool.before = fail
    with pytest.raises(Throttled):
        machines.backup(pool)
    assert before.items() <= machines.store.objects.items()


def test_a_mass_delete_in_the_pool_reaches_no_older_snapshot() -> None:
    machines, pool = Machines(), pool_with(30)
    first = machines.backup(pool)
    before = dict(machines.store.objects)
    users = machines.rows(first, "users", User)
    pool.accounts.clear()
    second = machines.backup(pool)
    assert second.counts.users == 0
    assert before.items() <= machines.store.objects.items()
    assert machines.rows(first, "users", User) == users
    assert len(users) == 30
