"""State PlanRestore: decide every user, count, and write the plan before anything is written to the target."""

from __future__ import annotations

import json

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.plan_restore import PlanProgress, PlanRestore
from restore.job import RestoreJob


@state("restore", "PlanRestore", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    plan = PlanRestore(application.store, bootstrap.PARQUET, bootstrap.format_of, invocation.deadline)
    before, progress = ExportProgress.of(event["before"]), PlanProgress(**event["progress"])
    if job.request.only_config:
        progress = PlanProgress(done=True)
    else:
        groups = job.groups_there(event["before_groups"])
        progress = plan.advance(job.manifest, job.planner, job.paths, before, job.request, progress, groups)
    if progress.done:
        rates = application.rates(job.request.quota_share)
        planned = application.store.get(job.paths.planned_configuration_key)
        configuration = json.loads(planned.content) if planned else {"action": "none"}
        plan.write_summary(job.manifest, job.request, job.planner, job.paths, rates, progress, configuration)
    return progress.to_state()
