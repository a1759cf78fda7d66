"""How much of its quotas an account uses just now, as CloudWatch knows it: so that a run leaves room for others.

Read before a run makes its own calls. CloudWatch counts whose calls they are nowhere, so a run that ended some minutes
ago counts as others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..domain.quotas import Category
from ..ports import Clock, ServiceApi

MINUTES = 15
PERIOD_SECONDS = 60
#: Developer guide, "Metrics for Amazon Cognito user pools": the dimensions are Service, Type, Resource (the category),
#: and Class, which Cognito is said not to use; other services' usage has it as None. So both are asked for, and what is
#: there is taken (docs/unverified.md).
_DIMENSIONS = {"Service": "Cognito user pool", "Type": "API"}
_CLASSES: tuple[dict[str, str], ...] = ({}, {"Class": "None"})


@dataclass(frozen=True, slots=True)
class ReadUsage:
    """Asks CloudWatch of one Region."""

    cloudwatch: ServiceApi
    clock: Clock

    def __call__(self, categories: Sequence[Category]) -> dict[Category, float]:
        """Calls per second in the busiest of the last minutes, by category. Raises what the service raises."""
        asked = [(category, own) for category in categories for own in _CLASSES]
        queries = [_query(f"m{number}", category, own) for number, (category, own) in enumerate(asked)]
        end = self.clock.now().replace(second=0, microsecond=0)
        answer = self.cloudwatch.call(
            "GetMetricData",
            MetricDataQueries=queries,
            StartTime=(end - timedelta(minutes=MINUTES)).isoformat(),
            EndTime=end.isoformat(),
        )
        busiest = dict.fromkeys(categories, 0.0)
        for result in answer.get("MetricDataResults") or ():
            category, _ = asked[int(result["Id"].removeprefix("m"))]
            rate = max(map(float, result.get("Values") or (0,))) / PERIOD_SECONDS
            busiest[category] = max(busiest[category], rate)
        return busiest


def _query(name: str, category: Category, own: dict[str, str]) -> dict[str, Any]:
    dimensions = {**_DIMENSIONS, "Resource": category.value, **own}
    metric = {
        "Namespace": "AWS/Usage",
        "MetricName": "CallCount",
        "Dimensions": [{"Name": dimension, "Value": value} for dimension, value in dimensions.items()],
    }
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": "Sum"}}
