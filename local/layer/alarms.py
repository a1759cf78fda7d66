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
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .alarm_evaluation import MINUTE, data_points, period_of, state_of
from .metric_data import exact_dimensions, with_math
from .service_metrics import send_queue_metrics

Json = dict[str, Any]

HOUR, DAY = 3600, 86400
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
    cloudwatch._dims_from_list = exact_dimensions(cloudwatch._dims_from_list)
    cloudwatch._get_metric_data = with_math(cloudwatch._get_metric_data)
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
    period = period_of(alarm)
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
