"""State CheckRequest: refuse what cannot be meant, and name the snapshot."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.requests import BackupRequest
from poolsafe.domain.snapshot import SnapshotRef, run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.schema_check import require


@state("backup", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    require("backup.request", event["request"])
    request = BackupRequest.of(event["request"], bootstrap.regions())
    ref = SnapshotRef(request.user_pool_id, run_id(event["execution_id"], event["started_at"]))
    return {
        "request": request.to_state(),
        "snapshot_id": ref.snapshot_id,
        "started_at": event["started_at"],
        "export": {
            "user_pool_id": request.user_pool_id,
            "prefix": ref.prefix,
            "format": request.format,
            "quota_share": request.quota_share,
            "include_mfa": "mfa" in request.include,
            "shards": request.shards,
        },
    }
