"""A backup whose process dies at any call, and is tried again by its state, seals what an undisturbed one seals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from poolsafe.domain.manifest import Manifest
from poolsafe.domain.records import Group, Membership, User
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.errors import SealRefused
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.ports import Deadline
from tests.exports import PREFIX, export_to, saved, walked
from tests.fakes import EveryTime, FakeUserPool, KillAt, MemoryStore, Never
from tests.step_functions import Deployed, ExecutionFailed

Rows = tuple[list[User], list[Group], list[Membership]]
DEADLINES = pytest.mark.parametrize("deadline", [Never, lambda: EveryTime(2)], ids=["one go", "hand-overs"])


def source() -> FakeUserPool:
    pool = FakeUserPool(page_sizes=(3, 0, 2))
    for number in range(8):
        pool.add(f"user{number}", sub=f"sub-{number}", groups=tuple({f"group{number % 2}", f"group{number % 3}"}))
    return pool


def backed_up(life: KillAt, deadline: Deadline) -> tuple[Manifest, Rows, Deployed]:
    """One backup in a life; the pool and the store are the same calls in every life."""
    pool = source()
    machines = Deployed(store=MemoryStore(before=life), deadline=deadline)
    pool.before = life
    machines.pools[pool.user_pool_id] = pool
    with machines:
        result = machines.start("backup", {"user_pool_id": pool.user_pool_id}, "the same")
    pool.before = machines.store.before = lambda operation: None
    manifest = read_manifest(machines.store, SnapshotRef(pool.user_pool_id, result["snapshot_id"]))
    memberships = machines.rows(manifest, "memberships", Membership)
    rows = (
        machines.rows(manifest, "users", User),
        machines.rows(manifest, "groups", Group),
        # Groups are walked side by side, so a hand-over mixes them.
        sorted(memberships, key=lambda member: (member.group_name, member.sub)),
    )
    return manifest, rows, machines


@DEADLINES
def test_a_backup_killed_at_any_call_seals_the_same_snapshot(deadline: Callable[[], Deadline]) -> None:
    undisturbed = KillAt(0)
    manifest, rows, _ = backed_up(undisturbed, deadline())
    assert undisturbed.made > 30
    for at in range(1, undisturbed.made + 1):
        life = KillAt(at)
        after, rows_after, machines = backed_up(life, deadline())
        place = f"killed at call {at}, {life.operations[at - 1]}"
        assert machines.executions[-1].retries == {"Lambda.Unknown": 1}, place
        assert rows_after == rows, place
        assert (after.counts, after.warnings, after.snapshot_id) == (manifest.counts, (), manifest.snapshot_id), place
        if isinstance(machines.deadline, Never):
            assert after.files == manifest.files, place


def test_a_backup_killed_too_often_fails_unsealed_and_a_redrive_seals_it() -> None:
    pool = source()

    def die(operation: str) -> None:
        if operation == "ListUsers":
            life = KillAt(1)
            life(operation)

    with Deployed() as machines:
        machines.pools[pool.user_pool_id] = pool
        pool.before = die
        with pytest.raises(ExecutionFailed) as failed:
            machines.start("backup", {"user_pool_id": pool.user_pool_id})
        assert failed.value.error == "Lambda.Unknown"
        assert not [key for key in machines.store.objects if key.endswith("manifest.json")]
        pool.before = lambda operation: None
        result = machines.executions[-1].redrive()
    assert (result["status"], result["counts"]["users"]) == ("COMPLETE", 8)


# Two processes at once: one was given up for dead and still lives.


def test_a_part_that_a_zombie_overwrites_with_other_rows_is_not_sealed() -> None:
    """It listed before somebody signed up, and writes its first part when the second process has written its own."""
    pool = source()
    with Deployed() as machines:
        machines.pools[pool.user_pool_id] = pool

        def zombie_writes(operation: str) -> None:
            if operation == "ListObjectsV2" and any("/memberships/" in key for key in machines.store.objects):
                machines.store.before = lambda operation: None
                (key,) = [key for key in machines.store.objects if "/users/" in key]
                prefix = key.split("users/")[0]
                stale = FakeUserPool()
                stale.put(next(iter(pool.accounts.values())).user)
                walked(replace(export_to(machines.store, stale), prefix=prefix))

        machines.store.before = zombie_writes
        with pytest.raises(ExecutionFailed, match=SealRefused.__name__):
            machines.start("backup", {"user_pool_id": pool.user_pool_id})
    assert not [key for key in machines.store.objects if key.endswith("manifest.json")]


def test_a_zombie_that_writes_the_very_same_part_does_no_harm() -> None:
    store, pool = MemoryStore(), source()
    first = walked(export_to(store, pool))
    before = dict(store.objects)
    assert walked(export_to(store, pool)) == first
    assert store.objects == before


def test_what_an_attempt_left_beyond_the_end_of_the_next_is_not_read() -> None:
    store, pool = MemoryStore(), source()
    walked(export_to(store, pool, EveryTime(1)))
    left = len(store.keys(PREFIX))
    for name in list(pool.accounts)[2:]:
        del pool.accounts[name]
    export = export_to(store, pool)
    assert [user.username for user in saved(export, walked(export), "users", User)] == ["user0", "user1"]
    assert len(store.keys(PREFIX)) == left > 1
