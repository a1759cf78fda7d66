"""A temporary password is good for some days, and a new one comes with RESEND or AdminSetUserPassword.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
(TemporaryPasswordValidityDays: 7 unless set, 0 means that), .../API_AdminCreateUserConfigType.html (the legacy one),
.../API_AdminCreateUser.html (RESEND begins the time anew "with a new temporary password"; UnsupportedUserStateException
is for users in a state where that cannot be), .../API_AdminSetUserPassword.html ("if the user doesn't sign in before
the temporary password expires, they can no longer sign in"). The answer is a NotAuthorizedException:
https://github.com/aws-amplify/amplify-js/issues/9844.

Assumed: the time counts from the call that set the password, and from a user's creation where there was none; whoever
does not know the password is not told that it has expired; RESEND is for FORCE_CHANGE_PASSWORD alone; the password can
be used again while the challenge is not answered, though the reference says "valid only once".
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .import_users import has_no_password
from .operations import Json, now
from .pools import pool_of_client, pool_of_request, user_of
from .schema_checks import CREATES

SETS = "AdminSetUserPassword"
SINCE = "_poolsafe_temporary_since"
DEFAULT_DAYS, SECONDS_A_DAY = 7, 24 * 3600
CHANGES = "NEW_PASSWORD_REQUIRED"


async def temporary_passwords(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id) if call.action in (CREATES, SETS) else None
    if pool is not None and call.members.get("MessageAction") == "RESEND":
        user = user_of(pool, str(call.members.get("Username", "")))
        if user and (refusal := _renew(pool, user, call)):
            return refusal
    answer = await proceed(call)
    if pool is not None and answer.succeeded:
        user = user_of(pool, str((answer.members.get("User") or call.members)["Username"]))
        if user:
            user[SINCE] = now()
    return _unless_expired(call, answer)


def _renew(pool: Json, user: Json, call: Call) -> Answer | None:
    """Gives the user the new temporary password, which the emulator then sends."""
    from ministack.services import cognito

    if user["UserStatus"] != "FORCE_CHANGE_PASSWORD" or has_no_password(user):
        return Answer.error("UnsupportedUserStateException", "Resend not possible. Status is not FORCE_CHANGE_PASSWORD")
    password = call.members.get("TemporaryPassword") or cognito._generate_temp_password()
    if problems := cognito._password_policy_errors(pool, password):
        return Answer.error("InvalidPasswordException", "; ".join(problems))
    user["_password"] = password
    return None


def _unless_expired(call: Call, answer: Answer) -> Answer:
    if answer.members.get("ChallengeName") != CHANGES:
        return answer
    pool = pool_of_client(str(call.members.get("ClientId", "")))
    user = user_of(pool, answer.members["ChallengeParameters"]["USER_ID_FOR_SRP"]) if pool else None
    if pool is None or user is None or now() - user.get(SINCE, user["UserCreateDate"]) <= _validity(pool):
        return answer
    message = "Temporary password has expired and must be reset by an administrator."
    return Answer.error("NotAuthorizedException", message)


def _validity(pool: Json) -> float:
    """In seconds."""
    days = ((pool.get("Policies") or {}).get("PasswordPolicy") or {}).get("TemporaryPasswordValidityDays")
    legacy = (pool.get("AdminCreateUserConfig") or {}).get("UnusedAccountValidityDays")
    return float(days or legacy or DEFAULT_DAYS) * SECONDS_A_DAY
