"""Usernames are as case-insensitive as the pool says.

The emulator takes `Anna` and `anna` for two users whatever the pool says. In a pool with `CaseSensitive: false` Cognito
knows one, so the second is a UsernameExistsException, and gives names back in lower case
(https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html).
Assumed: names are made lower-case on the way in; an e-mail address that is the username is treated likewise.
"""

from __future__ import annotations

from typing import Any

from .concern import Answer, Call, Proceed
from .pools import is_case_insensitive, pool_of_request


async def usernames(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id)
    username = call.members.get("Username")
    if pool is None or not isinstance(username, str) or not is_case_insensitive(pool):
        return await proceed(call)
    call = call.with_members(Username=username.lower())
    if call.members.get("UserAttributes") and pool.get("UsernameAttributes"):
        call = call.with_members(UserAttributes=[_lowered(given, username) for given in call.members["UserAttributes"]])
    return await proceed(call)


def _lowered(given: dict[str, Any], username: str) -> dict[str, Any]:
    same = str(given.get("Value", "")).lower() == username.lower()
    return {**given, "Value": username.lower()} if same else given
