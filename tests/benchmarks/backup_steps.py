"""What the states of a backup take, in a process of its own: `backup_steps <endpoint> <pool> <bucket>`.

Two backups of the same pool, so that the second has one before it to be compared with; what is told is the second's.
Prints JSON: for each step its CPU seconds and its S3 requests by what they are billed as; and the bytes of the
snapshot, and of the users in it.
Configuration is left out: it is as long for any pool, and the run of the real machine has it (`cost.py`).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import boto3

from local.layer.s3_requests import kind_of
from poolsafe import bootstrap
from poolsafe.adapters.aws import CONFIG
from poolsafe.adapters.clock import SystemClock
from poolsafe.adapters.cognito import CognitoUserPool
from poolsafe.adapters.governed import GovernedUserPool, Governor
from poolsafe.adapters.s3 import S3Store
from poolsafe.adapters.threads import Threads
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.domain.requests import BackupRequest
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.operations.export import Export
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.operations.save_configuration import ConfigurationProgress
from poolsafe.operations.seal import Exported, seal
from poolsafe.operations.verify_snapshot import verify_snapshot
from poolsafe.operations.weigh_losses import WeighLosses, WeighProgress
from tests.benchmarks.usage import cpu_seconds
from tests.benchmarks.workers import UNBOUND, NoDeadline

PARQUET = bootstrap.PARQUET
SNAPSHOTS = ("20261101T030000Z-aaaaaa", "20261102T030000Z-bbbbbb")
STARTED_AT = "2026-11-02T03:00:00.000Z"
Result = TypeVar("Result")


@dataclass
class Steps:
    """Measures one step after the other."""

    s3: Any
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    _requests: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.s3.meta.events.register("before-send.s3", self._count)

    def step(self, name: str, work: Callable[[], Result]) -> Result:
        self._requests.clear()
        before = cpu_seconds()
        result = work()
        self.told[name] = {"cpu_seconds": cpu_seconds() - before, "requests": dict(self._requests)}
        return result

    def _count(self, request: Any, **_: Any) -> None:
        url = urlsplit(request.url)
        self._requests[kind_of(request.method, url.path, parse_qs(url.query, keep_blank_values=True))] += 1


def main(endpoint: str, pool: str, bucket: str) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    cognito = session.client("cognito-idp", endpoint_url=endpoint, config=CONFIG)
    steps = Steps(session.client("s3", endpoint_url=endpoint, config=CONFIG))
    users = GovernedUserPool(CognitoUserPool(pool, cognito), Governor(UNBOUND, SystemClock()))
    for snapshot_id in SNAPSHOTS:
        _backup(steps, users, S3Store(bucket, steps.s3), SnapshotRef(pool, snapshot_id))
    listed = steps.s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=SnapshotRef(pool, SNAPSHOTS[-1]).prefix
    )
    sizes = {entry["Key"]: entry["Size"] for page in listed for entry in page["Contents"]}
    users = sum(size for key, size in sizes.items() if "/users/" in key)
    print(json.dumps({"steps": steps.told, "bytes": sum(sizes.values()), "user_bytes": users}))  # noqa: T201


def _backup(steps: Steps, pool: GovernedUserPool, store: S3Store, ref: SnapshotRef) -> None:
    export = Export(pool, store, PARQUET, ref.prefix, NoDeadline(), Threads)
    groups = steps.step("ExportGroups", lambda: export.groups(ExportProgress()))
    listing = steps.step("ExportUsers", lambda: export.users(Listing(), groups))
    exported = Exported(listing, groups)
    weigh = WeighLosses(store, PARQUET, bootstrap.format_of, ref, 20, NoDeadline())

    def weighed() -> WeighProgress:
        progress = WeighProgress()
        while not progress.done:
            progress = weigh.advance(progress, exported.kinds)
        return progress

    steps.step("WeighLosses", weighed)
    request = BackupRequest.of({"user_pool_id": ref.user_pool_id}, frozenset({"us-east-1"}))
    steps.step(
        "SealSnapshot",
        lambda: seal(
            store, PARQUET, SystemClock(), ref, request, exported, STARTED_AT, 0, ConfigurationProgress(), {}, ()
        ),
    )
    manifest = read_manifest(store, ref)
    steps.step("VerifySnapshots", lambda: verify_snapshot(store, bootstrap.format_of, manifest, NoDeadline(), 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
