"""Who stands in the target where users of the snapshot would be, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..domain.lane import ExportProgress
from ..domain.match import Directory, Twin
from ..domain.records import FORCE_CHANGE_PASSWORD, Membership, User
from ..domain.restore.plan import Planner
from ..domain.restore.waiting import Waiting
from ..domain.snapshot import RestorePaths
from ..ports import FileFormat, ObjectStore, Where
from .parts import part_keys, read_keys
from .reading import groups_by_sub, look_up


@dataclass(frozen=True, slots=True)
class FindTwins:
    """Looks up in the listing of the target. `memberships` was not walked where nobody there may join more groups."""

    store: ObjectStore
    working_format: FileFormat
    planner: Planner
    paths: RestorePaths
    users: ExportProgress
    memberships: ExportProgress

    def of(self, saved: Sequence[User]) -> dict[str, Twin]:
        """The twins of some users of the snapshot, by the `sub` that the snapshot has."""
        keys = part_keys(self.paths.target_before, "users", self.users, self.working_format)
        directory = Directory(
            self.planner.matcher,
            look_up(self.store, lambda _: self.working_format, keys, self.planner.matcher, saved),
        )
        found = {user.sub: twin for user in saved if (twin := directory.find(user)) is not None}
        groups, waiting = self._groups(found), self._waiting(found)
        return {
            user.sub: Twin(
                twin,
                self.planner.matcher.proves(user, twin),
                frozenset(groups.get(twin.sub, ())),
                twin.sub in waiting,
            )
            for user in saved
            if (twin := found.get(user.sub)) is not None
        }

    def _groups(self, found: Mapping[str, User]) -> dict[str, tuple[str, ...]]:
        keys = part_keys(self.paths.target_before, "memberships", self.memberships, self.working_format)
        subs = Where("sub", frozenset(twin.sub for twin in found.values()))
        return groups_by_sub(read_keys(self.store, self.working_format, keys, Membership, subs))

    def _waiting(self, found: Mapping[str, User]) -> frozenset[str]:
        """Whom an earlier restore gave a temporary password or an invitation."""
        asked = frozenset(twin.sub for twin in found.values() if twin.status == FORCE_CHANGE_PASSWORD)
        if not asked:
            return frozenset()
        keys = self.store.keys(self.paths.waiting(self.planner.target.user_pool_id))
        rows = read_keys(self.store, self.working_format, keys, Waiting, Where("new_sub", asked))
        return frozenset(row.new_sub for batch in rows for row in batch)
