"""Calls without an answer, many at once: nothing is lost, nothing is said twice, and the run goes on."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.records import CONFIRMED
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.outcome import Kind, Outcome, Result
from poolsafe.domain.restore.planned_user import Action, PlannedUser
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.errors import AccessDenied, ServiceUnavailable, Throttled
from poolsafe.operations.apply_rows import MAX_CALLS_UNDER_WAY, apply_rows
from poolsafe.operations.defer_users import DeferUsers
from poolsafe.operations.parts import PartWriter, read_keys
from poolsafe.operations.restore_lane import RestoreLane, RestoreProgress
from poolsafe.operations.restore_users import Restored, RestoreUser
from poolsafe.ports import Deadline
from tests.fakes import FakeUserPool, KillAt, Killed, MemoryStore, Never
from tests.pipeline import target_pool
from tests.unit.restores import target_of

PARQUET = ParquetFormat()
PATHS = RestorePaths("20261122T030000Z-3f9a1c")
STARTED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
PASSWORD = "Long-enough-4-everybody"


def planned(number: int, groups: tuple[str, ...] = ()) -> PlannedUser:
    name = f"user{number:05d}"
    attributes = {"custom:original_sub": f"sub-{number}"}
    sub = f"sub-{number}"
    return PlannedUser(name, sub, Action.CREATE, None, name, attributes, groups, credential=Credential.RESET.value)


def restorer(target: FakeUserPool) -> RestoreUser:
    defer = DeferUsers(MemoryStore(), target.user_pool_id)
    return RestoreUser(target, target_of(target), lambda: PASSWORD, defer, "custom:original_sub", STARTED)


def never() -> bool:
    return False


def failing_first(
    target: FakeUserPool, operation: str, times: int, error: type[Exception] = ServiceUnavailable
) -> None:
    """The first calls of an operation go unanswered."""
    left = Counter({operation: times})

    def fail(called: str) -> None:
        if left[called] > 0:
            left[called] -= 1
            raise error(f"{called}: no answer.")

    target.before = fail


@pytest.mark.parametrize("operation", ["AdminCreateUser", "AdminSetUserPassword", "after AdminCreateUser"])
@pytest.mark.parametrize("unanswered", [1, 5, 30])
def test_calls_that_go_through_at_the_second_try_leave_no_trace(operation: str, unanswered: int) -> None:
    """`after`: the user was created, and only the answer was lost."""
    target = target_pool()
    failing_first(target, operation, unanswered)
    rows = [planned(number) for number in range(200)]
    with ThreadPoolExecutor(1) as workers:
        restored = apply_rows(rows, restorer(target), workers, never)
    outcomes = [outcome for one in restored for outcome in one.outcomes]
    assert {outcome.outcome for outcome in outcomes} == {Result.CREATED}
    assert [outcome.username for outcome in outcomes] == [row.username for row in rows[: len(restored)]]
    assert {account.user.status for account in target.accounts.values()} == {CONFIRMED}


def test_no_more_users_are_begun_while_nobody_gets_through() -> None:
    target = target_pool()
    failing_first(target, "AdminCreateUser", 10_000, Throttled)
    rows = [planned(number) for number in range(5_000)]
    with ThreadPoolExecutor(8) as workers, pytest.raises(Throttled):
        apply_rows(rows, restorer(target), workers, never)
    assert target.accounts == {}


def test_a_missing_permission_is_raised_and_begins_few_users() -> None:
    target = target_pool()
    failing_first(target, "AdminSetUserPassword", 10_000, AccessDenied)
    rows = [planned(number) for number in range(5_000)]
    with ThreadPoolExecutor(8) as workers, pytest.raises(AccessDenied):
        apply_rows(rows, restorer(target), workers, never)
    assert len(target.accounts) < 2 * MAX_CALLS_UNDER_WAY


def test_what_is_under_way_is_bounded_so_that_a_hand_over_need_not_wait_long() -> None:
    """A user in a hundred groups weighs as much as a hundred calls."""
    begun: list[PlannedUser] = []
    with ThreadPoolExecutor(1) as workers:
        rows = [planned(number, tuple(f"group{group}" for group in range(100))) for number in range(50)]

        def stop() -> bool:
            return len(begun) >= 2

        def restore(row: PlannedUser) -> Restored:
            begun.append(row)
            return Restored([])

        restored = apply_rows(rows, restore, workers, stop)
    assert 2 <= len(restored) <= 4


def test_a_user_in_more_groups_than_fit_is_restored_all_the_same() -> None:
    target = target_pool()
    rows = [planned(number, tuple(f"group{group}" for group in range(200))) for number in range(3)]
    with ThreadPoolExecutor(2) as workers:
        restored = apply_rows(rows, restorer(target), workers, never)
    assert len(restored) == 3


def test_at_least_one_user_is_restored_however_near_the_deadline_is() -> None:
    """Or a lane would hand over forever."""
    with ThreadPoolExecutor(1) as workers:
        [restored] = apply_rows([planned(0), planned(1)], restorer(target_pool()), workers, lambda: True)
    assert len(restored.outcomes) == 1


# The lane around it.


class Lane:
    """One lane over planned parts of a hundred users."""

    def __init__(self, rows: int, deadline: Deadline | None = None) -> None:
        self.store, self.target = MemoryStore(), target_pool()
        writer = PartWriter(self.store, PARQUET, PATHS.planned_users, "users", PlannedUser, ExportProgress(), 100)
        for number in range(rows):
            writer.add([planned(number)])
        self.written = writer.commit()
        self.lane = RestoreLane(
            self.store,
            self.store.with_secrets,
            PARQUET,
            deadline or Never(),
            1,
            PATHS,
            self.target.user_pool_id,
            STARTED.isoformat(),
            lambda rows: {},
        )

    def advance(self, progress: RestoreProgress) -> RestoreProgress:
        return self.lane.advance(restorer(self.target), self.written, 1, progress)

    def finish(self, progress: RestoreProgress | None = None) -> RestoreProgress:
        progress = progress or RestoreProgress()
        while not progress.done:
            progress = self.advance(progress)
        return progress

    def outcomes(self) -> list[str | None]:
        batches = read_keys(self.store, PARQUET, self.store.keys(PATHS.outcomes), Outcome)
        return [row.username for batch in batches for row in batch]


def test_every_outcome_is_told_once_though_many_calls_went_unanswered() -> None:
    lane = Lane(300)
    failing_first(lane.target, "AdminCreateUser", 40)
    progress = lane.finish()
    assert progress.counts == {Kind.USER: {Result.CREATED: 300}}
    assert Counter(lane.outcomes()) == Counter(f"user{number:05d}" for number in range(300))


@pytest.mark.parametrize("at", [350, 500, 700, 900])
def test_every_outcome_is_told_once_though_the_process_died_after_an_outage(at: int) -> None:
    """The outage makes the first attempt stop at another row than the second does."""
    lane = Lane(300)
    failing_first(lane.target, "AdminCreateUser", 40)
    outage, life = lane.target.before, KillAt(at)

    def both(operation: str) -> None:
        life(operation)
        outage(operation)

    lane.target.before = both
    progress = RestoreProgress()
    while not progress.done:
        try:
            progress = lane.advance(progress)
        except Killed as killed:
            killed.life.revive()
    assert life.made > at
    assert Counter(lane.outcomes()) == Counter(f"user{number:05d}" for number in range(300))
    assert progress.counts == {Kind.USER: {Result.CREATED: 300}}
