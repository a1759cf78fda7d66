"""The inputs of the machines, after their JSON Schema: typed, with defaults, and free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from ..errors import InvalidRequest
from .restore.create_pool import CreatePool
from .restore.credentials import Credential, Fallback
from .restore.scope import PEOPLE, Part, Scope
from .restore.wishes import Federated, OnConflict, Wishes
from .snapshot import POOL_ID, SnapshotRef, region_of

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
class RestoreRequest:
    """Input of the restore machine. `sub_attribute_given` tells a wish from the default.

    Either `target_user_pool_id` or `create_pool`. `role_map` and `provider_map`
    have new names by the old. `scope` is what `only` leaves of the snapshot.
    """

    snapshot: SnapshotRef
    target_user_pool_id: str | None = None
    create_pool: CreatePool | None = None
    role_map: Mapping[str, str] = field(default_factory=dict)
    provider_map: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)
    restore_id: str | None = None
    credentials: Credential = Credential.RESET
    credentials_fallback: Fallback = Fallback.TEMPORARY
    send_messages: bool = False
    on_conflict: OnConflict = OnConflict.SKIP
    sub_attribute: str | None = DEFAULT_SUB_ATTRIBUTE
    sub_attribute_given: bool = False
    federated_users: Federated = Federated.DEFER
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
        values["scope"] = Scope.of(values.pop("only", {}))
        values["sub_attribute_given"] = document.get("sub_attribute") is not None
        request = cls(**_typed(values))
        request._require_consistent()
        return request

    def _require_consistent(self) -> None:
        if self.credentials is Credential.INVITE and not self.send_messages:
            raise InvalidRequest(
                "credentials",
                "is invite, which makes Cognito send an invitation to each user; that has to be said twice",
                '"credentials": "invite", "send_messages": true',
            )
        if self.scope.only_config and self.scope.is_selective:
            raise InvalidRequest(
                "only",
                "names users or groups and, in sections, nothing but the configuration. Leave one of them out",
                '"only": {"sections": ["config"]}',
            )
        if self.create_pool is None and self.scope.has(Part.CONFIG) and not self.scope.only_config:
            raise InvalidRequest(
                "only.sections",
                "names config beside others. The configuration of a pool that exists is overwritten by itself, after a "
                "dry run; restore the users afterwards",
                '"only": {"sections": ["config"]}',
            )
        if self.create_pool is not None and not self.scope.has(Part.CONFIG) and self.scope.parts != PEOPLE:
            raise InvalidRequest(
                "only.sections",
                "leaves out the configuration, and create_pool makes a pool of it. Add config",
                '"only": {"sections": ["config", "groups"]}',
            )

    def to_state(self, snapshot: SnapshotRef) -> dict[str, Any]:
        """The request with its snapshot found. Whom `only` names is personal data, and does not travel: see `Scope`."""
        values = {**asdict(self), "scope": self.scope.to_state(), "snapshot": str(snapshot)}
        return {name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], selection: Mapping[str, Any] | None = None) -> RestoreRequest:
        """`selection` is whom `only` names; a state that asks about nobody goes without."""
        created = state["create_pool"] and CreatePool.from_state(state["create_pool"])
        values = {**state, "snapshot": SnapshotRef.parse(state["snapshot"]), "create_pool": created}
        return cls(**_typed({**values, "scope": Scope.from_state(state["scope"], selection)}))

    @property
    def changes_configuration(self) -> bool:
        """Whether the target's configuration is written, not only compared."""
        return self.create_pool is not None or self.only_config

    @property
    def only_config(self) -> bool:
        """Whether users and groups are left out."""
        return self.scope.only_config

    @property
    def wishes(self) -> Wishes:
        """What it says about users."""
        return Wishes(
            self.credentials,
            self.credentials_fallback,
            self.on_conflict,
            self.federated_users,
            self.role_map,
            self.provider_map,
            self.scope,
        )


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with words as members of their enumerations."""
    enums = {
        "credentials": Credential,
        "credentials_fallback": Fallback,
        "on_conflict": OnConflict,
        "federated_users": Federated,
    }
    return {name: enums[name](value) if name in enums else value for name, value in values.items()}


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
