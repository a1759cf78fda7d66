"""The user that a UserMigration function describes.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html, "Migrate user
response parameters": `userAttributes` is required; what the pool requires and is missing gets "default values"; who
typed an alias gets the username that the function gives, and the alias is among the attributes; `finalUserStatus` is
RESET_REQUIRED unless CONFIRMED, and then the password is the typed one, which no policy is held against; the invitation
goes out unless SUPPRESS; `forceAliasCreation` takes an alias away from its holder; `enableSMSMFA` needs a phone number,
and MFA in the pool. "Invalid finalUserStatus", and likewise of the others, and attributes that are not in the schema:
https://repost.aws/knowledge-center/cognito-migration-lambda-trigger-errors, by which RESET_REQUIRED is invalid too.

Assumed: the user is made as AdminCreateUser makes one, with its refusals (`sub` among the attributes, an alias of
somebody else's), mediums and messages, and no PreSignUp trigger; an invitation that cannot be sent leaves the user
there; a preferred username is let in with the others; a default is `false`, the smallest number, 1970-01-01, or dashes,
and there is none of an address or a number; attributes that are no texts are no response; whoever has to reset the
password has none.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from .aliases import PREFERRED
from .auth_factors import METHODS, SMS
from .concern import Call, Proceed
from .constraints import breach
from .import_users import NO_PASSWORD
from .names import ADDRESSES, folded, holder_of, naming_attributes
from .operations import Json, Refused
from .pools import put_values, user_of, values_of
from .required_attributes import missing_of
from .schema_checks import CREATES
from .triggers import NotUnderstood

CONFIRMED, RESET_REQUIRED = "CONFIRMED", "RESET_REQUIRED"
#: Of each member of the response, what it may be beside nothing.
ALLOWED = {"finalUserStatus": (CONFIRMED, RESET_REQUIRED), "messageAction": ("SUPPRESS",)}
MEDIUMS = {"SMS", "EMAIL"}


class NothingGiven(Exception):
    """The response is as empty as it was: the function knows nobody of that name."""


def status_of(response: Mapping[str, Any]) -> str:
    return response.get("finalUserStatus") or RESET_REQUIRED


async def make(pool: Json, name: str, password: str | None, response: Json, proceed: Proceed) -> None:
    """Makes the user who typed that name. Refused, or NothingGiven, where the response does not describe one."""
    attributes = _attributes(response)
    username = folded(pool, _username(pool, name, attributes))
    given = {attribute: value for attribute, value in attributes.items() if attribute != "username"}
    _check(pool, response, given)
    later = {PREFERRED: given.pop(PREFERRED)} if PREFERRED in given and PREFERRED in naming_attributes(pool) else {}
    if later and holder_of(pool, later[PREFERRED]):
        raise Refused("AliasExistsException", f"An account with the given {PREFERRED} already exists.")
    given |= _defaults(pool, username, {**given, **later})
    members: Json = {
        "UserPoolId": pool["Id"],
        "Username": username,
        "UserAttributes": [{"Name": attribute, "Value": value} for attribute, value in given.items()],
        "TemporaryPassword": "Aa1!" + secrets.token_urlsafe(66),  # whatever the policy
        "ForceAliasCreation": bool(response.get("forceAliasCreation")),
    }
    members |= {"MessageAction": "SUPPRESS"} if response.get("messageAction") else {}
    members |= {"DesiredDeliveryMediums": response.get("desiredDeliveryMediums") or []}
    if problem := breach(CREATES, members):
        raise Refused("InvalidParameterException", problem)
    answer = await proceed(Call(CREATES, members))
    if user := user_of(pool, username):
        _finish(pool, user, password, response, later)
    if not answer.succeeded:
        raise Refused(str(answer.members.get("__type")), str(answer.members.get("message")))


def _finish(pool: Json, user: Json, password: str | None, response: Json, later: Mapping[str, str]) -> None:
    user["UserStatus"] = status_of(response)
    user["_password"] = password if password and status_of(response) == CONFIRMED else secrets.token_urlsafe(32)
    if user["_password"] != password:
        user[NO_PASSWORD] = user["_password"]
    if response.get("enableSMSMFA"):
        user[METHODS] = [SMS]
    put_values(user, {**values_of(user), **{name: folded(pool, value) for name, value in later.items()}})


def _attributes(response: Json) -> dict[str, str]:
    attributes = response.get("userAttributes")
    if not attributes:
        raise NothingGiven
    if not isinstance(attributes, dict) or not all(isinstance(value, str) for value in attributes.values()):
        raise NotUnderstood
    return attributes


def _username(pool: Json, name: str, attributes: Mapping[str, str]) -> str:
    """The new user's. Refused where the function gives another than was typed, and what was typed is no alias of it."""
    username = attributes.get("username") or name
    aliases = {folded(pool, attributes.get(alias, "")) for alias in pool.get("AliasAttributes") or ()}
    if folded(pool, username) != folded(pool, name) and folded(pool, name) not in aliases:
        raise Refused("InvalidParameterException", "The username is not the one that was given to sign in.")
    return username


def _check(pool: Json, response: Json, given: Mapping[str, str]) -> None:
    for member, allowed in ALLOWED.items():
        if response.get(member) not in (None, *allowed):
            raise Refused("InvalidParameterException", f"Exception during user migration: Invalid {member}")
    mediums = response.get("desiredDeliveryMediums") or []
    if not isinstance(mediums, list) or not MEDIUMS.issuperset(map(str, mediums)):
        raise Refused("InvalidParameterException", "Exception during user migration: Invalid desiredDeliveryMediums")
    if response.get("enableSMSMFA") and (not given.get("phone_number") or pool.get("MfaConfiguration", "OFF") == "OFF"):
        raise Refused("InvalidParameterException", "SMS MFA needs a phone number, and MFA in the user pool.")


def _defaults(pool: Json, username: str, given: Mapping[str, str]) -> dict[str, str]:
    """Values for what the pool requires and nobody gave."""
    from ministack.services import cognito

    told = {**given, cognito._username_alias_attribute(pool, username) or "": username}
    wanted = {name for name in missing_of(pool, told) if name not in ADDRESSES}
    return {one["Name"]: _default(one) for one in pool["SchemaAttributes"] if one["Name"] in wanted}


def _default(attribute: Mapping[str, Any]) -> str:
    kind = attribute.get("AttributeDataType")
    if kind == "Boolean":
        return "false"
    if kind == "Number":
        return str((attribute.get("NumberAttributeConstraints") or {}).get("MinValue") or 0)
    if attribute["Name"] == "birthdate":
        return "1970-01-01"
    return "-" * max(int((attribute.get("StringAttributeConstraints") or {}).get("MinLength") or 0), 1)
