"""The input of the compare machine, after its JSON Schema: typed, and free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidRequest
from ..requests import require_pool_id
from ..snapshot import SnapshotRef

#: Unless another is given.
QUOTA_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """`snapshot` is before; after is either another snapshot (`with_snapshot`) or the pool as it is now."""

    snapshot: SnapshotRef
    with_snapshot: SnapshotRef | None = None
    user_pool_id: str | None = None
    quota_share: float = QUOTA_SHARE

    @classmethod
    def of(cls, document: Mapping[str, Any], regions: frozenset[str]) -> CompareRequest:
        """Type a document that fits `schemas/compare.request.json`. Snapshots may still be `latest`."""
        if ("with" in document) == ("user_pool_id" in document):
            problem = "and user_pool_id are both given; say which" if "with" in document else "is missing"
            raise InvalidRequest(
                "with",
                f"{problem}. Name another snapshot, or, with user_pool_id, a pool",
                '"with": "us-east-1_AbCdEfGhI/latest"',
            )
        pool, other = document.get("user_pool_id"), document.get("with")
        return cls(
            SnapshotRef.parse(document["snapshot"]),
            None if other is None else SnapshotRef.parse(other, "with"),
            None if pool is None else require_pool_id("user_pool_id", pool, regions),
            document.get("quota_share", QUOTA_SHARE),
        ).resolved()

    def resolved(self, before: SnapshotRef | None = None, after: SnapshotRef | None = None) -> CompareRequest:
        """The same with its snapshots found. Raises InvalidRequest where both are one."""
        found = CompareRequest(
            before or self.snapshot, after or self.with_snapshot, self.user_pool_id, self.quota_share
        )
        if found.snapshot == found.with_snapshot:
            raise InvalidRequest(
                "with", f"is {found.snapshot}, and so is snapshot: name an older one", '"snapshot": "<pool>/<older id>"'
            )
        return found

    @property
    def pool_after(self) -> str:
        """The id of the pool on the new side."""
        if self.with_snapshot is not None:
            return self.with_snapshot.user_pool_id
        return str(self.user_pool_id)

    @property
    def after(self) -> str:
        """The new side, for people: a snapshot or a pool."""
        return str(self.with_snapshot or self.user_pool_id)

    def to_state(self) -> dict[str, Any]:
        other = None if self.with_snapshot is None else str(self.with_snapshot)
        return {
            "snapshot": str(self.snapshot),
            "with": other,
            "user_pool_id": self.user_pool_id,
            "quota_share": self.quota_share,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> CompareRequest:
        other = state["with"] and SnapshotRef.parse(state["with"])
        return cls(SnapshotRef.parse(state["snapshot"]), other, state["user_pool_id"], state["quota_share"])
