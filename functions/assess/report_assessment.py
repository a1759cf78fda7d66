"""State ReportAssessment: put the answer together, as JSON and as a page for people."""

from __future__ import annotations

import json

from assess.job import AssessJob
from poolsafe import bootstrap
from poolsafe.domain.assessment.mfa_sample import MfaSample
from poolsafe.domain.assessment.report import assessment_report
from poolsafe.domain.assessment.survey import UserSurvey
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.schema_check import require


@state("assess", "ReportAssessment")
def handler(event: Event, invocation: Invocation) -> Event:
    application, job = invocation.application, AssessJob.of(event, invocation)
    request, store, paths = job.request, application.store, job.paths
    target = request.target_user_pool_id and application.user_pool(request.target_user_pool_id, request.quota_share)
    report = assessment_report(
        assessment_id=paths.assessment_id,
        configuration=job.configuration(),
        survey=UserSurvey.from_state(event["survey"]),
        groups=job.assess.material.groups,
        rates=application.rates(request.quota_share),
        snapshot=str(request.snapshot) if request.snapshot else None,
        taken_at=job.manifest.ended_at if job.manifest else None,
        source_exists=event["pool_exists"],
        changes=request.intended_changes,
        collisions=job.assess.collisions(),
        mfa_sample=MfaSample.from_state(event["sampled"]) if "sampled" in event else None,
        target=target[0].describe() if target else None,
    )
    require("assess.report", report)
    store.put(paths.report_key, json.dumps(report, indent=1, ensure_ascii=False).encode())
    store.put(paths.html_key, bootstrap.assessment_html(report).encode(), content_type="text/html; charset=utf-8")
    result = {
        "status": "COMPLETE",
        "assessment_id": paths.assessment_id,
        "user_pool_id": request.user_pool_id,
        "recommendation": report["recommendation"]["way"],
        "report": store.url(paths.report_key),
        "html": store.url(paths.html_key),
    }
    require("assess.result", result)
    return result
