"""How a drill went: what it measured, against what was wanted, and the report about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from ..manifest import Manifest
from ..quotas import Category

#: US dollars for a monthly active user at list price, in the first tier above what is free, by the pool's plan
#: (https://aws.amazon.com/cognito/pricing/); an upper bound, because the first ten thousand may be free.
DOLLARS_PER_USER: Mapping[str, float] = {"LITE": 0.0055, "ESSENTIALS": 0.015, "PLUS": 0.02}


class DrillStatus(StrEnum):
    """PASSED: the sample came back, signed in, and every objective is met."""

    PASSED = "PASSED"
    #: It came back, but the restore was PARTIAL, or an objective is missed.
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    DRY_RUN = "DRY_RUN"


@dataclass(frozen=True, slots=True)
class Objective:
    """One of the two: what was measured, in hours, and what it may be at most."""

    hours: float | None
    objective: float | None

    @property
    def met(self) -> bool | None:
        """None where there is no objective."""
        if self.objective is None:
            return None
        return self.hours is not None and self.hours <= self.objective

    def to_report(self) -> dict[str, Any]:
        return {"hours": self.hours, "objective_hours": self.objective, "met": self.met}


def age_hours(manifest: Manifest, now: datetime) -> float:
    """How old the data is: since the backup began to list it."""
    return round((now - datetime.fromisoformat(manifest.started_at)).total_seconds() / 3600, 2)


def whole_hours(
    manifest: Manifest, local: int, disabled: int, rates: Mapping[Category, float], by_import: bool
) -> float:
    """How long Cognito's quotas make the whole pool take, at least. `rates` are requests per second.

    The categories overlap, so the slowest decides; how fast an import is, nobody has documented.
    """
    calls = {
        Category.USER_CREATION: 0 if by_import else local,
        Category.USER_ACCOUNT_RECOVERY: 0 if by_import else local,
        Category.USER_UPDATE: manifest.counts.memberships + disabled,
        # The target is listed before, and read back after.
        Category.USER_LIST: 2 * (manifest.counts.users + manifest.counts.memberships) / 60,
    }
    return max(count / rates[category] for category, count in calls.items()) / 3600


def extrapolated_hours(measured_seconds: float, sample_hours: float, all_hours: float) -> float:
    """The time of the whole pool: what the drill took beside waiting for quotas, and the quotas' time for everybody."""
    return round(max(0.0, measured_seconds / 3600 - sample_hours) + all_hours, 4)


def verdict(
    restored: str | None, walk: Mapping[str, Any] | None, removed: bool, objectives: Sequence[Objective]
) -> tuple[DrillStatus, list[str]]:
    """The status, and everything that kept it from being PASSED. `restored` is the restore's status."""
    problems = []
    if restored not in ("COMPLETE", "PARTIAL"):
        problems.append("The restore failed: see its report, or its execution.")
    elif walk is None:
        problems.append("Nobody's sign-in could be walked.")
    elif walk["failed"]:
        problems.append(f"{walk['failed']} of {walk['walked']} canaries did not get in as they should.")
    if not removed:
        problems.append("The scratch pool could not be removed. The janitor tries again every day.")
    failed = bool(problems)
    if restored == "PARTIAL":
        problems.append("The restore was PARTIAL: its report names who or what did not come back, and why.")
    names = ("recovery point", "recovery time")
    missed = [name for name, objective in zip(names, objectives, strict=True) if objective.met is False]
    problems += [f"The objective of the {name} is missed." for name in missed]
    if failed:
        return DrillStatus.FAILED, problems
    return (DrillStatus.PARTIAL if problems else DrillStatus.PASSED), problems


def bill(users: int, tier: str) -> dict[str, Any]:
    """What a drill costs: users billed as active this month, and that in dollars at most."""
    price = DOLLARS_PER_USER.get(tier, max(DOLLARS_PER_USER.values()))
    return {"users_billed_as_active": users, "tier": tier, "dollars_at_most": round(users * price, 2)}


def summary(run_id: str, drills: Sequence[Mapping[str, Any]], swept: Sequence[str]) -> dict[str, Any]:
    """`schemas/drill.result.json`: the worst status of all; of one drill, its report too."""
    worst = (DrillStatus.FAILED, DrillStatus.PARTIAL, DrillStatus.DRY_RUN, DrillStatus.PASSED)
    statuses = {drill["status"] for drill in drills}
    result = {
        "status": next((status.value for status in worst if status.value in statuses), "SWEPT"),
        "run_id": run_id,
        "drills": [dict(drill) for drill in drills],
        "scratch_pools_removed": list(swept),
    }
    return {**result, "report": drills[0]["report"]} if len(drills) == 1 else result
