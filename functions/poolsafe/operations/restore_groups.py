"""Creating the groups of a snapshot. Those that exist are left as they are."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.outcome import Kind, Outcome, Reason, Result
from ..domain.plan import Planner
from ..domain.records import Group
from ..domain.snapshot import RestorePaths
from ..errors import AccessDenied, AlreadyExists, Rejected
from ..ports import Deadline, FileFormat, ObjectStore, UserPool
from .reading import SnapshotReader


@dataclass(frozen=True, slots=True)
class RestoreGroups:
    """Creates groups one after the other; outcomes of each invocation are one file."""

    pool: UserPool
    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline

    def advance(
        self, reader: SnapshotReader, planner: Planner, paths: RestorePaths, existing: frozenset[str], done: int
    ) -> tuple[int, list[Outcome]]:
        """Go on after `done` groups; how many are done now, and the outcomes of those.

        `existing` are the groups the target had before this restore began: a
        group that is there although it was not then, this restore has made.
        """
        groups = [group for batch in reader.rows("groups", Group) for group in batch]
        first, outcomes = done, []
        for group in groups[first:]:
            outcomes.append(self._restore(group, planner, existing))
            done += 1
            if self.deadline.near():
                break
        if outcomes:
            part = self.working_format.part(Outcome)
            part.add(outcomes)
            self.store.put(f"{paths.outcomes}groups-{first:05d}.{self.working_format.extension}", part.finish())
        return done, outcomes

    def _restore(self, group: Group, planner: Planner, existing: frozenset[str]) -> Outcome:
        def ended(result: Result, reason: str | None = None) -> Outcome:
            return Outcome(Kind.GROUP, result, reason, group_name=group.group_name)

        if planner.is_service_made(group.group_name):
            return ended(Result.SKIPPED, Reason.SERVICE_MADE_GROUP)
        if group.group_name in existing:
            return ended(Result.SKIPPED, Reason.EXISTS)
        try:
            self.pool.create_group(planner.wanted_group(group))
        except AlreadyExists:
            return ended(Result.CREATED)
        except Rejected as error:
            return ended(Result.FAILED, str(error))
        except AccessDenied:
            if group.role_arn is None:
                raise
            # It may be about passing the role, and that is a matter of this group alone.
            return ended(Result.FAILED, Reason.ROLE_NOT_PASSED)
        return ended(Result.CREATED)
