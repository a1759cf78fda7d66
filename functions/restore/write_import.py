"""State WriteImport: write the planned users as files for Cognito's import, until done or the deadline is near."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.snapshot import region_of
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.import_files import WriteImport, WriteProgress
from restore.job import RestoreJob


@state("restore", "WriteImport", reserve_seconds=120)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    cognito = application.cognito(region_of(event["target_user_pool_id"]), job.request.quota_share)
    write = WriteImport(
        cognito, application.store, bootstrap.PARQUET, invocation.deadline, job.planner.target, job.paths
    )
    planned, progress = ExportProgress.of(event["planned"]), WriteProgress(**event["progress"])
    return write.advance(planned, progress, event["imports"]).to_state()
