"""How many lanes a job runs in: as few as fill the quotas in force."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .quotas import Category

#: What one Lambda with its threads can call in a second: its CPU is the bound, not Cognito's latency.
CALLS_PER_LANE = 500
#: Creating, adding to a group and setting a password: one after the other for one user, side by side for many.
CALLS_PER_USER = 3
MAX_LANES = 4

#: Categories that creating a user draws on; the slowest decides.
RESTORING = (Category.USER_CREATION, Category.USER_ACCOUNT_RECOVERY, Category.USER_UPDATE)


def slowest(rates: Mapping[Category, float]) -> float:
    """Users per second, as the slowest of the categories that creating a user draws on lets them through."""
    return min(rates[category] for category in RESTORING)


def restore_lanes(rates: Mapping[Category, float]) -> int:
    """Lanes for a restore that may use `rates` (requests per second) in all. Documented quotas need one."""
    return max(1, min(MAX_LANES, math.ceil(slowest(rates) * CALLS_PER_USER / CALLS_PER_LANE)))
