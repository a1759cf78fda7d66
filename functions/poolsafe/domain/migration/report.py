"""The report of one look at a migration: `schemas/migration.report.json`, and the machine's result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: What of a restore's result the report repeats.
OF_RESTORE = ("status", "restore_id", "counts", "report")


def migration_report(
    *,
    run_id: str,
    action: str,
    source_user_pool_id: str,
    target_user_pool_id: str,
    compared: Mapping[str, Any],
    deferred: int,
    points: Sequence[Mapping[str, Any]],
    ending: Mapping[str, Any] | None,
    restored: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """`compared` is what ComparePools handed over, `restored` the result of the restore that `finish` ran.

    `points` has every look since the first, this one among them.
    """
    complete = ending is None or ending["is_complete"]
    return {
        "run_id": run_id,
        "status": "COMPLETE" if complete else "PARTIAL",
        "action": action,
        "at": compared["point"]["at"],
        "source_user_pool_id": source_user_pool_id,
        "target_user_pool_id": target_user_pool_id,
        "counts": {name: count for name, count in compared["point"].items() if name != "at"},
        "not_yet": dict(compared["not_yet"]),
        "disabled_in_target": compared["disabled_in_target"],
        "deferred": deferred,
        "points": [dict(point) for point in points],
        "ending": ending,
        "restore": {name: restored[name] for name in OF_RESTORE} if restored else None,
    }


def migration_result(report: Mapping[str, Any], url: str, html: str) -> dict[str, Any]:
    """`schemas/migration.result.json`."""
    ending = report["ending"]
    ended = {} if ending is None else {"source_can_go_at": ending["source_can_go_at"]}
    return {
        "status": report["status"],
        "action": report["action"],
        "source_user_pool_id": report["source_user_pool_id"],
        "target_user_pool_id": report["target_user_pool_id"],
        "counts": report["counts"],
        **ended,
        "report": url,
        "html": html,
    }
