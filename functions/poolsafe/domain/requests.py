"""The inputs of the machines, after their JSON Schema: typed, with defaults, and free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InvalidRequest
from .snapshot import LATEST, POOL_ID, SnapshotRef, region_of

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
class RestoreRequest:
    """Input of the restore machine. `sub_attribute_given` tells a wish from the default."""

    snapshot: SnapshotRef
    target_user_pool_id: str
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
        values["snapshot"] = SnapshotRef.parse(values["snapshot"])
        values["target_user_pool_id"] = require_pool_id("target_user_pool_id", values["target_user_pool_id"], regions)
        allowed = values.pop("allow_source_pool", False)
        if values["target_user_pool_id"] == values["snapshot"].user_pool_id and not allowed:
            raise InvalidRequest(
                "target_user_pool_id",
                "is the pool that the snapshot was taken from. Restoring into it is possible (existing users are "
                "skipped), but only on purpose: add allow_source_pool",
                '"allow_source_pool": true',
            )
        values["sub_attribute_given"] = document.get("sub_attribute") is not None
        return cls(**values)

    def to_state(self, snapshot: SnapshotRef) -> dict[str, Any]:
        """The request with its snapshot found."""
        return {**asdict(self), "snapshot": str(snapshot)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> RestoreRequest:
        return cls(**{**state, "snapshot": SnapshotRef.parse(state["snapshot"])})

    @property
    def wants_latest(self) -> bool:
        return self.snapshot.snapshot_id == LATEST
