"""Usernames are as case-insensitive as the pool says.

The emulator takes `Anna` and `anna` for two users whatever the pool says. In a pool with `CaseSensitive: false` Cognito
knows one, so the second is a UsernameExistsException, and gives names back in lower case; `email` and
`preferred_username` are case-insensitive with the username
(https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-case-sensitivity.html).
Assumed: names are made lower-case on the way in, and so are those two attributes in whatever pool does not care.
"""

from __future__ import annotations

from typing import Any

from .concern import Answer, Call, Proceed
from .pools import is_case_insensitive, pool_of_request

#: Attributes that are as case-insensitive as usernames.
LOWERED = ("email", "preferred_username")


async def usernames(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id)
    if pool is None or not is_case_insensitive(pool):
        return await proceed(call)
    if isinstance(call.members.get("Username"), str):
        call = call.with_members(Username=call.members["Username"].lower())
    if call.members.get("UserAttributes"):
        call = call.with_members(UserAttributes=[_lowered(given) for given in call.members["UserAttributes"]])
    destination = call.members.get("DestinationUser") or {}
    if destination.get("ProviderName") == "Cognito" and destination.get("ProviderAttributeValue"):
        lowered = {**destination, "ProviderAttributeValue": destination["ProviderAttributeValue"].lower()}
        call = call.with_members(DestinationUser=lowered)
    return await proceed(call)


def _lowered(given: dict[str, Any]) -> dict[str, Any]:
    is_name = given.get("Name") in LOWERED and isinstance(given.get("Value"), str)
    return {**given, "Value": given["Value"].lower()} if is_name else given
