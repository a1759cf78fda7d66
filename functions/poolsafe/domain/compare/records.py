"""When two records are the same one, and what of it differs then.

In one pool a user is the same by `sub`. Across pools Cognito gives everybody a new one, so there it is the old `sub`
in `custom:original_sub`, or the own where there is none; neither of the two is a difference then. Groups and
memberships go by the group's name; a group that Cognito made for an identity provider (`<pool id>_<provider>`) is the
same in both pools.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from ..configuration.forms import normal
from ..records import Group, Membership, User
from ..requests import DEFAULT_SUB_ATTRIBUTE
from .change import ALONE, Change, How, Kind, Side
from .digests import Digests, digest

#: In front of what follows the pool's id in the name of a group that Cognito made; no name may hold it.
SERVICE_MADE = "\0"
#: Second factors are told apart from attributes by these names, which no attribute has.
MFA = ("mfa_methods", "preferred_mfa")
#: A JSON list, whose order nobody promises.
IDENTITIES = "identities"
#: A column, the values wanted of it, and the attribute where the column is `attributes`.
Wanted = tuple[str, frozenset[str], str | None]


@dataclass(frozen=True, slots=True)
class Pools:
    """The ids of the pools on both sides."""

    before: str
    after: str

    @property
    def are_one(self) -> bool:
        return self.before == self.after

    def of(self, side: Side) -> str:
        return self.before if side is Side.BEFORE else self.after

    def group(self, name: str, side: Side) -> str:
        """What a group is known by on both sides."""
        own = f"{self.of(side)}_"
        return name if self.are_one or not name.startswith(own) else SERVICE_MADE + name.removeprefix(own)

    def group_name(self, key: str, side: Side) -> str:
        """The name that the group of this key has on a side."""
        return f"{self.of(side)}_{key.removeprefix(SERVICE_MADE)}" if key.startswith(SERVICE_MADE) else key


class Records(Protocol):
    """How the records of one kind are compared."""

    @property
    def kind(self) -> Kind: ...

    @property
    def row_type(self) -> type[Any]: ...

    def key(self, row: Any, side: Side) -> str:
        """What it is known by on both sides."""

    def content(self, row: Any) -> str:
        """Whatever may differ, as one text. Where two texts are the same, nothing differs."""

    def wanted(self, keys: Iterable[str]) -> Iterator[Wanted]:
        """How to find the records of these keys before; more may be found."""

    def alone(self, row: Any, side: Side) -> Change:
        """It is on this side alone."""

    def changes(self, before: Any, after: Any) -> Iterator[Change]:
        """What of it differs; maybe nothing."""


@dataclass(frozen=True, slots=True)
class UserRecords:
    """Users. `knows_mfa`: both sides were asked for second factors; whose neither or only one told are left out."""

    pools: Pools
    knows_mfa: bool = False
    kind: ClassVar[Kind] = Kind.USERS
    row_type: ClassVar[type[Any]] = User

    def key(self, row: User, side: Side) -> str:
        return row.sub if self.pools.are_one else first_sub(row)

    def content(self, row: User) -> str:
        return json.dumps(self._fields(row), sort_keys=True)

    def wanted(self, keys: Iterable[str]) -> Iterator[Wanted]:
        values = frozenset(keys)
        yield "sub", values, None
        if not self.pools.are_one:
            yield "attributes", values, DEFAULT_SUB_ATTRIBUTE

    def alone(self, row: User, side: Side) -> Change:
        return Change(Kind.USERS, ALONE[side], row.username, row.sub)

    def changes(self, before: User, after: User) -> Iterator[Change]:
        one, other = self._fields(before), self._fields(after)
        if before.mfa_methods is None or after.mfa_methods is None:
            for name in MFA:
                one.pop(name, None)
                other.pop(name, None)
        yield from _changed(Kind.USERS, after.username, after.sub, one, other)

    def _fields(self, user: User) -> dict[str, str | None]:
        found: dict[str, str | None] = {**user.attributes}
        if not self.pools.are_one:
            found.pop(DEFAULT_SUB_ATTRIBUTE, None)
        if identities := user.attributes.get(IDENTITIES):
            found[IDENTITIES] = _in_order(identities)
        if self.knows_mfa:
            methods = None if user.mfa_methods is None else " ".join(sorted(user.mfa_methods))
            found |= dict(zip(MFA, (methods, user.preferred_mfa), strict=True))
        return {**found, "status": user.status, "enabled": "true" if user.enabled else "false"}


@dataclass(frozen=True, slots=True)
class GroupRecords:
    """Groups: description, precedence and role."""

    pools: Pools
    kind: ClassVar[Kind] = Kind.GROUPS
    row_type: ClassVar[type[Any]] = Group

    def key(self, row: Group, side: Side) -> str:
        return self.pools.group(row.group_name, side)

    def content(self, row: Group) -> str:
        return json.dumps(self._fields(row), sort_keys=True)

    def wanted(self, keys: Iterable[str]) -> Iterator[Wanted]:
        yield "group_name", frozenset(self.pools.group_name(key, Side.BEFORE) for key in keys), None

    def alone(self, row: Group, side: Side) -> Change:
        return Change(Kind.GROUPS, ALONE[side], row.group_name)

    def changes(self, before: Group, after: Group) -> Iterator[Change]:
        yield from _changed(Kind.GROUPS, after.group_name, None, self._fields(before), self._fields(after))

    def _fields(self, group: Group) -> dict[str, str | None]:
        precedence = None if group.precedence is None else str(group.precedence)
        return {"description": group.description, "precedence": precedence, "role_arn": group.role_arn}


@dataclass(frozen=True, slots=True)
class MembershipRecords:
    """Memberships, which are there or not. `first_subs` has, across pools, who of a side has an older `sub`."""

    pools: Pools
    first_subs: Mapping[Side, Digests] = field(default_factory=dict)
    kind: ClassVar[Kind] = Kind.MEMBERSHIPS
    row_type: ClassVar[type[Any]] = Membership

    def key(self, row: Membership, side: Side) -> str:
        person = digest(row.sub)
        older = self.first_subs[side].find(person) if side in self.first_subs else ()
        return f"{self.pools.group(row.group_name, side)} {older[0].content if older else person}"

    def content(self, row: Membership) -> str:
        return ""

    def wanted(self, keys: Iterable[str]) -> Iterator[Wanted]:
        return iter(())

    def alone(self, row: Membership, side: Side) -> Change:
        told = {side.value: row.username}
        return Change(Kind.MEMBERSHIPS, ALONE[side], row.group_name, row.sub, "username", **told)

    def changes(self, before: Membership, after: Membership) -> Iterator[Change]:
        return iter(())


def first_sub(user: User) -> str:
    """The `sub` that somebody had in their first pool."""
    return user.attributes.get(DEFAULT_SUB_ATTRIBUTE) or user.sub


def _in_order(identities: str) -> str:
    try:
        return json.dumps(normal(json.loads(identities)), sort_keys=True, ensure_ascii=False)
    except ValueError:
        return identities


def _changed(
    kind: Kind, name: str, sub: str | None, one: Mapping[str, str | None], other: Mapping[str, str | None]
) -> Iterator[Change]:
    for field_name in sorted({*one, *other}):
        if one.get(field_name) != other.get(field_name):
            yield Change(kind, How.CHANGED, name, sub, field_name, one.get(field_name), other.get(field_name))
