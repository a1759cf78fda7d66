"""Where the bars of the report's charts begin and how long they are; drawing them is the template's.

Lengths are percent of the chart's width and heights are pixels, so that a chart
fits any screen while its text stays as large as it is. Each bar says its value in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .wording import duration

ROW = 46
#: Percent. Less than this cannot be seen, and what is not nothing should be.
SLIVER = 0.7

KINDS = {"local": "local", "linked": "linked", "federated": "federated"}
AGES = {
    "up_to_30_days": "Up to 30 days",
    "31_to_90_days": "31 to 90 days",
    "91_to_180_days": "91 to 180 days",
    "181_to_365_days": "181 to 365 days",
    "over_365_days": "Over a year",
}
WAYS = {
    "reset": "Reset",
    "import-job": "CSV import job",
    "temporary": "Temporary passwords",
    "first_sign_in": "First sign-in",
}
PARTS = {
    "nothing_to_do": "Nothing to do",
    "federation": "Return through their provider",
    "first_sign_in": "Move as they sign in",
    "reset": "Choose a new password",
    "unreachable": "Need help by hand",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar, in percent of the chart's width. `tone` names how it is filled."""

    tone: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its label and value in words, and `y` in pixels."""

    label: str
    value: str
    y: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A horizontal bar chart. `description` tells a screen reader what all bars say."""

    name: str
    title: str
    description: str
    height: int
    bars: tuple[Bar, ...]
    tones: tuple[str, ...] = ()


Row = tuple[str, str, Mapping[str, float]]


def chart(name: str, title: str, rows: Iterable[Row], most: float | None = None, tones: tuple[str, ...] = ()) -> Chart:
    """Lay out rows of label, value in words and amount by tone. The longest bar, or `most`, is the full width."""
    listed = list(rows)
    full = most or max((sum(amounts.values()) for _, _, amounts in listed), default=0)
    bars = tuple(
        Bar(label, value, position * ROW, _segments(amounts, full))
        for position, (label, value, amounts) in enumerate(listed)
    )
    said = "; ".join(f"{bar.label}: {bar.value}" for bar in bars)
    return Chart(name, title, f"{said}.", len(bars) * ROW, bars, tones)


def _segments(amounts: Mapping[str, float], full: float) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    at = 0.0
    for tone, amount in amounts.items():
        if amount and full:
            width = min(max(SLIVER, 100 * amount / full), 100 - at)
            segments.append(Segment(tone, round(at, 2), round(width, 2)))
            at += width
    return tuple(segments)


def charts(report: Mapping[str, Any]) -> dict[str, Chart]:
    """The charts of a report (`schemas/assess.report.json`), by name."""
    taken = report["recommendation"]["counts"]
    total = report["users"]["total"]
    kinds = report["users"]["by_kind"]
    ages = report["activity"]["by_last_change"]
    met = sorted((quota for quota in report["quotas"] if quota["value"]), key=lambda quota: -quota["share"])
    drawn = (
        chart(
            "plan",
            "What happens to the users",
            ((PARTS[part], _of(count, total), {part: count}) for part, count in taken.items() if count),
            most=total,
        ),
        chart(
            "kinds",
            "Users by where they exist",
            ((KINDS[kind].capitalize(), _of(count, total), {kind: count}) for kind, count in kinds.items()),
            most=total,
        ),
        chart(
            "ages",
            "Time since the last change of the profile",
            ((AGES[age], _of(sum(counts.values()), total), counts) for age, counts in ages.items()),
            tones=tuple(KINDS),
        ),
        chart(
            "hours",
            "Least time that each way takes",
            ((WAYS[way["way"]], _hours(way), {"hours": way["hours"] or 0}) for way in report["ways"]),
        ),
        chart(
            "quotas",
            "Share of AWS's default quotas in use",
            (
                (quota["name"], f"{quota['value']:,} of {quota['limit']:,}", _quota(quota["share"]))
                for quota in met
            ),
            most=1,
        ),
    )  # fmt: skip
    return {one.name: one for one in drawn}


def _quota(share: float) -> dict[str, float]:
    return {"over" if share > 1 else "high" if share >= 0.8 else "used": min(share, 1)}


def _of(count: int, total: int) -> str:
    return f"{count:,} ({share(count, total)})"


def share(count: float, total: float) -> str:
    """`12 %`, and `under 1 %` for what is not nothing."""
    percent = 100 * count / total if total else 0
    return "under 1 %" if 0 < percent < 1 else f"{percent:.0f} %"


def _hours(way: Mapping[str, Any]) -> str:
    if way["hours"] is None:
        return "AWS does not say"
    return duration(way["hours"]) if way["hours"] else "no bulk work"
