"""State ComparePools: count the users of both pools against each other."""

from __future__ import annotations

from datetime import datetime

from migration.job import MigrationJob
from poolsafe import bootstrap
from poolsafe.domain.match import Matcher
from poolsafe.domain.migration.comparison import Comparison
from poolsafe.domain.target import TargetPool
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.compare_pools import ComparePools


@state("migration", "ComparePools")
def handler(event: Event, invocation: Invocation) -> Event:
    job = MigrationJob.of(event, invocation)
    matcher = Matcher(TargetPool.of(job.target.pool.describe()), job.application.settings.sub_attribute)
    source, target = (job.listed(event, pool, "users", pool) for pool in ("source", "target"))
    compare = ComparePools(job.application.store, bootstrap.format_of, source, target)
    return compare(Comparison(matcher, datetime.fromisoformat(event["started_at"]))).to_state(event["started_at"])
