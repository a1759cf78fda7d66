"""State WeighLosses: has an unusual share of the pool vanished since the last snapshot?"""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.domain.requests import BackupRequest
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.weigh_losses import WeighLosses


@state("backup", "WeighLosses")
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, BackupRequest.from_state(event["request"])
    weigh = WeighLosses(
        application.store,
        bootstrap.FORMATS[request.format],
        bootstrap.format_of,
        SnapshotRef(request.user_pool_id, event["snapshot_id"]),
        application.settings.brake_percent,
    )
    listing = Listing.of(event["listing"])
    warnings = weigh(
        {
            "users": [listing.users],
            "groups": [ExportProgress.of(event["groups"])],
            "memberships": [listing.memberships],
        }
    )
    return {"warnings": warnings}
