"""AdminGetUserAuthFactors, which the emulator does not have.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUserAuthFactors.html:
PASSWORD is a first factor only, SOFTWARE_TOKEN a second only, the codes and passkeys can be either.

A passkey is registered in a browser, a software token by its user: tests say so themselves, with `PUT
/_poolsafe/factors` and `{"UserPoolId": ..., "Username": ..., "SoftwareToken": true, "Passkey": true}`, which enrols,
and prefers nothing; the answer has the token's `SecretCode` (RFC 6238).

Assumed: a code is among a user's factors where the pool lets people sign in with one and the user has the attribute,
or where it is a second factor of the user's; lists that would be empty, and a preference that is none, are left out.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .constraints import breach
from .import_users import HASHED, first_factors, has_no_password
from .operations import Json, Refused, answering
from .pools import pool_anywhere, user_of

GETS = "AdminGetUserAuthFactors"
PASSKEY, TOTP_SECRET, METHODS = "_poolsafe_passkey", "_totp_secret", "_mfa_enabled"
TOTP, SMS, MAIL = "SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"
#: A code: the attribute it is sent to, and what it is called as a second factor.
CODES = {"EMAIL_OTP": ("email", MAIL), "SMS_OTP": ("phone_number", SMS)}


def put_factors(method: str, body: Any) -> dict[str, Any]:
    """Enrols a user; answers the request, and with the secret of the software token."""
    if method != "PUT":
        raise ValueError("PUT the factors")
    user = _user(pool_anywhere(body["UserPoolId"]), body)
    user[PASSKEY] = bool(body.get("Passkey"))
    if not body.get("SoftwareToken"):
        return dict(body)
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    enrol(user, secret)
    return {**body, "SecretCode": secret}


def enrol(user: Json, secret: str) -> None:
    """Makes a software token the user's."""
    user[TOTP_SECRET] = secret
    user[METHODS] = sorted({*user.get(METHODS, ()), TOTP})


async def auth_factors(call: Call, proceed: Proceed) -> Answer:
    if call.action == GETS and (problem := breach(GETS, call.members)):
        return Answer.error("InvalidParameterException", problem)
    return await _answer(call, proceed)


def _get(pool: Json, members: Mapping[str, Any]) -> Json:
    user = _user(pool, members)
    told = {
        "PreferredMfaSetting": user.get("_preferred_mfa"),
        "UserMFASettingList": user.get(METHODS),
        "ConfiguredUserAuthFactors": _factors(pool, user),
    }
    return {"Username": user["Username"], **{name: value for name, value in told.items() if value}}


_answer = answering({GETS: _get})


def _factors(pool: Json, user: Mapping[str, Any]) -> list[str]:
    attributes = {given["Name"]: given.get("Value") for given in user["Attributes"]}
    methods, allowed = user.get(METHODS, ()), first_factors(pool)
    found = ["PASSWORD"] if _has_password(user) else []
    for code, (attribute, method) in CODES.items():
        if (code in allowed and attributes.get(attribute)) or method in methods:
            found.append(code)
    return [*found, *(["WEB_AUTHN"] if user.get(PASSKEY) else []), *(["SOFTWARE_TOKEN"] if TOTP in methods else [])]


def _has_password(user: Mapping[str, Any]) -> bool:
    return bool(user["_password"]) and (HASHED in user or not has_no_password(user))


def _user(pool: Json, members: Mapping[str, Any]) -> Json:
    user = user_of(pool, members["Username"])
    if user is None:
        raise Refused("UserNotFoundException", "User does not exist.")
    return user
