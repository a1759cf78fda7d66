"""A restore that stopped, started again with its `restore_id`: it finishes the same work, and touches nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD
from poolsafe.domain.restore.outcome import Kind, Outcome, Result
from poolsafe.errors import AccessDenied, Rejected
from tests.fake_cognito import FakeCognito
from tests.fake_imports import FakeImports
from tests.fakes import CHOSEN, EveryTime, FakeUserPool, Never
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.restores import MARK, ended
from tests.unit.test_restore_credentials import handed_out

PLANNING = {"ListTargetUsers", "ListTargetGroups", "ListTargetMemberships", "PlanRestore"}
WRITES = ("Create", "AdminSet", "AdminCreate", "AdminAdd", "AdminUpdate", "AdminDisable", "AdminEnable", "AdminLink")


@pytest.fixture
def machines() -> Iterator[Deployed]:
    with Deployed() as deployed:
        yield deployed


def people() -> FakeUserPool:
    """Reachable, not reachable, and disabled."""
    source = pool_with(6)
    source.add("lost", groups=("group0",))
    source.add("off", enabled=False, email="off@example.com", email_verified="true")
    return source


def breaking(target: FakeUserPool, operation: str, call: int = 1) -> None:
    """From the call of that number on, the role of the functions may do nothing any more."""
    made = []

    def deny(called: str) -> None:
        made.extend([called] * (called == operation))
        if len(made) >= call:
            raise AccessDenied(f"{called}: AccessDeniedException.")

    target.before = deny


def mended(target: FakeUserPool) -> None:
    target.before = lambda operation: None
    target.calls.clear()


def stopped(machines: Deployed, target: FakeUserPool, **options: Any) -> str:
    """Start a restore that fails; its id."""
    with pytest.raises(ExecutionFailed, match="AccessDenied"):
        machines.restore(target, snapshot=LATEST, **options)
    answer: dict[str, Any] = machines.executions[-1].payloads[0][2]
    return str(answer["restore_id"])


def visited(machines: Deployed) -> set[str]:
    return {name for name, _, _ in machines.executions[-1].payloads}


def state(target: FakeUserPool) -> dict[str, Any]:
    """All of everybody that a restore decides, but for what Cognito makes up."""
    return {
        name: (account.user.attributes, set(account.groups), account.user.enabled, account.user.status)
        for name, account in target.accounts.items()
    }


POINTS = [
    ("ListUsers", 1),
    ("ListGroups", 1),
    ("CreateGroup", 1),
    ("after CreateGroup", 2),
    ("AdminCreateUser", 1),
    ("after AdminCreateUser", 3),
    ("AdminAddUserToGroup", 4),
    ("AdminSetUserPassword", 1),
    ("after AdminSetUserPassword", 2),
    ("AdminDisableUser", 1),
    ("after AdminDisableUser", 1),
    ("ListUsers", 2),
    ("ListUsersInGroup", 1),
]


@pytest.mark.parametrize(("operation", "call"), POINTS)
def test_wherever_it_stopped_it_ends_as_if_nothing_had_happened(machines: Deployed, operation: str, call: int) -> None:
    source, undisturbed, target = people(), target_pool(), target_pool()
    machines.backup(source)
    expected = machines.restore(undisturbed, snapshot=LATEST)
    breaking(target, operation, call)
    restore_id = stopped(machines, target)
    mended(target)
    result = machines.restore(target, snapshot=LATEST, restore_id=restore_id)
    assert state(target) == state(undisturbed)
    assert set(target.group_records) == set(undisturbed.group_records)
    assert {**result, "restore_id": "", "report": ""} == {**expected, "restore_id": "", "report": ""}
    assert (result["restore_id"], result["status"]) == (restore_id, "COMPLETE")
    assert len(machines.sub_map(result)) == 8
    assert handed_out(machines, result)["lost"]["temporary_password"] == target.accounts["lost"].password


def test_a_plan_that_was_made_is_applied_and_not_made_again(machines: Deployed) -> None:
    """Else the users of the first run would be taken for somebody who was there before."""
    target = target_pool()
    machines.backup(people())
    breaking(target, "after AdminCreateUser", 3)
    restore_id = stopped(machines, target)
    assert PLANNING - {"ListTargetMemberships"} <= visited(machines)
    made = len(target.accounts)
    assert made >= 3
    plan = machines.plan({"restore_id": restore_id})
    mended(target)
    result = machines.restore(target, snapshot=LATEST, restore_id=restore_id)
    assert not PLANNING & visited(machines)
    assert (machines.plan(result), result["counts"]["created"]) == (plan, 8)
    assert result["counts"]["skipped"] == 0


def test_a_plan_that_was_not_made_is_made(machines: Deployed) -> None:
    target = target_pool()
    machines.backup(people())
    breaking(target, "ListGroups")
    restore_id = stopped(machines, target)
    mended(target)
    machines.restore(target, snapshot=LATEST, restore_id=restore_id)
    assert "PlanRestore" in visited(machines)


@pytest.mark.parametrize("steps", [1, 3, 7])
def test_a_restore_that_is_done_is_planned_anew_and_finds_nothing_to_do(machines: Deployed, steps: int) -> None:
    target = target_pool()
    machines.backup(people())
    machines.deadline = EveryTime(steps)
    first = machines.restore(target, snapshot=LATEST, credentials="temporary")
    before, handed, subs = deepcopy(target.accounts), handed_out(machines, first), machines.sub_map(first)
    machines.deadline = Never()
    target.calls.clear()
    again = machines.restore(target, snapshot=LATEST, credentials="temporary", restore_id=first["restore_id"])
    assert PLANNING - {"ListTargetMemberships"} <= visited(machines)
    assert (again["counts"]["skipped"], again["counts"]["created"], target.accounts) == (8, 0, before)
    assert not [name for name in target.calls if name.startswith(WRITES)]
    assert handed_out(machines, again) == handed
    assert sorted(machines.sub_map(again), key=str) == sorted(subs, key=str)
    users = [outcome for outcome in machines.outcomes(again) if outcome.kind is Kind.USER]
    assert {outcome.outcome for outcome in users} == {Result.SKIPPED}
    assert len(users) == 8


def test_who_failed_is_tried_again_when_the_restore_is(machines: Deployed) -> None:
    target = target_pool()

    def refuse(operation: str) -> None:
        if operation == "AdminDisableUser":
            raise Rejected(operation, "InternalErrorException")

    target.before = refuse
    machines.backup(people())
    first = machines.restore(target, snapshot=LATEST, max_failed_percent=50)
    assert (first["status"], first["counts"]["failed"]) == ("PARTIAL", 1)
    mended(target)
    # Whoever is to be disabled has no password before they are, and so is unfinished.
    assert target.accounts["off"].user.status == FORCE_CHANGE_PASSWORD
    again = machines.restore(target, snapshot=LATEST, on_conflict="skip", restore_id=first["restore_id"])
    assert (again["status"], again["counts"]["created"], again["counts"]["skipped"]) == ("COMPLETE", 1, 7)
    assert (target.accounts["off"].user.enabled, target.accounts["off"].user.status) == (False, CONFIRMED)


def test_whom_a_refused_plan_has_named_is_not_named_by_the_next_one(machines: Deployed) -> None:
    target = target_pool()
    machines.backup(pool_with(3))
    target.add("user00001")
    with pytest.raises(ExecutionFailed, match="TargetMismatch"):
        machines.restore(target, snapshot=LATEST, on_conflict="fail")
    restore_id = machines.executions[-1].payloads[0][2]["restore_id"]
    failing = f"restores/{restore_id}/failing/"
    assert [row.username for row in machines._rows(failing, Outcome)] == ["user00001"]
    del target.accounts["user00001"]
    result = machines.restore(target, snapshot=LATEST, on_conflict="fail", restore_id=restore_id)
    assert (result["status"], machines._rows(failing, Outcome)) == ("COMPLETE", [])


# What happened meanwhile


def test_a_stranger_who_came_meanwhile_is_a_conflict(machines: Deployed) -> None:
    target = target_pool()
    machines.backup(people())
    breaking(target, "CreateGroup")
    restore_id = stopped(machines, target)
    mended(target)
    stranger = target.add("user00003", email="stranger@example.com", email_verified="true")
    result = machines.restore(target, snapshot=LATEST, restore_id=restore_id, max_failed_percent=50)
    assert ended(machines, result, "user00003") == ("failed", "name_taken")
    assert (target.accounts["user00003"].user, target.accounts["user00003"].groups) == (stranger, [])
    assert target.accounts["user00003"].password == CHOSEN
    assert stranger.sub not in {row.new for row in machines.sub_map(result)}


@pytest.mark.parametrize("credentials", ["reset", "temporary"])
def test_a_password_that_somebody_has_chosen_meanwhile_stays(machines: Deployed, credentials: str) -> None:
    target = target_pool()
    machines.backup(people())

    def deny(operation: str) -> None:
        if operation == "AdminDisableUser":
            raise AccessDenied(f"{operation}: AccessDeniedException.")

    target.before = deny
    restore_id = stopped(machines, target, credentials=credentials)
    mended(target)
    assert len(target.accounts) == 8
    enabled = [name for name in target.accounts if name != "off"]
    for name in enabled:
        target.set_password(name, CHOSEN)
    result = machines.restore(target, snapshot=LATEST, credentials=credentials, restore_id=restore_id)
    assert {target.accounts[name].password for name in enabled} == {CHOSEN}
    assert {target.accounts[name].user.status for name in enabled} == {CONFIRMED}
    assert not target.accounts["off"].user.enabled
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 8)
    assert not set(enabled) & handed_out(machines, result).keys()


def test_a_temporary_password_of_a_lane_that_is_done_stays_and_is_handed_over_with_the_others(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 4)
    monkeypatch.setattr("restore.check_request.restore_lanes", lambda rates: 2)
    target = target_pool()
    machines.backup(pool_with(8))
    breaking(target, "after AdminCreateUser", 6)
    restore_id = stopped(machines, target, credentials="temporary")
    mended(target)
    first_lane = {f"user0000{number}": target.accounts[f"user0000{number}"].password for number in range(4)}
    result = machines.restore(target, snapshot=LATEST, credentials="temporary", restore_id=restore_id)
    assert {name: target.accounts[name].password for name in first_lane} == first_lane
    handed = {name: row["temporary_password"] for name, row in handed_out(machines, result).items()}
    assert handed == {name: account.password for name, account in target.accounts.items()}
    assert len(set(handed.values())) == 8
    assert {account.user.status for account in target.accounts.values()} == {FORCE_CHANGE_PASSWORD}


def test_a_job_that_was_started_is_waited_for_and_no_second_one_made(machines: Deployed) -> None:
    imports, target = FakeImports(), target_pool(auto_verified=("email",))
    cognito = machines.cognitos["us-east-1"] = FakeCognito(imports=imports)
    machines.backup(pool_with(4))
    breaking(cognito, "DescribeUserImportJob")  # type: ignore[arg-type]
    restore_id = stopped(machines, target, credentials="import-job")
    cognito.before = lambda operation: None
    result = machines.restore(target, snapshot=LATEST, credentials="import-job", restore_id=restore_id)
    assert (len(imports.jobs), result["status"], result["counts"]["created"]) == (1, "COMPLETE", 4)
    again = machines.restore(target, snapshot=LATEST, credentials="import-job", restore_id=restore_id)
    assert (len(imports.jobs), again["counts"]["skipped"]) == (1, 4)


# The same restore, or none


def refused(machines: Deployed, target: FakeUserPool, **options: Any) -> str:
    with pytest.raises(ExecutionFailed, match=r"^InvalidRequest") as failed:
        machines.restore(target, **{"snapshot": LATEST, **options})
    return str(json.loads(failed.value.cause)["errorMessage"])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"credentials": "temporary"}, "credentials"),
        ({"on_conflict": "update", "federated_users": "skip"}, "federated_users, on_conflict"),
        ({"only": {"usernames": ["user00001"]}}, "scope"),
        ({"provider_map": {"Google": "G"}}, "provider_map"),
        ({"dry_run": True}, "dry_run"),
    ],
)
def test_another_request_is_no_continuation(machines: Deployed, changed: dict[str, Any], named: str) -> None:
    target = target_pool()
    machines.backup(pool_with(3))
    first = machines.restore(target, snapshot=LATEST)
    message = refused(machines, target, restore_id=first["restore_id"], **changed)
    assert message.startswith(f"restore_id: belongs to a restore that was asked for otherwise: {named} differ")


def test_whom_a_restore_names_has_to_be_the_same_people(machines: Deployed) -> None:
    target, ada = target_pool(), {"usernames": ["user00001"]}
    machines.backup(pool_with(3))
    first = machines.restore(target, snapshot=LATEST, only=ada)
    again = machines.restore(target, snapshot=LATEST, only=ada, restore_id=first["restore_id"])
    assert (again["counts"]["skipped"], set(target.accounts)) == (1, {"user00001"})
    other = {"usernames": ["user00002"]}
    assert "scope differ" in refused(machines, target, only=other, restore_id=first["restore_id"])
    assert set(target.accounts) == {"user00001"}


def test_latest_is_another_snapshot_after_another_backup(machines: Deployed) -> None:
    source, target = pool_with(3), target_pool()
    manifest = machines.backup(source)
    first = machines.restore(target, snapshot=LATEST)
    machines.backup(source)
    message = refused(machines, target, restore_id=first["restore_id"])
    assert f"snapshot by its id, us-east-1_Source/{manifest.snapshot_id}" in message


def test_a_restore_that_nobody_knows_is_refused(machines: Deployed) -> None:
    machines.backup(pool_with(3))
    message = refused(machines, target_pool(), restore_id="20261122T030000Z-3f9a1c")
    assert message.startswith("restore_id: names no restore that lies in this stack's bucket")


def test_a_place_for_the_old_sub_is_not_needed_to_go_on(machines: Deployed) -> None:
    target = FakeUserPool("us-east-1_Target")
    machines.backup(people())
    breaking(target, "after AdminCreateUser", 3)
    restore_id = stopped(machines, target)
    mended(target)
    result = machines.restore(target, snapshot=LATEST, restore_id=restore_id)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 8)
    assert not [account for account in target.accounts.values() if MARK in account.user.attributes]
