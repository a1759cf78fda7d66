"""State DescribePool: the pool exists, about how many it has, and how fast they may be listed."""

from __future__ import annotations

from poolsafe.domain.quotas import of_an_export
from poolsafe.domain.snapshot import region_of
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.describe_pool import describe_pool


@state("backup", "DescribePool")
def handler(event: Event, invocation: Invocation) -> Event:
    application, export = invocation.application, event["export"]
    user_pool_id, quota_share = export["user_pool_id"], export["quota_share"]
    pool, _ = application.user_pool(user_pool_id, quota_share)
    described, _ = describe_pool(pool, "user_pool_id")
    drawn_on = of_an_export(export["include_mfa"])
    quotas, warnings = application.set_pace(region_of(user_pool_id), drawn_on, quota_share)
    return {
        "estimated_users": int(described.get("EstimatedNumberOfUsers") or 0),
        "quotas": quotas,
        "warnings": warnings,
    }
