"""State StartImport: have Cognito import one file, or find that another job of the account is active."""

from __future__ import annotations

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.import_users import FIRST_WAIT
from restore.import_job import import_jobs


@state("restore", "StartImport")
def handler(event: Event, invocation: Invocation) -> Event:
    started = import_jobs(event, invocation).start(event["file"], event["waits"])
    # Who came by an earlier file can be worked on meanwhile.
    work = event["file"] > 0
    return {"file": event["file"], "files": event["files"], "work": work, "wait_seconds": FIRST_WAIT, **started}
