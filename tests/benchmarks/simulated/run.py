"""One simulated run, what it is measured by, and how several are made side by side."""

from __future__ import annotations

import math
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from local.layer.operation_categories import DOCUMENTED
from tests.benchmarks.growth_fit import fit

Case = TypeVar("Case")
PAGE = 60


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds are simulated, but for `cpu_seconds` of the process. `production` is the share of the calls of others
    that was throttled, None where there were none. `wrong` says how many were lost, doubled, or strange."""

    users: int
    groups: int
    quota_share: float
    model: str
    seconds: float
    limit: float
    calls: int
    throttled: int
    wrong: Mapping[str, int]
    invocations: int
    cpu_seconds: float
    production: float | None = None
    warnings: Sequence[str] = field(default=())

    @property
    def ratio(self) -> float:
        """The quota-bound limit over the time it took: 1 is all of the quota, all of the time."""
        return self.limit / self.seconds

    def figures(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


def export_limit(users: int, groups: int, quota_share: float) -> float:
    """The seconds below which no listing can be: pages of 60 over the quota of UserList. One group for each user."""
    members = [users // groups + (number < users % groups) for number in range(groups)]
    pages = sum(math.ceil(rows / PAGE) for rows in (users, *members))
    return pages / (DOCUMENTED["UserList"] * quota_share)


def restore_limit(users: int, groups: int, quota_share: float) -> float:
    """The seconds that the slowest category takes for each user's creation, password, and group if there are any."""
    slowest = min(DOCUMENTED[name] for name in ("UserCreation", "UserAccountRecovery"))
    if groups:
        slowest = min(slowest, DOCUMENTED["UserUpdate"])
    return users / (slowest * quota_share)


def side_by_side(work: Callable[[Case], Run], cases: Sequence[Case]) -> list[Run]:
    """Each case in a process of its own, as many at once as there are cores."""
    spawning = multiprocessing.get_context("spawn")
    workers = min(len(cases), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, mp_context=spawning, max_tasks_per_child=1) as processes:
        return list(processes.map(work, cases))


def growth(runs: Sequence[Run]) -> str:
    """How simulated time grows with the number of users: the exponents, 1 being a straight line."""
    kinds = {(run.groups, run.quota_share) for run in runs}
    fits = [fit([(run.users, run.seconds) for run in runs if (run.groups, run.quota_share) == kind]) for kind in kinds]
    exponents = sorted(f"{found.exponent:.2f}" for found in fits)
    return exponents[0] if exponents[0] == exponents[-1] else f"{exponents[0]} to {exponents[-1]}"


def duration(seconds: float) -> str:
    """`9.6 s`, `12.3 min`, `11.1 h`."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
