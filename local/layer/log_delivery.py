"""The export of a user pool's logs.

Sources:
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetLogDeliveryConfiguration.html and
.../API_LogConfigurationType.html: `userNotification` at `ERROR` goes to CloudWatch Logs, `userAuthEvents` at `INFO` to
one of CloudWatch Logs, Firehose and S3 and only in the Plus feature plan.

Assumed: a pool that never had one answers with no configurations; exactly one destination each; one configuration for
an event source; that the destination exists is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Json, Refused, answering, kept, tier_of

DESTINATIONS = ("CloudWatchLogsConfiguration", "S3Configuration", "FirehoseConfiguration")
LEVELS = {"userNotification": "ERROR", "userAuthEvents": "INFO"}


def _set(pool: Json, members: Mapping[str, Any]) -> Json:
    configurations = members["LogConfigurations"]
    sources = [configuration["EventSource"] for configuration in configurations]
    if len(set(sources)) < len(sources):
        raise Refused("InvalidParameterException", "There is more than one configuration for an event source.")
    for configuration in configurations:
        _check(configuration)
    if "userAuthEvents" in sources and tier_of(pool) != "PLUS":
        raise Refused("FeatureUnavailableInTierException", "userAuthEvents are exported in the PLUS tier only.")
    kept(pool, "log_delivery")["LogConfigurations"] = configurations
    return _get(pool, members)


def _check(configuration: Mapping[str, Any]) -> None:
    source = configuration["EventSource"]
    if configuration["LogLevel"] != LEVELS[source]:
        raise Refused("InvalidParameterException", f"The log level of {source} is {LEVELS[source]}.")
    destinations = [name for name in DESTINATIONS if configuration.get(name)]
    if len(destinations) != 1:
        raise Refused("InvalidParameterException", "A log configuration has one destination.")
    if source == "userNotification" and destinations != ["CloudWatchLogsConfiguration"]:
        raise Refused("InvalidParameterException", "userNotification is exported to CloudWatch Logs only.")


def _get(pool: Json, _members: Mapping[str, Any]) -> Json:
    configurations = kept(pool, "log_delivery").get("LogConfigurations", [])
    return {"LogDeliveryConfiguration": {"UserPoolId": pool["Id"], "LogConfigurations": configurations}}


log_delivery = answering({"SetLogDeliveryConfiguration": _set, "GetLogDeliveryConfiguration": _get})
