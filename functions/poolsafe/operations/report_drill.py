"""The report of a drill, the point that it adds to the trend, and the page for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain.drill.paths import DrillPaths, history_of
from ..domain.drill.request import DrillRequest
from ..domain.drill.verdict import DrillStatus, Objective, extrapolated_hours, verdict
from ..domain.failure import error_of, explanation_of
from ..domain.snapshot import RestorePaths
from ..ports import Clock, ObjectStore
from ..schema_check import require

#: Points of the trend that are shown: two years of monthly drills.
SHOWN = 24


@dataclass(frozen=True, slots=True)
class Ended:
    """How the steps of a drill ended: what each answered; where it failed, `Error` and `Cause`; None if not begun."""

    planned: Mapping[str, Any]
    restored: Mapping[str, Any] | None = None
    walked: Mapping[str, Any] | None = None
    removed: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ReportDrill:
    """Writes the report of one drill."""

    store: ObjectStore
    clock: Clock
    render: Callable[[Mapping[str, Any]], str]

    def __call__(
        self, request: DrillRequest, user_pool_id: str, paths: DrillPaths, started_at: str, ended: Ended
    ) -> dict[str, Any]:
        """The result of this pool's drill."""
        plan = None if _failed(ended.planned) else self._written(paths.plan_key)
        report = self._report(request, user_pool_id, paths, started_at, ended, plan)
        report["trend"] = self._trend(user_pool_id, paths, report)
        require("drill.report", report)
        self.store.put(paths.report_key, json.dumps(report, indent=1).encode())
        self.store.put(paths.html_key, self.render(report).encode(), content_type="text/html; charset=utf-8")
        return {
            "user_pool_id": user_pool_id,
            "drill_id": paths.drill_id,
            "status": report["status"],
            "problems": report["problems"],
            "recovery_point": report["recovery_point"],
            "recovery_time": report["recovery_time"],
            "report": self.store.url(paths.report_key),
            "html": self.store.url(paths.html_key),
        }

    def _report(
        self,
        request: DrillRequest,
        user_pool_id: str,
        paths: DrillPaths,
        started_at: str,
        ended: Ended,
        plan: Mapping[str, Any] | None,
    ) -> dict[str, Any]:
        restored, seconds, sample_hours = self._restored(ended.restored)
        walk = None if ended.walked is None or _failed(ended.walked) else dict(ended.walked)
        whole = extrapolated_hours(seconds, sample_hours, plan["whole_pool_hours"]) if plan and seconds else None
        point = Objective(plan["recovery_point_hours"] if plan else None, request.objectives.recovery_point_hours)
        time = Objective(whole, request.objectives.recovery_time_hours)
        if plan is None:
            status, problems = DrillStatus.FAILED, [f"There is nothing to restore: {error_of(ended.planned)}."]
        elif request.dry_run:
            status, problems = DrillStatus.DRY_RUN, []
        else:
            removed = ended.removed is not None and not _failed(ended.removed)
            status, problems = verdict(restored["status"] if restored else None, walk, removed, (point, time))
        return {
            "status": status.value,
            "drill_id": paths.drill_id,
            "user_pool_id": user_pool_id,
            "window": {"started_at": started_at, "ended_at": _now(self.clock)},
            "problems": problems,
            "recovery_point": point.to_report(),
            "recovery_time": {**time.to_report(), "measured_seconds": seconds},
            "plan": {name: value for name, value in plan.items() if name != "restore"} if plan else None,
            "restore": restored,
            "sign_ins": walk,
        }

    def _restored(self, told: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, float | None, float]:
        """The restore as the report has it, how many seconds it took, and how many hours quotas made of them."""
        if told is None:
            return None, None, 0.0
        if _failed(told):
            why = {"error": error_of(told), "explanation": explanation_of(told)}
            return {"status": "FAILED", **why, "report": None}, None, 0.0
        paths = RestorePaths(told["restore_id"])
        report = self._written(paths.report_key)
        begun, done = (datetime.fromisoformat(report["window"][end]) for end in ("started_at", "ended_at"))
        restored = {"status": told["status"], "error": None, "explanation": None, "report": told["report"]}
        return restored, round((done - begun).total_seconds(), 1), float(report["plan"]["hours"])

    def _trend(self, user_pool_id: str, paths: DrillPaths, report: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Every drill of the pool, oldest first, with this one. A dry run is none."""
        if report["status"] != DrillStatus.DRY_RUN:
            point = {
                "at": report["window"]["started_at"],
                "status": report["status"],
                "recovery_point_hours": report["recovery_point"]["hours"],
                "recovery_time_hours": report["recovery_time"]["hours"],
            }
            self.store.put(paths.point_key(user_pool_id), json.dumps(point).encode())
        keys = self.store.keys(history_of(user_pool_id))[-SHOWN:]
        return [self._written(key) for key in keys]

    def _written(self, key: str) -> dict[str, Any]:
        found = self.store.get(key)
        if found is None:
            raise FileNotFoundError(key)
        document: dict[str, Any] = json.loads(found.content)
        return document


def _failed(told: Mapping[str, Any] | None) -> bool:
    return told is not None and "Error" in told


def _now(clock: Clock) -> str:
    return clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
