"""State DescribePool: the pool exists, its description is saved, the lanes are known."""

from __future__ import annotations

from poolsafe.domain.lane import ExportProgress
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.describe_pool import describe_pool, save_config

CONFIG_PATH = "config/user_pool.json"


@state("backup", "DescribePool")
def handler(event: Event, invocation: Invocation) -> Event:
    export = event["export"]
    pool, _ = invocation.application.user_pool(export["user_pool_id"], export["quota_share"])
    described, description = describe_pool(pool, "user_pool_id")
    save_config(invocation.application.store, export["prefix"] + CONFIG_PATH, description)
    return {
        "estimated_users": int(described.get("EstimatedNumberOfUsers") or 0),
        "config": [CONFIG_PATH],
        "lanes": [ExportProgress(lane=0).to_state()],
    }
