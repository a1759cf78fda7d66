"""What the page of a restore says, in the order in which it is asked at 3 a.m.: is it good, and what now?

Made from report.json and cut_over.json alone, so it names nobody they do not name. Drawing it is the template's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..assessment.charts import Chart, chart, share
from ..assessment.wording import duration, number, users
from ..configuration.todo import Why
from .difference import Skipped
from .next_steps import next_steps
from .outcome import Kind, Result
from .people_words import ATTENTION, CREDENTIALS, UNREACHABLE
from .report import COMPLETE, DRY_RUN, FAILED, PARTIAL
from .words import DIFFERENCES, FILES, LOSSES, WHO, reason

WORDS: Mapping[str, str] = {
    COMPLETE: "Complete",
    PARTIAL: "Partial: something is missing",
    FAILED: "Failed",
    DRY_RUN: "Dry run: nothing was written",
}
#: The plan's words for the outcomes of users.
PLANNED = {
    Result.CREATED: "create",
    Result.UPDATED: "update",
    Result.SKIPPED: "skip",
    Result.DEFERRED: "defer",
    Result.FAILED: "fail",
}
#: Shown even where nobody ended so.
ALWAYS = frozenset(PLANNED) - {Result.UPDATED}
#: More than these would hide the rest of the page; plan.json has all.
MOST_ROWS = 100
Report = Mapping[str, Any]


def restore_page(report: Report, cut_over: Report | None) -> dict[str, Any]:
    """The content of the page. `cut_over` is None where only users were restored."""
    if cut_over and cut_over["old_user_pool_id"] == cut_over["new_user_pool_id"]:
        cut_over = None  # written over itself: nobody has to move
    dry = report["status"] == DRY_RUN
    configuration = report.get("configuration")
    planned = report["plan"]["configuration"]
    todos = (configuration or planned).get("todo", [])
    shown = planned.get("differences", [])
    people = _people(report)
    return {
        "word": WORDS[report["status"]],
        "said": _said(report),
        "next": [*next_steps(report, todos, cut_over)],
        "has_people": any(people.values()),
        "credentials": [(CREDENTIALS[name], count) for name, count in report["plan"]["credentials"].items() if count],
        "unreachable": [(UNREACHABLE.get(name, name), count) for name, count in report["plan"]["unreachable"].items()],
        "attention": [(*ATTENTION[name], count) for name, count in report["plan"]["attention"].items()],
        "charts": {one.name: one for one in _charts(report, people)},
        "counts": [] if dry else [*_counts(report)],
        "left_out": [*_reasons(report["plan"]["reasons"], without=() if dry else _failed_in(report))],
        "failures": [*_failures(report)],
        "todos": sorted(todos, key=lambda todo: not Why(todo["why"]).is_gap),
        "gaps": [todo for todo in todos if Why(todo["why"]).is_gap],
        "differences": shown[:MOST_ROWS],
        "more_differences": max(0, len(shown) - MOST_ROWS),
        "verification": _verification(report),
        "losses": [(LOSSES.get(name, name), lost) for name, lost in report["plan"]["declared_losses"].items() if lost],
        "took": None if dry else elapsed(took(report)),
        "planned": _planned_time(report),
        "cut_over": _by_who(cut_over["changes"]) if cut_over else [],
        "cannot_be_kept": _by_who(cut_over["cannot_be_kept"]) if cut_over else [],
        "files": [(FILES.get(name, name), place) for name, place in report.get("files", {}).items() if name != "html"],
    }


def took(report: Report) -> float:
    """Seconds from the start of the execution to the report."""
    window = report["window"]
    begun, ended = (datetime.fromisoformat(window[name]) for name in ("started_at", "ended_at"))
    return max(0.0, (ended - begun).total_seconds())


def elapsed(seconds: float) -> str:
    """`42 seconds`, then as the wording of hours has it."""
    return number(round(seconds), "second") if seconds < 90 else duration(seconds / 3600)


def _planned_time(report: Report) -> str:
    hours = report["plan"]["hours"]
    return elapsed(hours * 3600) if hours else "no time"


def _people(report: Report) -> dict[str, int]:
    """Users by outcome, or as the plan foresees them."""
    if report["status"] == DRY_RUN:
        planned = {result: report["plan"]["users"][name] for result, name in PLANNED.items()}
        return {result.value: count for result, count in planned.items() if result in ALWAYS or count}
    counts = report["counts"][Kind.USER]
    return {result.value: counts.get(result, 0) for result in Result if result in ALWAYS or counts.get(result)}


def _charts(report: Report, people: Mapping[str, int]) -> Iterator[Chart]:
    dry, total = report["status"] == DRY_RUN, sum(people.values())
    yield chart(
        "users",
        "What would become of the users" if dry else "What became of the users",
        (
            (result.capitalize(), f"{count:,} ({share(count, total)})", {result: count})
            for result, count in people.items()
        ),
        most=total,
    )
    hours = report["plan"]["hours"]
    rows: list[tuple[str, str, Mapping[str, float]]] = [
        ("The plan, at least", _planned_time(report), {"planned": hours})
    ]
    if dry:
        rows = [
            (name, elapsed(spent * 3600) if spent else "not used", {"planned": spent})
            for name, spent in report["plan"]["hours_by_quota"].items()
        ]
    else:
        rows.append(("The restore", elapsed(took(report)), {"took": took(report) / 3600}))
    yield chart("hours", "Least time that each request quota takes" if dry else "Time against the plan", rows)


def _counts(report: Report) -> Iterator[tuple[str, list[int]]]:
    for kind in Kind:
        counts = report["counts"][kind]
        if any(counts.values()):
            yield f"{kind.value.capitalize()}s", [counts.get(result, 0) for result in Result]


def _failed_in(report: Report) -> Sequence[str]:
    """Reasons that the failures tell already, with their numbers."""
    return [code.partition(": ")[2] for code in report["failures"]]


def _reasons(counts: Mapping[str, int], without: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    for code, count in counts.items():
        if code not in without:
            meaning, do = reason(code)
            yield meaning, count, do


def _failures(report: Report) -> Iterator[tuple[str, str, int, str]]:
    """What failed, why, how many, and what to do; the most first."""
    for code, count in sorted(report.get("failures", {}).items(), key=lambda entry: -entry[1]):
        kind, _, why = code.partition(": ")
        meaning, do = reason(why or kind)
        yield kind.capitalize() if why else "", meaning, count, do


def _verification(report: Report) -> dict[str, Any] | None:
    told = report.get("verification")
    if told is None:
        return None
    configuration = report.get("configuration") or {}
    declared = dict(told["declared_differences"])
    untouched = declared.pop(Skipped.DIFFERS, 0)
    return {
        "passed": told["passed"],
        "asked_again": told["users_asked_about_again"],
        "undeclared": [(DIFFERENCES.get(name, name), count) for name, count in told["undeclared_differences"].items()],
        "declared": [(DIFFERENCES.get(name, name), count) for name, count in declared.items()],
        "untouched": untouched,
        "undeclared_settings": configuration.get("undeclared", {}),
        "explained_settings": configuration.get("explained", {}),
        "not_compared": configuration.get("not_compared", []),
    }


def _by_who(items: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        found.setdefault(WHO.get(item["who"], item["who"]), []).append(item)
    return list(found.items())


def _said(report: Report) -> str:
    """The answer in one sentence."""
    status, plan = report["status"], report["plan"]
    action, people = plan["configuration"]["action"], _people(report)
    if status == DRY_RUN:
        made = {"create": "make a new pool and ", "overwrite": "overwrite the configuration and "}.get(action, "")
        return (
            f"The restore would {made}create {users(people[Result.CREATED])}; {people[Result.SKIPPED]:,} would be "
            f"skipped, {people[Result.DEFERRED]:,} deferred, {people[Result.FAILED]:,} would fail."
        )
    if status == FAILED:
        if not report["verification"]["passed"]:
            return "The target is not what the snapshot says, and nobody knows why. Nothing was undone."
        failed, total = people[Result.FAILED], sum(people.values())
        return f"Too many users failed: {failed:,} of {total:,}. Everybody else was restored."
    made = "The new pool has its configuration" if action == "create" else "The configuration is the snapshot's"
    if not any(any(counts.values()) for counts in report["counts"].values()):
        return f"{made}{', but for what is below' if status == PARTIAL else ''}. There were no users to restore."
    back = [
        number(report["counts"][kind].get(Result.CREATED, 0), kind.value)
        for kind in (Kind.USER, Kind.GROUP, Kind.MEMBERSHIP)
    ]
    if status == PARTIAL:
        return f"Back are {', '.join(back)}. Not all that could come back did: the reasons are below."
    return f"All that can come back is back: {', '.join(back)} created."
