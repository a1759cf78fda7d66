"""Names are unique: whose alias an address is, who may have a preferred username, and what no username may look like.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html, "Customizing
sign-in attributes" (a username cannot look like an alias; an address is verified in one account only; moving an alias
marks it as unverified where it was); https://github.com/aws-amplify/amplify-js/issues/8800 (the exception); `preferred_
username` as alias "can be provided only when an account is confirmed", https://github.com/aws-amplify/amplify-js/
issues/1669, and cannot be another's username, https://github.com/aws/aws-sdk-net/issues/761; ForceAliasCreation:
.../APIReference/API_AdminCreateUser.html; AliasExistsException: .../API_AdminUpdateUserAttributes.html.

Assumed: an account that has to change a temporary password is not confirmed yet, one that has to reset its password
is; a new username that is somebody's alias is a UsernameExistsException; ForceAliasCreation moves nothing in a pool
where usernames are addresses or numbers; an alias is looked for among all users, disabled and federated ones too.
"""

from __future__ import annotations

from collections.abc import Mapping

from .addresses import is_address
from .concern import Answer, Call, Proceed
from .names import ADDRESSES, folded, holder_of, names_of, naming_attributes
from .operations import Json, Refused
from .pools import pool_of_request, put_values, user_of, values_of
from .schema_checks import CREATES, UPDATES

PREFERRED = "preferred_username"
NOT_CONFIRMED = ("UNCONFIRMED", "FORCE_CHANGE_PASSWORD")


async def aliases(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id) if call.action in (CREATES, UPDATES) else None
    if pool is None or not naming_attributes(pool) or call.members.get("MessageAction") == "RESEND":
        return await proceed(call)
    given = values_of(call.members, "UserAttributes")
    username = str(call.members.get("Username", ""))
    try:
        holders = _check_new(pool, call, username, given) if call.action == CREATES else []
        if call.action == UPDATES and (user := user_of(pool, username)):
            _check_change(pool, user, given)
    except Refused as refused:
        return Answer.error(refused.name, str(refused))
    answer = await proceed(call)
    if answer.succeeded:
        for alias, holder in holders:
            put_values(holder, {**values_of(holder), f"{alias}_verified": "false"})
    return answer


def _check_new(pool: Json, call: Call, username: str, given: Mapping[str, str]) -> list[tuple[str, Json]]:
    """The aliases that move to the new user, each with its holder. Refused where one cannot."""
    for alias in pool.get("AliasAttributes") or ():
        if alias in ADDRESSES and is_address(alias, username):
            kind = "email" if alias == "email" else "phone number"
            message = f"Username cannot be of {kind} format, since user pool is configured for {kind} alias."
            raise Refused("InvalidParameterException", message)
    if given.get(PREFERRED) and PREFERRED in naming_attributes(pool):
        raise _preferred_too_early()
    if username not in pool["_users"] and pool.get("AliasAttributes") and holder_of(pool, username):
        raise Refused("UsernameExistsException", "User account already exists.")
    may_move = bool(call.members.get("ForceAliasCreation")) and not pool.get("UsernameAttributes")
    held = [(alias, holder) for alias in _names_among(pool, given) if (holder := _holder(pool, given, alias, username))]
    if held and not may_move:
        raise _exists(held[0][0])
    return held


def _check_change(pool: Json, user: Json, given: Mapping[str, str]) -> None:
    if given.get(PREFERRED) and PREFERRED in naming_attributes(pool) and user["UserStatus"] in NOT_CONFIRMED:
        raise _preferred_too_early()
    after = {**values_of(user), **given}
    for alias in _names_among(pool, after):
        if {alias, f"{alias}_verified"} & given.keys() and holder_of(pool, after[alias], but=user):
            raise _exists(alias)


def _names_among(pool: Json, values: Mapping[str, str]) -> list[str]:
    """The attributes whose values are names of whoever has these attributes."""
    names = names_of(pool, "", values)
    return [name for name in naming_attributes(pool) if values.get(name) and folded(pool, values[name]) in names]


def _holder(pool: Json, given: Mapping[str, str], alias: str, username: str) -> Json | None:
    """Who has the alias. That it is the new user's own name in such a pool, the emulator looks at."""
    return None if folded(pool, given[alias]) == folded(pool, username) else holder_of(pool, given[alias])


def _preferred_too_early() -> Refused:
    message = "Preferred username cannot be provided for unconfirmed account, since user pool is configured for it."
    return Refused("InvalidParameterException", message)


def _exists(alias: str) -> Refused:
    return Refused("AliasExistsException", f"An account with the given {alias} already exists.")
