"""A user whom Cognito listed twice, so far apart that two files of the snapshot hold it."""

from __future__ import annotations

import pytest

from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, Page, User
from poolsafe.schema_check import require
from tests.fakes import EveryTime, FakeUserPool, Never
from tests.pipeline import LATEST, Machines, pool_with, target_pool


@pytest.fixture(autouse=True)
def only_the_last_part_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that two parts of two users each are far apart."""
    monkeypatch.setattr("poolsafe.operations.export.LISTED_LAST", 1)


def listed_twice(source: FakeUserPool) -> Machines:
    """A snapshot whose listing gave the first user again after a hand-over, so in another file."""
    pages = source.list_users

    def again(token: str | None, only: str | None = None) -> Page[User]:
        page = pages(token, only)
        first = next(iter(source.accounts.values())).user
        return page if page.token is not None else Page((*page.items, first), None)

    source.list_users = again  # type: ignore[method-assign]
    machines = Machines(deadline=EveryTime(1))
    machines.backup(source)
    return machines


def test_a_user_that_two_files_of_the_snapshot_hold_is_restored_and_counted_once() -> None:
    source, target = pool_with(5, groups=1, page_size=2), target_pool()
    machines = listed_twice(source)
    result = machines.restore(target, snapshot=LATEST)
    assert set(target.accounts) == set(source.accounts)
    assert result["counts"] == {"created": 5, "updated": 0, "skipped": 1, "deferred": 0, "failed": 0}
    assert len(machines.sub_map(result)) == 5


def test_a_user_listed_twice_is_not_told_as_one_that_the_target_has() -> None:
    source = pool_with(5, groups=1, page_size=2)
    machines = listed_twice(source)
    machines.deadline = Never()
    result = machines.restore(target_pool(), snapshot=LATEST, dry_run=True)
    assert not [warning for warning in machines.plan(result)["warnings"] if "in the target already" in warning]


@pytest.mark.parametrize("status", [CONFIRMED, EXTERNAL_PROVIDER])
def test_the_plan_of_a_snapshot_with_a_user_listed_twice_fits_its_schema(status: str) -> None:
    source = FakeUserPool(page_size=2)
    for number in range(5):
        source.add(f"user{number}", groups=("staff",), status=status)
    machines = listed_twice(source)
    result = machines.restore(target_pool(), snapshot=LATEST, dry_run=True)
    require("plan", machines.plan(result))
