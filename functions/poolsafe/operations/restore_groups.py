"""Creating the groups of a snapshot. Those that exist are left as they are, or made alike where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..domain.records import Group
from ..domain.restore.outcome import Kind, Outcome, Reason, Result
from ..domain.restore.plan import Planner
from ..domain.restore.scope import Part
from ..domain.restore.wishes import OnConflict
from ..domain.snapshot import RestorePaths
from ..errors import AccessDenied, AlreadyExists, NotFound, Rejected
from ..ports import Deadline, FileFormat, ObjectStore, UserPool
from .reading import SnapshotReader
from .take_up import load_needed_groups


@dataclass(frozen=True, slots=True)
class RestoreGroups:
    """Creates groups one after the other; outcomes of each invocation are one file.

    `existing` are the groups that the target had before this restore began: a
    group that is there although it was not then, this restore has made.
    """

    pool: UserPool
    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    reader: SnapshotReader
    planner: Planner
    paths: RestorePaths
    existing: Mapping[str, Group]

    def groups(self) -> list[Group]:
        """The groups that this restore is about, in the snapshot's order."""
        scope = self.planner.wishes.scope
        if not scope.has(Part.GROUPS):
            return []
        needed = load_needed_groups(self.store, self.paths)
        saved = (group for batch in self.reader.rows("groups", Group) for group in batch)
        return [group for group in saved if scope.selects_group(group.group_name, needed)]

    def advance(self, done: int) -> tuple[int, list[Outcome], bool]:
        """Go on after `done` groups; how many are done now, the outcomes of those, and whether all are."""
        groups, first = self.groups(), done
        outcomes: list[Outcome] = []
        for group in groups[first:]:
            outcomes.append(self._restore(group))
            done += 1
            if self.deadline.near():
                break
        if outcomes:
            part = self.working_format.part(Outcome)
            part.add(outcomes)
            self.store.put(f"{self.paths.outcomes}groups-{first:05d}.{self.working_format.extension}", part.finish())
        return done, outcomes, done >= len(groups)

    def _restore(self, group: Group) -> Outcome:
        def ended(result: Result, reason: str | None = None) -> Outcome:
            return Outcome(Kind.GROUP, result, reason, group_name=group.group_name)

        if self.planner.is_service_made(group.group_name):
            return ended(Result.SKIPPED, Reason.SERVICE_MADE_GROUP)
        wanted, there = self.planner.wanted_group(group), self.existing.get(group.group_name)
        if there is not None and (self.planner.wishes.on_conflict is not OnConflict.UPDATE or alike(wanted, there)):
            return ended(Result.SKIPPED, Reason.EXISTS)
        try:
            if there is None:
                self.pool.create_group(wanted)
            else:
                self.pool.update_group(wanted)
        except AlreadyExists:
            return ended(Result.CREATED)
        except NotFound as error:
            self.pool.describe()
            return ended(Result.FAILED, str(error))
        except Rejected as error:
            return ended(Result.FAILED, str(error))
        except AccessDenied:
            if group.role_arn is None:
                raise
            # It may be about passing the role, and that is a matter of this group alone.
            return ended(Result.FAILED, Reason.ROLE_NOT_PASSED)
        return ended(Result.CREATED if there is None else Result.UPDATED)


def alike(wanted: Group, there: Group) -> bool:
    """Whether an update would change nothing: it cannot take a description, a precedence or a role away."""
    return all(
        getattr(wanted, member) in (None, getattr(there, member))
        for member in ("description", "precedence", "role_arn")
    )
