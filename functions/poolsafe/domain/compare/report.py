"""The report of a comparison (`schemas/compare.report.json`), and the machine's result: counts, nobody's data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .change import Kind
from .tally import Tally

EQUAL, DIFFERENT = "EQUAL", "DIFFERENT"
PARTIAL_SIDE = "{} is PARTIAL: what it lacks is told as if it had not been there."
NOT_COMPARED = "Not compared, because one side does not know them: {}."


def comparison_report(
    *,
    comparison_id: str,
    at: str,
    sides: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Any],
    settings: Mapping[str, Any],
    changed_settings: Sequence[Mapping[str, Any]],
    differences: str,
) -> dict[str, Any]:
    """`sides` has `name`, `taken_at` and `is_partial` of each; `records` is the tally that the states handed on;
    `differences` where the rows with names and values lie."""
    tally = Tally.from_state(records)
    counts = tally.numbers() | {Kind.SETTINGS.value: dict(settings["counts"])}
    missing = list(settings["not_compared"])
    warnings = [PARTIAL_SIDE.format(side["name"]) for side in sides.values() if side["is_partial"]]
    if missing:
        warnings.append(NOT_COMPARED.format(", ".join(missing)))
    return {
        "status": DIFFERENT if any(count for of in counts.values() for count in of.values()) else EQUAL,
        "comparison_id": comparison_id,
        "at": at,
        "before": {name: sides["before"][name] for name in ("name", "taken_at")},
        "after": {name: sides["after"][name] for name in ("name", "taken_at")},
        "counts": counts,
        "changed_attributes": tally.fields_of(Kind.USERS),
        "changed_group_fields": tally.fields_of(Kind.GROUPS),
        "changed_settings": [dict(setting) for setting in changed_settings],
        "not_compared": missing,
        "warnings": warnings,
        "differences": differences,
    }


def comparison_result(report: Mapping[str, Any], url: str, html: str) -> dict[str, Any]:
    """`schemas/compare.result.json`."""
    return {
        "status": report["status"],
        "comparison_id": report["comparison_id"],
        "before": report["before"]["name"],
        "after": report["after"]["name"],
        "counts": report["counts"],
        "report": url,
        "html": html,
    }
