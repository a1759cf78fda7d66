"""What the page of a migration says and draws; how it looks is the template's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..assessment.charts import AGES, Chart, chart, share
from ..assessment.wording import users

#: The curve's own units; the drawing stretches to the page's width.
WIDTH, HEIGHT = 1000, 240
PARTS = {
    "migrated": "Moved",
    "not_yet": "Not yet",
    "waiting": "Come back through their provider",
    "new": "New in the target",
}


@dataclass(frozen=True, slots=True)
class Dot:
    """One look, in the curve's units; `label` says it in words."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """The share of the source's users who have moved, over time. `line` and `area` are SVG points."""

    dots: tuple[Dot, ...]
    line: str
    area: str
    begins: str
    ends: str
    description: str


@dataclass(frozen=True, slots=True)
class Page:
    """`said` is the sentence of the page's head, `next` what to do now."""

    said: str
    next: tuple[str, ...]
    charts: Mapping[str, Chart]
    curve: Curve


def migration_page(report: Mapping[str, Any]) -> Page:
    """For a report that fits `schemas/migration.report.json`."""
    counts, total = report["counts"], report["counts"]["source"]
    parts = {name: counts[name] for name in ("migrated", "not_yet", "waiting")}
    ages = report["not_yet"]["by_last_change"]
    drawn = {
        "parts": chart(
            "parts",
            "Where the users of the source are",
            ((PARTS[n], f"{count:,} ({share(count, total)})", {n: count}) for n, count in parts.items()),
            most=total,
        ),
        "ages": chart(
            "ages",
            "Who has not moved yet, by the last change of their profile",
            ((AGES[age], f"{count:,}", {"not_yet": count}) for age, count in ages.items()),
        ),
    }
    return Page(_said(report), tuple(_next(report)), drawn, _curve(report["points"]))


def _said(report: Mapping[str, Any]) -> str:
    counts, ending = report["counts"], report["ending"]
    if ending is None:
        moved = share(counts["migrated"], counts["source"])
        return f"{moved} of the source's users have moved; {users(counts['not_yet'])} to go."
    if ending["is_complete"]:
        return f"Everybody is there. The source can go from {_day(ending['source_can_go_at'])} on."
    return " ".join(ending["missing"])


def _next(report: Mapping[str, Any]) -> list[str]:
    counts, ending = report["counts"], report["ending"]
    if ending is None:
        if not counts["not_yet"]:
            return ["Nobody is missing: run the machine with the action finish. It detaches the trigger and says when "
                    "the source can go."]  # fmt: skip
        return [
            "Let the migration go on while people still come, and look again in a few days.",
            "When hardly anybody comes any more, run the machine with the action finish: it brings the rest with new "
            "passwords, and touches nobody who is there.",
        ]
    if not ending["is_complete"]:
        return [
            "Look into the report of the restore for who was not brought and why; mend that.",
            "Run finish again: it skips whoever is there.",
        ]
    return [
        "Move whatever still points at the source (below).",
        f"Keep the source until {_day(ending['source_can_go_at'])}: until then, refresh tokens that it gave out still "
        "work for applications that have not moved.",
        "Then take a last backup, and delete it.",
    ]


def _curve(points: Sequence[Mapping[str, Any]]) -> Curve:
    moments = [datetime.fromisoformat(point["at"]).timestamp() for point in points]
    begins, length = moments[0], moments[-1] - moments[0]
    dots = tuple(
        Dot(
            round(WIDTH * (moment - begins) / length if length else WIDTH, 1),
            round(HEIGHT * (1 - _moved(point)), 1),
            f"{minute(point['at'])}: {point['migrated']:,} of {point['source']:,} moved, {point['new']:,} new",
        )
        for moment, point in zip(moments, points, strict=True)
    )
    line = " ".join(f"{dot.x},{dot.y}" for dot in dots)
    area = f"{dots[0].x},{HEIGHT} {line} {dots[-1].x},{HEIGHT}"
    said = "; ".join(dot.label for dot in dots)
    return Curve(dots, line, area, minute(points[0]["at"]), minute(points[-1]["at"]), f"{said}.")


def _moved(point: Mapping[str, Any]) -> float:
    return float(point["migrated"] / point["source"]) if point["source"] else 1.0


def _day(at: str) -> str:
    return datetime.fromisoformat(at).strftime("%-d %B %Y")


def minute(at: str) -> str:
    """A moment as people read it, from ISO 8601 in UTC."""
    return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M UTC")
