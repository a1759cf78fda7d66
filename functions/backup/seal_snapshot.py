"""State SealSnapshot: check everything, write the manifest, answer."""

from __future__ import annotations

from dataclasses import asdict

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.domain.manifest import PARTIAL
from poolsafe.domain.requests import BackupRequest
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.save_configuration import ConfigurationProgress
from poolsafe.operations.seal import Exported, seal
from poolsafe.schema_check import require


@state("backup", "SealSnapshot")
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, BackupRequest.from_state(event["request"])
    ref = SnapshotRef(request.user_pool_id, event["snapshot_id"])
    manifest = seal(
        application.store,
        bootstrap.FORMATS[request.format],
        application.clock,
        ref,
        request,
        Exported(listing=Listing.of(event["listing"]), groups=ExportProgress.of(event["groups"])),
        started_at=event["started_at"],
        estimated_users=event["estimated_users"],
        configuration=ConfigurationProgress.of(event["configuration"]),
        versions=bootstrap.versions(),
        warnings=[*event["pace"], *event["losses"]],
    )
    result = {
        "status": manifest.status,
        "snapshot_id": ref.snapshot_id,
        "user_pool_id": ref.user_pool_id,
        "manifest": application.store.url(ref.manifest_key),
        "counts": asdict(manifest.counts),
        "warnings": list(manifest.warnings),
    }
    require("backup.result", result)
    invocation.count(Metric.SNAPSHOTS_SEALED, 1)
    invocation.count(Metric.BACKUPS_PARTIAL, manifest.status == PARTIAL)
    return result
