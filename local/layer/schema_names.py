"""What a custom attribute is called, and what a new pool's schema may say.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SchemaAttributeType.html: a
name that is sent gets its prefix, so that one sent as `custom:x` becomes `custom:custom:x`
(https://github.com/awsdocs/aws-cloudformation-user-guide/issues/932); a developer-only `mydev` becomes
`dev:custom:mydev` in the example of .../API_CreateUserPool.html. A standard attribute keeps its data type and is never
developer-only (https://github.com/hashicorp/terraform-provider-aws/issues/23181). The emulator takes a prefix for
granted where one is sent. AddCustomAttributes makes custom ones only, so there `email` becomes `custom:email`.

Assumed: `sub` and `identities` in a Schema are refused; Cognito makes them itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .concern import Answer, Call, Proceed

CREATES, ADDS = "CreateUserPool", "AddCustomAttributes"
MADE_BY_COGNITO = ("sub", "identities")


async def schema_names(call: Call, proceed: Proceed) -> Answer:
    if call.action == CREATES:
        schema = call.members.get("Schema") or []
        if problem := schema_problem(schema):
            return Answer.error("InvalidParameterException", problem)
        return await proceed(call.with_members(Schema=named_schema(schema)))
    if call.action == ADDS:
        named = [_prefixed(given) for given in call.members.get("CustomAttributes") or []]
        return await proceed(call.with_members(CustomAttributes=named))
    return await proceed(call)


def schema_problem(schema: Iterable[Mapping[str, Any]]) -> str | None:
    """Why a new pool cannot have that schema, in words."""
    from ministack.services import cognito

    standard: Mapping[str, Any] = cognito._STANDARD_ATTRIBUTES_BY_NAME
    return next((found for given in schema if (found := _problem(standard, given))), None)


def named_schema(schema: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A new pool's schema with the names its attributes get."""
    from ministack.services import cognito

    standard = cognito._STANDARD_ATTRIBUTES_BY_NAME
    return [dict(given) if given.get("Name") in standard else _prefixed(given) for given in schema]


def _prefixed(given: Mapping[str, Any]) -> dict[str, Any]:
    prefix = "dev:custom:" if given.get("DeveloperOnlyAttribute") else "custom:"
    return {**given, "Name": prefix + str(given.get("Name") or "")}


def _problem(standard: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    name = given.get("Name")
    if not name:
        return "An attribute of the schema has no name."
    if name in MADE_BY_COGNITO:
        return f"{name} is made by Cognito and cannot be in a schema."
    if name not in standard:
        return None
    if given.get("AttributeDataType", standard[name]["AttributeDataType"]) != standard[name]["AttributeDataType"]:
        return f"You can not change AttributeDataType for standard schema attribute {name}."
    if given.get("DeveloperOnlyAttribute"):
        return f"The standard attribute {name} cannot be developer-only."
    return None
