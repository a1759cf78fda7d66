"""State WalkSignIns: do restored users get in, as themselves, and with their groups?"""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.domain.drill.request import DrillRequest
from poolsafe.domain.snapshot import RestorePaths, SnapshotRef, region_of
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.operations.pick_canaries import PickCanaries
from poolsafe.operations.reading import SnapshotReader
from poolsafe.operations.walk_sign_ins import WalkSignIns


@state("drill", "WalkSignIns")
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, DrillRequest.from_state(event["request"])
    store, restored = application.store, event["restored"]
    manifest = read_manifest(store, SnapshotRef.parse(event["restore"]["snapshot"]))
    reader = SnapshotReader(store, manifest, bootstrap.format_of)
    pick = PickCanaries(store, bootstrap.PARQUET, reader, RestorePaths(restored["restore_id"]))
    user_pool_id = restored["target_user_pool_id"]
    cognito = application.cognito(region_of(user_pool_id), request.quota_share)
    described = cognito.call("DescribeUserPool", UserPoolId=user_pool_id)["UserPool"]
    policy = (described.get("Policies") or {}).get("PasswordPolicy") or {}
    return WalkSignIns(cognito, user_pool_id, bootstrap.passwords_for(policy))(pick())
