"""State CheckImport: ask how far a job is, and whether lanes have work meanwhile; when it has ended, name the next."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from restore.import_job import import_jobs


@state("restore", "CheckImport")
def handler(event: Event, invocation: Invocation) -> Event:
    job = event["job"]
    rows = event["rows"][job["file"]]
    checked = import_jobs(event, invocation).check(job["job_id"], job["wait_seconds"], rows)
    file = job["file"] + 1 if checked["ended"] else job["file"]
    work = job["file"] > 0 and not all(lane.get("waits") for lane in event["lanes"])
    return {**job, **checked, "file": file, "work": work, "done": checked["ended"] and file >= job["files"]}
