"""The input of the drill machine, after its JSON Schema: typed, with defaults, and free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ...errors import InvalidRequest
from ..requests import require_pool_id

#: What bills nobody as active, and so is how everybody is tried [DG quotas, "Tracking costs"].
FOR_ALL = "import-job"
FOR_SAMPLE = "reset"
#: A scratch pool that is older was left by a drill that died.
SWEEP_AFTER_HOURS = 24


@dataclass(frozen=True, slots=True)
class Objectives:
    """How old the data may be, and how long the whole pool may take to come back, in hours. None sets no objective."""

    recovery_point_hours: float | None = None
    recovery_time_hours: float | None = None


@dataclass(frozen=True, slots=True)
class DrillRequest:
    """One pool, or those with a tag; or `sweep`, which only removes what drills that died have left."""

    user_pool_id: str | None = None
    tag: str | None = None
    users: str = "sample"
    sample_size: int = 100
    credentials: str | None = None
    quota_share: float = 0.5
    dry_run: bool = False
    objectives: Objectives = field(default_factory=Objectives)
    sweep: bool = False
    sweep_after_hours: float = SWEEP_AFTER_HOURS

    @classmethod
    def of(cls, document: Mapping[str, Any], regions: frozenset[str], objectives: Objectives) -> DrillRequest:
        """Type a document that fits `schemas/drill.request.json`. `objectives` are the stack's own."""
        values = dict(document)
        values.pop("scheduled_at", None)
        ways = [name for name in ("user_pool_id", "tag", "sweep") if values.get(name)]
        if len(ways) != 1:
            said = f"and {ways[1]} are both given; say which" if ways else "is missing, or tag"
            raise InvalidRequest(ways[0] if ways else "user_pool_id", said, '"user_pool_id": "us-east-1_AbCdEfGhI"')
        if "user_pool_id" in values:
            values["user_pool_id"] = require_pool_id("user_pool_id", values["user_pool_id"], regions)
        if "tag" in values and not all(values["tag"].partition("=")):
            raise InvalidRequest("tag", "is not '<key>=<value>'", '"tag": "poolsafe:backup=true"')
        if values.get("users") == "all" and "sample_size" in values:
            raise InvalidRequest("sample_size", 'is for "users": "sample"', '"users": "sample", "sample_size": 50')
        asked = values.pop("objectives", {})
        return cls(**values, objectives=Objectives(**{**asdict(objectives), **asked}))

    def credentials_for(self, user_pool: Mapping[str, Any]) -> str:
        """Those that were asked for; else an import for everybody, where the pool takes one
        [DG cognito-user-pools-using-import-tool: it has to verify an address by itself]."""
        serves = self.users == "all" and bool(user_pool.get("AutoVerifiedAttributes"))
        return self.credentials or (FOR_ALL if serves else FOR_SAMPLE)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> DrillRequest:
        return cls(**{**state, "objectives": Objectives(**state["objectives"])})

    def to_state(self) -> dict[str, Any]:
        return asdict(self)
