"""One lane of a restore: its share of the planned parts, as one stream of users, against the deadline.

    parts of the lane  ->  stretches of some parts each, their rows in order (domain/restore/order.py)
    rows  ->  workers  ->  outcomes in the order of the rows (apply_rows.py)  ->  files, then the note of how far it is

Nobody waits for the end of a part: rows of the next are under way before the last of this one are done. What a note
says is done lies in the bucket, up to the row it names.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, groupby, islice
from typing import Any

from ..domain.lane import ExportProgress
from ..domain.records import User
from ..domain.restore.credentials import Credential
from ..domain.restore.order import PLACES, PLACES_OF_LISTED, ready, work_of
from ..domain.restore.outcome import Kind, Outcome, Result, merge, tally
from ..domain.restore.planned_user import PlannedUser
from ..domain.restore.temporary_password import TemporaryPassword
from ..domain.restore.waiting import Waiting
from ..domain.snapshot import RestorePaths
from ..errors import ImportUnderWay
from ..ports import Deadline, FileFormat, ObjectStore, Workers
from .apply_rows import Restore, Row, apply_rows
from .planned_rows import PlannedRows
from .restore_users import Restored

#: After so many users the lane writes what became of them, and notes how far it is.
NOTED_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class RestoreProgress:
    """How far a lane is: `part` of its stretches, `row` in that one; counts and reasons of failures so far.

    It `waits` when it has done all that it can do before more is imported.
    """

    lane: int = 0
    part: int = 0
    row: int = 0
    counts: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    waits: bool = False
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


def count(progress_counts: Mapping[str, Any], outcomes: list[Outcome]) -> dict[str, dict[str, int]]:
    """The counts of a progress with more outcomes added."""
    return merge(dict(progress_counts), tally(outcomes))


def count_failures(failures: Mapping[str, int], outcomes: list[Outcome]) -> dict[str, int]:
    """The reasons of failures with more outcomes added: codes and counts, nobody's name."""
    return dict(Counter(failures) + Counter(f"{o.kind}: {o.reason}" for o in outcomes if o.outcome is Result.FAILED))


@dataclass(frozen=True, slots=True)
class RestoreLane:
    """Carries one lane on.

    `vault` keeps temporary passwords under a key of their own. `pace` tells how many calls a second come through now,
    in the slowest category. `imported` tells which of some planned users Cognito's import has made, by old `sub`, which
    takes `seconds_to_find` for a stretch. After `at_once` users it waits for all of them and notes how far it is; who
    came since is met again by the next life of a process that dies. `batches` are those of an import
    (domain/restore/order.py), and `ready` how many of them are imported, and one more when the target is listed after
    them.
    """

    store: ObjectStore
    vault: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    workers: Workers
    pace: Callable[[], float]
    paths: RestorePaths
    user_pool_id: str
    started_at: str
    imported: Callable[[Sequence[PlannedUser]], Mapping[str, User]]
    at_once: int = sys.maxsize
    batches: Sequence[int] = ()
    ready: int = 1
    seconds_to_find: float = 0.0

    def advance(
        self, restore: Restore, planned: ExportProgress, lanes: int, progress: RestoreProgress
    ) -> RestoreProgress:
        """Restore until the lane is done or the deadline near. Every outcome is in the bucket when it returns.

        Where an import is under way: until everybody is done whose batch is imported.
        """
        try:
            return self._advance(restore, planned, lanes, progress)
        except ImportUnderWay:
            if self.ready > len(self.batches):
                raise
            # When the next batch is imported, it may be otherwise; after the last one it is.
            return replace(self.resumed(planned, lanes, progress), waits=True)

    def _advance(
        self, restore: Restore, planned: ExportProgress, lanes: int, progress: RestoreProgress
    ) -> RestoreProgress:
        work = work_of(progress.lane, lanes, planned.parts, self.batches)
        now = ready(work, self.ready)
        source = PlannedRows(
            self.store,
            self.working_format,
            self.deadline,
            self.paths,
            planned,
            self.imported,
            work[:now],
            progress.part,
            progress.row,
            self.seconds_to_find,
        )
        rows = iter(source)
        for row in rows:
            taken = apply_rows(islice(chain([row], rows), self.at_once), restore, self.workers, self._must_stop)
            with closing(taken):
                while some := list(islice(taken, min(NOTED_ROWS, self.at_once))):
                    progress = self._commit(planned, lanes, progress, some)
            if self.deadline.near():
                break
        at, row_number = source.stretch, source.row
        progress = replace(progress, part=at, row=row_number, waits=now <= at < len(work), done=at == len(work))
        self._note(planned, lanes, progress)
        return progress

    def _must_stop(self, calls: int) -> bool:
        """Whether there is just enough time for those under way."""
        return self.deadline.near(calls / self.pace())

    def _commit(
        self,
        planned: ExportProgress,
        lanes: int,
        progress: RestoreProgress,
        done: Sequence[tuple[Row, Restored]],
    ) -> RestoreProgress:
        """Write what became of some users, and note it.

        Whoever dies and is run again from the same row writes the same names.
        """
        self._hand_over(done[0][0].name, planned, [restored for _, restored in done])
        for _, some in groupby(sorted(done, key=lambda one: one[0].name), key=lambda one: one[0].part):
            own = list(some)
            told = [outcome for _, restored in own for outcome in restored.outcomes]
            self._put(self.store, f"{self.paths.outcomes}users-{own[0][0].name}", Outcome, told)
        outcomes = [outcome for _, restored in done for outcome in restored.outcomes]
        counts, failures = count(progress.counts, outcomes), count_failures(progress.failures, outcomes)
        last = done[-1][0]
        progress = RestoreProgress(progress.lane, last.stretch, last.position + 1, counts, failures)
        self._note(planned, lanes, progress)
        return progress

    def _note(self, planned: ExportProgress, lanes: int, progress: RestoreProgress) -> None:
        kept = {**self._work(planned, lanes), **progress.to_state()}
        self.store.put(self.paths.lane_key(progress.lane), json.dumps(kept).encode())

    def resumed(self, planned: ExportProgress, lanes: int, progress: RestoreProgress) -> RestoreProgress:
        """Where the lane is, whoever has brought it there: this execution, or another of the same restore."""
        found = self.store.get(self.paths.lane_key(progress.lane))
        document = json.loads(found.content) if found else {}
        work = self._work(planned, lanes)
        is_same = {name: document.pop(name, None) for name in work} == work
        if not is_same:
            return progress
        return max(progress, RestoreProgress(**document), key=lambda lane: (lane.part, lane.row))

    def _work(self, planned: ExportProgress, lanes: int) -> dict[str, Any]:
        """What a lane's progress is of: another plan, pool or number of lanes is other work."""
        return {
            "lanes": lanes,
            "places": [PLACES, PLACES_OF_LISTED],
            "batches": [*self.batches],
            "user_pool_id": self.user_pool_id,
            "plan": planned.digest,
            "planned_at": self.started_at,
        }

    def _hand_over(self, name: str, planned: ExportProgress, restored: Sequence[Restored]) -> None:
        """Passwords, before any outcome: who is said to be restored has theirs in the bucket.

        The same work writes them under the same names. A later plan of the same
        restore does not: what an earlier one handed out stays.
        """
        work = hashlib.sha256(f"{planned.digest} {self.started_at}".encode()).hexdigest()
        handed = f"{work[:8]}-{name}"
        passwords = [one.password for one in restored if one.password is not None]
        if passwords:
            self._put(self.vault, f"{self.paths.credentials}{handed}", TemporaryPassword, passwords)
        waiting = [
            Waiting(outcome.new_sub)
            for one in restored
            for outcome in one.outcomes
            if outcome.kind is Kind.USER and outcome.new_sub
            # Whose temporary password was refused has none to wait with, and is unfinished.
            if one.password is not None or outcome.credential == Credential.INVITE
        ]
        if waiting:
            prefix = self.paths.waiting(self.user_pool_id)
            self._put(self.store, f"{prefix}{self.paths.restore_id}-{handed}", Waiting, waiting)

    def _put(self, store: ObjectStore, key: str, row_type: type[Any], rows: Sequence[Any]) -> None:
        file = self.working_format.part(row_type)
        file.add(rows)
        store.put(f"{key}.{self.working_format.extension}", file.finish())
