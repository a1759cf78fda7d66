"""State ExportUsers: list users, and the members of each group beside them, until done or the deadline is near."""

from __future__ import annotations

from backup.job import open_export
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric


@state("backup", "ExportUsers")
def handler(event: Event, invocation: Invocation) -> Event:
    export, governor = open_export(event, invocation)
    job, listing = event["export"], Listing.of(event["progress"])
    groups = ExportProgress.of(event["groups"]) if event["memberships"] else None
    advanced = export.users(listing, groups, job["shards"], job["include_mfa"])
    invocation.count(Metric.USERS_EXPORTED, max(0, advanced.users.rows - listing.users.rows))
    invocation.count(Metric.REQUESTS, governor.requests)
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
