"""Every user is decided before the first write: each action, each reason, and the numbers people read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolsafe.domain.match import Twin
from poolsafe.domain.quotas import Category
from poolsafe.domain.records import EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, RESET_REQUIRED, Group, User
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.notices import Attention, Notice, notices
from poolsafe.domain.restore.outcome import Reason
from poolsafe.domain.restore.plan_survey import Survey
from poolsafe.domain.restore.planned_user import Action
from poolsafe.domain.restore.scope import Part, Scope
from poolsafe.domain.restore.wishes import Federated, OnConflict, Wishes
from poolsafe.schema_check import require
from tests.fakes import START, EveryTime
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.unit.restores import planner, restored

MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
ADDRESS = {"email": "alice@example.com", "email_verified": "true"}
ALICE = User("alice", "old-sub", "CONFIRMED", True, MOMENT, MOMENT, ADDRESS)
FEDERATED = replace(ALICE, status=EXTERNAL_PROVIDER)
FOUND = replace(ALICE, sub="new-sub", attributes={"email": "changed@since.org", "custom:original_sub": "old-sub"})
TWIN = Twin(FOUND, proven=True)
STRANGER = Twin(replace(ALICE, sub="new-sub", attributes={"email": "somebody@example.com"}), proven=False)


def test_a_user_that_is_not_in_the_target_is_created() -> None:
    planned = planner().decide(ALICE, ("staff",), None)
    assert (planned.action, planned.reason, planned.existing_sub) == (Action.CREATE, None, None)
    assert planned.sign_in_name == "alice"
    assert planned.attributes == {**ADDRESS, "custom:original_sub": "old-sub"}
    assert planned.groups == ("staff",)
    assert planned.credential == Credential.RESET


def test_a_twin_is_named_where_it_is_proven_and_nowhere_else() -> None:
    proven, stranger = (planner().decide(ALICE, (), twin) for twin in (TWIN, STRANGER))
    assert (proven.existing_sub, proven.existing_username) == ("new-sub", "alice")
    assert (stranger.existing_sub, stranger.existing_username) == (None, None)


@pytest.mark.parametrize(
    ("options", "user", "twin", "earlier_sub", "action", "reason"),
    [
        ({}, ALICE, TWIN, None, Action.SKIP, Reason.EXISTS),
        ({}, ALICE, Twin(ALICE, proven=True), None, Action.SKIP, Reason.EXISTS),
        ({}, ALICE, STRANGER, None, Action.SKIP, Reason.NAME_EXISTS),
        ({}, ALICE, None, "old-sub", Action.SKIP, Reason.LISTED_TWICE),
        ({}, ALICE, TWIN, "old-sub", Action.SKIP, Reason.LISTED_TWICE),
        ({}, ALICE, None, "another-sub", Action.FAIL, Reason.NAME_COLLIDES),
        ({}, ALICE, TWIN, "another-sub", Action.FAIL, Reason.NAME_COLLIDES),
        ({}, FEDERATED, None, "another-sub", Action.DEFER, Reason.FEDERATED),
        ({}, FEDERATED, None, None, Action.DEFER, Reason.FEDERATED),
        ({}, FEDERATED, Twin(replace(FEDERATED, sub="new-sub"), proven=True), None, Action.SKIP, Reason.EXISTS),
        (
            {"username_attributes": ("phone_number",)},
            ALICE,
            None,
            None,
            Action.FAIL,
            Reason.NO_SIGN_IN_ATTRIBUTE,
        ),
        (
            {"required": ("name", "birthdate", "email")},
            ALICE,
            None,
            None,
            Action.FAIL,
            f"{Reason.REQUIRED_ATTRIBUTE_MISSING}:birthdate,name",
        ),
        (
            {"max_lengths": {"email": 16}},
            ALICE,
            None,
            None,
            Action.FAIL,
            f"{Reason.ATTRIBUTE_TOO_LONG}:email",
        ),
        ({"max_lengths": {"email": 17}}, ALICE, None, None, Action.CREATE, None),
        ({"required": ("email",)}, ALICE, None, None, Action.CREATE, None),
        (
            {"alias_attributes": ("email",)},
            replace(ALICE, username="alice@home"),
            None,
            None,
            Action.FAIL,
            Reason.USERNAME_LIKE_ALIAS,
        ),
    ],
)
def test_each_decision_has_its_reason(
    options: dict[str, Any], user: User, twin: Twin | None, earlier_sub: str | None, action: Action, reason: str | None
) -> None:
    planned = planner(**options).decide(user, (), twin, earlier_sub)
    assert (planned.action, planned.reason) == (action, reason)


def test_a_required_attribute_that_is_empty_is_missing() -> None:
    planned = planner(required=("email",)).decide(replace(ALICE, attributes={"email": ""}), (), None)
    assert planned.reason == f"{Reason.REQUIRED_ATTRIBUTE_MISSING}:email"


def test_a_user_that_a_dead_restore_left_without_a_password_is_completed() -> None:
    left = Twin(replace(FOUND, status=FORCE_CHANGE_PASSWORD), proven=True)
    planned = planner().decide(ALICE, ("staff",), left)
    assert (planned.action, planned.reason, planned.existing_sub) == (Action.CREATE, Reason.UNFINISHED, "new-sub")
    assert (planned.groups, planned.existing_username, planned.credential) == (("staff",), "alice", Credential.RESET)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (Credential.RESET, Credential.RESET),
        (Credential.TEMPORARY, Credential.TEMPORARY),
        (Credential.IMPORT_JOB, Credential.RESET),
        (Credential.INVITE, Credential.RESET),
    ],
)
def test_who_is_completed_is_there_and_so_neither_imported_nor_invited(asked: Credential, given: Credential) -> None:
    left = Twin(replace(FOUND, status=FORCE_CHANGE_PASSWORD), proven=True)
    planned = planner(wishes=Wishes(asked), auto_verified=("email",)).decide(ALICE, (), left)
    assert (planned.reason, planned.credential) == (Reason.UNFINISHED, given)


@pytest.mark.parametrize(
    "left",
    [
        replace(STRANGER, user=replace(STRANGER.user, status=FORCE_CHANGE_PASSWORD)),
        Twin(replace(FOUND, status=FORCE_CHANGE_PASSWORD, attributes={"custom:original_sub": "another"}), proven=False),
        TWIN,
        Twin(replace(FOUND, status=FORCE_CHANGE_PASSWORD, modified_at=MOMENT + timedelta(hours=1)), proven=True),
        Twin(replace(ALICE, status=FORCE_CHANGE_PASSWORD), proven=True),
        Twin(replace(FOUND, status=FORCE_CHANGE_PASSWORD), proven=True, waiting=True),
    ],
    ids=[
        "not marked",
        "marked for somebody else",
        "has a password",
        "touched since",
        "the very same user",
        "was given a password",
    ],
)
def test_a_user_in_the_target_that_no_restore_left_unfinished_is_not_touched(left: Twin) -> None:
    assert planner().decide(ALICE, (), left).action is Action.SKIP


def test_without_a_place_for_the_old_sub_nobody_in_the_target_counts_as_unfinished() -> None:
    left = Twin(replace(FOUND, status=FORCE_CHANGE_PASSWORD), proven=True)
    assert planner(sub_attribute=None).decide(ALICE, (), left).action is Action.SKIP


#: As a restore leaves whom it could not give a temporary password, or as whoever disables them right after it.
DISABLED = replace(FOUND, enabled=False)


@pytest.mark.parametrize("on_conflict", [OnConflict.SKIP, OnConflict.UPDATE])
def test_who_was_left_confirmed_and_disabled_is_named_and_not_enabled(on_conflict: OnConflict) -> None:
    twin, restoring = Twin(DISABLED, proven=True), planner(wishes=Wishes(on_conflict=on_conflict))
    planned = restoring.decide(ALICE, (), twin)
    assert (planned.action, planned.reason, planned.credential) == (Action.SKIP, Reason.LEFT_DISABLED, None)
    found = [*notices(restoring, planned, ALICE, twin, frozenset())]
    assert found == [Notice("alice", "old-sub", Attention.STILL_DISABLED)]


@pytest.mark.parametrize(
    ("saved", "found"),
    [
        (replace(ALICE, enabled=False), DISABLED),
        (ALICE, replace(DISABLED, attributes={**ADDRESS, "custom:original_sub": ""})),
        (ALICE, replace(DISABLED, modified_at=MOMENT + timedelta(hours=1))),
        (ALICE, replace(ALICE, enabled=False)),
        (ALICE, replace(DISABLED, status=RESET_REQUIRED)),
    ],
    ids=["disabled in the snapshot", "not marked", "disabled long after", "the very same user", "imported"],
)
def test_whom_no_restore_has_left_disabled_is_somebody_who_exists(saved: User, found: User) -> None:
    planned = planner().decide(saved, (), Twin(found, proven=True))
    assert (planned.action, planned.reason) == (Action.SKIP, Reason.EXISTS)


def only(*parts: Part, **wishes: Any) -> Wishes:
    return Wishes(scope=Scope(frozenset(parts)), **wishes)


@pytest.mark.parametrize("user", [ALICE, FEDERATED])
@pytest.mark.parametrize("parts", [(Part.GROUPS,), (Part.MEMBERSHIPS,), (Part.MFA,)])
def test_without_the_section_users_nobody_is_created_nor_deferred(user: User, parts: tuple[Part, ...]) -> None:
    planned = planner(wishes=only(*parts)).decide(user, ("staff",))
    assert (planned.action, planned.reason) == (Action.SKIP, Reason.NOT_IN_TARGET)


def test_without_the_section_users_nobody_is_completed_either() -> None:
    left = Twin(replace(FOUND, status=FORCE_CHANGE_PASSWORD), proven=True)
    planned = planner(wishes=only(Part.MEMBERSHIPS)).decide(ALICE, (), left)
    assert (planned.action, planned.reason) == (Action.SKIP, Reason.NO_PASSWORD)


def test_without_the_section_memberships_nobody_joins() -> None:
    planned = planner(wishes=only(Part.USERS)).decide(ALICE, ("staff", "us-east-1_Source_Google"))
    assert (planned.action, planned.groups, planned.service_groups) == (
        Action.CREATE,
        (),
        ("us-east-1_Source_Google",),
    )


def test_a_federated_profile_is_skipped_where_that_is_asked_for() -> None:
    planned = planner(wishes=Wishes(federated_users=Federated.SKIP)).decide(FEDERATED, ())
    assert (planned.action, planned.reason) == (Action.SKIP, Reason.FEDERATED)


def test_a_role_is_the_one_that_the_request_names_for_it() -> None:
    mapped = planner(wishes=Wishes(role_map={"arn:old": "arn:new"}))
    for role, wanted in {"arn:old": "arn:new", "arn:other": "arn:other", None: None}.items():
        assert mapped.wanted_group(Group("a", None, None, role, START, START)).role_arn == wanted


def test_the_plan_of_a_restore_is_counted_for_people() -> None:
    source, target = pool_with(4, groups=1), target_pool()
    source.add("Google_1", status=EXTERNAL_PROVIDER)
    source.add("off", enabled=False, groups=("us-east-1_Source_Google",), status="RESET_REQUIRED")
    target.add("user00000", custom__original_sub=source.accounts["user00000"].user.sub)
    machines, result = restored(source, target, dry_run=True)
    plan = machines.plan(result)
    require("plan", plan)
    assert plan["users"] == {"create": 4, "update": 0, "skip": 1, "defer": 1, "fail": 0}
    # All four are in group0, the odd ones in group1 too; the first of them is skipped.
    assert plan["memberships"] == {"create": 5, "service_made": 1, "of_users_not_in_the_snapshot": 0}
    assert plan["reasons"] == {"exists": 1, "federated": 1}
    assert plan["users_billed_as_active"] == 4
    assert plan["messages"] == 0
    assert plan["declared_losses"] == {
        "passwords": 4,
        "sub": 4,
        "created_at": 4,
        "status_other_than_confirmed": 1,
        "links_to_providers": 0,
        "software_tokens": 0,
        "passkeys": 0,
        "mfa_preferences": 0,
        "federated_users_until_they_sign_in": 1,
    }


def test_the_hours_of_a_restore_are_those_of_its_slowest_quota() -> None:
    machines, result = restored(pool_with(3_000, groups=0), target_pool(), dry_run=True)
    plan = machines.plan(result)
    assert plan["hours_by_quota"] == {
        "UserCreation": round(3_000 / 50 / 3600, 4),
        "UserAccountRecovery": round(3_000 / 30 / 3600, 4),
        "UserUpdate": 0,
        "UserPoolResourceUpdate": 0,
    }
    assert plan["hours"] == round(3_000 / 30 / 3600, 4)


def test_users_that_are_in_the_target_are_told_in_a_warning() -> None:
    source, target = pool_with(3), target_pool()
    target.add("user00001")
    machines, result = restored(source, target)
    assert "1 users are in the target already; nothing of them is touched." in machines.plan(result)["warnings"]


def test_a_plan_is_carried_on_over_hand_overs_with_nobody_planned_twice() -> None:
    source, target = pool_with(23, page_size=3), target_pool()
    machines = Machines(deadline=EveryTime(1))
    machines.backup(source)
    result = machines.restore(target, snapshot=LATEST)
    assert machines.plan(result)["users"] == {"create": 23, "update": 0, "skip": 0, "defer": 0, "fail": 0}
    assert target.calls["AdminCreateUser"] == 23


def test_a_survey_travels_between_states_unchanged() -> None:
    survey, updating = Survey(), planner(wishes=Wishes(on_conflict=OnConflict.UPDATE), required=("name",))
    told = [Notice("alice", "old-sub", Attention.TEMPORARY_PASSWORD)]
    unverified = replace(ALICE, attributes={"name": "Alice"})
    for user, twin in ((ALICE, None), (unverified, None), (ALICE, TWIN), (FEDERATED, None)):
        survey.add(updating.decide(user, ("staff",), twin), user, ("staff",), told, updating.target)
    assert survey.users == {"create": 1, "update": 1, "defer": 1, "fail": 1}
    assert (survey.unreachable, survey.attention) == ({"no_recovery_channel": 1}, {"temporary_password": 4})
    assert Survey.from_state(json.loads(json.dumps(survey.to_state()))) == survey
    assert Survey.from_state({}) == Survey()


@pytest.mark.parametrize(("credential", "passwords"), [("reset", (1, 1)), ("temporary", (0, 1))])
def test_who_is_only_completed_is_not_counted_as_a_creation(credential: str, passwords: tuple[int, int]) -> None:
    new = replace(planner().decide(ALICE, ()), credential=credential)
    for planned, creations, given in zip(
        (new, replace(new, existing_username="alice")), (1, 0), passwords, strict=True
    ):
        survey = Survey()
        survey.add(planned, ALICE, (), (), planner().target)
        assert survey.calls[Category.USER_CREATION] == creations
        assert survey.calls[Category.USER_ACCOUNT_RECOVERY] == given
