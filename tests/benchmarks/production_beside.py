"""Others' traffic beside Poolsafe, on a simulated clock: how much of it is throttled, with us and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from local.layer.operation_categories import CATEGORIES
from local.layer.operation_categories import DOCUMENTED as QUOTAS
from local.layer.request_quotas import RequestQuotas
from tests.benchmarks.section import Must, Section
from tests.benchmarks.simulated import exporting, restoring
from tests.benchmarks.simulated.clock import SimulatedClock
from tests.benchmarks.simulated.production import Production
from tests.benchmarks.simulated.run import Run, side_by_side
from tests.benchmarks.simulated.service import Service
from tests.benchmarks.simulated.target import GROUPS

#: The share of a quota that others use, on average.
OTHERS = 0.6
SHARES = (0.5, 1.0)
MODELS = ("window", "bucket")
#: Sizes whose runs take longer than it takes to find a pace.
EXPORTED, RESTORED = 600_000, 30_000
#: How much more of others' calls may be throttled: one in a hundred.
ALLOWED = 0.01


@dataclass(frozen=True, slots=True)
class Beside:
    """Others' calls beside a job: the share of them that is throttled, with us and without."""

    job: str
    watching: bool
    run: Run
    alone: float

    @property
    def rise(self) -> float:
        return (self.run.production or 0.0) - self.alone

    @property
    def of_what_is_left(self) -> float:
        """How much we got done of what the others leave of the quota, or of our share where that is less."""
        left = min(1 - OTHERS, self.run.quota_share) / self.run.quota_share
        return self.run.ratio / left


def measure() -> Section:
    """The section of the page, with what must hold."""
    kinds = list(product(MODELS, SHARES, (False, True)))
    exports = [exporting.Case(EXPORTED, 0, share, model, OTHERS, watching) for model, share, watching in kinds]
    restores = [restoring.Case(RESTORED, GROUPS, share, model, OTHERS, watching) for model, share, watching in kinds]
    jobs = (
        ("export", exporting.PRODUCTION_CALL, side_by_side(exporting.export, exports)),
        ("restore", restoring.PRODUCTION_CALL, side_by_side(restoring.restore, restores)),
    )
    found = [
        _beside(job, call, watching, run)
        for job, call, runs in jobs
        for (_, _, watching), run in zip(kinds, runs, strict=True)
    ]
    figures = [{"job": one.job, "watching": one.watching, "alone": one.alone, **one.run.figures()} for one in found]
    return Section(text(found), musts(found), {"runs": figures})


def _beside(job: str, call: str, watching: bool, run: Run) -> Beside:
    """The same calls for the same time, without us."""
    clock = SimulatedClock()
    service = Service(clock, RequestQuotas(QUOTAS, model=run.model))
    others = Production(service, call, QUOTAS[CATEGORIES[call]] * OTHERS)
    others.start()
    clock.sleep(run.seconds)
    return Beside(job, watching, run, others.throttled_share)


def musts(found: Sequence[Beside]) -> tuple[Must, ...]:
    rise = max(one.rise for one in found)
    wrong = sum(sum(one.run.wrong.values()) for one in found)
    return (
        Must(
            "Rise of the throttled share of others' calls, at 60 % of the quota",
            f"< {100 * ALLOWED:.0f} percentage point",
            f"{100 * rise:.2f}",
            rise < ALLOWED,
        ),
        Must("Lost or doubled beside others' traffic", "0", str(wrong), wrong == 0),
    )


def text(found: Sequence[Beside]) -> str:
    rows = "\n".join(_row(one) for one in found)
    return f"""## Production traffic beside us

Others take {OTHERS:.0%} of a quota on average, by chance (a Poisson process): ListUsers beside an export of
{EXPORTED:,} users, AdminUpdateUserAttributes beside a restore of {RESTORED:,} users with a group each. What AWS means
by "requests per second" is not documented, so both readings are tried: `window`, no more than the quota in any one
second; `bucket`, which lets a second's worth through at once after a pause. With "usage read", the run asks CloudWatch
at its beginning how much others use (the parameter WatchUsage). The last column is what we got done of what they leave,
or of our share where that is less.

| job | quota | share | usage read | others throttled, alone | with us | rise, points | ours throttled | we got |
|---|---|---|---|---|---|---|---|---|
{rows}
"""


def _row(one: Beside) -> str:
    run = one.run
    ours = run.throttled / (run.calls + run.throttled)
    watching = "yes" if one.watching else "no"
    return (
        f"| {one.job} | {run.model} | {run.quota_share} | {watching} | {one.alone:.2%} | {run.production or 0:.2%} "
        f"| **{100 * one.rise:.2f}** | {ours:.2%} | {one.of_what_is_left:.0%} |"
    )
