"""What every UserPool does: the fake that the fast tests run on, and Cognito as the embedded cloud plays it.

A fake that is kinder than this suite lets bugs through; an adapter that is less than this suite breaks a restore.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.cloud import Cloud
from poolsafe.adapters.cognito import CognitoUserPool
from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, Factors, Group, Page
from poolsafe.domain.target import TargetPool
from poolsafe.errors import AlreadyExists, NotFound, PageTokenRefused, PoolNotFound, Rejected, Throttled
from poolsafe.ports import UserPool
from tests.contract.conftest import MakePool

PASSWORD = "Unguessable-0123456789"
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
ADA = {"email": "ada@example.com", "email_verified": "true"}
PHONE = {"phone_number": "+15555550100", "phone_number_verified": "true"}
SMS, MAIL, TOTP = "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA"
BY_SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "x"}}
BY_MAIL = {"Message": "Your code is {####}", "Subject": "Code"}
MFA = {"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": BY_SMS, "EmailMfaConfiguration": BY_MAIL}


def group(name: str, description: str | None = None, precedence: int | None = None) -> Group:
    return Group(name, description, precedence, None, LONG_AGO, LONG_AGO)


def group_names(pool: UserPool, username: str) -> list[str]:
    return [found.group_name for found in pool.groups_of(username)]


def walk(read: Callable[[str | None], Page[Any]]) -> list[list[Any]]:
    """All pages of a listing."""
    pages, token = [], None
    while True:
        page = read(token)
        pages.append(list(page.items))
        token = page.token
        if token is None:
            return pages


def fill(pool: UserPool, users: int) -> set[str]:
    names = {f"user{number:03d}" for number in range(users)}
    for name in sorted(names):
        pool.create_user(name, {}, PASSWORD)
    return names


# Describing


def test_a_pool_describes_itself_by_its_id_and_schema(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",), max_lengths={"custom:tier": 12})
    target = TargetPool.of(pool.describe())
    assert target.user_pool_id == pool.user_pool_id
    assert {"sub", "email", "custom:tier"} <= target.attribute_names
    assert target.max_lengths["custom:tier"] == 12
    assert (target.case_sensitive, target.username_attributes) == (True, ())


def test_a_pool_tells_which_attributes_it_requires(make_pool: MakePool) -> None:
    assert TargetPool.of(make_pool(required=("email",)).describe()).required == {"email"}


def test_a_pool_tells_how_its_users_sign_in(make_pool: MakePool) -> None:
    target = TargetPool.of(make_pool(username_attributes=("email",), case_sensitive=False).describe())
    assert (target.username_attributes, target.case_sensitive) == (("email",), False)


def test_a_pool_tells_its_aliases_and_how_people_get_in(make_pool: MakePool) -> None:
    described = make_pool(
        alias_attributes=("email", "preferred_username"),
        auto_verified=("email",),
        recovery=("verified_phone_number", "verified_email"),
        mfa={"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}},
        tier="PLUS",
    ).describe()
    assert described["AliasAttributes"] == ["email", "preferred_username"]
    assert described["AutoVerifiedAttributes"] == ["email"]
    mechanisms = described["AccountRecoverySetting"]["RecoveryMechanisms"]
    assert [one["Name"] for one in sorted(mechanisms, key=lambda one: one["Priority"])] == [
        "verified_phone_number",
        "verified_email",
    ]
    assert (described["MfaConfiguration"], described["UserPoolTier"]) == ("OPTIONAL", "PLUS")


def test_a_pool_has_the_standard_attributes_and_tells_their_types(make_pool: MakePool) -> None:
    told = {one["Name"]: one["AttributeDataType"] for one in make_pool().describe()["SchemaAttributes"]}
    assert {name: kind for name, kind in told.items() if kind != "String"} == {
        "email_verified": "Boolean",
        "phone_number_verified": "Boolean",
        "updated_at": "Number",
    }
    assert len(told.keys() - {"identities"}) == 20


def test_a_pool_tells_its_password_policy(make_pool: MakePool) -> None:
    described = make_pool(min_password_length=14).describe()
    assert TargetPool.of(described).password_policy["MinimumLength"] == 14


# Creating users


def test_a_created_user_has_its_attributes_a_sub_and_a_temporary_password(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",))
    attributes = {"email": "ada@example.com", "email_verified": "true", "custom:tier": "gold"}
    created = pool.create_user("ada", attributes, PASSWORD)
    assert (created.username, created.status, created.enabled) == ("ada", FORCE_CHANGE_PASSWORD, True)
    assert created.sub
    assert dict(created.attributes) == attributes


def test_a_created_user_is_found_again_just_so(make_pool: MakePool) -> None:
    pool = make_pool()
    created = pool.create_user("ada", {"email": "ada@example.com"}, PASSWORD)
    found = pool.get_user("ada")
    assert (found.username, found.sub, found.status) == (created.username, created.sub, created.status)
    assert dict(found.attributes) == {"email": "ada@example.com"}
    assert (found.created_at, found.created_at.tzinfo) == (created.created_at, UTC)


def test_a_user_without_attributes_can_be_created(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    assert dict(pool.get_user("ada").attributes) == {}


def test_two_users_never_share_a_sub(make_pool: MakePool) -> None:
    pool = make_pool()
    assert len({pool.create_user(name, {}, PASSWORD).sub for name in ("ada", "bob", "eve")}) == 3


def test_a_username_exists_once(make_pool: MakePool) -> None:
    pool = make_pool()
    first = pool.create_user("ada", {"name": "Ada"}, PASSWORD)
    with pytest.raises(AlreadyExists) as refused:
        pool.create_user("ada", {"name": "Another"}, PASSWORD)
    assert refused.value.code == "UsernameExistsException"
    assert pool.get_user("ada").sub == first.sub
    assert dict(pool.get_user("ada").attributes) == {"name": "Ada"}


@pytest.mark.parametrize("value", ["", " ", "Ünïçødé 名前 🎉", 'comma, "quote"\nnew line\ttab', "x" * 2048])
def test_a_value_comes_back_as_it_went_in(make_pool: MakePool, value: str) -> None:
    pool = make_pool(custom=("custom:note",))
    pool.create_user("ada", {"custom:note": value}, PASSWORD)
    assert pool.get_user("ada").attributes["custom:note"] == value


def test_usernames_are_unicode(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("Ünïçødé-名前", {}, PASSWORD)
    assert pool.get_user("Ünïçødé-名前").username == "Ünïçødé-名前"


@pytest.mark.parametrize("name", ["sub", "identities", "custom:unknown"])
def test_an_attribute_that_an_administrator_may_not_set_is_rejected(make_pool: MakePool, name: str) -> None:
    pool = make_pool()
    with pytest.raises(Rejected) as refused:
        pool.create_user("ada", {name: "value"}, PASSWORD)
    assert refused.value.code == "InvalidParameterException"
    with pytest.raises(NotFound):
        pool.get_user("ada")


def test_a_value_longer_than_the_schema_allows_is_rejected(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",), max_lengths={"custom:tier": 4})
    pool.create_user("fits", {"custom:tier": "gold"}, PASSWORD)
    with pytest.raises(Rejected) as refused:
        pool.create_user("does-not", {"custom:tier": "golden"}, PASSWORD)
    assert refused.value.code == "InvalidParameterException"


def test_the_rejection_of_an_item_tells_the_operation_and_the_code_and_nobody(make_pool: MakePool) -> None:
    with pytest.raises(Rejected) as refused:
        make_pool().create_user("ada-lovelace", {"custom:unknown": "a secret"}, PASSWORD)
    assert str(refused.value) == "AdminCreateUser: InvalidParameterException"


# Finding users


def test_a_user_that_is_not_there_is_not_found(make_pool: MakePool) -> None:
    pool = make_pool()
    calls: list[Callable[[], object]] = [
        lambda: pool.get_user("nobody"),
        lambda: pool.factors_of("nobody"),
        lambda: pool.groups_of("nobody"),
        lambda: pool.set_password("nobody", PASSWORD),
        lambda: pool.set_temporary_password("nobody", PASSWORD),
        lambda: pool.update_attributes("nobody", {"name": "Nobody"}),
        lambda: pool.set_mfa("nobody", (), None),
        lambda: pool.link("nobody", "Google", "1"),
        lambda: pool.disable_user("nobody"),
        lambda: pool.enable_user("nobody"),
    ]
    for call in calls:
        with pytest.raises(NotFound) as missing:
            call()
        assert missing.value.code == "UserNotFoundException"


def test_a_user_without_mfa_says_so_when_asked(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    asked = pool.get_user("ada")
    assert (asked.mfa_methods, asked.preferred_mfa) == ((), None)
    assert pool.factors_of("ada") == Factors((), None)
    [listed] = pool.list_users(None).items
    assert listed.mfa_methods is None


# Inviting users


def test_an_invited_user_has_its_attributes_and_a_temporary_password(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",), mfa=MFA)
    attributes = {**ADA, **PHONE, "custom:tier": "gold"}
    invited = pool.invite_user("ada", attributes, ("EMAIL", "SMS"))
    assert (invited.username, invited.status, invited.enabled) == ("ada", FORCE_CHANGE_PASSWORD, True)
    found = pool.get_user("ada")
    assert (found.sub, found.status, dict(found.attributes)) == (invited.sub, FORCE_CHANGE_PASSWORD, attributes)


def test_nobody_is_invited_twice(make_pool: MakePool) -> None:
    pool = make_pool()
    first = pool.create_user("ada", ADA, PASSWORD)
    with pytest.raises(AlreadyExists) as refused:
        pool.invite_user("ada", {"email": "another@example.com"}, ("EMAIL",))
    assert refused.value.code == "UsernameExistsException"
    assert (pool.get_user("ada").sub, dict(pool.get_user("ada").attributes)) == (first.sub, ADA)


def test_an_invitation_is_sent_again_only_to_who_has_not_answered(make_pool: MakePool) -> None:
    pool = make_pool()
    first = pool.invite_user("ada", ADA, ("EMAIL",))
    pool.resend_invitation("ada", ("EMAIL",))
    again = pool.get_user("ada")
    assert (again.sub, again.status, dict(again.attributes)) == (first.sub, FORCE_CHANGE_PASSWORD, ADA)
    pool.set_password("ada", PASSWORD)
    with pytest.raises(Rejected) as refused:
        pool.resend_invitation("ada", ("EMAIL",))
    assert refused.value.code == "UnsupportedUserStateException"
    assert pool.get_user("ada").status == CONFIRMED


@pytest.mark.parametrize("name", ["sub", "identities", "custom:unknown"])
def test_an_invitation_with_what_an_administrator_may_not_set_is_rejected(make_pool: MakePool, name: str) -> None:
    pool = make_pool()
    with pytest.raises(Rejected) as refused:
        pool.invite_user("ada", {**ADA, name: "value"}, ("EMAIL",))
    assert refused.value.code == "InvalidParameterException"
    with pytest.raises(NotFound):
        pool.get_user("ada")


@pytest.mark.parametrize(
    ("mediums", "attributes"),
    [(("EMAIL",), PHONE), (("SMS",), ADA), (("EMAIL", "SMS"), ADA)],
    ids=["no address", "no phone number", "one of two"],
)
def test_an_invitation_that_has_nowhere_to_go_is_rejected(
    make_pool: MakePool, mediums: tuple[str, ...], attributes: dict[str, str]
) -> None:
    pool = make_pool(mfa=MFA)
    with pytest.raises(Rejected) as refused:
        pool.invite_user("ada", attributes, mediums)
    assert refused.value.code == "InvalidParameterException"
    with pytest.raises(NotFound):
        pool.get_user("ada")


def test_an_invitation_by_a_text_message_that_the_pool_cannot_send_is_rejected_and_has_made_the_user(
    make_pool: MakePool,
) -> None:
    pool = make_pool()
    with pytest.raises(Rejected) as refused:
        pool.invite_user("ada", PHONE, ("SMS",))
    assert refused.value.code == "InvalidParameterException"
    assert (pool.get_user("ada").status, dict(pool.get_user("ada").attributes)) == (FORCE_CHANGE_PASSWORD, PHONE)


# Passwords


def test_a_password_set_for_good_confirms_the_user(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {"name": "Ada"}, PASSWORD)
    pool.set_password("ada", PASSWORD + "2")
    assert pool.get_user("ada").status == CONFIRMED
    assert dict(pool.get_user("ada").attributes) == {"name": "Ada"}


def test_a_password_may_be_set_twice(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    for attempt in (1, 2):
        pool.set_password("ada", f"{PASSWORD}{attempt}")
    assert pool.get_user("ada").status == CONFIRMED


def test_a_temporary_password_makes_the_user_choose_another(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", ADA, PASSWORD)
    pool.set_password("ada", PASSWORD)
    for attempt in (1, 2):
        pool.set_temporary_password("ada", f"{PASSWORD}{attempt}")
        found = pool.get_user("ada")
        assert (found.status, found.enabled, dict(found.attributes)) == (FORCE_CHANGE_PASSWORD, True, ADA)
    pool.set_password("ada", PASSWORD)
    assert pool.get_user("ada").status == CONFIRMED


@pytest.mark.parametrize("weak", ["Short1!", "no-upper-case-1", "NO-LOWER-CASE-1", "No-Digits-Here", "NoSymbolsHere1"])
def test_a_password_against_the_policy_is_rejected(make_pool: MakePool, weak: str) -> None:
    pool = make_pool()
    with pytest.raises(Rejected) as refused:
        pool.create_user("ada", {}, weak)
    assert refused.value.code == "InvalidPasswordException"
    pool.create_user("ada", {}, PASSWORD)
    for set_it in (pool.set_password, pool.set_temporary_password):
        with pytest.raises(Rejected) as refused:
            set_it("ada", weak)
        assert refused.value.code == "InvalidPasswordException"
        assert pool.get_user("ada").status == FORCE_CHANGE_PASSWORD


def test_a_password_as_long_as_the_policy_demands_is_taken(make_pool: MakePool) -> None:
    pool = make_pool(min_password_length=40)
    with pytest.raises(Rejected):
        pool.create_user("ada", {}, "Aa1!" + "x" * 35)
    pool.create_user("ada", {}, "Aa1!" + "x" * 36)


# Attributes


def test_an_update_changes_what_it_names_and_nothing_else(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",))
    created = pool.create_user("ada", {**ADA, "name": "Ada"}, PASSWORD)
    pool.update_attributes("ada", {"name": "Ada Lovelace", "custom:tier": "gold"})
    found = pool.get_user("ada")
    assert dict(found.attributes) == {**ADA, "name": "Ada Lovelace", "custom:tier": "gold"}
    assert (found.sub, found.status, found.enabled) == (created.sub, created.status, True)
    assert found.modified_at >= found.created_at == created.created_at


def test_an_address_is_changed_and_verified_in_one_call(make_pool: MakePool) -> None:
    pool = make_pool(auto_verified=("email",))
    pool.create_user("ada", {"email": "old@example.com", "email_verified": "false"}, PASSWORD)
    pool.update_attributes("ada", ADA)
    assert dict(pool.get_user("ada").attributes) == ADA


@pytest.mark.parametrize(
    "attributes",
    [{"sub": "value"}, {"identities": "[]"}, {"custom:unknown": "value"}, {"custom:fixed": "new"}, {"name": "x" * 9}],
    ids=["sub", "identities", "unknown", "immutable", "too long"],
)
def test_an_update_that_the_schema_forbids_changes_nothing(make_pool: MakePool, attributes: dict[str, str]) -> None:
    pool = make_pool(custom=("custom:fixed",), immutable=("custom:fixed",), max_lengths={"name": 8})
    pool.create_user("ada", {"custom:fixed": "old", "name": "Ada"}, PASSWORD)
    with pytest.raises(Rejected) as refused:
        pool.update_attributes("ada", {"locale": "en", **attributes})
    assert refused.value.code == "InvalidParameterException"
    assert dict(pool.get_user("ada").attributes) == {"custom:fixed": "old", "name": "Ada"}


def test_a_blank_value_deletes_an_attribute_and_a_blank_address_its_flag(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",))
    pool.create_user("ada", {**ADA, "name": "Ada", "custom:tier": "gold"}, PASSWORD)
    pool.update_attributes("ada", {"name": "", "custom:tier": "", "locale": ""})
    assert dict(pool.get_user("ada").attributes) == ADA
    pool.update_attributes("ada", {"email": ""})
    assert dict(pool.get_user("ada").attributes) == {}


def test_another_address_is_not_verified_unless_the_update_says_so(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", ADA, PASSWORD)
    pool.update_attributes("ada", {"email": ADA["email"]})
    assert dict(pool.get_user("ada").attributes) == ADA
    pool.update_attributes("ada", {"email": "new@example.com"})
    assert dict(pool.get_user("ada").attributes) == {"email": "new@example.com", "email_verified": "false"}


@pytest.mark.parametrize(
    "attributes",
    [
        {"email_verified": "true"},
        {"phone_number_verified": "true"},
        {"email": "no address"},
        {"phone_number": "0800"},
        {"birthdate": "12/10/1815"},
        {"email_verified": "yes"},
        {"updated_at": "yesterday"},
    ],
    ids=["nothing to verify", "no number to verify", "email", "phone number", "date", "boolean", "number"],
)
def test_a_value_that_is_not_of_its_kind_is_rejected(make_pool: MakePool, attributes: dict[str, str]) -> None:
    pool = make_pool()
    pool.create_user("bob", {}, PASSWORD)
    for write in (
        lambda: pool.create_user("ada", attributes, PASSWORD),
        lambda: pool.update_attributes("bob", attributes),
    ):
        with pytest.raises(Rejected) as refused:
            write()
        assert refused.value.code == "InvalidParameterException"
    assert dict(pool.get_user("bob").attributes) == {}


def test_a_required_attribute_that_can_come_later_may_be_missing_and_may_not_be_deleted(make_pool: MakePool) -> None:
    pool = make_pool(required=("email",))
    pool.create_user("bob", {}, PASSWORD)
    pool.create_user("ada", ADA, PASSWORD)
    with pytest.raises(Rejected) as refused:
        pool.update_attributes("ada", {"email": ""})
    assert refused.value.code == "InvalidParameterException"
    assert dict(pool.get_user("ada").attributes) == ADA


def test_a_required_attribute_that_cannot_be_changed_has_to_be_there_at_once(make_pool: MakePool) -> None:
    pool = make_pool(required=("name",), immutable=("name",))
    with pytest.raises(Rejected) as refused:
        pool.create_user("ada", {}, PASSWORD)
    assert refused.value.code == "InvalidParameterException"
    pool.create_user("ada", {"name": "Ada"}, PASSWORD)


# MFA


def test_second_factors_are_set_and_one_is_preferred(make_pool: MakePool) -> None:
    pool = make_pool(mfa=MFA)
    pool.create_user("ada", {**ADA, **PHONE}, PASSWORD)
    pool.set_password("ada", PASSWORD)
    pool.set_mfa("ada", (SMS, MAIL), MAIL)
    assert pool.factors_of("ada") == Factors((SMS, MAIL), MAIL)
    found = pool.get_user("ada")
    assert (found.mfa_methods, found.preferred_mfa) == ((SMS, MAIL), MAIL)
    assert (found.status, dict(found.attributes)) == (CONFIRMED, {**ADA, **PHONE})


def test_a_second_factor_that_is_not_named_stays(make_pool: MakePool) -> None:
    pool = make_pool(mfa=MFA)
    pool.create_user("ada", {**ADA, **PHONE}, PASSWORD)
    pool.set_mfa("ada", (SMS,), SMS)
    pool.set_mfa("ada", (MAIL,), None)
    assert pool.factors_of("ada") == Factors((SMS, MAIL), SMS)
    pool.set_mfa("ada", (SMS, MAIL), MAIL)
    assert pool.factors_of("ada") == Factors((SMS, MAIL), MAIL)
    pool.set_mfa("ada", (MAIL,), None)
    assert pool.factors_of("ada") == Factors((SMS, MAIL), None)


def test_nobody_is_given_an_authenticator_app(make_pool: MakePool) -> None:
    pool = make_pool(mfa={**MFA, "SoftwareTokenMfaConfiguration": {"Enabled": True}})
    pool.create_user("ada", {**ADA, **PHONE}, PASSWORD)
    pool.set_mfa("ada", (TOTP,), TOTP)
    assert pool.factors_of("ada") == Factors((), None)
    pool.set_mfa("ada", (TOTP, SMS), TOTP)
    assert pool.factors_of("ada") == Factors((SMS,), None)


@pytest.mark.parametrize(
    ("mfa", "attributes", "method"),
    [
        (None, {**ADA, **PHONE}, SMS),
        (None, {**ADA, **PHONE}, MAIL),
        ({"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": BY_SMS}, {**ADA, **PHONE}, MAIL),
        ({"MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": BY_MAIL}, {**ADA, **PHONE}, SMS),
        (MFA, ADA, SMS),
        (MFA, PHONE, MAIL),
    ],
    ids=["off, sms", "off, e-mail", "no e-mail", "no sms", "no phone number", "no address"],
)
def test_a_second_factor_that_the_pool_or_the_user_lacks_is_rejected(
    make_pool: MakePool, mfa: dict[str, Any] | None, attributes: dict[str, str], method: str
) -> None:
    pool = make_pool(mfa=mfa)
    pool.create_user("ada", attributes, PASSWORD)
    with pytest.raises(Rejected) as refused:
        pool.set_mfa("ada", (method,), method)
    assert refused.value.code == "InvalidParameterException"
    assert pool.factors_of("ada") == Factors((), None)


# Identities at providers


def identities(pool: UserPool, username: str) -> list[tuple[str, str, bool]]:
    told = json.loads(pool.get_user(username).attributes.get("identities", "[]"))
    return [(one["providerName"], one["userId"], one["primary"]) for one in told]


def test_a_linked_user_stays_local_and_tells_who_it_is_elsewhere(make_pool: MakePool) -> None:
    pool = make_pool(providers=("Google",))
    created = pool.create_user("ada", ADA, PASSWORD)
    pool.set_password("ada", PASSWORD)
    pool.link("ada", "Google", "1122")
    found = pool.get_user("ada")
    assert (found.username, found.sub, found.status) == ("ada", created.sub, CONFIRMED)
    [identity] = json.loads(found.attributes["identities"])
    assert identity.pop("dateCreated") > 0
    assert identity == {
        "userId": "1122",
        "providerName": "Google",
        "providerType": "Google",
        "issuer": None,
        "primary": False,
    }
    assert {name: value for name, value in found.attributes.items() if name != "identities"} == ADA


def test_a_user_has_five_identities_and_not_one_more(make_pool: MakePool) -> None:
    pool = make_pool(providers=("Google",))
    pool.create_user("ada", {}, PASSWORD)
    for number in range(5):
        pool.link("ada", "Google", str(number))
    with pytest.raises(Rejected) as refused:
        pool.link("ada", "Google", "5")
    assert refused.value.code == "LimitExceededException"
    assert identities(pool, "ada") == [("Google", str(number), False) for number in range(5)]


def test_an_identity_is_one_users(make_pool: MakePool) -> None:
    pool = make_pool(providers=("Google",))
    for name in ("ada", "bob"):
        pool.create_user(name, {}, PASSWORD)
    pool.link("ada", "Google", "1122")
    with pytest.raises(Rejected) as refused:
        pool.link("bob", "Google", "1122")
    assert refused.value.code == "AliasExistsException"
    assert (identities(pool, "ada"), identities(pool, "bob")) == ([("Google", "1122", False)], [])


def test_an_identity_that_is_linked_already_is_rejected_though_all_is_as_asked_for(make_pool: MakePool) -> None:
    pool = make_pool(providers=("Google",))
    pool.create_user("ada", {}, PASSWORD)
    pool.link("ada", "Google", "1122")
    with pytest.raises(Rejected) as refused:
        pool.link("ada", "Google", "1122")
    assert refused.value.code == "InvalidParameterException"
    assert identities(pool, "ada") == [("Google", "1122", False)]


def test_an_identity_of_a_provider_that_the_pool_does_not_have_is_rejected(make_pool: MakePool) -> None:
    pool = make_pool(providers=("Google",))
    pool.create_user("ada", {}, PASSWORD)
    with pytest.raises(Rejected) as refused:
        pool.link("ada", "Okta", "1122")
    assert refused.value.code == "InvalidParameterException"
    assert identities(pool, "ada") == []


def test_a_user_is_linked_by_its_username_and_no_other_name(make_pool: MakePool) -> None:
    pool = make_pool(providers=("Google",), alias_attributes=("email",), case_sensitive=False)
    sub = pool.create_user("ada", ADA, PASSWORD).sub
    for name in (sub, ADA["email"]):
        with pytest.raises(NotFound):
            pool.link(name, "Google", "1122")
    pool.link("ADA", "Google", "1122")
    assert identities(pool, "ada") == [("Google", "1122", False)]


# Disabling


def test_disabling_again_changes_nothing(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {"name": "Ada"}, PASSWORD)
    pool.set_password("ada", PASSWORD)
    for _ in range(2):
        pool.disable_user("ada")
        found = pool.get_user("ada")
        assert (found.enabled, found.status, dict(found.attributes)) == (False, CONFIRMED, {"name": "Ada"})


def test_enabling_again_changes_nothing(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {"name": "Ada"}, PASSWORD)
    pool.set_password("ada", PASSWORD)
    pool.disable_user("ada")
    for _ in range(2):
        pool.enable_user("ada")
        found = pool.get_user("ada")
        assert (found.enabled, found.status, dict(found.attributes)) == (True, CONFIRMED, {"name": "Ada"})


def test_who_is_disabled_is_given_all_that_anybody_is_given_and_stays_disabled(make_pool: MakePool) -> None:
    pool = make_pool(mfa=MFA, alias_attributes=("preferred_username",), providers=("Google",))
    pool.create_user("ada", {**ADA, **PHONE}, PASSWORD)
    pool.disable_user("ada")
    for set_password, status in ((pool.set_password, CONFIRMED), (pool.set_temporary_password, FORCE_CHANGE_PASSWORD)):
        set_password("ada", PASSWORD)
        found = pool.get_user("ada")
        assert (found.enabled, found.status) == (False, status)
    pool.set_password("ada", PASSWORD)
    pool.set_mfa("ada", [SMS], SMS)
    pool.update_attributes("ada", {"preferred_username": "lady"})
    pool.link("ada", "Google", "1122")
    found = pool.get_user("ada")
    assert (found.enabled, found.mfa_methods, found.attributes["preferred_username"]) == (False, (SMS,), "lady")
    assert identities(pool, "ada") == [("Google", "1122", False)]


# Groups


def test_a_group_keeps_what_it_was_given_and_has_nothing_else(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("first", "may do anything", 0))
    pool.create_group(group("nothing"))
    pool.create_group(group("équipe-Ω", "名前 🎉", 7))
    told = {
        one.group_name: (one.description, one.precedence, one.role_arn)
        for page in walk(pool.list_groups)
        for one in page
    }
    assert told == {
        "first": ("may do anything", 0, None),
        "nothing": (None, None, None),
        "équipe-Ω": ("名前 🎉", 7, None),
    }


def test_a_group_is_found_by_its_name_just_as_it_is_listed(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("first", "may do anything", 0))
    pool.create_group(group("nothing"))
    assert [pool.get_group(name) for name in ("first", "nothing")] == sorted(
        pool.list_groups(None).items, key=lambda one: one.group_name
    )


def test_a_group_name_exists_once(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("staff", "the first"))
    with pytest.raises(AlreadyExists) as refused:
        pool.create_group(group("staff", "the second"))
    assert refused.value.code == "GroupExistsException"
    assert [one.description for one in pool.list_groups(None).items] == ["the first"]


def test_group_names_differ_by_case(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("Staff"))
    pool.create_group(group("staff"))
    assert {one.group_name for one in pool.list_groups(None).items} == {"Staff", "staff"}


def test_a_group_is_updated_and_keeps_what_it_was_not_given(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("staff", "the first", 7))
    pool.create_group(group("other", "another"))
    pool.update_group(group("staff", "the second", 0))
    told = pool.get_group("staff")
    assert (told.description, told.precedence, told.role_arn) == ("the second", 0, None)
    assert told.modified_at >= told.created_at
    pool.update_group(group("staff"))
    told = pool.get_group("staff")
    assert (told.description, told.precedence) == ("the second", 0)
    assert pool.get_group("other").description == "another"


def test_adding_a_member_again_changes_nothing(make_pool: MakePool) -> None:
    pool = make_pool()
    sub = pool.create_user("ada", {}, PASSWORD).sub
    pool.create_group(group("staff"))
    for _ in range(2):
        pool.add_to_group("ada", "staff")
        assert group_names(pool, "ada") == ["staff"]
        [member] = pool.list_members("staff", None).items
        assert (member.group_name, member.username, member.sub) == ("staff", "ada", sub)


def test_a_group_that_is_not_there_is_not_found(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    calls: list[Callable[[], object]] = [
        lambda: pool.add_to_group("ada", "nothing"),
        lambda: pool.get_group("nothing"),
        lambda: pool.update_group(group("nothing", "something")),
        lambda: pool.list_members("nothing", None),
    ]
    for call in calls:
        with pytest.raises(NotFound) as missing:
            call()
        assert missing.value.code == "ResourceNotFoundException"


def test_a_user_that_is_not_there_joins_no_group(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("staff"))
    with pytest.raises(NotFound) as missing:
        pool.add_to_group("nobody", "staff")
    assert missing.value.code == "UserNotFoundException"


def test_a_group_without_members_has_one_empty_page(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("staff"))
    assert pool.list_members("staff", None) == Page((), None)


def test_a_user_is_in_a_hundred_groups_and_not_in_one_more(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    names = {f"group{number:03d}" for number in range(101)}
    for name in sorted(names):
        pool.create_group(group(name))
    for name in sorted(names)[:100]:
        pool.add_to_group("ada", name)
    with pytest.raises(Rejected) as refused:
        pool.add_to_group("ada", "group100")
    assert refused.value.code == "LimitExceededException"
    assert set(group_names(pool, "ada")) == names - {"group100"}


# Listings


def test_an_empty_pool_lists_one_empty_page(make_pool: MakePool) -> None:
    pool = make_pool()
    assert pool.list_users(None) == Page((), None)
    assert pool.list_groups(None) == Page((), None)


def test_a_listing_of_users_goes_on_from_page_to_page(make_pool: MakePool) -> None:
    pool = make_pool()
    names = fill(pool, 125)
    pages = walk(pool.list_users)
    assert [len(page) for page in pages] == [60, 60, 5]
    assert sorted(user.username for page in pages for user in page) == sorted(names)


def test_a_listed_user_is_the_one_that_was_created(make_pool: MakePool) -> None:
    pool = make_pool()
    created = pool.create_user("ada", {"email": "ada@example.com"}, PASSWORD)
    pool.disable_user("ada")
    [listed] = pool.list_users(None).items
    assert (listed.username, listed.sub, listed.enabled) == ("ada", created.sub, False)
    assert dict(listed.attributes) == {"email": "ada@example.com"}
    assert listed.created_at == created.created_at


def test_a_listing_of_members_goes_on_from_page_to_page(make_pool: MakePool) -> None:
    pool = make_pool()
    names = fill(pool, 65)
    pool.create_group(group("staff"))
    pool.create_group(group("other"))
    for name in names:
        pool.add_to_group(name, "staff")
    pool.add_to_group("user000", "other")
    pages = walk(lambda token: pool.list_members("staff", token))
    assert [len(page) for page in pages] == [60, 5]
    assert sorted(member.username for page in pages for member in page) == sorted(names)
    assert [member.username for member in pool.list_members("other", None).items] == ["user000"]


def test_a_listing_of_groups_goes_on_from_page_to_page(make_pool: MakePool) -> None:
    pool = make_pool()
    names = {f"group{number:03d}" for number in range(65)}
    for name in names:
        pool.create_group(group(name))
    pages = walk(pool.list_groups)
    assert [len(page) for page in pages] == [60, 5]
    assert sorted(one.group_name for page in pages for one in page) == sorted(names)


def test_a_page_can_be_read_twice(make_pool: MakePool) -> None:
    pool = make_pool()
    fill(pool, 61)
    token = pool.list_users(None).token
    assert token is not None
    assert [user.username for user in pool.list_users(token).items] == [
        user.username for user in pool.list_users(token).items
    ]


# Pools that name their users otherwise


@pytest.mark.parametrize(
    ("attribute", "address"), [("email", "ada@example.com"), ("phone_number", "+15555550100")], ids=["email", "phone"]
)
def test_where_an_address_is_the_username_the_real_one_is_a_uuid(
    make_pool: MakePool, attribute: str, address: str
) -> None:
    pool = make_pool(username_attributes=(attribute,))
    created = pool.create_user(address, {attribute: address}, PASSWORD)
    assert created.username == created.sub
    assert created.attributes[attribute] == address
    for name in (address, created.username):
        assert pool.get_user(name).sub == created.sub


def test_where_an_address_is_the_username_it_exists_once(make_pool: MakePool) -> None:
    pool = make_pool(username_attributes=("email",))
    pool.create_user("ada@example.com", {"email": "ada@example.com"}, PASSWORD)
    with pytest.raises(AlreadyExists):
        pool.create_user("ada@example.com", {"email": "ada@example.com"}, PASSWORD)


def test_where_an_address_is_the_username_another_name_is_rejected(make_pool: MakePool) -> None:
    with pytest.raises(Rejected) as refused:
        make_pool(username_attributes=("email",)).create_user("ada", {"name": "Ada"}, PASSWORD)
    assert refused.value.code == "InvalidParameterException"


def test_a_user_named_by_an_address_works_by_its_uuid(make_pool: MakePool) -> None:
    pool = make_pool(username_attributes=("email",))
    username = pool.create_user("ada@example.com", {"email": "ada@example.com"}, PASSWORD).username
    pool.create_group(group("staff"))
    pool.set_password(username, PASSWORD)
    pool.add_to_group(username, "staff")
    pool.disable_user(username)
    found = pool.get_user("ada@example.com")
    assert (found.status, found.enabled, group_names(pool, username)) == (CONFIRMED, False, ["staff"])
    assert [member.username for member in pool.list_members("staff", None).items] == [username]


@pytest.mark.parametrize(("alias", "attributes"), [("email", ADA), ("phone_number", PHONE)], ids=["email", "phone"])
def test_an_address_that_is_an_alias_names_its_user_once_it_is_verified(
    make_pool: MakePool, alias: str, attributes: dict[str, str]
) -> None:
    pool = make_pool(alias_attributes=(alias,))
    unverified = {**attributes, f"{alias}_verified": "false"}
    sub = pool.create_user("ada", unverified, PASSWORD).sub
    with pytest.raises(NotFound):
        pool.get_user(attributes[alias])
    pool.update_attributes("ada", attributes)
    assert pool.get_user(attributes[alias]).sub == pool.get_user("ada").sub == sub


@pytest.mark.parametrize(("alias", "attributes"), [("email", ADA), ("phone_number", PHONE)], ids=["email", "phone"])
def test_a_verified_address_that_is_an_alias_is_one_users(
    make_pool: MakePool, alias: str, attributes: dict[str, str]
) -> None:
    pool = make_pool(alias_attributes=(alias,))
    pool.create_user("ada", attributes, PASSWORD)
    pool.create_user("bob", {**attributes, f"{alias}_verified": "false"}, PASSWORD)
    for write in (
        lambda: pool.create_user("eve", attributes, PASSWORD),
        lambda: pool.update_attributes("bob", {f"{alias}_verified": "true"}),
    ):
        with pytest.raises(Rejected) as refused:
            write()
        assert refused.value.code == "AliasExistsException"
    with pytest.raises(NotFound):
        pool.get_user("eve")
    assert pool.get_user("bob").attributes[f"{alias}_verified"] == "false"


@pytest.mark.parametrize(("alias", "username"), [("email", "a@example.com"), ("phone_number", "+15555550100")])
def test_a_username_that_looks_like_an_alias_is_rejected(make_pool: MakePool, alias: str, username: str) -> None:
    pool = make_pool(alias_attributes=(alias,))
    with pytest.raises(Rejected) as refused:
        pool.create_user(username, {}, PASSWORD)
    assert refused.value.code == "InvalidParameterException"


def test_a_preferred_username_that_is_an_alias_waits_for_a_password_of_ones_own(make_pool: MakePool) -> None:
    pool = make_pool(alias_attributes=("preferred_username",), mfa=MFA)
    preferred = {"preferred_username": "countess"}
    pool.create_user("ada", {}, PASSWORD)
    for write in (
        lambda: pool.create_user("bob", preferred, PASSWORD),
        lambda: pool.invite_user("bob", {**ADA, **preferred}, ("EMAIL",)),
        lambda: pool.update_attributes("ada", preferred),
    ):
        with pytest.raises(Rejected) as refused:
            write()
        assert refused.value.code == "InvalidParameterException"
    pool.set_password("ada", PASSWORD)
    pool.update_attributes("ada", preferred)
    assert dict(pool.get_user("ada").attributes) == preferred


def test_a_preferred_username_that_is_an_alias_is_one_users(make_pool: MakePool) -> None:
    pool = make_pool(alias_attributes=("preferred_username",))
    for name in ("ada", "bob"):
        pool.create_user(name, {}, PASSWORD)
        pool.set_password(name, PASSWORD)
    pool.update_attributes("ada", {"preferred_username": "countess"})
    for taken in ("countess", "ada"):
        with pytest.raises(Rejected) as refused:
            pool.update_attributes("bob", {"preferred_username": taken})
        assert refused.value.code == "AliasExistsException"
    with pytest.raises(AlreadyExists):
        pool.create_user("countess", {}, PASSWORD)
    assert dict(pool.get_user("bob").attributes) == {}


def test_where_it_is_no_alias_a_preferred_username_is_like_any_attribute(make_pool: MakePool) -> None:
    pool = make_pool()
    for name in ("ada", "bob"):
        pool.create_user(name, {"preferred_username": "countess"}, PASSWORD)
    with pytest.raises(NotFound):
        pool.get_user("countess")


def test_a_case_insensitive_pool_lowers_what_names_people(make_pool: MakePool) -> None:
    pool = make_pool(case_sensitive=False, alias_attributes=("email", "preferred_username"))
    pool.create_user("Ada", {"email": "Ada@Example.com", "email_verified": "true", "name": "Ada"}, PASSWORD)
    pool.set_password("ada", PASSWORD)
    pool.update_attributes("ada", {"preferred_username": "Countess"})
    found = pool.get_user("ADA@example.COM")
    assert dict(found.attributes) == {**ADA, "name": "Ada", "preferred_username": "countess"}
    with pytest.raises(Rejected) as refused:
        pool.create_user("bob", {"email": "ADA@EXAMPLE.COM", "email_verified": "true"}, PASSWORD)
    assert refused.value.code == "AliasExistsException"


def test_a_preferred_username_that_is_an_alias_names_its_user(make_pool: MakePool) -> None:
    pool = make_pool(alias_attributes=("preferred_username",))
    sub = pool.create_user("ada", {}, PASSWORD).sub
    pool.set_password("ada", PASSWORD)
    pool.update_attributes("ada", {"preferred_username": "countess"})
    assert pool.get_user("countess").sub == sub
    pool.update_attributes("ada", {"preferred_username": "enchantress"})
    with pytest.raises(NotFound):
        pool.get_user("countess")


def test_a_case_insensitive_pool_has_one_user_whatever_the_case(make_pool: MakePool) -> None:
    pool = make_pool(case_sensitive=False)
    created = pool.create_user("Ada", {}, PASSWORD)
    assert created.username == "ada"
    with pytest.raises(AlreadyExists):
        pool.create_user("ADA", {}, PASSWORD)
    pool.set_password("aDA", PASSWORD)
    pool.disable_user("ADa")
    found = pool.get_user("ADA")
    assert (found.sub, found.status, found.enabled) == (created.sub, CONFIRMED, False)


def test_a_case_sensitive_pool_has_a_user_for_each_case(make_pool: MakePool) -> None:
    pool = make_pool(case_sensitive=True)
    subs = {pool.create_user(name, {}, PASSWORD).sub for name in ("Ada", "ada")}
    assert len(subs) == 2
    with pytest.raises(NotFound):
        pool.get_user("ADA")


# What the fake has no error for, or no way to: only the adapter knows Cognito's


def test_a_passkey_is_among_the_factors_and_not_among_the_preferences(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito)
    for name in ("ada", "bob"):
        pool.create_user(name, {}, PASSWORD)
    for name, has_token in (("ada", True), ("bob", False)):
        enrolled = {"UserPoolId": pool.user_pool_id, "Username": name, "SoftwareToken": has_token, "Passkey": True}
        bare_cloud.control("PUT", "factors", enrolled)
    assert pool.factors_of("ada") == Factors((TOTP, "WEB_AUTHN"), None)
    assert pool.factors_of("bob") == Factors(("WEB_AUTHN",), None)
    assert (pool.get_user("ada").mfa_methods, pool.get_user("bob").mfa_methods) == ((TOTP,), ())


def test_users_who_cannot_have_a_second_factor_yet_are_told_by_cognitos_code(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"]
    codes = {
        "RESET_REQUIRED": "PasswordResetRequiredException",
        "UNCONFIRMED": "UserNotConfirmedException",
        "EXTERNAL_PROVIDER": "InvalidParameterException",
    }
    bare_cloud.put_users(pool_id, [{"Username": status, "UserStatus": status} for status in codes])
    for status, code in codes.items():
        with pytest.raises(Rejected) as refused:
            CognitoUserPool(pool_id, cognito).set_mfa(status, (SMS,), SMS)
        assert refused.value.code == code


def test_a_pool_that_is_not_there_is_told_by_its_id_and_region(bare_cloud: Cloud) -> None:
    pool = CognitoUserPool("us-east-1_Nowhere", bare_cloud.client("cognito-idp"))
    with pytest.raises(PoolNotFound, match="us-east-1_Nowhere does not exist in us-east-1"):
        pool.describe()
    with pytest.raises(NotFound):
        pool.list_users(None)


def test_a_pool_is_in_the_region_of_its_id_alone(bare_cloud: Cloud) -> None:
    abroad = bare_cloud.client("cognito-idp", region="eu-west-1")
    pool_id = abroad.create_user_pool(PoolName="abroad")["UserPool"]["Id"]
    assert pool_id.startswith("eu-west-1_")
    assert CognitoUserPool(pool_id, abroad).describe()["Id"] == pool_id
    with pytest.raises(PoolNotFound):
        CognitoUserPool(pool_id, bare_cloud.client("cognito-idp")).describe()


def test_a_refused_page_token_is_told_from_a_refused_listing(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito)
    fill(pool, 61)
    token = pool.list_users(None).token
    fault = {"action": "ListUsers", "error": "InvalidParameterException", "times": 2}
    with bare_cloud.faults(fault):
        with pytest.raises(PageTokenRefused):
            pool.list_users(token)
        with pytest.raises(Rejected) as refused:
            pool.list_users(None)
    assert refused.value.code == "InvalidParameterException"


def test_the_groups_of_a_user_are_those_of_every_page(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito)
    pool.create_user("ada", {}, PASSWORD)
    for name in ("staff", "guests"):
        pool.create_group(group(name))
        pool.add_to_group("ada", name)
    with bare_cloud.faults({"action": "AdminListGroupsForUser", "empty_page": True, "times": 2}):
        assert sorted(group_names(pool, "ada")) == ["guests", "staff"]
        assert bare_cloud.control("GET", "faults") == []


def test_a_throttle_that_botocore_outlasts_is_heard_of_all_the_same(bare_cloud: Cloud) -> None:
    heard: dict[str, float] = {}
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito, heard.__setitem__)
    with bare_cloud.faults({"action": "ListUsers", "error": "TooManyRequestsException", "times": 1}):
        assert pool.list_users(None) == Page((), None)
    assert heard.keys() == {"ListUsers"}
    assert 0 < heard["ListUsers"] < 60


def test_a_throttle_that_does_not_end_is_told_as_one(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito)
    with (
        bare_cloud.faults({"action": "DescribeUserPool", "error": "TooManyRequestsException", "times": None}),
        pytest.raises(Throttled),
    ):
        pool.describe()


def test_a_moment_is_told_to_the_millisecond_in_utc(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"]
    created = datetime(2019, 7, 14, 8, 30, 15, 123000, tzinfo=UTC)
    bare_cloud.put_users(pool_id, [{"Username": "ada", "UserCreateDate": created.timestamp() + 0.000456}])
    [listed] = CognitoUserPool(pool_id, cognito).list_users(None).items
    assert abs(listed.created_at - created) < timedelta(milliseconds=2)
    assert (listed.created_at.microsecond % 1000, listed.created_at.tzinfo) == (0, UTC)
