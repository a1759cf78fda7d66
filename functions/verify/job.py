"""What every state of a verification needs: which snapshots, and where what is found lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from poolsafe import bootstrap
from poolsafe.domain.rolling import is_due
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.operations.verify_snapshots import VerifySnapshots


@dataclass(frozen=True, slots=True)
class VerifyJob:
    """One run. `reads` is `rolling`, `all` or `none`; `moment` decides whose day it is."""

    verification_id: str
    pools: tuple[str, ...]
    reads: str
    moment: str

    @classmethod
    def of(cls, state: dict[str, Any]) -> VerifyJob:
        return cls(**{**state, "pools": tuple(state["pools"])})

    @property
    def prefix(self) -> str:
        return f"verifications/{self.verification_id}/"

    @property
    def damage(self) -> str:
        return f"{self.prefix}damaged/"

    def reads_whole(self, ref: SnapshotRef) -> bool:
        if self.reads == "rolling":
            return is_due(ref, datetime.fromisoformat(self.moment))
        return self.reads == "all"

    def verify(self, application: bootstrap.Application) -> VerifySnapshots:
        return VerifySnapshots(application.store, bootstrap.format_of, self.reads_whole, self.damage, self.pools)
