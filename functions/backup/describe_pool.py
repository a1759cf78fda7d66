"""State DescribePool: the pool exists, and about how many it has."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.describe_pool import describe_pool


@state("backup", "DescribePool")
def handler(event: Event, invocation: Invocation) -> Event:
    export = event["export"]
    pool, _ = invocation.application.user_pool(export["user_pool_id"], export["quota_share"])
    described, _ = describe_pool(pool, "user_pool_id")
    return {"estimated_users": int(described.get("EstimatedNumberOfUsers") or 0)}
