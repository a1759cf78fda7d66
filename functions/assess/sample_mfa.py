"""State SampleMfa: ask some users for their MFA methods. Each is billed as active this month."""

from __future__ import annotations

from assess.job import AssessJob
from poolsafe.entrypoint import Event, Invocation, state


@state("assess", "SampleMfa")
def handler(event: Event, invocation: Invocation) -> Event:
    job = AssessJob.of(event, invocation)
    pool, _ = invocation.application.user_pool(job.request.user_pool_id, job.request.quota_share)
    return job.assess.sample(pool, job.request.mfa_sample).to_state()
