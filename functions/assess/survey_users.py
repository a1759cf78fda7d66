"""State SurveyUsers: count the users file by file, until done or the deadline is near."""

from __future__ import annotations

from datetime import datetime

from assess.job import AssessJob
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.assess import SurveyProgress


@state("assess", "SurveyUsers", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    job = AssessJob.of(event, invocation)
    moment = datetime.fromisoformat(event["started_at"])
    return job.assess.survey(SurveyProgress(**event["progress"]), moment, invocation.deadline).to_state()
