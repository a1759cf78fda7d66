"""State Summarize: what the night came to, for people and for alarms."""

from __future__ import annotations

import json

from poolsafe.domain.nightly.summary import NightStatus, skipped, summary
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.schema_check import require


@state("nightly", "Summarize")
def handler(event: Event, invocation: Invocation) -> Event:
    store = invocation.application.store
    pools = [one if "status" in one else skipped(one["user_pool_id"]) for one in event["pools"]]
    result = summary(event["run_id"], event["night"], pools)
    invocation.count(Metric.BACKUPS_FAILED, result["counts"][NightStatus.FAILED.value.lower()])
    key = f"nights/{event['run_id']}.json"
    store.put(key, json.dumps(result, indent=1).encode())
    result = {**result, "report": store.url(key)}
    require("nightly.result", result)
    return result
