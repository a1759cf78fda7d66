"""What to do after a restore, first things first: the head of its page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..assessment.wording import number, users
from ..configuration.todo import Why
from .credentials import Credential
from .difference import Skipped
from .notices import Attention
from .outcome import Kind, Result
from .report import COMPLETE, DRY_RUN, FAILED

Report = Mapping[str, Any]


def next_steps(report: Report, todos: Sequence[Mapping[str, Any]], cut_over: Report | None) -> Iterator[str]:
    """What to do now, first things first."""
    status, files = report["status"], report.get("files", {})
    if status == DRY_RUN:
        yield "Read what follows. If it is what you want, start the same request without dry_run."
        if report["plan"]["users"]["fail"]:
            yield f"Decide about the {users(report['plan']['users']['fail'])} who would fail: the reasons are below."
        if todos:
            yield f"Plan for {number(len(todos), 'thing')} that will be left to do by hand."
        return
    yield from _trouble(report)
    if any(Why(todo["why"]).is_gap for todo in todos):
        yield "Do what is left to do by hand, below: until then the pool lacks something."
    elif todos:
        yield "Do what is left to do by hand, below."
    if cut_over and cut_over["changes"] and status != FAILED:
        yield f"Give the cut-over list to those it names: {number(len(cut_over['changes']), 'change')}."
    created = report["counts"][Kind.USER].get(Result.CREATED, 0)
    if created and status != FAILED:
        yield from _passwords(report)
    if status == COMPLETE and not todos and not cut_over and not created:
        yield "Nothing is left to do."
    if status == FAILED and "html" in files:
        yield "Keep this folder and the snapshot until the cause is known."


def _passwords(report: Report) -> Iterator[str]:
    """What has to be said or handed to whom before they can sign in."""
    plan, files = report["plan"], report.get("files", {})
    if place := files.get("temporary_passwords"):
        yield f"Hand over the temporary passwords, by a way you trust: {place}. The file is gone after 7 days."
    resets = plan["credentials"][Credential.RESET] + plan["credentials"][Credential.IMPORT_JOB]
    if resets:
        said = "" if plan["messages"] else " Nobody was sent a message."
        yield f"Tell {users(resets)} to choose a new password with “forgot password”.{said}"
    if plan["messages"]:
        yield f"{users(plan['messages']).capitalize()} got an invitation from Cognito: tell them that it is no fraud."
    others = {*plan["attention"]} - {Attention.TEMPORARY_PASSWORD, Attention.UNREACHABLE}
    if others:
        yield f"Look after those who need somebody, below; {files['attention']} names them."


def _trouble(report: Report) -> Iterator[str]:
    """What went wrong, each with the way out (README, "At 3 a.m.")."""
    verification, configuration = report["verification"], report.get("configuration") or {}
    if not verification["passed"]:
        yield "Keep people out of the pool until the cause is known: somebody changed it meanwhile, or it is a defect."
    if verification["undeclared_differences"]:
        yield f"See who differs, and in what: {report['files']['differences']}"
    if configuration.get("undeclared"):
        yield f"See which settings differ: {report['files']['config_differences']}"
    if _failed(report):
        yield (
            "Mend why some failed, below, then start the restore again with the same input and its restore_id, "
            f"{report['restore_id']}: it creates who is missing. {report['files']['outcomes']} names each."
        )
    if count := verification["declared_differences"].get(Skipped.DIFFERS):
        are = "is" if count == 1 else "are"
        yield (
            f"Look at {users(count)} who {are} not as the snapshot has them, or whose name another has, and whom the "
            f"restore left alone: {report['files']['differences']}"
        )
    if configuration.get("not_compared"):
        yield f"Compare by hand what could not be read back: {', '.join(configuration['not_compared'])}."


def _failed(report: Report) -> int:
    return sum(counts.get(Result.FAILED, 0) for counts in report["counts"].values())
