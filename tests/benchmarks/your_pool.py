"""What the figures mean for a pool of some size, from the last results of the other sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks import section
from tests.benchmarks.cost import SIZES
from tests.benchmarks.section import Section
from tests.benchmarks.simulated.run import duration

#: The defaults that are nearest to what is simulated: a backup takes 0.5 of a quota, a restore 0.8.
BACKUP_SHARE, RESTORE_SHARE = 0.5, 1.0
UNKNOWN = "-"


def measure() -> Section:
    """The section of the page."""
    exports = section.figures("export-throughput").get("runs", ())
    restores = section.figures("restore-throughput").get("runs", ())
    months = section.figures("cost").get("months", {})
    rows = "\n".join(
        f"| {size:,} | {_time(exports, size, BACKUP_SHARE)} | {_time(restores, size, RESTORE_SHARE)} "
        f"| {_month(months.get(str(size)))} |"
        for size in SIZES
    )
    return Section(f"""## What it means for your pool

| users, one group each | backup, share {BACKUP_SHARE} | restore, share {RESTORE_SHARE} | snapshot | a month, nightly |
|---|---|---|---|---|
{rows}

Times are what ExportUsers and RestoreUsers took on the simulated clock below, with Cognito's default quotas, which bind
them. They halve with twice the share; the quotas that bind (UserList; UserAccountRecovery and UserUpdate) are not among
those that AWS raises on request. A restore at its default of 0.8 takes a quarter longer. Without groups a backup takes
half as long, and a restore five sixths. A snapshot's bytes are those of users with a profile; a month's dollars are
those of the table of costs, without what the stack costs by itself. None of it needs more than one Lambda at a time.
""")


def _time(runs: Sequence[Mapping[str, Any]], size: int, share: float) -> str:
    """As simulated; between sizes that were simulated, in proportion to the next larger one."""
    found = [run for run in runs if run["quota_share"] == share and run["groups"] and run["users"] >= size]
    if not found:
        return UNKNOWN
    nearest = min(found, key=lambda run: int(run["users"]))
    return duration(float(nearest["seconds"]) * size / int(nearest["users"]))


def _month(month: Mapping[str, float] | None) -> str:
    """A snapshot's bytes and a month's dollars."""
    if month is None:
        return f"{UNKNOWN} | {UNKNOWN}"
    return f"{month['snapshot_bytes'] / 1e6:,.1f} MB | {month['dollars']:.2f} dollars"
