"""One lane of a restore: its share of the planned parts, against the deadline."""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from ..domain.lane import ExportProgress
from ..domain.records import User
from ..domain.restore.credentials import Credential
from ..domain.restore.outcome import Kind, Outcome, Result, merge, tally
from ..domain.restore.planned_user import PlannedUser
from ..domain.restore.temporary_password import TemporaryPassword
from ..domain.restore.waiting import Waiting
from ..domain.snapshot import RestorePaths
from ..ports import Deadline, FileFormat, ObjectStore
from .apply_rows import apply_rows
from .parts import part_keys, read_keys
from .restore_users import Restored, RestoreUser


@dataclass(frozen=True, slots=True)
class RestoreProgress:
    """How far a lane is: `part` of its own parts, `row` in that part; counts and reasons of failures so far."""

    lane: int = 0
    part: int = 0
    row: int = 0
    counts: Mapping[str, Any] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
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
    """Carries one lane on. `workers` is how many users are under way at once.

    `vault` keeps temporary passwords under a key of their own. `imported` tells
    which of some planned users Cognito's import has made, by old `sub`. After
    `at_once` users it notes how far it is; who came since is met again by the
    next life of a process that dies.
    """

    store: ObjectStore
    vault: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    workers: int
    paths: RestorePaths
    user_pool_id: str
    started_at: str
    imported: Callable[[Sequence[PlannedUser]], Mapping[str, User]]
    at_once: int = sys.maxsize

    def advance(
        self, restore: RestoreUser, planned: ExportProgress, lanes: int, progress: RestoreProgress
    ) -> RestoreProgress:
        """Restore until the lane is done or the deadline near. Every outcome is in the bucket when it returns."""
        keys = part_keys(self.paths.planned_users, "users", planned, self.working_format)[progress.lane :: lanes]
        part, row = progress.part, progress.row
        counts, failures = dict(progress.counts), dict(progress.failures)
        with ThreadPoolExecutor(self.workers) as pool:
            while part < len(keys):
                batches = read_keys(self.store, self.working_format, [keys[part]], PlannedUser)
                rows = [planned_user for batch in batches for planned_user in batch]
                completing = _completing(restore, self.imported(rows[row:]))
                while row < len(rows):
                    restored = self._apply(rows[row : row + self.at_once], completing, pool)
                    outcomes = [outcome for one in restored for outcome in one.outcomes]
                    # Whoever dies and is run again from the same row writes the same name.
                    self._write(f"{progress.lane + part * lanes:05d}-{row:05d}", planned, restored, outcomes)
                    counts, failures = count(counts, outcomes), count_failures(failures, outcomes)
                    row += len(restored)
                    self._note(planned, lanes, RestoreProgress(progress.lane, part, row, counts, failures))
                    if self.deadline.near():
                        break
                if row == len(rows):
                    part, row = part + 1, 0
                if self.deadline.near():
                    break
        advanced = RestoreProgress(progress.lane, part, row, counts, failures, done=part == len(keys))
        self._note(planned, lanes, advanced)
        return advanced

    def _apply(
        self, rows: Sequence[PlannedUser], restore: Callable[[PlannedUser], Restored], workers: ThreadPoolExecutor
    ) -> list[Restored]:
        """Restore these, or as many as the deadline leaves time for; one at least."""
        restored: list[Restored] = []
        while len(restored) < len(rows):
            restored += apply_rows(rows[len(restored) :], restore, workers, self.deadline.near)
            if self.deadline.near():
                break
        return restored

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
            "user_pool_id": self.user_pool_id,
            "plan": planned.digest,
            "planned_at": self.started_at,
        }

    def _write(self, name: str, planned: ExportProgress, restored: Sequence[Restored], outcomes: list[Outcome]) -> None:
        """Passwords first: who is said to be restored has theirs in the bucket.

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
        self._put(self.store, f"{self.paths.outcomes}users-{name}", Outcome, outcomes)

    def _put(self, store: ObjectStore, key: str, row_type: type[Any], rows: Sequence[Any]) -> None:
        file = self.working_format.part(row_type)
        file.add(rows)
        store.put(f"{key}.{self.working_format.extension}", file.finish())


def _completing(restore: RestoreUser, made: Mapping[str, User]) -> Callable[[PlannedUser], Restored]:
    return lambda planned: restore(planned, made.get(planned.sub))
