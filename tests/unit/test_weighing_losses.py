"""Who has vanished since the snapshot before: the same number in however many passes, and wherever they are cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.records import Group, Membership, User
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.errors import AccessDenied, PoolsafeError, Rejected, ServiceUnavailable
from poolsafe.operations.parts import PartWriter
from poolsafe.operations.weigh_losses import Hashes, WeighLosses, WeighProgress
from poolsafe.ports import FileFormat, StoredObject
from tests.fakes import EveryTime, FakeUserPool, MemoryStore, Never
from tests.pipeline import Machines, pool_with

POOL = "us-east-1_Source"
BRAKE_PERCENT = 20


def exported(
    store: MemoryStore, ref: SnapshotRef, file_format: FileFormat, pool: FakeUserPool
) -> Mapping[str, ExportProgress]:
    """What a pool has, in small files."""
    users = [account.user for account in pool.accounts.values()]
    of_each = {user.sub: pool.groups_of(user.username) for user in users}
    rows: Mapping[str, tuple[type[Any], Sequence[Any]]] = {
        "users": (User, users),
        "groups": (Group, list(pool.list_groups(None).items)),
        "memberships": (
            Membership,
            [Membership(group.group_name, user.username, user.sub) for user in users for group in of_each[user.sub]],
        ),
    }
    progress = {}
    for kind, (row_type, of_kind) in rows.items():
        writer: PartWriter[Any] = PartWriter(
            store, file_format, ref.prefix, kind, row_type, ExportProgress(), max_rows=7
        )
        for row in of_kind:
            writer.add([row])
        progress[kind] = writer.commit()
    return progress


@pytest.mark.parametrize("file_format", ["parquet", "json"])
@pytest.mark.parametrize("keys_at_once", [1, 4, 1_000])
@pytest.mark.parametrize("steps", [None, 1])
def test_every_loss_is_seen_in_whatever_pass_it_is(file_format: str, keys_at_once: int, steps: int | None) -> None:
    machines, pool = Machines(), pool_with(40, pool_id=POOL, groups=2)
    before = machines.backup(pool, format=file_format)
    for name in list(pool.accounts)[:15]:
        del pool.accounts[name]
    now = SnapshotRef(POOL, "29990101T000000Z-aaaaaa")
    kept = exported(machines.store, now, bootstrap.FORMATS[file_format], pool)
    progress, invocations = WeighProgress(), 0
    while not progress.done:
        weigh = WeighLosses(
            machines.store,
            bootstrap.FORMATS[file_format],
            bootstrap.format_of,
            now,
            BRAKE_PERCENT,
            EveryTime(steps) if steps else Never(),
            keys_at_once,
        )
        progress = weigh.advance(WeighProgress(**json.loads(json.dumps(progress.to_state()))), kept)
        invocations += 1
        assert invocations < 200
    [warning] = progress.warnings
    assert f"Suspicious: since {before.snapshot_id}, 15 of 40 users (38 %)" in warning
    assert (invocations > 1) is (steps is not None)
    if steps and keys_at_once == 4:
        assert invocations > 7, "each pass may be the last of its invocation"


def test_what_is_compared_stays_the_same_though_another_snapshot_is_sealed_meanwhile() -> None:
    machines, pool = Machines(), pool_with(40, pool_id=POOL)
    first = machines.backup(pool)
    now = SnapshotRef(POOL, "29990101T000000Z-aaaaaa")
    kept = exported(machines.store, now, bootstrap.PARQUET, pool)
    weigh = WeighLosses(machines.store, bootstrap.PARQUET, bootstrap.format_of, now, BRAKE_PERCENT, EveryTime(1))
    progress = weigh.advance(WeighProgress(), kept)
    machines.backup(pool)
    assert not progress.done
    assert weigh.advance(progress, kept).compared_with == first.snapshot_id


def of_the_first(store: MemoryStore, part: str) -> str:
    return next(key for key in store.objects if part in key)


def cut_short(store: MemoryStore, part: str) -> None:
    key = of_the_first(store, part)
    store.objects[key] = replace(store.objects[key], content=store.objects[key].content[:-20])


def emptied(store: MemoryStore, part: str) -> None:
    key = of_the_first(store, part)
    store.objects[key] = replace(store.objects[key], content=b"")


def refuse(monkeypatch: pytest.MonkeyPatch, store: MemoryStore, part: str, error: PoolsafeError) -> None:
    """What was written before the key was changed, say, or archived, cannot be read any more."""
    gone, read = of_the_first(store, part), store.get

    def get(key: str) -> StoredObject | None:
        if key == gone:
            raise error
        return read(key)

    monkeypatch.setattr(store, "get", get)


@pytest.mark.parametrize("file_format", ["parquet", "json"])
@pytest.mark.parametrize("part", ["/users/", "/groups/", "manifest.json"])
@pytest.mark.parametrize(
    "damage", [cut_short, emptied, AccessDenied("GetObject"), Rejected("GetObject", "InvalidObjectState")]
)
def test_no_backup_fails_because_the_snapshot_before_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[MemoryStore, str], None] | PoolsafeError,
    part: str,
    file_format: str,
) -> None:
    machines, pool = Machines(), pool_with(40, pool_id=POOL, groups=2)
    machines.backup(pool, format=file_format)
    if isinstance(damage, PoolsafeError):
        refuse(monkeypatch, machines.store, part, damage)
    else:
        damage(machines.store, part)
    manifest = machines.backup(pool, format=file_format)
    assert manifest.status == "COMPLETE"
    [warning] = (told for told in manifest.warnings if "compared" in told)
    assert "nobody knows whether much has vanished" in warning


def test_a_bucket_that_does_not_answer_is_asked_again_by_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    machines, pool = Machines(), pool_with(40, pool_id=POOL)
    machines.backup(pool)
    now = SnapshotRef(POOL, "29990101T000000Z-aaaaaa")
    kept = exported(machines.store, now, bootstrap.PARQUET, pool)
    refuse(monkeypatch, machines.store, "/users/", ServiceUnavailable("GetObject: no answer."))
    weigh = WeighLosses(machines.store, bootstrap.PARQUET, bootstrap.format_of, now, BRAKE_PERCENT, Never())
    with pytest.raises(ServiceUnavailable):
        weigh.advance(WeighProgress(), kept)


def test_a_first_snapshot_has_nothing_to_be_compared_with() -> None:
    store, now = MemoryStore(), SnapshotRef(POOL, "29990101T000000Z-aaaaaa")
    weigh = WeighLosses(store, bootstrap.PARQUET, bootstrap.format_of, now, BRAKE_PERCENT, Never())
    assert weigh.advance(WeighProgress(), {}) == replace(WeighProgress(), done=True)


@given(st.sets(st.integers(-(2**63), 2**63 - 1)), st.integers(-(2**63), 2**63 - 1))
def test_a_hash_is_there_when_it_was_added(hashes: set[int], other: int) -> None:
    there = Hashes()
    there.add_all(hashes)
    assert all(one in there for one in hashes)
    bits = {one % 2**44 for one in hashes}
    assert (other in there) is (other % 2**44 in bits)
