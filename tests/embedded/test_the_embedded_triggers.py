"""The Lambda triggers of the embedded cloud at a sign-in: migration, tokens, coming back from a provider. See
`local/layer`. No stack is needed."""

from __future__ import annotations

import base64
import io
import itertools
import json
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import Cloud, SignInRefused, running

Json = dict[str, Any]
TYPED, CHOSEN, WEAK = "Typed-by-Ada-1", "Chosen-by-Ada-2", "weak"
MAIL, PHONE = "ada@example.com", "+12345550100"
BY_MAIL = {"email": MAIL, "email_verified": "true"}
GROUPS = ("staff", "guests", "plain")
MIGRATED = {"userAttributes": BY_MAIL, "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS"}
SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "x"}}
OKTA = {
    "ProviderName": "Okta",
    "ProviderType": "OIDC",
    "ProviderDetails": {"client_id": "x", "oidc_issuer": "https://o.example.com", "authorize_scopes": "openid"},
    "AttributeMapping": {"email": "mail", "username": "sub"},
}
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
WRONG, UNKNOWN, RAISED = "NotAuthorizedException", "UserNotFoundException", "UserLambdaValidationException"
#: Every function notes its events, and may do something to `event` and `response` before it gives the event back.
HANDLER = """
import json, os, time

def handler(event, context):
    with open({log!r}, "a") as log:
        log.write(json.dumps(event) + "\\n")
    response = event["response"]
{answer}
    return event
"""
#: Migrates whoever knows the password.
MIGRATES = """
if event["request"].get("password", {password!r}) != {password!r}:
    raise Exception("Bad password")
response.update({response!r})
"""
_numbers = itertools.count()


@dataclass(frozen=True)
class Function:
    """A Lambda function that notes the events it gets."""

    arn: str
    log: Path

    def events(self) -> list[Json]:
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def sources(self) -> list[str]:
        return [event["triggerSource"] for event in self.events()]


@dataclass(frozen=True)
class World:
    """A cloud, its Cognito as root of the account and as an app without credentials sees it, and what tests make."""

    cloud: Cloud
    idp: Any
    own: Any
    role: str
    folder: Path
    region: str = "us-east-1"

    def function(self, answer: str = "pass", *, seconds: int = 60) -> Function:
        """A function that does so with `event` and `response`."""
        number = next(_numbers)
        log = self.folder / f"events-{number}"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            code = HANDLER.format(log=str(log), answer=textwrap.indent(textwrap.dedent(answer), "    "))
            package.writestr("trigger.py", code)
        made = self.cloud.client("lambda", region=self.region).create_function(
            FunctionName=f"trigger-{number}",
            Runtime="python3.11",
            Role=self.role,
            Handler="trigger.handler",
            Timeout=seconds,
            Code={"ZipFile": archive.getvalue()},
        )
        return Function(str(made["FunctionArn"]), log)

    def allow(self, pool: str, function: Function, **condition: str) -> None:
        """Lets the pool call the function."""
        self.cloud.client("lambda", region=self.region).add_permission(
            FunctionName=function.arn,
            StatementId=f"s{next(_numbers)}",
            Action="lambda:InvokeFunction",
            Principal="cognito-idp.amazonaws.com",
            **{"SourceArn": self.idp.describe_user_pool(UserPoolId=pool)["UserPool"]["Arn"], **condition},
        )

    def pool(self, triggers: Json, **settings: Any) -> str:
        """A case-insensitive pool with these triggers, which it may call: a function each, or (version, function)."""
        config: Json = {}
        for name, given in triggers.items():
            if isinstance(given, tuple):
                config[f"{name}Config"] = {"LambdaVersion": given[0], "LambdaArn": given[1].arn}
            else:
                config[name] = given.arn
        wanted = {"PoolName": "people", "UsernameConfiguration": {"CaseSensitive": False}, **SMS, **settings}
        pool = str(self.idp.create_user_pool(**wanted, LambdaConfig=config)["UserPool"]["Id"])
        for given in triggers.values():
            self.allow(pool, given[1] if isinstance(given, tuple) else given)
        return pool

    def migrating(self, /, **response: Any) -> Callable[..., tuple[str, Function]]:
        """What makes a pool whose function migrates whoever types the right password, answering so."""

        def make(**settings: Any) -> tuple[str, Function]:
            migrates = self.function(MIGRATES.format(password=TYPED, response={**MIGRATED, **response}))
            return self.pool({"UserMigration": migrates}, **settings), migrates

        return make

    def federated(self, triggers: Json, **settings: Any) -> tuple[str, str]:
        """A pool with a provider, and an app whose users come from there."""
        pool = self.pool(triggers, **settings)
        self.idp.create_identity_provider(UserPoolId=pool, **OKTA)
        web = {"SupportedIdentityProviders": ["COGNITO", "Okta"], "CallbackURLs": ["https://a.example.com"]}
        scopes = {"AllowedOAuthFlows": ["code"], "AllowedOAuthScopes": ["openid", "email"]}
        return pool, self.app(pool, **web, **scopes, AllowedOAuthFlowsUserPoolClient=True)

    def app(self, pool: str, **settings: Any) -> str:
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
        wanted = {"ClientName": "app", "ExplicitAuthFlows": [*flows, "ALLOW_REFRESH_TOKEN_AUTH"], **settings}
        return str(self.idp.create_user_pool_client(UserPoolId=pool, **wanted)["UserPoolClient"]["ClientId"])

    def confirmed(self, pool: str, name: str = "ada", **values: str) -> None:
        given = [{"Name": value, "Value": text} for value, text in values.items()]
        self.idp.admin_create_user(UserPoolId=pool, Username=name, MessageAction="SUPPRESS", UserAttributes=given)
        self.idp.admin_set_user_password(UserPoolId=pool, Username=name, Password=TYPED, Permanent=True)

    def link(self, pool: str, name: str) -> None:
        """Makes a local user of who comes back."""
        subject = {"ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "42"}
        self.idp.admin_link_provider_for_user(
            UserPoolId=pool,
            DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": name},
            SourceUser={"ProviderName": "Okta", **subject},
        )

    def come_back(self, pool: str, client: str, **claims: str) -> Json:
        """The same person each time."""
        return self.cloud.federated_sign_in(pool, client, "Okta", "42", **claims)

    def sign_in(self, client: str, name: str = "ada", password: str = TYPED, **members: Any) -> Json:
        parameters = {"USERNAME": name, "PASSWORD": password}
        asked = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters, **members}
        return {**self.own.initiate_auth(**asked), "ClientId": client}

    def respond(self, asked: Json, *, metadata: Json | None = None, **responses: str) -> Json:
        username = asked["ChallengeParameters"]["USER_ID_FOR_SRP"]
        answer: Json = self.own.respond_to_auth_challenge(
            ClientId=asked["ClientId"],
            ChallengeName=asked["ChallengeName"],
            Session=asked["Session"],
            ChallengeResponses={"USERNAME": username, **responses},
            ClientMetadata=metadata or {},
        )
        return answer

    def user(self, pool: str, name: str = "ada") -> Json:
        found = self.idp.admin_get_user(UserPoolId=pool, Username=name)
        values = {attribute["Name"]: attribute["Value"] for attribute in found["UserAttributes"]}
        return {**values, "username": found["Username"], "status": found["UserStatus"]}

    def users(self, pool: str) -> list[str]:
        return [one["Username"] for one in self.idp.list_users(UserPoolId=pool)["Users"]]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """A bare cloud of these tests' own."""
    with running() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def world(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> World:
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = cloud.client("iam").create_role(RoleName="triggers", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    config = Config(signature_version=UNSIGNED, max_pool_connections=60)
    own = boto3.client("cognito-idp", region_name="us-east-1", endpoint_url=cloud.endpoint, config=config)
    return World(cloud, cloud.client("cognito-idp"), own, role, tmp_path_factory.mktemp("events"))


def is_in(answer: Json) -> bool:
    return "AccessToken" in answer.get("AuthenticationResult", {})


def claims(answer: Json, kind: str = "IdToken") -> Json:
    payload = answer.get("AuthenticationResult", answer)[kind].split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "==")))


def refusal(call: Callable[..., object], *arguments: Any, **members: Any) -> tuple[str, str]:
    """The name of the exception that a call is answered with, and its text."""
    with pytest.raises(ClientError) as refused:
        call(*arguments, **members)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


# Migration at a sign-in


def test_a_first_sign_in_makes_the_user_and_a_second_asks_nobody(world: World) -> None:
    pool, migrates = world.migrating()()
    client = world.app(pool)
    assert claims(world.sign_in(client))["email_verified"] is True
    assert (world.user(pool)["status"], world.user(pool)["email"]) == ("CONFIRMED", MAIL)
    assert is_in(world.sign_in(client, "ADA"))
    assert refusal(world.sign_in, client, password="Another-one-2")[0] == WRONG
    assert migrates.sources() == ["UserMigration_Authentication"]
    [called] = world.cloud.triggers(pool)
    assert (called["source"], called["outcome"]) == ("UserMigration_Authentication", "answered")
    assert not [message for message in world.cloud.messages() if message["user_pool_id"] == pool]


def test_the_function_gets_the_documented_event(world: World) -> None:
    pool, migrates = world.migrating()()
    client = world.app(pool)
    world.sign_in(client, "Ada", ClientMetadata={"device": "phone"})
    world.own.forgot_password(ClientId=client, Username="bob", ClientMetadata={"from": "mail"})
    nothing = ["userAttributes", "forceAliasCreation", "enableSMSMFA", "finalUserStatus", "messageAction"]
    common = {
        "version": "1",
        "region": "us-east-1",
        "userPoolId": pool,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client},
        "response": dict.fromkeys([*nothing, "desiredDeliveryMediums"]),
    }
    first, second = migrates.events()
    assert first == {
        **common,
        "triggerSource": "UserMigration_Authentication",
        "userName": "Ada",
        "request": {"password": TYPED, "validationData": {"device": "phone"}, "userAttributes": None},
    }
    assert second == {
        **common,
        "triggerSource": "UserMigration_ForgotPassword",
        "userName": "bob",
        "request": {"clientMetadata": {"from": "mail"}, "validationData": None, "userAttributes": None},
    }


@pytest.mark.parametrize("hides", ["ENABLED", "LEGACY"])
def test_an_error_of_the_function_is_shown_and_leaves_nothing(world: World, hides: str) -> None:
    pool, migrates = world.migrating()()
    client = world.app(pool, PreventUserExistenceErrors=hides)
    text = "UserMigration failed with error Bad password."
    assert refusal(world.sign_in, client, password="wrong") == (RAISED, text)
    assert (world.users(pool), len(migrates.events())) == ([], 1)


@pytest.mark.parametrize(("hides", "refused"), [("ENABLED", WRONG), ("LEGACY", UNKNOWN)])
def test_an_empty_response_is_nobody(world: World, hides: str, refused: str) -> None:
    pool = world.pool({"UserMigration": world.function()})
    client = world.app(pool, PreventUserExistenceErrors=hides)
    assert refusal(world.sign_in, client)[0] == refused
    if hides == "ENABLED":
        assert world.own.forgot_password(ClientId=client, Username="ada")["CodeDeliveryDetails"]["Destination"]
    else:
        assert refusal(world.own.forgot_password, ClientId=client, Username="ada")[0] == UNKNOWN
    assert world.users(pool) == []


@pytest.mark.parametrize(
    "response",
    [
        pytest.param({"userAttributes": {**BY_MAIL, "sub": "1234"}}, id="sub"),
        pytest.param({"userAttributes": {"custom:x": "1"}}, id="not in the schema"),
        pytest.param({"userAttributes": {"email_verified": "true"}}, id="verified but missing"),
        pytest.param({"userAttributes": {**BY_MAIL, "username": "eve"}}, id="another username"),
        pytest.param({"finalUserStatus": "UNCONFIRMED"}, id="status"),
        pytest.param({"messageAction": "RESEND"}, id="message"),
        pytest.param({"desiredDeliveryMediums": ["PIGEON"]}, id="medium"),
        pytest.param({"enableSMSMFA": True}, id="no MFA"),
    ],
)
def test_a_response_that_does_not_fit_makes_nobody(world: World, response: Json) -> None:
    pool, _ = world.migrating(**response)()
    for hides, refused in (("ENABLED", WRONG), ("LEGACY", UNKNOWN)):
        client = world.app(pool, PreventUserExistenceErrors=hides)
        assert refusal(world.sign_in, client)[0] == refused
    assert world.users(pool) == []


@pytest.mark.parametrize("answer", ["event = None", "event = {}", "response['userAttributes'] = {'email': 1}"])
def test_what_is_not_the_event_is_an_exception_even_where_users_are_hidden(world: World, answer: str) -> None:
    pool = world.pool({"UserMigration": world.function(answer)})
    client = world.app(pool, PreventUserExistenceErrors="ENABLED")
    assert refusal(world.sign_in, client) == (UNKNOWN, f"Exception migrating user in app client {client}")


def test_without_permission_for_that_very_pool_the_function_is_not_called(world: World) -> None:
    migrates = world.function("response['userAttributes'] = {}")
    pool = world.pool({})
    world.idp.update_user_pool(UserPoolId=pool, LambdaConfig={"UserMigration": migrates.arn})
    client = world.app(pool)
    assert refusal(world.sign_in, client) == (UNKNOWN, f"Exception migrating user in app client {client}")
    world.allow(pool, migrates, SourceArn="arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_other")
    world.allow(pool, migrates, SourceAccount="111111111111")
    assert refusal(world.sign_in, client)[0] == UNKNOWN
    assert migrates.events() == []
    world.allow(pool, migrates, SourceAccount="000000000000")
    refusal(world.sign_in, client)
    assert len(migrates.events()) == 1


def test_a_function_that_is_gone_is_an_exception(world: World) -> None:
    pool, migrates = world.migrating()()
    world.cloud.client("lambda").delete_function(FunctionName=migrates.arn)
    assert refusal(world.sign_in, world.app(pool))[0] == UNKNOWN


def test_a_slow_function_is_called_three_times_in_all(world: World) -> None:
    slow = world.function("time.sleep(1.5)")
    pool = world.pool({"UserMigration": slow})
    client = world.app(pool)
    with world.cloud.trigger_limit(0.5):
        assert refusal(world.sign_in, client)[0] == UNKNOWN
    assert len(slow.events()) == 3
    [called] = world.cloud.triggers(pool)
    assert (called["attempts"], called["outcome"]) == (3, "UnexpectedLambdaException")


def test_an_attempt_that_is_quick_enough_counts(world: World, tmp_path: Path) -> None:
    """The first attempt is slow, and is still running when the second answers."""
    first = f"{tmp_path}/first"
    slow_once = f"if not os.path.exists({first!r}):\n    open({first!r}, 'w').close()\n    time.sleep(3)\n"
    migrates = world.function(f"{slow_once}response.update({MIGRATED!r})")
    pool = world.pool({"UserMigration": migrates})
    with world.cloud.trigger_limit(1.5):
        assert is_in(world.sign_in(world.app(pool)))
    assert (len(migrates.events()), world.cloud.triggers(pool)[0]["attempts"]) == (2, 2)


def test_a_function_has_five_seconds_unless_a_test_says_otherwise(world: World) -> None:
    assert world.cloud.control("DELETE", "trigger-limit") == {"Seconds": 5.0}


def test_a_function_with_a_time_limit_of_its_own_is_not_called_again(world: World) -> None:
    hurried = world.function("time.sleep(5)", seconds=1)
    pool = world.pool({"UserMigration": hurried})
    assert refusal(world.sign_in, world.app(pool))[0] == RAISED
    assert len(hurried.events()) == 1


def test_fifty_first_sign_ins_of_one_user_make_one(world: World) -> None:
    """By e-mail address, where each would get a username of its own."""
    pool, migrates = world.migrating()(UsernameAttributes=["email"])
    client, together = world.app(pool), threading.Barrier(50)

    def come(_: int) -> Json:
        together.wait()
        return world.sign_in(client, MAIL)

    with world.cloud.trigger_limit(30), ThreadPoolExecutor(50) as people:
        answers = list(people.map(come, range(50)))
    assert {claims(answer)["sub"] for answer in answers} == {world.user(pool, MAIL)["sub"]}
    assert len(world.users(pool)) == 1
    assert 1 <= len(migrates.events()) <= 50


def test_only_a_sign_in_with_a_password_migrates(world: World) -> None:
    pool, migrates = world.migrating()()
    client = world.app(pool)
    srp = {"USERNAME": "ada", "SRP_A": "a" * 64}
    assert refusal(world.sign_in, client, AuthFlow="USER_SRP_AUTH", AuthParameters=srp)[0] == UNKNOWN
    assert refusal(world.idp.admin_get_user, UserPoolId=pool, Username="ada")[0] == UNKNOWN
    closed = world.app(pool, ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    assert refusal(world.sign_in, closed)[0] == "InvalidParameterException"
    secret = world.app(pool, GenerateSecret=True)
    assert refusal(world.sign_in, secret)[0] == WRONG
    assert refusal(world.sign_in, client, password="")[0] == "InvalidParameterException"
    parameters = {"USERNAME": "ada", "PASSWORD": TYPED}
    admin = {"ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters}
    elsewhere = {**admin, "UserPoolId": world.pool({})}
    assert refusal(world.idp.admin_initiate_auth, **elsewhere)[0] == "ResourceNotFoundException"
    assert migrates.events() == []
    assert is_in(world.idp.admin_initiate_auth(UserPoolId=pool, **admin))
    assert len(migrates.events()) == 1


def test_the_pool_may_be_in_another_region(world: World) -> None:
    abroad = replace(world, idp=world.cloud.client("cognito-idp", region="eu-west-1"), region="eu-west-1")
    pool, migrates = abroad.migrating()()
    assert is_in(abroad.sign_in(abroad.app(pool)))
    assert abroad.user(pool)["status"] == "CONFIRMED"
    assert migrates.events()[0]["region"] == "eu-west-1"


@pytest.mark.parametrize("state", ["disabled", "unconfirmed", "federated"])
def test_who_is_there_is_not_migrated(world: World, state: str) -> None:
    pool, migrates = world.migrating()()
    status = {"unconfirmed": "UNCONFIRMED", "federated": "EXTERNAL_PROVIDER"}.get(state, "CONFIRMED")
    world.cloud.put_users(pool, [{"Username": "ada", "UserStatus": status, "Enabled": state != "disabled"}])
    refusal(world.sign_in, world.app(pool))
    assert migrates.events() == []


# Whom the function describes


def test_without_a_status_the_password_has_to_be_reset(world: World) -> None:
    pool, migrates = world.migrating(finalUserStatus=None)()
    client = world.app(pool, PreventUserExistenceErrors="ENABLED")
    world.cloud.forget()
    assert refusal(world.sign_in, client)[0] == "PasswordResetRequiredException"
    assert world.user(pool)["status"] == "RESET_REQUIRED"
    assert refusal(world.sign_in, client)[0] == WRONG  # as imported users, where it is hidden who there is
    world.own.forgot_password(ClientId=client, Username="ada")
    code = world.cloud.inbox(MAIL)[-1]["secret"]
    world.own.confirm_forgot_password(ClientId=client, Username="ada", ConfirmationCode=code, Password=CHOSEN)
    assert is_in(world.sign_in(client, password=CHOSEN))
    assert len(migrates.events()) == 1


def test_the_policy_is_not_held_against_the_password(world: World) -> None:
    policy = {"PasswordPolicy": {"MinimumLength": 90}}
    pool = world.pool({"UserMigration": world.function(f"response.update({MIGRATED!r})")}, Policies=policy)
    for _ in range(2):
        assert is_in(world.sign_in(world.app(pool), password=WEAK))


def test_attributes_are_as_the_function_says_and_what_is_missing_gets_a_default(world: World) -> None:
    schema = [
        {"Name": "name", "Required": True, "Mutable": True},
        {"Name": "birthdate", "Required": True, "Mutable": False},
        {"Name": "tenant", "AttributeDataType": "String", "Mutable": False},
    ]
    values = {"email": MAIL, "email_verified": "false", "custom:tenant": "north"}
    pool, _ = world.migrating(userAttributes=values)(Schema=schema)
    world.sign_in(world.app(pool))
    told = world.user(pool)
    assert {name: told[name] for name in values} == values
    assert (told["name"], told["birthdate"]) == ("-", "1970-01-01")


@pytest.mark.parametrize("medium", ["EMAIL", "SMS"])
def test_unless_suppressed_an_invitation_goes_out(world: World, medium: str) -> None:
    values = {**BY_MAIL, "phone_number": PHONE}
    asked = {"messageAction": None, "desiredDeliveryMediums": ["EMAIL"] if medium == "EMAIL" else None}
    pool, _ = world.migrating(userAttributes=values, **asked)()
    world.cloud.forget()
    assert is_in(world.sign_in(world.app(pool)))
    received = world.cloud.inbox(MAIL if medium == "EMAIL" else PHONE)
    assert [(message["medium"], message["cause"]) for message in received] == [(medium, "AdminCreateUser")]


@pytest.mark.parametrize(
    ("alias", "typed"), [("email", MAIL), ("phone_number", PHONE), ("preferred_username", "Countess")]
)
def test_who_types_an_alias_gets_the_username_of_the_function(world: World, alias: str, typed: str) -> None:
    flag = {} if alias == "preferred_username" else {f"{alias}_verified": "true"}
    pool, migrates = world.migrating(userAttributes={"username": "Ada", alias: typed, **flag})(
        AliasAttributes=["email", "phone_number", "preferred_username"]
    )
    client = world.app(pool)
    assert claims(world.sign_in(client, typed))["cognito:username"] == "ada"
    assert world.users(pool) == ["ada"]
    assert is_in(world.sign_in(client, typed))
    assert is_in(world.sign_in(client, "ada"))
    assert len(migrates.events()) == 1


def test_an_alias_is_no_username(world: World) -> None:
    pool, _ = world.migrating()(AliasAttributes=["email"])
    name, text = refusal(world.sign_in, world.app(pool), MAIL)
    assert (name, text.partition(",")[0]) == (UNKNOWN, "Username cannot be of email format")


@pytest.mark.parametrize("forced", [False, True])
def test_an_alias_of_somebody_else_moves_only_if_forced(world: World, forced: bool) -> None:
    pool, _ = world.migrating(forceAliasCreation=forced)(AliasAttributes=["email"])
    world.confirmed(pool, "eve", **BY_MAIL)
    if forced:
        assert is_in(world.sign_in(world.app(pool)))
        assert (world.user(pool, "eve")["email_verified"], world.user(pool, MAIL)["username"]) == ("false", "ada")
    else:
        assert refusal(world.sign_in, world.app(pool))[0] == UNKNOWN
        assert (world.users(pool), world.user(pool, MAIL)["username"]) == (["eve"], "eve")


def test_a_migrated_user_can_be_given_a_second_factor(world: World) -> None:
    values = {"phone_number": PHONE, "phone_number_verified": "true"}
    pool, _ = world.migrating(userAttributes=values, enableSMSMFA=True)(MfaConfiguration="OPTIONAL")
    world.cloud.forget()
    asked = world.sign_in(world.app(pool))
    assert asked["ChallengeName"] == "SMS_MFA"
    assert is_in(world.respond(asked, SMS_MFA_CODE=world.cloud.inbox(PHONE)[-1]["secret"]))


# Migration by a forgotten password


def test_who_has_forgotten_the_password_is_migrated_and_gets_a_code(world: World) -> None:
    values = {"phone_number": PHONE, "phone_number_verified": "true", "email": MAIL, "email_verified": "false"}
    pool, migrates = world.migrating(finalUserStatus=None, userAttributes=values)()
    client = world.app(pool)
    world.cloud.forget()
    sent = world.own.forgot_password(ClientId=client, Username="ada")["CodeDeliveryDetails"]
    assert (sent["DeliveryMedium"], world.user(pool)["status"]) == ("SMS", "RESET_REQUIRED")
    code = world.cloud.inbox(PHONE)[-1]["secret"]
    world.own.confirm_forgot_password(ClientId=client, Username="ada", ConfirmationCode=code, Password=CHOSEN)
    assert is_in(world.sign_in(client, password=CHOSEN))
    assert migrates.sources() == ["UserMigration_ForgotPassword"]


def test_nobody_gets_a_code_by_an_address_that_is_not_verified(world: World) -> None:
    pool, _ = world.migrating(userAttributes={"email": MAIL, "email_verified": "false"})()
    asked = {"ClientId": world.app(pool), "Username": "ada"}
    assert refusal(world.own.forgot_password, **asked)[0] == "InvalidParameterException"


def test_an_error_is_shown_to_who_has_forgotten_the_password(world: World) -> None:
    pool = world.pool({"UserMigration": world.function("raise ValueError('Nobody of that name')")})
    client = world.app(pool, PreventUserExistenceErrors="ENABLED")
    text = "UserMigration failed with error Nobody of that name."
    assert refusal(world.own.forgot_password, ClientId=client, Username="ada") == (RAISED, text)


# Tokens

ADDS = """
response["claimsOverrideDetails"] = {
    "claimsToAddOrOverride": {"original_sub": "1234", "sub": "x", "aud": "x", "cognito:username": "x", "name": "Ada"},
    "claimsToSuppress": ["email", "iss", "identities"],
}
"""
ADDS_TO_BOTH = """
response["claimsAndScopeOverrideDetails"] = {
    "idTokenGeneration": {"claimsToAddOrOverride": {"original_sub": "1234", "levels": [1, {"a": True}], "exp": 1}},
    "accessTokenGeneration": {
        "claimsToAddOrOverride": {"original_sub": "1234", "client_id": "x", "username": "x", "token_use": "id"},
        "scopesToAdd": ["api/read"],
    },
    "groupOverrideDetails": {"groupsToOverride": ["staff", "admins"], "iamRolesToOverride": [], "preferredRole": None},
}
"""


def test_the_first_version_changes_the_id_token_only_and_not_what_is_protected(world: World) -> None:
    adds = world.function(ADDS)
    pool = world.pool({"PreTokenGeneration": adds}, UserPoolTier="LITE")
    world.confirmed(pool, **BY_MAIL)
    client = world.app(pool)
    answer = world.sign_in(client, ClientMetadata={"not": "told"})
    told = claims(answer)
    assert (told["original_sub"], told["name"], told["cognito:username"], told["aud"]) == ("1234", "Ada", "ada", client)
    assert (told["sub"], "email" in told, "iss" in told) == (world.user(pool)["sub"], False, True)
    assert "original_sub" not in claims(answer, "AccessToken")
    [event] = adds.events()
    assert event == {
        "version": "1",
        "triggerSource": "TokenGeneration_Authentication",
        "region": "us-east-1",
        "userPoolId": pool,
        "userName": "ada",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client},
        "request": {
            "userAttributes": {"sub": told["sub"], **BY_MAIL, "cognito:user_status": "CONFIRMED"},
            "groupConfiguration": {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None},
        },
        "response": {"claimsOverrideDetails": None},
    }


def test_the_second_version_changes_both_tokens_and_is_asked_once(world: World) -> None:
    adds = world.function(ADDS_TO_BOTH)
    pool = world.pool({"PreTokenGeneration": ("V2_0", adds)})
    world.confirmed(pool)
    roles = {name: f"arn:aws:iam::000000000000:role/{name}" for name in ("staff", "guests")}
    groups = ({"GroupName": name, "RoleArn": roles.get(name, ""), "Precedence": n} for n, name in enumerate(GROUPS))
    world.cloud.put_users(pool, [], list(groups))
    for name in GROUPS:
        world.idp.admin_add_user_to_group(UserPoolId=pool, Username="ada", GroupName=name)
    client = world.app(pool)
    answer = world.sign_in(client)
    told, access = claims(answer), claims(answer, "AccessToken")
    assert (told["original_sub"], told["levels"], access["original_sub"]) == ("1234", [1, {"a": True}], "1234")
    assert told["exp"] > time.time()
    assert (access["client_id"], access["username"], access["token_use"]) == (client, "ada", "access")
    assert access["scope"] == "aws.cognito.signin.user.admin api/read"
    assert told["cognito:groups"] == access["cognito:groups"] == ["staff", "admins"]
    assert world.own.get_user(AccessToken=answer["AuthenticationResult"]["AccessToken"])["Username"] == "ada"
    [event] = adds.events()
    assert (event["version"], event["response"]) == ("2", {"claimsAndScopeOverrideDetails": None})
    assert event["request"]["scopes"] == ["aws.cognito.signin.user.admin"]
    assert event["request"]["groupConfiguration"] == {
        "groupsToOverride": list(GROUPS),
        "iamRolesToOverride": [roles["staff"], roles["guests"]],
        "preferredRole": roles["staff"],
    }


def test_the_trigger_says_how_the_tokens_come_about(world: World) -> None:
    watches = world.function()
    pool = world.pool({"PreTokenGeneration": ("V2_0", watches)})
    client = world.app(pool)
    world.idp.admin_create_user(UserPoolId=pool, Username="ada", MessageAction="SUPPRESS", TemporaryPassword=TYPED)
    answer = world.respond(world.sign_in(client), metadata={"step": "2"}, NEW_PASSWORD=CHOSEN)
    tokens = {"REFRESH_TOKEN": answer["AuthenticationResult"]["RefreshToken"]}
    world.own.initiate_auth(ClientId=client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=tokens)
    world.sign_in(client, password=CHOSEN)
    assert watches.sources() == [
        "TokenGeneration_NewPasswordChallenge",
        "TokenGeneration_RefreshTokens",
        "TokenGeneration_Authentication",
    ]
    assert [event["request"].get("clientMetadata") for event in watches.events()] == [{"step": "2"}, None, None]


def test_no_token_is_made_before_the_second_factor_is_there(world: World) -> None:
    adds = world.function(ADDS_TO_BOTH)
    pool = world.pool({"PreTokenGeneration": ("V2_0", adds)}, MfaConfiguration="OPTIONAL")
    world.confirmed(pool, phone_number=PHONE, phone_number_verified="true")
    prefers = {"Enabled": True, "PreferredMfa": True}
    world.idp.admin_set_user_mfa_preference(UserPoolId=pool, Username="ada", SMSMfaSettings=prefers)
    world.cloud.forget()
    asked = world.sign_in(world.app(pool))
    assert (asked["ChallengeName"], adds.events()) == ("SMS_MFA", [])
    answer = world.respond(asked, SMS_MFA_CODE=world.cloud.inbox(PHONE)[-1]["secret"])
    assert (claims(answer)["original_sub"], adds.sources()) == ("1234", ["TokenGeneration_Authentication"])


@pytest.mark.parametrize("groups", [{}, None])
def test_empty_groups_suppress_the_groups_and_none_at_all_keep_them(world: World, groups: Json | None) -> None:
    suppresses = {"claimsToAddOrOverride": {"a": "b"}, "groupOverrideDetails": groups}
    for details, left in ((suppresses, None), ({"claimsToAddOrOverride": {"a": "b"}}, ["staff"])):
        answers = world.function(f"response['claimsOverrideDetails'] = {details!r}")
        pool = world.pool({"PreTokenGeneration": answers})
        world.confirmed(pool)
        world.idp.create_group(UserPoolId=pool, GroupName="staff")
        world.idp.admin_add_user_to_group(UserPoolId=pool, Username="ada", GroupName="staff")
        tokens = world.sign_in(world.app(pool))
        assert [claims(tokens, kind).get("cognito:groups") for kind in ("IdToken", "AccessToken")] == [left, left]


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("raise Exception('Not today')", (RAISED, "PreTokenGeneration failed with error Not today.")),
        ("event = None", ("InvalidLambdaResponseException", "Unrecognizable lambda output")),
        ("response['claimsOverrideDetails'] = {'claimsToAddOrOverride': {'a': [1]}}", ("InvalidLambdaResponse", "")),
        ("time.sleep(1)", ("UnexpectedLambdaException", "PreTokenGeneration invocation failed due to error Socket")),
    ],
)
def test_without_an_answer_to_rely_on_there_are_no_tokens(world: World, answer: str, refused: tuple[str, str]) -> None:
    pool = world.pool({"PreTokenGeneration": world.function(answer)})
    world.confirmed(pool)
    with world.cloud.trigger_limit(0.3 if "sleep" in answer else 5):
        name, text = refusal(world.sign_in, world.app(pool))
    assert (name.startswith(refused[0]), text.startswith(refused[1])) == (True, True), (name, text)


def test_without_permission_there_are_no_tokens(world: World) -> None:
    pool = world.pool({})
    world.idp.update_user_pool(UserPoolId=pool, LambdaConfig={"PreTokenGeneration": world.function().arn})
    world.confirmed(pool)
    text = "PreTokenGeneration invocation failed due to error AccessDeniedException."
    assert refusal(world.sign_in, world.app(pool)) == ("UnexpectedLambdaException", text)


def test_the_lite_plan_changes_no_access_tokens(world: World) -> None:
    newer = {"PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": world.function().arn}}
    lite = world.pool({}, UserPoolTier="LITE")
    unavailable = "FeatureUnavailableInTierException"
    assert refusal(world.idp.update_user_pool, UserPoolId=lite, LambdaConfig=newer)[0] == unavailable
    assert refusal(world.idp.create_user_pool, PoolName="p", UserPoolTier="LITE", LambdaConfig=newer)[0] == unavailable
    other = world.pool({})
    change = {"UserPoolId": other, "LambdaConfig": newer}
    assert refusal(world.idp.update_user_pool, **change, UserPoolTier="LITE")[0] == "TierChangeNotAllowedException"
    world.idp.update_user_pool(**change)


def test_a_migration_and_its_first_tokens_come_in_one_sign_in(world: World) -> None:
    triggers = {
        "UserMigration": world.function(f"response.update({MIGRATED!r})"),
        "PreTokenGeneration": world.function(ADDS),
    }
    pool = world.pool(triggers)
    assert claims(world.sign_in(world.app(pool)))["original_sub"] == "1234"


# Coming back from a provider

SEQUENCE = ("PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "PreTokenGeneration")


def test_the_first_time_makes_a_profile_and_later_times_find_it(world: World) -> None:
    watches = world.function()
    pool, client = world.federated(dict.fromkeys(SEQUENCE, watches))
    first = world.come_back(pool, client, mail=MAIL, name="not mapped")
    assert watches.sources() == [
        "PreSignUp_ExternalProvider",
        "PostConfirmation_ConfirmSignUp",
        "TokenGeneration_HostedAuth",
    ]
    told = world.user(pool, "okta_42")
    assert (told["status"], told["email"], "name" in told) == ("EXTERNAL_PROVIDER", MAIL, False)
    [identity] = json.loads(told["identities"])
    assert (identity["providerName"], identity["userId"], identity["primary"]) == ("Okta", "42", True)
    group = f"{pool}_Okta"
    assert world.idp.list_users_in_group(UserPoolId=pool, GroupName=group)["Users"][0]["Username"] == "okta_42"
    assert (claims(first)["cognito:groups"], claims(first)["sub"]) == ([group], told["sub"])
    assert claims(first, "AccessToken")["scope"].split() == ["openid", "email"]
    again = world.come_back(pool, client, mail="Countess@example.com")
    assert (claims(again)["sub"], claims(again)["email"]) == (told["sub"], "countess@example.com")
    assert watches.sources()[3:] == [
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
        "TokenGeneration_HostedAuth",
    ]
    signs_up, confirmation, tokens = watches.events()[:3]
    blank = {"cognito:email_alias": "", "cognito:phone_number_alias": ""}
    assert signs_up["request"] == {"userAttributes": {**blank, "email": MAIL}, "validationData": {}}
    assert (signs_up["userName"], signs_up["callerContext"]["clientId"]) == ("okta_42", client)
    assert confirmation["request"]["userAttributes"]["cognito:user_status"] == "EXTERNAL_PROVIDER"
    assert tokens["request"]["groupConfiguration"]["groupsToOverride"] == [group]


def test_who_is_linked_comes_in_as_the_local_user(world: World) -> None:
    watches = world.function()
    pool, client = world.federated({"PreSignUp": watches})
    world.confirmed(pool)
    world.link(pool, "ada")
    assert claims(world.come_back(pool, client))["cognito:username"] == "ada"
    assert (world.users(pool), watches.events()) == (["ada"], [])


@pytest.mark.parametrize("whose", ["profile", "linked user"])
def test_who_is_disabled_does_not_come_in(world: World, whose: str) -> None:
    pool, client = world.federated({})
    name = "okta_42"
    if whose == "profile":
        world.come_back(pool, client)
    else:
        world.confirmed(pool, name := "ada")
        world.link(pool, name)
    world.idp.admin_disable_user(UserPoolId=pool, Username=name)
    with pytest.raises(SignInRefused, match="not enabled"):
        world.come_back(pool, client)


def test_a_local_user_with_the_name_of_the_profile_stands_in_its_way(world: World) -> None:
    pool, client = world.federated({})
    world.confirmed(pool, "Okta_42")
    with pytest.raises(SignInRefused, match="User already exists"):
        world.come_back(pool, client)


def test_who_comes_twice_at_once_gets_one_profile(world: World) -> None:
    pool, client = world.federated({"PreSignUp": world.function("time.sleep(0.3)")})
    with ThreadPoolExecutor(2) as people:
        coming = [people.submit(world.come_back, pool, client) for _ in range(2)]
    assert {claims(one.result())["sub"] for one in coming} == {world.user(pool, "okta_42")["sub"]}


def test_who_is_linked_while_signing_up_comes_in_the_next_time(world: World) -> None:
    slow = world.function("time.sleep(1)")
    pool, client = world.federated({"PreSignUp": slow})
    world.confirmed(pool)
    with ThreadPoolExecutor(1) as people:
        coming = people.submit(world.come_back, pool, client)
        while not slow.events():
            time.sleep(0.02)
        world.link(pool, "ada")
        with pytest.raises(SignInRefused, match="Already found an entry for username okta_42"):
            coming.result()
    assert claims(world.come_back(pool, client))["cognito:username"] == "ada"


def test_what_a_trigger_refuses_is_what_the_app_is_told(world: World) -> None:
    refuses = world.function("raise Exception('Members only')")
    pool, client = world.federated({"PreSignUp": refuses})
    with pytest.raises(SignInRefused, match=r"PreSignUp failed with error Members only\."):
        world.come_back(pool, client)
    assert world.users(pool) == []
    pool, client = world.federated({"PostConfirmation": refuses})
    with pytest.raises(SignInRefused, match="PostConfirmation failed"):
        world.come_back(pool, client)
    assert world.users(pool) == ["okta_42"]


def test_what_is_required_has_to_come_from_the_provider_and_what_is_mapped_has_to_be_mutable(world: World) -> None:
    schema = [{"Name": "email", "Required": True, "Mutable": False}]
    pool, client = world.federated({}, Schema=schema)
    with pytest.raises(SignInRefused, match=r"attributes required: \[email\]"):
        world.come_back(pool, client)
    world.come_back(pool, client, mail=MAIL)
    with pytest.raises(SignInRefused, match="Attribute cannot be updated"):
        world.come_back(pool, client, mail=MAIL)


def test_an_app_takes_in_whom_its_providers_send(world: World) -> None:
    pool, _ = world.federated({})
    with pytest.raises(SignInRefused):
        world.come_back(pool, world.app(pool))
