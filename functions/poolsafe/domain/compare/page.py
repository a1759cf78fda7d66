"""What the page of a comparison says and draws; how it looks is the template's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ..assessment.charts import Chart, chart
from ..assessment.wording import number
from .change import How, Kind
from .report import EQUAL

#: One of each kind, and many.
NOUNS = {
    Kind.USERS: ("user", "users"),
    Kind.GROUPS: ("group", "groups"),
    Kind.MEMBERSHIPS: ("membership", "memberships"),
    Kind.SETTINGS: ("setting", "settings"),
}
#: So many settings are drawn; the report has all.
SHOWN = 300


@dataclass(frozen=True, slots=True)
class Page:
    """`said` is the sentence of the page's head; `settings` are those that are shown, by section."""

    said: str
    chart: Chart
    attributes: Chart
    settings: Mapping[str, list[Mapping[str, Any]]]
    not_shown: int


def comparison_page(report: Mapping[str, Any]) -> Page:
    """For a report that fits `schemas/compare.report.json`."""
    counts, settings = report["counts"], report["changed_settings"]
    shown = sorted(settings[:SHOWN], key=lambda setting: setting["section"])
    return Page(
        _said(report),
        chart(
            "kinds",
            "What differs",
            ((_title(kind), _parts(counts[kind]), counts[kind]) for kind in Kind),
            tones=tuple(How),
        ),
        chart(
            "attributes",
            "What changed of users, and of how many",
            ((name, number(count, "user"), {"changed": count}) for name, count in report["changed_attributes"].items()),
        ),
        {section: list(of) for section, of in groupby(shown, key=lambda setting: setting["section"])},
        max(0, len(settings) - SHOWN),
    )


def _said(report: Mapping[str, Any]) -> str:
    if report["status"] == EQUAL:
        return "Nothing differs." if not report["not_compared"] else "Nothing differs of what could be compared."
    told = [
        f"{number(total, *NOUNS[kind])}"
        for kind in Kind
        if (total := sum(report["counts"][kind].values()))
    ]  # fmt: skip
    listed = f"{', '.join(told[:-1])} and {told[-1]}" if len(told) > 1 else told[0]
    return f"{listed} differ." if len(told) > 1 or not told[0].startswith("1 ") else f"{listed} differs."


def _title(kind: Kind) -> str:
    return NOUNS[kind][1].capitalize()


def _parts(counts: Mapping[str, int]) -> str:
    told = [f"{count:,} {how}" for how, count in counts.items() if count]
    return ", ".join(told) or "the same"
