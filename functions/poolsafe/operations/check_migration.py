"""What a migration run asks of the pools and of what is written down, before anything is read at length."""

from __future__ import annotations

from ..domain.migration.request import Action, MigrationRequest
from ..domain.migration.settings import MigrationPaths, MigrationSettings
from ..domain.snapshot import region_of
from ..errors import InvalidRequest, TargetMismatch
from ..ports import ObjectStore, UserPool
from .describe_pool import describe_pool


def check_migration(
    request: MigrationRequest, target: UserPool, source: UserPool | None, store: ObjectStore, region: str
) -> None:
    """Raises InvalidRequest, PoolNotFound and TargetMismatch. `region` is that of the stack."""
    if request.action is Action.ATTACH and region_of(request.target_user_pool_id) != region:
        raise InvalidRequest(
            "target_user_pool_id",
            f"lies in another Region than this stack ({region}), and Cognito calls functions of its own Region alone. "
            f"Deploy Poolsafe in {region_of(request.target_user_pool_id)}",
            f'"{region}_Target"',
        )
    describe_pool(target, "target_user_pool_id")
    if request.action in (Action.STATUS, Action.FINISH):
        _require_same_source(request, store)
    if source is not None:
        describe_pool(source, "source_user_pool_id")


def _require_same_source(request: MigrationRequest, store: ObjectStore) -> None:
    """One target has one source; and that of another account is out of the reach of the machines."""
    found = store.get(MigrationPaths(request.target_user_pool_id).settings_key)
    if found is None:
        return
    settings = MigrationSettings.from_json(found.content)
    if settings.source_user_pool_id != request.source_user_pool_id:
        raise TargetMismatch(
            f"source_user_pool_id: people move to {request.target_user_pool_id} from {settings.source_user_pool_id}, "
            f"not from {request.source_user_pool_id}."
        )
    if settings.source_role_arn is not None:
        raise TargetMismatch(
            f"source_user_pool_id: {settings.source_user_pool_id} belongs to another account, and this stack lists and "
            "restores pools of its own alone. Back it up with Poolsafe there, copy the snapshot into this bucket, and "
            'restore it: {"snapshot": "<source>/latest", "target_user_pool_id": "<target>"}'
        )
