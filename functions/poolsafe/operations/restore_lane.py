"""One lane of a restore: its share of the planned parts, against the deadline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from ..domain.lane import ExportProgress
from ..domain.outcome import Outcome, Result, merge, tally
from ..domain.plan import PlannedUser
from ..domain.snapshot import RestorePaths
from ..ports import Deadline, FileFormat, ObjectStore
from .parts import part_keys, read_keys
from .restore_users import RestoreUser, apply_rows


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
    """Carries one lane on. `workers` is how many users are under way at once."""

    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    workers: int

    def advance(
        self, restore: RestoreUser, paths: RestorePaths, planned: ExportProgress, lanes: int, progress: RestoreProgress
    ) -> RestoreProgress:
        """Restore until the lane is done or the deadline near. Every outcome is in the bucket when it returns."""
        keys = part_keys(paths.planned_users, "users", planned, self.working_format)[progress.lane :: lanes]
        part, row = progress.part, progress.row
        counts, failures = dict(progress.counts), dict(progress.failures)
        with ThreadPoolExecutor(self.workers) as pool:
            while part < len(keys):
                rows = [
                    planned_user
                    for batch in read_keys(self.store, self.working_format, [keys[part]], PlannedUser)
                    for planned_user in batch
                ]
                # One file for all this invocation does of a part, whatever interrupts it: when it dies and is run
                # again from the same row, it writes the same name.
                first, outcomes = row, list[Outcome]()
                while row < len(rows):
                    done, more = apply_rows(rows[row:], restore, pool, self.deadline.near)
                    outcomes += more
                    row += done
                    if self.deadline.near():
                        break
                self._write(paths, progress.lane + part * lanes, first, outcomes)
                counts, failures = count(counts, outcomes), count_failures(failures, outcomes)
                if row == len(rows):
                    part, row = part + 1, 0
                if self.deadline.near():
                    break
        return RestoreProgress(progress.lane, part, row, counts, failures, done=part == len(keys))

    def _write(self, paths: RestorePaths, planned_part: int, row: int, outcomes: list[Outcome]) -> None:
        file = self.working_format.part(Outcome)
        file.add(outcomes)
        self.store.put(f"{paths.outcomes_of(planned_part)}{row:05d}.{self.working_format.extension}", file.finish())
