"""What a night came to: each pool's own outcome, and the sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from ..failure import error_of


class NightStatus(StrEnum):
    """How a pool's night ended. The first two are what the snapshot is."""

    COMPLETE = "COMPLETE"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    #: Another run of the same night has it, or has had it.
    SKIPPED = "SKIPPED"


def outcome_of(user_pool_id: str, backup: Mapping[str, Any]) -> dict[str, Any]:
    """One pool's entry: of the backup's result, or of how its execution failed (`Error`, `Cause`)."""
    if "snapshot_id" in backup:
        return _entry(user_pool_id, NightStatus(backup["status"]), backup["snapshot_id"], None)
    return _entry(user_pool_id, NightStatus.FAILED, None, error_of(backup))


def skipped(user_pool_id: str) -> dict[str, Any]:
    return _entry(user_pool_id, NightStatus.SKIPPED, None, None)


def summary(run_id: str, night: str, pools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`schemas/nightly.result.json`, but for where the report lies. FAILED where not one pool was saved."""
    counts = Counter(NightStatus(pool["status"]) for pool in pools)
    bad = counts[NightStatus.FAILED] + counts[NightStatus.PARTIAL]
    status = NightStatus.PARTIAL if bad else NightStatus.COMPLETE
    if bad and counts[NightStatus.FAILED] == len(pools):
        status = NightStatus.FAILED
    return {
        "status": status.value,
        "run_id": run_id,
        "night": night,
        "counts": {"pools": len(pools), **{one.value.lower(): counts[one] for one in NightStatus}},
        "pools": [dict(pool) for pool in pools],
    }


def _entry(user_pool_id: str, status: NightStatus, snapshot_id: str | None, error: str | None) -> dict[str, Any]:
    return {"user_pool_id": user_pool_id, "status": status.value, "snapshot_id": snapshot_id, "error": error}
