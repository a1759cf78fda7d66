"""Attributes are held to the pool's schema, as Cognito does and the emulator does not.

InvalidParameterException where an attribute is not in the schema, is longer or shorter than its
`StringAttributeConstraints`, may not be changed, or is Cognito's own to set.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html, and in the API
reference API_SchemaAttributeType and API_AdminCreateUser; "Cannot modify the non-mutable attribute identities" is how
others met it. The other texts are ours: nothing may decide by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .pools import pool_of_request

CREATES, UPDATES = "AdminCreateUser", "AdminUpdateUserAttributes"
#: Set by Cognito alone, whatever the schema says.
READ_ONLY = ("sub", "identities")


async def schema_checks(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id)
    if pool is None or call.action not in (CREATES, UPDATES):
        return await proceed(call)
    schema = {attribute["Name"]: attribute for attribute in pool["SchemaAttributes"]}
    for given in call.members.get("UserAttributes") or ():
        if problem := _problem(schema, given, is_update=call.action == UPDATES):
            return Answer.error("InvalidParameterException", problem)
    return await proceed(call)


def _problem(schema: Mapping[str, Any], given: Mapping[str, str], *, is_update: bool) -> str | None:
    name, value = given["Name"], given.get("Value", "")
    if name in READ_ONLY:
        return f"Cannot modify the non-mutable attribute {name}"
    described = schema.get(name)
    if described is None:
        return f"Attributes did not conform to the schema: {name}: Attribute does not exist in the schema."
    if is_update and not described["Mutable"]:
        return f"Cannot modify the non-mutable attribute {name}"
    limits = described.get("StringAttributeConstraints", {})
    if len(value) > int(limits.get("MaxLength", 2048)):
        return f"Attributes did not conform to the schema: {name}: The value is longer than the schema allows."
    if value and len(value) < int(limits.get("MinLength", 0)):
        return f"Attributes did not conform to the schema: {name}: The value is shorter than the schema allows."
    return None
