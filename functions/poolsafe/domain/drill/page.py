"""What the page of a drill says and draws; how it looks is the template's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..assessment.wording import duration, users
from .verdict import DrillStatus

#: The curves' own units; the drawing stretches to the page's width.
WIDTH, HEIGHT = 1000, 200

SAID: Mapping[str, str] = {
    DrillStatus.PASSED: "The pool comes back: its sample was restored, and signed in.",
    DrillStatus.PARTIAL: "The pool comes back, but not as it should.",
    DrillStatus.FAILED: "The pool does not come back as it should. Find out why before you need it.",
    DrillStatus.DRY_RUN: "Nothing was made. This is what a drill would do, and cost.",
}


@dataclass(frozen=True, slots=True)
class Dot:
    """One drill, in the curve's units; `label` says it in words."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over all drills. `objective` is the height of its line, None where there is none."""

    name: str
    title: str
    dots: tuple[Dot, ...]
    line: str
    objective: float | None
    top: str
    description: str


@dataclass(frozen=True, slots=True)
class Page:
    """`said` is the sentence of the page's head, `next` what to do now."""

    said: str
    next: tuple[str, ...]
    trends: tuple[Trend, ...]


def drill_page(report: Mapping[str, Any]) -> Page:
    """For a report that fits `schemas/drill.report.json`."""
    measures = (
        ("recovery_point", "Age of the data (recovery point)"),
        ("recovery_time", "Time of the whole pool (recovery time)"),
    )
    trends = (_trend(report["trend"], name, title, report[name]["objective_hours"]) for name, title in measures)
    return Page(SAID[report["status"]], tuple(_next(report)), tuple(trend for trend in trends if trend))


def _next(report: Mapping[str, Any]) -> list[str]:
    status, plan = report["status"], report["plan"]
    if status == DrillStatus.PASSED:
        return ["Nothing. The next drill comes by its schedule."]
    if status == DrillStatus.DRY_RUN:
        return [f"Run it without dry_run: {users(plan['users']['taking_part'])} take part, "
                f"{plan['bill']['dollars_at_most']:.2f} dollars at most."]  # fmt: skip
    steps = []
    restore = report["restore"]
    if plan is None:
        steps.append(
            "Back the pool up, and see why it has no COMPLETE snapshot: NightlyStateMachine, BackupStateMachine."
        )
    elif restore is None or restore["status"] == "FAILED":
        error = restore and restore["error"]
        steps.append(f"Look at the execution of RestoreStateMachine that failed{f' with {error}' if error else ''}; "
                     "the README says what to do for each error.")  # fmt: skip
    elif restore["status"] == "PARTIAL":
        steps.append("Read the report of the restore: it names who or what did not come back, and what is left to do.")
    if report["sign_ins"] and report["sign_ins"]["failed"]:
        steps.append("Look at why canaries did not get in (below): a real restore has the same users.")
    if report["recovery_point"]["met"] is False:
        steps.append("The data is too old: back up more often, or find the nights that failed.")
    if report["recovery_time"]["met"] is False:
        steps.append("The whole pool takes too long: ask AWS for higher Cognito quotas, raise quota_share for the real "
                     "restore, or change the objective.")  # fmt: skip
    return [*steps, "Then drill again."]


def _trend(points: Sequence[Mapping[str, Any]], name: str, title: str, objective: float | None) -> Trend | None:
    told = [point for point in points if point[f"{name}_hours"] is not None]
    if not told:
        return None
    top = max([point[f"{name}_hours"] for point in told] + [objective or 0]) or 1.0
    moments = [datetime.fromisoformat(point["at"]).timestamp() for point in told]
    begins, length = moments[0], moments[-1] - moments[0]
    dots = tuple(
        Dot(
            round(WIDTH * (moment - begins) / length if length else WIDTH / 2, 1),
            round(HEIGHT * (1 - point[f"{name}_hours"] / top), 1),
            f"{point['at'][:10]}: {duration(point[f'{name}_hours'])}, {point['status']}",
        )
        for moment, point in zip(moments, told, strict=True)
    )
    line = " ".join(f"{dot.x},{dot.y}" for dot in dots)
    height = None if objective is None else round(HEIGHT * (1 - objective / top), 1)
    return Trend(name, title, dots, line, height, duration(top), f"{'; '.join(dot.label for dot in dots)}.")
