"""State ReportVerification: what was found, for people and for alarms."""

from __future__ import annotations

import json
from typing import Any

from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.verify_snapshots import damage_of
from poolsafe.schema_check import require
from verify.job import VerifyJob

#: So many damaged snapshots are named in the execution's output; the report has all.
NAMED = 100


@state("verify", "ReportVerification")
def handler(event: Event, invocation: Invocation) -> Event:
    job, progress, store = VerifyJob.of(event["job"]), event["progress"], invocation.application.store
    damaged = damage_of(store, job.damage)
    invocation.count(Metric.SNAPSHOTS_DAMAGED, len(damaged))
    result: dict[str, Any] = {
        "status": "DAMAGED" if damaged else "COMPLETE",
        "verification_id": job.verification_id,
        "counts": {name: progress[name] for name in ("snapshots", "read", "unsealed")} | {"damaged": len(damaged)},
    }
    key = f"{job.prefix}report.json"
    store.put(key, json.dumps({**result, "damaged": damaged}, indent=1, ensure_ascii=False).encode())
    result = {**result, "damaged": damaged[:NAMED], "report": store.url(key)}
    require("verify.result", result)
    return result
