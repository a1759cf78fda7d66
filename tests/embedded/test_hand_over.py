"""Lambdas without time: each invocation does the least it can and hands over, with the permissions it really has.

A Lambda hands over when a minute is left, or four; given half a minute in all, it hands over every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Account, Deployed, Json, crowd, named

USERS = 65
GROUPS = ("first", "second", "third", "fourth")
SECONDS = 30


@pytest.fixture(scope="module")
def hurried(deployed: Deployed) -> Iterator[Deployed]:
    """The stack with every function out of time."""
    lambdas = deployed.cloud.client("lambda")
    functions = {
        function["FunctionName"]: function["Timeout"]
        for page in lambdas.get_paginator("list_functions").paginate()
        for function in page["Functions"]
        if function["FunctionName"].startswith("poolsafe-")
    }
    for name in functions:
        lambdas.update_function_configuration(FunctionName=name, Timeout=SECONDS)
    yield deployed
    for name, timeout in functions.items():
        lambdas.update_function_configuration(FunctionName=name, Timeout=timeout)


@pytest.fixture(scope="module")
def source(hurried: Deployed) -> str:
    pool = hurried.pool()
    hurried.cloud.put_users(pool, crowd(USERS, GROUPS), named(*GROUPS))
    return pool


@pytest.fixture(scope="module")
def backup(hurried: Deployed, source: str) -> tuple[Json, Counter[str]]:
    """The result, and how often each state ran; the emulator does not tell of those inside of a Map."""
    execution = hurried.cloud.begin(hurried.machine("backup"), {"user_pool_id": source})
    return hurried.cloud.finish(execution), _entered(hurried, execution)


@pytest.fixture(scope="module")
def restore(hurried: Deployed, source: str, backup: tuple[Json, Counter[str]]) -> tuple[str, Json, Counter[str]]:
    """The target, the result, and how often each state ran."""
    target = hurried.pool(ORIGINAL_SUB)
    request = {"snapshot": f"{source}/{backup[0]['snapshot_id']}", "target_user_pool_id": target}
    execution = hurried.cloud.begin(hurried.machine("restore"), request)
    return target, hurried.cloud.finish(execution, seconds=600), _entered(hurried, execution)


def _entered(deployed: Deployed, execution: str) -> Counter[str]:
    return Counter(
        event["stateEnteredEventDetails"]["name"]
        for event in deployed.history(execution)
        if event["type"] == "TaskStateEntered"
    )


def test_a_backup_that_hands_over_after_every_page_saves_everybody(backup: tuple[Json, Counter[str]]) -> None:
    result, entered = backup
    assert result["status"] == "COMPLETE"
    assert result["counts"] == {"users": USERS, "groups": len(GROUPS), "memberships": _memberships()}
    assert entered["ExportUsers"] == len(GROUPS)


def test_each_hand_over_leaves_a_file_behind(hurried: Deployed, source: str, backup: tuple[Json, Counter[str]]) -> None:
    files = [file["path"] for file in hurried.document(backup[0]["manifest"])["files"]]
    assert [path for path in files if path.startswith("users/")] == [
        "users/00-00000.parquet",
        "users/00-00001.parquet",
    ]
    saved = [row["username"] for row in hurried.rows(f"snapshots/{source}/{backup[0]['snapshot_id']}/users/")]
    assert sorted(saved) == sorted(hurried.users(source))


def test_a_restore_that_hands_over_after_every_user_restores_everybody(
    hurried: Deployed, source: str, restore: tuple[str, Json, Counter[str]]
) -> None:
    target, result, entered = restore
    assert result["status"] == "COMPLETE"
    assert result["counts"] == {"created": USERS, "updated": 0, "skipped": 0, "deferred": 0, "failed": 0}
    assert len(hurried.keys(f"restores/{result['restore_id']}/outcomes/users-")) == USERS
    assert entered["RestoreGroups"] == len(GROUPS)
    assert min(entered[state] for state in ("VerifySnapshot", "PlanRestore", "ReadBackUsers", "VerifyTarget")) > 1
    before, after = hurried.users(source), hurried.users(target)
    assert {name: _kept(user) for name, user in after.items()} == {
        name: (user.enabled, {**user.attributes, f"custom:{ORIGINAL_SUB}": user.sub}) for name, user in before.items()
    }
    assert {user.status for user in after.values()} == {"CONFIRMED"}
    assert hurried.memberships(target) == hurried.memberships(source)


def test_the_report_of_many_invocations_is_one(hurried: Deployed, restore: tuple[str, Json, Counter[str]]) -> None:
    report = hurried.document(restore[1]["report"])
    assert report["counts"] == {
        "user": {"created": USERS},
        "group": {"created": len(GROUPS)},
        "membership": {"created": _memberships()},
        "link": {},
        "mfa": {},
    }
    assert report["verification"]["undeclared_differences"] == {}
    outcomes = hurried.rows(f"restores/{restore[1]['restore_id']}/outcomes/")
    assert len(outcomes) == USERS + len(GROUPS) + _memberships()


def _kept(user: Account) -> tuple[bool, dict[str, str]]:
    return user.enabled, dict(user.attributes)


def _memberships() -> int:
    return sum(len(set(user["Groups"])) for user in crowd(USERS, GROUPS))
