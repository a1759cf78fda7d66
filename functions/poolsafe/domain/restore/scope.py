"""What of a snapshot a restore is about: `only`, by sections, users and groups."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..records import User


class Part(StrEnum):
    """The sections that `only` can name."""

    CONFIG = "config"
    GROUPS = "groups"
    USERS = "users"
    MEMBERSHIPS = "memberships"
    MFA = "mfa"


#: Everything but the configuration of a pool that exists, which is compared unless it is named.
PEOPLE = frozenset(Part) - {Part.CONFIG}


@dataclass(frozen=True, slots=True)
class Scope:
    """`usernames` and `groups` select users: those named (by username or old `sub`), and the members of the groups.

    None selects everybody. A selected user brings all their groups along.
    """

    parts: frozenset[Part] = PEOPLE
    usernames: frozenset[str] | None = None
    groups: frozenset[str] | None = None

    @classmethod
    def of(cls, only: Mapping[str, Any]) -> Scope:
        """Read `only` of a request."""
        named = {name: frozenset(only[name]) if name in only else None for name in ("usernames", "groups")}
        parts = frozenset(map(Part, only["sections"])) if "sections" in only else PEOPLE
        return cls(parts, **named)

    def to_state(self) -> dict[str, Any]:
        """What travels between states: the sections, and a digest of whom is named, which tells nobody's name."""
        return {
            "sections": sorted(self.parts),
            "selection": _digest(self.selection) if self.is_selective else None,
            "only_config": self.only_config,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], selection: Mapping[str, Any] | None) -> Scope:
        """With `selection`, as it was. Without, nobody is selected where somebody was named."""
        named = selection if selection is not None else {"usernames": []} if state["selection"] else {}
        return cls.of({"sections": state["sections"], **named})

    @property
    def selection(self) -> dict[str, list[str]]:
        """Whom `only` names, to be kept in the bucket."""
        named = {"usernames": self.usernames, "groups": self.groups}
        return {name: sorted(value) for name, value in named.items() if value is not None}

    @property
    def is_selective(self) -> bool:
        """Whether some users may be left out."""
        return self.usernames is not None or self.groups is not None

    @property
    def only_config(self) -> bool:
        return self.parts == {Part.CONFIG}

    def has(self, part: Part) -> bool:
        return part in self.parts

    def selects(self, user: User, groups: Iterable[str]) -> bool:
        """Whether the restore is about this user."""
        if not self.is_selective:
            return True
        return bool((self.usernames or frozenset()) & {user.username, user.sub}) or bool(
            (self.groups or frozenset()) & {*groups}
        )

    def selects_group(self, group_name: str, needed: frozenset[str]) -> bool:
        """Whether the restore makes this group. `needed` are the groups of the selected users."""
        if not self.is_selective:
            return True
        return group_name in needed or group_name in (self.groups or frozenset())


def _digest(selection: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(selection, sort_keys=True).encode()).hexdigest()
