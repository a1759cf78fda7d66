"""Who and what in the target is a reason to refuse a restore with `on_conflict: fail`, and to refuse no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..domain.match import Twin
from ..domain.records import Group, User
from ..domain.restore.outcome import Kind, Outcome, Reason, Result
from ..domain.restore.plan import Planner
from ..domain.restore.plan_survey import CONFLICTS
from ..domain.restore.planned_user import PlannedUser
from ..domain.restore.wishes import OnConflict
from ..domain.snapshot import RestorePaths, began_at
from .restore_groups import alike


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What an earlier run of the same restore has made is none: who failed then could not be tried again.

    It is known by what it leaves in the target, and by when the restore began, which its id tells. Should somebody else
    have made the same since, the worst that can happen is what `skip` does: nothing of it is touched. Nothing is added
    for clocks that differ: who came just before was made by another restore, and is a reason.
    """

    planner: Planner
    paths: RestorePaths

    @property
    def are_refused(self) -> bool:
        return self.planner.wishes.on_conflict is OnConflict.FAIL

    def has_one(self, planned: PlannedUser, user: User, twin: Twin | None) -> bool:
        return self.are_refused and planned.reason in CONFLICTS and not self._has_made(planned, user, twin)

    def of_groups(self, groups: Iterable[Group], there: Mapping[str, Group]) -> list[Outcome]:
        """Which of these groups are in the target already, as outcomes that name them."""
        return [
            Outcome(Kind.GROUP, Result.FAILED, Reason.EXISTS, group_name=group.group_name)
            for group in groups
            if (own := there.get(group.group_name)) is not None
            and not self.planner.is_service_made(group.group_name)
            and not self._has_made_group(group, own)
        ]

    def _has_made(self, planned: PlannedUser, user: User, twin: Twin | None) -> bool:
        """Somebody with the old `sub` who has come since; nobody where the target has no place for it."""
        mark = self.planner.sub_attribute
        if planned.reason not in (Reason.EXISTS, Reason.LEFT_DISABLED) or twin is None or mark is None:
            return False
        return twin.user.attributes.get(mark) == user.sub and self._is_new(twin.user)

    def _has_made_group(self, group: Group, there: Group) -> bool:
        return self._is_new(there) and alike(self.planner.wanted_group(group), there)

    def _is_new(self, there: User | Group) -> bool:
        return there.created_at >= began_at(self.paths.restore_id)
