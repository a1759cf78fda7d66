"""State EndMigration: detach the trigger once nobody is missing; say when the source can go, and what points at it."""

from __future__ import annotations

from datetime import datetime

from migration.job import MigrationJob
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.end_migration import end_migration


@state("migration", "EndMigration")
def handler(event: Event, invocation: Invocation) -> Event:
    job = MigrationJob.of(event, invocation)
    ended = end_migration(
        job.triggers,
        job.source.reader,
        event["compared"]["point"],
        datetime.fromisoformat(event["started_at"]),
        invocation.deadline,
    )
    job.application.store.put(job.paths.ending_key(job.run_id), ended)
    return {"ending": job.paths.ending_key(job.run_id)}
