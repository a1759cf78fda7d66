"""Attributes are held to the pool's schema, as Cognito does and the emulator does not.

InvalidParameterException where an attribute is not in the schema, is not of its type, is longer or shorter, greater or
smaller than its constraints, may not be changed, or is Cognito's own to set.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html, and in the API
reference API_SchemaAttributeType and API_AdminCreateUser; "Cannot modify the non-mutable attribute identities" is how
others met it. The other texts are ours: nothing may decide by them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .operations import Json
from .pools import pool_of_request

CREATES, UPDATES = "AdminCreateUser", "AdminUpdateUserAttributes"
#: Set by Cognito alone, whatever the schema says.
READ_ONLY = ("sub", "identities")


async def schema_checks(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id)
    if pool is None or call.action not in (CREATES, UPDATES):
        return await proceed(call)
    for given in call.members.get("UserAttributes") or ():
        problem = value_problem(pool, given["Name"], given.get("Value") or "", is_update=call.action == UPDATES)
        if problem:
            return Answer.error("InvalidParameterException", problem)
    return await proceed(call)


def value_problem(pool: Json, name: str, value: str, *, is_update: bool = False) -> str | None:
    """Why an attribute cannot have that value, in words. A blank one fits: it is no value."""
    if name in READ_ONLY:
        return f"Cannot modify the non-mutable attribute {name}"
    described = next((attribute for attribute in pool["SchemaAttributes"] if attribute["Name"] == name), None)
    if described is None:
        return f"Attributes did not conform to the schema: {name}: Attribute does not exist in the schema."
    if is_update and not described["Mutable"]:
        return f"Cannot modify the non-mutable attribute {name}"
    problem = _problem_of_type(described, value) if value else None
    return f"Attributes did not conform to the schema: {name}: {problem}" if problem else None


def _problem_of_type(described: Mapping[str, Any], value: str) -> str | None:
    kind = described.get("AttributeDataType")
    if kind == "Boolean" and value.lower() not in ("true", "false"):
        return "The value is neither true nor false."
    if kind == "Number" and not is_number(value, described.get("NumberAttributeConstraints") or {}):
        return "The value is no number, or out of range."
    limits = described.get("StringAttributeConstraints") or {}
    if len(value) > int(limits.get("MaxLength", 2048)):
        return "The value is longer than the schema allows."
    if len(value) < int(limits.get("MinLength", 0)):
        return "The value is shorter than the schema allows."
    return None


def is_number(value: str, limits: Mapping[str, str]) -> bool:
    """Whether that is a whole number within the constraints of a Number attribute."""
    if re.fullmatch(r"-?\d+", value, re.ASCII) is None:
        return False
    return int(limits.get("MinValue", value)) <= int(value) <= int(limits.get("MaxValue", value))
