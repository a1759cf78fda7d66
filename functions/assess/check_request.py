"""State CheckRequest: find the pool or the snapshot, refuse what cannot be meant, name the assessment."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.assessment.paths import AssessmentPaths
from poolsafe.domain.requests import AssessRequest
from poolsafe.domain.snapshot import SnapshotRef, run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.describe_pool import describe_pool, pool_exists
from poolsafe.operations.load_configuration import require_configuration
from poolsafe.operations.open_snapshot import find_snapshot
from poolsafe.schema_check import require


@state("assess", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    require("assess.request", event["request"])
    application, request = invocation.application, AssessRequest.of(event["request"], bootstrap.regions())
    pool, _ = application.user_pool(request.user_pool_id, request.quota_share)
    found, knows_mfa = None, False
    if request.snapshot is not None:
        manifest = find_snapshot(application.store, request.snapshot)
        require_configuration(manifest, "snapshot")
        found = SnapshotRef(manifest.user_pool_id, manifest.snapshot_id)
        knows_mfa = "mfa" in manifest.options.get("include", ())
    else:
        describe_pool(pool, "user_pool_id")
    if request.target_user_pool_id is not None:
        target, _ = application.user_pool(request.target_user_pool_id, request.quota_share)
        describe_pool(target, "target_user_pool_id")
    exists = found is None or pool_exists(pool)
    paths = AssessmentPaths(run_id(event["execution_id"], event["started_at"]))
    return {
        "request": request.to_state(found),
        "assessment_id": paths.assessment_id,
        "started_at": event["started_at"],
        "is_live": found is None,
        "pool_exists": exists,
        "asks_users": exists and request.mfa_sample > 0 and not knows_mfa,
        "export": {
            "user_pool_id": request.user_pool_id,
            "prefix": paths.listing,
            "format": "parquet",
            "quota_share": request.quota_share,
            "include_mfa": False,
            "shards": "auto",
        },
    }
