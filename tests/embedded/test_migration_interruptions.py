"""A migration whose functions are killed, at any call: what was begun is ended by the next attempt, once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.deployed import Deployed, person
from tests.embedded.migrations import CLAIM, Move, claims, moving, refused
from tests.embedded.test_migration_at_sign_in import BY_MAIL


@pytest.fixture
def move(deployed: Deployed, idp: Any, own: Any) -> Move:
    made = moving(deployed, idp, own, UsernameConfiguration={"CaseSensitive": False})
    made.put(person("ada", "staff", "admins", attributes=BY_MAIL), groups=["staff", "admins"])
    identity = '[{"userId":"1","providerName":"Okta","providerType":"OIDC","primary":true}]'
    made.put(person("okta_1", "staff", attributes={"identities": identity}, UserStatus="EXTERNAL_PROVIDER"))
    return made


def triggers_of(move: Move) -> dict[str, Any]:
    told = move.deployed.idp(move.target).describe_user_pool(UserPoolId=move.target)["UserPool"]
    return dict(told.get("LambdaConfig", {}))


@pytest.mark.parametrize(
    "action",
    ["DescribeUserPool", "ListUserPoolClients", "ListGroups", "ListUsers", "ListUsersInGroup", "UpdateUserPool"],
)
def test_attaching_that_is_killed_ends_attached(move: Move, action: str) -> None:
    with move.deployed.cloud.faults({"action": action, "kill_caller": True}):
        attached = move.attach()
    assert (attached["status"], attached["deferred"]) == ("COMPLETE", 1)
    assert triggers_of(move)["UserMigration"] == move.deployed.outputs["UserMigrationFunctionArn"]
    assert sorted(claims(move.sign_in("ada"))["cognito:groups"]) == ["admins", "staff"]


def test_detaching_that_is_killed_ends_detached(move: Move) -> None:
    move.attach()
    with move.deployed.cloud.faults({"action": "UpdateUserPool", "kill_caller": True}):
        assert move.run("detach")["status"] == "COMPLETE"
    assert not {"UserMigration", "PreTokenGeneration"} & triggers_of(move).keys()
    assert move.deployed.keys(f"deferred/{move.target}/open") == []


@pytest.mark.parametrize("action", ["AdminInitiateAuth", "AdminGetUser", "AdminListGroupsForUser"])
def test_a_first_sign_in_whose_function_is_killed_leaves_nobody_and_the_next_one_works(move: Move, action: str) -> None:
    move.attach()
    with move.deployed.cloud.faults({"action": action, "user_pool_id": move.source, "kill_caller": True}):
        refused(move.sign_in, "ada")
    assert move.names() == set()
    answer = move.sign_in("ada")
    assert sorted(claims(answer)["cognito:groups"]) == ["admins", "staff"]
    assert claims(answer)[CLAIM]
    assert move.names() == {"ada"}


@pytest.mark.parametrize("after", [0, 1])
def test_a_token_whose_function_is_killed_gives_everything_back_the_next_time(move: Move, after: int) -> None:
    move.attach()
    with move.deployed.cloud.faults({"action": "AdminAddUserToGroup", "after": after, "kill_caller": True}):
        refused(move.sign_in, "ada")
    assert sorted(claims(move.sign_in("ada"))["cognito:groups"]) == ["admins", "staff"]
    assert {group for group, name in move.deployed.memberships(move.target) if name == "ada"} == {"staff", "admins"}


def test_an_end_that_is_killed_ends(move: Move) -> None:
    move.attach()
    with move.deployed.cloud.faults(
        {"action": "AdminCreateUser", "kill_caller": True}, {"action": "UpdateUserPool", "kill_caller": True}
    ):
        finished = move.run("finish")
    assert (finished["status"], finished["counts"]["not_yet"]) == ("COMPLETE", 0)
    assert "UserMigration" not in triggers_of(move)
    assert move.names() == {"ada"}


def test_a_slow_source_makes_nobody_wait_longer_than_cognito_does(move: Move) -> None:
    """The call is given up, another attempt of Cognito's finds the source quicker; in the end there is one user."""
    move.attach()
    slow = {"action": "AdminInitiateAuth", "user_pool_id": move.source, "latency_ms": 6_000, "times": 1}
    with move.deployed.cloud.faults(slow):
        assert claims(move.sign_in("ada"))[CLAIM]
    assert move.names() == {"ada"}
