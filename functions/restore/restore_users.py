"""State RestoreUsers: one lane creates its planned users until it is done or its deadline is near."""

from __future__ import annotations

import sys
from datetime import datetime

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.lanes import RESTORING
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.outcome import Kind, Result
from poolsafe.domain.restore.pipeline import workers_for
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.defer_users import DeferUsers
from poolsafe.operations.find_imported import FindImported
from poolsafe.operations.restore_lane import RestoreLane, RestoreProgress
from poolsafe.operations.restore_users import RestoreUser
from restore.job import RestoreJob

#: Users whom one death of the process may let hear twice: with each note of how far a lane is, that begins anew.
INVITED_AT_ONCE = 25


#: For those under way the lane reckons with the pace of the moment; this is for what no pace tells: a call that hangs
#: for three of its four attempts (30 s each, adapters/aws.py), and the writing. Should it take longer, Lambda ends the
#: process, and what was done since the last note is met again.
RESERVE_SECONDS = 120


@state("restore", "RestoreUsers", reserve_seconds=RESERVE_SECONDS)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    target_id, started_at = event["target_user_pool_id"], datetime.fromisoformat(event["started_at"])
    share, lanes, quotas = job.request.quota_share, event["lanes"], event["quotas"]
    pool, governor = application.user_pool(target_id, share, lanes, quotas=quotas)
    rates = application.rates(share, lanes, quotas)
    restore = RestoreUser(
        pool,
        job.planner.target,
        bootstrap.passwords(job.planner.target),
        DeferUsers(application.store, target_id),
        event["sub_attribute"],
        started_at,
        job.request.credentials_fallback,
    )
    # While users are imported there is no listing yet, and so many of their batches are there; then all are.
    batches = event["batches"]
    ready = event.get("ready", len(batches) + 1)
    imported = FindImported(
        application.store,
        bootstrap.PARQUET,
        job.planner.matcher,
        job.paths,
        ExportProgress.of(event.get("imported", {})),
        started_at,
    )
    lane = RestoreLane(
        application.store,
        application.vault,
        bootstrap.PARQUET,
        invocation.deadline,
        application.workers(workers_for(rates)),
        lambda: min(map(governor.rate, RESTORING)),
        job.paths,
        target_id,
        event["started_at"],
        imported,
        INVITED_AT_ONCE if job.request.credentials is Credential.INVITE else sys.maxsize,
        batches,
        ready,
        imported.seconds,
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
