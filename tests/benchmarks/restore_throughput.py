"""Restore on a simulated clock: how near to the limit of the slowest quota, at which size."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmarks.section import Must, Section
from tests.benchmarks.simulated.restoring import Case, restore
from tests.benchmarks.simulated.run import Run, duration, growth, side_by_side
from tests.benchmarks.simulated.target import GROUPS

SIZES = (10_000, 100_000, 1_000_000)
SHARES = (1.0, 0.5)
#: The size at which a must is judged, and what it asks for.
JUDGED, ENOUGH = 1_000_000, 0.97
#: What AWS's own solution SO0126 needs for as many users with one group each, by its implementation guide.
PEER_USERS, PEER_MINUTES = 500_000, 1_313.31


def measure() -> Section:
    """The section of the page, with what must hold."""
    sizes = sorted((*SIZES, PEER_USERS), reverse=True)
    cases = [Case(users, groups, share) for users in sizes for groups in (GROUPS, 0) for share in SHARES]
    runs = side_by_side(restore, cases)
    figures = {"runs": [run.figures() for run in runs], "so0126_published_minutes": PEER_MINUTES}
    return Section(text(runs), musts(runs), figures)


def musts(runs: Sequence[Run]) -> tuple[Must, ...]:
    worst = min(run.ratio for run in runs if run.users == JUDGED)
    wrong = sum(sum(run.wrong.values()) for run in runs)
    throttled = sum(run.throttled for run in runs)
    return (
        Must(
            "Restore of 1 million users, of the slowest quota's limit",
            f">= {ENOUGH}",
            f"{worst:.3f}",
            worst >= ENOUGH,
        ),
        Must("Users, passwords and memberships lost or doubled by a restore", "0", str(wrong), wrong == 0),
        Must("Throttled calls of a restore that is alone", "0", str(throttled), throttled == 0),
    )


def text(runs: Sequence[Run]) -> str:
    own = [run for run in runs if run.users in SIZES]
    rows = "\n".join(_row(run) for run in sorted(own, key=lambda run: (run.groups, -run.quota_share, run.users)))
    peers = [run for run in runs if run.users == PEER_USERS and run.groups]
    beside = "\n".join(
        f"| Poolsafe, quota_share {run.quota_share}, simulated | {run.seconds / 60:,.0f} | {run.limit / 60:,.0f} "
        f"| **{PEER_MINUTES / (run.seconds / 60):.1f}** |"
        for run in sorted(peers, key=lambda run: -run.quota_share)
    )
    return f"""## Restore against the quota

RestoreUsers as it is, with its governor, from a plan that is there, on the same clock and the same Cognito. Each user
takes one call of UserCreation (50 a second), one of UserAccountRecovery for the password (30), and one of UserUpdate
(25) where they are in a group. The limit is the slowest of these alone: the others fit in beside it.

| users | in a group | quota_share | limit | ours | limit ÷ ours | calls | throttled | lost or doubled | Lambdas |
|---|---|---|---|---|---|---|---|---|---|
{rows}

Time grows with the number of users to the power of {growth(runs)}; 1 is a straight line.

{PEER_USERS:,} users with one group each:

| | minutes | limit at that share, minutes | times as fast as SO0126 |
|---|---|---|---|
{beside}
| AWS solution SO0126, published in its implementation guide | {PEER_MINUTES:,.0f} | | 1 |
"""


def _row(run: Run) -> str:
    return (
        f"| {run.users:,} | {'one each' if run.groups else 'none'} | {run.quota_share} | {duration(run.limit)} "
        f"| {duration(run.seconds)} | **{run.ratio:.3f}** | {run.calls:,} | {run.throttled} "
        f"| {sum(run.wrong.values())} | {run.invocations} |"
    )
