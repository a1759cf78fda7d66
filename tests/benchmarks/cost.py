"""What a backup of 500,000 users a night costs in a month: figures measured here, at AWS's list prices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.cloud import Cloud, running
from poolsafe.domain.quotas import DOCUMENTED, Category
from poolsafe.domain.retention.policy import Policy
from poolsafe.domain.rolling import DAYS
from tests.architecture.repository import functions, resources, template
from tests.benchmarks import prices, section
from tests.benchmarks.cost_model import (
    NIGHTS,
    START_SECONDS,
    Line,
    Work,
    along,
    computing,
    function,
    invocations_for,
    listing_seconds,
    snapshots_stored,
    total,
)
from tests.benchmarks.prices import PRICES
from tests.benchmarks.published import SO0126_DOLLARS
from tests.benchmarks.section import ROOT, Must, Section
from tests.benchmarks.work import BUCKET

USERS, GROUPS = 500_000, 20
#: Sizes at which the steps of a backup are measured; what they take at 500,000 lies on the line through them.
STEPS_AT = (30_000, 120_000)
#: Of the pool that the deployed machines back up, to count their state transitions and look at their small functions.
SMALL = 600
SHARE = 0.5
#: The states of a backup that take the longer the larger the pool.
STEPS = ("ExportUsers", "WeighLosses", "SealSnapshot")
LIMIT = 1.00
#: Of the quota, where the simulated export was not measured yet: the least that it has to reach.
EFFICIENCY = 0.97
#: An hourly look, and everything that is scheduled once a day beside the night.
DAILY, HOURLY = ("verify", "retention"), "watch"
REQUESTS: Mapping[str, Any] = {"verify": {}, "retention": {}, "watch": {"tag": "poolsafe:backup=true"}}
#: A third of a kilobyte for each of some events of a state, and what a function logs; generously, in bytes.
LOG_PER_TRANSITION, LOG_PER_INVOCATION = 2_000, 4_000
#: Custom metrics are billed for the hours in which they are sent. A night sends each of its own in two hours at most.
HOURS_OF_A_NIGHT, HOURS_OF_A_MONTH = 2, 730
METRICS_OF_A_NIGHT = 8  # backup: 5; nightly, verify and retention: 1 each
METRICS_OF_THE_WATCH = 5
#: Of the key of secrets: the write of one night, and readings of it.
KMS_REQUESTS_OF_A_NIGHT = 10


@dataclass(frozen=True, slots=True)
class Run:
    """One execution: how often a state was entered, and the seconds that each Task took here."""

    transitions: int
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the bill is made from: what the steps of a backup took at each of `STEPS_AT`, the calls of Cognito
    and the bytes of the snapshot; the runs of the machines, and the files of configuration that a backup leaves."""

    steps: tuple[Mapping[str, Any], Mapping[str, Any]]
    calls: tuple[float, float]
    sizes: tuple[float, float]
    runs: Mapping[str, Run]
    configuration_files: int


def measure() -> Section:
    """The section of the page."""
    with running(settings={"SFN_WAIT_SCALE": "0.02"}) as cloud:
        measured = _measured(cloud)
    seconds = _listing_seconds(measured)
    gigabytes = along(STEPS_AT, measured.sizes, USERS) * _stored() / 1e9
    backups = _lines(_night(measured, seconds).times(NIGHTS))
    backups += (
        Line("snapshots kept", gigabytes, prices.S3_GB_MONTH),
        Line("requests for the key of secrets", KMS_REQUESTS_OF_A_NIGHT * NIGHTS, prices.KMS_REQUEST),
        Line(
            "metrics of a night", METRICS_OF_A_NIGHT * HOURS_OF_A_NIGHT * NIGHTS / HOURS_OF_A_MONTH, prices.METRIC_MONTH
        ),
    )
    care = _lines(_care(measured))
    must = Must(
        f"Cost of a backup of {USERS:,} users a night, a month in total",
        f"< {LIMIT:.2f} dollar",
        f"{total((*backups, *care)):.2f} dollar",
        total((*backups, *care)) < LIMIT,
    )
    text = _text(measured, seconds, gigabytes, backups, care, _stack())
    figures = {"dollars": total(backups), "care": total(care), "stack": total(_stack()), "seconds": seconds}
    return Section(text, (must,), figures)


def _measured(cloud: Cloud) -> Measured:
    cloud.client("s3").create_bucket(Bucket=BUCKET)
    (steps, calls, bytes_), (more_steps, more_calls, more_bytes) = (_stepped(cloud, users) for users in STEPS_AT)
    runs, files = _machines(cloud)
    return Measured((steps, more_steps), (calls, more_calls), (bytes_, more_bytes), runs, files)


def _stepped(cloud: Cloud, users: int) -> tuple[Mapping[str, Any], float, float]:
    """The steps of a backup of a pool of that size, its calls of Cognito, and the bytes of its snapshot."""
    pool = cloud.synthetic_pool(users, groups=GROUPS, memberships_per_user=1)
    cloud.forget()
    told = _steps(cloud, pool)
    # Two backups were made, of which the second is told.
    calls = sum(cloud.calls()[action] for action in ("ListUsers", "ListUsersInGroup")) / 2
    # Synthetic users compress better than people do (`size.py`).
    people = users * section.figures("size").get("bytes_per_user", 0.0)
    return told["steps"], calls, told["bytes"] - told["user_bytes"] + max(told["user_bytes"], people)


def _steps(cloud: Cloud, pool: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.backup_steps", cloud.endpoint, pool, BUCKET],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def _machines(cloud: Cloud) -> tuple[dict[str, Run], int]:
    """One execution of each scheduled machine of the deployed stack, and how many files of configuration it left."""
    outputs = cloud.deploy()
    pool = cloud.synthetic_pool(SMALL, groups=GROUPS, memberships_per_user=1)
    arns = {job: outputs[f"{job.capitalize()}StateMachineArn"] for job in ("nightly", "backup", *DAILY, HOURLY)}
    for _ in range(2):  # functions start in the first
        cloud.run(arns["nightly"], {"user_pool_ids": [pool]})
    for job in (*DAILY, HOURLY):
        cloud.run(arns[job], REQUESTS[job])
    pages = cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=outputs["SnapshotBucketName"])
    keys = [entry["Key"] for page in pages for entry in page["Contents"]]
    files = sum("/config/" in key or key.startswith("secrets/") for key in keys)
    return {job: _last_run(cloud, arn) for job, arn in arns.items()}, files // 2


def _last_run(cloud: Cloud, machine: str) -> Run:
    machines = cloud.client("stepfunctions")
    executions = machines.list_executions(stateMachineArn=machine)["executions"]
    newest = max(executions, key=lambda execution: execution["startDate"])
    pages = machines.get_paginator("get_execution_history").paginate(executionArn=newest["executionArn"])
    events = [event for page in pages for event in page["events"]]
    seconds: Counter[str] = Counter()
    entered: dict[str, Any] = {}
    for event in events:
        if event["type"] == "TaskStateEntered":
            entered[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
        elif event["type"] == "TaskStateExited":
            name = event["stateExitedEventDetails"]["name"]
            seconds[name] += (event["timestamp"] - entered[name]).total_seconds()
    return Run(sum(event["type"].endswith("StateEntered") for event in events), seconds)


def _listing_seconds(measured: Measured) -> float:
    """How long the listing of users and memberships takes at its share of the quota."""
    runs = section.figures("export-throughput").get("runs", ())
    reached = [run["ratio"] for run in runs if run["quota_share"] == SHARE and run["users"] >= USERS]
    calls = along(STEPS_AT, measured.calls, USERS)
    return listing_seconds(calls, DOCUMENTED[Category.USER_LIST], SHARE, min(reached, default=EFFICIENCY))


def _night(measured: Measured, seconds: float) -> Work:
    """One night: NightlyStateMachine and the backup that it starts."""
    memory = _memory()
    listed = invocations_for(seconds)
    small = [_small("nightly", measured.runs["nightly"]), _small("backup", measured.runs["backup"], without=STEPS)]
    parts = [
        function(memory["BackupExportUsersFunction"], seconds, listed),
        Work(requests=_at(measured, "ExportUsers", "requests")),
        # A hand-over is a Task and a Choice.
        Work(transitions=2 * (listed - 1)),
        Work(requests={"PutObject": measured.configuration_files, "GetObject": measured.configuration_files}),
        *(
            computing(memory[f"Backup{name}Function"], _at(measured, name, "cpu_seconds")[""], requests)
            for name in ("WeighLosses", "SealSnapshot")
            for requests in (_at(measured, name, "requests"),)
        ),
    ]
    return _sum((*small, *parts))


def _care(measured: Measured) -> Work:
    """What else is scheduled: the daily verification and retention, and the hourly look. A day's verification reads one
    part in 28 of what is kept."""
    verified = computing(
        _memory()["VerifyVerifySnapshotsFunction"],
        _at(measured, "VerifySnapshots", "cpu_seconds")[""] * _kept() / DAYS,
        {"GetObject": _at(measured, "VerifySnapshots", "requests")["GetObject"] * _kept() / DAYS + _kept()},
    )
    daily = _sum([*(_small(job, measured.runs[job]) for job in DAILY), verified])
    return _sum([daily.times(NIGHTS), _small(HOURLY, measured.runs[HOURLY]).times(24 * NIGHTS)])


def _small(job: str, run: Run, without: Sequence[str] = ()) -> Work:
    """A machine as it ran here, with its functions that do not depend on the size of the pool."""
    memory = _memory()
    named = {state: f"{job.capitalize()}{state}Function" for state in run.seconds if state not in without}
    ran = [function(memory[name], run.seconds[state]) for state, name in named.items() if name in memory]
    return _sum([Work(transitions=run.transitions), *ran])


def _at(measured: Measured, step: str, what: str) -> dict[str, float]:
    """What a step takes at the size of the bill: CPU seconds (under ""), or requests by operation."""
    told = [one[step][what] for one in measured.steps]
    amounts = [one if isinstance(one, dict) else {"": one} for one in told]
    return {name: along(STEPS_AT, (amounts[0][name], amounts[1][name]), USERS) for name in amounts[1]}


def _sum(parts: Sequence[Work]) -> Work:
    whole = Work()
    for part in parts:
        whole = whole.plus(part)
    return whole


def _memory() -> dict[str, int]:
    return {name: int(properties["MemorySize"]) for name, properties in functions().items()}


def _defaults() -> dict[str, Any]:
    return {name: parameter.get("Default") for name, parameter in template()["Parameters"].items()}


def _policy() -> Policy:
    told = _defaults()
    names = ("KeepLast", "KeepDaily", "KeepWeekly", "KeepMonthly", "KeepYearly")
    last, daily, weekly, monthly, yearly = (int(told[name]) for name in names)
    return Policy(last, daily, weekly, monthly, yearly)


def _kept() -> int:
    """Snapshots that the default policy keeps."""
    return snapshots_stored(_policy(), 0)


def _stored() -> int:
    """Those, and those removed that can still be had back."""
    return snapshots_stored(_policy(), int(_defaults()["RecoverDays"]))


def _lines(work: Work) -> tuple[Line, ...]:
    """What a month's work is billed."""
    reads = sum(count for name, count in work.requests.items() if name in ("GetObject", "HeadObject"))
    logs = LOG_PER_TRANSITION * work.transitions + LOG_PER_INVOCATION * work.invocations
    return (
        Line("Lambda, memory x time", work.gb_seconds, prices.LAMBDA_GB_SECOND),
        Line("Lambda, invocations", work.invocations, prices.LAMBDA_REQUEST),
        Line("Step Functions", work.transitions, prices.STATE_TRANSITION),
        Line("S3, writes and listings", sum(work.requests.values()) - reads, prices.S3_PUT),
        Line("S3, reads", reads, prices.S3_GET),
        Line("logs", logs / 1e9, prices.LOG_GB),
        Line("traces, at most one for each invocation", work.invocations, prices.TRACE),
    )


def _stack() -> tuple[Line, ...]:
    """What the stack costs whatever it backs up."""
    alarms = resources("AWS::CloudWatch::Alarm").values()
    watched = sum(len(_metrics(alarm["Properties"])) for alarm in alarms)
    return (
        Line("the key of secrets", len(resources("AWS::KMS::Key")), prices.KMS_KEY_MONTH),
        Line(f"{len(alarms)} alarms", watched, prices.ALARM_METRIC_MONTH),
        Line("metrics of the hourly look", METRICS_OF_THE_WATCH, prices.METRIC_MONTH),
    )


def _metrics(alarm: Mapping[str, Any]) -> list[Any]:
    """The metrics that an alarm looks at: its own, or those of its expression."""
    return [metric for metric in alarm.get("Metrics", [{"MetricStat": alarm}]) if "MetricStat" in metric]


def _text(
    measured: Measured,
    seconds: float,
    gigabytes: float,
    backups: tuple[Line, ...],
    care: tuple[Line, ...],
    stack: tuple[Line, ...],
) -> str:
    whole = total((*backups, *care))
    each = total(backups) / NIGHTS
    bytes_ = along(STEPS_AT, measured.sizes, USERS)
    looked_up = "\n".join(
        f"| {price.unit} | {_plain(price.dollars)} | {price.source} | {'yes' if price.from_aws else 'no'} |"
        for price in PRICES
    )
    return f"""## What it costs

A pool of {USERS:,} users in {GROUPS} groups, each user in one, backed up every night at `quota_share` {SHARE}:
**{whole:.2f} dollars a month**, {100 * each:.1f} cents a backup. AWS's guide to SO0126 says {SO0126_DOLLARS} dollars a
month (**published**). On top comes what the stack costs however much it backs up: {total(stack):.2f} dollars.

| a month of {NIGHTS} nights, in dollars | quantity | |
|---|---|---|
| **The backups** | | **{total(backups):.3f}** |
{_rows(backups)}
| **Verification and retention every day, the look every hour** | | **{total(care):.3f}** |
{_rows(care)}
| **In total** | | **{whole:.2f}** |
| *The stack itself, whatever it backs up* | | *{total(stack):.2f}* |
{_rows(stack)}

- Lambda bills waiting: the listing takes {seconds / 60:.0f} minutes at that share of Cognito's quota. At `quota_share`
  1.0 it takes half as long, and costs half of it.
- CPU, requests and bytes of the steps were measured at {STEPS_AT[0]:,} and {STEPS_AT[1]:,} users, and lie on a straight
  line; state transitions and the small functions are those of the deployed machines. Each invocation is billed
  {START_SECONDS:.0f} s of start, which is assumed.
- A snapshot is {bytes_ / 1e6:.0f} MB. With `Retention=apply` the default policy keeps {_kept()} of them, and for
  {_defaults()["RecoverDays"]} days those that it removed: {_stored()} in all, {gigabytes:.1f} GB. By default nothing is
  removed, and a year's snapshots are {365 * bytes_ / 1e9:.0f} GB.
- Free tiers are not counted. That of CloudWatch (ten metrics, ten metrics of alarms) takes half of the stack's own line
  away where nothing else uses it, and `SecretsKeyArn`, a key that is there already, another dollar. The dashboard is
  taken as one of an account's first three, which are free.
- The monthly drill, restores and assessments are not in it.

Prices of US East (N. Virginia), looked up on {prices.LOOKED_UP}; where AWS's own page was not to be had, that of a page
which quotes it.

| unit | dollars | source | AWS's own |
|---|---|---|---|
{looked_up}
"""


def _rows(lines: Sequence[Line]) -> str:
    return "\n".join(
        f"| {line.what} | {line.quantity:,.1f} x {line.price.unit} | {line.dollars:.3f} |" for line in lines
    )


def _plain(dollars: float) -> str:
    """Without an exponent."""
    return f"{dollars:.10f}".rstrip("0").rstrip(".")
