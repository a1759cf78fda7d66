"""State RestoreUsers: one lane creates its planned users until it is done or its deadline is near."""

from __future__ import annotations

from datetime import datetime

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.outcome import Kind, Result
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.restore_lane import RestoreLane, RestoreProgress
from poolsafe.operations.restore_users import RestoreUser
from restore.job import RestoreJob

#: Users under way at once: at 100 ms a call, far more than the documented quotas let through.
WORKERS = 32


@state("restore", "RestoreUsers", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    pool, governor = application.user_pool(event["target_user_pool_id"], job.request.quota_share, event["lanes"])
    restore = RestoreUser(
        pool,
        bootstrap.passwords(job.planner.target),
        event["sub_attribute"],
        datetime.fromisoformat(event["started_at"]),
    )
    progress = RestoreProgress(**event["progress"])
    advanced = RestoreLane(application.store, bootstrap.PARQUET, invocation.deadline, WORKERS).advance(
        restore, job.paths, ExportProgress.of(event["planned"]), event["lanes"], progress
    )
    for metric, result in ((Metric.USERS_RESTORED, Result.CREATED), (Metric.USERS_FAILED, Result.FAILED)):
        users = (counts.get(Kind.USER, {}).get(result, 0) for counts in (advanced.counts, progress.counts))
        invocation.count(metric, next(users) - next(users))
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
