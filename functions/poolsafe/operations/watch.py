"""The hourly look at everything that should be there: backups, drills, pools, and the bucket itself.

Each pool that was ever meant has a note, `watch/<pool>.json`, with when it was first and last seen: a pool that is gone
can no longer be found by its tag, and that is the day it matters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..domain.configuration.scratch import SCRATCH_TAG
from ..domain.drill.paths import history_of
from ..domain.drill.verdict import DrillStatus
from ..domain.manifest import COMPLETE
from ..domain.snapshot import SnapshotRef, began_at
from ..domain.watch.bucket import bucket_risks
from ..errors import FormatNotSupported, NotFound, Rejected, SnapshotDamaged
from ..ports import Clock, ObjectStore, ServiceApi
from .brakes import braked_snapshots
from .open_snapshot import read_manifest, sealed_newest_first

NOTES = "watch/"
#: For how long a pool that is gone is told of. Its snapshots stay; whoever deleted it on purpose says forget.
TOLD_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Found:
    """What one look came to. Ages are those of the pool that is worst off."""

    pools: int = 0
    backup_age_hours: float = 0.0
    drill_age_days: float = 0.0
    vanished: int = 0
    braked: int = 0
    bucket_risks: int = 0
    problems: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Watch:
    """`max_backup_hours` and `max_drill_days` are from when on a pool is a problem; alarms have them too."""

    store: ObjectStore
    clock: Clock
    max_backup_hours: float
    max_drill_days: float

    def __call__(self, pools: Iterable[str], exists: Iterator[tuple[str, bool]], risks: list[str]) -> Found:
        """`pools` are those that are meant now; `exists` tells of others that were, whether they are there still."""
        backups, drills, problems = [0.0], [0.0], list(risks)
        meant = list(pools)
        if not meant:
            problems.append("No pool of this Region has the tag: nothing is backed up.")
        for pool in meant:
            first_seen = self._see(pool)
            backup, drill = self._backup_age(pool, first_seen), self._drill_age(pool, first_seen)
            backups.append(backup)
            drills.append(drill)
            if backup > self.max_backup_hours:
                problems.append(f"{pool}: no COMPLETE snapshot for {backup:.0f} hours.")
            if drill > self.max_drill_days:
                problems.append(f"{pool}: no drill for {drill:.0f} days.")
        vanished = [
            f"{pool}: {'has lost its tag' if there else 'is gone'}; its snapshots stay." for pool, there in exists
        ]
        braked = [pool for pool in self.store.folders("brakes/") if braked_snapshots(self.store, pool)]
        problems += vanished
        problems += [f"{pool}: a suspicious snapshot waits for somebody to look and release it." for pool in braked]
        return Found(
            len(meant),
            round(max(backups), 2),
            round(max(drills), 2),
            len(vanished),
            len(braked),
            len(risks),
            tuple(problems),
        )

    def missing(self, pools: Iterable[str]) -> list[str]:
        """Pools that were meant not long ago, and are not now."""
        meant, found = set(pools), []
        for key in self.store.keys(NOTES):
            pool = key.removeprefix(NOTES).removesuffix(".json")
            note = self._note(pool)
            if pool in meant or note is None or note.get("forgotten"):
                continue
            if self.clock.now() - datetime.fromisoformat(note["last_seen"]) < TOLD_FOR:
                found.append(pool)
        return found

    def forget(self, pool: str) -> None:
        """Somebody knows that the pool is gone."""
        note = self._note(pool) or {"first_seen": self._now(), "last_seen": self._now()}
        self.store.put(f"{NOTES}{pool}.json", json.dumps({**note, "forgotten": True}).encode())

    def _see(self, pool: str) -> datetime:
        note = self._note(pool)
        first = note["first_seen"] if note and not note.get("forgotten") else self._now()
        self.store.put(f"{NOTES}{pool}.json", json.dumps({"first_seen": first, "last_seen": self._now()}).encode())
        return datetime.fromisoformat(first)

    def _note(self, pool: str) -> dict[str, Any] | None:
        found = self.store.get(f"{NOTES}{pool}.json")
        return json.loads(found.content) if found else None

    def _backup_age(self, pool: str, first_seen: datetime) -> float:
        """Hours since the newest COMPLETE snapshot began; since the pool was first seen, where there is none."""
        for snapshot_id in sealed_newest_first(self.store, pool):
            try:
                if read_manifest(self.store, SnapshotRef(pool, snapshot_id)).status == COMPLETE:
                    return self._hours(began_at(snapshot_id))
            except (SnapshotDamaged, FormatNotSupported):
                continue
        return self._hours(first_seen)

    def _drill_age(self, pool: str, first_seen: datetime) -> float:
        """Days since a drill of the pool did not fail; since the pool was first seen, where there is none."""
        for key in reversed(self.store.keys(history_of(pool))):
            found = self.store.get(key)
            point = json.loads(found.content) if found else {"status": DrillStatus.FAILED}
            if point["status"] != DrillStatus.FAILED:
                return self._hours(datetime.fromisoformat(point["at"])) / 24
        return self._hours(first_seen) / 24

    def _hours(self, since: datetime) -> float:
        return (self.clock.now() - since).total_seconds() / 3600

    def _now(self) -> str:
        return self.clock.now().isoformat(timespec="seconds")


def are_there(cognito: ServiceApi, pools: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Of each pool whether it exists. A scratch pool that is gone is no loss."""
    for pool in pools:
        try:
            tags = cognito.call("DescribeUserPool", UserPoolId=pool)["UserPool"].get("UserPoolTags") or {}
        except NotFound:
            yield pool, False
            continue
        if SCRATCH_TAG not in tags:
            yield pool, True


def risks_of(s3: ServiceApi, bucket: str, recover_days: int) -> list[str]:
    """What is wrong with the bucket."""
    try:
        rules = s3.call("GetBucketLifecycleConfiguration", Bucket=bucket).get("Rules") or []
    except Rejected as error:
        if error.code != "NoSuchLifecycleConfiguration":
            raise
        rules = []
    versioning = s3.call("GetBucketVersioning", Bucket=bucket).get("Status")
    return list(bucket_risks(rules, versioning, recover_days))
