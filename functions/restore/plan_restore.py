"""State PlanRestore: decide every user, count, and write the plan before anything is written to the target."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.plan_restore import PlanProgress, PlanRestore
from restore.job import RestoreJob


@state("restore", "PlanRestore", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    plan = PlanRestore(application.store, bootstrap.PARQUET, bootstrap.format_of, invocation.deadline)
    progress = plan.advance(
        job.manifest,
        job.planner,
        job.paths,
        ExportProgress.of(event["before"]),
        job.request,
        PlanProgress(**event["progress"]),
    )
    if progress.done:
        rates = application.rates(job.request.quota_share)
        plan.write_summary(job.manifest, job.request, job.planner, job.paths, rates, progress)
    return progress.to_state()
