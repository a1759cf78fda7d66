"""How many users are under way at once, so that the slowest quota never waits for somebody."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..lanes import CALLS_PER_USER, slowest
from ..quotas import Category

#: Seconds that each call may take, and the quota is filled all the same: ten times what is usual.
LATENCY = 1.0
#: Seconds that those under way last while nobody is begun, since outcomes are written and more rows are read.
PAUSE = 1.0
#: Each may have a call under way, and botocore keeps as many connections (`max_pool_connections`).
MAX_WORKERS = 128
#: At the smallest quotas too, some wait for a password while others wait to be created.
MIN_WORKERS = 8


def workers_for(rates: Mapping[Category, float]) -> int:
    """Users under way at once in a lane that may use `rates` (requests per second).

    As many come through in a second as `slowest` says, and each takes CALLS_PER_USER calls: 100 at the documented
    quotas. Whoever is in many groups stays longer, and that is in the queue of what is slowest then.
    """
    enough = math.ceil(slowest(rates) * (CALLS_PER_USER * LATENCY + PAUSE))
    return max(MIN_WORKERS, min(MAX_WORKERS, enough))
