"""State VerifyTarget: compare the target, listed again, with the snapshot."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.plan_restore import PlanProgress
from poolsafe.operations.verify_target import Readback, VerifyProgress, VerifyTarget
from restore.job import RestoreJob


@state("restore", "VerifyTarget", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, RestoreJob.of(event, invocation)
    pool, _ = application.user_pool(event["target_user_pool_id"], job.request.quota_share)
    readback = Readback(*(ExportProgress.of(event["after"][kind]) for kind in ("users", "groups", "memberships")))
    verify = VerifyTarget(
        pool,
        application.store,
        bootstrap.PARQUET,
        invocation.deadline,
        job.reader,
        job.planner,
        job.paths,
        readback,
        PlanProgress(**event["plan"]),
    )
    return verify.advance(VerifyProgress(**event["progress"])).to_state()
