"""State DeferFederated: write down what federated users will miss, until done or the deadline is near."""

from __future__ import annotations

from migration.job import MigrationJob
from poolsafe import bootstrap
from poolsafe.domain.target import TargetPool
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.defer_federated import DeferFederated, DeferProgress


@state("migration", "DeferFederated")
def handler(event: Event, invocation: Invocation) -> Event:
    job = MigrationJob.of(event, invocation)
    defer = DeferFederated(
        job.application.store,
        bootstrap.format_of,
        job.listed(event, "source", "users", "users"),
        job.listed(event, "source", "memberships", "memberships"),
        job.listed(event, "target", "users", "profiles"),
        str(job.request.source_user_pool_id),
        TargetPool.of(job.target.pool.describe()),
        job.application.settings.sub_attribute,
    )
    return defer(DeferProgress(**event["progress"]), invocation.deadline).to_state()
