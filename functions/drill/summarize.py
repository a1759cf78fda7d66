"""State Summarize: what the drills came to, for people and for alarms."""

from __future__ import annotations

from poolsafe.domain.drill.request import DrillRequest
from poolsafe.domain.drill.verdict import DrillStatus, summary
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.schema_check import require


@state("drill", "Summarize")
def handler(event: Event, invocation: Invocation) -> Event:
    drills, request = event["drills"], DrillRequest.from_state(event["request"])
    result = summary(event["run_id"], drills, event["removed"])
    if drills and not request.dry_run:
        statuses = [drill["status"] for drill in drills]
        objectives = [drill[name] for drill in drills for name in ("recovery_point", "recovery_time")]
        invocation.count(Metric.DRILLS_FAILED, statuses.count(DrillStatus.FAILED))
        invocation.count(Metric.DRILLS_PASSED, len(statuses) - statuses.count(DrillStatus.FAILED))
        invocation.count(Metric.OBJECTIVES_MISSED, sum(one["met"] is False for one in objectives))
    require("drill.result", result)
    return result
