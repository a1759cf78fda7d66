"""Removing what the policy does not keep: in what order, what stays whatever happens, and kills at every call."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from poolsafe.domain.retention.brake import Brake, Loss
from poolsafe.domain.retention.places import brake_key, hold_key
from poolsafe.domain.retention.policy import Policy
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.errors import InvalidRequest, SealRefused, SnapshotNotFound
from poolsafe.operations.mark_snapshot import hold, release
from poolsafe.operations.note_reader import READS_FOR, is_going, note_end, note_reader
from poolsafe.operations.retain import Retain, RetainProgress
from poolsafe.ports import Deadline
from tests.fakes import EveryTime, FakeUserPool, Never
from tests.pipeline import Machines, pool_with

POOL = "us-east-1_Source"
LAST = Policy(keep_last=1)


class Killed(Exception):
    pass


@dataclass
class Bucket:
    """A pool that was backed up once a day, and runs of retention over it."""

    machines: Machines = field(default_factory=Machines)
    pool: FakeUserPool = field(default_factory=lambda: pool_with(6, pool_id=POOL))
    runs: int = 0

    def nights(self, count: int) -> list[SnapshotRef]:
        refs = []
        for _ in range(count):
            self.machines.clock.sleep(86_400)
            refs.append(SnapshotRef(POOL, self.machines.backup(self.pool).snapshot_id))
        return refs

    def retain(
        self, policy: Policy = LAST, *, dry_run: bool = False, name: str | None = None, deadline: Deadline | None = None
    ) -> RetainProgress:
        self.runs += 1
        store, clock = self.machines.store, self.machines.clock
        prefix = f"retention/{name or self.runs}/plans/"
        retain = Retain(store, clock, deadline or Never(), policy, prefix, dry_run)
        progress, steps = RetainProgress(), 0
        while not progress.done:
            progress = RetainProgress(**json.loads(json.dumps(retain(progress).to_state())))
            steps += 1
            assert steps < 100
        return progress

    @property
    def sealed(self) -> list[str]:
        keys = self.machines.store.objects
        return sorted(
            key.split("/")[2] for key in keys if key.startswith("snapshots/") and key.endswith("/manifest.json")
        )

    def keys_of(self, ref: SnapshotRef) -> list[str]:
        return [key for key in self.machines.store.objects if key.startswith((ref.prefix, ref.secrets_prefix))]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def test_what_the_policy_does_not_keep_is_gone_whole_and_the_rest_is_whole(bucket: Bucket) -> None:
    refs = bucket.nights(4)
    before = {ref: bucket.keys_of(ref) for ref in refs}
    progress = bucket.retain(Policy(keep_last=2))
    assert (progress.kept, progress.removed, progress.pools) == (2, 2, 1)
    assert [bucket.keys_of(ref) for ref in refs] == [[], [], before[refs[2]], before[refs[3]]]


def test_a_dry_run_removes_nothing_and_says_what_it_would(bucket: Bucket) -> None:
    bucket.nights(4)
    before = {key for key in bucket.machines.store.objects if not key.startswith("retention/")}
    progress = bucket.retain(dry_run=True)
    assert (progress.kept, progress.removed) == (1, 3)
    assert {key for key in bucket.machines.store.objects if not key.startswith("retention/")} == before


def test_the_manifest_goes_first(bucket: Bucket) -> None:
    [old, _] = bucket.nights(2)
    seen: list[int] = []

    def look(operation: str) -> None:
        if operation == "DeleteObject":
            seen.append(old.manifest_key in bucket.machines.store.objects)

    bucket.machines.store.before = look
    bucket.retain()
    assert seen[0] and not any(seen[1:])


def test_what_is_not_poolsafes_stays(bucket: Bucket) -> None:
    [old, _] = bucket.nights(2)
    foreign = (
        f"{old.prefix}notes.txt",
        f"{old.prefix}users/mine.parquet",
        f"{old.secrets_prefix}key.pem",
        "snapshots/x",
    )
    for key in foreign:
        bucket.machines.store.with_secrets.put(key, b"mine") if key.startswith("secrets/") else (
            bucket.machines.store.put(key, b"mine")
        )
    bucket.retain()
    assert set(bucket.keys_of(old)) == set(foreign[:3])
    assert "snapshots/x" in bucket.machines.store.objects
    plan = bucket.machines.document(f"retention/1/plans/{POOL}.json")
    assert plan["foreign"] == {old.snapshot_id: 3}


def test_a_held_snapshot_stays_until_it_is_released(bucket: Bucket) -> None:
    [old, *_] = bucket.nights(3)
    store, clock = bucket.machines.store, bucket.machines.clock
    hold(store, clock, old, "audit")
    bucket.retain()
    assert old.snapshot_id in bucket.sealed
    release(store, clock, old, None)
    bucket.retain()
    assert old.snapshot_id not in bucket.sealed


def test_what_was_removed_and_put_back_is_a_snapshot_again_once_it_is_held(bucket: Bucket) -> None:
    [old, *_] = bucket.nights(3)
    store, clock = bucket.machines.store, bucket.machines.clock
    kept = dict(store.objects)
    bucket.retain()
    store.objects.update({key: found for key, found in kept.items() if key.startswith(old.prefix)})
    with pytest.raises(SnapshotNotFound, match="and hold it"):
        note_reader(store, clock, old, "restore")
    hold(store, clock, old, "put back")
    note_reader(store, clock, old, "restore")
    note_end(store, clock, old, "restore")
    bucket.retain()
    assert old.snapshot_id in bucket.sealed
    release(store, clock, old, None)
    bucket.retain()
    assert old.snapshot_id not in bucket.sealed
    with pytest.raises(SnapshotNotFound):
        hold(store, clock, old, None)


def test_holding_what_is_not_there_and_releasing_what_is_free_are_refused(bucket: Bucket) -> None:
    [ref] = bucket.nights(1)
    store, clock = bucket.machines.store, bucket.machines.clock
    with pytest.raises(SnapshotNotFound):
        hold(store, clock, SnapshotRef(POOL, "20200101T000000Z-000000"), None)
    with pytest.raises(InvalidRequest, match="neither held nor suspicious"):
        release(store, clock, ref, None)


def test_what_a_restore_reads_stays_until_it_has_ended_or_cannot_be_gone_on_with(bucket: Bucket) -> None:
    [old, older_restore, *_] = bucket.nights(4)
    store, clock = bucket.machines.store, bucket.machines.clock
    for ref in (old, older_restore):
        note_reader(store, clock, ref, "restore")
    bucket.retain()
    assert {old.snapshot_id, older_restore.snapshot_id} <= set(bucket.sealed)
    note_end(store, clock, old, "restore")
    clock.sleep(1)
    bucket.retain()
    assert old.snapshot_id not in bucket.sealed
    assert older_restore.snapshot_id in bucket.sealed
    clock.sleep(READS_FOR.total_seconds())
    bucket.retain()
    assert older_restore.snapshot_id not in bucket.sealed


def test_of_a_restore_and_a_removal_that_begin_together_one_gives_way_whenever_it_happens(bucket: Bucket) -> None:
    """The restore begins before each call of the removal in turn."""
    calls = 0
    for begin in range(1, 400):
        bucket = Bucket()
        [old, _] = bucket.nights(2)
        store = bucket.machines.store
        calls, refused = 0, False

        def restore_begins(_: str, at: int = begin, bucket: Bucket = bucket, ref: SnapshotRef = old) -> None:
            nonlocal calls, refused
            calls += 1
            if calls == at:
                before, bucket.machines.store.before = bucket.machines.store.before, lambda operation: None
                try:
                    note_reader(bucket.machines.store, bucket.machines.clock, ref, "restore")
                except SnapshotNotFound:
                    refused = True
                bucket.machines.store.before = before

        store.before = restore_begins
        bucket.retain()
        store.before = lambda operation: None
        whole = old.manifest_key in store.objects
        assert whole or refused or calls < begin, f"at call {begin} the restore reads what is gone"
        if calls < begin:
            assert begin > 10
            return
    raise AssertionError("the removal never ended")


def test_a_run_that_is_killed_at_any_call_and_repeated_ends_the_same(bucket: Bucket) -> None:
    bucket.nights(3)
    expected, kills = sorted(bucket.machines.store.objects), 0
    for kill_at in range(1, 500):
        bucket = Bucket()
        refs, calls = bucket.nights(3), 0

        def die(operation: str, kill_at: int = kill_at) -> None:
            nonlocal calls
            calls += 1
            if calls == kill_at:
                raise Killed

        bucket.machines.store.before = die
        try:
            bucket.retain(name="run")
        except Killed:
            kills += 1
        else:
            break
        newest = refs[-1]
        assert newest.snapshot_id in bucket.sealed
        bucket.machines.store.before = lambda operation: None
        bucket.retain(name="run")
        assert bucket.sealed == [newest.snapshot_id]
        left = [key for ref in refs[:2] for key in bucket.keys_of(ref)]
        assert left == []
        assert set(bucket.keys_of(newest)) <= set(expected)
        plan = bucket.machines.document(f"retention/run/plans/{POOL}.json")
        assert plan["removed"] == [ref.snapshot_id for ref in refs[:2]]
    assert kills > 20


def test_a_run_goes_on_where_its_deadline_came(bucket: Bucket) -> None:
    bucket.nights(5)
    assert bucket.retain(deadline=EveryTime(1)).removed == 4
    assert len(bucket.sealed) == 1


def test_a_hold_that_comes_after_the_plan_is_heeded(bucket: Bucket) -> None:
    [old, other, _] = bucket.nights(3)
    store, clock = bucket.machines.store, bucket.machines.clock
    seen = False

    def hold_it(operation: str) -> None:
        nonlocal seen
        if operation == "after PutObject" and not seen:
            seen = True
            hold(store, clock, old, None)

    store.before = hold_it
    bucket.retain()
    assert old.snapshot_id in bucket.sealed
    assert other.snapshot_id not in bucket.sealed
    assert not is_going(store, old)


# What was never sealed


def unsealed(bucket: Bucket) -> SnapshotRef:
    [ref] = bucket.nights(1)
    del bucket.machines.store.objects[ref.manifest_key]
    return ref


def test_leftovers_go_a_day_after_the_last_write(bucket: Bucket) -> None:
    ref = unsealed(bucket)
    bucket.machines.clock.sleep(timedelta(hours=23).total_seconds())
    bucket.machines.store.put(f"{ref.prefix}users/00-00001.parquet", b"")
    bucket.machines.clock.sleep(timedelta(hours=23).total_seconds())
    assert bucket.retain().leftovers == 0
    assert bucket.keys_of(ref)
    bucket.machines.clock.sleep(timedelta(hours=2).total_seconds())
    assert bucket.retain().leftovers == 1
    assert not bucket.keys_of(ref)


def test_a_backup_that_comes_back_after_its_files_were_collected_seals_nothing(bucket: Bucket) -> None:
    def collect(operation: str) -> None:
        keys = [key for key in bucket.machines.store.objects if key.startswith("snapshots/")]
        if operation == "GetObject" and keys and not collected:
            collected.append(1)
            bucket.machines.store.before = lambda operation: None
            bucket.machines.clock.sleep(2 * 86_400)
            bucket.retain()

    collected: list[int] = []
    bucket.machines.store.before = collect
    with pytest.raises((SealRefused, KeyError)):
        bucket.machines.backup(bucket.pool)
    assert collected
    assert bucket.sealed == []


# The brake


def lose(pool: FakeUserPool, count: int) -> None:
    for name in list(pool.accounts)[:count]:
        del pool.accounts[name]


def braked(bucket: Bucket, users: int, lost: int, **options: float) -> Brake | None:
    bucket.pool = pool_with(users, pool_id=POOL)
    bucket.machines.brake_percent = options.get("percent", 20)
    bucket.nights(1)
    lose(bucket.pool, lost)
    [ref] = bucket.nights(1)
    found = bucket.machines.store.objects.get(brake_key(ref))
    return Brake.from_json(found.content) if found else None


@pytest.mark.parametrize(
    ("users", "lost", "percent", "is_braked"),
    [
        (100, 19, 20, False),
        (100, 20, 20, True),
        (100, 20, 21, False),
        (20, 5, 20, False),
        (3, 3, 20, True),
        (5, 0, 1, False),
    ],
)
def test_an_unusual_share_puts_the_brake_on(
    bucket: Bucket, users: int, lost: int, percent: int, is_braked: bool
) -> None:
    brake = braked(bucket, users, lost, percent=percent)
    assert (brake is not None) is is_braked
    if brake is not None:
        assert [loss for loss in brake.losses if loss.kind == "users"] == [Loss("users", users, lost)]
        assert (
            f"{lost} of {users} users"
            in bucket.machines.document(f"snapshots/{POOL}/{bucket.sealed[-1]}/manifest.json")["warnings"][0]
        )


def test_users_who_were_replaced_have_vanished(bucket: Bucket) -> None:
    bucket.nights(1)
    bucket.pool = pool_with(6, pool_id=POOL)
    [ref] = bucket.nights(1)
    brake = Brake.from_json(bucket.machines.store.objects[brake_key(ref)].content)
    assert Loss("users", 6, 6) in brake.losses


def test_a_brake_stops_retention_until_it_is_released(bucket: Bucket) -> None:
    bucket.pool = pool_with(30, pool_id=POOL)
    before = bucket.nights(3)
    lose(bucket.pool, 20)
    [suspicious] = bucket.nights(1)
    bucket.nights(2)
    progress = bucket.retain()
    assert progress.braked == 1
    assert bucket.sealed[:4] == [ref.snapshot_id for ref in (*before, suspicious)]
    assert len(bucket.sealed) == 5, "what is younger follows the policy"
    release(bucket.machines.store, bucket.machines.clock, suspicious, "planned")
    assert bucket.retain().braked == 0
    assert len(bucket.sealed) == 1


def test_a_snapshot_that_cannot_be_compared_is_taken_all_the_same(bucket: Bucket) -> None:
    [old] = bucket.nights(1)
    [users] = [key for key in bucket.keys_of(old) if "/users/" in key]
    del bucket.machines.store.objects[users]
    [new] = bucket.nights(1)
    manifest = bucket.machines.document(new.manifest_key)
    assert manifest["status"] == "COMPLETE"
    assert "could not be compared" in manifest["warnings"][0]


def test_a_restore_of_what_is_suspicious_or_younger_is_told(bucket: Bucket) -> None:
    from tests.pipeline import target_pool

    assert braked(bucket, 40, 30) is not None
    bucket.nights(1)
    result = bucket.machines.restore(target_pool(), snapshot=f"{POOL}/latest", dry_run=True)
    assert "30 of 40 users (75 %)" in bucket.machines.plan(result)["warnings"][0]


def test_the_place_of_a_hold_is_not_the_snapshots() -> None:
    ref = SnapshotRef(POOL, "20261122T030000Z-3f9a1c")
    assert not hold_key(ref).startswith(("snapshots/", "secrets/"))


@pytest.mark.parametrize("note", [b"", b"{}", b"[1]", b'{"held": tr'])
def test_a_note_that_is_not_as_it_was_written_keeps_what_it_kept(bucket: Bucket, note: bytes) -> None:
    [held, read, braked, _, _] = bucket.nights(5)
    store = bucket.machines.store
    store.put(hold_key(held), note)
    store.put(f"readers/{read}/restore.json", note)
    store.put(brake_key(braked), note)
    store.put("brakes/us-east-1_Nobody000/x.json", note)
    bucket.retain()
    assert {held.snapshot_id, read.snapshot_id, braked.snapshot_id} <= set(bucket.sealed)
    release(store, bucket.machines.clock, braked, "looked")
    bucket.retain()
    assert braked.snapshot_id not in bucket.sealed
