"""State CheckRequest: find the snapshots or the pool, refuse what cannot be meant, name the comparison."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.compare.paths import ComparisonPaths
from poolsafe.domain.compare.request import CompareRequest
from poolsafe.domain.manifest import COMPLETE
from poolsafe.domain.snapshot import SnapshotRef, run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.compare_sides import find_side
from poolsafe.operations.describe_pool import describe_pool
from poolsafe.schema_check import require


@state("compare", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    require("compare.request", event["request"])
    application, wanted = invocation.application, CompareRequest.of(event["request"], bootstrap.regions())
    fields = {"before": ("snapshot", wanted.snapshot), "after": ("with", wanted.with_snapshot)}
    manifests = {side: find_side(application.store, ref, name) for side, (name, ref) in fields.items() if ref}
    found = {side: SnapshotRef(one.user_pool_id, one.snapshot_id) for side, one in manifests.items()}
    request = wanted.resolved(found["before"], found.get("after"))
    if request.user_pool_id is not None:
        describe_pool(application.user_pool(request.user_pool_id, request.quota_share)[0], "user_pool_id")
    paths = ComparisonPaths(run_id(event["execution_id"], event["started_at"]))
    live = {"after": {"name": request.user_pool_id, "taken_at": event["started_at"], "is_partial": False}}
    return {
        "request": request.to_state(),
        "comparison_id": paths.comparison_id,
        "started_at": event["started_at"],
        "is_live": request.user_pool_id is not None,
        "sides": live
        | {
            side: {"name": str(found[side]), "taken_at": one.ended_at, "is_partial": one.status != COMPLETE}
            for side, one in manifests.items()
        },
        "export": {
            "user_pool_id": request.pool_after,
            "prefix": paths.listing,
            "format": "parquet",
            "quota_share": request.quota_share,
            "include_mfa": False,
            "shards": "auto",
        },
    }
