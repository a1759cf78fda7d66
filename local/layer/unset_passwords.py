"""Who has no password does not sign in with any.

The emulator lets whoever has none in with whatever they give. Federated users have none, unless an administrator set
one (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserPassword.html), and
neither have users whom a test put into a pool without (`seed.py`). Users who were imported or made without a password
have an unguessable one here.

Assumed: the answer is that of a wrong password.
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .pools import pool_of_client, user_of
from .subs import SIGNS_IN, WRONG


async def unset_passwords(call: Call, proceed: Proceed) -> Answer:
    given = call.members.get("AuthParameters") or {}
    pool = pool_of_client(str(call.members.get("ClientId", ""))) if call.action in SIGNS_IN else None
    user = user_of(pool, str(given.get("USERNAME", ""))) if pool and "PASSWORD" in given else None
    answer = await proceed(call)
    if user is None or user["_password"] or not answer.succeeded:
        return answer
    return Answer.error("NotAuthorizedException", WRONG)
