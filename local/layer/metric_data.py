"""GetMetricData with expressions, and metrics by exactly the dimensions that are asked for.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html and
.../cloudwatch_concepts.html: every set of dimensions is a metric of its own, and none is a set, too.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

from .alarm_evaluation import MINUTE, worked_out
from .metric_math import Series, Value

Json = dict[str, Any]


class _Dimensions(dict[str, str]):
    """Dimensions that are asked for also when there are none."""

    def __bool__(self) -> bool:
        return True


def exact_dimensions(dimensions: Any) -> Any:
    @functools.wraps(dimensions)
    def exact(listed: list[Json]) -> _Dimensions:
        return _Dimensions(dimensions(listed))

    return exact


def with_math(get: Any) -> Any:
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
