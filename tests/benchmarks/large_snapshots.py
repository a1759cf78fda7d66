"""Snapshots of any size, straight into Arrow: ten million records in a minute, with random subs as Cognito's are."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from poolsafe.adapters.parquet import ROW_GROUP
from poolsafe.adapters.parquet_schema import schema
from poolsafe.domain.lane import ExportProgress, part_path
from poolsafe.domain.manifest import COMPLETE, Counts, File, Manifest
from poolsafe.domain.records import Group, Membership, User
from poolsafe.domain.restore.order import PLACES
from poolsafe.domain.restore.outcome import Outcome
from poolsafe.domain.snapshot import RestorePaths, SnapshotRef
from poolsafe.operations.parts import MAX_ROWS
from poolsafe.operations.plan_restore import PLANNED_ROWS
from tests.benchmarks.folder_store import FolderStore

POOL = "us-east-1_Benchmark"
BEFORE = SnapshotRef(POOL, "20261101T030000Z-aaaaaa")
NOW = SnapshotRef(POOL, "20261102T030000Z-bbbbbb")
RESTORE = RestorePaths("20261103T030000Z-cccccc")
GROUPS = 20
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
ATTRIBUTES = ("email", "email_verified", "name")
#: Of the snapshot now, one file of users and of memberships in so many is another than before.
NEW_PART = 100

Progress = Mapping[str, ExportProgress]


def make_snapshots(store: FolderStore, users: int) -> None:
    """A sealed snapshot, and a younger one that is exported and not sealed; each user is in one group."""
    before = {kind: ExportProgress() for kind in ("users", "groups", "memberships")}
    now: dict[str, ExportProgress] = {**before}
    moments = {"created_at": MOMENT, "modified_at": MOMENT}
    groups = [{"group_name": _group(number), **moments} for number in range(GROUPS)]
    table = pa.Table.from_pylist(groups, schema(Group))
    files = [_put(store, BEFORE, "groups", before, table)]
    _put(store, NOW, "groups", now, table)
    for part in range(-(-users // MAX_ROWS)):
        rows = min(MAX_ROWS, users - part * MAX_ROWS)
        tables = _tables(part, rows)
        fresh = _tables(part, rows) if part % NEW_PART == NEW_PART - 1 else tables
        for kind, table in tables.items():
            files.append(_put(store, BEFORE, kind, before, table))
            _put(store, NOW, kind, now, fresh[kind], as_before=fresh is tables)
    manifest = Manifest(
        user_pool_id=POOL,
        snapshot_id=BEFORE.snapshot_id,
        status=COMPLETE,
        started_at="2026-11-01T03:00:00.000Z",
        ended_at="2026-11-01T04:00:00.000Z",
        counts=Counts(users, GROUPS, users),
        files=tuple(sorted(files, key=lambda file: file.path)),
        options={},
        versions={"poolsafe": "benchmark"},
    )
    store.put(BEFORE.manifest_key, json.dumps(manifest.to_json()).encode())
    store.put("progress.json", json.dumps({kind: progress.to_state() for kind, progress in now.items()}).encode())


def progress_of(store: FolderStore) -> Progress:
    """What the lanes of the younger snapshot reported."""
    found = store.get("progress.json")
    assert found is not None
    return {kind: ExportProgress.of(state) for kind, state in json.loads(found.content).items()}


def make_outcomes(store: FolderStore, users: int) -> None:
    """The outcomes of a restore that made everybody: a lane writes a file for each of the `PLACES` that it works on
    side by side, whenever it has so many rows of all of them as a planned part holds."""
    size = PLANNED_ROWS // PLACES
    for number in range(-(-users // size)):
        rows = min(size, users - number * size)
        part, first = number // PLACES, number % PLACES * size
        subs = _uuids(rows)
        same = {"kind": "user", "outcome": "created", "credential": "reset"}
        columns = {name: [value] * rows for name, value in same.items()}
        table = _table(Outcome, {**columns, "username": subs, "sub": subs, "new_sub": _uuids(rows)}, rows)
        store.put(f"{RESTORE.outcomes}users-{part:05d}-{first:05d}.parquet", _parquet(table))


def _tables(part: int, rows: int) -> dict[str, pa.Table]:
    subs = _uuids(rows)
    values = [value for sub in subs for value in (f"{sub[:13]}@example.com", "true", f"Person {sub[:6]}")]
    offsets = pa.array(range(0, len(values) + 1, len(ATTRIBUTES)), pa.int32())
    users = {
        "username": subs,
        "sub": subs,
        "status": ["CONFIRMED"] * rows,
        "enabled": [True] * rows,
        "created_at": [MOMENT] * rows,
        "modified_at": [MOMENT] * rows,
        "attributes": pa.MapArray.from_arrays(offsets, pa.array(ATTRIBUTES * rows), pa.array(values)),
    }
    members = {"group_name": [_group(part % GROUPS)] * rows, "username": subs, "sub": subs}
    return {"users": _table(User, users, rows), "memberships": _table(Membership, members, rows)}


def _table(row_type: type[Any], columns: Mapping[str, Any], rows: int) -> pa.Table:
    fields: pa.Schema = schema(row_type)  # type: ignore[arg-type]
    return pa.Table.from_arrays([_array(columns.get(field.name), field.type, rows) for field in fields], schema=fields)


def _array(values: Any, of: pa.DataType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, of)
    return values if isinstance(values, pa.MapArray) else pa.array(values, of)


def _put(
    store: FolderStore,
    ref: SnapshotRef,
    kind: str,
    progress: dict[str, ExportProgress],
    table: pa.Table,
    *,
    as_before: bool = False,
) -> File:
    at = progress[kind]
    path = part_path(kind, at.lane, at.parts, "parquet")
    if as_before:
        store.link(BEFORE.prefix + path, ref.prefix + path)
        found = store.get(ref.prefix + path)
        assert found is not None
        content, sha256 = found.content, found.metadata["sha256"]
    else:
        content = _parquet(table)
        sha256 = hashlib.sha256(content).hexdigest()
        store.put(ref.prefix + path, content, {"rows": str(table.num_rows), "sha256": sha256})
    progress[kind] = at.committed(table.num_rows, sha256)
    return File(path, len(content), sha256, table.num_rows)


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", row_group_size=ROW_GROUP)
    return sink.getvalue()


def _group(number: int) -> str:
    return f"group-{number:02d}"


def _uuids(count: int) -> list[str]:
    digits = os.urandom(16 * count).hex()
    return [_uuid(digits[start : start + 32]) for start in range(0, 32 * count, 32)]


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
