"""State CheckRequest: find the pools, refuse what cannot be meant, name the run."""

from __future__ import annotations

from migration.job import MigrationJob
from poolsafe import bootstrap
from poolsafe.domain.migration.request import Action, MigrationRequest
from poolsafe.domain.snapshot import run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.check_migration import check_migration
from poolsafe.schema_check import require


@state("migration", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    require("migration.request", event["request"])
    application, request = invocation.application, MigrationRequest.of(event["request"], bootstrap.regions())
    job = MigrationJob(application, request, run_id(event["execution_id"], event["started_at"]))
    source = job.source.pool if request.source_user_pool_id else None
    check_migration(request, job.target.pool, source, application.store, application.settings.region)
    if request.action is Action.ATTACH:
        job.triggers.check(request, job.source if request.moves_users else None)
    return {
        "request": request.to_state(),
        "run_id": job.run_id,
        "started_at": event["started_at"],
        "action": request.action.value,
        "lists_source": request.lists_source,
        "is_dry_run": bool((request.restore or {}).get("dry_run")),
        "export": job.export("source", str(request.source_user_pool_id)),
        "target_export": job.export("target", request.target_user_pool_id),
        "backup": {
            "user_pool_id": str(request.source_user_pool_id),
            "quota_share": request.quota_share,
            "note": f"to finish the migration to {request.target_user_pool_id}",
        },
        "restore": {
            "target_user_pool_id": request.target_user_pool_id,
            "sub_attribute": application.settings.sub_attribute,
            "quota_share": request.quota_share,
            **(request.restore or {}),
        }
        if request.action is Action.FINISH
        else {},
    }
