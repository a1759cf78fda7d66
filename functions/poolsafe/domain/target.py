"""What a target pool will take: read once from DescribeUserPool, asked often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .records import User

SIGN_IN_ATTRIBUTES = ("email", "phone_number")

PHONE_NUMBER = re.compile(r"\+[0-9]{5,15}")

#: Attributes that Cognito sets itself and refuses from an administrator [API AdminCreateUser].
SET_BY_COGNITO = frozenset({"sub", "identities"})


@dataclass(frozen=True, slots=True)
class TargetPool:
    """The immutable facts of the target that decide how a user is named and what it may hold."""

    user_pool_id: str
    attribute_names: frozenset[str]
    required: frozenset[str]
    mutable: frozenset[str]
    max_lengths: Mapping[str, int]
    username_attributes: tuple[str, ...]
    case_sensitive: bool
    password_policy: Mapping[str, Any]
    alias_attributes: tuple[str, ...] = ()

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> TargetPool:
        """Read the `UserPool` member of DescribeUserPool.

        Pools made before February 2020 tell no UsernameConfiguration and are
        case-sensitive [DG user-pool-case-sensitivity].
        """
        schema = described.get("SchemaAttributes") or []
        limits = {
            attribute["Name"]: int(maximum)
            for attribute in schema
            if (maximum := (attribute.get("StringAttributeConstraints") or {}).get("MaxLength"))
        }
        return cls(
            user_pool_id=described["Id"],
            attribute_names=frozenset(attribute["Name"] for attribute in schema),
            required=frozenset(a["Name"] for a in schema if a.get("Required")) - SET_BY_COGNITO,
            mutable=frozenset(a["Name"] for a in schema if a.get("Mutable", True)),
            max_lengths=limits,
            username_attributes=tuple(described.get("UsernameAttributes") or ()),
            case_sensitive=bool((described.get("UsernameConfiguration") or {}).get("CaseSensitive", True)),
            password_policy=(described.get("Policies") or {}).get("PasswordPolicy") or {},
            alias_attributes=tuple(described.get("AliasAttributes") or ()),
        )

    def sign_in_name(self, user: User) -> str | None:
        """The `Username` to create this user with, or None when it has none that the pool takes.

        Pools that sign in by e-mail or phone make a UUID username themselves
        and want the address in its place [DG user-pool-settings-attributes].
        """
        if not self.username_attributes:
            return user.username
        for attribute in SIGN_IN_ATTRIBUTES:
            if attribute in self.username_attributes and user.attributes.get(attribute):
                return user.attributes[attribute]
        return None

    def takes_for_an_alias(self, username: str) -> bool:
        """Whether a username looks like an address that is an alias here, which Cognito refuses
        [DG user-pool-settings-attributes]."""
        return ("email" in self.alias_attributes and "@" in username) or (
            "phone_number" in self.alias_attributes and bool(PHONE_NUMBER.fullmatch(username))
        )

    def identity(self, user: User) -> str | None:
        """What makes two users the same one in this pool, whichever pool they were read from."""
        name = self.sign_in_name(user)
        return None if name is None else self.fold(name)

    def fold(self, name: str) -> str:
        """Names as this pool compares them."""
        return name if self.case_sensitive else name.lower()

    def writable(self, attributes: Mapping[str, str]) -> dict[str, str]:
        """The attributes an administrator may set."""
        return {
            name: value
            for name, value in attributes.items()
            if name not in SET_BY_COGNITO and not name.startswith("cognito:")
        }

    def missing_required(self, attributes: Mapping[str, str]) -> list[str]:
        """Attributes the pool demands and this user does not have."""
        return sorted(name for name in self.required if not attributes.get(name))

    def too_long(self, attributes: Mapping[str, str]) -> list[str]:
        """Attributes longer than the pool's own limit for them (characters)."""
        return sorted(name for name, value in attributes.items() if len(value) > self.max_lengths.get(name, len(value)))

    def unknown(self, attributes: Mapping[str, str]) -> list[str]:
        """Attributes that the pool's schema does not have."""
        return sorted(name for name in attributes if name not in self.attribute_names and not _is_flag(name))


def _is_flag(name: str) -> bool:
    return name in ("email_verified", "phone_number_verified")
