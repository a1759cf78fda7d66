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
from poolsafe.domain.requests import BackupRequest
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.operations.report_restore import write_sub_map
from poolsafe.operations.save_configuration import ConfigurationProgress
from poolsafe.operations.seal import Exported, seal
from poolsafe.operations.verify_snapshot import verify_snapshot
from poolsafe.operations.weigh_losses import WeighLosses, WeighProgress
from tests.benchmarks.folder_store import FolderStore
from tests.benchmarks.large_snapshots import BEFORE, NOW, POOL, RESTORE, make_outcomes, make_snapshots, progress_of

PARQUET = bootstrap.PARQUET


@dataclass
class CpuDeadline:
    """Near once an invocation has used this many seconds of CPU: those of a Lambda but the reserve."""

    seconds: float
    began: float = field(default_factory=time.process_time)

    def near(self) -> bool:
        return time.process_time() - self.began > self.seconds


def weigh_losses(store: FolderStore) -> int:
    exported = {kind: [progress] for kind, progress in progress_of(store).items()}
    progress, invocations = WeighProgress(), 0
    while not progress.done:
        weigh = WeighLosses(store, PARQUET, bootstrap.format_of, NOW, 20, CpuDeadline(660))
        progress, invocations = weigh.advance(progress, exported), invocations + 1
    assert not progress.warnings
    return invocations


def seal_snapshot(store: FolderStore) -> int:
    exported = Exported(**{kind: (progress,) for kind, progress in progress_of(store).items()})
    request = BackupRequest.of({"user_pool_id": POOL}, ["us-east-1"])
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


def report_restore(store: FolderStore) -> int:
    assert write_sub_map(store, PARQUET, RESTORE)
    return 1


WORK: dict[str, Callable[[FolderStore], int]] = {
    "WeighLosses": weigh_losses,
    "SealSnapshot": seal_snapshot,
    "VerifySnapshot": verify,
    "ReportRestore": report_restore,
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
