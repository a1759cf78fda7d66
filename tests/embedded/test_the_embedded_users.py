"""Users of the embedded cloud: making them, changing them, and every way in. See `local/layer`. No stack is needed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import struct
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import Cloud, running
from local.layer.held_sign_ins import Held, HeldSignIns
from local.layer.operations import Refused

Json = dict[str, Any]
TEMPORARY, CHOSEN, OTHER = "Temporary-1", "Chosen-by-Ada-1", "Another-one-2"
MAIL, PHONE = "ada@example.com", "+12345550100"
VERIFIED = {"email": MAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
BY_MAIL, BY_PHONE = dict(list(VERIFIED.items())[:2]), dict(list(VERIFIED.items())[2:])
SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "x"}}
SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/a@example.com"}
GOOGLE = {
    "ProviderName": "Google",
    "ProviderType": "Google",
    "ProviderDetails": {"client_id": "x", "client_secret": "y", "authorize_scopes": "openid"},
}
OKTA = {
    "ProviderName": "Okta",
    "ProviderType": "OIDC",
    "ProviderDetails": {"client_id": "x", "oidc_issuer": "https://o.example.com", "authorize_scopes": "openid"},
    "AttributeMapping": {"email": "email"},
}
#: Every kind of pool: what it is made with, and the names that somebody with both addresses signs in by.
POOLS: dict[str, tuple[Json, tuple[str, ...]]] = {
    "usernames": ({}, ("ada",)),
    "e-mail addresses": ({"UsernameAttributes": ["email"]}, (MAIL,)),
    "phone numbers": ({"UsernameAttributes": ["phone_number"]}, (PHONE,)),
    "both": ({"UsernameAttributes": ["email", "phone_number"]}, (MAIL, PHONE)),
    "aliases": (
        {"AliasAttributes": ["email", "phone_number", "preferred_username"]},
        ("ada", MAIL, PHONE, "countess"),
    ),
}
WAYS = [(kind, name) for kind, (_, names) in POOLS.items() for name in names]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """A bare cloud of these tests' own."""
    with running() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def idp(cloud: Cloud) -> Any:
    return cloud.client("cognito-idp")


@pytest.fixture(scope="module")
def own(cloud: Cloud) -> Any:
    """Cognito as an app without credentials sees it."""
    config = Config(signature_version=UNSIGNED)
    return boto3.client("cognito-idp", region_name="us-east-1", endpoint_url=cloud.endpoint, config=config)


def make(idp: Any, **settings: Any) -> str:
    """A case-insensitive pool that can send text messages."""
    wanted = {"PoolName": "people", "UsernameConfiguration": {"CaseSensitive": False}, **SMS, **settings}
    return str(idp.create_user_pool(**wanted)["UserPool"]["Id"])


def app(idp: Any, pool: str, **settings: Any) -> str:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
    made = idp.create_user_pool_client(UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows, **settings)
    return str(made["UserPoolClient"]["ClientId"])


def given(values: Mapping[str, str] | None = None, /, **more: str) -> list[Json]:
    return [{"Name": name, "Value": value} for name, value in {**(values or {}), **more}.items()]


def create(idp: Any, pool: str, name: str = "ada", values: Mapping[str, str] | None = None, **members: Any) -> Json:
    """AdminCreateUser with a temporary password, telling nobody."""
    wanted = {"MessageAction": "SUPPRESS", "TemporaryPassword": TEMPORARY, **members}
    wanted = {member: value for member, value in wanted.items() if value is not None}
    user: Json = idp.admin_create_user(UserPoolId=pool, Username=name, UserAttributes=given(values), **wanted)["User"]
    return user


def confirmed(idp: Any, kind: str) -> tuple[str, str]:
    """A pool of that kind and its app, with somebody who has both addresses and chose a password."""
    settings, names = POOLS[kind]
    pool = make(idp, **settings)
    user = create(idp, pool, names[0], VERIFIED)["Username"]
    set_password(idp, pool, user)
    if kind == "aliases":
        update(idp, pool, user, preferred_username="countess")
    return pool, app(idp, pool)


def set_password(idp: Any, pool: str, name: str, password: str = CHOSEN, *, permanent: bool = True) -> None:
    idp.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=permanent)


def update(idp: Any, pool: str, name: str, /, **values: str) -> None:
    idp.admin_update_user_attributes(UserPoolId=pool, Username=name, UserAttributes=given(values))


def values(idp: Any, pool: str, name: str = "ada") -> dict[str, str]:
    found = idp.admin_get_user(UserPoolId=pool, Username=name)["UserAttributes"]
    return {attribute["Name"]: attribute["Value"] for attribute in found}


def status(idp: Any, pool: str, name: str = "ada") -> str:
    return str(idp.admin_get_user(UserPoolId=pool, Username=name)["UserStatus"])


def refusal(call: Callable[..., object], *arguments: Any, **members: Any) -> str:
    """The name of the exception that a call is answered with."""
    with pytest.raises(ClientError) as refused:
        call(*arguments, **members)
    return str(refused.value.response["Error"]["Code"])


def sign_in(own: Any, client: str, name: str = "ada", password: str = CHOSEN, **more: str) -> Json:
    parameters = {"USERNAME": name, "PASSWORD": password, **more}
    answer: Json = own.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    return {**answer, "ClientId": client}


def respond(own: Any, asked: Json, name: str | None = None, /, **responses: str) -> Json:
    """The answer to a challenge, by the actual username unless told otherwise."""
    username = name or asked["ChallengeParameters"]["USER_ID_FOR_SRP"]
    answer: Json = own.respond_to_auth_challenge(
        ClientId=asked["ClientId"],
        ChallengeName=asked["ChallengeName"],
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": username, **responses},
    )
    return {**answer, "ClientId": asked["ClientId"]}


def is_in(answer: Json) -> bool:
    return "AccessToken" in answer.get("AuthenticationResult", {})


def secrets_of(cloud: Cloud, to: str) -> list[str]:
    return [message["secret"] for message in cloud.inbox(to)]


def totp(secret: str) -> str:
    """The code of a software token now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time() // 30))
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


# Making users


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"phone_number": "0555 0100"}, id="no phone number"),
        pytest.param({"email": "ada"}, id="no e-mail address"),
        pytest.param({"birthdate": "02/01/1985"}, id="no date"),
        pytest.param({"email": MAIL, "email_verified": "yes"}, id="no boolean"),
        pytest.param({"custom:age": "old"}, id="no number"),
        pytest.param({"custom:age": "200"}, id="a number out of range"),
        pytest.param({"email_verified": "true"}, id="verified but missing"),
        pytest.param({"phone_number_verified": "true"}, id="verified but no number"),
    ],
)
def test_values_have_to_be_what_their_attributes_are(idp: Any, wrong: dict[str, str]) -> None:
    age = {"Name": "age", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "150"}}
    pool = make(idp, Schema=[{**age, "Mutable": True}])
    assert refusal(create, idp, pool, values=wrong) == "InvalidParameterException"
    create(idp, pool)
    assert refusal(update, idp, pool, "ada", **wrong) == "InvalidParameterException"


def test_what_a_user_has_can_be_marked_as_verified(idp: Any) -> None:
    pool = make(idp)
    create(idp, pool, values={"email": MAIL})
    update(idp, pool, "ada", email_verified="true")
    assert values(idp, pool)["email_verified"] == "true"
    by_mail = make(idp, UsernameAttributes=["email"])
    create(idp, by_mail, MAIL, {"email_verified": "true"})


@pytest.mark.parametrize("name", ["ada lovelace", "a" * 129, "ada\n"])
def test_a_username_has_no_white_space_and_is_not_too_long(idp: Any, name: str) -> None:
    assert refusal(create, idp, make(idp), name) == "InvalidParameterException"


def test_what_is_required_may_come_later_unless_it_cannot(idp: Any) -> None:
    pool = make(idp, Schema=[{"Name": "name", "Required": True, "Mutable": True}])
    create(idp, pool)
    fixed = make(idp, Schema=[{"Name": "name", "Required": True, "Mutable": False}])
    assert refusal(create, idp, fixed) == "InvalidParameterException"
    create(idp, fixed, values={"name": "Ada"})


def test_who_is_made_without_a_password_where_codes_will_do_is_confirmed(idp: Any, own: Any) -> None:
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = make(idp, Policies=factors, Schema=[{"Name": "name", "Required": True, "Mutable": True}])
    named = {"name": "Ada"}
    assert refusal(create, idp, pool, values=named, TemporaryPassword=None) == "InvalidParameterException"
    assert refusal(create, idp, pool, values=BY_MAIL, TemporaryPassword=None) == "InvalidParameterException"
    made = create(idp, pool, values={**BY_MAIL, **named}, TemporaryPassword=None)
    assert (made["UserStatus"], status(idp, pool)) == ("CONFIRMED", "CONFIRMED")
    assert refusal(sign_in, own, app(idp, pool)) == "NotAuthorizedException"
    assert create(idp, pool, "bob")["UserStatus"] == "FORCE_CHANGE_PASSWORD"


# Names


@pytest.mark.parametrize(("alias", "name"), [("email", MAIL), ("phone_number", PHONE)])
def test_a_username_does_not_look_like_an_alias(idp: Any, alias: str, name: str) -> None:
    assert refusal(create, idp, make(idp, AliasAttributes=[alias]), name) == "InvalidParameterException"
    other = {"email": "phone_number", "phone_number": "email"}[alias]
    assert create(idp, make(idp, AliasAttributes=[other]), name)["Username"] == name


def test_a_preferred_username_that_is_an_alias_waits_until_the_account_is_confirmed(cloud: Cloud, idp: Any) -> None:
    pool = make(idp, AliasAttributes=["preferred_username"])
    preferred = {"preferred_username": "countess"}
    assert refusal(create, idp, pool, values=preferred) == "InvalidParameterException"
    create(idp, pool)
    cloud.put_users(pool, [{"Username": "eve", "UserStatus": "UNCONFIRMED"}])
    for name in ("ada", "eve"):
        assert refusal(update, idp, pool, name, **preferred) == "InvalidParameterException"
    set_password(idp, pool, "ada")
    update(idp, pool, "ada", **preferred)
    assert idp.admin_get_user(UserPoolId=pool, Username="COUNTESS")["Username"] == "ada"


def test_a_preferred_username_that_is_no_alias_waits_for_nothing(idp: Any) -> None:
    pool = make(idp)
    for name in ("ada", "eve"):
        create(idp, pool, name, {"preferred_username": "countess"})


def test_a_preferred_username_is_nobody_elses_name(idp: Any) -> None:
    pool = make(idp, AliasAttributes=["preferred_username"])
    for name in ("ada", "eve"):
        create(idp, pool, name)
        set_password(idp, pool, name)
    assert refusal(update, idp, pool, "ada", preferred_username="Eve") == "AliasExistsException"
    update(idp, pool, "ada", preferred_username="countess")
    update(idp, pool, "ada", preferred_username="countess")
    assert refusal(update, idp, pool, "eve", preferred_username="countess") == "AliasExistsException"
    assert refusal(create, idp, pool, "countess") == "UsernameExistsException"


def test_an_address_is_the_alias_of_one_user(idp: Any) -> None:
    pool = make(idp, AliasAttributes=["email"])
    create(idp, pool, values=BY_MAIL)
    assert refusal(create, idp, pool, "eve", {**BY_MAIL, "email": MAIL.upper()}) == "AliasExistsException"
    create(idp, pool, "eve", {"email": MAIL})
    assert refusal(update, idp, pool, "eve", email_verified="true") == "AliasExistsException"
    assert idp.admin_get_user(UserPoolId=pool, Username=MAIL)["Username"] == "ada"


def test_an_alias_moves_to_a_new_user_where_that_is_asked_for(idp: Any) -> None:
    pool = make(idp, AliasAttributes=["email"])
    create(idp, pool, values=BY_MAIL)
    create(idp, pool, "eve", BY_MAIL, ForceAliasCreation=True)
    assert idp.admin_get_user(UserPoolId=pool, Username=MAIL)["Username"] == "eve"
    assert values(idp, pool)["email_verified"] == "false"


def test_an_address_that_is_no_alias_may_be_everybodys(idp: Any) -> None:
    pool = make(idp)
    for name in ("ada", "eve"):
        create(idp, pool, name, BY_MAIL)


def test_addresses_and_preferred_usernames_are_lower_case_where_case_does_not_matter(idp: Any) -> None:
    mixed = {"email": "Ada@Example.com", "preferred_username": "Countess", "name": "Ada"}
    create(idp, pool := make(idp), values=mixed)
    lowered = {"email": MAIL, "preferred_username": "countess", "name": "Ada"}
    assert lowered.items() <= values(idp, pool).items()
    create(idp, sensitive := make(idp, UsernameConfiguration={"CaseSensitive": True}), values=mixed)
    assert mixed.items() <= values(idp, sensitive).items()


@pytest.mark.parametrize(
    ("kind", "name"), [("e-mail addresses", MAIL), ("phone numbers", PHONE), ("both", MAIL), ("both", PHONE)]
)
def test_an_address_that_is_the_username_gives_a_uuid_and_is_taken(idp: Any, kind: str, name: str) -> None:
    pool = make(idp, **POOLS[kind][0])
    made = create(idp, pool, name)["Username"]
    found = values(idp, pool, name)
    assert found["sub"] == made
    assert name in found.values()
    assert refusal(create, idp, pool, name) == "UsernameExistsException"
    assert refusal(create, idp, pool, "ada") == "InvalidParameterException"


def test_where_addresses_are_usernames_nobody_gets_that_of_another(idp: Any) -> None:
    pool = make(idp, UsernameAttributes=["email", "phone_number"])
    create(idp, pool, MAIL, {"phone_number": PHONE})
    assert refusal(create, idp, pool, "eve@example.com", {"phone_number": PHONE}) == "AliasExistsException"
    create(idp, pool, "eve@example.com")
    assert refusal(update, idp, pool, "eve@example.com", email=MAIL) == "AliasExistsException"
    update(idp, pool, "eve@example.com", email="evelyn@example.com")
    assert values(idp, pool, "evelyn@example.com")["email_verified"] == "false"


LOOKUPS: dict[str, Json] = {
    "admin_get_user": {},
    "admin_list_groups_for_user": {},
    "admin_add_user_to_group": {"GroupName": "staff"},
    "admin_disable_user": {},
    "admin_enable_user": {},
    "admin_set_user_password": {"Password": CHOSEN, "Permanent": True},
    "admin_update_user_attributes": {"UserAttributes": given(name="Ada")},
    "admin_get_user_auth_factors": {},
}


@pytest.mark.parametrize("operation", LOOKUPS)
def test_an_administrator_names_a_user_by_username_alias_or_sub(idp: Any, operation: str) -> None:
    pool = make(idp, AliasAttributes=["email"])
    idp.create_group(UserPoolId=pool, GroupName="staff")
    create(idp, pool, values=BY_MAIL)
    call = getattr(idp, operation)
    for name in ("ada", MAIL, values(idp, pool)["sub"]):
        call(UserPoolId=pool, Username=name, **LOOKUPS[operation])
    assert refusal(call, UserPoolId=pool, Username="nobody", **LOOKUPS[operation]) == "UserNotFoundException"


def test_the_sub_of_a_federated_user_is_no_name(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    cloud.put_users(pool, [{"Username": "google_1", "UserStatus": "EXTERNAL_PROVIDER"}])
    sub = values(idp, pool, "google_1")["sub"]
    assert refusal(idp.admin_get_user, UserPoolId=pool, Username=sub) == "UserNotFoundException"


# Invitations


@pytest.mark.parametrize(("medium", "to"), [("EMAIL", MAIL), ("SMS", PHONE)])
def test_an_invitation_brings_the_temporary_password(cloud: Cloud, idp: Any, own: Any, medium: str, to: str) -> None:
    pool = make(idp)
    invite: Json = {"MessageAction": None, "TemporaryPassword": None, "DesiredDeliveryMediums": [medium]}
    create(idp, pool, values=VERIFIED, **invite)
    [message] = cloud.inbox(to)
    assert (message["medium"], message["username"], message["cause"]) == (medium, "ada", "AdminCreateUser")
    assert cloud.inbox(PHONE if to == MAIL else MAIL) == []
    asked = sign_in(own, app(idp, pool), password=message["secret"])
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert {note["evidence"] for note in cloud.messages()} == {"delivered", "documented"}


@pytest.mark.parametrize(("medium", "has"), [("EMAIL", BY_PHONE), ("SMS", BY_MAIL)])
def test_an_invitation_needs_the_address_it_goes_to(idp: Any, medium: str, has: dict[str, str]) -> None:
    pool = make(idp)
    invite: Json = {"MessageAction": None, "DesiredDeliveryMediums": [medium]}
    assert refusal(create, idp, pool, values=has, **invite) == "InvalidParameterException"
    assert idp.list_users(UserPoolId=pool)["Users"] == []


@pytest.mark.parametrize(
    ("has", "to"), [(VERIFIED, PHONE), (BY_PHONE, PHONE), (BY_MAIL, MAIL), ({}, "")], ids=["both", "SMS", "e-mail", "-"]
)
def test_an_invitation_goes_by_text_message_unless_told_otherwise(
    cloud: Cloud, idp: Any, has: dict[str, str], to: str
) -> None:
    create(idp, make(idp), values=has, MessageAction=None)
    assert [bool(cloud.inbox(address)) for address in (MAIL, PHONE)] == [to == MAIL, to == PHONE]


def test_an_address_that_is_the_username_can_be_invited(cloud: Cloud, idp: Any) -> None:
    invite: Json = {"MessageAction": None, "DesiredDeliveryMediums": ["EMAIL"]}
    create(idp, make(idp, UsernameAttributes=["email"]), MAIL, **invite)
    assert secrets_of(cloud, MAIL) == [TEMPORARY]


def test_a_pool_that_cannot_text_makes_the_user_and_says_that_it_did_not(cloud: Cloud, idp: Any) -> None:
    pool = str(idp.create_user_pool(PoolName="mute")["UserPool"]["Id"])
    invite: Json = {"MessageAction": None, "DesiredDeliveryMediums": ["SMS"]}
    assert refusal(create, idp, pool, values=BY_PHONE, **invite) == "InvalidParameterException"
    assert status(idp, pool) == "FORCE_CHANGE_PASSWORD"
    assert cloud.inbox(PHONE) == []


def test_who_is_made_silently_hears_nothing(cloud: Cloud, idp: Any) -> None:
    create(idp, make(idp), values=VERIFIED, DesiredDeliveryMediums=["EMAIL", "SMS"])
    assert (cloud.inbox(MAIL), cloud.inbox(PHONE), cloud.messages()) == ([], [], [])


def test_an_invitation_comes_again_with_a_new_password(cloud: Cloud, idp: Any, own: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    create(idp, pool, values=BY_MAIL)
    again: Json = {"MessageAction": "RESEND", "TemporaryPassword": None, "DesiredDeliveryMediums": ["EMAIL"]}
    create(idp, pool, **again)
    [renewed] = secrets_of(cloud, MAIL)
    assert refusal(sign_in, own, client, password=TEMPORARY) == "NotAuthorizedException"
    assert sign_in(own, client, password=renewed)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    set_password(idp, pool, "ada")
    assert refusal(create, idp, pool, **again) == "UnsupportedUserStateException"
    assert refusal(create, idp, pool, "nobody", **again) == "UserNotFoundException"


# Passwords that an administrator sets


def test_a_password_is_permanent_or_temporary(idp: Any) -> None:
    pool = make(idp)
    create(idp, pool)
    set_password(idp, pool, "ada")
    assert status(idp, pool) == "CONFIRMED"
    set_password(idp, pool, "ada", permanent=False)
    assert status(idp, pool) == "FORCE_CHANGE_PASSWORD"


@pytest.mark.parametrize(
    ("name", "password", "error"),
    [
        ("ada", "weak", "InvalidPasswordException"),
        ("ada", "With space-1", "InvalidParameterException"),
        ("nobody", CHOSEN, "UserNotFoundException"),
    ],
)
def test_a_password_is_held_to_the_policy_and_set_for_somebody(idp: Any, name: str, password: str, error: str) -> None:
    pool = make(idp)
    create(idp, pool)
    assert refusal(set_password, idp, pool, name, password) == error


def test_a_federated_user_has_no_password_until_one_is_set(cloud: Cloud, idp: Any, own: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    cloud.put_users(pool, [{"Username": "google_1", "UserStatus": "EXTERNAL_PROVIDER"}])
    assert refusal(sign_in, own, client, "google_1", "anything") == "NotAuthorizedException"
    set_password(idp, pool, "google_1")
    assert status(idp, pool, "google_1") == "CONFIRMED"
    assert is_in(sign_in(own, client, "google_1"))


# Changing users


def test_a_new_address_is_not_verified_and_is_sent_a_code(cloud: Cloud, idp: Any) -> None:
    pool = make(idp, AutoVerifiedAttributes=["email"])
    create(idp, pool, values=VERIFIED)
    update(idp, pool, "ada", email=MAIL, email_verified="true")
    update(idp, pool, "ada", email="new@example.com", email_verified="true")
    assert (values(idp, pool)["email_verified"], cloud.messages()) == ("true", [])
    update(idp, pool, "ada", email="newer@example.com", phone_number="+12345550199")
    found = values(idp, pool)
    assert (found["email_verified"], found["phone_number_verified"]) == ("false", "false")
    assert [message["cause"] for message in cloud.messages()] == ["AdminUpdateUserAttributes"]


def test_an_address_that_has_to_be_verified_first_stays_as_it_was(idp: Any) -> None:
    settings = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    pool = make(idp, AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings=settings)
    create(idp, pool, values=BY_MAIL)
    update(idp, pool, "ada", email="new@example.com", name="Ada")
    assert {**BY_MAIL, "name": "Ada"}.items() <= values(idp, pool).items()
    update(idp, pool, "ada", email="new@example.com", email_verified="true")
    assert values(idp, pool)["email"] == "new@example.com"


def test_a_blank_value_deletes_an_attribute_unless_it_is_required(cloud: Cloud, idp: Any) -> None:
    schema = [{"Name": "name", "Required": True, "Mutable": True}]
    pool = make(idp, Schema=schema, AutoVerifiedAttributes=["email"])
    create(idp, pool, values={**BY_MAIL, "name": "Ada"})
    update(idp, pool, "ada", email="")
    assert set(values(idp, pool)) == {"sub", "name"}
    assert cloud.messages() == []
    assert refusal(update, idp, pool, "ada", name="") == "InvalidParameterException"


def test_a_user_is_modified_by_everything_but_a_membership(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    named = {"UserPoolId": pool, "Username": "ada"}
    idp.create_group(UserPoolId=pool, GroupName="staff")
    idp.create_identity_provider(UserPoolId=pool, **GOOGLE)
    changes: list[tuple[Callable[[], Any], bool]] = [
        (lambda: set_password(idp, pool, "ada"), True),
        (lambda: update(idp, pool, "ada", name="Ada"), True),
        (lambda: idp.admin_disable_user(**named), True),
        (lambda: idp.admin_enable_user(**named), True),
        (lambda: link(idp, pool), True),
        (lambda: idp.admin_add_user_to_group(**named, GroupName="staff"), False),
    ]
    for change, modifies in changes:
        cloud.put_users(pool, [{"Username": "ada", "UserCreateDate": 1_600_000_000}])
        change()
        found = idp.admin_get_user(**named)
        assert found["UserCreateDate"].timestamp() == 1_600_000_000
        assert (found["UserLastModifiedDate"] > found["UserCreateDate"]) is modifies


def test_an_enabled_user_is_in_again(idp: Any, own: Any) -> None:
    pool, client = confirmed(idp, "usernames")
    idp.admin_disable_user(UserPoolId=pool, Username="ada")
    assert refusal(sign_in, own, client) == "NotAuthorizedException"
    idp.admin_enable_user(UserPoolId=pool, Username="ada")
    assert is_in(sign_in(own, client))


# Links to providers


def link(
    idp: Any, pool: str, to: str = "ada", identity: str = "42", provider: str = "Google", by: str = "Cognito_Subject"
) -> None:
    source = {"ProviderName": provider, "ProviderAttributeName": by, "ProviderAttributeValue": identity}
    destination = {"ProviderName": "Cognito", "ProviderAttributeValue": to}
    idp.admin_link_provider_for_user(UserPoolId=pool, DestinationUser=destination, SourceUser=source)


def linking_pool(idp: Any) -> str:
    """A pool with two providers, Ada and Eve."""
    pool = make(idp)
    for provider in (GOOGLE, OKTA):
        idp.create_identity_provider(UserPoolId=pool, **provider)
    for name in ("ada", "eve"):
        create(idp, pool, name)
    return pool


def identities(idp: Any, pool: str, name: str = "ada") -> list[Json]:
    found: list[Json] = json.loads(values(idp, pool, name).get("identities", "[]"))
    return found


def test_a_link_is_an_identity_that_is_not_the_users_own(idp: Any) -> None:
    pool = linking_pool(idp)
    link(idp, pool, to="Ada")
    link(idp, pool, identity="a@example.com", provider="Okta", by="email")
    told = [{name: one[name] for name in ("userId", "providerName", "primary")} for one in identities(idp, pool)]
    assert told == [
        {"userId": "42", "providerName": "Google", "primary": False},
        {"userId": "a@example.com", "providerName": "Okta", "primary": False},
    ]
    listed = {user["Username"]: user["Attributes"] for user in idp.list_users(UserPoolId=pool)["Users"]}
    assert "identities" in {attribute["Name"] for attribute in listed["ada"]}


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"provider": "Facebook"}, "InvalidParameterException"),
        ({"by": "email"}, "InvalidParameterException"),
        ({"provider": "Okta", "by": "name"}, "InvalidParameterException"),
        ({"provider": "Cognito"}, "InvalidParameterException"),
        ({"to": "nobody"}, "UserNotFoundException"),
    ],
    ids=["unknown provider", "social by attribute", "unmapped attribute", "local user as source", "nobody"],
)
def test_a_link_needs_a_provider_an_attribute_and_somebody(idp: Any, how: dict[str, str], error: str) -> None:
    pool = linking_pool(idp)
    assert refusal(link, idp, pool, **how) == error
    assert identities(idp, pool) == []


def test_an_identity_is_linked_once(idp: Any) -> None:
    pool = linking_pool(idp)
    link(idp, pool)
    assert refusal(link, idp, pool) == "InvalidParameterException"
    assert refusal(link, idp, pool, to="eve") == "AliasExistsException"
    assert (len(identities(idp, pool)), identities(idp, pool, "eve")) == (1, [])


def test_who_signed_in_with_a_provider_is_not_merged(cloud: Cloud, idp: Any) -> None:
    pool = linking_pool(idp)
    profile = {"userId": "42", "providerName": "Google", "providerType": "Google", "primary": True}
    federated = {"UserStatus": "EXTERNAL_PROVIDER", "Attributes": given(identities=json.dumps([profile]))}
    cloud.put_users(pool, [{"Username": "google_42", **federated}])
    assert refusal(link, idp, pool) == "InvalidParameterException"
    assert refusal(link, idp, pool, to="google_42", identity="43") == "UserNotFoundException"
    idp.admin_delete_user(UserPoolId=pool, Username="google_42")
    link(idp, pool)


def test_five_identities_are_linked_to_a_user(idp: Any) -> None:
    pool = linking_pool(idp)
    for number in range(5):
        link(idp, pool, identity=str(number))
    assert refusal(link, idp, pool, identity="5") == "LimitExceededException"


def test_a_link_ends_with_its_user(idp: Any) -> None:
    pool = linking_pool(idp)
    link(idp, pool)
    idp.admin_delete_user(UserPoolId=pool, Username="ada")
    create(idp, pool)
    assert identities(idp, pool) == []
    link(idp, pool)
    assert len(identities(idp, pool)) == 1


# Signing in


@pytest.mark.parametrize(("kind", "name"), WAYS)
def test_a_user_signs_in_by_every_name(idp: Any, own: Any, kind: str, name: str) -> None:
    pool, client = confirmed(idp, kind)
    assert is_in(sign_in(own, client, name))
    assert refusal(sign_in, own, client, name, OTHER) == "NotAuthorizedException"
    parameters = {"USERNAME": name, "PASSWORD": CHOSEN}
    admin = {"UserPoolId": pool, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": parameters}
    assert is_in(idp.admin_initiate_auth(ClientId=client, **admin))


@pytest.mark.parametrize(
    ("kind", "name"), [("usernames", MAIL), ("e-mail addresses", PHONE), ("phone numbers", MAIL), ("aliases", "sub")]
)
def test_nothing_else_is_a_name(idp: Any, own: Any, kind: str, name: str) -> None:
    pool, client = confirmed(idp, kind)
    name = values(idp, pool)["sub"] if name == "sub" else name
    assert refusal(sign_in, own, client, name) == "UserNotFoundException"
    hiding = app(idp, pool, PreventUserExistenceErrors="ENABLED")
    assert refusal(sign_in, own, hiding, name) == "NotAuthorizedException"


def test_an_alias_is_none_until_it_is_verified(idp: Any, own: Any) -> None:
    pool, client = confirmed(idp, "aliases")
    update(idp, pool, "ada", email="new@example.com")
    for name in (MAIL, "new@example.com"):
        assert refusal(sign_in, own, client, name) == "UserNotFoundException"
        assert refusal(own.forgot_password, ClientId=client, Username=name) == "UserNotFoundException"


def test_an_address_that_is_the_username_need_not_be_verified(idp: Any, own: Any) -> None:
    pool = make(idp, UsernameAttributes=["email"])
    user = create(idp, pool, MAIL)["Username"]
    set_password(idp, pool, user)
    client = app(idp, pool)
    assert is_in(sign_in(own, client, MAIL))
    assert is_in(sign_in(own, client, user))


def test_an_app_with_a_secret_may_write_a_name_in_any_case(idp: Any, own: Any) -> None:
    secret = "OnlyTheApplicationKnowsThis2026"
    pool, _ = confirmed(idp, "aliases")
    client = app(idp, pool, ClientSecret=secret)

    def proof(name: str) -> str:
        digest = hmac.new(secret.encode(), f"{name}{client}".encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    for name in ("ADA", "Ada@Example.com", "Countess"):
        assert is_in(sign_in(own, client, name, SECRET_HASH=proof(name)))
        assert refusal(sign_in, own, client, name, SECRET_HASH=proof("eve")) == "NotAuthorizedException"
    own.forgot_password(ClientId=client, Username="ADA", SecretHash=proof("ADA"))


@pytest.mark.parametrize(
    ("user", "error"),
    [
        ({"Enabled": False}, "NotAuthorizedException"),
        ({"UserStatus": "UNCONFIRMED"}, "UserNotConfirmedException"),
        ({"UserStatus": "RESET_REQUIRED"}, "PasswordResetRequiredException"),
        ({"UserStatus": "EXTERNAL_PROVIDER", "Password": ""}, "NotAuthorizedException"),
    ],
    ids=["disabled", "unconfirmed", "has to reset", "federated"],
)
def test_not_everybody_is_let_in_with_the_right_password(
    cloud: Cloud, idp: Any, own: Any, user: Json, error: str
) -> None:
    pool = make(idp)
    cloud.put_users(pool, [{"Username": "ada", "Password": CHOSEN, **user}])
    assert refusal(sign_in, own, app(idp, pool)) == error


# A temporary password


@pytest.mark.parametrize(("kind", "name"), [way for way in WAYS if way[1] != "countess"])
def test_a_temporary_password_is_exchanged_for_one_of_the_users_own(idp: Any, own: Any, kind: str, name: str) -> None:
    settings, names = POOLS[kind]
    pool = make(idp, **settings)
    user, client = create(idp, pool, names[0], VERIFIED)["Username"], app(idp, pool)
    asked = sign_in(own, client, name, TEMPORARY)
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert asked["ChallengeParameters"]["USER_ID_FOR_SRP"] == user
    assert json.loads(asked["ChallengeParameters"]["requiredAttributes"]) == []
    assert json.loads(asked["ChallengeParameters"]["userAttributes"])["email"] == MAIL
    assert is_in(respond(own, asked, NEW_PASSWORD=CHOSEN))
    assert status(idp, pool, user) == "CONFIRMED"
    assert is_in(sign_in(own, client, name))
    assert refusal(sign_in, own, client, name, TEMPORARY) == "NotAuthorizedException"


def test_an_administrator_answers_the_challenge_as_well(idp: Any) -> None:
    pool = make(idp)
    create(idp, pool)
    named = {"UserPoolId": pool, "ClientId": app(idp, pool)}
    parameters = {"USERNAME": "ada", "PASSWORD": TEMPORARY}
    asked = idp.admin_initiate_auth(**named, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=parameters)
    challenge = {"ChallengeName": asked["ChallengeName"], "Session": asked["Session"]}
    responses = {"USERNAME": "ada", "NEW_PASSWORD": CHOSEN}
    assert is_in(idp.admin_respond_to_auth_challenge(**named, **challenge, ChallengeResponses=responses))


def test_what_is_required_and_missing_comes_with_the_new_password(idp: Any, own: Any) -> None:
    schema = [{"Name": name, "Required": True, "Mutable": True} for name in ("name", "email")]
    pool = make(idp, Schema=schema)
    create(idp, pool, values=BY_MAIL)
    asked = sign_in(own, app(idp, pool), password=TEMPORARY)
    assert json.loads(asked["ChallengeParameters"]["requiredAttributes"]) == ["userAttributes.name"]
    assert json.loads(asked["ChallengeParameters"]["userAttributes"]) == {**BY_MAIL, "name": ""}
    for wrong, error in (
        ({}, "InvalidParameterException"),
        ({"userAttributes.name": "Ada", "userAttributes.email": "new@example.com"}, "InvalidParameterException"),
        ({"userAttributes.name": "Ada", "userAttributes.custom:unknown": "x"}, "InvalidParameterException"),
        ({"userAttributes.name": "Ada", "userAttributes.email_verified": "true"}, "NotAuthorizedException"),
    ):
        assert refusal(respond, own, asked, **{"NEW_PASSWORD": CHOSEN, **wrong}) == error
    assert status(idp, pool) == "FORCE_CHANGE_PASSWORD"
    answer = respond(own, asked, **{"NEW_PASSWORD": CHOSEN, "userAttributes.name": "Ada"})
    assert is_in(answer)
    assert {**BY_MAIL, "name": "Ada"}.items() <= values(idp, pool).items()


def test_a_new_password_is_held_to_the_policy_and_may_be_tried_again(idp: Any, own: Any) -> None:
    pool = make(idp)
    create(idp, pool)
    asked = sign_in(own, app(idp, pool), password=TEMPORARY)
    assert refusal(respond, own, asked, NEW_PASSWORD="weak") == "InvalidPasswordException"
    assert refusal(respond, own, asked) == "InvalidParameterException"
    assert is_in(respond(own, asked, NEW_PASSWORD=CHOSEN))


def test_a_session_is_for_one_user_one_app_and_once(idp: Any, own: Any) -> None:
    pool = make(idp)
    for name in ("ada", "eve"):
        create(idp, pool, name)
    asked, other = sign_in(own, app(idp, pool), password=TEMPORARY), app(idp, pool)
    new = {"NEW_PASSWORD": CHOSEN}
    assert refusal(respond, own, asked, "eve", **new) == "NotAuthorizedException"
    assert refusal(respond, own, {**asked, "ClientId": other}, **new) == "NotAuthorizedException"
    assert refusal(respond, own, {**asked, "Session": "x" * 40}, **new) == "NotAuthorizedException"
    assert refusal(respond, own, {**asked, "ChallengeName": "SMS_MFA"}, SMS_MFA_CODE="654321") == (
        "NotAuthorizedException"
    )
    without = {"ClientId": other, "ChallengeName": "NEW_PASSWORD_REQUIRED"}
    responses = {"USERNAME": "ada", **new}
    assert refusal(own.respond_to_auth_challenge, **without, ChallengeResponses=responses) == (
        "InvalidParameterException"
    )
    assert status(idp, pool) == "FORCE_CHANGE_PASSWORD"
    assert is_in(respond(own, asked, **new))
    assert refusal(respond, own, asked, **new) == "NotAuthorizedException"


def test_a_session_does_not_outlive_the_users_exclusion(idp: Any, own: Any) -> None:
    pool = make(idp)
    create(idp, pool)
    asked = sign_in(own, app(idp, pool), password=TEMPORARY)
    idp.admin_disable_user(UserPoolId=pool, Username="ada")
    assert refusal(respond, own, asked, NEW_PASSWORD=CHOSEN) == "NotAuthorizedException"


def test_a_session_lasts_for_some_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("local.layer.held_sign_ins.now", lambda: clock[0])
    pool = {"_clients": {"app": {"AuthSessionValidity": 5}}}
    sign_ins = HeldSignIns()
    held = Held("MFA_SETUP", pool, {"Enabled": True}, "app")
    session = {"Session": sign_ins.hold(held)}
    clock[0] = 300
    assert sign_ins.of_session(session, "MFA_SETUP") is held
    clock[0] = 301
    with pytest.raises(Refused, match="Invalid session"):
        sign_ins.of_session(session, "MFA_SETUP")


@pytest.mark.parametrize(("days", "age", "is_good"), [(7, 6.9, True), (7, 7.1, False), (30, 29, True), (1, 1.1, False)])
def test_a_temporary_password_is_good_for_the_days_of_the_policy(
    cloud: Cloud, idp: Any, own: Any, days: int, age: float, is_good: bool
) -> None:
    policy = {"MinimumLength": 8, "TemporaryPasswordValidityDays": days}
    pool = make(idp, Policies={"PasswordPolicy": policy})
    client = app(idp, pool)
    made = {"UserStatus": "FORCE_CHANGE_PASSWORD", "UserCreateDate": time.time() - age * 86400}
    cloud.put_users(pool, [{"Username": "ada", "Password": TEMPORARY, **made}])
    if is_good:
        assert sign_in(own, client, password=TEMPORARY)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    else:
        assert refusal(sign_in, own, client, password=TEMPORARY) == "NotAuthorizedException"


@pytest.mark.parametrize("how", ["AdminSetUserPassword", "RESEND"])
def test_a_new_temporary_password_is_good_for_as_long_again(cloud: Cloud, idp: Any, own: Any, how: str) -> None:
    pool = make(idp)
    made = {"UserStatus": "FORCE_CHANGE_PASSWORD", "UserCreateDate": 1_600_000_000}
    cloud.put_users(pool, [{"Username": "ada", "Password": TEMPORARY, "Attributes": given(BY_MAIL), **made}])
    if how == "RESEND":
        create(idp, pool, MessageAction="RESEND", TemporaryPassword=OTHER)
    else:
        set_password(idp, pool, "ada", OTHER, permanent=False)
    assert sign_in(own, app(idp, pool), password=OTHER)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


# Forgotten passwords


@pytest.mark.parametrize(("kind", "name"), WAYS)
def test_a_forgotten_password_is_reset_by_every_name(cloud: Cloud, idp: Any, own: Any, kind: str, name: str) -> None:
    _, client = confirmed(idp, kind)
    details = own.forgot_password(ClientId=client, Username=name)["CodeDeliveryDetails"]
    assert (details["DeliveryMedium"], details["AttributeName"]) == ("SMS", "phone_number")
    assert details["Destination"].endswith("0100")
    [code] = secrets_of(cloud, PHONE)
    confirm = {"ClientId": client, "Username": name, "Password": OTHER}
    assert refusal(own.confirm_forgot_password, ConfirmationCode="000000", **confirm) == "CodeMismatchException"
    weak = {**confirm, "Password": "weak"}
    assert refusal(own.confirm_forgot_password, ConfirmationCode=code, **weak) == "InvalidPasswordException"
    own.confirm_forgot_password(ConfirmationCode=code, **confirm)
    assert is_in(sign_in(own, client, name, OTHER))
    assert refusal(own.confirm_forgot_password, ConfirmationCode=code, **confirm) == "ExpiredCodeException"


def recovery(*names: str) -> Json:
    mechanisms = [{"Name": name, "Priority": priority} for priority, name in enumerate(names, 1)]
    return {"AccountRecoverySetting": {"RecoveryMechanisms": mechanisms}}


@pytest.mark.parametrize(
    ("settings", "has", "to"),
    [
        ({}, VERIFIED, PHONE),
        ({}, BY_MAIL, MAIL),
        ({}, {**BY_PHONE, "email": MAIL}, PHONE),
        (recovery("verified_email", "verified_phone_number"), VERIFIED, MAIL),
        (recovery("verified_email", "verified_phone_number"), BY_PHONE, PHONE),
        (recovery("verified_email"), VERIFIED, MAIL),
    ],
    ids=["SMS is preferred", "e-mail alone", "e-mail unverified", "e-mail first", "no e-mail", "only e-mail"],
)
def test_a_code_goes_by_one_channel_and_no_other(
    cloud: Cloud, idp: Any, own: Any, settings: Json, has: dict[str, str], to: str
) -> None:
    pool = make(idp, **settings)
    mailbox = f"{pool.lower()}@example.com"
    has = {name: mailbox if name == "email" else value for name, value in has.items()}
    create(idp, pool, values=has)
    set_password(idp, pool, "ada")
    own.forgot_password(ClientId=app(idp, pool), Username="ada")
    assert [bool(cloud.inbox(address)) for address in (mailbox, PHONE)] == [to == MAIL, to == PHONE]
    assert bool(mailed(cloud, mailbox)) is (to == MAIL)


def mailed(cloud: Cloud, address: str) -> list[str]:
    """The codes in the emulator's mailbox, which holds e-mail only."""
    with urllib.request.urlopen(f"{cloud.endpoint}/_ministack/ses/messages", timeout=10) as answer:  # noqa: S310
        mails = [mail for account in json.load(answer)["messages"].values() for mail in account]
    return [code for mail in mails if address in mail["To"] for code in re.findall(r"\b\d{6}\b", mail["BodyText"])]


def test_a_code_does_not_go_by_the_channel_of_mfa(cloud: Cloud, idp: Any, own: Any) -> None:
    pool = mfa_pool(idp)
    create(idp, pool, values=VERIFIED)
    set_password(idp, pool, "ada")
    idp.admin_set_user_mfa_preference(UserPoolId=pool, Username="ada", SMSMfaSettings={"Enabled": True})
    own.forgot_password(ClientId=app(idp, pool), Username="ada")
    assert (len(cloud.inbox(MAIL)), cloud.inbox(PHONE)) == (1, [])


def test_a_pool_that_cannot_text_sends_no_code_to_a_phone(cloud: Cloud, idp: Any, own: Any) -> None:
    pool = str(idp.create_user_pool(PoolName="mute")["UserPool"]["Id"])
    client = app(idp, pool)
    for name, has in (("ada", VERIFIED), ("eve", BY_PHONE)):
        create(idp, pool, name, has)
        set_password(idp, pool, name)
    own.forgot_password(ClientId=client, Username="ada")
    assert (len(cloud.inbox(MAIL)), cloud.inbox(PHONE)) == (1, [])
    assert refusal(own.forgot_password, ClientId=client, Username="eve") == "InvalidParameterException"


def test_who_has_to_reset_the_password_is_confirmed_by_doing_so(cloud: Cloud, idp: Any, own: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    create(idp, pool, values=BY_MAIL)
    set_password(idp, pool, "ada")
    idp.admin_reset_user_password(UserPoolId=pool, Username="ada")
    assert (status(idp, pool), len(cloud.inbox(MAIL))) == ("RESET_REQUIRED", 1)
    assert refusal(sign_in, own, client) == "PasswordResetRequiredException"
    own.forgot_password(ClientId=client, Username="ada")
    code = secrets_of(cloud, MAIL)[-1]
    own.confirm_forgot_password(ClientId=client, Username="ada", ConfirmationCode=code, Password=OTHER)
    assert status(idp, pool) == "CONFIRMED"
    assert is_in(sign_in(own, client, password=OTHER))


# A second factor


def mfa_pool(idp: Any, required: str = "OPTIONAL", *, token: bool = True, **settings: Any) -> str:
    pool = make(idp, EmailConfiguration=SES, **settings)
    factors: Json = {
        "SmsMfaConfiguration": SMS,
        "EmailMfaConfiguration": {"Message": "{####}", "Subject": "code"},
        "SoftwareTokenMfaConfiguration": {"Enabled": token},
    }
    idp.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration=required, **factors)
    return pool


@pytest.mark.parametrize(
    ("has", "challenge", "to"), [(BY_MAIL, "EMAIL_OTP", MAIL), (VERIFIED, "EMAIL_OTP", MAIL)], ids=["e-mail", "both"]
)
def test_required_mfa_follows_a_new_password(
    cloud: Cloud, idp: Any, own: Any, has: dict[str, str], challenge: str, to: str
) -> None:
    pool = mfa_pool(idp, "ON", **recovery("verified_phone_number"))
    create(idp, pool, values=has)
    asked = respond(own, sign_in(own, app(idp, pool), password=TEMPORARY), NEW_PASSWORD=CHOSEN)
    assert (asked["ChallengeName"], is_in(asked)) == (challenge, False)
    [code] = secrets_of(cloud, to)
    assert cloud.inbox(PHONE) == []
    responses = {f"{challenge}_CODE": code}
    assert refusal(respond, own, asked, **{f"{challenge}_CODE": "000000"}) == "CodeMismatchException"
    assert is_in(respond(own, asked, **responses))
    assert refusal(respond, own, asked, **responses) == "NotAuthorizedException"


def test_a_text_message_is_a_second_factor(cloud: Cloud, idp: Any, own: Any) -> None:
    pool = mfa_pool(idp)
    create(idp, pool, values={"phone_number": PHONE})
    set_password(idp, pool, "ada")
    preferred = {"Enabled": True, "PreferredMfa": True}
    idp.admin_set_user_mfa_preference(UserPoolId=pool, Username="ada", SMSMfaSettings=preferred)
    asked = sign_in(own, app(idp, pool))
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == "SMS"
    assert asked["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"].endswith("0100")
    [code] = secrets_of(cloud, PHONE)
    assert is_in(respond(own, asked, SMS_MFA_CODE=code))
    assert values(idp, pool)["phone_number_verified"] == "true"


def test_who_has_no_factor_enrols_a_software_token_before_being_let_in(idp: Any, own: Any) -> None:
    pool = mfa_pool(idp, "ON", **recovery("verified_email"))
    create(idp, pool)
    client = app(idp, pool)
    asked = respond(own, sign_in(own, client, password=TEMPORARY), NEW_PASSWORD=CHOSEN)
    assert asked["ChallengeName"] == "MFA_SETUP"
    assert "SOFTWARE_TOKEN_MFA" in json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"])
    assert refusal(respond, own, asked) == "NotAuthorizedException"
    begun = own.associate_software_token(Session=asked["Session"])
    assert refusal(own.associate_software_token, Session=asked["Session"]) == "NotAuthorizedException"
    assert refusal(own.verify_software_token, Session=begun["Session"], UserCode="000000") == (
        "EnableSoftwareTokenMFAException"
    )
    assert refusal(respond, own, {**asked, "Session": begun["Session"]}) == "NotAuthorizedException"
    verified = own.verify_software_token(Session=begun["Session"], UserCode=totp(begun["SecretCode"]))
    assert verified["Status"] == "SUCCESS"
    assert is_in(respond(own, {**asked, "Session": verified["Session"]}))
    told = idp.admin_get_user(UserPoolId=pool, Username="ada")
    assert (told["UserMFASettingList"], told["PreferredMfaSetting"]) == (["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA")
    again = sign_in(own, client)
    assert again["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert refusal(respond, own, again, SOFTWARE_TOKEN_MFA_CODE="000000") == "CodeMismatchException"
    assert is_in(respond(own, again, SOFTWARE_TOKEN_MFA_CODE=totp(begun["SecretCode"])))


def test_nobody_enrols_a_software_token_where_the_pool_has_none(idp: Any, own: Any) -> None:
    pool = mfa_pool(idp, "ON", token=False, **recovery("verified_email"))
    create(idp, pool)
    set_password(idp, pool, "ada")
    asked = sign_in(own, app(idp, pool))
    assert json.loads(asked["ChallengeParameters"]["MFAS_CAN_SETUP"]) == ["SMS_MFA"]
    assert refusal(own.associate_software_token, Session=asked["Session"]) == "SoftwareTokenMFANotFoundException"
    assert refusal(own.associate_software_token, Session="x" * 40) == "NotAuthorizedException"


def test_a_software_token_is_enrolled_with_an_access_token_too(idp: Any, own: Any) -> None:
    pool = mfa_pool(idp)
    create(idp, pool)
    set_password(idp, pool, "ada")
    client = app(idp, pool)
    token = sign_in(own, client)["AuthenticationResult"]["AccessToken"]
    secret = own.associate_software_token(AccessToken=token)["SecretCode"]
    own.verify_software_token(AccessToken=token, UserCode=totp(secret))
    asked = sign_in(own, client)
    assert is_in(respond(own, asked, SOFTWARE_TOKEN_MFA_CODE=totp(secret)))


def test_a_software_token_is_asked_for_after_a_new_password_too(cloud: Cloud, idp: Any, own: Any) -> None:
    pool = mfa_pool(idp)
    create(idp, pool)
    named = {"UserPoolId": pool, "Username": "ada"}
    secret = cloud.control("PUT", "factors", {**named, "SoftwareToken": True})["SecretCode"]
    asked = respond(own, sign_in(own, app(idp, pool), password=TEMPORARY), NEW_PASSWORD=CHOSEN)
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert is_in(respond(own, asked, SOFTWARE_TOKEN_MFA_CODE=totp(secret)))


def test_the_preferred_factor_goes_before_a_software_token_and_without_one_there_is_a_choice(
    cloud: Cloud, idp: Any, own: Any
) -> None:
    pool = mfa_pool(idp)
    create(idp, pool, values=BY_PHONE)
    set_password(idp, pool, "ada")
    client, named = app(idp, pool), {"UserPoolId": pool, "Username": "ada"}
    secret = cloud.control("PUT", "factors", {**named, "SoftwareToken": True})["SecretCode"]
    idp.admin_set_user_mfa_preference(**named, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    asked = sign_in(own, client)
    assert asked["ChallengeName"] == "SMS_MFA"
    assert is_in(respond(own, asked, SMS_MFA_CODE=secrets_of(cloud, PHONE)[-1]))
    idp.admin_set_user_mfa_preference(**named, SMSMfaSettings={"Enabled": True, "PreferredMfa": False})
    asked = sign_in(own, client)
    assert asked["ChallengeName"] == "SELECT_MFA_TYPE"
    assert sorted(json.loads(asked["ChallengeParameters"]["MFAS_CAN_CHOOSE"])) == ["SMS_MFA", "SOFTWARE_TOKEN_MFA"]
    chosen = respond(own, asked, ANSWER="SOFTWARE_TOKEN_MFA")
    assert is_in(respond(own, chosen, SOFTWARE_TOKEN_MFA_CODE=totp(secret)))


# Users of an import


@pytest.fixture(scope="module")
def import_role(cloud: Cloud) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "cognito-idp.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.client("iam").create_role(RoleName="import", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    cloud.client("iam").put_role_policy(RoleName="import", PolicyName="logs", PolicyDocument=document)
    return str(role)


def imported(idp: Any, pool: str, role: str, row: Mapping[str, str]) -> None:
    """A job that imports one user, to its end."""
    header = idp.get_csv_header(UserPoolId=pool)["CSVHeader"]
    made = idp.create_user_import_job(UserPoolId=pool, JobName="job", CloudWatchLogsRoleArn=role)["UserImportJob"]
    content = "\n".join([",".join(header), ",".join(row.get(column, "") for column in header)]).encode()
    encrypted = {"x-amz-server-side-encryption": "aws:kms"}
    put = urllib.request.Request(made["PreSignedUrl"], data=content, method="PUT", headers=encrypted)  # noqa: S310
    urllib.request.urlopen(put, timeout=10).close()  # noqa: S310
    named = {"UserPoolId": pool, "JobId": made["JobId"]}
    idp.start_user_import_job(**named)
    for _ in range(3):
        job = idp.describe_user_import_job(**named)["UserImportJob"]
    assert (job["Status"], job["ImportedUsers"]) == ("Succeeded", 1)


@pytest.mark.parametrize("kind", POOLS)
def test_an_imported_user_resets_the_password_in_every_kind_of_pool(
    cloud: Cloud, idp: Any, own: Any, import_role: str, kind: str
) -> None:
    settings, names = POOLS[kind]
    pool = make(idp, AutoVerifiedAttributes=["email", "phone_number"], **settings)
    client = app(idp, pool)
    imported(idp, pool, import_role, {**VERIFIED, "cognito:username": names[0]})
    assert status(idp, pool, names[0]) == "RESET_REQUIRED"
    for name in names[: 3 if kind == "aliases" else None]:
        assert refusal(sign_in, own, client, name, "Any-thing-1") == "PasswordResetRequiredException"
    own.forgot_password(ClientId=client, Username=names[-2 if kind == "aliases" else -1])
    code = secrets_of(cloud, PHONE)[-1]
    own.confirm_forgot_password(ClientId=client, Username=names[0], ConfirmationCode=code, Password=CHOSEN)
    assert status(idp, pool, names[0]) == "CONFIRMED"
    assert is_in(sign_in(own, client, names[0]))


def test_an_alias_in_capitals_is_imported_in_small_letters(cloud: Cloud, idp: Any, import_role: str) -> None:
    pool = make(idp, AutoVerifiedAttributes=["email"], AliasAttributes=["email"])
    row = {"cognito:username": "ada", "email": "Ada@Example.com", "email_verified": "true"}
    imported(idp, pool, import_role, {**row, "phone_number_verified": "false"})
    assert values(idp, pool, "ADA@example.com")["email"] == MAIL


def test_an_imported_user_is_grouped_disabled_and_linked_at_once_and_has_mfa_after_the_reset(
    cloud: Cloud, idp: Any, own: Any, import_role: str
) -> None:
    pool = mfa_pool(idp, AutoVerifiedAttributes=["email"])
    idp.create_group(UserPoolId=pool, GroupName="staff")
    idp.create_identity_provider(UserPoolId=pool, **GOOGLE)
    imported(idp, pool, import_role, {**VERIFIED, "cognito:username": "ada"})
    named = {"UserPoolId": pool, "Username": "ada"}
    idp.admin_add_user_to_group(**named, GroupName="staff")
    link(idp, pool)
    idp.admin_disable_user(**named)
    idp.admin_enable_user(**named)
    assert (status(idp, pool), len(identities(idp, pool))) == ("RESET_REQUIRED", 1)
    assert idp.list_users_in_group(UserPoolId=pool, GroupName="staff")["Users"][0]["Username"] == "ada"
    prefer = {**named, "EmailMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    assert refusal(idp.admin_set_user_mfa_preference, **prefer) == "PasswordResetRequiredException"
    client = app(idp, pool)
    own.forgot_password(ClientId=client, Username="ada")
    confirm = {"ClientId": client, "Username": "ada", "Password": CHOSEN}
    own.confirm_forgot_password(ConfirmationCode=secrets_of(cloud, PHONE)[-1], **confirm)
    idp.admin_set_user_mfa_preference(**prefer)
    assert sign_in(own, client)["ChallengeName"] == "EMAIL_OTP"


# A pool that is gone

NAMED = {"Username": "ada"}
GONE: dict[str, Json] = {
    **{operation: {**NAMED, **members} for operation, members in LOOKUPS.items()},
    "admin_create_user": {**NAMED, "MessageAction": "SUPPRESS"},
    "admin_delete_user": NAMED,
    "admin_reset_user_password": NAMED,
    "admin_set_user_mfa_preference": {**NAMED, "SMSMfaSettings": {"Enabled": True}},
    "admin_link_provider_for_user": {
        "DestinationUser": {"ProviderName": "Cognito", "ProviderAttributeValue": "ada"},
        "SourceUser": {
            "ProviderName": "Google",
            "ProviderAttributeName": "Cognito_Subject",
            "ProviderAttributeValue": "42",
        },
    },
    "create_group": {"GroupName": "staff"},
    "update_group": {"GroupName": "staff"},
    "list_users": {},
    "list_groups": {},
    "list_users_in_group": {"GroupName": "staff"},
    "describe_user_pool": {},
    "get_csv_header": {},
    "create_user_import_job": {"JobName": "job", "CloudWatchLogsRoleArn": "arn:aws:iam::000000000000:role/import"},
    "start_user_import_job": {"JobId": "import-abc"},
    "describe_user_import_job": {"JobId": "import-abc"},
}


@pytest.fixture(scope="module")
def gone(idp: Any) -> tuple[str, str]:
    """A pool that was deleted, and its app."""
    pool, client = confirmed(idp, "usernames")
    idp.delete_user_pool(UserPoolId=pool)
    return pool, client


@pytest.mark.parametrize("operation", GONE)
def test_a_pool_that_is_gone_is_not_found(idp: Any, gone: tuple[str, str], operation: str) -> None:
    assert refusal(getattr(idp, operation), UserPoolId=gone[0], **GONE[operation]) == "ResourceNotFoundException"


def test_an_app_of_a_pool_that_is_gone_lets_nobody_in(own: Any, gone: tuple[str, str]) -> None:
    assert refusal(sign_in, own, gone[1]) == "ResourceNotFoundException"
    assert refusal(own.forgot_password, ClientId=gone[1], Username="ada") == "ResourceNotFoundException"
    asked = {"ClientId": gone[1], "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "x" * 40}
    assert refusal(respond, own, asked, "ada", NEW_PASSWORD=CHOSEN) == "ResourceNotFoundException"
