"""State ReportRetention: what stays and why, and what is gone."""

from __future__ import annotations

import json

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.schema_check import require
from retention.job import RetentionJob


@state("retention", "ReportRetention")
def handler(event: Event, invocation: Invocation) -> Event:
    job, progress, store = RetentionJob.of(event["job"]), event["progress"], invocation.application.store
    if not job.dry_run:
        invocation.count(Metric.SNAPSHOTS_REMOVED, progress["removed"])
    result = {
        "status": "DRY_RUN" if job.dry_run else "COMPLETE",
        "retention_id": job.retention_id,
        "counts": {name: progress[name] for name in ("pools", "kept", "removed", "leftovers", "braked")},
    }
    plans = (store.get(key) for key in store.keys(job.plans))
    pools = [json.loads(plan.content) for plan in plans if plan is not None]
    for pool in pools:
        del pool["done"]
    key = f"{job.prefix}report.json"
    report = {**result, "policy": job.policy.to_state(), "pools": pools}
    store.put(key, json.dumps(report, indent=1).encode())
    result = {**result, "report": store.url(key)}
    require("retention.result", result)
    return result
