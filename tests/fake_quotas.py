"""Fakes of what tells an account's request quotas and their use: Cognito's limits, Service Quotas, CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from poolsafe.domain.quotas import DOCUMENTED, Category
from poolsafe.domain.quotas_told import ADJUSTABLE
from tests.fake_cognito import FakeService, Members

#: As Service Quotas names them (public dumps of its answers): those of whole accounts, and two that are something else.
NAMES = {
    category: f"Rate of {category.value} requests"
    + (" per account" if category.value.startswith(("UserPoolResource", "UserPoolClient", "Client")) else "")
    for category in Category
    if category is not Category.LIMIT_MANAGEMENT
}
OTHERS = {"Rate of UserPoolResourceRead requests per user pool": 5.0, "Groups per user": 100.0}


class FakeLimits(FakeService):
    """GetProvisionedLimit. `provisioned` is what this account has otherwise than documented."""

    service_name = "cognito-idp"

    def __init__(self, provisioned: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.provisioned = dict(provisioned or {})

    def _get_provisioned_limit(self, LimitDefinition: Members) -> Members:  # noqa: N803
        category = Category(LimitDefinition["Attributes"]["Category"])
        if category not in ADJUSTABLE:
            self.refuse("GetProvisionedLimit", "InvalidParameterException", "not adjustable")
        value = self.provisioned.get(category, DOCUMENTED[category])
        free = DOCUMENTED[category]
        return {
            "Limit": {"LimitDefinition": LimitDefinition, "ProvisionedLimitValue": value, "FreeLimitValue": free},
        }


class FakeServiceQuotas(FakeService):
    """ListServiceQuotas, some to a page. `applied` is what this account has otherwise than documented, by name."""

    service_name = "service-quotas"
    page_size = 7

    def __init__(self, applied: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.quotas = {**{name: DOCUMENTED[category] for category, name in NAMES.items()}, **OTHERS, **(applied or {})}
        self.codes: dict[str, str] = {}

    def _list_service_quotas(self, **members: Any) -> Members:
        if members["ServiceCode"] != "cognito-idp":
            self.refuse("ListServiceQuotas", "NoSuchResourceException")
        first = int(members.get("NextToken", 0))
        page = [*self.quotas.items()][first : first + self.page_size]
        more = first + self.page_size < len(self.quotas)
        return {
            "Quotas": [
                {"QuotaName": name, "QuotaCode": self.codes.get(name, "L-00000000"), "Value": value, "Unit": "None"}
                for name, value in page
            ],
            **({"NextToken": str(first + self.page_size)} if more else {}),
        }


class FakeCloudWatch(FakeService):
    """GetMetricData of AWS/Usage. `minutes` are calls by category and minute before the clock's, the newest first.

    `own` are dimensions that Cognito's usage has beside those that are documented.
    """

    service_name = "cloudwatch"

    def __init__(self, minutes: Mapping[str, list[float]] | None = None, **options: Any) -> None:
        self.own: dict[str, str] = options.pop("own", {})
        super().__init__(**options)
        self.minutes = dict(minutes or {})

    def _get_metric_data(self, MetricDataQueries: list[Members], StartTime: str, EndTime: str) -> Members:  # noqa: N803
        start, end = datetime.fromisoformat(StartTime), datetime.fromisoformat(EndTime)
        assert end.second == end.microsecond == 0
        assert len({query["Id"] for query in MetricDataQueries}) == len(MetricDataQueries)
        return {"MetricDataResults": [self._result(query, start, end) for query in MetricDataQueries]}

    def _result(self, query: Members, start: datetime, end: datetime) -> Members:
        metric = query["MetricStat"]["Metric"]
        assert (metric["Namespace"], metric["MetricName"]) == ("AWS/Usage", "CallCount")
        assert (query["MetricStat"]["Period"], query["MetricStat"]["Stat"]) == (60, "Sum")
        dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
        category = dimensions.pop("Resource")
        points = []
        if dimensions == {"Service": "Cognito user pool", "Type": "API", **self.own}:
            times = (
                (end - timedelta(minutes=ago + 1), calls) for ago, calls in enumerate(self.minutes.get(category, []))
            )
            points = [(when, calls) for when, calls in times if when >= start]
        return {
            "Id": query["Id"],
            "Timestamps": [when.isoformat() for when, _ in points],
            "Values": [calls for _, calls in points],
            "StatusCode": "Complete",
        }
