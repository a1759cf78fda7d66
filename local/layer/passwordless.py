"""AdminCreateUser without a temporary password where people sign in by a code: the user has no password, and none is
made up.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html,
TemporaryPassword ("you can only create a passwordless user when passwordless sign-in is available", omitted or blank)
and UserAttributes (the address or number that codes go to has to be there). The status is CONFIRMED: only "if the user
has a password" it is FORCE_CHANGE_PASSWORD.

Assumed: one of the addresses that the pool's codes go to is enough; where it is missing, that is an
InvalidParameterException. Signing in by a code alone is not done here: the emulator has no USER_AUTH for apps.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .import_users import NO_PASSWORD, first_factors
from .operations import Json
from .pools import pool_of_request, user_of, values_of
from .schema_checks import CREATES

#: By first factor, the attribute its code is sent to.
CODES = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}


async def passwordless(call: Call, proceed: Proceed) -> Answer:
    from ministack.services import cognito

    pool = pool_of_request(call.user_pool_id) if call.action == CREATES else None
    if pool is None or not becomes_passwordless(pool, call.members):
        return await proceed(call)
    given = values_of(call.members, "UserAttributes")
    username = str(call.members.get("Username", ""))
    reached = {*(name for name in given if given[name]), cognito._username_alias_attribute(pool, username)}
    if not reached & {CODES[factor] for factor in first_factors(pool) if factor in CODES}:
        return Answer.error("InvalidParameterException", "A user without a password needs an address for the codes.")
    answer = await proceed(call.with_members(TemporaryPassword=None))
    user = user_of(pool, answer.members["User"]["Username"]) if answer.succeeded else None
    if user is None:
        return answer
    user["_password"] = user[NO_PASSWORD] = secrets.token_urlsafe(32)
    user["UserStatus"] = "CONFIRMED"
    return Answer(answer.status, {"User": {**answer.members["User"], "UserStatus": "CONFIRMED"}}, answer.headers)


def becomes_passwordless(pool: Json, members: Mapping[str, Any]) -> bool:
    """Whether whom this AdminCreateUser makes has no password."""
    if members.get("TemporaryPassword") or members.get("MessageAction") == "RESEND":
        return False
    return any(factor in CODES for factor in first_factors(pool))
