"""State WeighLosses: has an unusual share of the pool vanished since the last snapshot?"""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.domain.requests import BackupRequest
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.seal import Exported
from poolsafe.operations.weigh_losses import WeighLosses, WeighProgress


# A pass is not handed over half-done; docs/performance.md says how long one takes.
@state("backup", "WeighLosses", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, BackupRequest.from_state(event["request"])
    weigh = WeighLosses(
        application.store,
        bootstrap.FORMATS[request.format],
        bootstrap.format_of,
        SnapshotRef(request.user_pool_id, event["snapshot_id"]),
        application.settings.brake_percent,
        invocation.deadline,
    )
    exported = Exported(Listing.of(event["listing"]), ExportProgress.of(event["groups"]))
    return weigh.advance(WeighProgress(**event["progress"]), exported.kinds).to_state()
