"""An app may write a username in any case where the pool does not care.

`usernames.py` does that for the calls that name a pool; this one for those of an app, which name its client: a sign-in,
a challenge, "forgot password" (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html).

The secret hash of an app with a secret is of the name as it was sent. Where it is right it is made anew for the name
that goes on; where it is not, all stays as it is, and the emulator refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .pools import is_case_insensitive, pool_of_client
from .secret_hash import secret_hash

#: What holds the name and the hash in which requests, and what they are called there. "" is the request itself.
INSIDE = {"AuthParameters": ("USERNAME", "SECRET_HASH"), "ChallengeResponses": ("USERNAME", "SECRET_HASH")}


async def sign_in_names(call: Call, proceed: Proceed) -> Answer:
    client_id = str(call.members.get("ClientId", ""))
    pool = pool_of_client(client_id) if client_id else None
    if pool is None or not is_case_insensitive(pool):
        return await proceed(call)
    secret = str(pool["_clients"][client_id].get("ClientSecret") or "")
    call = call.with_members(**_lowered(call.members, "Username", "SecretHash", secret, client_id))
    for inside, (name, proof) in INSIDE.items():
        if given := call.members.get(inside):
            call = call.with_members(**{inside: {**given, **_lowered(given, name, proof, secret, client_id)}})
    return await proceed(call)


def _lowered(given: Mapping[str, Any], name: str, proof: str, secret: str, client_id: str) -> dict[str, str]:
    """The members that change."""
    username = given.get(name)
    if not isinstance(username, str) or username == username.lower():
        return {}
    if not secret:
        return {name: username.lower()}
    if given.get(proof) != secret_hash(secret, username, client_id):
        return {}
    return {name: username.lower(), proof: secret_hash(secret, username.lower(), client_id)}
