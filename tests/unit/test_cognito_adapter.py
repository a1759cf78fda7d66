"""What is sent to Cognito, and how its answers become our records and errors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.stub import Stubber

from poolsafe.adapters.cognito import CognitoUserPool
from poolsafe.domain.records import Factors, Group, Membership, Page, User
from poolsafe.errors import ListingBroken, Rejected

POOL = "us-east-1_Source"
CREATED = datetime(2024, 2, 29, 23, 59, 59, 999_999, timezone(timedelta(hours=9)))
MODIFIED = datetime(2026, 11, 22, 3, 0, 0, 1_000, UTC)
#: Milliseconds in UTC: what a snapshot keeps.
CREATED_KEPT = datetime(2024, 2, 29, 14, 59, 59, 999_000, UTC)
TOLD = {
    "Username": "alice",
    "Attributes": [
        {"Name": "sub", "Value": "6f0c"},
        {"Name": "email", "Value": "alice@example.com"},
        {"Name": "custom:empty", "Value": ""},
    ],
    "UserCreateDate": CREATED,
    "UserLastModifiedDate": MODIFIED,
    "Enabled": True,
    "UserStatus": "CONFIRMED",
}
ALICE = User(
    "alice",
    "6f0c",
    "CONFIRMED",
    True,
    CREATED_KEPT,
    MODIFIED,
    {"email": "alice@example.com", "custom:empty": ""},
    None,
    None,
)


def told(**changes: Any) -> dict[str, Any]:
    return {**TOLD, **changes}


def test_the_first_page_is_asked_for_without_a_token(stub: Stubber, pool: CognitoUserPool) -> None:
    stub.add_response("list_users", {"Users": [TOLD], "PaginationToken": "next"}, {"UserPoolId": POOL, "Limit": 60})
    assert pool.list_users(None) == Page((ALICE,), "next")


def test_the_following_pages_are_asked_for_with_the_token_and_the_same_arguments(
    stub: Stubber, pool: CognitoUserPool
) -> None:
    expected = {"UserPoolId": POOL, "Limit": 60, "PaginationToken": "next"}
    stub.add_response("list_users", {"Users": []}, expected)
    assert pool.list_users("next") == Page((), None)


def test_a_page_without_a_list_is_an_empty_page(stub: Stubber, pool: CognitoUserPool) -> None:
    stub.add_response("list_users", {"PaginationToken": "next"})
    stub.add_response("list_groups", {"NextToken": "next"})
    stub.add_response("list_users_in_group", {"NextToken": "next"})
    pages: list[Page[Any]] = [pool.list_users(None), pool.list_groups(None), pool.list_members("staff", None)]
    assert pages == [Page((), "next")] * 3


SUB = {"Name": "sub", "Value": "6f0c"}


def test_a_user_may_have_no_attributes_but_its_sub(stub: Stubber, pool: CognitoUserPool) -> None:
    stub.add_response("list_users", {"Users": [told(Attributes=[SUB])]})
    (user,) = pool.list_users(None).items
    assert (user.username, user.attributes, user.sub) == ("alice", {}, "6f0c")


@pytest.mark.parametrize("attributes", [[], [{"Name": "sub", "Value": ""}], [{"Name": "email", "Value": "a@b.org"}]])
@pytest.mark.parametrize("operation", ["list_users", "list_users_in_group"])
def test_a_user_without_a_sub_breaks_the_listing_because_everything_is_joined_by_it(
    stub: Stubber, pool: CognitoUserPool, operation: str, attributes: list[dict[str, str]]
) -> None:
    stub.add_response(operation, {"Users": [told(Attributes=attributes)]})
    with pytest.raises(ListingBroken, match="without a sub") as broken:
        if operation == "list_users":
            pool.list_users(None)
        else:
            pool.list_members("staff", None)
    assert "alice" not in str(broken.value)


def test_an_attribute_without_a_value_is_empty(stub: Stubber, pool: CognitoUserPool) -> None:
    stub.add_response("list_users", {"Users": [told(Attributes=[SUB, {"Name": "name"}])]})
    (user,) = pool.list_users(None).items
    assert user.attributes == {"name": ""}


def test_legacy_mfa_options_mean_sms(stub: Stubber, pool: CognitoUserPool) -> None:
    legacy = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
    stub.add_response("list_users", {"Users": [told(MFAOptions=legacy), told(MFAOptions=[]), TOLD]})
    assert [user.mfa_methods for user in pool.list_users(None).items] == [("SMS_MFA",), None, None]


@pytest.mark.parametrize(
    ("answer", "methods", "preferred"),
    [
        ({}, (), None),
        ({"UserMFASettingList": [], "PreferredMfaSetting": ""}, (), None),
        ({"UserMFASettingList": ["EMAIL_OTP"]}, ("EMAIL_OTP",), None),
        (
            {"UserMFASettingList": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"], "PreferredMfaSetting": "SMS_MFA"},
            ("SMS_MFA", "SOFTWARE_TOKEN_MFA"),
            "SMS_MFA",
        ),
        ({"MFAOptions": [{"DeliveryMedium": "SMS"}]}, ("SMS_MFA",), None),
        (
            {"MFAOptions": [{"DeliveryMedium": "SMS"}], "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"]},
            ("SOFTWARE_TOKEN_MFA",),
            None,
        ),
    ],
)
def test_one_user_is_told_with_its_mfa(
    stub: Stubber, pool: CognitoUserPool, answer: dict[str, Any], methods: tuple[str, ...], preferred: str | None
) -> None:
    user = {name: value for name, value in TOLD.items() if name != "Attributes"}
    answer = {**user, "UserAttributes": TOLD["Attributes"], **answer}
    stub.add_response("admin_get_user", answer, {"UserPoolId": POOL, "Username": "alice"})
    found = pool.get_user("alice")
    assert (found.mfa_methods, found.preferred_mfa) == (methods, preferred)
    assert (found.sub, found.attributes) == (ALICE.sub, ALICE.attributes)


@pytest.mark.parametrize(
    ("answer", "factors"),
    [
        ({}, Factors((), None)),
        ({"UserMFASettingList": [], "PreferredMfaSetting": "", "ConfiguredUserAuthFactors": []}, Factors((), None)),
        ({"ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]}, Factors((), None)),
        (
            {
                "UserMFASettingList": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"],
                "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
                "ConfiguredUserAuthFactors": ["PASSWORD", "SMS_OTP", "SOFTWARE_TOKEN"],
            },
            Factors(("SMS_MFA", "SOFTWARE_TOKEN_MFA"), "SOFTWARE_TOKEN_MFA"),
        ),
        (
            {
                "UserMFASettingList": ["EMAIL_OTP"],
                "PreferredMfaSetting": "EMAIL_OTP",
                "ConfiguredUserAuthFactors": ["PASSWORD", "WEB_AUTHN", "EMAIL_OTP"],
            },
            Factors(("EMAIL_OTP", "WEB_AUTHN"), "EMAIL_OTP"),
        ),
        ({"ConfiguredUserAuthFactors": ["WEB_AUTHN"]}, Factors(("WEB_AUTHN",), None)),
        # Should Cognito come to name it in both lists.
        (
            {"UserMFASettingList": ["WEB_AUTHN"], "ConfiguredUserAuthFactors": ["WEB_AUTHN"]},
            Factors(("WEB_AUTHN",), None),
        ),
    ],
    ids=["nothing", "empty", "codes that are no second factor", "no passkey", "passkey", "passkey alone", "twice"],
)
def test_factors_are_the_second_ones_and_a_passkey(
    stub: Stubber, pool: CognitoUserPool, answer: dict[str, Any], factors: Factors
) -> None:
    asked = {"UserPoolId": POOL, "Username": "alice"}
    stub.add_response("admin_get_user_auth_factors", {"Username": "alice", **answer}, asked)
    assert pool.factors_of("alice") == factors


def test_groups_are_told_with_everything_they_have(stub: Stubber, pool: CognitoUserPool) -> None:
    dates = {"CreationDate": CREATED, "LastModifiedDate": MODIFIED}
    full = {"GroupName": "a", "Description": "A", "Precedence": 0, "RoleArn": "arn:aws:iam::123456789012:role/a"}
    answer = {"Groups": [{**full, **dates}, {"GroupName": "b", **dates}], "NextToken": "next"}
    stub.add_response("list_groups", answer, {"UserPoolId": POOL, "Limit": 60, "NextToken": "now"})
    assert pool.list_groups("now") == Page(
        (
            Group("a", "A", 0, "arn:aws:iam::123456789012:role/a", CREATED_KEPT, MODIFIED),
            Group("b", None, None, None, CREATED_KEPT, MODIFIED),
        ),
        "next",
    )


def test_one_group_is_asked_for_by_name(stub: Stubber, pool: CognitoUserPool) -> None:
    answer = {"Group": {"GroupName": "a", "Precedence": 0, "CreationDate": CREATED, "LastModifiedDate": MODIFIED}}
    stub.add_response("get_group", answer, {"UserPoolId": POOL, "GroupName": "a"})
    assert pool.get_group("a") == Group("a", None, 0, None, CREATED_KEPT, MODIFIED)


def test_members_are_told_by_name_and_sub(stub: Stubber, pool: CognitoUserPool) -> None:
    expected = {"UserPoolId": POOL, "GroupName": "staff", "Limit": 60}
    stub.add_response("list_users_in_group", {"Users": [TOLD], "NextToken": "next"}, expected)
    assert pool.list_members("staff", None) == Page((Membership("staff", "alice", "6f0c"),), "next")


def test_all_pages_of_a_users_groups_are_read(stub: Stubber, pool: CognitoUserPool) -> None:
    asked = {"UserPoolId": POOL, "Username": "alice", "Limit": 60}
    dates = {"CreationDate": CREATED, "LastModifiedDate": MODIFIED}
    first = {"Groups": [{"GroupName": f"group{number}", **dates} for number in range(60)], "NextToken": "next"}
    stub.add_response("admin_list_groups_for_user", first, asked)
    stub.add_response("admin_list_groups_for_user", {"Groups": [], "NextToken": "last"}, {**asked, "NextToken": "next"})
    last = {"Groups": [{"GroupName": "group60", **dates}]}
    stub.add_response("admin_list_groups_for_user", last, {**asked, "NextToken": "last"})
    assert [group.group_name for group in pool.groups_of("alice")] == [f"group{number}" for number in range(61)]


def test_a_user_is_created_without_a_message(stub: Stubber, pool: CognitoUserPool) -> None:
    stub.add_response(
        "admin_create_user",
        {"User": {**TOLD, "UserStatus": "FORCE_CHANGE_PASSWORD"}},
        {
            "UserPoolId": POOL,
            "Username": "alice",
            "UserAttributes": [
                {"Name": "email", "Value": "a@example.com"},
                {"Name": "email_verified", "Value": "false"},
            ],
            "TemporaryPassword": "Long-enough-4-everybody",
            "MessageAction": "SUPPRESS",
        },
    )
    attributes = {"email": "a@example.com", "email_verified": "false"}
    user = pool.create_user("alice", attributes, "Long-enough-4-everybody")
    assert (user.status, user.sub) == ("FORCE_CHANGE_PASSWORD", "6f0c")


def test_an_invited_user_gets_a_password_of_cognitos_and_a_message(stub: Stubber, pool: CognitoUserPool) -> None:
    stub.add_response(
        "admin_create_user",
        {"User": {**TOLD, "UserStatus": "FORCE_CHANGE_PASSWORD"}},
        {
            "UserPoolId": POOL,
            "Username": "alice",
            "UserAttributes": [{"Name": "email", "Value": "a@example.com"}],
            "DesiredDeliveryMediums": ["EMAIL", "SMS"],
        },
    )
    user = pool.invite_user("alice", {"email": "a@example.com"}, ("EMAIL", "SMS"))
    assert (user.status, user.sub) == ("FORCE_CHANGE_PASSWORD", "6f0c")


def test_a_password_is_set_for_good(stub: Stubber, pool: CognitoUserPool) -> None:
    asked = {"UserPoolId": POOL, "Username": "alice", "Password": "Long-enough-4-everybody", "Permanent": True}
    stub.add_response("admin_set_user_password", {}, asked)
    pool.set_password("alice", "Long-enough-4-everybody")


def test_a_password_is_set_for_the_next_sign_in_alone(stub: Stubber, pool: CognitoUserPool) -> None:
    asked = {"UserPoolId": POOL, "Username": "alice", "Password": "Long-enough-4-everybody", "Permanent": False}
    stub.add_response("admin_set_user_password", {}, asked)
    pool.set_temporary_password("alice", "Long-enough-4-everybody")


def test_attributes_are_updated_as_they_are_given(stub: Stubber, pool: CognitoUserPool) -> None:
    given = [{"Name": "email", "Value": "a@example.com"}, {"Name": "email_verified", "Value": "true"}]
    stub.add_response(
        "admin_update_user_attributes", {}, {"UserPoolId": POOL, "Username": "alice", "UserAttributes": given}
    )
    pool.update_attributes("alice", {"email": "a@example.com", "email_verified": "true"})


ENABLED, PREFERRED = {"Enabled": True, "PreferredMfa": False}, {"Enabled": True, "PreferredMfa": True}


@pytest.mark.parametrize(
    ("methods", "preferred", "sent"),
    [
        (("SMS_MFA",), None, {"SMSMfaSettings": ENABLED}),
        (("EMAIL_OTP", "SMS_MFA"), "EMAIL_OTP", {"EmailMfaSettings": PREFERRED, "SMSMfaSettings": ENABLED}),
        (("SMS_MFA", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"), "SOFTWARE_TOKEN_MFA", {"SMSMfaSettings": ENABLED}),
        ((), None, {}),
    ],
    ids=["one", "two, one preferred", "what no administrator can set is left out", "none"],
)
def test_second_factors_are_enabled_by_the_names_of_their_settings(
    stub: Stubber, pool: CognitoUserPool, methods: tuple[str, ...], preferred: str | None, sent: dict[str, Any]
) -> None:
    stub.add_response("admin_set_user_mfa_preference", {}, {"UserPoolId": POOL, "Username": "alice", **sent})
    pool.set_mfa("alice", methods, preferred)


def test_an_identity_is_linked_by_its_subject_at_the_provider(stub: Stubber, pool: CognitoUserPool) -> None:
    stub.add_response(
        "admin_link_provider_for_user",
        {},
        {
            "UserPoolId": POOL,
            "DestinationUser": {"ProviderName": "Cognito", "ProviderAttributeValue": "alice"},
            "SourceUser": {
                "ProviderName": "Google",
                "ProviderAttributeName": "Cognito_Subject",
                "ProviderAttributeValue": "1122",
            },
        },
    )
    pool.link("alice", "Google", "1122")


@pytest.mark.parametrize("code", ["AliasExistsException", "LimitExceededException", "InvalidParameterException"])
def test_a_link_that_is_refused_is_told_by_cognitos_code(stub: Stubber, pool: CognitoUserPool, code: str) -> None:
    stub.add_client_error("admin_link_provider_for_user", code, "1122 of alice")
    with pytest.raises(Rejected, match=f"^AdminLinkProviderForUser: {code}$"):
        pool.link("alice", "Google", "1122")


def test_a_user_is_disabled_and_enabled_and_joins_groups(stub: Stubber, pool: CognitoUserPool) -> None:
    user = {"UserPoolId": POOL, "Username": "alice"}
    stub.add_response("admin_add_user_to_group", {}, {**user, "GroupName": "staff"})
    stub.add_response("admin_disable_user", {}, user)
    stub.add_response("admin_enable_user", {}, user)
    pool.add_to_group("alice", "staff")
    pool.disable_user("alice")
    pool.enable_user("alice")


@pytest.mark.parametrize(
    ("group", "sent"),
    [
        (Group("a", None, None, None, MODIFIED, MODIFIED), {}),
        (Group("a", None, 0, None, MODIFIED, MODIFIED), {"Precedence": 0}),
        (
            Group("a", "A", 3, "arn:aws:iam::123456789012:role/a", MODIFIED, MODIFIED),
            {"Description": "A", "Precedence": 3, "RoleArn": "arn:aws:iam::123456789012:role/a"},
        ),
    ],
)
def test_a_group_is_created_and_updated_with_what_it_has_and_nothing_else(
    stub: Stubber, pool: CognitoUserPool, group: Group, sent: dict[str, Any]
) -> None:
    asked = {"UserPoolId": POOL, "GroupName": "a", **sent}
    stub.add_response("create_group", {}, asked)
    stub.add_response("update_group", {}, asked)
    pool.create_group(group)
    pool.update_group(group)


def test_a_pool_is_described_verbatim(stub: Stubber, pool: CognitoUserPool) -> None:
    described = {"Id": POOL, "Name": "people", "EstimatedNumberOfUsers": 7}
    stub.add_response("describe_user_pool", {"UserPool": described}, {"UserPoolId": POOL})
    assert pool.describe() == described
