"""Keeping what the policy says, and removing the rest: pool by pool, each planned, written down, and then done.

    plan: every sealed snapshot, and what is known about it; decide (domain/retention/decide.py); write the plan
    for each that goes
        announce it, and look once more whether it is held, read or braked
        delete its manifest: from here on nobody finds it
        delete its files, its secrets; what is not Poolsafe's stays
    what was never sealed goes a day after the last write to it

May be killed at any call and run again. The bucket keeps what is deleted as older versions, for as long as its rule
says.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from ..domain.retention.decide import Snapshot, decide
from ..domain.retention.places import OURS, SECRETS, hold_key
from ..domain.retention.policy import Policy
from ..domain.snapshot import SNAPSHOT_ID, SNAPSHOTS, SnapshotRef, snapshots_prefix
from ..errors import FormatNotSupported, SnapshotDamaged
from ..ports import Clock, Deadline, ObjectStore
from .brakes import braked_snapshots
from .note_reader import announce, is_going, is_read, note_removed
from .open_snapshot import read_manifest

#: Whatever was not sealed is garbage when nobody has written to it for so long.
LEFTOVER_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RetainProgress:
    """Where a run is: the last pool that is done, and the sums."""

    last: str = ""
    pools: int = 0
    kept: int = 0
    removed: int = 0
    leftovers: int = 0
    braked: int = 0
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Retain:
    """One run. Its plans lie below `prefix`; `pools` narrows the work, unless it is empty."""

    store: ObjectStore
    clock: Clock
    deadline: Deadline
    policy: Policy
    prefix: str
    dry_run: bool
    pools: Sequence[str] = ()

    def __call__(self, progress: RetainProgress) -> RetainProgress:
        for pool in self.pools or self.store.folders(SNAPSHOTS):
            if pool <= progress.last:
                continue
            plan = self._plan(pool)
            if not self.dry_run and not self._apply(pool, plan):
                return progress
            progress = replace(
                progress,
                last=pool,
                pools=progress.pools + 1,
                kept=progress.kept + len(plan["kept"]),
                removed=progress.removed + len(plan["removed"]),
                leftovers=progress.leftovers + len(plan["leftovers"]),
                braked=progress.braked + bool(plan["braked_by"]),
            )
            if self.deadline.near():
                return progress
        return replace(progress, done=True)

    def _plan(self, pool: str) -> dict[str, Any]:
        """The plan of this run for a pool: made once, so that a run which is repeated does what it has begun."""
        key = f"{self.prefix}{pool}.json"
        if found := self.store.get(key):
            planned: dict[str, Any] = json.loads(found.content)
            return planned
        sealed, unsealed = self._surveyed(pool)
        decisions = decide(sealed, self.policy, self.clock.now())
        plan = {
            "user_pool_id": pool,
            "kept": [{"snapshot_id": one.snapshot_id, "reasons": list(one.reasons)} for one in decisions if one.keeps],
            "removed": [one.snapshot_id for one in decisions if not one.keeps],
            "leftovers": unsealed,
            "braked_by": [snapshot.snapshot_id for snapshot in sealed if snapshot.braked],
            "foreign": {},
            "done": [],
        }
        self._save(pool, plan)
        return plan

    def _save(self, pool: str, plan: dict[str, Any]) -> None:
        self.store.put(f"{self.prefix}{pool}.json", json.dumps(plan, indent=1).encode())

    def _surveyed(self, pool: str) -> tuple[list[Snapshot], list[str]]:
        """Every sealed snapshot of a pool, and the ids of what was never sealed and will not be."""
        braked, sealed, unsealed = braked_snapshots(self.store, pool), [], []
        for snapshot_id in filter(SNAPSHOT_ID.fullmatch, self.store.folders(snapshots_prefix(pool))):
            ref = SnapshotRef(pool, snapshot_id)
            if self.store.first_key(ref.manifest_key) == ref.manifest_key:
                sealed.append(self._snapshot(ref, snapshot_id in braked))
            elif is_going(self.store, ref) or self._is_old(ref):
                unsealed.append(snapshot_id)
        return sealed, unsealed

    def _snapshot(self, ref: SnapshotRef, braked: bool) -> Snapshot:
        try:
            status = read_manifest(self.store, ref).status
        except (SnapshotDamaged, FormatNotSupported):
            status = None
        return Snapshot(
            ref.snapshot_id, status, is_held(self.store, ref), is_read(self.store, ref, self.clock.now()), braked
        )

    def _is_old(self, ref: SnapshotRef) -> bool:
        written = self.store.last_write(ref.prefix)
        return written is not None and written < self.clock.now() - LEFTOVER_AFTER

    def _apply(self, pool: str, plan: dict[str, Any]) -> bool:
        """Do what the plan says; False when the deadline came near before the end."""
        todo = [one for one in (*plan["removed"], *plan["leftovers"]) if one not in plan["done"]]
        for position, snapshot_id in enumerate(todo, 1):
            ref, leftover = SnapshotRef(pool, snapshot_id), snapshot_id in plan["leftovers"]
            if not self._may_go(ref, leftover):
                plan["leftovers" if leftover else "removed"].remove(snapshot_id)
                if not leftover:
                    plan["kept"].append({"snapshot_id": snapshot_id, "reasons": ["held, read or braked meanwhile"]})
            elif foreign := self._remove(ref):
                plan["foreign"][snapshot_id] = foreign
            plan["done"].append(snapshot_id)
            if self.deadline.near() and position < len(todo):
                self._save(pool, plan)
                return False
        if todo:
            self._save(pool, plan)
        return True

    def _may_go(self, ref: SnapshotRef, leftover: bool) -> bool:
        """Announce the removal, then look whether anybody has spoken for it since it was planned."""
        if leftover and (
            self.store.get(ref.manifest_key) is not None or not (is_going(self.store, ref) or self._is_old(ref))
        ):
            return False
        announce(self.store, ref)
        braked = max(braked_snapshots(self.store, ref.user_pool_id), default="")
        wanted = is_held(self.store, ref) or is_read(self.store, ref, self.clock.now()) or ref.snapshot_id <= braked
        if wanted and not leftover:
            announce(self.store, ref, going=False)
            return False
        return True

    def _remove(self, ref: SnapshotRef) -> int:
        """Remove a snapshot, manifest first; how many objects in its folder are not Poolsafe's, and stay."""
        self.store.delete(ref.manifest_key)
        foreign = 0
        for prefix, ours in ((ref.prefix, OURS), (ref.secrets_prefix, SECRETS)):
            for key in self.store.keys(prefix):
                if ours.fullmatch(key.removeprefix(prefix)):
                    self.store.delete(key)
                else:
                    foreign += 1
        note_removed(self.store, ref)
        return foreign


def is_held(store: ObjectStore, ref: SnapshotRef) -> bool:
    """Whether somebody wants the snapshot kept. A note that is not as it was written keeps it."""
    found = store.get(hold_key(ref))
    if found is None:
        return False
    try:
        return bool(json.loads(found.content)["held"])
    except (ValueError, KeyError, TypeError):
        return True
