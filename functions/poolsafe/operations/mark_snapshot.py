"""Holding a single snapshot, and releasing one: from its hold, and from the brake."""

from __future__ import annotations

import json
from dataclasses import replace

from ..domain.retention.places import brake_key, hold_key
from ..domain.snapshot import SnapshotRef
from ..errors import InvalidRequest, SnapshotNotFound
from ..ports import Clock, ObjectStore
from .brakes import brakes
from .note_reader import announce, is_going, was_removed
from .open_snapshot import read_manifest
from .retain import is_held


def hold(store: ObjectStore, clock: Clock, ref: SnapshotRef, note: str | None) -> None:
    """Keep a snapshot until it is released. Raises SnapshotNotFound.

    One that was removed and put back is one like any other from here on.
    """
    read_manifest(store, ref)
    _write_hold(store, clock, ref, True, note)
    if was_removed(store, ref):
        announce(store, ref, going=False)
    if is_going(store, ref):
        raise SnapshotNotFound(
            f"hold: {ref} is just being removed by the retention policy. If it has to stay, undelete its objects "
            "and hold it again: the bucket keeps versions."
        )


def release(store: ObjectStore, clock: Clock, ref: SnapshotRef, note: str | None) -> None:
    """Let the policy decide about a snapshot, and about those before it.

    Raises InvalidRequest where nothing holds it.
    """
    held = is_held(store, ref)
    brake = dict(brakes(store, ref.user_pool_id)).get(ref.snapshot_id)
    if not held and not (brake and brake.is_on):
        raise InvalidRequest("release", f"names {ref}, which is neither held nor suspicious. Nothing was changed")
    if held:
        _write_hold(store, clock, ref, False, note)
    if brake and brake.is_on:
        store.put(brake_key(ref), replace(brake, released_at=_now(clock), note=note).to_json())


def _write_hold(store: ObjectStore, clock: Clock, ref: SnapshotRef, held: bool, note: str | None) -> None:
    store.put(hold_key(ref), json.dumps({"held": held, "at": _now(clock), "note": note}, ensure_ascii=False).encode())


def _now(clock: Clock) -> str:
    return clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
