"""State ReportComparison: what differs, in numbers, as JSON and as a page for people."""

from __future__ import annotations

import json

from poolsafe import bootstrap
from poolsafe.domain.compare.paths import ComparisonPaths
from poolsafe.domain.compare.report import comparison_report, comparison_result
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.compare_settings import changed_settings
from poolsafe.schema_check import require


@state("compare", "ReportComparison")
def handler(event: Event, invocation: Invocation) -> Event:
    store, paths = invocation.application.store, ComparisonPaths(event["comparison_id"])
    report = comparison_report(
        comparison_id=paths.comparison_id,
        at=event["started_at"],
        sides=event["sides"],
        records=event["records"],
        settings=event["settings"],
        changed_settings=changed_settings(store, bootstrap.PARQUET, paths),
        differences=store.url(paths.differences),
    )
    require("compare.report", report)
    store.put(paths.report_key, json.dumps(report, indent=1, ensure_ascii=False).encode())
    store.put(paths.html_key, bootstrap.comparison_html(report).encode(), content_type="text/html; charset=utf-8")
    result = comparison_result(report, store.url(paths.report_key), store.url(paths.html_key))
    require("compare.result", result)
    return result
