"""`on_conflict: update`: who is there is made like the snapshot, and nothing that is written can lock them out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.match import Twin
from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, Group, User
from poolsafe.domain.restore.outcome import Kind, Reason, Result
from poolsafe.domain.restore.plan import Planner
from poolsafe.domain.restore.planned_user import Action, PlannedUser
from poolsafe.domain.restore.wishes import OnConflict, Wishes
from tests.fakes import CHOSEN, START, FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.unit.restores import MARK, ended, outcomes_of, planner

UPDATE = Wishes(on_conflict=OnConflict.UPDATE)
READS = {"DescribeUserPool", "ListUsers", "ListGroups", "ListUsersInGroup", "GetGroup", "AdminGetUser"}
MAIL = {"email": "ada@example.com", "email_verified": "true"}
OTHER = {"email": "king@example.com", "email_verified": "true"}
UNSURE = {"email": "king@example.com", "email_verified": "false"}


def user(attributes: Mapping[str, str], sub: str = "old", status: str = CONFIRMED, **more: Any) -> User:
    return replace(User("ada", sub, status, True, START, START, attributes), **more)


def decided(
    saved: User,
    found: User,
    groups: tuple[str, ...] = (),
    there: tuple[str, ...] = (),
    plan: Planner | None = None,
    **options: Any,
) -> PlannedUser:
    plan = plan or planner(wishes=UPDATE, custom=("custom:tenant", "custom:fixed"), **options)
    twin = Twin(found, plan.matcher.proves(saved, found), frozenset(there))
    return plan.decide(saved, groups, twin)


# What is written


@pytest.mark.parametrize(
    ("saved", "found", "written"),
    [
        ({**MAIL, "name": "Ada"}, {**MAIL, "name": "Ada"}, {}),
        ({**MAIL, "name": "Ada"}, {**MAIL, "name": "Augusta"}, {"name": "Ada"}),
        ({**MAIL, "name": "Ada"}, MAIL, {"name": "Ada"}),
        (MAIL, {**MAIL, "name": "Augusta"}, {}),
        ({**MAIL, "name": ""}, {**MAIL, "name": "Augusta"}, {}),
        ({**MAIL, "name": ""}, MAIL, {}),
        # An address
        (MAIL, OTHER, MAIL),
        (MAIL, UNSURE, {}),
        ({**UNSURE, "name": "Ada"}, {**MAIL, "name": "Ada"}, {}),
        (MAIL, {}, {}),
        (UNSURE, {}, {}),
        ({"phone_number": "+12065550100", "phone_number_verified": "true"}, {"phone_number": "+12065550101"}, {}),
        # A flag
        (MAIL, {**MAIL, "email_verified": "false"}, {}),
        ({**MAIL, "email_verified": "false"}, MAIL, {}),
        # What the pool or a restore has made immutable
        ({"custom:fixed": "new"}, {"custom:fixed": "old"}, {}),
        ({"custom:tenant": "new"}, {"custom:tenant": "old"}, {"custom:tenant": "new"}),
        # The same date, said otherwise
        ({"birthdate": "1815-12-10"}, {"birthdate": "12/10/1815"}, {}),
        ({"birthdate": "12/10/1815"}, {"birthdate": "1815-12-11"}, {"birthdate": "1815-12-10"}),
    ],
)
def test_only_what_differs_is_written_and_no_flag_but_beside_its_address(
    saved: dict[str, str], found: dict[str, str], written: dict[str, str]
) -> None:
    planned = decided(user(saved), user(found, sub="old"), immutable=("sub", MARK, "custom:fixed"))
    assert (planned.attributes if planned.action is Action.UPDATE else {}) == written
    assert planned.action is (Action.UPDATE if written else Action.SKIP)
    assert planned.credential is None


def test_the_old_sub_of_an_earlier_restore_stays_and_a_missing_one_is_added_where_it_can_be() -> None:
    mutable = planner(wishes=UPDATE, immutable=("sub",))
    known, unknown = user({**MAIL, MARK: "old"}, sub="new"), user(MAIL, sub="new")
    assert decided(user({**MAIL, MARK: "first"}), known, plan=mutable).action is Action.SKIP
    assert decided(user(MAIL), unknown, plan=mutable).attributes == {MARK: "old"}
    assert decided(user(MAIL), unknown).action is Action.SKIP


def test_a_pool_that_ignores_case_is_not_told_the_same_address_again() -> None:
    upper = user({"email": "ADA@example.com", "email_verified": "true", "name": "Ada"})
    lower = user({**MAIL, "name": "ada"})
    assert decided(upper, lower, case_sensitive=False).attributes == {"name": "Ada"}
    assert decided(upper, lower).attributes == {**upper.attributes}


def test_nobody_unconfirmed_is_given_an_alias() -> None:
    saved = user({**MAIL, "preferred_username": "lady"})
    waiting, confirmed = (user(MAIL, status=status) for status in (FORCE_CHANGE_PASSWORD, CONFIRMED))
    alias: dict[str, Any] = {"alias_attributes": ("preferred_username",)}
    assert decided(saved, waiting, **alias).action is Action.SKIP
    assert decided(saved, confirmed, **alias).attributes == {"preferred_username": "lady"}
    assert decided(saved, waiting).attributes == {"preferred_username": "lady"}


def test_of_a_federated_profile_custom_attributes_are_written_and_the_rest_is_the_providers() -> None:
    own = json.dumps([{"userId": "1", "providerName": "Google", "primary": True}])
    saved, found = (
        User(
            "Google_1",
            sub,
            EXTERNAL_PROVIDER,
            True,
            START,
            START,
            {"identities": own, "name": sub, "custom:tenant": sub},
        )
        for sub in ("old", "new")
    )
    assert decided(saved, found).attributes == {"custom:tenant": "old"}


@pytest.mark.parametrize(
    ("saved", "found", "action"),
    [(False, True, Action.UPDATE), (True, False, Action.SKIP), (False, False, Action.SKIP), (True, True, Action.SKIP)],
)
def test_somebody_is_disabled_and_never_enabled(saved: bool, found: bool, action: Action) -> None:
    planned = decided(user(MAIL, enabled=saved), user(MAIL, enabled=found))
    assert planned.action is action
    if action is Action.UPDATE:
        assert not planned.enabled


def test_groups_are_added_and_none_is_left() -> None:
    planned = decided(user(MAIL), user(MAIL), groups=("a", "b", "c"), there=("b", "since"))
    assert (planned.action, planned.groups, planned.enabled) == (Action.UPDATE, ("a", "c"), True)
    assert decided(user(MAIL), user(MAIL), groups=("a",), there=("a", "since")).action is Action.SKIP


def test_who_only_has_the_name_is_not_touched() -> None:
    planned = decided(user({**MAIL, "name": "Ada"}, enabled=False), user(OTHER, sub="stranger"), groups=("admins",))
    assert (planned.action, planned.reason, planned.existing_sub) == (Action.SKIP, Reason.NAME_EXISTS, None)


def test_second_factors_of_who_is_there_are_theirs() -> None:
    saved = user({**MAIL, "name": "Ada"}, mfa_methods=("EMAIL_OTP",))
    planned = decided(saved, user(MAIL), mfa={"MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": {}})
    assert (planned.action, planned.mfa_methods) == (Action.UPDATE, ())


# Whole restores


class Recording(FakeUserPool):
    """Keeps what it was told to write."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.written: list[tuple[str, Mapping[str, str]]] = []

    def update_attributes(self, username: str, attributes: Mapping[str, str]) -> None:
        self.written.append((username, dict(attributes)))
        super().update_attributes(username, attributes)


def restored_once(**options: Any) -> tuple[Machines, FakeUserPool, Recording]:
    machines, source = Machines(), pool_with(6)
    source.put_group(Group("group0", "Those of the source", 3, None, START, START))
    target = Recording("us-east-1_Target", custom=(MARK,), auto_verified=("email",), **options)
    machines.backup(source)
    machines.restore(target, snapshot=LATEST)
    for account in target.accounts.values():
        account.password = CHOSEN
    target.calls.clear()
    return machines, source, target


def changed(target: FakeUserPool, username: str, **attributes: str) -> None:
    account = target.accounts[username]
    account.user = replace(account.user, attributes={**account.user.attributes, **attributes})


def test_what_differs_is_written_and_told_and_nobody_gets_a_password_or_a_message() -> None:
    machines, source, target = restored_once()
    changed(target, "user00001", name="Somebody", email="other@example.com", email_verified="true")
    changed(target, "user00002", email="other2@example.com", email_verified="false")
    target.accounts["user00003"].groups.clear()
    target.put_group(replace(target.group_records["group0"], description="changed", precedence=None))
    given = len(target.passwords)
    result = machines.restore(target, snapshot=LATEST, on_conflict="update")
    assert target.written == [("user00001", {"email": "user1@example.com", "email_verified": "true"})]
    assert target.accounts["user00001"].user.attributes["name"] == "Somebody"
    assert set(target.accounts["user00003"].groups) == set(source.accounts["user00003"].groups)
    assert result["counts"] == {"created": 0, "updated": 2, "skipped": 4, "deferred": 0, "failed": 0}
    assert ended(machines, result, "user00001") == (Result.UPDATED, Reason.EXISTS)
    assert outcomes_of(machines, result, Kind.GROUP)["group0"].outcome is Result.UPDATED
    assert outcomes_of(machines, result, Kind.GROUP)["group1"].outcome is Result.SKIPPED
    assert (target.group_records["group0"].description, target.group_records["group0"].precedence) == (
        "Those of the source",
        3,
    )
    assert {account.password for account in target.accounts.values()} == {CHOSEN}
    assert (len(target.passwords), target.messages) == (given, [])
    report = machines.report(result)
    assert report["verification"]["passed"]
    # The unverified address stays as it is, and nobody hides it.
    assert report["verification"]["declared_differences"]["kept"] == 2


@pytest.mark.parametrize("options", [{}, {"case_sensitive": False}, {"providers": ("Google",)}])
def test_restoring_twice_changes_nothing_the_second_time_and_says_so(options: dict[str, Any]) -> None:
    machines, _, target = restored_once(**options)
    for name in target.accounts:
        changed(target, name, name="Somebody", email=f"{name}@changed.org")
    target.accounts["user00003"].groups.clear()
    first = machines.restore(target, snapshot=LATEST, on_conflict="update")
    assert first["counts"]["updated"] == 6
    before, groups = deepcopy(target.accounts), dict(target.group_records)
    target.calls.clear()
    result = machines.restore(target, snapshot=LATEST, on_conflict="update")
    assert (target.accounts, target.group_records) == (before, groups)
    assert set(target.calls) <= READS
    assert result["counts"] == {"created": 0, "updated": 0, "skipped": 6, "deferred": 0, "failed": 0}
    assert result["status"] == "COMPLETE"
    assert machines.plan(result)["users"] == {"create": 0, "update": 0, "skip": 6, "defer": 0, "fail": 0}
    assert machines.plan(result)["users_billed_as_active"] == 0


def test_who_was_disabled_since_stays_so_and_the_restore_says_that_not_all_is_as_it_was() -> None:
    machines, _, target = restored_once()
    account = target.accounts["user00001"]
    account.user = replace(account.user, enabled=False)
    result = machines.restore(target, snapshot=LATEST, on_conflict="update")
    assert not account.user.enabled
    assert result["status"] == "PARTIAL"
    assert machines.plan(result)["attention"] == {"still_disabled": 1}


def test_who_is_disabled_in_the_snapshot_is_disabled() -> None:
    machines, source, target = restored_once()
    account = source.accounts["user00001"]
    account.user = replace(account.user, enabled=False)
    machines.backup(source)
    result = machines.restore(target, snapshot=LATEST, on_conflict="update")
    assert [name for name, other in target.accounts.items() if not other.user.enabled] == ["user00001"]
    assert (result["status"], result["counts"]["updated"]) == ("COMPLETE", 1)


def test_an_update_that_cognito_refuses_fails_alone() -> None:
    """Another user of the target has the address meanwhile."""
    machines, source = Machines(), FakeUserPool()
    target = target_pool(alias_attributes=("email",))
    for name in ("ada", "bob"):
        saved = source.add(name, email=f"{name}@example.com", email_verified="true", name=name)
        target.add(name, email=f"{name}2@example.com", email_verified="true", custom__original_sub=saved.sub)
    target.add("thief", email="ada@example.com", email_verified="true")
    machines.backup(source)
    result = machines.restore(target, snapshot=LATEST, on_conflict="update", max_failed_percent=50)
    assert ended(machines, result, "ada") == ("failed", "AdminUpdateUserAttributes: AliasExistsException")
    assert ended(machines, result, "bob") == ("updated", "exists")
    assert target.accounts["bob"].user.attributes["email"] == "bob@example.com"
    assert result["status"] == "PARTIAL"


def test_who_is_to_be_disabled_is_though_cognito_refuses_the_rest() -> None:
    machines, source = Machines(), FakeUserPool()
    target = target_pool(alias_attributes=("email",))
    saved = source.add("ada", enabled=False, email="ada@example.com", email_verified="true")
    target.add("ada", email="ada2@example.com", email_verified="true", custom__original_sub=saved.sub)
    target.add("thief", email="ada@example.com", email_verified="true")
    machines.backup(source)
    result = machines.restore(target, snapshot=LATEST, on_conflict="update", max_failed_percent=100)
    assert ended(machines, result, "ada") == ("failed", "AdminUpdateUserAttributes: AliasExistsException")
    assert not target.accounts["ada"].user.enabled
