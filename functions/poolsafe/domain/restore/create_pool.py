"""`create_pool` of a restore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import InvalidRequest
from ..configuration.override import Override
from ..configuration.scratch import SCRATCH_TAG
from ..snapshot import SnapshotRef, region_of


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
        scratch = {"scratch": True} if document.get("scratch") else {}
        return cls(document["pool_name"], region, Override.of({**document.get("override", {}), **scratch}))

    @property
    def tags(self) -> dict[str, str]:
        """What the pool carries from its first moment on, beside the restore's mark."""
        return {SCRATCH_TAG: "true"} if self.override.scratch else {}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> CreatePool:
        return cls(state["pool_name"], state["region"], Override.of(state["override"]))
