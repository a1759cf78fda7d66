"""What comes back, and how: users with their attributes, groups, state, and a way to sign in again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, Group
from poolsafe.domain.restore.outcome import Kind, Outcome, Reason, Result
from poolsafe.errors import Rejected
from poolsafe.schema_check import require
from tests.fakes import START, FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.unit.restores import mfa, outcomes_of, restored


def test_every_local_user_comes_back_with_its_attributes_and_groups() -> None:
    source, target = pool_with(30), target_pool()
    machines, result = restored(source, target)
    assert result["status"] == "COMPLETE"
    assert result["counts"] == {"created": 30, "updated": 0, "skipped": 0, "deferred": 0, "failed": 0}
    assert set(target.accounts) == set(source.accounts)
    for name, account in source.accounts.items():
        back = target.accounts[name]
        assert set(back.groups) == set(account.groups)
        assert back.user.attributes == {**account.user.attributes, "custom:original_sub": account.user.sub}
    require("restore.result", result)
    require("restore.report", machines.report(result))
    require("plan", machines.plan(result))


STATUSES = ("CONFIRMED", "UNCONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "ARCHIVED", "UNKNOWN")


def test_whoever_can_say_forgot_password_is_confirmed_whatever_they_were_and_nobody_else_is() -> None:
    source, target = FakeUserPool(), target_pool(mfa=mfa("OFF"))
    for status in STATUSES:
        source.add(f"mail-{status}", status=status, email="a@example.com", email_verified="true")
        source.add(f"phone-{status}", status=status, phone_number="+12065550100", phone_number_verified="true")
        source.add(f"none-{status}", status=status, email="a@example.com", email_verified="false")
    machines, result = restored(source, target)
    assert result["status"] == "COMPLETE"
    assert {name: account.user.status for name, account in target.accounts.items()} == {
        f"{way}-{status}": FORCE_CHANGE_PASSWORD if way == "none" else CONFIRMED
        for way in ("mail", "phone", "none")
        for status in STATUSES
    }
    handed = machines.store.with_secrets.get(f"credentials/{result['restore_id']}/temporary_passwords.csv")
    assert handed is not None
    assert handed.content.count(b"none-") == 2 * len(STATUSES)
    assert b"mail-" not in handed.content


def test_disabled_users_come_back_disabled_and_enabled_ones_enabled() -> None:
    source, target = FakeUserPool(), target_pool()
    source.add("enabled")
    source.add("disabled", enabled=False, groups=("staff",))
    restored(source, target)
    assert {name: account.user.enabled for name, account in target.accounts.items()} == {
        "enabled": True,
        "disabled": False,
    }
    assert target.accounts["disabled"].groups == ["staff"]


@pytest.mark.parametrize("verified", ["true", "false", None])
def test_verification_flags_are_carried_exactly(verified: str | None) -> None:
    source, target = FakeUserPool(), target_pool()
    flags = {} if verified is None else {"email_verified": verified, "phone_number_verified": verified}
    attributes = {"email": "user@example.com", "phone_number": "+12065550100", **flags}
    source.put(replace(source.add("user"), attributes=attributes))
    restored(source, target)
    back = target.accounts["user"].user.attributes
    assert {name: value for name, value in back.items() if name.endswith("_verified")} == flags


def test_groups_come_back_with_description_precedence_and_role() -> None:
    source, target = pool_with(1, groups=0), target_pool()
    groups = [
        Group("admins", "May do everything", 0, "arn:aws:iam::123456789012:role/admins", START, START),
        Group("bare", None, None, None, START, START),
        Group("second", "", 1, None, START, START),
    ]
    for group in groups:
        source.put_group(group)
    machines, result = restored(source, target)
    back = sorted(target.group_records.values(), key=lambda group: group.group_name)
    assert [replace(group, created_at=START, modified_at=START) for group in back] == groups
    assert {outcome.outcome for outcome in outcomes_of(machines, result, Kind.GROUP).values()} == {Result.CREATED}


def test_groups_that_cognito_makes_for_providers_are_not_restored_nor_joined() -> None:
    source, target = FakeUserPool(), target_pool()
    source.add("user", groups=("us-east-1_Source_Google", "staff"))
    machines, result = restored(source, target)
    assert set(target.group_records) == {"staff"}
    assert target.accounts["user"].groups == ["staff"]
    outcome = outcomes_of(machines, result, Kind.GROUP)["us-east-1_Source_Google"]
    assert (outcome.outcome, outcome.reason) == (Result.SKIPPED, Reason.SERVICE_MADE_GROUP)
    assert Outcome(
        Kind.MEMBERSHIP,
        Result.SKIPPED,
        Reason.SERVICE_MADE_GROUP,
        "user",
        source.accounts["user"].user.sub,
        None,
        "us-east-1_Source_Google",
    ) in machines.outcomes(result)


def test_a_user_in_a_hundred_groups_is_back_in_all_of_them() -> None:
    source, target = FakeUserPool(), target_pool()
    names = tuple(f"group{number:03d}" for number in range(100))
    source.add("joiner", groups=names)
    _, result = restored(source, target)
    assert result["status"] == "COMPLETE"
    assert set(target.accounts["joiner"].groups) == set(names)


def test_memberships_of_users_that_are_not_in_the_snapshot_are_counted_and_stop_nothing() -> None:
    """Somebody signed up and joined a group after the users were listed and before the members were."""
    source, target = pool_with(3, groups=1), target_pool()

    def sign_up(operation: str) -> None:
        if operation == "ListUsersInGroup":
            source.before = lambda operation: None
            source.add("late", groups=("group0",))

    source.before = sign_up
    machines, result = restored(source, target)
    assert result["status"] == "COMPLETE"
    assert "late" not in target.accounts
    assert machines.plan(result)["memberships"]["of_users_not_in_the_snapshot"] == 1


# The snapshot may be of any kind.


def test_a_snapshot_in_json_lines_is_restored_like_one_in_parquet() -> None:
    machines, source, target = Machines(), pool_with(12), target_pool()
    machines.backup(source, format="json")
    result = machines.restore(target, snapshot=LATEST)
    assert result["counts"]["created"] == 12
    assert {name: set(account.groups) for name, account in target.accounts.items()} == {
        name: set(account.groups) for name, account in source.accounts.items()
    }


def test_a_partial_snapshot_is_restored_by_its_id_and_the_plan_says_so() -> None:
    machines, source, target = Machines(), pool_with(3), target_pool()

    def refuse(operation: str) -> None:
        if operation == "AdminGetUserAuthFactors":
            raise Rejected(operation, "InvalidParameterException")

    source.before = refuse
    manifest = machines.backup(source, include=["mfa"])
    assert manifest.status == "PARTIAL"
    result = machines.restore(target, snapshot=f"us-east-1_Source/{manifest.snapshot_id}")
    assert result["status"] == "COMPLETE"
    assert len(target.accounts) == 3
    assert any("PARTIAL" in warning for warning in machines.plan(result)["warnings"])


def test_an_empty_snapshot_is_restored_with_warnings() -> None:
    machines, result = restored(FakeUserPool(), target_pool())
    assert result["status"] == "COMPLETE"
    assert machines.plan(result)["warnings"] == ["The snapshot has no users.", "The snapshot has no groups."]


def test_several_lanes_restore_everybody_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 4)
    machines, source, target = Machines(lanes=3), pool_with(30), target_pool()
    machines.backup(source)
    result = machines.restore(target, snapshot=LATEST)
    assert result["counts"]["created"] == 30
    assert target.calls["AdminCreateUser"] == 30
    assert len(machines.sub_map(result)) == 30


# The sub map: what applications need that stored the old `sub`.


def test_the_sub_map_has_the_old_and_the_new_sub_of_everybody_who_is_in_the_target() -> None:
    source, target = pool_with(5), target_pool()
    source.add("Google_1076", status=EXTERNAL_PROVIDER)
    target.add("user00003", custom__original_sub=source.accounts["user00003"].user.sub)
    machines, result = restored(source, target)
    assert {(row.username, row.old, row.new) for row in machines.sub_map(result)} == {
        (name, source.accounts[name].user.sub, account.user.sub) for name, account in target.accounts.items()
    }
    assert len(machines.sub_map(result)) == 5


@pytest.mark.parametrize("somebody", [{}, {"custom__original_sub": "another"}, {"email": "user3@example.com"}])
def test_nobody_is_in_the_sub_map_who_only_has_the_name(somebody: dict[str, str]) -> None:
    """An application that believed the map would give a stranger the data of somebody else."""
    source, target = pool_with(5), target_pool()
    target.put(replace(target.add("user00003"), attributes=named(somebody)))
    machines, result = restored(source, target)
    assert "user00003" not in {row.username for row in machines.sub_map(result)}
    assert outcomes_of(machines, result, Kind.USER)["user00003"].reason == Reason.NAME_EXISTS
    assert any("1 names are taken in the target" in warning for warning in machines.plan(result)["warnings"])


def named(attributes: dict[str, str]) -> dict[str, str]:
    return {name.replace("__", ":"): value for name, value in attributes.items()}


def test_no_old_sub_is_used_for_a_new_user() -> None:
    source, target = pool_with(5), target_pool()
    restored(source, target)
    old = {account.user.sub for account in source.accounts.values()}
    assert not old & {account.user.sub for account in target.accounts.values()}
