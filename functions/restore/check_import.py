"""State CheckImport: ask how far a job is; when it has ended, name the next file."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from restore.import_job import import_jobs


@state("restore", "CheckImport")
def handler(event: Event, invocation: Invocation) -> Event:
    job = event["job"]
    checked = import_jobs(event, invocation).check(job["job_id"], job["wait_seconds"])
    file = job["file"] + 1 if checked["ended"] else job["file"]
    return {**job, **checked, "file": file, "done": checked["ended"] and file >= job["files"]}
