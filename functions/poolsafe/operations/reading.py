"""Joining what lies in files: users of one part, with their memberships and their counterparts elsewhere.

A restore works on one part of users at a time and looks up in the other files
only what belongs to it, so its memory is that of one part, whatever the pool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..domain.manifest import Manifest
from ..domain.match import Matcher
from ..domain.records import Membership, User
from ..domain.snapshot import SnapshotRef
from ..domain.target import SIGN_IN_ATTRIBUTES
from ..ports import FileFormat, ObjectStore, Row, Where
from .parts import read_keys

FormatOf = Callable[[str], FileFormat]


@dataclass(frozen=True, slots=True)
class SnapshotReader:
    """The files of a sealed snapshot. `format_of` picks the format by the file's extension."""

    store: ObjectStore
    manifest: Manifest
    format_of: FormatOf

    def keys(self, kind: str) -> list[str]:
        """The keys of all files of a kind, in order."""
        prefix = SnapshotRef(self.manifest.user_pool_id, self.manifest.snapshot_id).prefix
        return [prefix + file.path for file in self.manifest.files_of(kind)]

    def rows(self, kind: str, row_type: type[Row], *any_of: Where) -> Iterator[list[Row]]:
        """The rows of a kind that any condition is true of, in batches."""
        for key in self.keys(kind):
            yield from read_keys(self.store, self.format_of(key), [key], row_type, *any_of)

    def users_of_part(self, part: int) -> list[User]:
        """The users of one file."""
        key = self.keys("users")[part]
        return [user for batch in read_keys(self.store, self.format_of(key), [key], User) for user in batch]

    def groups_of(self, users: Iterable[User]) -> dict[str, tuple[str, ...]]:
        """The groups that the snapshot has these users in, by `sub`."""
        subs = frozenset(user.sub for user in users)
        return groups_by_sub(self.rows("memberships", Membership, Where("sub", subs))) if subs else {}


def groups_by_sub(batches: Iterable[Iterable[Membership]]) -> dict[str, tuple[str, ...]]:
    """The group names of each user, by `sub`."""
    groups: dict[str, list[str]] = defaultdict(list)
    for batch in batches:
        for membership in batch:
            groups[membership.sub].append(membership.group_name)
    return {sub: tuple(names) for sub, names in groups.items()}


def look_up(
    store: ObjectStore, format_of: FormatOf, keys: Sequence[str], matcher: Matcher, saved: Iterable[User]
) -> list[User]:
    """The users in some files who could be one of these of the snapshot: by `sub`, by name, or by address.

    One pass over each file; who it really is, a `Directory` or `Names` of these users tells.
    """
    conditions = tuple(_conditions(matcher, saved))
    return [
        user for key in keys for batch in read_keys(store, format_of(key), [key], User, *conditions) for user in batch
    ]


def _conditions(matcher: Matcher, saved: Iterable[User]) -> Iterator[Where]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for user in saved:
        for key in matcher.keys(user):
            kind, _, value = key.partition(":")
            wanted[kind].add(value)
    ignore_case = not matcher.target.case_sensitive
    names = frozenset(wanted["username"] | wanted["profile"])
    yield Where("sub", frozenset(wanted["sub"]))
    yield Where("username", names, ignore_case=ignore_case)
    for name in SIGN_IN_ATTRIBUTES:
        if wanted[name]:
            yield Where("attributes", frozenset(wanted[name]), attribute=name, ignore_case=ignore_case)
    if matcher.sub_attribute:
        yield Where("attributes", frozenset(wanted["original"]), attribute=matcher.sub_attribute)
