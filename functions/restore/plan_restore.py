"""State PlanRestore: decide every user, count, and write the plan before anything is written to the target."""

from __future__ import annotations

import json
from dataclasses import replace

from poolsafe import bootstrap
from poolsafe.domain.listing import Listing
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.forget import Forget
from poolsafe.operations.plan_restore import Listed, PlanProgress, PlanRestore
from poolsafe.operations.take_up import Frozen, freeze
from restore.job import RestoreJob


@state("restore", "PlanRestore", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    store = application.store
    before = Listing.of(event["before"])
    listed = Listed(before.users, job.groups_there(event["before_groups"]), before.memberships)
    files = store, bootstrap.PARQUET, invocation.deadline
    forget = Forget(*files, application.workers, job.paths, event["started_at"])
    plan = PlanRestore(*files, job.reader, job.planner, job.paths, job.request, listed, forget)
    progress = PlanProgress(**event["progress"])
    progress = replace(progress, done=True) if job.request.only_config else plan.advance(progress)
    if progress.done:
        planned = store.get(job.paths.planned_configuration_key)
        configuration = json.loads(planned.content) if planned else {"action": "none"}
        rates = application.rates(job.request.quota_share, quotas=event["quotas"])
        plan.write_summary(rates, progress, configuration, [*event["warnings"], *before.warnings])
        forgotten, done = forget.once_it_stands(progress.forgotten)
        progress = replace(progress, forgotten=forgotten, done=done)
        if done and not job.request.dry_run:
            state_of_plan = {
                **{name: {"progress": event[name]} for name in ("before", "before_groups")},
                "plan": {"progress": progress.to_state()},
                "lanes": event["lanes"],
                "lane_count": len(event["lanes"]),
            }
            freeze(store, job.paths, Frozen(event["started_at"], state_of_plan))
    return progress.to_state()
