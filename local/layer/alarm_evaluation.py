"""What an alarm of CloudWatch makes of data points: its windows, what is missing, and its state.

Sources and what is assumed are in `alarms.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .metric_math import Series, Value, evaluated

Json = dict[str, Any]

#: An alarm looks back so many periods more than it evaluates.
MORE_PERIODS = 2
MINUTE = 60


def state_of(breaching: Sequence[bool | None], needed: int, periods: int, treatment: str, state: str) -> str:
    """The state that data points make, the newest last: whether each breaches, None where it is missing."""
    there = [breach for breach in breaching if breach is not None][-periods:]
    missing = periods - len(there)
    if missing and treatment == "breaching":
        return "ALARM" if sum(there) + missing >= needed else "OK"
    if (missing and treatment == "notBreaching") or sum(there) >= needed or not all(there):
        return "ALARM" if sum(there) >= needed else "OK"
    if not there:
        return state if treatment == "ignore" else "INSUFFICIENT_DATA"
    oldest = len(breaching) - breaching.index(True)
    return "ALARM" if treatment == "missing" and oldest >= needed else state


def data_points(alarm: Mapping[str, Any], at: float) -> list[float | None]:
    """The data points in the evaluation range of an alarm, the oldest first."""
    period = period_of(alarm)
    step = min(period, MINUTE)
    end = math.ceil(at / step) * step
    grid = [end - count * period for count in range(int(alarm["EvaluationPeriods"]) + MORE_PERIODS, 0, -1)]
    if alarm.get("Metrics"):
        (watched,) = [query["Id"] for query in alarm["Metrics"] if query.get("ReturnData", True)]
        series = worked_out(alarm["Metrics"], grid, period)[watched]
    else:
        stat = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
        series = _statistics(alarm, stat, alarm.get("Unit"), grid, period)
    if not isinstance(series, dict):
        raise ValueError(f"{alarm.get('AlarmName')}: an alarm is for a single time series")
    return [series.get(start) for start in grid]


def worked_out(queries: Sequence[Mapping[str, Any]], grid: Sequence[int], period: int) -> dict[str, Value]:
    """Metrics and expressions of a request by id. ValueError if an expression is none, or they go round in circles."""
    known: dict[str, Value] = {}
    metrics: dict[str, Series] = {}
    for query in queries:
        if wanted := query.get("MetricStat"):
            series = _statistics(wanted["Metric"], wanted["Stat"], wanted.get("Unit"), grid, period)
            known[query["Id"]] = metrics[query["Id"]] = series
    left = {query["Id"]: str(query["Expression"]) for query in queries if query.get("Expression")}
    while left:
        failed: dict[str, ValueError] = {}
        for name, expression in left.items():
            try:
                known[name] = evaluated(expression, known, metrics, grid)
            except ValueError as not_yet:
                failed[name] = not_yet
        if len(failed) == len(left):
            raise next(iter(failed.values()))
        left = {name: left[name] for name in failed}
    return known


def _statistics(
    metric: Mapping[str, Any], stat: str, unit: str | None, grid: Sequence[int], period: int
) -> dict[int, float]:
    from ministack.services import cloudwatch

    dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions") or ()}
    key = metric["Namespace"], metric["MetricName"], cloudwatch._dims_key(dimensions)
    points: dict[int, list[Json]] = {}
    for point in cloudwatch._metrics.get(key) or ():
        place = math.floor((point["Timestamp"] - grid[0]) / period) if grid else -1
        if 0 <= place < len(grid) and unit in (None, point["Unit"]):
            points.setdefault(grid[place], []).append(point)
    found = {
        start: cloudwatch._stat_value(cloudwatch._calc_stats(there), stat, there) for start, there in points.items()
    }
    return {start: float(value) for start, value in found.items() if value is not None}


def period_of(alarm: Mapping[str, Any]) -> int:
    queries = [query for query in alarm.get("Metrics") or () if query.get("MetricStat")]
    return int(queries[0]["MetricStat"]["Period"] if queries else alarm["Period"])
