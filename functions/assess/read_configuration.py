"""State ReadConfiguration: read the configuration of a live pool, and keep it without its secrets."""

from __future__ import annotations

from poolsafe.domain.assessment.paths import AssessmentPaths
from poolsafe.domain.requests import AssessRequest
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.assess import keep_configuration


#: What is not read when the time is up is said to be unknown, and does not keep anybody waiting.
@state("assess", "ReadConfiguration", reserve_seconds=450)
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, AssessRequest.from_state(event["request"])
    reader = application.configuration(request.user_pool_id, request.quota_share)
    configuration = reader.everything(invocation.deadline.near)
    keep_configuration(application.store, AssessmentPaths(event["assessment_id"]).configuration_key, configuration)
    return {"sections": len(configuration.documents)}
