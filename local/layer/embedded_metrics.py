"""Metrics in log lines: what a function writes in the embedded metric format becomes metrics. The emulator keeps lines.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html:
a line is one JSON object, with nothing before or after it; `_aws` says the time in milliseconds and where in the line
the values and the dimensions are. A line that breaks the specification says no metric at all; members it does not know
are ignored. An array is as many values. PutLogEvents is read alike: its header `x-amzn-logs-format` is no longer needed
(.../CloudWatch_Embedded_Metric_Format_Generation_PutLogEvents.html). Times more than two weeks ago or two hours ahead
are not taken (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html).

A metric is there at once. On AWS it takes up to minutes.
"""

from __future__ import annotations

import functools
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

MAX_METRICS, MAX_VALUES, MAX_DIMENSIONS = 100, 100, 30
MAX_NAMESPACE, MAX_NAME, MAX_DIMENSION_NAME, MAX_DIMENSION_VALUE = 1024, 1024, 250, 1024
PAST_SECONDS, FUTURE_SECONDS = 14 * 86400, 2 * 3600
RESOLUTIONS = (1, 60)

logger = logging.getLogger("poolsafe.metrics")


class Broken(ValueError):
    """A line breaks the specification."""


@dataclass(frozen=True, slots=True)
class Datum:
    """A value of a metric at a time, in seconds since 1970."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str]
    value: float
    time: float


def extract_embedded_metrics() -> None:
    """Takes its place in the emulator's CloudWatch Logs, through which the logs of functions go, too."""
    from ministack.services import cloudwatch_logs

    cloudwatch_logs._append_log_events = _extracting(cloudwatch_logs._append_log_events)


def _extracting(append: Any) -> Any:
    @functools.wraps(append)
    def appended(stream: Any, events: Sequence[Mapping[str, Any]]) -> None:
        append(stream, events)
        for event in events:
            _put(str(event.get("message", "")))

    return appended


def _put(line: str) -> None:
    try:
        data = list(metrics_of(line))
    except Broken as broken:
        logger.warning("no metrics of a log line: %s", broken)
        return
    now = time.time()
    for datum in data:
        if now - PAST_SECONDS <= datum.time <= now + FUTURE_SECONDS:
            record(datum)


def record(datum: Datum) -> None:
    """Puts a datum into the emulator's CloudWatch: of the account and region in whose name this is run."""
    from ministack.services import cloudwatch

    dimensions = dict(datum.dimensions)
    cloudwatch._store_datum(
        datum.namespace, datum.name, dimensions, datum.time, datum.unit, datum.value, None, None, None
    )


def metrics_of(line: str) -> Iterator[Datum]:
    """The metrics that a log line says. Broken if it would say some and breaks the specification."""
    if not line.startswith("{") or '"_aws"' not in line:
        return
    try:
        root = json.loads(line)
    except ValueError:
        return
    meta = root.get("_aws")
    if meta is None:
        return
    directives = meta.get("CloudWatchMetrics") if isinstance(meta, dict) else None
    if not isinstance(directives, list):
        raise Broken("_aws.CloudWatchMetrics is not an array")
    timestamp = meta.get("Timestamp")
    if not _is_number(timestamp):
        raise Broken("_aws.Timestamp is not a number")
    yield from [datum for directive in directives for datum in _told(root, directive, timestamp / 1000)]


def _told(root: Mapping[str, Any], directive: Any, seconds: float) -> Iterator[Datum]:
    if not isinstance(directive, dict):
        raise Broken("a directive is not an object")
    namespace = _text(directive.get("Namespace"), MAX_NAMESPACE, "Namespace")
    sets, definitions = directive.get("Dimensions"), directive.get("Metrics")
    if not isinstance(sets, list) or not sets or not isinstance(definitions, list):
        raise Broken("Dimensions is not an array of sets, or Metrics not an array")
    if len(definitions) > MAX_METRICS:
        raise Broken(f"a directive has more than {MAX_METRICS} metrics")
    all_dimensions = [_dimensions(root, names) for names in sets]
    for definition in definitions:
        if not isinstance(definition, dict):
            raise Broken("a metric's definition is not an object")
        name = _text(definition.get("Name"), MAX_NAME, "Name")
        unit = definition.get("Unit", "None")
        if not isinstance(unit, str) or definition.get("StorageResolution", 60) not in RESOLUTIONS:
            raise Broken(f"{name} has no such Unit or StorageResolution")
        for value in _values(root, name):
            for dimensions in all_dimensions:
                yield Datum(namespace, name, unit, dimensions, value, seconds)


def _dimensions(root: Mapping[str, Any], names: Any) -> dict[str, str]:
    if not isinstance(names, list) or len(names) > MAX_DIMENSIONS:
        raise Broken(f"a set of dimensions is not an array of up to {MAX_DIMENSIONS} names")
    named = [_text(name, MAX_DIMENSION_NAME, "a dimension's name") for name in names]
    return {name: _text(root.get(name), MAX_DIMENSION_VALUE, f"the dimension {name}") for name in named}


def _values(root: Mapping[str, Any], name: str) -> list[float]:
    value = root.get(name)
    values = value if isinstance(value, list) else [value]
    numbers = [float(each) for each in values if _is_number(each)]
    if len(values) > MAX_VALUES or len(numbers) < len(values):
        raise Broken(f"{name} is not a number or an array of up to {MAX_VALUES} numbers")
    return numbers


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object, longest: int, what: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise Broken(f"{what} is not a text of 1 to {longest} characters")
    return value
