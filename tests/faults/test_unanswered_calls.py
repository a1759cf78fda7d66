"""Calls without an answer, many at once: nothing is lost, nothing is said twice, and the run goes on."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.adapters.threads import Threads
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.records import CONFIRMED, User
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.outcome import Kind, Outcome, Result
from poolsafe.domain.restore.planned_user import Action, PlannedUser
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.errors import AccessDenied, Retryable, ServiceUnavailable, Throttled
from poolsafe.operations.apply_rows import MAX_BROKEN, Row, apply_rows
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


def applied(
    target: FakeUserPool,
    rows: Sequence[PlannedUser],
    workers: int = 1,
    must_stop: Callable[[int], bool] = lambda calls: False,
) -> list[tuple[Row, Restored]]:
    return list(apply_rows(map(Row, rows), restorer(target), Threads(workers), must_stop))


@pytest.mark.parametrize("operation", ["AdminCreateUser", "AdminSetUserPassword", "after AdminCreateUser"])
@pytest.mark.parametrize("unanswered", [1, 5, MAX_BROKEN + 1, 2 * MAX_BROKEN + 1])
def test_calls_that_go_through_at_another_try_leave_no_trace(operation: str, unanswered: int) -> None:
    """`after`: the user was created, and only the answer was lost."""
    target = target_pool()
    failing_first(target, operation, unanswered)
    rows = [planned(number) for number in range(200)]
    restored = applied(target, rows)
    outcomes = [outcome for _, one in restored for outcome in one.outcomes]
    assert {outcome.outcome for outcome in outcomes} == {Result.CREATED}
    assert [outcome.username for outcome in outcomes] == [row.username for row in rows]
    assert [row.planned for row, _ in restored] == rows
    assert {account.user.status for account in target.accounts.values()} == {CONFIRMED}


def unanswered_for(target: FakeUserPool, *names: str) -> None:
    """The creation of these users never gets an answer."""
    create = target.create_user

    def fail(username: str, *arguments: Any) -> User:
        if username in names:
            raise ServiceUnavailable("AdminCreateUser: no answer.")
        return create(username, *arguments)

    target.create_user = fail  # type: ignore[assignment,method-assign]


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("number", [0, 70, 99])
def test_one_whose_calls_never_get_an_answer_fails_alone(number: int, workers: int) -> None:
    target = target_pool()
    unanswered_for(target, f"user{number:05d}")
    restored = applied(target, [planned(number) for number in range(100)], workers)
    ended = {one.outcomes[0].username: (one.outcomes[0].outcome, one.outcomes[0].reason) for _, one in restored}
    assert ended.pop(f"user{number:05d}") == (Result.FAILED, "ServiceUnavailable")
    assert set(ended.values()) == {(Result.CREATED, None)}
    assert len(ended) == 99


def test_one_without_an_answer_holds_nobody_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after it waits to be told, and no longer than for so many."""
    monkeypatch.setattr("poolsafe.operations.apply_rows.MAX_HELD", 10)
    target = target_pool()
    unanswered_for(target, "user00003")
    rows = apply_rows(map(Row, map(planned, range(100))), restorer(target), Threads(1), lambda calls: False)
    assert [next(rows)[0].planned.username for _ in range(4)][3] == "user00003"
    assert len(target.accounts) < 20
    assert len(list(rows)) == 96


def test_no_more_users_are_begun_while_nobody_gets_through() -> None:
    target = target_pool()
    failing_first(target, "AdminCreateUser", 10_000, Throttled)
    with pytest.raises(Throttled):
        applied(target, [planned(number) for number in range(5_000)], 8)
    assert target.accounts == {}
    assert target.calls["AdminCreateUser"] < 50


def test_an_outage_in_mid_run_is_nobodys_failure() -> None:
    target = target_pool()
    made = itertools.count()

    def fail(operation: str) -> None:
        if operation == "AdminCreateUser" and next(made) >= 100:
            raise ServiceUnavailable(f"{operation}: no answer.")

    target.before = fail
    told: list[Restored] = []
    with pytest.raises(ServiceUnavailable):
        for _, restored in apply_rows(
            map(Row, map(planned, range(5_000))), restorer(target), Threads(8), lambda calls: False
        ):
            told.append(restored)
    assert [one.outcomes[0].outcome for one in told] == [Result.CREATED] * len(told)
    assert len(target.accounts) == 100


def test_a_missing_permission_is_raised_and_begins_few_users() -> None:
    target = target_pool()
    failing_first(target, "AdminSetUserPassword", 10_000, AccessDenied)
    with pytest.raises(AccessDenied):
        applied(target, [planned(number) for number in range(5_000)], 8)
    assert len(target.accounts) <= 16


def test_what_is_under_way_is_told_so_that_a_hand_over_leaves_it_time() -> None:
    """A user in a hundred groups weighs more than a hundred calls."""
    heavy = [planned(number, tuple(f"group{group}" for group in range(100))) for number in range(50)]
    told: list[int] = []
    asked = threading.Event()

    def stop(calls: int) -> bool:
        told.append(calls)
        if len(told) == 2:
            asked.set()
        return asked.is_set()

    def restore(user: PlannedUser, imported: User | None) -> Restored:
        assert asked.wait(10)
        return Restored([])

    assert len(list(apply_rows(map(Row, heavy), restore, Threads(3), stop))) == 2
    assert told == [104, 208]


def test_at_least_one_user_is_restored_however_near_the_deadline_is() -> None:
    """Or a lane would hand over forever."""
    [(_, restored)] = applied(target_pool(), [planned(0), planned(1)], 1, lambda calls: True)
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
            Threads(1),
            lambda: 25,
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
            # As the state's Retry does.
            with suppress(Retryable):
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
        except Retryable:
            continue
        except Killed as killed:
            killed.life.revive()
    assert life.made > at
    assert Counter(lane.outcomes()) == Counter(f"user{number:05d}" for number in range(300))
    assert progress.counts == {Kind.USER: {Result.CREATED: 300}}
