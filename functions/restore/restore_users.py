"""State RestoreUsers: one lane creates its planned users until it is done or its deadline is near."""

from __future__ import annotations

import sys
from datetime import datetime

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.outcome import Kind, Result
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.defer_users import DeferUsers
from poolsafe.operations.find_imported import FindImported
from poolsafe.operations.restore_lane import RestoreLane, RestoreProgress
from poolsafe.operations.restore_users import RestoreUser
from restore.job import RestoreJob

#: Users under way at once: at 100 ms a call, far more than the documented quotas let through.
WORKERS = 32
#: Users whom one death of the process may let hear twice: with each note of how far a lane is, that begins anew.
INVITED_AT_ONCE = 25


@state("restore", "RestoreUsers", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    target_id, started_at = event["target_user_pool_id"], datetime.fromisoformat(event["started_at"])
    pool, governor = application.user_pool(target_id, job.request.quota_share, event["lanes"], quotas=event["quotas"])
    restore = RestoreUser(
        pool,
        job.planner.target,
        bootstrap.passwords(job.planner.target),
        DeferUsers(application.store, target_id),
        event["sub_attribute"],
        started_at,
        job.request.credentials_fallback,
    )
    imported = FindImported(
        application.store,
        bootstrap.PARQUET,
        job.planner.matcher,
        job.paths,
        ExportProgress.of(event["imported"]),
        started_at,
    )
    lane = RestoreLane(
        application.store,
        application.vault,
        bootstrap.PARQUET,
        invocation.deadline,
        WORKERS,
        job.paths,
        target_id,
        event["started_at"],
        imported,
        INVITED_AT_ONCE if job.request.credentials is Credential.INVITE else sys.maxsize,
    )
    planned = ExportProgress.of(event["planned"])
    progress = lane.resumed(planned, event["lanes"], RestoreProgress(**event["progress"]))
    advanced = lane.advance(restore, planned, event["lanes"], progress)
    for metric, result in ((Metric.USERS_RESTORED, Result.CREATED), (Metric.USERS_FAILED, Result.FAILED)):
        users = (counts.get(Kind.USER, {}).get(result, 0) for counts in (advanced.counts, progress.counts))
        invocation.count(metric, next(users) - next(users))
    invocation.count(Metric.REQUESTS, governor.requests)
    invocation.count(Metric.THROTTLES, governor.throttles)
    return advanced.to_state()
