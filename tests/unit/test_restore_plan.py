"""Every user is decided before the first write: each action, each reason, and the numbers people read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolsafe.domain.outcome import Reason
from poolsafe.domain.plan import Action, Planner
from poolsafe.domain.plan_survey import Survey
from poolsafe.domain.records import EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, User
from poolsafe.domain.target import TargetPool
from poolsafe.schema_check import require
from tests.fakes import EveryTime
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.unit.restores import restored

MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
ALICE = User("alice", "old-sub", "CONFIRMED", True, MOMENT, MOMENT, {"email": "alice@example.com"})
STRANGER = replace(ALICE, sub="new-sub", attributes={"email": "somebody@example.com"})
TWIN = replace(STRANGER, attributes={"email": "changed@since.org", "custom:original_sub": "old-sub"})


def planner(sub_attribute: str | None = "custom:original_sub", **options: Any) -> Planner:
    return Planner("us-east-1_Source", TargetPool.of(target_pool(**options).describe()), sub_attribute)


def test_a_user_that_is_not_in_the_target_is_created() -> None:
    planned = planner().decide(ALICE, ("staff",), None)
    assert (planned.action, planned.reason, planned.existing_sub) == (Action.CREATE, None, None)
    assert planned.sign_in_name == "alice"
    assert planned.attributes == {"email": "alice@example.com", "custom:original_sub": "old-sub"}
    assert planned.groups == ("staff",)


@pytest.mark.parametrize(
    ("options", "user", "twin", "earlier_sub", "action", "reason"),
    [
        ({}, ALICE, TWIN, None, Action.SKIP, Reason.EXISTS),
        ({}, ALICE, ALICE, None, Action.SKIP, Reason.EXISTS),
        ({}, ALICE, STRANGER, None, Action.SKIP, Reason.NAME_EXISTS),
        ({}, ALICE, None, "old-sub", Action.SKIP, Reason.LISTED_TWICE),
        ({}, ALICE, TWIN, "old-sub", Action.SKIP, Reason.LISTED_TWICE),
        ({}, ALICE, None, "another-sub", Action.FAIL, Reason.NAME_COLLIDES),
        ({}, ALICE, TWIN, "another-sub", Action.FAIL, Reason.NAME_COLLIDES),
        ({}, replace(ALICE, status=EXTERNAL_PROVIDER), None, "another-sub", Action.DEFER, Reason.FEDERATED),
        ({}, replace(ALICE, status=EXTERNAL_PROVIDER), None, None, Action.DEFER, Reason.FEDERATED),
        ({}, replace(ALICE, status=EXTERNAL_PROVIDER), TWIN, None, Action.DEFER, Reason.FEDERATED),
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
    ],
)
def test_each_decision_has_its_reason(
    options: dict[str, Any], user: User, twin: User | None, earlier_sub: str | None, action: Action, reason: str | None
) -> None:
    planned = planner(**options).decide(user, (), twin, earlier_sub)
    assert (planned.action, planned.reason) == (action, reason)


def test_a_required_attribute_that_is_empty_is_missing() -> None:
    planned = planner(required=("email",)).decide(replace(ALICE, attributes={"email": ""}), (), None)
    assert planned.reason == f"{Reason.REQUIRED_ATTRIBUTE_MISSING}:email"


def test_a_user_that_a_dead_restore_left_without_a_password_is_completed() -> None:
    left = replace(TWIN, status=FORCE_CHANGE_PASSWORD)
    planned = planner().decide(ALICE, (), left)
    assert (planned.action, planned.reason, planned.existing_sub) == (Action.CREATE, Reason.UNFINISHED, "new-sub")


@pytest.mark.parametrize(
    "left",
    [
        replace(STRANGER, status=FORCE_CHANGE_PASSWORD),
        replace(STRANGER, status=FORCE_CHANGE_PASSWORD, attributes={"custom:original_sub": "another"}),
        TWIN,
        replace(TWIN, status=FORCE_CHANGE_PASSWORD, modified_at=MOMENT + timedelta(hours=1)),
        replace(ALICE, status=FORCE_CHANGE_PASSWORD),
    ],
    ids=["not marked", "marked for somebody else", "has a password", "touched since", "the very same user"],
)
def test_a_user_in_the_target_that_no_restore_left_unfinished_is_not_touched(left: User) -> None:
    assert planner().decide(ALICE, (), left).action is Action.SKIP


def test_without_a_place_for_the_old_sub_nobody_in_the_target_counts_as_unfinished() -> None:
    left = replace(STRANGER, status=FORCE_CHANGE_PASSWORD)
    assert planner(sub_attribute=None).decide(ALICE, (), left).action is Action.SKIP


def test_the_plan_of_a_restore_is_counted_for_people() -> None:
    source, target = pool_with(4, groups=1), target_pool()
    source.add("Google_1", status=EXTERNAL_PROVIDER)
    source.add("off", enabled=False, groups=("us-east-1_Source_Google",), status="RESET_REQUIRED")
    target.add("user00000", custom__original_sub=source.accounts["user00000"].user.sub)
    machines, result = restored(source, target, dry_run=True)
    plan = machines.plan(result)
    require("plan", plan)
    assert plan["users"] == {"create": 4, "skip": 1, "defer": 1, "fail": 0}
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
    assert machines.plan(result)["users"] == {"create": 23, "skip": 0, "defer": 0, "fail": 0}
    assert target.calls["AdminCreateUser"] == 23


def test_a_survey_travels_between_states_unchanged() -> None:
    survey = Survey()
    target = planner(required=("name",)).target
    for user, twin in ((ALICE, None), (ALICE, TWIN), (replace(ALICE, status=EXTERNAL_PROVIDER), None)):
        survey.add(planner(required=("name",)).decide(user, ("staff",), twin), user, target)
    assert Survey.from_state(survey.to_state()) == survey
    assert Survey.from_state({}) == Survey()
