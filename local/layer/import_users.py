"""The users an import makes: their names, their status, and who is there already.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html: status
RESET_REQUIRED; CONFIRMED with a password hash, or where the user has the attribute of a passwordless factor the pool
allows; created at the time of the import; skipped where the user already exists. Lower case in pools that are not
case-sensitive: .../user-pool-case-sensitivity.html.

Assumed: "already exists" means that another user has the name, or an address that names users in that pool (a verified
alias, `preferred_username`, a username attribute); an e-mail address and a preferred username are lower-cased with the
name, and the latter is let in, alias or not, for an imported user counts as confirmed; a birthdate is stored as the
file has it, unlike what the API asks for; the MFA column leaves no preference; no trigger fires.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping
from typing import Any

from .import_file import HASH, MFA, USERNAME
from .import_rows import BIRTHDATE, BOOLEANS
from .import_settings import ISO
from .names import names_of
from .operations import Json, new_id, now
from .pools import is_case_insensitive, values_of
from .usernames import LOWERED

#: In the emulator's record of a user: the unguessable password that stands for none, and the hash with its algorithm.
NO_PASSWORD, HASHED = "_poolsafe_no_password", "_poolsafe_hashed"


class Names:
    """The names that users of the pool go by, so that a row need not look at every user."""

    def __init__(self, pool: Json) -> None:
        self._pool = pool
        self._taken = {name for user in pool["_users"].values() for name in self._of_user(user)}

    def are_free(self, username: str, attributes: Mapping[str, str]) -> bool:
        return not self._taken & names_of(self._pool, username, attributes)

    def take(self, username: str, attributes: Mapping[str, str]) -> None:
        self._taken |= names_of(self._pool, username, attributes)

    def _of_user(self, user: Mapping[str, Any]) -> set[str]:
        return names_of(self._pool, user["Username"], values_of(user))


def attributes_of(pool: Json, values: Mapping[str, str], birthdates: str) -> dict[str, str]:
    """The attributes of a row that has no problem, without those it leaves empty."""
    found = {name: value for name, value in values.items() if value and name not in (USERNAME, MFA, HASH)}
    for attribute in pool["SchemaAttributes"]:
        if attribute["AttributeDataType"] == "Boolean" and attribute["Name"] in found:
            found[attribute["Name"]] = BOOLEANS[found[attribute["Name"]].lower() == "false"]
    if "birthdate" in found and birthdates == ISO:
        found["birthdate"] = datetime.datetime.strptime(found["birthdate"], BIRTHDATE).date().isoformat()  # noqa: DTZ007
    for name in pool.get("UsernameAttributes") or ():
        if name == _named_by(pool, values[USERNAME]):
            found[name] = values[USERNAME]
    if is_case_insensitive(pool):
        found |= {name: found[name].lower() for name in LOWERED if name in found}
    return found


def make_user(pool: Json, values: Mapping[str, str], attributes: Mapping[str, str], algorithm: str | None) -> None:
    sub, unguessable = new_id(), secrets.token_urlsafe(32)
    username = sub if pool.get("UsernameAttributes") else values[USERNAME]
    if is_case_insensitive(pool):
        username = username.lower()
    hashed, at = values.get(HASH, ""), now()
    pool["_users"][username] = {
        "Username": username,
        "Attributes": [{"Name": name, "Value": value} for name, value in {"sub": sub, **attributes}.items()],
        "UserCreateDate": at,
        "UserLastModifiedDate": at,
        "Enabled": True,
        "UserStatus": "CONFIRMED" if hashed or _is_passwordless(pool, attributes) else "RESET_REQUIRED",
        "MFAOptions": [],
        "_password": unguessable,
        NO_PASSWORD: unguessable,
        **({HASHED: [algorithm, hashed]} if hashed else {}),
        "_groups": [],
        "_tokens": [],
    }
    pool["EstimatedNumberOfUsers"] = len(pool["_users"])


def has_no_password(user: Mapping[str, Any]) -> bool:
    """Whether the user was imported and has not got a password since."""
    return bool(user.get(NO_PASSWORD)) and user[NO_PASSWORD] == user["_password"]


def first_factors(pool: Json) -> list[str]:
    return list(((pool.get("Policies") or {}).get("SignInPolicy") or {}).get("AllowedFirstAuthFactors") or ())


def _is_passwordless(pool: Json, attributes: Mapping[str, str]) -> bool:
    needed = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
    return any(attributes.get(needed.get(factor, "")) for factor in first_factors(pool))


def _named_by(pool: Json, name: str) -> str | None:
    from ministack.services import cognito

    found: str | None = cognito._username_alias_attribute(pool, name)
    return found
