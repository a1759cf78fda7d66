"""Reading every byte of a snapshot before anything is restored from it."""

from __future__ import annotations

from dataclasses import asdict

from ..domain.manifest import Manifest, check_file
from ..domain.snapshot import SnapshotRef
from ..errors import SnapshotDamaged
from ..ports import Deadline, ObjectStore
from .reading import FormatOf

KINDS = ("users", "groups", "memberships")


def verify_snapshot(
    store: ObjectStore, format_of: FormatOf, manifest: Manifest, deadline: Deadline, files_done: int = 0
) -> int:
    """Check files from number `files_done` on; how many are checked now. Raises SnapshotDamaged."""
    ref = SnapshotRef(manifest.user_pool_id, manifest.snapshot_id)
    _require_counts(manifest, ref)
    for file in manifest.files[files_done:]:
        found = store.get(ref.prefix + file.path)
        if found is None:
            raise SnapshotDamaged(
                f"snapshot: {ref} is damaged: {file.path} is gone. Nothing was restored from it. Restore an older "
                "snapshot, or undelete the object: the bucket keeps versions."
            )
        check_file(file, found.content, str(ref))
        if file.rows is not None and format_of(file.path).count(found.content) != file.rows:
            raise SnapshotDamaged(f"snapshot: {ref} is damaged: {file.path} does not hold {file.rows} rows.")
        files_done += 1
        if deadline.near():
            break
    return files_done


def _require_counts(manifest: Manifest, ref: SnapshotRef) -> None:
    counts = asdict(manifest.counts)
    for kind in KINDS:
        if sum(file.rows or 0 for file in manifest.files_of(kind)) != counts[kind]:
            raise SnapshotDamaged(f"snapshot: {ref} is damaged: its files of {kind} do not add up to its counts.")
