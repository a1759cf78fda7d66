"""State VerifySnapshot: read every file of the snapshot and compare it with the manifest."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.requests import RestoreRequest
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.operations.verify_snapshot import verify_snapshot


@state("restore", "VerifySnapshot")
def handler(event: Event, invocation: Invocation) -> Event:
    store = invocation.application.store
    manifest = read_manifest(store, RestoreRequest.from_state(event["request"]).snapshot)
    done = verify_snapshot(store, bootstrap.format_of, manifest, invocation.deadline, event["progress"].get("files", 0))
    return {"files": done, "done": done == len(manifest.files)}
