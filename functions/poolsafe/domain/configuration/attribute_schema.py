"""A pool's attributes as one declares them, from what DescribeUserPool tells of them.

The schema cannot be changed once the pool is made: required attributes,
mutability and types have to be right at the first try [API CreateUserPool].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CUSTOM = "custom:"
#: Attributes that only IAM-signed calls may write: `dev:custom:x` was declared as `x` [API CreateUserPool].
DEVELOPER_ONLY = "dev:"
#: Every pool has these, and nobody declares them.
SET_BY_COGNITO = frozenset({"sub", "identities"})
#: [API CreateUserPool]: `Schema` has up to 50 members.
MOST = 50

STRING = {"AttributeDataType": "String", "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}}
DATE = {"AttributeDataType": "String", "StringAttributeConstraints": {"MinLength": "10", "MaxLength": "10"}}
FLAG = {"AttributeDataType": "Boolean"}
TIME = {"AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "0"}}
#: What Cognito makes of a standard attribute that nobody declares [DG user-pool-settings-attributes].
STANDARD: Mapping[str, Mapping[str, Any]] = {
    **dict.fromkeys(
        (
            *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile"),
            *("picture", "website", "email", "gender", "zoneinfo", "locale", "phone_number", "address"),
        ),
        STRING,
    ),
    "birthdate": DATE,
    "email_verified": FLAG,
    "phone_number_verified": FLAG,
    "updated_at": TIME,
}
CONSTRAINTS = ("StringAttributeConstraints", "NumberAttributeConstraints")


#: AddCustomAttributes takes up to so many at once [API AddCustomAttributes].
MAX_ADDED = 25
#: Roomy enough for any id; a sub has 36 characters.
ORIGINAL_SUB_LENGTH = {"MinLength": "1", "MaxLength": "2048"}

Attribute = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AttributeSchema:
    """`declared` as CreateUserPool and CloudFormation take it; `left_out` by full name, with the reason."""

    declared: list[Attribute]
    left_out: Mapping[str, str]


def attribute_schema(attributes: Mapping[str, Attribute]) -> AttributeSchema:
    """What can be declared when a pool is made, of `attributes` by their full names; the rest is added afterwards."""
    declared: list[Attribute] = []
    left_out = {}
    for full_name, attribute in attributes.items():
        if full_name != attribute["Name"] and attribute["Name"] in STANDARD:
            # Declared here it would be the standard one; only AddCustomAttributes tells the two apart.
            left_out[full_name] = "has a standard attribute's name; add it with AddCustomAttributes"
        elif len(declared) == MOST:
            left_out[full_name] = f"a schema declares up to {MOST}; add it with AddCustomAttributes"
        else:
            declared.append(attribute)
    return AttributeSchema(declared, left_out)


def special_attributes(user_pool: Mapping[str, Any]) -> dict[str, Attribute]:
    """The attributes that not every pool has just so, by the names that DescribeUserPool gives them.

    Each is as CreateUserPool and AddCustomAttributes take it: under its bare
    name. Standard attributes come first: custom ones can be added later.
    """
    told = {entry["Name"]: entry for entry in user_pool.get("SchemaAttributes") or ()}
    own = {name: entry for name, entry in told.items() if name not in SET_BY_COGNITO}
    standard = {n: _standard(entry) for n, entry in own.items() if not is_custom(n) and _differs(n, entry)}
    return {**standard, **{name: _custom(entry) for name, entry in own.items() if is_custom(name)}}


def is_custom(name: str) -> bool:
    """Whether Cognito tells this name of an attribute that somebody added."""
    return name.startswith((CUSTOM, DEVELOPER_ONLY))


def original_sub_attribute(name: str) -> Attribute:
    """The attribute that keeps the old `sub`: immutable, because whoever may change theirs could claim another's."""
    return _custom(
        {
            "Name": name,
            "AttributeDataType": "String",
            "Mutable": False,
            "StringAttributeConstraints": ORIGINAL_SUB_LENGTH,
        }
    )


def _differs(name: str, attribute: Mapping[str, Any]) -> bool:
    default = STANDARD.get(name, STRING)
    return (
        bool(attribute.get("Required"))
        or not attribute.get("Mutable", True)
        or any(attribute[member] != default.get(member) for member in CONSTRAINTS if attribute.get(member))
    )


def _standard(attribute: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Name": attribute["Name"],
        "AttributeDataType": attribute.get("AttributeDataType", "String"),
        "Mutable": bool(attribute.get("Mutable", True)),
        "Required": bool(attribute.get("Required")),
        **_constraints(attribute),
    }


def _custom(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """Cognito refuses custom attributes that are required, so nothing is said of it."""
    name = attribute["Name"]
    developer_only = name.startswith(DEVELOPER_ONLY)
    return {
        "Name": name.removeprefix(DEVELOPER_ONLY).removeprefix(CUSTOM),
        "AttributeDataType": attribute.get("AttributeDataType", "String"),
        "Mutable": bool(attribute.get("Mutable", True)),
        **({"DeveloperOnlyAttribute": True} if developer_only or attribute.get("DeveloperOnlyAttribute") else {}),
        **_constraints(attribute),
    }


def _constraints(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """Said even where they are the default: unsaid, other tools see a change each time."""
    return {member: dict(attribute[member]) for member in CONSTRAINTS if attribute.get(member)}
