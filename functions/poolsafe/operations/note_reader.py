"""A restore says which snapshot it reads, so that retention leaves it; retention says what it is about to remove.

Each side writes its own word first and then looks for the other's, so at least one of them sees the other, whatever
happens in between: S3 answers with what was written last
[https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel].
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from ..domain.retention.places import reader_key, readers_of, removal_key
from ..domain.snapshot import SnapshotRef
from ..errors import SnapshotNotFound
from ..ports import Clock, ObjectStore

#: For how long a restore that has not ended counts: as long as it can be gone on with, which its working files decide.
READS_FOR = timedelta(days=30)


def note_reader(store: ObjectStore, clock: Clock, ref: SnapshotRef, restore_id: str) -> None:
    """Say that a restore reads this snapshot. Raises SnapshotNotFound when it is about to be removed."""
    until = (clock.now() + READS_FOR).isoformat(timespec="seconds")
    store.put(reader_key(ref, restore_id), json.dumps({"until": until}).encode())
    if is_going(store, ref):
        raise SnapshotNotFound(
            f"snapshot: {ref} is just being removed by the retention policy. Choose a younger one; or, if it has to be "
            "this one, undelete its objects, and hold it (RetentionStateMachine): the bucket keeps versions."
        )


def note_end(store: ObjectStore, clock: Clock, ref: SnapshotRef, restore_id: str) -> None:
    """Say that a restore has ended, and needs the snapshot no more."""
    until = clock.now().isoformat(timespec="seconds")
    store.put(reader_key(ref, restore_id), json.dumps({"until": until}).encode())


def is_read(store: ObjectStore, ref: SnapshotRef, now: datetime) -> bool:
    """Whether any restore still reads this snapshot. A note that is not as it was written counts for one that does."""
    found = (store.get(key) for key in store.keys(readers_of(ref)))
    return any(_until(one.content) > now for one in found if one)


def _until(note: bytes) -> datetime:
    try:
        return datetime.fromisoformat(json.loads(note)["until"])
    except (ValueError, KeyError, TypeError):
        return datetime.max.replace(tzinfo=UTC)


def is_going(store: ObjectStore, ref: SnapshotRef) -> bool:
    """Whether retention has announced the removal of this snapshot, and not taken it back."""
    found = store.get(removal_key(ref))
    return found is not None and bool(json.loads(found.content)["going"])


def announce(store: ObjectStore, ref: SnapshotRef, going: bool = True) -> None:
    """Say that a snapshot is about to go, or, with False, that it is not."""
    store.put(removal_key(ref), json.dumps({"going": going}).encode())


def note_removed(store: ObjectStore, ref: SnapshotRef) -> None:
    """Say that a snapshot is gone. For a reader who found it before, it still is about to go."""
    store.put(removal_key(ref), json.dumps({"going": True, "removed": True}).encode())


def was_removed(store: ObjectStore, ref: SnapshotRef) -> bool:
    """Whether its removal has ended: what is there now, somebody has put back."""
    found = store.get(removal_key(ref))
    return found is not None and bool(json.loads(found.content).get("removed"))
