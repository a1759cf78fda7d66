"""A lane restores as one stream: nobody waits at the edge of a part, and what is noted is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.adapters.threads import Threads
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.quotas import DOCUMENTED, Category, share
from poolsafe.domain.records import User
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.order import PLACES, PLACES_OF_LISTED, Who, in_order, stretches
from poolsafe.domain.restore.outcome import Kind, Outcome, Result
from poolsafe.domain.restore.pipeline import MAX_WORKERS, MIN_WORKERS, workers_for
from poolsafe.domain.restore.planned_user import Action, PlannedUser
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.operations.apply_rows import Restore
from poolsafe.operations.parts import PartWriter, read_keys
from poolsafe.operations.restore_lane import RestoreLane, RestoreProgress
from poolsafe.operations.restore_users import Restored
from poolsafe.ports import Deadline
from tests.fakes import EveryTime, MemoryStore, Never
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed

PARQUET = ParquetFormat()
PATHS = RestorePaths("20261122T030000Z-3f9a1c")


@dataclass
class Lane:
    """One lane over planned parts of ten users, and the users in the order in which they were begun."""

    users: int
    deadline: Deadline = field(default_factory=Never)
    workers: int = 1
    groups: Sequence[str] = ()
    batches: Sequence[int] = ()
    seconds_to_find: float = 0.0
    #: How many batches are imported, and one more when the target is listed after them.
    ready: int | None = None
    store: MemoryStore = field(default_factory=MemoryStore)
    begun: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        writer = PartWriter(self.store, PARQUET, PATHS.planned_users, "users", PlannedUser, ExportProgress(), 10)
        for number in range(self.users):
            name = f"user{number:05d}"
            credential = Credential.IMPORT_JOB if self.batches else None
            writer.add(
                [PlannedUser(name, f"sub-{number}", Action.CREATE, credential=credential, groups=tuple(self.groups))]
            )
        self.planned = writer.commit()
        self.store.written.clear()

    def lane(self, at_once: int) -> RestoreLane:
        return RestoreLane(
            self.store,
            self.store.with_secrets,
            PARQUET,
            self.deadline,
            Threads(self.workers),
            lambda: 25.0,
            PATHS,
            "us-east-1_Target",
            "2026-11-22T03:00:00+00:00",
            lambda rows: {},
            at_once,
            self.batches,
            len(self.batches) + 1 if self.ready is None else self.ready,
            self.seconds_to_find,
        )

    def advance(
        self, progress: RestoreProgress, lanes: int = 1, at_once: int = 1_000_000, restore: Restore | None = None
    ) -> RestoreProgress:
        return self.lane(at_once).advance(restore or self.restore, self.planned, lanes, progress)

    def restore(self, planned: PlannedUser, imported: User | None) -> Restored:
        self.begun.append(planned.username)
        return Restored([Outcome(Kind.USER, Result.CREATED, None, planned.username, planned.sub)])

    def told(self) -> dict[str, str]:
        """The users of each file of outcomes."""
        return {
            key.rpartition("/")[2]: " ".join(str(row.username)[-2:] for row in rows)
            for key in self.store.keys(PATHS.outcomes)
            for rows in read_keys(self.store, PARQUET, [key], Outcome)
        }


# The order


@given(st.integers(0, 60))
def test_stretches_have_every_part_once_and_as_far_apart_as_can_be(parts: int) -> None:
    work = stretches(range(parts))
    assert sorted(part for stretch in work for part in stretch) == list(range(parts))
    assert all(1 <= len(stretch) <= PLACES for stretch in work)
    assert all(later - earlier >= parts / PLACES for stretch in work for earlier, later in pairwise(stretch))


@given(st.lists(st.integers(0, 7), max_size=5), st.sampled_from(Who))
def test_rows_are_all_rows_each_part_in_its_own_order(sizes: list[int], who: Who) -> None:
    parts = [[(part, number) for number in range(size)] for part, size in enumerate(sizes)]
    rows = list(in_order(parts, who))
    assert [(part, number) for part, number, _ in rows] == [row for _, _, row in rows]
    assert sorted(row for _, _, row in rows) == sorted(row for part in parts for row in part)
    if who is Who.LISTED:
        assert [part for part, _, _ in rows] == sorted(part for part, _, _ in rows)
    else:
        # In turns, so that none is far ahead.
        assert [number for _, number, _ in rows] == sorted(number for _, number, _ in rows)


def test_where_nobody_is_called_for_few_files_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file of outcomes is read once more in one Lambda at the end, and a large pool has thousands."""
    monkeypatch.setattr("poolsafe.operations.restore_lane.NOTED_ROWS", 10)
    lane = Lane(10 * PLACES_OF_LISTED, batches=[PLACES_OF_LISTED])
    assert lane.advance(RestoreProgress()).done
    assert len(lane.told()) == PLACES_OF_LISTED
    assert len(lane.begun) == 10 * PLACES_OF_LISTED


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_lane_waits_for_the_next_batch_wherever_an_earlier_run_has_brought_it(part: int) -> None:
    """Else it would be asked again at once, and again, for as long as the batch takes."""
    lane = Lane(40, groups=["staff"], batches=[1, 2, 3, 4], ready=1)
    progress = lane.advance(RestoreProgress(part=part))
    assert (progress.waits, progress.part, progress.done) == (True, max(part, 1), False)
    assert len(lane.begun) == (10 if part == 0 else 0)


def test_finding_the_imported_is_not_begun_without_the_time_for_it() -> None:
    @dataclass
    class Asked:
        seconds: list[float] = field(default_factory=list)

        def near(self, ahead: float = 0) -> bool:
            self.seconds.append(ahead)
            return ahead >= 300

    deadline = Asked()
    lane = Lane(20 * PLACES_OF_LISTED, deadline, batches=[2 * PLACES_OF_LISTED], seconds_to_find=300)
    progress, invocations = RestoreProgress(), 0
    while not progress.done:
        progress, invocations = lane.advance(progress), invocations + 1
    assert len(lane.begun) == 20 * PLACES_OF_LISTED
    # The first goes through those who need more than the import: here nobody.
    assert (invocations, 300 in deadline.seconds) == (3, True)


# How many at once


def test_enough_users_are_under_way_for_calls_of_a_second() -> None:
    assert workers_for(DOCUMENTED) == 100
    assert workers_for(share(DOCUMENTED, 0.8, 1)) == 80
    assert workers_for(share(DOCUMENTED, 0.8, 1)) >= 20 * 3 * 1.0


@pytest.mark.parametrize("factor", [0.001, 0.1, 1, 4, 100])
def test_workers_stay_within_what_a_function_can_have(factor: float) -> None:
    rates = {category: rate * factor for category, rate in DOCUMENTED.items()}
    assert MIN_WORKERS <= workers_for(rates) <= MAX_WORKERS


def test_a_small_quota_decides_for_all() -> None:
    assert workers_for({**DOCUMENTED, Category.USER_UPDATE: 5}) == 20


# The stream


def test_the_next_rows_begin_while_the_last_of_a_stretch_is_under_way() -> None:
    lane, later = Lane(50, workers=2), threading.Event()
    last = "user00049"

    def restore(planned: PlannedUser, imported: User | None) -> Restored:
        restored = lane.restore(planned, imported)
        if planned.username == last:
            assert later.wait(10)
        elif last in lane.begun:
            later.set()
        return restored

    assert lane.advance(RestoreProgress(), restore=restore).done
    # The parts 0, 2 and 4 are the first stretch, 1 and 3 the second.
    assert lane.begun.index(last) < 30


def test_what_became_of_each_part_lies_under_its_own_name() -> None:
    lane = Lane(30)
    lane.advance(RestoreProgress())
    rows = [" ".join(f"{number:02d}" for number in range(first, first + 10)) for first in (0, 10, 20)]
    assert lane.told() == {f"users-{part:05d}-00000.parquet": told for part, told in enumerate(rows)}


@pytest.mark.parametrize("steps", [1, 3, 7])
@pytest.mark.parametrize("lanes", [1, 2, 3])
@pytest.mark.parametrize("at_once", [4, 1_000_000])
def test_lanes_that_hand_over_at_any_row_restore_everybody_once(steps: int, lanes: int, at_once: int) -> None:
    lane = Lane(55, EveryTime(steps), workers=3)
    for number in range(lanes):
        progress = RestoreProgress(number)
        while not progress.done:
            progress = lane.advance(progress, lanes, at_once)
            assert lane.lane(at_once).resumed(lane.planned, lanes, RestoreProgress(number)) == progress
    assert sorted(lane.begun) == [f"user{number:05d}" for number in range(55)]
    told = sorted(" ".join(lane.told().values()).split())
    assert told == [f"{number:02d}" for number in range(55)]
    for name, numbers in lane.told().items():
        assert {int(number) // 10 for number in numbers.split()} == {int(name[6:11])}


def test_no_more_than_at_once_are_begun_before_the_next_note() -> None:
    """Who is invited hears again when the process dies before it was noted."""
    lane = Lane(60, workers=8)
    begun_at_notes: list[int] = []

    def note(operation: str) -> None:
        if operation == "after PutObject" and lane.store.written[-1] == PATHS.lane_key(0):
            begun_at_notes.append(len(lane.begun))

    lane.store.before = note
    lane.advance(RestoreProgress(), at_once=7)
    assert begun_at_notes == [*range(7, 60, 7), 60, 60]


def test_how_much_time_those_under_way_need_is_reckoned_with() -> None:
    """Those in many groups make a hand-over earlier: at 25 calls a second they take long."""

    @dataclass
    class Ahead:
        seconds: list[float] = field(default_factory=list)
        said: threading.Event = field(default_factory=threading.Event)

        def near(self, ahead: float = 0) -> bool:
            self.seconds.append(ahead)
            if ahead > 10:
                self.said.set()
            return ahead > 10

    deadline = Ahead()
    lane = Lane(45, deadline, workers=16, groups=[f"group{number}" for number in range(96)])

    def restore(planned: PlannedUser, imported: User | None) -> Restored:
        assert deadline.said.wait(10)
        return lane.restore(planned, imported)

    lane.advance(RestoreProgress(), restore=restore)
    # 100 calls each; the first is taken without a question.
    assert deadline.seconds[:3] == [4.0, 8.0, 12.0]


def test_the_first_call_comes_after_few_reads() -> None:
    """While an invocation begins, the quotas are idle."""
    done: list[str] = []

    def noting(source: str) -> Callable[[str], None]:
        return lambda operation: done.append(f"{source} {operation}")

    target = target_pool()
    with Deployed() as machines:
        machines.backup(pool_with(20))
        target.before, machines.store.before = noting("pool"), noting("bucket")
        machines.restore(target, snapshot=LATEST)
    first = done.index("pool AdminCreateUser")
    before = done[:first]
    written = len(before) - 1 - before[::-1].index("bucket after PutObject")
    # The manifest, what is known of the target, how far the lane is, and a part for each place: here there is one.
    assert before[written + 1 :] == ["bucket GetObject"] * 4
