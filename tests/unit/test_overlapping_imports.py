"""While a file is imported, lanes give the users of earlier files what no file can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.records import FORCE_CHANGE_PASSWORD, RESET_REQUIRED
from poolsafe.domain.restore.import_file import MAX_FILE_ROWS
from poolsafe.domain.restore.order import Who, ready, work_of
from poolsafe.domain.restore.planned_user import Action, PlannedUser
from poolsafe.errors import AccessDenied, Rejected
from poolsafe.operations.import_files import BATCHES, rows_of_a_file
from tests.fake_cognito import FakeCognito
from tests.fake_imports import FakeImports
from tests.fakes import EveryTime, FakeClock, FakeUserPool, Never
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.restores import ended

#: What one lane may do in a second: 25 updates of users, 0.8 of them.
UPDATES = 20
OPTIONS: dict[str, Any] = {"snapshot": LATEST, "credentials": "import-job"}


@dataclass
class Slices:
    """A deadline that is near when an invocation has worked for so many seconds."""

    clock: FakeClock
    seconds: float
    began: float = field(default=0.0)

    def near(self, ahead: float = 0) -> bool:
        is_near = self.clock.monotonic() - self.began >= self.seconds
        if is_near:
            self.began = self.clock.monotonic()
        return is_near


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """One worker, whose waits for a turn are what moves the clock; files of a third of 300 users."""
    monkeypatch.setattr("restore.restore_users.workers_for", lambda rates: 1)
    monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 50)
    monkeypatch.setattr("poolsafe.operations.import_files.FEWEST_ROWS", 100)
    with Deployed() as deployed:
        yield deployed


def imports_of(machines: Deployed, **options: Any) -> FakeImports:
    imports = FakeImports(**options)
    machines.cognitos["us-east-1"] = FakeCognito(imports=imports)
    return imports


def importing(**options: Any) -> FakeUserPool:
    return target_pool(auto_verified=("email",), **options)


def grouped(users: int, groups: int = 1) -> FakeUserPool:
    """Everybody in so many groups."""
    pool = FakeUserPool()
    for number in range(users):
        told: dict[str, Any] = {"email": f"user{number}@example.com", "email_verified": "true"}
        pool.add(f"user{number:05d}", groups=tuple(f"group{group}" for group in range(groups)), **told)
    return pool


def visits(machines: Deployed) -> list[str]:
    wanted = ("StartImport", "CheckImport", "RestoreImportedUsers", "ListImported", "RestoreUsers")
    return [name for name, _, _ in machines.executions[-1].payloads if name in wanted]


# The order


@given(st.integers(1, 3), st.lists(st.integers(1, 9), max_size=5))
def test_every_part_is_worked_on_for_whom_is_touched_and_for_whom_is_not(lanes: int, sizes: list[int]) -> None:
    batches = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    parts = batches[-1] if batches else 7
    work = [stretch for lane in range(lanes) for stretch in work_of(lane, lanes, parts, batches)]
    for who in (Who.TOUCHED, Who.LISTED) if batches else (Who.EVERYBODY,):
        assert sorted(part for one in work if one.who is who for part in one.parts) == list(range(parts))
    for one in work:
        if one.who is Who.TOUCHED:
            assert all(part < batches[one.after - 1] for part in one.parts)
    own = work_of(0, lanes, parts, batches)
    assert [one.after for one in own] == sorted(one.after for one in own)
    assert ready(own, len(batches) + 1) == len(own)
    assert ready(own, 0) == (0 if batches else len(own))


@pytest.mark.parametrize("groups", [(), ("staff",)])
@pytest.mark.parametrize("credential", ["import-job", "reset"])
def test_each_user_belongs_to_one_of_the_two_passes(groups: tuple[str, ...], credential: str) -> None:
    user = PlannedUser("ada", "sub-1", Action.CREATE, groups=groups, credential=credential)
    work = work_of(0, 1, 1, [1])
    takers = [stretch.who for stretch in work if stretch.takes(user)]
    assert takers == [Who.LISTED if credential == "import-job" and not groups else Who.TOUCHED]


@pytest.mark.parametrize("imports", [1, 10_000, 500_000, 10_000_000, 24_000_000])
def test_files_are_few_and_within_what_cognito_takes(imports: int) -> None:
    rows = rows_of_a_file(imports)
    assert rows <= MAX_FILE_ROWS
    # Planned parts are not divided, so a file may have up to 2,000 rows less.
    assert imports / (rows - 2_000) <= BATCHES * 1.3
    assert rows == MAX_FILE_ROWS or rows * BATCHES >= imports


# Whole runs


def timed(machines: Deployed, target: FakeUserPool) -> float:
    """The seconds from the start of the first job to the last call that changed a user."""
    at: dict[str, float] = {}

    def note(operation: str) -> None:
        if operation.startswith("Admin"):
            at["last"] = machines.clock.monotonic()

    def started(operation: str) -> None:
        if operation == "StartUserImportJob":
            at.setdefault("first", machines.clock.monotonic())

    target.before, machines.cognitos["us-east-1"].before = note, started
    machines.restore(target, **OPTIONS)
    return at["last"] - at["first"]


@pytest.mark.parametrize("speed", [5, 20, 60])
def test_import_and_memberships_take_the_longer_of_the_two_times_and_not_both(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch, speed: int
) -> None:
    users = 1_500
    monkeypatch.setattr("poolsafe.operations.import_files.FEWEST_ROWS", 500)
    imports = imports_of(machines, rows_per_second=speed)
    target = importing()
    machines.backup(grouped(users))
    machines.deadline = Slices(machines.clock, 10)
    seconds = timed(machines, target)
    importing_all, joining_all, batch = users / speed, users / UPDATES, users / 3
    assert [job.told["ImportedUsers"] for job in imports.jobs.values()] == [500, 500, 500]
    # Neither begins before a batch of the other. Looks at a job come some seconds late, which is much of jobs as short.
    least = max(importing_all + batch / UPDATES, joining_all + batch / speed)
    assert least - 1 <= seconds <= 1.2 * least
    if speed == UPDATES:
        assert seconds < 0.8 * (importing_all + joining_all)
    assert {account.user.status for account in target.accounts.values()} == {RESET_REQUIRED}
    assert all(account.groups == ["group0"] for account in target.accounts.values())


def test_lanes_work_between_the_looks_at_a_job(machines: Deployed) -> None:
    imports_of(machines)
    machines.backup(grouped(300))
    machines.restore(importing(), **OPTIONS)
    assert visits(machines) == [
        *("StartImport", "CheckImport", "CheckImport"),
        *("StartImport", "RestoreImportedUsers", "CheckImport", "CheckImport"),
        *("StartImport", "RestoreImportedUsers", "CheckImport", "CheckImport"),
        *("ListImported", "RestoreUsers"),
    ]


def test_a_pool_that_tells_of_nobody_while_it_imports_makes_lanes_wait(machines: Deployed) -> None:
    imports, target = imports_of(machines, describes_until_done=3), importing()
    machines.backup(grouped(300))

    def refuse(operation: str) -> None:
        if operation == "AdminGetUser" and imports.is_importing(target.user_pool_id):
            raise Rejected(operation, "UserImportInProgressException")

    target.before = refuse
    result = machines.restore(target, **OPTIONS)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 300)
    assert all(account.groups == ["group0"] for account in target.accounts.values())


def test_whom_nothing_touches_is_not_called_for_and_yet_told(machines: Deployed) -> None:
    """A call about them would bill them."""
    imports_of(machines)
    source, target = pool_with(250, groups=0), importing()
    for number in range(50):
        told: dict[str, Any] = {"email": f"member{number}@example.com", "email_verified": "true"}
        source.add(f"member{number}", groups=("staff",), **told)
    machines.backup(source)
    result = machines.restore(target, **OPTIONS)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 300)
    assert target.calls["AdminGetUser"] == target.calls["AdminAddUserToGroup"] == 50
    assert machines.plan(result)["users_billed_as_active"] == 50
    assert len(machines.sub_map(result)) == 300
    assert len(machines.outcomes(result)) == 300 + 50 + 1


@pytest.mark.parametrize("lanes", [1, 2, 3])
@pytest.mark.parametrize("steps", [1, 3, 40])
def test_lanes_that_hand_over_while_users_are_imported_miss_nobody(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch, lanes: int, steps: int
) -> None:
    monkeypatch.setattr("restore.check_request.restore_lanes", lambda rates: lanes)
    monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 3)
    monkeypatch.setattr("poolsafe.operations.import_files.FEWEST_ROWS", 10)
    imports_of(machines, fail_rows=lambda name: name == "user00011")
    source, target = pool_with(20, groups=2), importing()
    for number in range(20):
        source.add(f"alone{number}", email=f"alone{number}@example.com", email_verified="true")
    machines.backup(source)
    machines.deadline = EveryTime(steps)
    result = machines.restore(target, **OPTIONS)
    assert (result["status"], result["counts"]["created"], len(target.accounts)) == ("COMPLETE", 40, 40)
    assert ended(machines, result, "user00011") == ("created", "not_imported")
    assert target.accounts["user00011"].user.status == FORCE_CHANGE_PASSWORD
    told = [str(outcome.username) for outcome in machines.outcomes(result) if outcome.kind == "user"]
    assert sorted(told) == sorted(source.accounts)


def test_a_pool_that_takes_no_changes_during_an_import_is_waited_for(machines: Deployed) -> None:
    imports = imports_of(machines)
    target = importing()
    machines.backup(grouped(300))
    cognito = machines.cognitos["us-east-1"]

    def refuse(operation: str) -> None:
        if operation == "AdminAddUserToGroup" and imports.is_importing(target.user_pool_id):
            cognito.refuse(operation, "UserImportInProgressException")

    target.before = refuse
    result = machines.restore(target, **OPTIONS)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 300)
    assert all(account.groups == ["group0"] for account in target.accounts.values())
    assert {outcome.outcome for outcome in machines.outcomes(result)} == {"created"}


def test_somebody_elses_import_into_the_pool_stops_the_restore_and_fails_nobody(machines: Deployed) -> None:
    imports_of(machines)
    target = importing()
    machines.backup(grouped(20))
    cognito = machines.cognitos["us-east-1"]
    target.before = lambda operation: (
        cognito.refuse(operation, "UserImportInProgressException") if operation == "AdminAddUserToGroup" else None
    )
    with pytest.raises(ExecutionFailed, match="ImportUnderWay"):
        machines.restore(target, **OPTIONS)
    restore_id = machines.executions[-1].payloads[0][2]["restore_id"]
    target.before = lambda operation: None
    assert machines.restore(target, restore_id=restore_id, **OPTIONS)["status"] == "COMPLETE"


def files_of(machines: Deployed) -> tuple[Any, Any, dict[str, bytes]]:
    """Where the batches of the last execution end, their rows, and the files."""
    payloads = machines.executions[-1].payloads
    [done] = [answer for name, _, answer in payloads if name == "WriteImport" and answer["done"]]
    restore_id = payloads[0][2]["restore_id"]
    prefix = f"working/{restore_id}/import/0"
    written = {key.removeprefix(prefix): machines.store.objects[key].content for key in machines.store.keys(prefix)}
    return done["batches"], done["rows"], written


def test_where_a_file_ends_depends_on_the_plan_and_not_on_when_an_invocation_ended(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lanes order their work by it: a second run would write the same outcomes under other names."""
    monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 7)
    monkeypatch.setattr("poolsafe.operations.import_files.FEWEST_ROWS", 30)
    source = grouped(60)
    for number in range(30):
        # They come by no file, so some parts have nobody for one.
        source.add(f"unsure{number:02d}", email=f"unsure{number}@example.com", email_verified="false")
    source.add("zoe", email="zoe@example.com", email_verified="true")
    machines.backup(source)
    told = []
    for steps in (10_000, 1, 2, 3, 5):
        imports_of(machines)
        machines.deadline = EveryTime(steps)
        result = machines.restore(importing(), **OPTIONS)
        assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 91)
        told.append(files_of(machines))
    assert told == [told[0]] * 5
    batches, rows, written = told[0]
    assert (batches, rows) == ([4, 8, 13], [28, 28, 5])
    assert [content.count(b"\n") for content in written.values()] == [1 + count for count in rows]


@pytest.mark.parametrize(("steps", "dies"), [(3, 25), (1, 40)])
def test_a_second_run_tells_of_nobody_twice_whenever_the_first_handed_over(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch, steps: int, dies: int
) -> None:
    monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 10)
    monkeypatch.setattr("poolsafe.operations.import_files.FEWEST_ROWS", 40)
    monkeypatch.setattr("poolsafe.operations.restore_lane.NOTED_ROWS", 7)
    imports_of(machines)
    target, calls = importing(), []
    machines.backup(grouped(120))

    def deny(operation: str) -> None:
        calls.extend([operation] * (operation == "AdminAddUserToGroup"))
        if len(calls) == dies:
            raise AccessDenied("AdminAddUserToGroup: AccessDeniedException.")

    target.before, machines.deadline = deny, EveryTime(steps)
    with pytest.raises(ExecutionFailed, match="AccessDenied"):
        machines.restore(target, **OPTIONS)
    restore_id = machines.executions[-1].payloads[0][2]["restore_id"]
    target.before, machines.deadline = lambda operation: None, Never()
    result = machines.restore(target, restore_id=restore_id, **OPTIONS)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 120)
    users = sorted(str(outcome.username) for outcome in machines.outcomes(result) if outcome.kind == "user")
    assert users == sorted(target.accounts)
    assert len(machines.sub_map(result)) == 120


@pytest.mark.parametrize("is_same", [True, False])
def test_an_import_that_fails_tells_that_users_of_earlier_files_lack_their_groups(
    machines: Deployed, is_same: bool
) -> None:
    imports_of(machines)
    target, cognito, made = importing(), machines.cognitos["us-east-1"], []
    machines.backup(grouped(300))

    def refuse_second(operation: str) -> None:
        made.extend([operation] * (operation == "CreateUserImportJob"))
        if operation == "CreateUserImportJob" and len(made) == 2:
            cognito.refuse(operation, "LimitExceededException")

    cognito.before = refuse_second
    with pytest.raises(ExecutionFailed, match=r"^ImportFailed") as failed:
        machines.restore(target, **OPTIONS)
    restore_id = machines.executions[-1].payloads[0][2]["restore_id"]
    assert [account.groups for account in target.accounts.values()] == [[]] * 100
    assert "are there, but may lack their groups" in failed.value.cause
    assert "half-made" not in failed.value.cause
    # Both ways that the message names.
    options = OPTIONS | ({"restore_id": restore_id} if is_same else {"credentials": "reset", "on_conflict": "update"})
    result = machines.restore(target, **options)
    assert (result["status"], len(target.accounts)) == ("COMPLETE", 300)
    assert all(account.groups == ["group0"] for account in target.accounts.values())
