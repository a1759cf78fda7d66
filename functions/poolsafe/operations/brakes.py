"""Which snapshots of a pool lost too much, and whether somebody has looked."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain.retention.brake import Brake
from ..domain.retention.places import brakes_of, snapshot_of
from ..domain.snapshot import SnapshotRef
from ..ports import ObjectStore


def brakes(store: ObjectStore, pool: str) -> Iterator[tuple[str, Brake]]:
    """Every snapshot of a pool that lost too much, released or not, in order of its id."""
    for key in store.keys(brakes_of(pool)):
        found = store.get(key)
        if found is None:
            continue
        try:
            brake = Brake.from_json(found.content)
        except (ValueError, KeyError, TypeError):
            # Not as it was written: it goes on keeping what it kept, until it is released.
            brake = Brake("an unknown snapshot", (), 0.0)
        yield snapshot_of(key).snapshot_id, brake


def braked_snapshots(store: ObjectStore, pool: str) -> set[str]:
    """The ids of those that nobody has released, and that were sealed."""
    return {
        snapshot_id
        for snapshot_id, brake in brakes(store, pool)
        if brake.is_on and store.get(SnapshotRef(pool, snapshot_id).manifest_key) is not None
    }


def brake_warnings(store: ObjectStore, ref: SnapshotRef) -> list[str]:
    """For whoever restores a snapshot: great losses in it, or in one before it, that nobody has looked at."""
    lost = [one for one in brakes(store, ref.user_pool_id) if one[1].is_on and one[0] <= ref.snapshot_id]
    return [f"{brake.warning} That was seen in {snapshot_id}." for snapshot_id, brake in lost]
