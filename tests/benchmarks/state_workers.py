"""What is measured of the states, each in a process of its own: `state_workers <state> <folder> <rows>`.

Prints JSON: CPU seconds of the work itself (after imports), the peak of the process's memory, and how many invocations
it took.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import boto3  # noqa: F401 - every function carries its memory
import pyarrow.parquet  # noqa: F401

from poolsafe import bootstrap
from poolsafe.adapters.clock import SystemClock
from poolsafe.adapters.threads import Threads
from poolsafe.domain.compare.change import Side
from poolsafe.domain.compare.paths import ComparisonPaths
from poolsafe.domain.compare.records import Pools
from poolsafe.domain.listing import Listing
from poolsafe.domain.requests import BackupRequest, RestoreRequest
from poolsafe.domain.restore.plan import Planner
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.domain.target import TargetPool
from poolsafe.operations.compare_records import CompareProgress, CompareRecords
from poolsafe.operations.compare_sides import side_of_listing, side_of_snapshot
from poolsafe.operations.forget import Forget
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.operations.parts import part_keys
from poolsafe.operations.plan_restore import Listed, PlanProgress, PlanRestore
from poolsafe.operations.reading import SnapshotReader
from poolsafe.operations.report_restore import write_sub_map
from poolsafe.operations.save_configuration import ConfigurationProgress
from poolsafe.operations.seal import Exported, seal
from poolsafe.operations.verify_snapshot import verify_snapshot
from poolsafe.operations.weigh_losses import WeighLosses, WeighProgress
from restore.report_restore import READERS
from tests.benchmarks.folder_store import FolderStore
from tests.benchmarks.large_snapshots import BEFORE, NOW, POOL, RESTORE, make_outcomes, make_snapshots, progress_of
from tests.fakes import FakeUserPool

PARQUET = bootstrap.PARQUET
PLAN = RestorePaths("20261104T030000Z-dddddd")


@dataclass
class CpuDeadline:
    """Near once an invocation has used this many seconds of CPU: those of a Lambda but the reserve."""

    seconds: float
    began: float = field(default_factory=time.process_time)

    def near(self, ahead: float = 0) -> bool:
        return time.process_time() - self.began + ahead > self.seconds


def weigh_losses(store: FolderStore) -> int:
    exported = progress_of(store)
    progress, invocations = WeighProgress(), 0
    while not progress.done:
        weigh = WeighLosses(store, PARQUET, bootstrap.format_of, NOW, 20, CpuDeadline(660))
        progress, invocations = weigh.advance(progress, exported), invocations + 1
    assert not progress.warnings
    return invocations


def seal_snapshot(store: FolderStore) -> int:
    progress = progress_of(store)
    exported = Exported(Listing(progress["users"], progress["memberships"], done=True), progress["groups"])
    request = BackupRequest.of({"user_pool_id": POOL}, frozenset({"us-east-1"}))
    started_at = "2026-11-02T03:00:00.000Z"
    seal(store, PARQUET, SystemClock(), NOW, request, exported, started_at, 0, ConfigurationProgress(), {})
    store.delete(NOW.manifest_key)
    return 1


def verify(store: FolderStore) -> int:
    manifest = read_manifest(store, BEFORE)
    checked = invocations = 0
    while checked < len(manifest.files):
        checked = verify_snapshot(store, bootstrap.format_of, manifest, CpuDeadline(840), checked)
        invocations += 1
    return invocations


def plan_restore(store: FolderStore) -> int:
    """Into a pool that has everybody already: each file of users is looked up in all others."""
    listed = progress_of(store)
    for kind in ("users", "memberships"):
        for key in part_keys(NOW.prefix, kind, listed[kind], PARQUET):
            store.link(key, PLAN.target_before + key.removeprefix(NOW.prefix))
    target = FakeUserPool("us-east-1_Target", custom=("custom:original_sub",)).describe()
    request = RestoreRequest.of(
        {"snapshot": str(BEFORE), "target_user_pool_id": "us-east-1_Target", "on_conflict": "update"},
        frozenset({"us-east-1"}),
    )
    planner = Planner(POOL, TargetPool.of(target), "custom:original_sub", request.wishes)
    reader = SnapshotReader(store, read_manifest(store, BEFORE), bootstrap.format_of)
    there = Listed(listed["users"], {}, listed["memberships"])
    progress, invocations = PlanProgress(), 0
    while not progress.done:
        deadline = CpuDeadline(660)
        forget = Forget(store, PARQUET, deadline, Threads, PLAN, "2026-11-22T03:00:00Z")
        plan = PlanRestore(store, PARQUET, deadline, reader, planner, PLAN, request, there, forget)
        progress, invocations = plan.advance(progress), invocations + 1
    return invocations


def compare_records(store: FolderStore) -> int:
    listed = {kind: progress.to_state() for kind, progress in progress_of(store).items()}
    sides = {
        Side.BEFORE: side_of_snapshot(store, bootstrap.format_of, read_manifest(store, BEFORE)),
        Side.AFTER: side_of_listing(store, PARQUET, POOL, NOW.prefix, listed),
    }
    progress, invocations = CompareProgress(), 0
    while not progress.done:
        compare = CompareRecords(store, PARQUET, ComparisonPaths(NOW.snapshot_id), sides, Pools(POOL, POOL), False)
        progress, invocations = compare(progress, CpuDeadline(660)), invocations + 1
    return invocations


def report_restore(store: FolderStore) -> int:
    assert write_sub_map(store, PARQUET, RESTORE, Threads(READERS))
    return 1


WORK: dict[str, Callable[[FolderStore], int]] = {
    "WeighLosses": weigh_losses,
    "SealSnapshot": seal_snapshot,
    "VerifySnapshot": verify,
    "ReportRestore": report_restore,
    "CompareRecords": compare_records,
    "PlanRestore": plan_restore,
}


def main(what: str, folder: str, rows: str) -> None:
    store = FolderStore(Path(folder))
    if what == "make":
        make_snapshots(store, int(rows))
        make_outcomes(store, int(rows))
        return
    before = resource.getrusage(resource.RUSAGE_SELF)
    invocations = WORK[what](store)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    measured = {"cpu_seconds": cpu, "peak_mib": after.ru_maxrss / 1024, "invocations": invocations}
    print(json.dumps(measured))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
