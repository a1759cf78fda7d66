"""Attaching and detaching the sign-in triggers: what changes in the target, what is refused, and for whom they run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.cloud import SignInRefused
from tests.embedded import rich_pool
from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, named, person
from tests.embedded.matrix_pools import SMS
from tests.embedded.migrations import CLAIM, Move, claims, client, moving, refused
from tests.embedded.test_migration_at_sign_in import BY_MAIL, HIDDEN

OKTA = {
    "ProviderName": "Okta",
    "ProviderType": "OIDC",
    "ProviderDetails": {"client_id": "x", "oidc_issuer": "https://o.example.com", "authorize_scopes": "openid"},
    "AttributeMapping": {"email": "mail", "username": "sub"},
}
WEB = {
    "SupportedIdentityProviders": ["COGNITO", "Okta"],
    "CallbackURLs": ["https://a.example.com"],
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "AllowedOAuthFlowsUserPoolClient": True,
}


@pytest.fixture
def move(deployed: Deployed, idp: Any, own: Any) -> Move:
    return moving(deployed, idp, own, UsernameConfiguration={"CaseSensitive": False})


def described(move: Move) -> Json:
    told: Json = move.deployed.idp(move.target).describe_user_pool(UserPoolId=move.target)["UserPool"]
    return {name: value for name, value in told.items() if name != "LastModifiedDate"}


def policy_of(deployed: Deployed, output: str) -> str:
    try:
        return str(deployed.cloud.client("lambda").get_policy(FunctionName=deployed.outputs[output])["Policy"])
    except Exception as error:
        assert "ResourceNotFound" in type(error).__name__, error
        return ""


def test_attaching_and_detaching_leave_everything_else_of_a_pool_alone(
    deployed: Deployed,
    idp: Any,
    own: Any,
) -> None:
    """Of a pool with every kind of setting there is, a token trigger of its own included."""
    rich = rich_pool.make(deployed.cloud, "attached")
    place = {"Name": ORIGINAL_SUB, "AttributeDataType": "String", "Mutable": False}
    idp.add_custom_attributes(UserPoolId=rich.user_pool_id, CustomAttributes=[place])
    move = moving(deployed, idp, own)
    move.target, only = rich.user_pool_id, {"triggers": ["user_migration"]}
    newest = rich_pool.newest(deployed.cloud)
    before = without_dates(rich_pool.configuration(newest, rich.user_pool_id))

    move.run("attach", source_client_id=move.source_client, **only)

    attached = without_dates(rich_pool.configuration(newest, rich.user_pool_id))
    ours = attached["user_pool"]["LambdaConfig"].pop("UserMigration")
    assert ours == deployed.outputs["UserMigrationFunctionArn"]
    assert attached == before
    assert rich.user_pool_id in policy_of(deployed, "UserMigrationFunctionArn")

    move.run("detach", **only)

    assert without_dates(rich_pool.configuration(newest, rich.user_pool_id)) == before
    assert rich.user_pool_id not in policy_of(deployed, "UserMigrationFunctionArn")


def without_dates(told: Json) -> Json:
    return {**told, "user_pool": {k: v for k, v in told["user_pool"].items() if k != "LastModifiedDate"}}


def test_a_pool_keeps_the_external_id_of_its_text_messages(deployed: Deployed, idp: Any, own: Any) -> None:
    move = moving(deployed, idp, own, target={"SmsConfiguration": SMS})
    before = described(move)
    assert before["SmsConfiguration"]["ExternalId"]
    move.attach()
    assert described(move)["SmsConfiguration"] == before["SmsConfiguration"]
    assert '"ExternalId"' not in deployed.content(f"migrations/{move.target}/settings.json").decode()
    move.run("detach")
    assert described(move)["SmsConfiguration"] == before["SmsConfiguration"]


def test_attaching_twice_is_attaching_once(move: Move) -> None:
    move.attach()
    once = described(move)
    move.deployed.cloud.forget()
    move.attach()
    assert described(move) == once
    assert once["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaVersion"] == "V2_0"


def test_a_pool_of_the_lite_plan_gets_the_first_version_of_the_token_trigger(
    deployed: Deployed,
    idp: Any,
    own: Any,
) -> None:
    move = moving(deployed, idp, own, target={"UserPoolTier": "LITE"})
    move.put(person("ada", "staff", attributes=BY_MAIL), groups=["staff"])
    move.attach()
    answer = move.sign_in("ada")
    assert claims(answer)[CLAIM]
    assert claims(answer)["cognito:groups"] == ["staff"]
    assert CLAIM not in claims(answer, "AccessToken")
    assert claims(answer, "AccessToken")["cognito:groups"] == ["staff"]


def test_only_the_pool_that_was_named_may_call_the_functions(move: Move, idp: Any) -> None:
    move.attach()
    stranger = move.deployed.pool(ORIGINAL_SUB, LambdaConfig={
        "UserMigration": move.deployed.outputs["UserMigrationFunctionArn"]
    })  # fmt: skip
    app = client(idp, stranger, PreventUserExistenceErrors="LEGACY")
    move.put(person("ada", attributes=BY_MAIL))
    other = Move(move.deployed, move.source, stranger, app, move.own, move.source_client)
    name, text = refused(other.sign_in, "ada")
    assert (name, text) == ("UserNotFoundException", f"Exception migrating user in app client {app}")
    assert move.asked() == {}


def flowless(move: Move, idp: Any) -> Json:
    idp.update_user_pool_client(UserPoolId=move.target, ClientId=move.client, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    return {}


def secretly_writable(move: Move, idp: Any) -> Json:
    move.target = move.deployed.pool(
        Schema=[{"Name": ORIGINAL_SUB, "AttributeDataType": "String", "Mutable": True}],
    )
    client(idp, move.target, WriteAttributes=[f"custom:{ORIGINAL_SUB}"])
    return {}


def without_place(move: Move, idp: Any) -> Json:
    move.target = move.deployed.pool()
    return {}


def lacking_attribute(move: Move, idp: Any) -> Json:
    idp.add_custom_attributes(
        UserPoolId=move.source, CustomAttributes=[{"Name": "plan", "AttributeDataType": "String", "Mutable": True}]
    )
    return {}


def lacking_group(move: Move, idp: Any) -> Json:
    move.deployed.cloud.put_users(move.source, [], named("staff"))
    return {}


def client_that_cannot_ask(move: Move, idp: Any) -> Json:
    return {"source_client_id": client(idp, move.source)}


def no_such_client(move: Move, idp: Any) -> Json:
    return {"source_client_id": "nobody0client0knows0"}


def another_trigger(move: Move, idp: Any) -> Json:
    there = {"UserMigration": "arn:aws:lambda:us-east-1:000000000000:function:theirs"}
    idp.update_user_pool(UserPoolId=move.target, LambdaConfig=there)
    return {}


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (flowless, "TargetMismatch", "ALLOW_USER_PASSWORD_AUTH"),
        (secretly_writable, "TargetMismatch", "WriteAttributes"),
        (without_place, "TargetMismatch", "custom:original_sub"),
        (lacking_attribute, "TargetMismatch", 'drop_attributes": ["custom:plan"]'),
        (lacking_group, "TargetMismatch", "staff"),
        (client_that_cannot_ask, "InvalidRequest", "source_client_id"),
        (no_such_client, "InvalidRequest", "source_client_id"),
        (another_trigger, "TargetMismatch", "another function as UserMigration"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_cannot_work_is_refused_with_the_way_out_and_nothing_is_half_made(
    move: Move, idp: Any, spoil: Callable[[Move, Any], Json], error: str, said: str
) -> None:
    more = spoil(move, idp)
    move.put(person("okta_1", attributes=BY_MAIL, UserStatus="EXTERNAL_PROVIDER"))
    before = described(move)
    request = {
        "action": "attach",
        "source_user_pool_id": move.source,
        "target_user_pool_id": move.target,
        "source_client_id": move.source_client,
        **more,
    }
    found = move.deployed.refused("migration", request)
    assert (found.error, said in found.message) == (error, True), found
    assert described(move) == before
    assert move.deployed.keys(f"deferred/{move.target}/") == []
    assert move.deployed.keys(f"migrations/{move.target}/") == []
    assert move.target not in policy_of(move.deployed, "UserMigrationFunctionArn")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"action": "attach", "target_user_pool_id": "T"}, "target_user_pool_id"),
        ({"action": "pause", "target_user_pool_id": "us-east-1_T"}, "action"),
        ({"action": "status", "target_user_pool_id": "us-east-1_T"}, "source_user_pool_id"),
        ({"action": "status", "target_user_pool_id": "us-east-1_T", "source_user_pool_id": "us-east-1_T"}, "source"),
        ({"action": "detach", "target_user_pool_id": "us-east-1_T", "credentials": "reset"}, "credentials"),
        ({"action": "attach", "target_user_pool_id": "eu-west-1_T", "triggers": ["token"]}, "another Region"),
        ({"action": "attach", "target_user_pool_id": "us-east-1_T", "source_user_pool_id": "us-east-1_S"}, "client"),
        ({"action": "detach", "target_user_pool_id": "us-east-1_Absent"}, "us-east-1_Absent"),
    ],
)
def test_an_input_that_cannot_be_meant_names_its_field(deployed: Deployed, request_: Json, field: str) -> None:
    found = deployed.refused("migration", request_)
    assert found.error in ("InvalidRequest", "PoolNotFound")
    assert field in found.message


# Federated users, whom no trigger moves


def federated(move: Move, idp: Any, *people: Json) -> str:
    """People of a provider in the source, and an app of the target that they come back through."""
    for pool in (move.source, move.target):
        idp.create_identity_provider(UserPoolId=pool, **OKTA)
    move.put(*people, groups=["staff", "admins"])
    return client(idp, move.target, **WEB)


def provided(user_id: str, *groups: str, **told: Any) -> Json:
    identity = f'[{{"userId":"{user_id}","providerName":"Okta","providerType":"OIDC","primary":true}}]'
    attributes = {"email": f"{user_id}@example.com", "identities": identity, "custom:plan": "gold"}
    return person(f"okta_{user_id}", *groups, attributes=attributes, UserStatus="EXTERNAL_PROVIDER", **told)


@pytest.fixture
def provided_move(deployed: Deployed, idp: Any, own: Any) -> Move:
    return moving(deployed, idp, own, custom=("plan",), UsernameConfiguration={"CaseSensitive": False})


def test_a_federated_user_gets_groups_attributes_and_the_old_sub_back_at_the_first_sign_in(
    provided_move: Move, idp: Any
) -> None:
    move, ada = provided_move, provided("ada1", "staff", "admins")
    app = federated(move, idp, ada)
    move.attach()
    assert move.attached["deferred"] == 1
    old_sub = ada["Attributes"][0]["Value"]

    def come() -> Json:
        tokens = move.deployed.cloud.federated_sign_in(move.target, app, "Okta", "ada1", mail="ada1@example.com")
        return {"AuthenticationResult": tokens}

    first = come()

    assert claims(first)[CLAIM] == old_sub
    assert {"staff", "admins"} <= {*claims(first)["cognito:groups"]}
    made = move.deployed.users(move.target)["okta_ada1"]
    assert made.attributes["custom:plan"] == "gold"
    # The attribute is immutable, and a profile that is there cannot be given it: the record goes on telling it.
    assert "custom:original_sub" not in made.attributes
    assert claims(come())[CLAIM] == old_sub
    assert len(move.records()) == 1
    assert move.deployed.cloud.messages() == []


def test_whoever_signs_up_under_the_name_of_a_federated_user_gets_nothing_of_theirs(
    provided_move: Move, idp: Any
) -> None:
    move = provided_move
    federated(move, idp, provided("ada2", "staff", "admins"))
    move.attach()
    password = "Of-Mallorys-own-1"
    mail = [{"Name": "email", "Value": "mallory@example.com"}]
    move.own.sign_up(ClientId=move.client, Username="okta_ada2", Password=password, UserAttributes=mail)
    idp.admin_confirm_sign_up(UserPoolId=move.target, Username="okta_ada2")
    answer = move.sign_in("okta_ada2", password)
    assert not {CLAIM, "cognito:groups"} & claims(answer).keys()
    assert move.deployed.memberships(move.target) == set()
    assert len(move.records()) == 1


def test_a_federated_user_who_was_disabled_is_disabled_again_and_gets_no_token(provided_move: Move, idp: Any) -> None:
    move = provided_move
    app = federated(move, idp, provided("bad1", "staff", Enabled=False))
    move.attach()
    for said in ("User is disabled.", "User is not enabled"):
        with pytest.raises(SignInRefused, match=said):
            move.deployed.cloud.federated_sign_in(move.target, app, "Okta", "bad1", mail="bad1@example.com")
    assert not move.deployed.users(move.target)["okta_bad1"].enabled
    assert ("staff", "okta_bad1") in move.deployed.memberships(move.target)

    idp.admin_enable_user(UserPoolId=move.target, Username="okta_bad1")
    tokens = move.deployed.cloud.federated_sign_in(move.target, app, "Okta", "bad1", mail="bad1@example.com")
    assert "staff" in claims({"AuthenticationResult": tokens})["cognito:groups"]


def test_attaching_again_gives_nobody_back_what_they_had_a_second_time(provided_move: Move, idp: Any) -> None:
    """Who has come, and was enabled, and left a group, keeps it so."""
    move = provided_move
    app = federated(move, idp, provided("back1", "staff", Enabled=False), provided("late1", "admins"))
    move.attach()
    with pytest.raises(SignInRefused, match="disabled"):
        move.deployed.cloud.federated_sign_in(move.target, app, "Okta", "back1", mail="back1@example.com")
    idp.admin_enable_user(UserPoolId=move.target, Username="okta_back1")
    idp.admin_remove_user_from_group(UserPoolId=move.target, Username="okta_back1", GroupName="staff")
    move.attach()
    tokens = move.deployed.cloud.federated_sign_in(move.target, app, "Okta", "back1", mail="back1@example.com")
    assert "staff" not in claims({"AuthenticationResult": tokens}).get("cognito:groups", ())
    assert move.deployed.users(move.target)["okta_back1"].enabled
    tokens = move.deployed.cloud.federated_sign_in(move.target, app, "Okta", "late1", mail="late1@example.com")
    assert "admins" in claims({"AuthenticationResult": tokens})["cognito:groups"]


def test_what_could_not_be_given_back_is_kept_and_given_at_the_next_token(move: Move) -> None:
    move.put(person("ada", "staff", attributes=BY_MAIL), groups=["staff"])
    move.attach()
    with move.deployed.cloud.faults(
        {"action": "AdminAddUserToGroup", "error": "TooManyRequestsException", "times": None}
    ):
        answer = move.sign_in("ada")
    assert "cognito:groups" not in claims(answer)
    assert len(move.records()) == 1
    assert claims(move.sign_in("ada"))["cognito:groups"] == ["staff"]
    assert move.records() == []


def test_a_restore_keeps_for_federated_users_what_the_token_trigger_alone_gives_back(
    deployed: Deployed,
    idp: Any,
    own: Any,
) -> None:
    move = moving(deployed, idp, own, custom=("plan",), UsernameConfiguration={"CaseSensitive": False})
    ada = provided("eve1", "staff")
    app = federated(move, idp, ada, person("bob", "staff", attributes=BY_MAIL))
    saved = deployed.backup(move.source)
    result = deployed.restore(f"{move.source}/{saved['snapshot_id']}", move.target)
    assert result["counts"]["deferred"] == 1
    attached = deployed.run(
        "migration", {"action": "attach", "target_user_pool_id": move.target, "triggers": ["token"]}
    )
    assert (attached["status"], attached["deferred"]) == ("COMPLETE", 1)
    tokens = deployed.cloud.federated_sign_in(move.target, app, "Okta", "eve1", mail="eve1@example.com")
    told = claims({"AuthenticationResult": tokens})
    assert told[CLAIM] == ada["Attributes"][0]["Value"]
    assert "staff" in told["cognito:groups"]


# What the trigger may ask


def test_the_trigger_may_ask_the_sources_that_the_stack_names_and_no_other(move: Move) -> None:
    move.put(person("ada", attributes=BY_MAIL))
    move.attach()
    function = move.deployed.outputs["UserMigrationFunctionArn"]
    role = move.deployed.cloud.client("lambda").get_function(FunctionName=function)["Configuration"]["Role"]
    name = role.rpartition("/")[2]
    iam = move.deployed.cloud.client("iam")
    [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
    [asks] = [one for one in document["Statement"] if one["Sid"] == "Source"]
    kept = {**document, "Statement": [*document["Statement"]]}
    another = f"{asks['Resource'][0].removesuffix('*')}us-east-1_Another"
    narrowed = [{**one, "Resource": another} if one is asks else one for one in document["Statement"]]
    iam.put_role_policy(
        RoleName=name, PolicyName=policy, PolicyDocument=json.dumps({**document, "Statement": narrowed})
    )
    try:
        assert refused(move.sign_in, "ada")[0] == "UserLambdaValidationException"
        assert "ada" not in move.names()
    finally:
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(kept))
    assert move.sign_in("ada")
    assert refused(move.sign_in, "nobody") == HIDDEN
