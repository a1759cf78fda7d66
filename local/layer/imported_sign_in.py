"""Signing in as an imported user who has no password yet, or whose password came as a hash.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html, "Requiring
imported users to reset their passwords": any password is answered with PasswordResetRequiredException, or with
NotAuthorizedException where the app client hides which users exist; "Importing users with password hashes": the first
sign-in with USER_PASSWORD_AUTH or ADMIN_USER_PASSWORD_AUTH makes the password the user's own, and SRP does not work
before. To the emulator such a user has a password that nobody can know.

Assumed: an SRP sign-in of somebody who has to reset the password is answered likewise, when the proof comes.
"""

from __future__ import annotations

from typing import Any

from .concern import Answer, Call, Proceed
from .import_hashes import is_password
from .import_users import HASHED, has_no_password
from .pools import hides_users, pool_of_client, user_of

SIGNS_IN = ("InitiateAuth", "AdminInitiateAuth", "RespondToAuthChallenge", "AdminRespondToAuthChallenge")
WRONG = "Incorrect username or password."


async def imported_sign_in(call: Call, proceed: Proceed) -> Answer:
    if call.action not in SIGNS_IN:
        return await proceed(call)
    client_id = str(call.members.get("ClientId", ""))
    pool = pool_of_client(client_id)
    given = call.members.get("AuthParameters") or call.members.get("ChallengeResponses") or {}
    user = user_of(pool, str(given.get("USERNAME", ""))) if pool else None
    if pool is None or user is None or not has_no_password(user):
        return await proceed(call)
    answer = await proceed(call)
    if answer.members.get("message") != WRONG:
        return answer
    if HASHED in user and "PASSWORD" in given and _takes_over(user, str(given["PASSWORD"])):
        return await proceed(call)
    if user["UserStatus"] == "RESET_REQUIRED" and not hides_users(pool, client_id):
        return Answer.error("PasswordResetRequiredException", "Password reset required for the user")
    return answer


def _takes_over(user: dict[str, Any], password: str) -> bool:
    """Makes the password that the hash was made of the user's own. False if this is not it."""
    algorithm, value = user[HASHED]
    if not is_password(algorithm, value, password):
        return False
    user["_password"] = password
    del user[HASHED]
    return True
