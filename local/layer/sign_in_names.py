"""An app may write a username in any case where the pool does not care.

`usernames.py` does that for the calls that name a pool; this one for those of an app, which name its client: a sign-in,
a challenge, "forgot password" (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html).

Left as it is where the client has a secret: the secret hash is of the name as it was sent, and the emulator would
compare it with the hash of another.
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .pools import is_case_insensitive, pool_of_client

INSIDE = ("AuthParameters", "ChallengeResponses")


async def sign_in_names(call: Call, proceed: Proceed) -> Answer:
    client_id = str(call.members.get("ClientId", ""))
    pool = pool_of_client(client_id) if client_id else None
    if pool is None or not is_case_insensitive(pool) or pool["_clients"][client_id].get("ClientSecret"):
        return await proceed(call)
    if isinstance(call.members.get("Username"), str):
        call = call.with_members(Username=call.members["Username"].lower())
    for inside in INSIDE:
        given = call.members.get(inside) or {}
        if isinstance(given.get("USERNAME"), str):
            call = call.with_members(**{inside: {**given, "USERNAME": given["USERNAME"].lower()}})
    return await proceed(call)
