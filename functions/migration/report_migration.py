"""State ReportMigration: the report of this look, as JSON and as a page for people."""

from __future__ import annotations

import json

from migration.job import MigrationJob
from poolsafe import bootstrap
from poolsafe.domain.migration.report import migration_report, migration_result
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.compare_pools import count_deferred, keep_point
from poolsafe.schema_check import require


@state("migration", "ReportMigration")
def handler(event: Event, invocation: Invocation) -> Event:
    job = MigrationJob.of(event, invocation)
    store, paths, compared = job.application.store, job.paths, event["compared"]
    ended = store.get(paths.ending_key(job.run_id)) if event["action"] == "finish" else None
    report = migration_report(
        run_id=job.run_id,
        action=event["action"],
        source_user_pool_id=str(job.request.source_user_pool_id),
        target_user_pool_id=job.request.target_user_pool_id,
        compared=compared,
        deferred=count_deferred(store, job.request.target_user_pool_id),
        points=keep_point(store, paths, job.run_id, compared["point"]),
        ending=json.loads(ended.content) if ended else None,
        restored=event.get("restored"),
    )
    require("migration.report", report)
    store.put(paths.report_key(job.run_id), json.dumps(report, indent=1, ensure_ascii=False).encode())
    store.put(
        paths.html_key(job.run_id),
        bootstrap.migration_html(report).encode(),
        content_type="text/html; charset=utf-8",
    )
    result = migration_result(report, store.url(paths.report_key(job.run_id)), store.url(paths.html_key(job.run_id)))
    require("migration.result", result)
    return result
