"""A second restore into the same target changes nothing that is there, and least of all a password."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, Group
from poolsafe.domain.restore.outcome import Kind, Outcome
from poolsafe.errors import TargetMismatch
from tests.fakes import CHOSEN, START, Account, FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.unit.restores import ended


def restored_once(users: int = 9) -> tuple[Machines, FakeUserPool, FakeUserPool]:
    machines, source, target = Machines(), pool_with(users), target_pool()
    machines.backup(source)
    machines.restore(target, snapshot=LATEST)
    return machines, source, target


def accounts(target: FakeUserPool) -> dict[str, Account]:
    return deepcopy(target.accounts)


def test_a_second_restore_changes_nothing_and_sends_no_write() -> None:
    machines, _, target = restored_once()
    before, target.calls = accounts(target), type(target.calls)()
    result = machines.restore(target, snapshot=LATEST)
    assert result["status"] == "COMPLETE"
    assert result["counts"] == {"created": 0, "updated": 0, "skipped": 9, "deferred": 0, "failed": 0}
    assert target.accounts == before
    assert set(target.calls) == {"DescribeUserPool", "ListUsers", "ListGroups", "ListUsersInGroup"}


def test_a_password_that_somebody_has_chosen_since_is_never_touched() -> None:
    machines, _, target = restored_once()
    for account in target.accounts.values():
        account.password = CHOSEN
    machines.restore(target, snapshot=LATEST)
    assert {account.password for account in target.accounts.values()} == {CHOSEN}


def test_what_somebody_has_changed_since_stays_changed() -> None:
    machines, _, target = restored_once()
    account = target.accounts["user00001"]
    account.user = replace(account.user, enabled=False, attributes={"email": "new@example.com"})
    account.groups.clear()
    target.group_records["group0"] = replace(target.group_records["group0"], description="changed since")
    before, groups = accounts(target), dict(target.group_records)
    machines.restore(target, snapshot=LATEST)
    assert (target.accounts, target.group_records) == (before, groups)


def test_the_second_restore_brings_back_whoever_was_lost_since() -> None:
    machines, source, target = restored_once()
    before = accounts(target)
    del target.accounts["user00004"]
    result = machines.restore(target, snapshot=LATEST)
    assert (result["counts"]["created"], result["counts"]["skipped"]) == (1, 8)
    back = target.accounts["user00004"]
    assert (back.user.status, set(back.groups)) == (CONFIRMED, set(source.accounts["user00004"].groups))
    assert {name: account for name, account in target.accounts.items() if name != "user00004"} == {
        name: account for name, account in before.items() if name != "user00004"
    }


def test_the_second_restore_completes_whom_a_dead_one_left_without_a_password() -> None:
    machines, source, target = restored_once(3)
    left = target.accounts["user00001"]
    left.user = replace(left.user, status=FORCE_CHANGE_PASSWORD)
    left.password = "temporary"
    left.groups.clear()
    target.clock.sleep(86_400)
    machines.clock.sleep(86_400)
    result = machines.restore(target, snapshot=LATEST)
    assert (result["counts"]["created"], result["counts"]["skipped"]) == (1, 2)
    assert left.user.status == CONFIRMED
    assert left.password != "temporary"
    assert set(left.groups) == set(source.accounts["user00001"].groups)


def test_a_group_of_the_target_is_left_as_it_is() -> None:
    machines, source, target = Machines(), pool_with(1, groups=0), target_pool()
    source.put_group(Group("staff", "of the source", 1, None, START, START))
    mine = Group("staff", "of the target", 2, None, START, START)
    target.put_group(mine)
    machines.backup(source)
    result = machines.restore(target, snapshot=LATEST)
    assert target.group_records["staff"] == mine
    assert machines.report(result)["counts"]["group"] == {"skipped": 1}
    assert machines.report(result)["verification"]["passed"]


def test_a_restore_into_the_source_brings_back_only_who_is_missing() -> None:
    machines, source = Machines(), pool_with(5)
    machines.backup(source)
    lost = source.accounts.pop("user00002")
    before = accounts(source)
    result = machines.restore(source, snapshot=LATEST, allow_source_pool=True)
    assert (result["counts"]["created"], result["counts"]["skipped"]) == (1, 4)
    assert set(source.accounts["user00002"].groups) == set(lost.groups)
    assert before.items() <= source.accounts.items()
    assert any("the pool the snapshot was taken from" in warning for warning in machines.plan(result)["warnings"])


def test_a_user_that_is_not_in_the_snapshot_is_not_touched() -> None:
    machines, source, target = Machines(), pool_with(3), target_pool()
    mine = target.add("mine", groups=("mine",))
    machines.backup(source)
    machines.restore(target, snapshot=LATEST)
    assert target.accounts["mine"].user == mine
    assert target.accounts["mine"].groups == ["mine"]


def test_the_first_outcome_of_each_user_is_told_again_as_skipped() -> None:
    machines, _, target = restored_once(2)
    result = machines.restore(target, snapshot=LATEST)
    assert ended(machines, result, "user00000") == ("skipped", "exists")
    assert {row.new for row in machines.sub_map(result)} == {account.user.sub for account in target.accounts.values()}


# Where somebody in the target is a reason to stop


def refused(machines: Machines, target: FakeUserPool) -> str:
    with pytest.raises(TargetMismatch) as refusal:
        machines.restore(target, snapshot=LATEST, on_conflict="fail")
    return str(refusal.value)


def test_with_fail_a_conflict_is_found_before_the_first_write_and_named_in_the_bucket() -> None:
    machines, _, target = restored_once()
    del target.accounts["user00004"]
    before, groups = accounts(target), dict(target.group_records)
    said = refused(machines, target)
    assert "on_conflict: 8 users and 3 groups" in said
    assert (target.accounts, target.group_records) == (before, groups)
    [folder] = {key.rpartition("/")[0] for key in machines.store.keys("restores/") if "/failing/" in key}
    assert folder in said
    named = machines._rows(f"{folder}/", Outcome)
    assert {row.username for row in named if row.kind is Kind.USER} == set(before)
    assert {row.group_name for row in named if row.kind is Kind.GROUP} == set(groups)


def test_with_fail_a_stranger_of_the_same_name_is_a_conflict_too() -> None:
    machines, target = Machines(), target_pool()
    machines.backup(pool_with(3, groups=0))
    target.add("user00001")
    assert "1 users and 0 groups" in refused(machines, target)


def test_with_fail_an_empty_pool_is_restored_into() -> None:
    machines, target = Machines(), target_pool()
    machines.backup(pool_with(3))
    result = machines.restore(target, snapshot=LATEST, on_conflict="fail")
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 3)
