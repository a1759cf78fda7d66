"""Migration at sign-in where it could go wrong: second factors, names of others, pools that do not answer."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.deployed import Deployed, Json, person
from tests.embedded.matrix_pools import MAIL, SMS
from tests.embedded.migrations import CLAIM, PASSWORD, Move, claims, moving, refused
from tests.embedded.test_migration_at_sign_in import BY_MAIL, HIDDEN

CHOSEN = "Chosen-by-the-user-1"
RESET = "PasswordResetRequiredException"
LATER = ("UserLambdaValidationException", "UserMigration failed with error Sign-in is not available just now. Please "
         "try again later..")  # fmt: skip
SUPPORT = ("UserLambdaValidationException", "UserMigration failed with error This account could not be moved. Please "
           "contact support..")  # fmt: skip
BUSY = ("UserLambdaValidationException", "UserMigration failed with error Too many requests. Please try again in a "
        "moment..")  # fmt: skip
#: By name: what the source asks beside the password.
FACTORS: dict[str, Json] = {
    "texted": {"SMSMfaSettings": {"Enabled": True, "PreferredMfa": True}},
    "mailed": {"EmailMfaSettings": {"Enabled": True, "PreferredMfa": True}},
    "enrolled": {},
    "new": {},
}


def with_mfa(deployed: Deployed, idp: Any, own: Any, on_mfa: str) -> Move:
    """Two pools where people may have second factors, and one person of each kind."""
    settings = {
        "SmsConfiguration": SMS,
        "EmailConfiguration": MAIL,
        "AutoVerifiedAttributes": ["email", "phone_number"],
    }
    move = moving(deployed, idp, own, UsernameConfiguration={"CaseSensitive": False}, **settings)
    for pool in (move.source, move.target):
        idp.set_user_pool_mfa_config(
            UserPoolId=pool,
            MfaConfiguration="OPTIONAL",
            SmsMfaConfiguration={"SmsAuthenticationMessage": "{####}", "SmsConfiguration": SMS},
            EmailMfaConfiguration={"Message": "{####}", "Subject": "code"},
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
    for number, (name, factor) in enumerate(FACTORS.items()):
        addresses = {"email": f"{name}@example.com", "email_verified": "true"}
        addresses |= {"phone_number": f"+1555555000{number}", "phone_number_verified": "true"}
        # A temporary password is good for a week.
        told = {"UserStatus": "FORCE_CHANGE_PASSWORD", "UserCreateDate": time.time()} if name == "new" else {}
        move.put(person(name, "staff", attributes=addresses, **told), groups=["staff"])
        if factor:
            idp.admin_set_user_mfa_preference(UserPoolId=move.source, Username=name, **factor)
    enrolled = {"UserPoolId": move.source, "Username": "enrolled", "SoftwareToken": True, "Passkey": False}
    deployed.cloud.control("PUT", "factors", enrolled)
    move.attach(on_mfa=on_mfa)
    return move


def sent_by_source(move: Move) -> list[str]:
    return [m["cause"] for m in move.deployed.cloud.control("GET", "inbox") if m["user_pool_id"] == move.source]


@pytest.mark.parametrize("on_mfa", ["reset", "trust-password", "refuse"])
def test_a_wrong_password_of_somebody_with_a_second_factor_sends_nothing_and_makes_nobody(
    deployed: Deployed,
    idp: Any,
    own: Any,
    on_mfa: str,
) -> None:
    move = with_mfa(deployed, idp, own, on_mfa)
    for name in FACTORS:
        assert refused(move.sign_in, name, "Not-the-password-1") == HIDDEN
    assert sent_by_source(move) == []
    assert move.names() == set()
    assert move.records() == []


def test_by_default_whoever_is_asked_for_more_is_moved_and_chooses_a_new_password_by_a_verified_address(
    deployed: Deployed,
    idp: Any,
    own: Any,
) -> None:
    move = with_mfa(deployed, idp, own, "reset")
    for name in FACTORS:
        assert refused(move.sign_in, name)[0] == RESET
        assert move.deployed.users(move.target)[name].status == "RESET_REQUIRED"
        deployed.cloud.forget()
        move.own.forgot_password(ClientId=move.client, Username=name)
        [message] = [m for m in deployed.cloud.control("GET", "inbox") if m["user_pool_id"] == move.target]
        move.own.confirm_forgot_password(
            ClientId=move.client, Username=name, ConfirmationCode=message["secret"], Password=CHOSEN
        )
        answer = move.sign_in(name, CHOSEN)
        assert claims(answer)["cognito:groups"] == ["staff"]
        assert claims(answer)[CLAIM]
        assert refused(move.sign_in, name, PASSWORD) == HIDDEN


def test_a_trusted_password_is_kept_and_a_text_message_stays_the_second_factor(
    deployed: Deployed,
    idp: Any,
    own: Any,
) -> None:
    move = with_mfa(deployed, idp, own, "trust-password")
    assert move.sign_in("texted")["ChallengeName"] == "SMS_MFA"
    for name in ("mailed", "enrolled"):
        assert claims(move.sign_in(name))["cognito:groups"] == ["staff"]
    # Somebody else knows a temporary password: it never becomes permanent.
    assert refused(move.sign_in, "new")[0] == RESET
    statuses = {name: user.status for name, user in deployed.users(move.target).items()}
    assert statuses == {**dict.fromkeys(FACTORS, "CONFIRMED"), "new": "RESET_REQUIRED"}


def test_whoever_has_a_second_factor_can_be_left_in_the_source_which_sends_no_code(
    deployed: Deployed,
    idp: Any,
    own: Any,
) -> None:
    move = with_mfa(deployed, idp, own, "refuse")
    for name in FACTORS:
        assert refused(move.sign_in, name) == HIDDEN
    assert sent_by_source(move) == []
    assert move.names() == set()
    move.put(person("plain", attributes=BY_MAIL))
    assert claims(move.sign_in("plain"))[CLAIM]


# Names


def test_a_name_of_300_characters_is_nobodys_and_the_source_is_not_asked(
    deployed: Deployed, idp: Any, own: Any
) -> None:
    move = moving(deployed, idp, own)
    move.attach()
    with pytest.raises(ClientError) as error:
        move.sign_in("x" * 300)
    assert error.value.response["Error"]["Code"] in ("NotAuthorizedException", "InvalidParameterException")
    assert move.asked() == {}


def test_an_address_that_is_somebodys_mere_username_takes_nobodys_place(deployed: Deployed, idp: Any, own: Any) -> None:
    """Mallory registered Bob's address as a username of the source; the target names people by their address."""
    settings = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
    move = moving(deployed, idp, own, target=settings)
    mallory = person("bob@example.com", attributes={"email": "mallory@example.com", "email_verified": "true"})
    unverified = person("eve@example.com", attributes={"email": "eve@example.com", "email_verified": "false"})
    move.put(mallory, unverified)
    move.attach()
    for name in ("bob@example.com", "eve@example.com"):
        assert refused(move.sign_in, name) == SUPPORT
        assert refused(move.sign_in, name, "Not-the-password-1") == HIDDEN
    assert move.names() == set()


def test_of_two_users_of_the_source_with_one_address_the_second_is_refused(
    deployed: Deployed, idp: Any, own: Any
) -> None:
    move = moving(deployed, idp, own, target={"AliasAttributes": ["email"]})
    move.put(person("first", attributes=BY_MAIL), person("second", "staff", attributes=BY_MAIL), groups=["staff"])
    move.attach()
    assert claims(move.sign_in("first"))[CLAIM]
    assert refused(move.sign_in, "second") == SUPPORT
    assert move.names() == {"first"}
    assert move.records() == []
    assert any('"why":"address_taken_in_target"' in line for line in deployed.log())


def test_whoever_types_an_alias_gets_the_username_that_they_had(deployed: Deployed, idp: Any, own: Any) -> None:
    move = moving(deployed, idp, own, AliasAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    move.put(person("ada", "staff", attributes=BY_MAIL), groups=["staff"])
    move.attach()
    answer = move.sign_in("Ada@Example.com")
    assert claims(answer)["cognito:username"] == "ada"
    assert claims(answer)["cognito:groups"] == ["staff"]
    assert move.names() == {"ada"}


def test_a_pool_that_names_people_by_address_gives_groups_back_too(deployed: Deployed, idp: Any, own: Any) -> None:
    settings = {"UsernameAttributes": ["email"], "UsernameConfiguration": {"CaseSensitive": False}}
    move = moving(deployed, idp, own, **settings)
    ada = person("5eb3dee0-0000-4000-8000-000000000001", "staff", attributes=BY_MAIL)
    move.put(ada, groups=["staff"])
    move.attach()
    answer = move.sign_in("ada@example.com")
    assert claims(answer)["cognito:groups"] == ["staff"]
    assert claims(answer)[CLAIM] == ada["Attributes"][0]["Value"]
    assert move.records() == []


# Pools that changed, or do not answer


def test_an_attribute_that_the_target_has_not_refuses_with_a_line_for_the_owner(
    deployed: Deployed, idp: Any, own: Any
) -> None:
    move = moving(deployed, idp, own, custom=("plan",))
    move.attach()
    late = [{"Name": "late", "AttributeDataType": "String", "Mutable": True}]
    idp.add_custom_attributes(UserPoolId=move.source, CustomAttributes=late)
    move.put(person("ada", "staff", attributes={**BY_MAIL, "custom:late": "x"}), groups=["staff"])
    assert refused(move.sign_in, "ada") == SUPPORT
    assert (move.names(), move.records()) == (set(), [])
    assert any('"attributes":["custom:late"]' in line for line in deployed.log())
    idp.add_custom_attributes(UserPoolId=move.target, CustomAttributes=late)
    move.attach()
    # What a warm function knows of the migration is good for a minute.
    restart(deployed)
    assert claims(move.sign_in("ada"))["cognito:groups"] == ["staff"]


def restart(deployed: Deployed) -> None:
    """Lambda starts a function anew when its settings change."""
    lambdas, function = deployed.cloud.client("lambda"), deployed.outputs["UserMigrationFunctionArn"]
    told = lambdas.get_function_configuration(FunctionName=function)
    lambdas.update_function_configuration(FunctionName=function, MemorySize=told["MemorySize"] + 1)


def test_an_attribute_that_is_immutable_in_the_target_is_set_as_the_user_is_made(
    deployed: Deployed, idp: Any, own: Any
) -> None:
    fixed = [{"Name": "tenant", "AttributeDataType": "String", "Mutable": False}]
    move = moving(deployed, idp, own, Schema=fixed)
    move.put(person("ada", attributes={**BY_MAIL, "custom:tenant": "acme"}))
    move.attach()
    assert claims(move.sign_in("ada"))["custom:tenant"] == "acme"


def test_a_source_that_is_throttled_or_gone_is_told_as_such_and_nobody_is_made(
    deployed: Deployed, idp: Any, own: Any
) -> None:
    move = moving(deployed, idp, own)
    move.put(person("ada", "staff", attributes=BY_MAIL), groups=["staff"])
    move.attach()
    throttled = {"action": "AdminInitiateAuth", "user_pool_id": move.source, "error": "TooManyRequestsException"}
    with deployed.cloud.faults({**throttled, "times": None}):
        assert refused(move.sign_in, "ada") == BUSY
    assert (move.names(), move.records()) == (set(), [])
    with deployed.cloud.faults({**throttled, "times": 1}):
        assert claims(move.sign_in("ada"))["cognito:groups"] == ["staff"]
    idp.delete_user_pool(UserPoolId=move.source)
    assert refused(move.sign_in, "bea") == LATER
    assert any("is not there any more" in line for line in deployed.log())
    # Whoever has moved does not need the source.
    assert claims(move.sign_in("ada"))[CLAIM]
