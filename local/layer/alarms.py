"""Alarms of CloudWatch that are evaluated as it documents it, at a moment of one's choice.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html (the evaluation range,
missing data, M out of N, premature transitions), .../using-metric-math.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (what is refused),
.../cloudwatch_concepts.html: every set of dimensions is a metric of its own, and none is a set, too. The emulator takes
all that has the metric's name in one heap, looks at no DatapointsToAlarm, TreatMissingData or Unit and has no metric
math.

AWS evaluates an alarm each minute. Here alarms are evaluated when that is asked for and at no other time, so that a
test can look ahead: `PUT /_poolsafe/alarms` with {"At": seconds since 1970}, both optional "Account" and "Region".
The windows are sliding ones; they end with the minute of that moment, as if it were over. That AWS looks at alarms over
more than a day once an hour only is left out: there they may be an hour later.

Assumed: the evaluation range, of which AWS says only that it is more than the evaluation periods, has two periods more;
where too few data breach and the rest is missing, the alarm stays in its state until the oldest of them is as old as
DatapointsToAlarm; an alarm is in INSUFFICIENT_DATA until it is first evaluated.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .metric_math import Series, Value, evaluated
from .service_metrics import send_queue_metrics

Json = dict[str, Any]

MORE_PERIODS = 2
MINUTE, HOUR, DAY = 60, 3600, 86400
BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
#: Of one metric; an alarm on metric math has none of them.
OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
MAX_QUERIES = 20


def make_alarms_like_cloudwatch() -> None:
    """Takes its place in the emulator."""
    from ministack.services import cloudwatch
    from ministack.services.cloudformation import provisioners

    cloudwatch._evaluate_alarm = lambda alarm: None
    cloudwatch._put_metric_alarm = _putting(cloudwatch._put_metric_alarm)
    cloudwatch._dims_from_list = _exact(cloudwatch._dims_from_list)
    cloudwatch._get_metric_data = _with_math(cloudwatch._get_metric_data)
    provisioners._cw_metric_alarm_record = _recording(provisioners._cw_metric_alarm_record)


def control(method: str, body: Any) -> dict[str, str]:
    """`PUT` evaluates alarms and `GET` does not; both tell the states of a region's alarms by name."""
    from ministack.core import responses

    wanted = body or {}
    account, region = wanted.get("Account", responses.get_account_id()), wanted.get("Region", responses.get_region())
    with responses.request_scope(account, region):
        if method == "PUT":
            evaluate_alarms(float(wanted.get("At") or time.time()))
        return _states()


def evaluate_alarms(at: float) -> None:
    """Evaluates every metric alarm of the account and region, and the composite ones above those that change."""
    from ministack.services import cloudwatch

    send_queue_metrics(at)
    for alarm in list(cloudwatch._alarms.values()):
        _evaluate(alarm, at)


def _states() -> dict[str, str]:
    from ministack.services import cloudwatch

    alarms = [*cloudwatch._alarms.values(), *cloudwatch._composite_alarms.values()]
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}


def _evaluate(alarm: Json, at: float) -> None:
    from ministack.services import cloudwatch

    old = alarm["StateValue"]
    values = data_points(alarm, at)
    breaches = BREACHES[alarm["ComparisonOperator"]]
    threshold, periods = float(alarm["Threshold"]), int(alarm["EvaluationPeriods"])
    new = state_of(
        [None if value is None else breaches(value, threshold) for value in values],
        int(alarm.get("DatapointsToAlarm") or periods),
        periods,
        alarm.get("TreatMissingData") or "missing",
        old,
    )
    if new == old:
        return
    reason = f"{alarm['ComparisonOperator']} {threshold}: {values[-periods:]} of {periods} periods, the newest last"
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    alarm["StateTransitionedTimestamp"] = alarm["StateUpdatedTimestamp"]
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


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
    period = _period(alarm)
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


def _period(alarm: Mapping[str, Any]) -> int:
    queries = [query for query in alarm.get("Metrics") or () if query.get("MetricStat")]
    return int(queries[0]["MetricStat"]["Period"] if queries else alarm["Period"])


def problem_of(alarm: Mapping[str, Any]) -> str | None:
    """Why PutMetricAlarm refuses that."""
    periods = int(alarm.get("EvaluationPeriods") or 0)
    if periods < 1 or not 1 <= int(alarm.get("DatapointsToAlarm") or periods) <= periods:
        return "EvaluationPeriods is at least 1, DatapointsToAlarm from 1 to EvaluationPeriods."
    if alarm.get("ComparisonOperator") not in BREACHES:
        return f"ComparisonOperator is one of {', '.join(BREACHES)}."
    if alarm.get("TreatMissingData", "missing") not in TREATMENTS:
        return f"TreatMissingData is one of {', '.join(TREATMENTS)}."
    if problem := _problem_of_math(alarm) if alarm.get("Metrics") else _problem_of_one_metric(alarm):
        return problem
    period = _period(alarm)
    if period not in (10, 20, 30) and (period < MINUTE or period % MINUTE):
        return "Period is 10, 20, 30 or a multiple of 60."
    if period * periods > (7 * DAY if period >= HOUR else DAY):
        return "Period times EvaluationPeriods is more than seven days, or than one with a Period below an hour."
    return None


def _problem_of_one_metric(alarm: Mapping[str, Any]) -> str | None:
    if not alarm.get("MetricName") or not alarm.get("Namespace") or not alarm.get("Period"):
        return "An alarm on one metric has MetricName, Namespace and Period."
    if bool(alarm.get("Statistic")) == bool(alarm.get("ExtendedStatistic")):
        return "An alarm on one metric has either Statistic or ExtendedStatistic."
    return None


def _problem_of_math(alarm: Mapping[str, Any]) -> str | None:
    queries = alarm["Metrics"]
    if several := [name for name in OF_ONE_METRIC if alarm.get(name)]:
        return f"An alarm with Metrics has no {several[0]}."
    if len(queries) > MAX_QUERIES or len({query.get("Id") for query in queries}) < len(queries):
        return f"Metrics has up to {MAX_QUERIES} members with an Id of their own each."
    if any(bool(query.get("Expression")) == bool(query.get("MetricStat")) for query in queries):
        return "A member of Metrics has either Expression or MetricStat."
    if sum(bool(query.get("ReturnData", True)) for query in queries) != 1:
        return "Exactly one member of Metrics has ReturnData true, which is what it is when left out."
    if len({int(query["MetricStat"]["Period"]) for query in queries if query.get("MetricStat")}) != 1:
        return "The metrics of an alarm have one and the same Period."
    try:
        data_points({"AlarmName": "any", **alarm}, 0.0)
    except ValueError as problem:
        return f"Invalid metrics list: {problem}"
    return None


def _putting(put: Any) -> Any:
    from ministack.services import cloudwatch

    @functools.wraps(put)
    def put_alarm(params: Any, data: Json, is_cbor: bool, is_json: bool = False) -> Any:
        if not is_cbor and not is_json:
            return put(params, data, is_cbor, is_json)
        if problem := problem_of(data):
            return cloudwatch._error("ValidationError", problem, 400, use_json=is_json, use_cbor=is_cbor)
        answer = put(params, data, is_cbor, is_json)
        if answer[0] == 200 and data.get("Metrics"):
            _on_math(cloudwatch._alarms[data["AlarmName"]], data["Metrics"])
        return answer

    return put_alarm


def _recording(record: Any) -> Any:
    """An alarm from a template: CloudFormation puts it, and PutMetricAlarm refuses what it refuses."""

    @functools.wraps(record)
    def recorded(name: str, properties: Json) -> Json:
        metrics = [_typed(query) for query in properties.get("Metrics") or ()]
        if problem := problem_of({**properties, "Metrics": metrics}):
            raise ValueError(f"{problem} (Service: CloudWatch, Status Code: 400)")
        if not metrics:
            alarm: Json = record(name, properties)
            return alarm
        stood_in = {"MetricName": "any", "Namespace": "any"}
        alarm = record(name, {**{key: value for key, value in properties.items() if key != "Metrics"}, **stood_in})
        return _on_math(alarm, metrics)

    return recorded


def _on_math(alarm: Json, queries: Sequence[Json]) -> Json:
    for name in OF_ONE_METRIC:
        alarm.pop(name, None)
    alarm["Metrics"] = list(queries)
    return alarm


def _typed(query: Json) -> Json:
    """A template may say numbers and truth as text, the API does not."""
    typed = {**query, "ReturnData": str(query.get("ReturnData", True)).lower() == "true"}
    if stat := query.get("MetricStat"):
        typed["MetricStat"] = {**stat, "Period": int(stat["Period"])}
    return typed


class _Dimensions(dict[str, str]):
    """Dimensions that are asked for also when there are none."""

    def __bool__(self) -> bool:
        return True


def _exact(dimensions: Any) -> Any:
    @functools.wraps(dimensions)
    def exact(listed: list[Json]) -> _Dimensions:
        return _Dimensions(dimensions(listed))

    return exact


def _with_math(get: Any) -> Any:
    """GetMetricData with expressions: aligned to the period, the newest first unless told otherwise."""
    from ministack.services import cloudwatch

    @functools.wraps(get)
    def got(params: Any, data: Json, is_cbor: bool, is_json: bool = False) -> Any:
        queries = data.get("MetricDataQueries") or () if is_cbor or is_json else ()
        if not any(query.get("Expression") for query in queries):
            return get(params, data, is_cbor, is_json)
        stats = [query["MetricStat"] for query in queries if query.get("MetricStat")]
        period = max([int(stat["Period"]) for stat in stats], default=MINUTE)
        start, end = (cloudwatch._parse_ts(data[name]) for name in ("StartTime", "EndTime"))
        grid = list(range(math.floor(start / period) * period, math.ceil(end), period))
        try:
            known = worked_out(queries, grid, period)
        except ValueError as problem:
            return cloudwatch._error("ValidationError", str(problem), 400, use_json=is_json, use_cbor=is_cbor)
        newest_first = data.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        results = [
            _result(query, series, newest_first)
            for query in queries
            if query.get("ReturnData", True)
            for series in _all_series(known[query["Id"]])
        ]
        if is_cbor:
            results = [cloudwatch._cbor_metric_data_result(result) for result in results]
            return cloudwatch._cbor_ok({"MetricDataResults": results})
        return cloudwatch._json_ok({"MetricDataResults": results})

    return got


def _all_series(value: Value) -> list[Series]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _result(query: Mapping[str, Any], series: Series, newest_first: bool) -> Json:
    from ministack.services import cloudwatch

    times = sorted(series, reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": query.get("Label", query["Id"]),
        "Timestamps": [cloudwatch._ts_iso(at) for at in times],
        "Values": [series[at] for at in times],
        "StatusCode": "Complete",
    }
