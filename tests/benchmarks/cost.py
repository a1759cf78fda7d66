"""What a backup of 500,000 users a night costs in a month: figures measured here, at AWS's list prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from local.layer import s3_requests
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
    computing,
    function,
    invocations_for,
    listing_seconds,
    snapshots_stored,
    total,
)
from tests.benchmarks.cost_runs import DAILY, GROUPS, HOURLY, STEPS_AT, Measured, Run, measured
from tests.benchmarks.prices import PRICES
from tests.benchmarks.published import SO0126_DOLLARS
from tests.benchmarks.section import Must, Section

USERS = 500_000
#: What a month costs is told of these as well (`your_pool.py`).
SIZES = (10_000, 100_000, USERS, 1_000_000, 10_000_000)
SHARE = 0.5
#: The states of a backup that take the longer the larger the pool.
STEPS = ("ExportUsers", "WeighLosses", "SealSnapshot")
LIMIT = 1.00
#: Of the quota, where the simulated export was not measured yet: the least that it has to reach.
EFFICIENCY = 0.97
#: A third of a kilobyte for each of some events of a state, and what a function logs; generously, in bytes.
LOG_PER_TRANSITION, LOG_PER_INVOCATION = 2_000, 4_000
#: Custom metrics are billed for the hours in which they are sent. A night sends each of its own in two hours at most.
HOURS_OF_A_NIGHT, HOURS_OF_A_MONTH = 2, 730
METRICS_OF_A_NIGHT = 8  # backup: 5; nightly, verify and retention: 1 each
METRICS_OF_THE_WATCH = 5
#: Of the key of secrets: the write of one night, and readings of it.
KMS_REQUESTS_OF_A_NIGHT = 10


@dataclass(frozen=True, slots=True)
class Month:
    """The bill of a month for a pool of that many users."""

    users: int
    #: How long the listing of a night takes.
    seconds: float
    snapshot_bytes: float
    backups: tuple[Line, ...]
    care: tuple[Line, ...]

    @property
    def dollars(self) -> float:
        return total((*self.backups, *self.care))


def measure() -> Section:
    """The section of the page."""
    seen = measured(_kept())
    months = [_month(seen, users) for users in SIZES]
    month = next(one for one in months if one.users == USERS)
    must = Must(
        f"Cost of a backup of {USERS:,} users a night, a month in total",
        f"< {LIMIT:.2f} dollar",
        f"{month.dollars:.2f} dollar",
        month.dollars < LIMIT,
    )
    figures = {str(one.users): {"dollars": one.dollars, "snapshot_bytes": one.snapshot_bytes} for one in months}
    return Section(_text(month, _stack()), (must,), {"months": figures, "stack": total(_stack())})


def _month(seen: Measured, users: int) -> Month:
    seconds = _listing_seconds(seen.calls_at(users))
    size = seen.bytes_at(users)
    backups = (
        *_lines(_night(seen, users, seconds).times(NIGHTS)),
        Line("snapshots kept", size * _stored() / 1e9, prices.S3_GB_MONTH),
        Line("requests for the key of secrets", KMS_REQUESTS_OF_A_NIGHT * NIGHTS, prices.KMS_REQUEST),
        Line(
            "metrics of a night", METRICS_OF_A_NIGHT * HOURS_OF_A_NIGHT * NIGHTS / HOURS_OF_A_MONTH, prices.METRIC_MONTH
        ),
    )
    return Month(users, seconds, size, backups, _lines(_care(seen, users)))


def _listing_seconds(calls: float) -> float:
    """How long the listing of users and memberships takes at its share of the quota."""
    runs = section.figures("export-throughput").get("runs", ())
    reached = [run["ratio"] for run in runs if run["quota_share"] == SHARE and run["users"] >= USERS]
    return listing_seconds(calls, DOCUMENTED[Category.USER_LIST], SHARE, min(reached, default=EFFICIENCY))


def _night(seen: Measured, users: int, seconds: float) -> Work:
    """One night: NightlyStateMachine and the backup that it starts."""
    memory = _memory()
    listed = invocations_for(seconds)
    small = [_small("nightly", seen.runs["nightly"]), _small("backup", seen.runs["backup"], without=STEPS)]
    parts = [
        function(memory["BackupExportUsersFunction"], seconds, listed),
        Work(requests=seen.requests_beyond(users, "ExportUsers")),
        # A hand-over is a Task and a Choice.
        Work(transitions=2 * (listed - 1)),
        *(
            computing(
                memory[f"Backup{name}Function"], seen.cpu_seconds_at(users, name), seen.requests_beyond(users, name)
            )
            for name in ("WeighLosses", "SealSnapshot")
        ),
    ]
    return _sum((*small, *parts))


def _care(seen: Measured, users: int) -> Work:
    """What else is scheduled: the daily verification and retention, and the hourly look, as they ran with so many
    snapshots. A day's verification reads one part in 28 of them whole: small ones in that run, so the rest is added."""
    read = _kept() / DAYS
    verified = computing(
        _memory()["VerifyVerifySnapshotsFunction"],
        seen.cpu_seconds_at(users, "VerifySnapshots") * read,
        {name: count * read for name, count in seen.requests_beyond(users, "VerifySnapshots").items()},
    )
    daily = _sum([*(_small(job, seen.runs[job]) for job in DAILY), verified])
    return _sum([daily.times(NIGHTS), _small(HOURLY, seen.runs[HOURLY]).times(24 * NIGHTS)])


def _small(job: str, run: Run, without: Sequence[str] = ()) -> Work:
    """A machine as it ran here, with its functions that do not depend on the size of the pool."""
    memory = _memory()
    named = {state: f"{job.capitalize()}{state}Function" for state in run.seconds if state not in without}
    ran = [function(memory[name], run.seconds[state]) for state, name in named.items() if name in memory]
    return _sum([Work(transitions=run.transitions, requests=run.requests), *ran])


def _sum(parts: Sequence[Work]) -> Work:
    return reduce(Work.plus, parts, Work())


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
    writes = sum(work.requests.get(kind, 0) for kind in (s3_requests.PUT, s3_requests.LIST))
    reads = work.requests.get(s3_requests.GET, 0)
    logs = LOG_PER_TRANSITION * work.transitions + LOG_PER_INVOCATION * work.invocations
    return (
        Line("Lambda, memory x time", work.gb_seconds, prices.LAMBDA_GB_SECOND),
        Line("Lambda, invocations", work.invocations, prices.LAMBDA_REQUEST),
        Line("Step Functions", work.transitions, prices.STATE_TRANSITION),
        Line("S3, writes and listings", writes, prices.S3_PUT),
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


def _text(month: Month, stack: tuple[Line, ...]) -> str:
    size = month.snapshot_bytes
    looked_up = "\n".join(
        f"| {price.unit} | {_plain(price.dollars)} | {price.source} | {'yes' if price.from_aws else 'no'} |"
        for price in PRICES
    )
    return f"""## What it costs

A pool of {USERS:,} users in {GROUPS} groups, each user in one, backed up every night at `quota_share` {SHARE}:
**{month.dollars:.2f} dollars a month**, {100 * total(month.backups) / NIGHTS:.1f} cents a backup. AWS's guide to SO0126
says {SO0126_DOLLARS} dollars a month (**published**). On top comes what the stack costs however much it backs up:
{total(stack):.2f} dollars.

| a month of {NIGHTS} nights, in dollars | quantity | |
|---|---|---|
| **The backups** | | **{total(month.backups):.3f}** |
{_rows(month.backups)}
| **Verification and retention every day, the look every hour** | | **{total(month.care):.3f}** |
{_rows(month.care)}
| **In total** | | **{month.dollars:.2f}** |
| *The stack itself, whatever it backs up* | | *{total(stack):.2f}* |
{_rows(stack)}

- Lambda bills waiting: the listing takes {month.seconds / 60:.0f} minutes at that share of Cognito's quota. At
  `quota_share` 1.0 it takes half as long, and costs half of it.
- CPU, requests and bytes of the steps were measured at {STEPS_AT[0]:,} and {STEPS_AT[1]:,} users, and lie on a straight
  line; state transitions, the small functions and their requests are those of the deployed machines, with
  {_kept()} snapshots in the bucket. Each invocation is billed {START_SECONDS:.0f} s of start, which is assumed.
- A snapshot is {size / 1e6:.0f} MB. With `Retention=apply` the default policy keeps {_kept()} of them, and for
  {_defaults()["RecoverDays"]} days those that it removed: {_stored()} in all, {size * _stored() / 1e9:.1f} GB. By
  default nothing is removed, and a year's snapshots are {365 * size / 1e9:.0f} GB.
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
