"""What a row of an import has to be like: the reasons why one fails.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html (required
columns, verified attributes, birthdate, updated_at, MFA), .../user-pool-settings-attributes.html (schema, 2,048 bytes)
and, for names that are e-mail addresses or phone numbers,
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html. The text about
verified attributes is Cognito's, the others are ours: nothing may decide by them.

Assumed: in a pool whose usernames are addresses or numbers, `cognito:username` is one and the column of that attribute
empty or the same, as in AdminCreateUser, and a name that could be an alias is refused likewise; a value in quotation
marks fails the row; a `true` needs a well-formed address or number; white space means any Unicode white space; a
password hash in a job without an algorithm fails the row.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from .addresses import is_address
from .import_file import HASH, MFA, USERNAME
from .import_hashes import hash_problem
from .names import ADDRESSES
from .operations import Json
from .pools import is_case_insensitive
from .schema_checks import is_number

NOT_VERIFIED = (
    "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."
)
NO_MATCH = "The User Record does not match the schema."
BOOLEANS = ("true", "false")
USERNAME_LENGTH, VALUE_BYTES = 128, 2048
BIRTHDATE = "%m/%d/%Y"


def row_problem(pool: Json, values: Mapping[str, str], algorithm: str | None) -> str | None:
    """Why no user can be made of the row, without a word of what is in it."""
    if any(_is_quoted(value) for value in values.values()):
        return "A value is in quotation marks."
    if not _is_username(values[USERNAME]):
        return "The username is missing, too long, or holds white space."
    if not _fits_mfa(pool, values[MFA].lower()):
        return "The value for MFA does not fit the user pool."
    if any(_problem(attribute, values) for attribute in pool["SchemaAttributes"] if attribute["Name"] in values):
        return NO_MATCH
    if any(values[f"{name}_verified"].lower() == "true" and not is_address(name, values[name]) for name in ADDRESSES):
        return "A verified attribute is missing or malformed."
    if not any(values[f"{name}_verified"].lower() == "true" for name in pool.get("AutoVerifiedAttributes") or ()):
        return NOT_VERIFIED
    if _name_problem(pool, values):
        return "The username does not fit the user pool."
    hashed = values.get(HASH, "")
    if not hashed:
        return None
    return hash_problem(algorithm, hashed) if algorithm else "The import job has no password hashing algorithm."


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] == value[-1] == '"'


def _is_username(name: str) -> bool:
    """UsernameType allows letters, marks, symbols, numbers and punctuation."""
    return 0 < len(name) <= USERNAME_LENGTH and all(unicodedata.category(sign)[0] in "LMSNP" for sign in name)


def _fits_mfa(pool: Json, value: str) -> bool:
    refused = {"ON": "false", "OFF": "true"}.get(pool.get("MfaConfiguration", "OFF"))
    return value in ("", *BOOLEANS) and value != refused


def _problem(attribute: Mapping[str, Any], values: Mapping[str, str]) -> bool:
    name, value = attribute["Name"], values[attribute["Name"]]
    if not value:
        return bool(attribute["Required"])
    if len(value.encode()) > VALUE_BYTES:
        return True
    if name == "birthdate":
        return not _is_birthdate(value)
    kind = attribute["AttributeDataType"]
    if kind == "Boolean":
        return value.lower() not in BOOLEANS
    if kind == "Number":
        return not is_number(value, attribute.get("NumberAttributeConstraints") or {})
    limits = attribute.get("StringAttributeConstraints") or {}
    return not int(limits.get("MinLength", 0)) <= len(value) <= int(limits.get("MaxLength", VALUE_BYTES))


def _is_birthdate(value: str) -> bool:
    try:
        datetime.datetime.strptime(value, BIRTHDATE)  # noqa: DTZ007
    except ValueError:
        return False
    return re.fullmatch(r"\d\d/\d\d/\d{4}", value, re.ASCII) is not None


def _name_problem(pool: Json, values: Mapping[str, str]) -> bool:
    from ministack.services import cognito

    name = values[USERNAME]
    given = {address: values[address] for address in ADDRESSES if values[address]}
    if is_case_insensitive(pool):
        name, given = name.lower(), {address: value.lower() for address, value in given.items()}
    if pool.get("UsernameAttributes"):
        return cognito._new_user_error(pool, name, given) is not None
    return any(is_address(alias, name) for alias in pool.get("AliasAttributes") or () if alias in ADDRESSES)
