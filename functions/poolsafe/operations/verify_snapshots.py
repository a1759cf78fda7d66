"""Looking at all snapshots: whether everything that a manifest names is there, and of some, whether it is what it was.

for each snapshot, in order of its name, from the cursor on
    no manifest: it was never sealed, and is counted
    the manifest is sound, and all its files are there
    if its day has come: every file is read, its size, hash and rows compared
what is damaged is written down, one object for each snapshot, and the work goes on
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..domain.manifest import Manifest
from ..domain.snapshot import SNAPSHOT_ID, SNAPSHOTS, SnapshotRef, snapshots_prefix
from ..errors import FormatNotSupported, SnapshotDamaged
from ..ports import Deadline, ObjectStore
from .open_snapshot import read_manifest
from .reading import FormatOf
from .verify_snapshot import verify_snapshot


@dataclass(frozen=True, slots=True)
class VerifyProgress:
    """Where a verification is: the last snapshot that is done, and how many files of the next one are read."""

    last: str = ""
    files: int = 0
    snapshots: int = 0
    read: int = 0
    unsealed: int = 0
    damaged: int = 0
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class VerifySnapshots:
    """`is_due` says of a snapshot whether it is read whole; `pools` narrows the work, unless it is empty. What is
    damaged is written down below `damage`."""

    store: ObjectStore
    format_of: FormatOf
    is_due: Callable[[SnapshotRef], bool]
    damage: str
    pools: Collection[str] = ()

    def __call__(self, progress: VerifyProgress, deadline: Deadline) -> VerifyProgress:
        for ref in self._snapshots(progress.last):
            progress = self._one(ref, progress, deadline)
            if progress.files or deadline.near():
                return progress
        return replace(progress, done=True)

    def _one(self, ref: SnapshotRef, progress: VerifyProgress, deadline: Deadline) -> VerifyProgress:
        there = frozenset(self.store.keys(ref.prefix))
        looked = replace(progress, last=str(ref), files=0)
        if ref.manifest_key not in there:
            return replace(looked, unsealed=progress.unsealed + 1)
        looked = replace(looked, snapshots=progress.snapshots + 1)
        try:
            manifest = read_manifest(self.store, ref)
            self._require_files(ref, manifest, there)
            if not self.is_due(ref):
                return looked
            files = verify_snapshot(self.store, self.format_of, manifest, deadline, progress.files)
        except (SnapshotDamaged, FormatNotSupported) as error:
            if self.store.get(ref.manifest_key) is None:
                # Retention has begun to remove it since it was listed, manifest first.
                return replace(looked, snapshots=progress.snapshots, unsealed=progress.unsealed + 1)
            self._note(ref, error)
            return replace(looked, damaged=progress.damaged + 1)
        if files < len(manifest.files):
            # Not done: the next invocation goes on with this snapshot.
            return replace(progress, files=files)
        return replace(looked, read=progress.read + 1)

    def _require_files(self, ref: SnapshotRef, manifest: Manifest, there: Collection[str]) -> None:
        secrets = frozenset(self.store.keys(ref.secrets_prefix)) if manifest.secrets else frozenset()
        wanted = [ref.prefix + file.path for file in manifest.files]
        gone = [key for key in wanted if key not in there] + [f.path for f in manifest.secrets if f.path not in secrets]
        if gone:
            raise SnapshotDamaged(
                f"snapshot: {ref} is damaged: {gone[0]} is gone"
                f"{f', and {len(gone) - 1} more' if len(gone) > 1 else ''}. Undelete it: the bucket keeps versions."
            )

    def _note(self, ref: SnapshotRef, error: Exception) -> None:
        told = {"snapshot": str(ref), "error": type(error).__name__, "explanation": str(error)}
        key = f"{self.damage}{ref.user_pool_id}_{ref.snapshot_id}.json"
        self.store.put(key, json.dumps(told, ensure_ascii=False).encode())

    def _snapshots(self, after: str) -> Iterator[SnapshotRef]:
        for pool in self.pools or self.store.folders(SNAPSHOTS):
            for snapshot_id in self.store.folders(snapshots_prefix(pool)):
                if SNAPSHOT_ID.fullmatch(snapshot_id) and f"{pool}/{snapshot_id}" > after:
                    yield SnapshotRef(pool, snapshot_id)


def damage_of(store: ObjectStore, damage: str) -> list[dict[str, Any]]:
    """What was found damaged, in order of the snapshots."""
    found = (store.get(key) for key in store.keys(damage))
    return [json.loads(one.content) for one in found if one is not None]
