"""What came back, what did not and why: the report, the sub map, and the verdict."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..domain.requests import RestoreRequest
from ..domain.restore.outcome import Kind, Outcome, merge, user_counts
from ..domain.restore.report import DRY_RUN, Run, dry_run_report, planned_counts, restore_report
from ..domain.restore.sub_map import SubMapping
from ..domain.restore.temporary_password import TemporaryPassword, as_csv
from ..domain.snapshot import RestorePaths
from ..errors import TooManyFailed, Unexpected, VerificationFailed
from ..ports import Clock, FileFormat, ObjectStore, Workers
from ..schema_check import require
from .parts import read_keys

#: Makes the page for people from the report and the cut-over list, None where there is none: drawing is an adapter's.
Render = Callable[[Mapping[str, Any], Mapping[str, Any] | None], str]


def write_sub_map(store: ObjectStore, working_format: FileFormat, paths: RestorePaths, workers: Workers) -> int:
    """Write `sub_map.parquet` from the outcomes; how many users it maps. A large restore has thousands of files of
    them: what waits for the bucket waits side by side."""

    def mappings(key: str) -> list[SubMapping]:
        return [
            SubMapping(outcome.username, outcome.sub, outcome.new_sub)
            for batch in read_keys(store, working_format, [key], Outcome)
            for outcome in batch
            if outcome.kind is Kind.USER and outcome.username and outcome.sub and outcome.new_sub
        ]

    part = working_format.part(SubMapping)
    keys = [key for key in store.keys(paths.outcomes) if key.startswith(f"{paths.outcomes}users-")]
    for some in workers.map(mappings, keys):
        part.add(some)
    rows = part.rows
    store.put(paths.sub_map_key, part.finish())
    return rows


def write_passwords(
    store: ObjectStore, vault: ObjectStore, working_format: FileFormat, paths: RestorePaths, workers: Workers
) -> int:
    """Write the temporary passwords of all parts as one file for people; how many there are."""

    def passwords(key: str) -> list[TemporaryPassword]:
        return [row for batch in read_keys(vault, working_format, [key], TemporaryPassword) for row in batch]

    rows = [row for some in workers.map(passwords, store.keys(paths.credentials)) for row in some]
    if rows:
        vault.put(paths.credentials_key, as_csv(rows), content_type="text/csv; charset=utf-8")
    return len(rows)


def report_dry_run(
    store: ObjectStore, clock: Clock, render: Render, paths: RestorePaths, started_at: str
) -> dict[str, Any]:
    """Report the plan as it stands; the machine's result."""
    plan = _plan(store, paths)
    files = {"plan": store.url(paths.plan_key), "html": store.url(paths.html_key)}
    if plan["attention"]:
        files["attention"] = store.url(paths.attention)
    _write_report(store, paths, dry_run_report(plan, started_at, _now(clock), files), render)
    return _result(store, paths, plan, DRY_RUN, planned_counts(plan))


def report_restore(
    store: ObjectStore,
    vault: ObjectStore,
    working_format: FileFormat,
    clock: Clock,
    workers: Workers,
    render: Render,
    paths: RestorePaths,
    request: RestoreRequest,
    started_at: str,
    target_user_pool_id: str,
    lanes: Sequence[Mapping[str, Any]],
    verified: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Write everything down first; then answer, or raise VerificationFailed or TooManyFailed.

    `vault` has temporary passwords, under a key of their own. `verified` is None
    where only the configuration was restored.
    """
    configuration = _written(store, paths.finished_configuration_key) if request.changes_configuration else None
    plan = {**_plan(store, paths), "target_user_pool_id": target_user_pool_id}
    verified = verified or {"declared": {}, "undeclared": {}, "asked_again": 0}
    run = Run(
        counts=_sum(lane["counts"] for lane in lanes),
        failures=dict(sum((Counter(lane["failures"]) for lane in lanes), Counter[str]())),
        declared=verified["declared"],
        undeclared=verified["undeclared"],
        asked_again=verified["asked_again"],
        configuration=configuration,
    )
    write_sub_map(store, working_format, paths, workers)
    status = run.status(request.max_failed_percent)
    files = {
        "plan": store.url(paths.plan_key),
        "outcomes": store.url(paths.outcomes),
        "differences": store.url(paths.differences),
        "sub_map": store.url(paths.sub_map_key),
        "html": store.url(paths.html_key),
    }
    if plan["attention"]:
        files["attention"] = store.url(paths.attention)
    if write_passwords(store, vault, working_format, paths, workers):
        files["temporary_passwords"] = store.url(paths.credentials_key)
    cut_over = None
    if configuration:
        files["id_map"] = store.url(paths.id_map_key)
        files["cut_over"] = store.url(paths.cut_over_key)
        files["config_differences"] = store.url(paths.config_differences_key)
        cut_over = _written(store, paths.cut_over_key)
    told = restore_report(plan, run, status, started_at, _now(clock), files)
    report = _write_report(store, paths, told, render, cut_over)
    if run.undeclared_configuration:
        named = ", ".join(f"{name} ({count})" for name, count in sorted(run.undeclared_configuration.items()))
        raise VerificationFailed(
            f"The target's configuration differs from the snapshot's in ways that were not expected: {named}. "
            f"{store.url(paths.config_differences_key)} names each setting; the report is {report}."
        )
    if run.undeclared:
        named = ", ".join(f"{name} ({count})" for name, count in sorted(run.undeclared.items()))
        raise VerificationFailed(
            f"The target differs from the snapshot in ways that were not expected: {named}. Everything that could be "
            f"restored was. {store.url(paths.differences)} names each; the report is {report}."
        )
    if run.too_many_failed(request.max_failed_percent):
        reasons = ", ".join(f"{reason} ({count})" for reason, count in sorted(run.failures.items()))
        raise TooManyFailed(
            f"More than max_failed_percent ({request.max_failed_percent:g}) of the users failed: {reasons}. Everything "
            f"else was restored. {store.url(paths.outcomes)} names each; the report is {report}. After mending the "
            "cause, start it again with the same input and its restore_id: users that are there are skipped."
        )
    return _result(store, paths, plan, status, user_counts({kind: dict(counts) for kind, counts in run.counts.items()}))


def _plan(store: ObjectStore, paths: RestorePaths) -> dict[str, Any]:
    return _written(store, paths.plan_key)


def _written(store: ObjectStore, key: str) -> dict[str, Any]:
    """What an earlier state has written."""
    found = store.get(key)
    if found is None:
        raise Unexpected(f"{key} is gone. Start the restore again.")
    document: dict[str, Any] = json.loads(found.content)
    return document


def _write_report(
    store: ObjectStore,
    paths: RestorePaths,
    report: Mapping[str, Any],
    render: Render,
    cut_over: Mapping[str, Any] | None = None,
) -> str:
    """The document first: it is there even if the page could not be made."""
    require("restore.report", report)
    store.put(paths.report_key, json.dumps(report, indent=1).encode())
    store.put(paths.html_key, render(report, cut_over).encode(), content_type="text/html; charset=utf-8")
    return store.url(paths.report_key)


def _result(
    store: ObjectStore, paths: RestorePaths, plan: Mapping[str, Any], status: str, counts: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "status": status,
        "restore_id": paths.restore_id,
        "target_user_pool_id": plan["target_user_pool_id"],
        "counts": dict(counts),
        "report": store.url(paths.report_key),
    }


def _now(clock: Clock) -> str:
    return clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sum(tallies: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    total: dict[str, dict[str, int]] = {}
    for counts in tallies:
        total = merge(total, dict(counts))
    return total
