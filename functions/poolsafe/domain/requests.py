"""The inputs of the machines, after their JSON Schema: typed, with defaults, and free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import InvalidRequest
from .configuration.override import Override
from .snapshot import POOL_ID, SnapshotRef, region_of

#: `on_conflict`: what is in the target already refuses the restore, before the first write.
FAIL = "fail"
DEFAULT_SUB_ATTRIBUTE = "custom:original_sub"


def require_pool_id(field: str, value: str, regions: frozenset[str]) -> str:
    """Refuse what cannot be a user pool id, and a Region that does not offer Cognito user pools."""
    pool_id = value.strip()
    if not POOL_ID.fullmatch(pool_id):
        raise InvalidRequest(field, "is not a user pool id: '<Region>_<letters and digits>'", '"us-east-1_AbCdEfGhI"')
    if region_of(pool_id) not in regions:
        raise InvalidRequest(
            field, f"names the Region {region_of(pool_id)}, which has no Cognito user pools", '"us-east-1_AbCdEfGhI"'
        )
    return pool_id


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """Input of the backup machine."""

    user_pool_id: str
    format: str = "parquet"
    include: tuple[str, ...] = ()
    quota_share: float = 0.5
    shards: str | int = "auto"
    secrets: str = "keep"
    note: str | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any], regions: frozenset[str]) -> BackupRequest:
        """Type a document that fits `schemas/backup.request.json`."""
        values = dict(document)
        values["user_pool_id"] = require_pool_id("user_pool_id", values["user_pool_id"], regions)
        values["include"] = tuple(values.get("include", ()))
        return cls(**values)

    def to_state(self) -> dict[str, Any]:
        return {**asdict(self), "include": list(self.include)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> BackupRequest:
        return cls(**{**state, "include": tuple(state["include"])})


@dataclass(frozen=True, slots=True)
class CreatePool:
    """`create_pool` of a restore: a new pool from the snapshot's configuration."""

    pool_name: str
    region: str
    override: Override = field(default_factory=Override)

    @classmethod
    def of(cls, document: Mapping[str, Any], snapshot: SnapshotRef, regions: frozenset[str]) -> CreatePool:
        region = document.get("region", region_of(snapshot.user_pool_id))
        if region not in regions:
            raise InvalidRequest("create_pool.region", "names a Region that has no Cognito user pools", '"us-east-1"')
        return cls(document["pool_name"], region, Override.of(document.get("override", {})))

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> CreatePool:
        return cls(state["pool_name"], state["region"], Override.of(state["override"]))


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """Input of the restore machine. `sub_attribute_given` tells a wish from the default.

    Either `target_user_pool_id` or `create_pool`. `role_map` has new ARNs of
    roles by the old. `only_config` leaves users and groups out.
    """

    snapshot: SnapshotRef
    target_user_pool_id: str | None = None
    create_pool: CreatePool | None = None
    role_map: Mapping[str, str] = field(default_factory=dict)
    only_config: bool = False
    restore_id: str | None = None
    credentials: str = "reset"
    on_conflict: str = "skip"
    sub_attribute: str | None = DEFAULT_SUB_ATTRIBUTE
    sub_attribute_given: bool = False
    federated_users: str = "defer"
    max_failed_percent: float = 1
    quota_share: float = 0.8
    dry_run: bool = False

    @classmethod
    def of(cls, document: Mapping[str, Any], regions: frozenset[str]) -> RestoreRequest:
        """Type a document that fits `schemas/restore.request.json`. The snapshot may still be `latest`."""
        values = dict(document)
        values["snapshot"] = snapshot = SnapshotRef.parse(values["snapshot"])
        allowed = values.pop("allow_source_pool", False)
        _one_target(values)
        if "create_pool" in values:
            values["create_pool"] = CreatePool.of(values["create_pool"], snapshot, regions)
        else:
            target = require_pool_id("target_user_pool_id", values["target_user_pool_id"], regions)
            if target == snapshot.user_pool_id and not allowed:
                raise InvalidRequest(
                    "target_user_pool_id",
                    "is the pool that the snapshot was taken from. Restoring into it is possible (existing users are "
                    "skipped), but only on purpose: add allow_source_pool",
                    '"allow_source_pool": true',
                )
            values["target_user_pool_id"] = target
        values["only_config"] = values.pop("only", {}).get("sections") == ["config"]
        values["sub_attribute_given"] = document.get("sub_attribute") is not None
        return cls(**values)

    def to_state(self, snapshot: SnapshotRef) -> dict[str, Any]:
        """The request with its snapshot found."""
        return {**asdict(self), "snapshot": str(snapshot)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> RestoreRequest:
        created = state["create_pool"] and CreatePool.from_state(state["create_pool"])
        return cls(**{**state, "snapshot": SnapshotRef.parse(state["snapshot"]), "create_pool": created})

    @property
    def changes_configuration(self) -> bool:
        """Whether the target's configuration is written, not only compared."""
        return self.create_pool is not None or self.only_config


def _one_target(values: Mapping[str, Any]) -> None:
    if ("target_user_pool_id" in values) != ("create_pool" in values):
        return
    if "create_pool" in values:
        raise InvalidRequest(
            "create_pool", "and target_user_pool_id are both given; say which", '"create_pool": {"pool_name": "shop"}'
        )
    raise InvalidRequest(
        "target_user_pool_id",
        "is missing. Name a pool, or have one made with create_pool",
        '"target_user_pool_id": "us-east-1_Target"',
    )


@dataclass(frozen=True, slots=True)
class AssessRequest:
    """Input of the assess machine. `snapshot` is None where the pool itself is asked."""

    user_pool_id: str
    snapshot: SnapshotRef | None = None
    target_user_pool_id: str | None = None
    intended_changes: tuple[str, ...] = ()
    mfa_sample: int = 0
    quota_share: float = 0.5

    @classmethod
    def of(cls, document: Mapping[str, Any], regions: frozenset[str]) -> AssessRequest:
        """Type a document that fits `schemas/assess.request.json`. The snapshot may still be `latest`."""
        values = dict(document)
        if "snapshot" in values:
            values["snapshot"] = snapshot = SnapshotRef.parse(values["snapshot"])
            values.setdefault("user_pool_id", snapshot.user_pool_id)
        elif "user_pool_id" not in values:
            raise InvalidRequest(
                "user_pool_id", "is missing. Name a pool, or a snapshot", '"user_pool_id": "us-east-1_AbCdEfGhI"'
            )
        for field_name in ("user_pool_id", "target_user_pool_id"):
            if field_name in values:
                values[field_name] = require_pool_id(field_name, values[field_name], regions)
        if "snapshot" in values and values["snapshot"].user_pool_id != values["user_pool_id"]:
            raise InvalidRequest(
                "snapshot", f"is not of {values['user_pool_id']}", f'"{values["user_pool_id"]}/latest"'
            )
        values["intended_changes"] = tuple(values.get("intended_changes", ()))
        return cls(**values)

    def to_state(self, snapshot: SnapshotRef | None) -> dict[str, Any]:
        """The request with its snapshot found."""
        found = None if snapshot is None else str(snapshot)
        return {**asdict(self), "snapshot": found, "intended_changes": list(self.intended_changes)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> AssessRequest:
        snapshot = state["snapshot"] and SnapshotRef.parse(state["snapshot"])
        return cls(**{**state, "snapshot": snapshot, "intended_changes": tuple(state["intended_changes"])})
