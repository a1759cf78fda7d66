"""The input of the retention machine, after its JSON Schema: typed, with defaults, and free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidRequest
from ..requests import require_pool_id
from ..snapshot import LATEST, SnapshotRef
from .policy import Policy

#: What marks one snapshot, and has nothing to do with the rest.
MARKS = ("hold", "release")


@dataclass(frozen=True, slots=True)
class RetentionRequest:
    """Either a run over pools (all, or `user_pool_ids`), or a mark on one snapshot."""

    policy: Policy
    dry_run: bool
    user_pool_ids: tuple[str, ...] = ()
    hold: SnapshotRef | None = None
    release: SnapshotRef | None = None
    note: str | None = None

    @classmethod
    def of(
        cls,
        document: Mapping[str, Any],
        regions: frozenset[str],
        policy: Mapping[str, Any],
        time_zone: str,
        dry_run: bool,
    ) -> RetentionRequest:
        """Type a document that fits `schemas/retention.request.json`. `policy` and `dry_run` are the stack's own."""
        marks = [name for name in MARKS if name in document]
        if marks and (document.keys() - {marks[0], "note"}):
            other = min(document.keys() - {marks[0], "note"})
            raise InvalidRequest(other, f"does not go with {marks[0]}, which marks one snapshot and removes none")
        if "note" in document and not marks:
            raise InvalidRequest("note", "is for hold and release", '"hold": "<pool>/<snapshot>", "note": "audit"')
        dry_run = document.get("dry_run", dry_run)
        if "policy" in document and not dry_run:
            raise InvalidRequest(
                "policy",
                "is for a dry run: what is removed is decided by the stack's parameters (KeepLast, KeepDaily ...), not "
                "by an input. Add dry_run to see what this policy would do",
                '"policy": {"keep_daily": 35}, "dry_run": true',
            )
        return cls(
            policy=Policy.of(document.get("policy", policy), time_zone),
            dry_run=dry_run,
            user_pool_ids=tuple(
                sorted({require_pool_id("user_pool_ids", one, regions) for one in document.get("user_pool_ids", ())})
            ),
            note=document.get("note"),
            **{name: _one(name, document[name]) for name in marks},
        )


def _one(field: str, text: str) -> SnapshotRef:
    try:
        ref = SnapshotRef.parse(text)
    except InvalidRequest:
        ref = None
    if ref is None or ref.snapshot_id == LATEST:
        raise InvalidRequest(
            field, "is not '<user pool id>/<snapshot id>'", f'"{field}": "us-east-1_AbCdEfGhI/20261122T030000Z-3f9a1c"'
        )
    return ref
