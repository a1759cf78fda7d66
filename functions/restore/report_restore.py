"""State ReportRestore: write the report, its page and the sub map, and give the verdict."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.requests import RestoreRequest
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.note_reader import note_end
from poolsafe.operations.report_restore import report_dry_run, report_restore
from poolsafe.schema_check import require

#: Files of outcomes that are read at once.
READERS = 16


@state("restore", "ReportRestore")
def handler(event: Event, invocation: Invocation) -> Event:
    application = invocation.application
    request, paths = RestoreRequest.from_state(event["request"]), RestorePaths(event["restore_id"])
    if request.dry_run:
        result = report_dry_run(
            application.store, application.clock, bootstrap.restore_html, paths, event["started_at"]
        )
    else:
        result = report_restore(
            application.store,
            application.vault,
            bootstrap.PARQUET,
            application.clock,
            application.workers(READERS),
            bootstrap.restore_html,
            paths,
            request,
            event["started_at"],
            event["target_user_pool_id"],
            lanes=[event["groups"], *event["users"]] if "users" in event else [],
            verified=event.get("verified"),
        )
    require("restore.result", result)
    note_end(application.store, application.clock, request.snapshot, paths.restore_id)
    return result
