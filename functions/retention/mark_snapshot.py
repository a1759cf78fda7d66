"""State MarkSnapshot: hold one snapshot, or release it."""

from __future__ import annotations

from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.mark_snapshot import hold, release
from poolsafe.schema_check import require


@state("retention", "MarkSnapshot")
def handler(event: Event, invocation: Invocation) -> Event:
    store, clock, mark = invocation.application.store, invocation.application.clock, event["mark"]
    if mark["hold"]:
        hold(store, clock, SnapshotRef.parse(mark["hold"]), mark["note"])
    else:
        release(store, clock, SnapshotRef.parse(mark["release"]), mark["note"])
    result = {
        "status": "HELD" if mark["hold"] else "RELEASED",
        "retention_id": event["job"]["retention_id"],
        "snapshot": mark["hold"] or mark["release"],
    }
    require("retention.result", result)
    return result
