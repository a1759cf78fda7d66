"""What is sent to Cognito to learn whether a password is right, and what its answers mean."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from poolsafe.adapters.password_check import CognitoPasswordCheck
from poolsafe.domain.migration.password_answer import PasswordAnswer, Verdict
from poolsafe.errors import AccessDenied, NotFound, PoolNotFound, PoolsafeError, Rejected, ServiceUnavailable, Throttled

POOL, CLIENT, SECRET = "us-east-1_Source", "1h57kf5cpq17m0eml12example", "9pjs4c2sjk1v0000000example-secret"
NAME, PASSWORD = "ada@example.com", "Typed-for-years-1"
ASKED = {"UserPoolId": POOL, "ClientId": CLIENT}
TOKENS = {"AccessToken": "access", "IdToken": "id", "RefreshToken": "refresh", "ExpiresIn": 3600, "TokenType": "Bearer"}


def secret_hash(name: str, secret: str = SECRET) -> str:
    """Base64 of HMAC-SHA256 (RFC 2104), spelt out."""
    key = secret.encode().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + (name + CLIENT).encode()).digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).digest()
    return base64.b64encode(outer).decode()


def asked(name: str = NAME, **more: str) -> dict[str, Any]:
    given = {"USERNAME": name, "PASSWORD": PASSWORD, **more}
    return {**ASKED, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH", "AuthParameters": given}


def has_secret(stub: Stubber, secret: str | None) -> None:
    described = {**ASKED, **({} if secret is None else {"ClientSecret": secret})}
    stub.add_response("describe_user_pool_client", {"UserPoolClient": described}, ASKED)


@pytest.fixture
def check(stub: Stubber) -> CognitoPasswordCheck:
    return CognitoPasswordCheck(POOL, CLIENT, cognito=stub.client)


def failing(stub: Stubber, check: CognitoPasswordCheck, code: str, text: str = "", status: int = 400) -> PasswordAnswer:
    has_secret(stub, None)
    stub.add_client_error("admin_initiate_auth", code, text, http_status_code=status)
    return check.answer(NAME, PASSWORD)


def test_a_client_with_a_secret_is_asked_with_its_hash(stub: Stubber, check: CognitoPasswordCheck) -> None:
    has_secret(stub, SECRET)
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": TOKENS}, asked(SECRET_HASH=secret_hash(NAME)))
    assert check.answer(NAME, PASSWORD) == PasswordAnswer(Verdict.RIGHT, None)


def test_a_client_without_a_secret_is_asked_without_a_hash(stub: Stubber, check: CognitoPasswordCheck) -> None:
    has_secret(stub, None)
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": TOKENS}, asked())
    assert check.answer(NAME, PASSWORD) == PasswordAnswer(Verdict.RIGHT, None)


@pytest.mark.parametrize("secret", [SECRET, None])
def test_the_secret_is_read_once_and_the_hash_is_of_each_name(
    secret: str | None, stub: Stubber, check: CognitoPasswordCheck
) -> None:
    has_secret(stub, secret)
    for name in ("ada", "bob", "Zoë"):
        more = {} if secret is None else {"SECRET_HASH": secret_hash(name)}
        stub.add_response("admin_initiate_auth", {"AuthenticationResult": TOKENS}, asked(name, **more))
    for name in ("ada", "bob", "Zoë"):
        assert check.answer(name, PASSWORD).verdict is Verdict.RIGHT


def test_a_secret_that_could_not_be_read_is_read_again(stub: Stubber, check: CognitoPasswordCheck) -> None:
    stub.add_client_error("describe_user_pool_client", "TooManyRequestsException")
    with pytest.raises(Throttled):
        check.answer(NAME, PASSWORD)
    has_secret(stub, SECRET)
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": TOKENS}, asked(SECRET_HASH=secret_hash(NAME)))
    assert check.answer(NAME, PASSWORD).verdict is Verdict.RIGHT


def test_no_token_comes_along_with_the_answer(stub: Stubber, check: CognitoPasswordCheck) -> None:
    has_secret(stub, None)
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": TOKENS})
    told = repr(check.answer(NAME, PASSWORD)) + repr(vars(check))
    assert not [token for token in ("access", "refresh", PASSWORD, NAME) if token in told]


FACTORS = ("SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "MFA_SETUP")
OTHERS = ("CUSTOM_CHALLENGE", "SELECT_CHALLENGE", "DEVICE_SRP_AUTH", "PASSWORD_VERIFIER")


@pytest.mark.parametrize("challenge", [*FACTORS, "NEW_PASSWORD_REQUIRED", *OTHERS])
def test_a_challenge_is_told_by_its_name_and_is_no_sign_in(
    challenge: str, stub: Stubber, check: CognitoPasswordCheck
) -> None:
    has_secret(stub, None)
    told = {"ChallengeName": challenge, "Session": "s" * 20, "ChallengeParameters": {"USER_ID_FOR_SRP": "ada"}}
    stub.add_response("admin_initiate_auth", told)
    answer = check.answer(NAME, PASSWORD)
    assert answer == PasswordAnswer(Verdict.CHALLENGED, challenge)
    assert answer.is_second_factor is (challenge in FACTORS)
    assert answer.is_temporary_password is (challenge == "NEW_PASSWORD_REQUIRED")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("NotAuthorizedException", "Incorrect username or password."),
        ("NotAuthorizedException", "User is disabled."),
        ("NotAuthorizedException", ""),
        ("UserNotFoundException", "User does not exist."),
        ("UserNotConfirmedException", "User is not confirmed."),
        ("PasswordResetRequiredException", "Password reset required for the user"),
        ("UserLambdaValidationException", "PreAuthentication failed with error no."),
    ],
)
def test_whom_the_pool_does_not_let_in_had_a_wrong_password(
    code: str, text: str, stub: Stubber, check: CognitoPasswordCheck
) -> None:
    assert failing(stub, check, code, text) == PasswordAnswer(Verdict.WRONG)


def test_too_many_wrong_passwords_are_told_apart(stub: Stubber, check: CognitoPasswordCheck) -> None:
    answer = failing(stub, check, "NotAuthorizedException", "Password attempts exceeded")
    assert answer == PasswordAnswer(Verdict.LOCKED_OUT)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ResourceNotFoundException", 400, PoolNotFound),
        ("TooManyRequestsException", 400, Throttled),
        ("InternalErrorException", 500, ServiceUnavailable),
        ("SomethingNew", 503, ServiceUnavailable),
        ("AccessDeniedException", 400, AccessDenied),
        ("InvalidParameterException", 400, Rejected),
        ("InvalidUserPoolConfigurationException", 400, Rejected),
    ],
)
def test_an_answer_that_says_nothing_of_the_password_is_an_error(
    code: str, status: int, error: type[PoolsafeError], stub: Stubber, check: CognitoPasswordCheck
) -> None:
    with pytest.raises(error) as raised:
        failing(stub, check, code, f"{NAME} is not welcome. Password attempts exceeded", status)
    assert type(raised.value) is error
    assert NAME not in str(raised.value)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ResourceNotFoundException", PoolNotFound),
        ("TooManyRequestsException", Throttled),
        ("AccessDeniedException", AccessDenied),
        ("InvalidParameterException", Rejected),
        ("NotAuthorizedException", Rejected),
    ],
)
def test_a_secret_that_cannot_be_read_is_an_error_and_no_wrong_password(
    code: str, error: type[PoolsafeError], stub: Stubber, check: CognitoPasswordCheck
) -> None:
    stub.add_client_error("describe_user_pool_client", code)
    with pytest.raises(error) as raised:
        check.answer(NAME, PASSWORD)
    assert type(raised.value) is error


def test_a_pool_that_is_gone_names_itself_and_its_client(stub: Stubber, check: CognitoPasswordCheck) -> None:
    with pytest.raises(PoolNotFound, match=f"{POOL} .*{CLIENT}") as raised:
        failing(stub, check, "ResourceNotFoundException")
    assert isinstance(raised.value.__cause__, NotFound)


def test_an_error_keeps_cognitos_own_as_its_cause(stub: Stubber, check: CognitoPasswordCheck) -> None:
    with pytest.raises(Rejected) as raised:
        failing(stub, check, "InvalidParameterException")
    assert isinstance(raised.value.__cause__, ClientError)
