"""State RestoreGroups: create the groups until done or the deadline is near."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.restore_groups import RestoreGroups
from poolsafe.operations.restore_lane import RestoreProgress, count, count_failures
from restore.job import RestoreJob


@state("restore", "RestoreGroups")
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    progress = RestoreProgress(**event["progress"])
    pool, _ = application.user_pool(event["target_user_pool_id"], job.request.quota_share)
    restore = RestoreGroups(
        pool,
        application.store,
        bootstrap.PARQUET,
        invocation.deadline,
        job.reader,
        job.planner,
        job.paths,
        job.groups_there(event["before"]),
    )
    row, outcomes, done = restore.advance(progress.row)
    return RestoreProgress(
        row=row,
        counts=count(progress.counts, outcomes),
        failures=count_failures(progress.failures, outcomes),
        done=done,
    ).to_state()
