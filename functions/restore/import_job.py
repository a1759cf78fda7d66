"""What the states of an import job need of their event."""

from __future__ import annotations

from poolsafe.domain.requests import RestoreRequest
from poolsafe.domain.snapshot import RestorePaths, region_of
from poolsafe.entrypoint import Event, Invocation
from poolsafe.operations.import_users import ImportJobs


def import_jobs(event: Event, invocation: Invocation) -> ImportJobs:
    """The jobs of the restore that the event is of."""
    application, target_id = invocation.application, event["target_user_pool_id"]
    share = RestoreRequest.from_state(event["request"]).quota_share
    return ImportJobs(
        application.cognito(region_of(target_id), share),
        application.web,
        application.store,
        application.clock,
        target_id,
        RestorePaths(event["restore_id"]),
        application.settings.import_role,
    )
