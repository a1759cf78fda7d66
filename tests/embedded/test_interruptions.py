"""Throttling, broken connections, killed Lambdas, failed executions: the work is done once, and all of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, crowd, named

USERS = 70
GROUPS = ("first", "second", "third", "fourth")
MEMBERSHIPS = sum(len(set(user["Groups"])) for user in crowd(USERS, GROUPS))


@pytest.fixture(scope="module")
def source(deployed: Deployed) -> str:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, crowd(USERS, GROUPS), named(*GROUPS))
    return pool


@pytest.fixture(scope="module")
def snapshot(deployed: Deployed, source: str) -> str:
    return f"{source}/{deployed.backup(source)['snapshot_id']}"


@pytest.fixture
def target(deployed: Deployed) -> str:
    return deployed.pool(ORIGINAL_SUB)


def assert_whole(deployed: Deployed, backup: Json) -> None:
    assert backup["status"] == "COMPLETE"
    assert backup["counts"] == {"users": USERS, "groups": len(GROUPS), "memberships": MEMBERSHIPS}
    names = [row["username"] for row in deployed.rows(f"{_folder(deployed, backup['manifest'])}users/")]
    assert sorted(names) == [user["Username"] for user in crowd(USERS, GROUPS)]


def assert_all_back(deployed: Deployed, source: str, target: str, restore: Json) -> None:
    assert restore["status"] == "COMPLETE"
    assert restore["counts"] == {"created": USERS, "updated": 0, "skipped": 0, "deferred": 0, "failed": 0}
    before, after = deployed.users(source), deployed.users(target)
    assert {user.status for user in after.values()} == {"CONFIRMED"}
    assert {name: user.enabled for name, user in after.items()} == {name: user.enabled for name, user in before.items()}
    assert {name: user.attributes[f"custom:{ORIGINAL_SUB}"] for name, user in after.items()} == {
        name: user.sub for name, user in before.items()
    }
    assert deployed.memberships(target) == deployed.memberships(source)
    assert deployed.document(restore["report"])["verification"]["undeclared_differences"] == {}


def _folder(deployed: Deployed, manifest: str) -> str:
    return manifest.removeprefix(f"s3://{deployed.bucket}/").removesuffix("manifest.json")


def throttled(action: str, *, after: int = 0, times: int = 1) -> Json:
    return {"action": action, "error": "TooManyRequestsException", "after": after, "times": times}


# Throttling


def test_a_burst_of_throttling_does_not_stop_a_backup(deployed: Deployed, source: str) -> None:
    bursts = (
        throttled("DescribeUserPool"),
        throttled("ListGroups"),
        throttled("ListUsers", after=1, times=2),
        throttled("ListUsersInGroup", after=2, times=2),
    )
    with deployed.cloud.faults(*bursts):
        backup = deployed.backup(source)
        assert deployed.cloud.control("GET", "faults") == [], "every one of them struck"
    assert_whole(deployed, backup)


def test_a_burst_of_throttling_does_not_stop_a_restore(
    deployed: Deployed, source: str, snapshot: str, target: str
) -> None:
    bursts = (
        throttled("CreateGroup", after=1),
        throttled("AdminCreateUser", after=10, times=6),
        throttled("AdminSetUserPassword", after=10, times=6),
        throttled("AdminAddUserToGroup", after=30, times=6),
        throttled("AdminDisableUser"),
    )
    with deployed.cloud.faults(*bursts):
        restore = deployed.restore(snapshot, target)
        assert deployed.cloud.control("GET", "faults") == [], "every one of them struck"
    assert_all_back(deployed, source, target, restore)


def test_throttling_is_counted_and_never_told_as_a_failure(deployed: Deployed, snapshot: str, target: str) -> None:
    with deployed.cloud.faults(throttled("AdminCreateUser", times=6)):
        restore = deployed.restore(snapshot, target)
    errors = deployed.cloud.control("GET", "calls")["errors"]
    assert errors["AdminCreateUser TooManyRequestsException"] == 6
    assert deployed.document(restore["report"])["failures"] == {}


# Pages


def test_an_empty_page_does_not_end_a_backup(deployed: Deployed, source: str) -> None:
    pages = (
        {"action": "ListUsers", "empty_page": True, "times": 2, "after": 1},
        {"action": "ListUsersInGroup", "empty_page": True, "times": 2},
        {"action": "ListGroups", "empty_page": True},
    )
    with deployed.cloud.faults(*pages):
        backup = deployed.backup(source)
        assert deployed.cloud.control("GET", "faults") == []
    assert_whole(deployed, backup)


def test_a_page_token_that_is_refused_starts_the_listing_again(deployed: Deployed, source: str) -> None:
    refused = {"action": "ListUsers", "error": "InvalidParameterException", "after": 1}
    with deployed.cloud.faults(refused):
        backup = deployed.backup(source)
        assert deployed.cloud.control("GET", "faults") == []
    assert_whole(deployed, {**backup, "warnings": []})
    [warning] = backup["warnings"]
    assert "started again 1 time" in warning


# Pools that change meanwhile


def test_a_group_that_was_deleted_meanwhile_does_not_stop_a_backup_and_is_told(deployed: Deployed, source: str) -> None:
    gone = {"action": "ListUsersInGroup", "error": "ResourceNotFoundException", "after": 1}
    with deployed.cloud.faults(gone):
        backup = deployed.backup(source)
    assert (backup["status"], backup["counts"]["groups"]) == ("COMPLETE", len(GROUPS))
    assert 0 < backup["counts"]["memberships"] < MEMBERSHIPS
    # So many memberships are unusual to lose, and that is told, too.
    [warning] = [one for one in backup["warnings"] if not one.startswith("Suspicious")]
    assert warning.startswith("1 group")


def test_a_pool_that_was_deleted_meanwhile_is_not_taken_for_an_empty_one(deployed: Deployed) -> None:
    source = deployed.pool()
    deployed.cloud.put_users(source, crowd(20, GROUPS), named(*GROUPS))
    gone = [
        {"action": "ListUsersInGroup", "error": "ResourceNotFoundException", "after": 1, "times": None},
        {"action": "DescribeUserPool", "error": "ResourceNotFoundException", "after": 1, "times": None},
    ]
    with deployed.cloud.faults(*gone):
        refusal = deployed.refused("backup", {"user_pool_id": source})
    assert refusal.error == "PoolNotFound"
    assert [key for key in deployed.keys(f"snapshots/{source}/") if key.endswith("manifest.json")] == []


def test_whoever_a_listing_leaves_out_is_asked_for_before_they_are_missed(
    deployed: Deployed, source: str, snapshot: str, target: str
) -> None:
    """The listing of the target lags: its groups seem to have no members."""
    gone = "ResourceNotFoundException"
    lagging = {"action": "ListUsersInGroup", "error": gone, "user_pool_id": target, "times": len(GROUPS)}
    with deployed.cloud.faults(lagging):
        restore = deployed.restore(snapshot, target)
        assert deployed.cloud.control("GET", "faults") == []
    assert_all_back(deployed, source, target, restore)
    asked = deployed.document(restore["report"])["verification"]["users_asked_about_again"]
    assert asked == len({username for _, username in deployed.memberships(source)})


# Broken connections and dead processes


def test_a_call_whose_answer_is_lost_is_not_done_twice(
    deployed: Deployed, source: str, snapshot: str, target: str
) -> None:
    lost = [
        {"action": action, "kill_after": True, "after": after}
        for action in ("CreateGroup", "AdminCreateUser", "AdminSetUserPassword", "AdminAddUserToGroup")
        for after in (0, 3)
    ]
    with deployed.cloud.faults(*lost, {"action": "AdminDisableUser", "kill_after": True}):
        restore = deployed.restore(snapshot, target)
        assert deployed.cloud.control("GET", "faults") == []
    assert_all_back(deployed, source, target, restore)


@pytest.mark.parametrize("action", ["DescribeUserPool", "ListGroups", "ListUsers", "ListUsersInGroup"])
def test_a_backup_whose_lambda_was_killed_goes_on(deployed: Deployed, source: str, action: str) -> None:
    with deployed.cloud.faults({"action": action, "kill_caller": True}):
        backup = deployed.backup(source)
        assert deployed.cloud.control("GET", "faults") == []
    assert_whole(deployed, backup)


@pytest.mark.parametrize(
    ("action", "after"),
    [
        ("CreateGroup", 1),
        ("AdminCreateUser", 5),
        ("AdminSetUserPassword", 5),
        ("AdminAddUserToGroup", 40),
        ("AdminDisableUser", 1),
    ],
)
def test_a_restore_whose_lambda_was_killed_goes_on(
    deployed: Deployed, source: str, snapshot: str, target: str, action: str, after: int
) -> None:
    """Between any two calls for a user: whoever has been created is completed, and nobody is created twice."""
    with deployed.cloud.faults({"action": action, "kill_caller": True, "after": after}):
        restore = deployed.restore(snapshot, target)
        assert deployed.cloud.control("GET", "faults") == []
    assert_all_back(deployed, source, target, restore)
    assert deployed.cloud.messages() == []


# Executions that failed


def test_a_failed_execution_seals_nothing(deployed: Deployed) -> None:
    source = deployed.pool()
    deployed.cloud.put_users(source, crowd(65))
    with deployed.cloud.faults({"action": "ListUsers", "error": "AccessDeniedException", "after": 1}):
        refusal = deployed.refused("backup", {"user_pool_id": source})
    assert refusal.error == "AccessDenied"
    assert [key for key in deployed.keys(f"snapshots/{source}/") if key.endswith("manifest.json")] == []
    nothing = deployed.refused("restore", {"snapshot": f"{source}/latest", "target_user_pool_id": deployed.pool()})
    assert nothing.error == "SnapshotNotFound"


def test_a_backup_that_failed_goes_on_where_it_stopped(deployed: Deployed, source: str) -> None:
    with deployed.cloud.faults({"action": "ListUsersInGroup", "error": "AccessDeniedException", "after": 2}):
        execution = deployed.cloud.begin(deployed.machine("backup"), {"user_pool_id": source})
        assert deployed.failed(execution).error == "AccessDenied"
    deployed.cloud.forget()
    backup = redriven(deployed, execution)
    assert_whole(deployed, backup)
    assert not {"ListGroups", "GetUserPoolMfaConfig"} & {*deployed.cloud.calls()}, "what was done is not done again"


@pytest.mark.parametrize(
    ("action", "after"),
    [("CreateGroup", 2), ("AdminCreateUser", 30), ("AdminSetUserPassword", 30), ("AdminAddUserToGroup", 100)],
)
def test_a_restore_that_failed_goes_on_where_it_stopped(
    deployed: Deployed, source: str, snapshot: str, target: str, action: str, after: int
) -> None:
    request = {"snapshot": snapshot, "target_user_pool_id": target}
    denied = {"action": action, "error": "AccessDeniedException", "after": after, "times": None}
    with deployed.cloud.faults(denied):
        execution = deployed.cloud.begin(deployed.machine("restore"), request)
        assert deployed.failed(execution).error == "AccessDenied"
    assert_all_back(deployed, source, target, redriven(deployed, execution))
    assert deployed.cloud.messages() == []


def test_a_restore_that_failed_and_is_started_anew_completes_whom_it_left_behind(
    deployed: Deployed, source: str, snapshot: str, target: str
) -> None:
    denied = {"action": "AdminSetUserPassword", "error": "AccessDeniedException", "after": 20, "times": None}
    with deployed.cloud.faults(denied):
        refusal = deployed.refused("restore", {"snapshot": snapshot, "target_user_pool_id": target})
    assert refusal.error == "AccessDenied"
    assert "FORCE_CHANGE_PASSWORD" in {user.status for user in deployed.users(target).values()}
    again = deployed.restore(snapshot, target)
    assert again["status"] == "COMPLETE"
    assert again["counts"]["created"] + again["counts"]["skipped"] == USERS
    assert {user.status for user in deployed.users(target).values()} == {"CONFIRMED"}
    assert len(deployed.users(target)) == USERS


def redriven(deployed: Deployed, execution: str) -> Json:
    """What RedriveExecution does, which the emulator lacks: go on at the state that failed, with the input it had.

    https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html. An inline Map is run anew as a whole:
    its events are not in the emulator's history. With one lane, that is the lane that failed from its beginning.
    """
    machines = deployed.cloud.client("stepfunctions")
    described = machines.describe_state_machine_for_execution(executionArn=execution)
    *_, last = [
        event["stateEnteredEventDetails"]
        for event in deployed.history(execution)
        if "stateEnteredEventDetails" in event
    ]
    continued = machines.create_state_machine(
        name=f"redriven-{uuid.uuid4()}",
        definition=json.dumps({**json.loads(described["definition"]), "StartAt": last["name"]}),
        roleArn=described["roleArn"],
    )
    return deployed.cloud.run(continued["stateMachineArn"], _object(last["input"]), seconds=600)


def _object(text: str) -> Mapping[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document
