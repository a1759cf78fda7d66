"""The names that users go by: the username, and the attributes that stand for it in the pool's sign-in.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html, "Customizing
sign-in attributes": an e-mail address or a phone number is an alias from when it is verified, `preferred_username`
always; an attribute that usernames are made of is a name "whether verified or not". In a pool that is not
case-sensitive, e-mail addresses and preferred usernames are not either (.../user-pool-case-sensitivity.html).

Assumed: of a pool where usernames are addresses or numbers, both attributes of a user are names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Json
from .pools import is_case_insensitive, values_of

ADDRESSES = ("email", "phone_number")


def naming_attributes(pool: Json) -> tuple[str, ...]:
    """The attributes that can stand for a username."""
    return (*(pool.get("UsernameAttributes") or ()), *(pool.get("AliasAttributes") or ()))


def names_of(pool: Json, username: str, values: Mapping[str, str]) -> set[str]:
    """The names of a user with these attributes, folded as the pool folds them."""
    found = {username} | {values.get(name, "") for name in pool.get("UsernameAttributes") or ()}
    for alias in pool.get("AliasAttributes") or ():
        if alias not in ADDRESSES or is_true(values.get(f"{alias}_verified")):
            found.add(values.get(alias, ""))
    return {folded(pool, name) for name in found if name}


def holder_of(pool: Json, name: str, *, but: Mapping[str, Any] | None = None) -> Json | None:
    """The user who goes by that name already, if not the one that is asked for."""
    wanted = folded(pool, name)
    others: list[Json] = [user for user in pool["_users"].values() if user is not but]
    return next((user for user in others if wanted in names_of(pool, user["Username"], values_of(user))), None)


def folded(pool: Json, name: str) -> str:
    return name.lower() if is_case_insensitive(pool) else name


def is_true(flag: str | None) -> bool:
    return (flag or "").lower() == "true"
