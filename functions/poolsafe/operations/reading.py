"""Joining what lies in files: users of one part, with their memberships and their counterparts elsewhere.

A restore works on one part of users at a time and looks up in the other files
only what belongs to it, so its memory is that of one part, whatever the pool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..domain.manifest import Manifest
from ..domain.plan import is_federated
from ..domain.records import Membership, User
from ..domain.snapshot import SnapshotRef
from ..domain.target import SIGN_IN_ATTRIBUTES, TargetPool
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

    def rows(self, kind: str, row_type: type[Row], where: Where | None = None) -> Iterator[list[Row]]:
        """All rows of a kind, in batches."""
        for key in self.keys(kind):
            yield from read_keys(self.store, self.format_of(key), [key], row_type, where)

    def users_of_part(self, part: int) -> list[User]:
        """The users of one file."""
        key = self.keys("users")[part]
        return [user for batch in read_keys(self.store, self.format_of(key), [key], User) for user in batch]


def groups_by_sub(batches: Iterable[Iterable[Membership]]) -> dict[str, tuple[str, ...]]:
    """The group names of each user, by `sub`."""
    groups: dict[str, list[str]] = defaultdict(list)
    for batch in batches:
        for membership in batch:
            groups[membership.sub].append(membership.group_name)
    return {sub: tuple(names) for sub, names in groups.items()}


def counterparts(
    store: ObjectStore, format_of: FormatOf, keys: Sequence[str], target: TargetPool, identities: frozenset[str]
) -> dict[str, User]:
    """The local users in some files who have one of these identities in the target, by identity; the first of each.

    Federated profiles are left out: they may have the e-mail address of a local user and are not that user.
    """
    found: dict[str, User] = {}
    for where in _same_identity(target, identities):
        for key in keys:
            for batch in read_keys(store, format_of(key), [key], User, where):
                for user in batch:
                    identity = target.identity(user)
                    if identity in identities and not is_federated(user):
                        found.setdefault(identity, user)
    return found


def _same_identity(target: TargetPool, identities: frozenset[str]) -> list[Where]:
    ignore_case = not target.case_sensitive
    if not target.username_attributes:
        return [Where("username", identities, ignore_case=ignore_case)]
    return [
        Where("attributes", identities, attribute=attribute, ignore_case=ignore_case)
        for attribute in SIGN_IN_ATTRIBUTES
        if attribute in target.username_attributes
    ]
