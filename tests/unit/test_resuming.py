"""A restore that stopped, started again with its `restore_id`: it finishes the same work, and touches nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest

from poolsafe import bootstrap
from poolsafe.adapters.threads import Threads
from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD
from poolsafe.domain.restore.notices import Attention, Notice
from poolsafe.domain.restore.outcome import Kind, Outcome, Result
from poolsafe.domain.restore.words import reason
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.errors import AccessDenied, Rejected, ServiceUnavailable
from poolsafe.operations.forget import Forget
from poolsafe.operations.take_up import Frozen, freeze
from poolsafe.ports import Deadline
from tests.fake_cognito import FakeCognito
from tests.fake_imports import FakeImports
from tests.fakes import CHOSEN, EveryTime, FakeUserPool, MemoryStore, Never
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.restores import MARK, ended
from tests.unit.test_restore_credentials import handed_out

PATHS = RestorePaths("20261122T030000Z-3f9a1c")
PLANNING = {"ListTargetUsers", "ListTargetGroups", "ListTargetMemberships", "PlanRestore"}
WRITES = ("Create", "AdminSet", "AdminCreate", "AdminAdd", "AdminUpdate", "AdminDisable", "AdminEnable", "AdminLink")


@pytest.fixture
def machines() -> Iterator[Deployed]:
    with Deployed() as deployed:
        yield deployed


def people() -> FakeUserPool:
    """Reachable, not reachable, and disabled."""
    source = pool_with(6)
    source.add("lost", groups=("group0",))
    source.add("off", enabled=False, email="off@example.com", email_verified="true")
    return source


def breaking(target: FakeUserPool, operation: str, call: int = 1) -> None:
    """From the call of that number on, the role of the functions may do nothing any more."""
    made = []

    def deny(called: str) -> None:
        made.extend([called] * (called == operation))
        if len(made) >= call:
            raise AccessDenied(f"{called}: AccessDeniedException.")

    target.before = deny


def mended(target: FakeUserPool) -> None:
    target.before = lambda operation: None
    target.calls.clear()


def stopped(machines: Deployed, target: FakeUserPool, **options: Any) -> str:
    """Start a restore that fails; its id."""
    with pytest.raises(ExecutionFailed, match="AccessDenied"):
        machines.restore(target, snapshot=LATEST, **options)
    answer: dict[str, Any] = machines.executions[-1].payloads[0][2]
    return str(answer["restore_id"])


def visited(machines: Deployed) -> set[str]:
    return {name for name, _, _ in machines.executions[-1].payloads}


def state(target: FakeUserPool) -> dict[str, Any]:
    """All of everybody that a restore decides, but for what Cognito makes up."""
    return {
        name: (account.user.attributes, set(account.groups), account.user.enabled, account.user.status)
        for name, account in target.accounts.items()
    }


POINTS = [
    ("ListUsers", 1),
    ("ListGroups", 1),
    ("CreateGroup", 1),
    ("after CreateGroup", 2),
    ("AdminCreateUser", 1),
    ("after AdminCreateUser", 3),
    ("AdminAddUserToGroup", 4),
    ("AdminSetUserPassword", 1),
    ("after AdminSetUserPassword", 2),
    ("AdminDisableUser", 1),
    ("after AdminDisableUser", 1),
    ("ListUsers", 2),
    ("ListUsersInGroup", 1),
]


@pytest.mark.parametrize(("operation", "call"), POINTS)
def test_wherever_it_stopped_it_ends_as_if_nothing_had_happened(machines: Deployed, operation: str, call: int) -> None:
    source, undisturbed, target = people(), target_pool(), target_pool()
    machines.backup(source)
    expected = machines.restore(undisturbed, snapshot=LATEST)
    breaking(target, operation, call)
    restore_id = stopped(machines, target)
    mended(target)
    result = machines.restore(target, snapshot=LATEST, restore_id=restore_id)
    assert state(target) == state(undisturbed)
    assert set(target.group_records) == set(undisturbed.group_records)
    assert {**result, "restore_id": "", "report": ""} == {**expected, "restore_id": "", "report": ""}
    assert (result["restore_id"], result["status"]) == (restore_id, "COMPLETE")
    assert len(machines.sub_map(result)) == 8
    assert handed_out(machines, result)["lost"]["temporary_password"] == target.accounts["lost"].password


def test_a_plan_that_was_made_is_applied_and_not_made_again(machines: Deployed) -> None:
    """Else the users of the first run would be taken for somebody who was there before."""
    target = target_pool()
    machines.backup(people())
    breaking(target, "after AdminCreateUser", 3)
    restore_id = stopped(machines, target)
    assert PLANNING - {"ListTargetMemberships"} <= visited(machines)
    made = len(target.accounts)
    assert made >= 3
    plan = machines.plan({"restore_id": restore_id})
    mended(target)
    result = machines.restore(target, snapshot=LATEST, restore_id=restore_id)
    assert not PLANNING & visited(machines)
    assert (machines.plan(result), result["counts"]["created"]) == (plan, 8)
    assert result["counts"]["skipped"] == 0


def test_a_plan_that_was_not_made_is_made(machines: Deployed) -> None:
    target = target_pool()
    machines.backup(people())
    breaking(target, "ListGroups")
    restore_id = stopped(machines, target)
    mended(target)
    machines.restore(target, snapshot=LATEST, restore_id=restore_id)
    assert "PlanRestore" in visited(machines)


@pytest.mark.parametrize("steps", [1, 3, 7])
def test_a_restore_that_is_done_is_planned_anew_and_finds_nothing_to_do(machines: Deployed, steps: int) -> None:
    target = target_pool()
    machines.backup(people())
    machines.deadline = EveryTime(steps)
    first = machines.restore(target, snapshot=LATEST, credentials="temporary")
    before, handed, subs = deepcopy(target.accounts), handed_out(machines, first), machines.sub_map(first)
    machines.deadline = Never()
    target.calls.clear()
    again = machines.restore(target, snapshot=LATEST, credentials="temporary", restore_id=first["restore_id"])
    assert PLANNING - {"ListTargetMemberships"} <= visited(machines)
    assert (again["counts"]["skipped"], again["counts"]["created"], target.accounts) == (8, 0, before)
    assert not [name for name in target.calls if name.startswith(WRITES)]
    assert handed_out(machines, again) == handed
    assert sorted(machines.sub_map(again), key=str) == sorted(subs, key=str)
    users = [outcome for outcome in machines.outcomes(again) if outcome.kind is Kind.USER]
    assert {outcome.outcome for outcome in users} == {Result.SKIPPED}
    assert len(users) == 8


def test_who_failed_is_tried_again_when_the_restore_is(machines: Deployed) -> None:
    target = target_pool()

    def refuse(operation: str) -> None:
        if operation == "AdminDisableUser":
            raise Rejected(operation, "InternalErrorException")

    target.before = refuse
    machines.backup(people())
    first = machines.restore(target, snapshot=LATEST, max_failed_percent=50)
    assert (first["status"], first["counts"]["failed"]) == ("PARTIAL", 1)
    mended(target)
    # Whoever is to be disabled has no password before they are, and so is unfinished.
    assert target.accounts["off"].user.status == FORCE_CHANGE_PASSWORD
    again = machines.restore(target, snapshot=LATEST, on_conflict="skip", restore_id=first["restore_id"])
    assert (again["status"], again["counts"]["created"], again["counts"]["skipped"]) == ("COMPLETE", 1, 7)
    assert (target.accounts["off"].user.enabled, target.accounts["off"].user.status) == (False, CONFIRMED)


def unanswered(target: FakeUserPool, username: str, method: str) -> None:
    """No call of that method about that user is answered."""
    call = getattr(target, method)

    def fail(name: str, *arguments: Any) -> None:
        if name == username:
            raise ServiceUnavailable(f"{method}: no answer.")
        call(name, *arguments)

    setattr(target, method, fail)


@pytest.mark.parametrize("options", [{}, {"credentials": "temporary"}, {"credentials": "import-job"}])
@pytest.mark.parametrize("method", ["disable_user", "set_password", "set_temporary_password"])
def test_who_was_disabled_is_let_in_by_no_call_that_goes_unanswered(
    machines: Deployed, method: str, options: dict[str, Any]
) -> None:
    machines.cognitos["us-east-1"] = FakeCognito(imports=FakeImports())
    target = target_pool(auto_verified=("email",), alias_attributes=("preferred_username",))
    source = people()
    source.add("off2", enabled=False, preferred_username="lady")
    machines.backup(source)
    for name in ("off", "off2"):
        unanswered(target, name, method)
    first = machines.restore(target, snapshot=LATEST, max_failed_percent=50, **options)
    for name in ("off", "off2"):
        user = target.accounts[name].user
        # Nobody in FORCE_CHANGE_PASSWORD comes in without the password, nor is sent a code for another.
        assert not user.enabled or user.status == FORCE_CHANGE_PASSWORD
        assert not user.enabled or name not in handed_out(machines, first)
    for called in ("disable_user", "set_password", "set_temporary_password"):
        vars(target).pop(called, None)
    again = machines.restore(target, snapshot=LATEST, restore_id=first["restore_id"], **options)
    assert (again["status"], again["counts"]["failed"]) == ("COMPLETE", 0)
    assert not target.accounts["off"].user.enabled
    assert not target.accounts["off2"].user.enabled


def test_who_was_left_between_two_passwords_is_named_by_the_next_run_and_enabled_by_nobody(machines: Deployed) -> None:
    target = target_pool(alias_attributes=("preferred_username",), clock=machines.clock)
    source = people()
    source.add("ada", preferred_username="lady")
    machines.backup(source)
    options: dict[str, Any] = {"snapshot": LATEST, "credentials": "temporary"}
    unanswered(target, "ada", "set_temporary_password")
    first = machines.restore(target, max_failed_percent=50, **options)
    assert ended(machines, first, "ada") == ("failed", "ServiceUnavailable")
    del target.set_temporary_password
    again = machines.restore(target, restore_id=first["restore_id"], **options)
    assert (again["status"], ended(machines, again, "ada")) == ("PARTIAL", ("skipped", "left_disabled"))
    assert ("ada", "still_disabled") in noticed(machines, again)
    meaning, do = reason("left_disabled")
    assert "disabled" in meaning
    assert "give them a password (AdminSetUserPassword) and enable them" in do
    target.set_temporary_password("ada", "By-hand-0123456789")
    target.enable_user("ada")
    assert machines.restore(target, restore_id=first["restore_id"], **options)["status"] == "COMPLETE"


def test_with_fail_who_was_left_between_two_passwords_is_no_conflict_of_the_second_run(machines: Deployed) -> None:
    target = target_pool(alias_attributes=("preferred_username",), clock=machines.clock)
    source = people()
    source.add("ada", preferred_username="lady")
    machines.backup(source)
    options: dict[str, Any] = {"snapshot": LATEST, "credentials": "temporary", "on_conflict": "fail"}
    unanswered(target, "ada", "set_temporary_password")
    first = machines.restore(target, max_failed_percent=50, **options)
    again = machines.restore(target, restore_id=first["restore_id"], max_failed_percent=50, **options)
    assert ended(machines, again, "ada") == ("skipped", "left_disabled")


def test_whom_a_refused_plan_has_named_is_not_named_by_the_next_one(machines: Deployed) -> None:
    target = target_pool()
    machines.backup(pool_with(3))
    target.add("user00001")
    with pytest.raises(ExecutionFailed, match="TargetMismatch"):
        machines.restore(target, snapshot=LATEST, on_conflict="fail")
    restore_id = machines.executions[-1].payloads[0][2]["restore_id"]
    failing = f"restores/{restore_id}/failing/"
    assert [row.username for row in machines._rows(failing, Outcome)] == ["user00001"]
    del target.accounts["user00001"]
    result = machines.restore(target, snapshot=LATEST, on_conflict="fail", restore_id=restore_id)
    assert (result["status"], machines._rows(failing, Outcome)) == ("COMPLETE", [])


# What a first run told of users, until a second one's plan stands


@contextmanager
def refusing(target: FakeUserPool, *names: str) -> Iterator[None]:
    """Cognito makes none of these users."""
    create = target.create_user

    def refuse(username: str, *arguments: Any) -> Any:
        if username in names:
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        return create(username, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, "create_user", refuse)
        yield


def too_many_failed(machines: Deployed, target: FakeUserPool, **options: Any) -> dict[str, Any]:
    """Two of ten fail; what points at this restore."""
    source = people()
    source.add("lost2", groups=("group0",))
    source.add("lost3")
    machines.backup(source)
    with refusing(target, "user00003", "lost2"), pytest.raises(ExecutionFailed, match=r"^TooManyFailed"):
        machines.restore(target, snapshot=LATEST, **options)
    return {"restore_id": machines.executions[-1].payloads[0][2]["restore_id"]}


def record_of(machines: Deployed, restore: dict[str, Any]) -> dict[str, bytes]:
    prefix = f"restores/{restore['restore_id']}/"
    plans_own = f"{prefix}failing/"
    return {
        key: machines.store.objects[key].content for key in machines.store.keys(prefix) if not key.startswith(plans_own)
    }


def noticed(machines: Deployed, restore: dict[str, Any]) -> set[tuple[str, str]]:
    rows = machines._rows(f"restores/{restore['restore_id']}/attention/", Notice)
    return {(row.username, row.attention.value) for row in rows}


def test_with_fail_whom_the_first_run_has_made_is_no_conflict_of_the_second(machines: Deployed) -> None:
    target = target_pool(clock=machines.clock)
    first = too_many_failed(machines, target, on_conflict="fail")
    assert len(target.accounts) == 8
    before = deepcopy(target.accounts)
    result = machines.restore(target, snapshot=LATEST, on_conflict="fail", **first)
    assert (result["status"], result["counts"]["created"], result["counts"]["skipped"]) == ("COMPLETE", 2, 8)
    assert {name: target.accounts[name] for name in before} == before
    users = sorted(str(one.username) for one in machines.outcomes(result) if one.kind is Kind.USER)
    assert users == sorted(target.accounts)
    # Who was made by the first run and has not used the password yet, and who was made now.
    assert noticed(machines, result) >= {("lost", "waiting"), ("lost2", "temporary_password")}


def test_with_fail_another_restore_is_refused_and_names_the_way_out(machines: Deployed) -> None:
    target = target_pool(clock=machines.clock)
    too_many_failed(machines, target, on_conflict="fail")
    with pytest.raises(ExecutionFailed, match=r"on_conflict: 8 users and 3 groups .* start a new restore, without"):
        machines.restore(target, snapshot=LATEST, on_conflict="fail")
    assert machines.restore(target, snapshot=LATEST)["counts"]["created"] == 2


def test_with_fail_who_was_there_before_the_first_run_is_a_conflict_of_the_second(machines: Deployed) -> None:
    target = target_pool(clock=machines.clock)
    source = people()
    machines.backup(source)
    mine = source.accounts["user00001"].user
    target.add("user00001", email="user1@example.com", email_verified="true", custom__original_sub=mine.sub)
    message = r"on_conflict: 1 users and 0 groups"
    with pytest.raises(ExecutionFailed, match=message):
        machines.restore(target, snapshot=LATEST, on_conflict="fail")
    restore_id = machines.executions[-1].payloads[0][2]["restore_id"]
    with pytest.raises(ExecutionFailed, match=message):
        machines.restore(target, snapshot=LATEST, on_conflict="fail", restore_id=restore_id)
    assert set(target.accounts) == {"user00001"}


@pytest.mark.parametrize("reason", ["conflicts", "hours"])
@pytest.mark.parametrize("steps", [1, 10_000])
def test_a_plan_that_is_refused_leaves_the_record_of_the_first_run(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch, reason: str, steps: int
) -> None:
    # Without a place for the old sub, nobody can be told from somebody who was there before.
    target = FakeUserPool("us-east-1_Target", clock=machines.clock)
    options: dict[str, Any] = {"sub_attribute": None, "on_conflict": "fail" if reason == "conflicts" else "skip"}
    first = too_many_failed(machines, target, **options)
    before = record_of(machines, first)
    assert {one.username for one in machines.outcomes(first) if one.outcome is Result.FAILED} == {"user00003", "lost2"}
    assert ("lost3", "temporary_password") in noticed(machines, first)
    if reason == "hours":
        monkeypatch.setattr("poolsafe.domain.restore.plan_summary.LONGEST_HOURS", -1)
    machines.deadline = EveryTime(steps)
    with pytest.raises(ExecutionFailed, match=r"^(TargetMismatch|InvalidRequest)"):
        machines.restore(target, snapshot=LATEST, **options, **first)
    assert record_of(machines, first) == before


@pytest.mark.parametrize("steps", [1, 2, 10_000])
@pytest.mark.parametrize("late", [None, 1, 2, 3, 5, 8, 13])
def test_the_record_of_the_second_run_is_its_own_wherever_its_plan_was_handed_over_or_repeated(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch, steps: int, late: int | None
) -> None:
    monkeypatch.setattr("poolsafe.operations.restore_lane.NOTED_ROWS", 2)
    target = target_pool(clock=machines.clock)
    first = too_many_failed(machines, target)
    stale = {key for key in record_of(machines, first) if "/outcomes/" in key}
    assert len(stale) > 4
    machines.deadline = EveryTime(steps)
    put, puts = machines.store.put, []

    def unavailable(key: str, *arguments: Any, **more: Any) -> None:
        # The bucket answers one of the plan's writes late: it is done, and the state runs again.
        put(key, *arguments, **more)
        puts.extend([key] * key.startswith((f"restores/{first['restore_id']}/", "working/")))
        if len(puts) == late and "PlanRestore" not in visited(machines):
            puts.append(key)
            raise ServiceUnavailable("PutObject: SlowDown")

    monkeypatch.setattr(machines.store, "put", unavailable)
    result = machines.restore(target, snapshot=LATEST, **first)
    assert (result["status"], result["counts"]["created"], result["counts"]["skipped"]) == ("COMPLETE", 2, 8)
    users = {str(one.username): one.outcome for one in machines.outcomes(result) if one.kind is Kind.USER}
    assert len([one for one in machines.outcomes(result) if one.kind is Kind.USER]) == 10
    assert {name for name, outcome in users.items() if outcome is Result.CREATED} == {"user00003", "lost2"}
    assert ("lost", "temporary_password") not in noticed(machines, result)
    assert {("lost", "waiting"), ("lost2", "temporary_password")} <= noticed(machines, result)
    repeated = [name for name, _, _ in machines.executions[-1].payloads].count("PlanRestore")
    assert repeated > 1 if steps == 1 else repeated


@dataclass
class Sizes:
    """Makes workers, and knows how many of them were asked for."""

    asked: list[int] = field(default_factory=list)

    def __call__(self, size: int) -> Threads:
        self.asked.append(size)
        return Threads(size)


def forgetting(store: MemoryStore, deadline: Deadline, workers: Sizes) -> Forget:
    return Forget(store, bootstrap.PARQUET, deadline, workers, PATHS, "2026-11-22T03:00:00Z")


def test_files_of_an_earlier_run_are_emptied_side_by_side_and_by_as_many_invocations_as_it_takes() -> None:
    store, workers = MemoryStore(), Sizes()
    for number in range(50):
        store.put(f"{PATHS.outcomes}users-{number:05d}.parquet", b"told")
        store.put(f"{PATHS.differences}{number:05d}.parquet", b"told")
    done, ended, invocations = 0, False, 0
    while not ended:
        done, ended = forgetting(store, EveryTime(30), workers).once_it_stands(done)
        invocations += 1
    assert (done, invocations, {*workers.asked}) == (100, 4, {16})
    assert b"told" not in {stored.content for stored in store.objects.values()}


def test_whom_a_refused_plan_would_have_somebody_look_after_is_not_told_by_the_next_one() -> None:
    store, part = MemoryStore(), bootstrap.PARQUET.part(Notice)
    part.add([Notice("ada", "sub-1", Attention.WAITING)])
    store.put(f"{PATHS.planned_attention}00000.parquet", part.finish())
    forget = forgetting(store, Never(), Sizes())
    forget.before_planning()
    assert forget.once_it_stands(0) == (1, True)
    content = store.objects[f"{PATHS.attention}00000.parquet"].content
    assert [row for rows in bootstrap.PARQUET.read(Notice, content) for row in rows] == []


def test_what_a_plan_that_stands_has_told_is_not_emptied_by_an_invocation_that_comes_late() -> None:
    store = MemoryStore()
    freeze(store, PATHS, Frozen("2026-11-22T03:00:00Z", {}))
    store.put(f"{PATHS.outcomes}users-00000.parquet", b"told")
    assert forgetting(store, Never(), Sizes()).once_it_stands(0) == (0, True)
    assert store.objects[f"{PATHS.outcomes}users-00000.parquet"].content == b"told"


# What happened meanwhile


def test_a_stranger_who_came_meanwhile_is_a_conflict(machines: Deployed) -> None:
    target = target_pool()
    machines.backup(people())
    breaking(target, "CreateGroup")
    restore_id = stopped(machines, target)
    mended(target)
    stranger = target.add("user00003", email="stranger@example.com", email_verified="true")
    result = machines.restore(target, snapshot=LATEST, restore_id=restore_id, max_failed_percent=50)
    assert ended(machines, result, "user00003") == ("failed", "name_taken")
    assert (target.accounts["user00003"].user, target.accounts["user00003"].groups) == (stranger, [])
    assert target.accounts["user00003"].password == CHOSEN
    assert stranger.sub not in {row.new for row in machines.sub_map(result)}


@pytest.mark.parametrize("credentials", ["reset", "temporary"])
def test_a_password_that_somebody_has_chosen_meanwhile_stays(machines: Deployed, credentials: str) -> None:
    target = target_pool()
    machines.backup(people())

    def deny(operation: str) -> None:
        if operation == "AdminDisableUser":
            raise AccessDenied(f"{operation}: AccessDeniedException.")

    target.before = deny
    restore_id = stopped(machines, target, credentials=credentials)
    mended(target)
    assert len(target.accounts) == 8
    enabled = [name for name in target.accounts if name != "off"]
    for name in enabled:
        target.set_password(name, CHOSEN)
    result = machines.restore(target, snapshot=LATEST, credentials=credentials, restore_id=restore_id)
    assert {target.accounts[name].password for name in enabled} == {CHOSEN}
    assert {target.accounts[name].user.status for name in enabled} == {CONFIRMED}
    assert not target.accounts["off"].user.enabled
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 8)
    assert not set(enabled) & handed_out(machines, result).keys()


def test_a_temporary_password_of_a_lane_that_is_done_stays_and_is_handed_over_with_the_others(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 4)
    monkeypatch.setattr("restore.check_request.restore_lanes", lambda rates: 2)
    target = target_pool()
    machines.backup(pool_with(8))
    breaking(target, "after AdminCreateUser", 6)
    restore_id = stopped(machines, target, credentials="temporary")
    mended(target)
    first_lane = {f"user0000{number}": target.accounts[f"user0000{number}"].password for number in range(4)}
    result = machines.restore(target, snapshot=LATEST, credentials="temporary", restore_id=restore_id)
    assert {name: target.accounts[name].password for name in first_lane} == first_lane
    handed = {name: row["temporary_password"] for name, row in handed_out(machines, result).items()}
    assert handed == {name: account.password for name, account in target.accounts.items()}
    assert len(set(handed.values())) == 8
    assert {account.user.status for account in target.accounts.values()} == {FORCE_CHANGE_PASSWORD}


def test_a_job_that_was_started_is_waited_for_and_no_second_one_made(machines: Deployed) -> None:
    imports, target = FakeImports(), target_pool(auto_verified=("email",))
    cognito = machines.cognitos["us-east-1"] = FakeCognito(imports=imports)
    machines.backup(pool_with(4))
    breaking(cognito, "DescribeUserImportJob")  # type: ignore[arg-type]
    restore_id = stopped(machines, target, credentials="import-job")
    cognito.before = lambda operation: None
    result = machines.restore(target, snapshot=LATEST, credentials="import-job", restore_id=restore_id)
    assert (len(imports.jobs), result["status"], result["counts"]["created"]) == (1, "COMPLETE", 4)
    again = machines.restore(target, snapshot=LATEST, credentials="import-job", restore_id=restore_id)
    assert (len(imports.jobs), again["counts"]["skipped"]) == (1, 4)


# The same restore, or none


def refused(machines: Deployed, target: FakeUserPool, **options: Any) -> str:
    with pytest.raises(ExecutionFailed, match=r"^InvalidRequest") as failed:
        machines.restore(target, **{"snapshot": LATEST, **options})
    return str(json.loads(failed.value.cause)["errorMessage"])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"credentials": "temporary"}, "credentials"),
        ({"on_conflict": "update", "federated_users": "skip"}, "federated_users, on_conflict"),
        ({"only": {"usernames": ["user00001"]}}, "scope"),
        ({"provider_map": {"Google": "G"}}, "provider_map"),
        ({"dry_run": True}, "dry_run"),
    ],
)
def test_another_request_is_no_continuation(machines: Deployed, changed: dict[str, Any], named: str) -> None:
    target = target_pool()
    machines.backup(pool_with(3))
    first = machines.restore(target, snapshot=LATEST)
    message = refused(machines, target, restore_id=first["restore_id"], **changed)
    assert message.startswith(f"restore_id: belongs to a restore that was asked for otherwise: {named} differ")


def test_whom_a_restore_names_has_to_be_the_same_people(machines: Deployed) -> None:
    target, ada = target_pool(), {"usernames": ["user00001"]}
    machines.backup(pool_with(3))
    first = machines.restore(target, snapshot=LATEST, only=ada)
    again = machines.restore(target, snapshot=LATEST, only=ada, restore_id=first["restore_id"])
    assert (again["counts"]["skipped"], set(target.accounts)) == (1, {"user00001"})
    other = {"usernames": ["user00002"]}
    assert "scope differ" in refused(machines, target, only=other, restore_id=first["restore_id"])
    assert set(target.accounts) == {"user00001"}


def test_latest_is_another_snapshot_after_another_backup(machines: Deployed) -> None:
    source, target = pool_with(3), target_pool()
    manifest = machines.backup(source)
    first = machines.restore(target, snapshot=LATEST)
    machines.backup(source)
    message = refused(machines, target, restore_id=first["restore_id"])
    assert f"snapshot by its id, us-east-1_Source/{manifest.snapshot_id}" in message


def test_a_restore_that_nobody_knows_is_refused(machines: Deployed) -> None:
    machines.backup(pool_with(3))
    message = refused(machines, target_pool(), restore_id="20261122T030000Z-3f9a1c")
    assert message.startswith("restore_id: names no restore that lies in this stack's bucket")


def test_a_place_for_the_old_sub_is_not_needed_to_go_on(machines: Deployed) -> None:
    target = FakeUserPool("us-east-1_Target")
    machines.backup(people())
    breaking(target, "after AdminCreateUser", 3)
    restore_id = stopped(machines, target)
    mended(target)
    result = machines.restore(target, snapshot=LATEST, restore_id=restore_id)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 8)
    assert not [account for account in target.accounts.values() if MARK in account.user.attributes]
