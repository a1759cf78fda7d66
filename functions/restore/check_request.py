"""State CheckRequest: find the snapshot and the target, refuse what cannot be meant, name the restore, set its pace."""

from __future__ import annotations

import json

from poolsafe import bootstrap
from poolsafe.domain.lanes import restore_lanes
from poolsafe.domain.quotas import OF_A_RESTORE
from poolsafe.domain.requests import RestoreRequest
from poolsafe.domain.snapshot import RestorePaths, SnapshotRef, region_of, run_id
from poolsafe.domain.target import TargetPool
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.check_target import require_importable, sub_attribute_of
from poolsafe.operations.listed_users import with_listed_users
from poolsafe.operations.load_configuration import require_configuration
from poolsafe.operations.note_reader import note_reader
from poolsafe.operations.open_snapshot import find_snapshot
from poolsafe.operations.read_target import keep_target, read_target
from poolsafe.operations.take_up import frozen_plan, take_up
from poolsafe.schema_check import require


@state("restore", "CheckRequest")
def handler(event: Event, invocation: Invocation) -> Event:
    require("restore.request", event["request"])
    application = invocation.application
    store = application.store
    request = RestoreRequest.of(with_listed_users(store, event["request"]), bootstrap.regions())
    paths = RestorePaths(request.restore_id or run_id(event["execution_id"], event["started_at"]))
    manifest = find_snapshot(store, request.snapshot)
    if request.changes_configuration:
        require_configuration(manifest, "create_pool" if request.create_pool else "only.sections")
    ref = SnapshotRef(manifest.user_pool_id, manifest.snapshot_id)
    wanted = request.to_state(ref)
    document = None
    if request.target_user_pool_id is not None:
        document = read_target(application.configuration(request.target_user_pool_id, request.quota_share))
        target = TargetPool.from_document(document)
        sub_attribute_of(request, target)
        require_importable(request, target)
    note_reader(store, application.clock, ref, paths.restore_id)
    take_up(store, paths, wanted, again=request.restore_id is not None)
    if request.scope.is_selective:
        store.put(paths.selection_key, json.dumps(request.scope.selection).encode())
    frozen = frozen_plan(store, paths)
    if document is not None and frozen is None:
        keep_target(store, paths, document)
    region = request.create_pool.region if request.create_pool else region_of(str(request.target_user_pool_id))
    quotas, warnings = application.set_pace(region, OF_A_RESTORE, request.quota_share)
    lanes = restore_lanes(application.rates(request.quota_share, quotas=quotas))
    return {
        "request": wanted,
        "restore_id": paths.restore_id,
        "started_at": frozen.started_at if frozen else event["started_at"],
        "is_planned": frozen is not None,
        "quotas": quotas,
        "warnings": warnings,
        **(frozen.state if frozen else {"lanes": [{"lane": lane} for lane in range(lanes)], "lane_count": lanes}),
    }
