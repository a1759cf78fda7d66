"""State ReadConfiguration: read the configuration of a live pool, and keep it without its secrets."""

from __future__ import annotations

from poolsafe.domain.compare.paths import ComparisonPaths
from poolsafe.domain.compare.request import CompareRequest
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.assess import keep_configuration


#: What is not read when the time is up is said to be not compared, and does not keep anybody waiting.
@state("compare", "ReadConfiguration", reserve_seconds=450)
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, CompareRequest.from_state(event["request"])
    reader = application.configuration(request.pool_after, request.quota_share)
    configuration = reader.everything(invocation.deadline.near)
    keep_configuration(application.store, ComparisonPaths(event["comparison_id"]).configuration_key, configuration)
    return {"sections": len(configuration.documents)}
