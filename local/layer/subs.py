"""Where a `sub` stands for a username: in what administrators and "forgot password" name, not in a sign-in.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html and the other
operations on a user, Username: "the sub of a local user or the username of a user from a third-party IdP". The
emulator takes the `sub` of anybody, everywhere but in a sign-in with SRP.

Assumed: in a sign-in with a password too, a `sub` is nobody's name, unless it is the username itself, as in pools where
usernames are e-mail addresses or phone numbers.
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .operations import Json
from .pools import hides_users, pool_of_client, pool_of_request, user_of
from .schema_checks import CREATES

SIGNS_IN = ("InitiateAuth", "AdminInitiateAuth")
WRONG = "Incorrect username or password."


async def subs(call: Call, proceed: Proceed) -> Answer:
    unknown = Answer.error("UserNotFoundException", "User does not exist.")
    client_id = str(call.members.get("ClientId", ""))
    if call.action in SIGNS_IN:
        pool = pool_of_client(client_id)
        if pool is None or named_by_sub(pool, (call.members.get("AuthParameters") or {}).get("USERNAME")) is None:
            return await proceed(call)
        return Answer.error("NotAuthorizedException", WRONG) if hides_users(pool, client_id) else unknown
    pool = pool_of_request(call.user_pool_id) if call.action != CREATES else None
    user = named_by_sub(pool, call.members.get("Username")) if pool else None
    return unknown if user and user["UserStatus"] == "EXTERNAL_PROVIDER" else await proceed(call)


def named_by_sub(pool: Json, name: object) -> Json | None:
    """The user whose `sub` that is, if it is no other name of theirs."""
    if not isinstance(name, str) or name in pool["_users"]:
        return None
    user = user_of(pool, name)
    return user if user and {"Name": "sub", "Value": name} in user["Attributes"] else None
