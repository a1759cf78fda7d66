"""What every state of a run needs: its policy, its pools, and where its plans lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from poolsafe.domain.retention.policy import Policy
from poolsafe.entrypoint import Invocation
from poolsafe.operations.retain import Retain


@dataclass(frozen=True, slots=True)
class RetentionJob:
    """One run, as its states see it."""

    retention_id: str
    policy: Policy
    dry_run: bool
    pools: tuple[str, ...]

    @classmethod
    def of(cls, state: dict[str, Any]) -> RetentionJob:
        return cls(**{**state, "policy": Policy(**state["policy"]), "pools": tuple(state["pools"])})

    @property
    def prefix(self) -> str:
        return f"retention/{self.retention_id}/"

    @property
    def plans(self) -> str:
        return f"{self.prefix}plans/"

    def retain(self, invocation: Invocation) -> Retain:
        application = invocation.application
        return Retain(
            application.store,
            application.clock,
            invocation.deadline,
            self.policy,
            self.plans,
            self.dry_run,
            self.pools,
        )
