"""Finding a snapshot and reading its manifest: readers see only what was sealed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from ..domain.manifest import COMPLETE, Manifest, require_sound
from ..domain.snapshot import LATEST, SNAPSHOT_ID, SnapshotRef, snapshots_prefix
from ..errors import SnapshotDamaged, SnapshotNotFound
from ..ports import ObjectStore


def read_manifest(store: ObjectStore, ref: SnapshotRef) -> Manifest:
    """The manifest of one snapshot. Raises SnapshotNotFound, FormatNotSupported or SnapshotDamaged."""
    found = store.get(ref.manifest_key)
    if found is None:
        raise SnapshotNotFound(_not_found(store, ref))
    try:
        document = json.loads(found.content)
    except ValueError:
        raise SnapshotDamaged(
            f"snapshot: {ref} is damaged: its manifest.json is not JSON. Restore an older snapshot, or an earlier "
            "version of manifest.json: the bucket keeps versions."
        ) from None
    require_sound(document, str(ref))
    manifest = Manifest.from_json(document)
    if (manifest.user_pool_id, manifest.snapshot_id) != (ref.user_pool_id, ref.snapshot_id):
        raise SnapshotDamaged(
            f"snapshot: {ref} holds the manifest of {manifest.user_pool_id}/{manifest.snapshot_id}. "
            "Name that one, or put the files back where they were."
        )
    return manifest


def find_snapshot(store: ObjectStore, wanted: SnapshotRef) -> Manifest:
    """The manifest that a request means. `latest` is the newest COMPLETE one."""
    if wanted.snapshot_id != LATEST:
        return read_manifest(store, wanted)
    pool_id = wanted.user_pool_id
    passed_over = 0
    for snapshot_id in sealed_newest_first(store, pool_id):
        manifest = read_manifest(store, SnapshotRef(pool_id, snapshot_id))
        if manifest.status == COMPLETE:
            return manifest
        passed_over += 1
    if passed_over:
        raise SnapshotNotFound(
            f"snapshot: {pool_id} has no COMPLETE snapshot, only {passed_over} PARTIAL. "
            "To restore a PARTIAL one, name it by its id."
        )
    raise SnapshotNotFound(_not_found(store, wanted))


def sealed_newest_first(store: ObjectStore, user_pool_id: str) -> Iterator[str]:
    """The ids of a pool's snapshots that have a manifest."""
    folders = filter(SNAPSHOT_ID.fullmatch, store.folders(snapshots_prefix(user_pool_id)))
    for snapshot_id in reversed(list(folders)):
        if store.get(SnapshotRef(user_pool_id, snapshot_id).manifest_key) is not None:
            yield snapshot_id


def _not_found(store: ObjectStore, ref: SnapshotRef) -> str:
    sealed = list(islice(sealed_newest_first(store, ref.user_pool_id), 3))
    if not sealed:
        return (
            f"snapshot: no snapshot of {ref.user_pool_id} lies in this stack's bucket. Check the pool id, and that "
            "this is the stack that made the backups."
        )
    return (
        f"snapshot: {ref} does not exist or was never sealed (it has no manifest.json). Newest sealed snapshots: "
        f"{', '.join(sealed)}. Or use {ref.user_pool_id}/latest."
    )
