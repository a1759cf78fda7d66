"""What the figures mean for a pool of some size, from the last results of the other sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks import section
from tests.benchmarks.cost import USERS as COSTED
from tests.benchmarks.section import Section
from tests.benchmarks.simulated.run import duration

SIZES = (10_000, 100_000, 500_000, 1_000_000, 10_000_000)
#: The defaults that are nearest to what is simulated: a backup takes 0.5 of a quota, a restore 0.8.
BACKUP_SHARE, RESTORE_SHARE = 0.5, 1.0
UNKNOWN = "-"


def measure() -> Section:
    """The section of the page."""
    exports = section.figures("export-throughput").get("runs", ())
    restores = section.figures("restore-throughput").get("runs", ())
    bytes_per_user = section.figures("size").get("bytes_per_user")
    dollars = section.figures("cost").get("dollars")
    rows = "\n".join(
        f"| {size:,} | {_time(exports, size, BACKUP_SHARE)} | {_time(restores, size, RESTORE_SHARE)} "
        f"| {_megabytes(bytes_per_user, size)} | {_dollars(dollars, size)} |"
        for size in SIZES
    )
    return Section(f"""## What it means for your pool

| users, each in one group | backup, `quota_share` {BACKUP_SHARE} | restore, {RESTORE_SHARE} | snapshot | a month, nightly |
|---|---|---|---|---|
{rows}

Times are those of the simulated clock below, with Cognito's default quotas: they are the limit, and Poolsafe keeps to
it. They halve with twice the share or twice the quota; a restore at its default of 0.8 takes a quarter longer. Without
groups a backup takes half as long, and a restore five sixths. A snapshot's bytes are those of users with a profile; the
costs are in proportion to those of {COSTED:,} users. None of it needs more than one Lambda at a time.
""")


def _time(runs: Sequence[Mapping[str, Any]], size: int, share: float) -> str:
    """As simulated; between sizes that were simulated, in proportion to the next larger one."""
    found = [run for run in runs if run["quota_share"] == share and run["groups"] and run["users"] >= size]
    if not found:
        return UNKNOWN
    nearest = min(found, key=lambda run: int(run["users"]))
    return duration(float(nearest["seconds"]) * size / int(nearest["users"]))


def _megabytes(bytes_per_user: float | None, size: int) -> str:
    return UNKNOWN if bytes_per_user is None else f"{bytes_per_user * size / 1e6:,.1f} MB"


def _dollars(dollars: float | None, size: int) -> str:
    return UNKNOWN if dollars is None else f"{dollars * size / COSTED:.2f} dollars"
