"""AWS's list prices in US East (N. Virginia), in dollars, without any free tier; looked up on 2026-11-27.

`from_aws` where AWS's own page was read. Where it was not to be had, the price is that of a page which quotes it, and
stands to be checked on AWS's before anybody relies on it.
"""

from __future__ import annotations

from dataclasses import dataclass

LOOKED_UP = "2026-11-27"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one unit."""

    dollars: float
    unit: str
    source: str
    from_aws: bool = False


LAMBDA_GB_SECOND = Price(0.0000133334, "GB-second (arm64)", "https://cloudchipr.com/blog/aws-lambda-pricing")
LAMBDA_REQUEST = Price(0.20 / 1e6, "invocation", "https://cloudchipr.com/blog/aws-lambda-pricing")
STATE_TRANSITION = Price(
    0.025 / 1e3, "state transition", "https://aws.amazon.com/step-functions/pricing/", from_aws=True
)
S3_SOURCE = "https://devnotes.tech/understanding-aws-s3-pricing-a-complete-cost-breakdown-with-examples"
S3_PUT = Price(0.005 / 1e3, "PUT or LIST", S3_SOURCE)
S3_GET = Price(0.0004 / 1e3, "GET", S3_SOURCE)
S3_GB_MONTH = Price(0.023, "GB-month (S3 Standard)", S3_SOURCE)
KMS_KEY_MONTH = Price(1.0, "key and month", "https://aws.amazon.com/kms/pricing/", from_aws=True)
KMS_REQUEST = Price(0.03 / 1e4, "request of KMS", "https://www.wring.co/blog/aws-kms-pricing-guide")
CLOUDWATCH_SOURCE = "https://signoz.io/guides/cloudwatch-pricing"
METRIC_MONTH = Price(0.30, "metric and month", CLOUDWATCH_SOURCE)
#: Of an alarm on several metrics each counts: the free tier counts "alarm metrics" [https://aws.amazon.com/cloudwatch/pricing/].
ALARM_METRIC_MONTH = Price(0.10, "metric of an alarm and month", "https://github.com/nishinoshake/aws-rough/issues/37")
LOG_GB = Price(
    0.50,
    "GB of logs taken in",
    "https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/",
)
TRACE = Price(5.0 / 1e6, "X-Ray trace", "https://aws.amazon.com/de/xray/pricing/", from_aws=True)
EVENT = Price(
    1.0 / 1e6,
    "event or scheduled start",
    "https://cloudburn.io/blog/amazon-eventbridge-pricing",
)
PRICES = (
    LAMBDA_GB_SECOND,
    LAMBDA_REQUEST,
    STATE_TRANSITION,
    S3_PUT,
    S3_GET,
    S3_GB_MONTH,
    KMS_KEY_MONTH,
    KMS_REQUEST,
    METRIC_MONTH,
    ALARM_METRIC_MONTH,
    LOG_GB,
    TRACE,
    EVENT,
)
