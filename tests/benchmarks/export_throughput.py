"""Export on a simulated clock: how near to the quota-bound limit, at which size."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmarks.section import Must, Section
from tests.benchmarks.simulated.exporting import Case, export
from tests.benchmarks.simulated.run import Run, duration, growth, side_by_side

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
SHARES = (1.0, 0.5)
GROUPS = 20
#: The size at which a must is judged, and what it asks for.
JUDGED, ENOUGH = 1_000_000, 0.97


def measure() -> Section:
    """The section of the page, with what must hold."""
    cases = [Case(users, groups, share) for users in reversed(SIZES) for groups in (GROUPS, 0) for share in SHARES]
    runs = side_by_side(export, cases)
    return Section(text(runs), musts(runs), {"runs": [run.figures() for run in runs]})


def musts(runs: Sequence[Run]) -> tuple[Must, ...]:
    worst = min(run.ratio for run in runs if run.users == JUDGED)
    wrong = sum(sum(run.wrong.values()) for run in runs)
    throttled = sum(run.throttled for run in runs)
    return (
        Must("Export at 1 million users, of the quota-bound limit", f">= {ENOUGH}", f"{worst:.3f}", worst >= ENOUGH),
        Must("Users and memberships lost or doubled by an export", "0", str(wrong), wrong == 0),
        Must("Throttled calls of an export that is alone", "0", str(throttled), throttled == 0),
    )


def text(runs: Sequence[Run]) -> str:
    rows = "\n".join(_row(run) for run in sorted(runs, key=lambda run: (run.groups, -run.quota_share, run.users)))
    return f"""## Export against the quota

ExportUsers as it is, with its governor, on a simulated clock: Lambdas of 900 seconds one after the other, 2.5 s for the
first to start and 0.3 s between two. Cognito answers in 100 ms (median; 99th percentile 600 ms), after 1 to 8 ms on the
way, and admits no more than 30 listings in any one second. The limit is all pages of 60 at that quota's share: none of
it can be gained by being clever. Files hold the users' numbers here, for it is not CPU time that is simulated.

| users | memberships | quota_share | limit | ours | limit ÷ ours | calls | throttled | lost or doubled | Lambdas |
|---|---|---|---|---|---|---|---|---|---|
{rows}

Time grows with the number of users to the power of {growth(runs)}; 1 is a straight line.
"""


def _row(run: Run) -> str:
    members = f"{run.users:,} in {run.groups} groups" if run.groups else "none"
    return (
        f"| {run.users:,} | {members} | {run.quota_share} | {duration(run.limit)} | {duration(run.seconds)} "
        f"| **{run.ratio:.3f}** | {run.calls:,} | {run.throttled} | {sum(run.wrong.values())} | {run.invocations} |"
    )
