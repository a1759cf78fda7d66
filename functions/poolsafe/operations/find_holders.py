"""Who has the name that a federated user would have as a local one, where they are to be linked beforehand.

A provider's profile has an address and no claim to it: a local user signs in with theirs, and Cognito lets two of them
not have the same. So whoever is local comes first, in the target and in the snapshot, then the profile that is listed
first; the others are deferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..domain.identities import as_local, is_federated
from ..domain.lane import ExportProgress
from ..domain.records import User
from ..domain.restore.plan import Planner
from ..domain.restore.wishes import Federated
from ..domain.snapshot import RestorePaths
from ..ports import FileFormat, ObjectStore
from .parts import part_keys
from .reading import SnapshotReader, look_up


@dataclass(frozen=True, slots=True)
class FindHolders:
    """Looks up in the snapshot and in the listing of the target; at all only where somebody is to be linked."""

    store: ObjectStore
    working_format: FileFormat
    reader: SnapshotReader
    planner: Planner
    paths: RestorePaths
    listed: ExportProgress

    def of(self, saved: Sequence[User]) -> dict[str, str]:
        """The `sub` of the holder, by that of the federated user; nothing for whom nobody stands in the way of."""
        profiles = {user.sub: as_local(user) for user in saved if is_federated(user)}
        if not profiles or self.planner.wishes.federated_users is not Federated.LINK:
            return {}
        matcher = self.planner.matcher
        keys = part_keys(self.paths.target_before, "users", self.listed, self.working_format)
        there = look_up(self.store, lambda _: self.working_format, keys, matcher, profiles.values())
        also = look_up(self.store, self.reader.format_of, self.reader.keys("users"), matcher, profiles.values())
        first = [user for user in (*there, *also) if not is_federated(user)]
        holders: dict[str, str] = {}
        for user in (*first, *map(as_local, filter(is_federated, also))):
            for name in matcher.names(user, saved=True):
                holders.setdefault(name, user.sub)
        return {
            sub: holder
            for sub, profile in profiles.items()
            for name in matcher.names(profile, saved=True)
            if (holder := holders.get(name, sub)) != sub
        }
