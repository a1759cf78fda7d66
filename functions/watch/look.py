"""State Look: what is overdue, gone, or about to be lost, for people and for alarms."""

from __future__ import annotations

from dataclasses import asdict

from poolsafe.domain.nightly.request import NightlyRequest
from poolsafe.domain.snapshot import run_id
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.metrics import Metric
from poolsafe.operations.find_pools import find_pools
from poolsafe.operations.watch import Watch, are_there, risks_of
from poolsafe.schema_check import require

#: Of Cognito's quotas: it looks at each pool of the Region once an hour.
QUOTA_SHARE = 0.3


@state("watch", "Look")
def handler(event: Event, invocation: Invocation) -> Event:
    require("watch.request", event["request"])
    application, settings = invocation.application, invocation.application.settings
    cognito = application.cognito(settings.region, QUOTA_SHARE)
    watch = Watch(application.store, application.clock, settings.max_backup_hours, settings.max_drill_days)
    for pool in event["request"].get("forget", ()):
        watch.forget(pool)
    pools = find_pools(cognito, NightlyRequest(tag=event["request"]["tag"]))
    risks = risks_of(application.bucket, settings.bucket, settings.recover_days)
    found = watch(pools, are_there(cognito, watch.missing(pools)), risks)
    invocation.count(Metric.BACKUP_AGE_HOURS, found.backup_age_hours)
    invocation.count(Metric.DRILL_AGE_DAYS, found.drill_age_days)
    invocation.count(Metric.POOLS_VANISHED, found.vanished)
    invocation.count(Metric.SNAPSHOTS_SUSPICIOUS, found.braked)
    invocation.count(Metric.BUCKET_RISKS, found.bucket_risks)
    result = {
        "status": "ALERT" if found.problems else "QUIET",
        "watch_id": run_id(event["execution_id"], event["started_at"]),
        **{name: value for name, value in asdict(found).items() if name != "problems"},
        "problems": list(found.problems[:100]),
    }
    require("watch.result", result)
    return result
