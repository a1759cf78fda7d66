"""Migration at sign-in from a pool of another account, through a role that asks for an external id."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.embedded.deployed import ASKING_ROLE, EXTERNAL_ID, ORIGINAL_SUB, Deployed, person
from tests.embedded.migrations import CLAIM, PASSWORD, Move, claims, client, refused
from tests.embedded.test_migration_at_sign_in import BY_MAIL, HIDDEN

OTHER = {"AccessKeyId": "222222222222", "SecretAccessKey": "test"}
TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
}
ASKS = (
    *("AdminInitiateAuth", "AdminGetUser", "AdminListGroupsForUser", "DescribeUserPool", "DescribeUserPoolClient"),
    *("ListUserPoolClients", "GetUserPoolMfaConfig", "ListIdentityProviders", "ListGroups"),
)


@pytest.fixture(scope="module")
def move(deployed: Deployed, idp: Any, own: Any) -> Move:
    theirs = deployed.cloud.client("cognito-idp", keys=OTHER)
    source = theirs.create_user_pool(PoolName="theirs")["UserPool"]["Id"]
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    asking = theirs.create_user_pool_client(UserPoolId=source, ClientName="ask", ExplicitAuthFlows=flows)
    iam, name = deployed.cloud.client("iam", keys=OTHER), ASKING_ROLE.rpartition("/")[2]
    policy = {"Effect": "Allow", "Action": [f"cognito-idp:{asked}" for asked in ASKS], "Resource": "*"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="ask", PolicyDocument=_document(policy))
    target = deployed.pool(ORIGINAL_SUB)
    made = Move(deployed, source, target, client(idp, target), own, asking["UserPoolClient"]["ClientId"])
    made.put(person("ada", "staff", attributes=BY_MAIL), groups=["staff"])
    return made


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_wrong_external_id_is_refused_before_anything_is_written(move: Move) -> None:
    iam, name = move.deployed.cloud.client("iam", keys=OTHER), ASKING_ROLE.rpartition("/")[2]
    asks_another = {**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": "something-else"}}}
    request = {
        "action": "attach",
        "source_user_pool_id": move.source,
        "target_user_pool_id": move.target,
        "source_client_id": move.source_client,
        "source_role_arn": ASKING_ROLE,
    }
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=_document(asks_another))
    try:
        assert move.deployed.refused("migration", request).error == "AccessDenied"
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=_document(TRUST))
    assert move.deployed.keys(f"migrations/{move.target}/") == []


def test_an_external_id_in_the_input_is_refused(move: Move) -> None:
    request = {"action": "attach", "target_user_pool_id": move.target, "source_external_id": EXTERNAL_ID}
    found = move.deployed.refused("migration", request)
    assert (found.error, EXTERNAL_ID in found.message) == ("InvalidRequest", False)


def test_people_of_another_account_move_and_the_machine_says_what_it_cannot_reach(move: Move) -> None:
    attached = move.attach(source_role_arn=ASKING_ROLE)
    assert any("another account" in warning for warning in attached["warnings"])
    assert EXTERNAL_ID not in move.deployed.content(f"migrations/{move.target}/settings.json").decode()
    assert refused(move.sign_in, "ada", "Not-the-password-1") == HIDDEN
    answer = move.sign_in("ada", PASSWORD)
    assert claims(answer)[CLAIM]
    assert claims(answer)["cognito:groups"] == ["staff"]
    for action in ("status", "finish"):
        request = {"action": action, "source_user_pool_id": move.source, "target_user_pool_id": move.target}
        found = move.deployed.refused("migration", request)
        assert found.error == "TargetMismatch"
        assert "another account" in found.message
