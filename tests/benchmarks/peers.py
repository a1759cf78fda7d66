"""The same backup by others, on the same pool in the same run: a bare boto3 loop, and `cbr` where npm is."""

from __future__ import annotations

import json
import statistics
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from local.cloud import Cloud, running
from poolsafe.adapters.cognito import PAGE_SIZE
from poolsafe.domain.quotas import DOCUMENTED, Category
from tests.benchmarks import work
from tests.benchmarks.cbr import PACKAGE, SECONDS_PER_RESTORED_USER, Cbr, NotThere, installed
from tests.benchmarks.people import people
from tests.benchmarks.published import SO0126, SOURCE
from tests.benchmarks.rivals_json import BETWEEN, CLOSE, DATES, OPEN, cbr_bytes
from tests.benchmarks.section import Must, Section

SIZES = (1_000, 10_000)
RUNS = 3
#: How many `cbr` restores; it takes two seconds for each.
RESTORED = 20
#: Users that are put into a pool at once.
BATCH = 1_000
#: Users of the pool that is listed at the documented quotas, and what Cognito takes to answer then.
PACED, LATENCY = 10_000, {"median_ms": 100, "p99_ms": 400}
NAMES = {
    "bare": "boto3 paginator, keeps nothing",
    "cbr": "`cbr`",
    "exporter": "Poolsafe",
    "exporter-at-the-quota": "Poolsafe, `quota_share` 1.0",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Medians of one peer at one size. `written` is bytes, `rows` the users in them, `saved` the different ones."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    written: int
    rows: int
    saved: int


def measure() -> Section:
    """The section of the page."""
    with ExitStack() as block:
        try:
            cbr: Cbr | None = block.enter_context(installed())
            without = ""
        except NotThere as missing:
            cbr, without = None, f"`cbr` was not measured: {missing}.\n"
        cloud = block.enter_context(running())
        cloud.client("s3").create_bucket(Bucket=work.BUCKET)
        seen = {size: _beside(cloud, cbr, size) for size in SIZES}
        paced = _at_the_quota(cloud, cbr)
        restored = _restore(cloud, cbr) if cbr else None
    ours = {size: found["exporter"] for size, found in seen.items()}
    wrong = sum(abs(size - one.saved) + one.rows - one.saved for size, one in ours.items())
    must = Must("Users lost or doubled on the pool that peers saved as well", "0", f"{wrong:,}", wrong == 0)
    figures = {what: {str(size): asdict(found[what]) for size, found in seen.items()} for what in seen[SIZES[0]]}
    told = {"peers": figures, "cbr_seconds_per_user": restored, "users_per_second": paced}
    return Section(_text(seen, paced, restored, without), (must,), told)


def _beside(cloud: Cloud, cbr: Cbr | None, size: int) -> dict[str, Seen]:
    """The peers in turns, so that a busy machine is busy for all."""
    pool = _pool(cloud, size)
    runs: dict[str, list[Seen]] = {"bare": [], **({"cbr": []} if cbr else {}), "exporter": []}
    for _ in range(RUNS):
        for what, seen in runs.items():
            seen.append(_by_cbr(cbr, cloud, pool) if cbr and what == "cbr" else _by_python(what, cloud, pool))
    return {what: _median(seen) for what, seen in runs.items()}


def _pool(cloud: Cloud, size: int) -> str:
    pool = _empty_pool(cloud, f"bench-{size}")
    everybody = list(people(size))
    for start in range(0, size, BATCH):
        cloud.put_users(pool, everybody[start : start + BATCH])
    return pool


def _at_the_quota(cloud: Cloud, cbr: Cbr | None) -> dict[str, float]:
    """Users a second where Cognito has its documented quotas and takes as long as a service does."""
    pool = cloud.synthetic_pool(PACED)
    seconds: dict[str, list[float]] = {"bare": [], **({"cbr": []} if cbr else {}), "exporter-at-the-quota": []}
    for _ in range(RUNS):
        for what, took in seconds.items():
            with cloud.limits(quotas="documented", latency=LATENCY):
                took.append(
                    cbr.backup(cloud.endpoint, pool)[0].seconds
                    if cbr and what == "cbr"
                    else work.run(what, cloud, pool).seconds
                )
    return {what: PACED / statistics.median(took) for what, took in seconds.items()}


def _empty_pool(cloud: Cloud, name: str) -> str:
    plan = {"Name": "plan", "AttributeDataType": "String", "Mutable": True}
    return str(cloud.client("cognito-idp").create_user_pool(PoolName=name, Schema=[plan])["UserPool"]["Id"])


def _by_python(what: str, cloud: Cloud, pool: str) -> Seen:
    worked = work.run(what, cloud, pool)
    if what == "bare":
        return Seen(worked.seconds, worked.cpu_seconds, worked.peak_mib, 0, 0, 0)
    written, _ = work.exported(cloud, pool)
    return Seen(worked.seconds, worked.cpu_seconds, worked.peak_mib, written, *work.count_exported(cloud, pool))


def _by_cbr(cbr: Cbr, cloud: Cloud, pool: str) -> Seen:
    run, file = cbr.backup(cloud.endpoint, pool)
    content = file.read_bytes()
    users = json.loads(content)
    _check_computed(users, len(content))
    subs = {attribute["Value"] for user in users for attribute in user["Attributes"] if attribute["Name"] == "sub"}
    return Seen(run.seconds, run.cpu_seconds, run.peak_mib, len(content), len(users), len(subs))


def _check_computed(users: list[dict[str, Any]], size: int) -> None:
    """What cbr's file of a million is computed with (`rivals_json.py`) gives the size of this one to the byte."""
    dated = [{**user, **{name: datetime.fromisoformat(user[name]) for name in DATES}} for user in users]
    computed = len(OPEN) + len(CLOSE) + sum(map(cbr_bytes, dated)) - len(BETWEEN)
    if computed != size:
        raise AssertionError(f"cbr's file has {size:,} bytes, by computation {computed:,}")


def _median(seen: list[Seen]) -> Seen:
    """The median of each figure; of what was saved the worst of all runs."""
    middle = {name: statistics.median(getattr(one, name) for one in seen) for name in ("seconds", "cpu_seconds")}
    peak = statistics.median(one.peak_mib for one in seen)
    rows, saved = max(one.rows for one in seen), min(one.saved for one in seen)
    return Seen(**middle, peak_mib=peak, written=seen[-1].written, rows=rows, saved=saved)


def _restore(cloud: Cloud, cbr: Cbr) -> float:
    """Seconds that cbr takes for each user that it restores, without the start of its program."""
    seconds = {count: _restore_of(cloud, cbr, count) for count in (RESTORED // 4, RESTORED)}
    least, most = seconds
    return (seconds[most] - seconds[least]) / (most - least)


def _restore_of(cloud: Cloud, cbr: Cbr, count: int) -> float:
    _, file = cbr.backup(cloud.endpoint, _pool(cloud, count))
    target = _empty_pool(cloud, "bench-target")
    run = cbr.restore(cloud.endpoint, target, file)
    there = len(cloud.client("cognito-idp").list_users(UserPoolId=target)["Users"])
    if there != count:
        raise AssertionError(f"cbr restored {there} of {count} users")
    return run.seconds


def _text(seen: dict[int, dict[str, Seen]], paced: dict[str, float], restored: float | None, without: str) -> str:
    rows = "\n".join(
        f"| {size:,} | {NAMES[what]} | {1_000 * one.cpu_seconds / size:.3f} | {one.peak_mib:.0f} "
        f"| {f'{one.written:,}' if one.written else '-'} | {f'{one.saved:,}' if one.written else '-'} |"
        for size, peers in seen.items()
        for what, one in peers.items()
    )
    paces = "\n".join(
        f"| {NAMES[what]} | {pace:,.0f} | {pace / (DOCUMENTED[Category.USER_LIST] * PAGE_SIZE):.2f} |"
        for what, pace in paced.items()
    )
    published = "\n".join(
        f"| {row.users:,} | {row.groups or 'none'} | {row.export_minutes:,.0f} | {row.import_minutes:,.0f} "
        f"| {f'{row.users * restored / 60:,.0f}' if restored else '-'} |"
        for row in SO0126
    )
    return f"""## Beside what people use today

The same pool of the embedded cloud, saved by each in turns, medians of {RUNS} runs, each in a process of its own. `cbr`
is {PACKAGE} of npm, unchanged. Its figures hold the start of its program; those of the two others
begin after their imports. Bytes are those of the users' files.

| users | by | CPU s per 1,000 users | peak MiB | bytes written | users in them |
|---|---|---|---|---|---|
{rows}

{without}
`cbr` saves users alone: no groups, no memberships, nothing of the pool's configuration. It lists in one chain and keeps
to no quota, and its own code restores one user in {SECONDS_PER_RESTORED_USER:.0f} s.

With Cognito's documented quotas, and {LATENCY["median_ms"]} ms to an answer (median; 99th percentile
{LATENCY["p99_ms"]} ms), a synthetic pool of {PACED:,} users by the clock of this machine. One chain is bound by the
latency, Poolsafe's sixteen by the quota:

| by | users a second | of the quota |
|---|---|---|
{paces}

Minutes that AWS published of its solution SO0126 ([implementation guide][so0126]: published, **not measured here**),
and those of `cbr`'s restore, **extrapolated** from {RESTORED} users:

| users | groups each | SO0126 export | SO0126 import | `cbr` restore |
|---|---|---|---|---|
{published}

[so0126]: {SOURCE}
"""
