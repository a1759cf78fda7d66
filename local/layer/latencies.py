"""How long Cognito takes to answer: a log-normal spread, told by its median and its 99th percentile.

Assumed: AWS publishes no response times of Cognito. A log-normal spread is the usual shape of a service's: most answers
near the median, a long tail above it. Nothing here sleeps; whoever asks does.
"""

from __future__ import annotations

import math
import random

#: The 99th percentile of the standard normal distribution.
Z99 = 2.3263478740408408


class Latency:
    """Seconds one after the other, the same ones for the same seed. Without `p99_ms`, or with one that equals the
    median, a fixed time; a median of 0 is none. ValueError for a negative median or a 99th percentile below it."""

    def __init__(self, median_ms: float, p99_ms: float | None = None, seed: int = 0) -> None:
        p99_ms = median_ms if p99_ms is None else p99_ms
        if not 0 <= median_ms <= p99_ms < math.inf or (median_ms == 0 and p99_ms > 0):
            raise ValueError("0 <= median_ms <= p99_ms, and p99_ms is 0 where the median is")
        self._median = median_ms / 1000
        self._sigma = math.log(p99_ms / median_ms) / Z99 if median_ms else 0.0
        self._random = random.Random(seed)  # noqa: S311

    def next(self) -> float:
        if not self._sigma:
            return self._median
        return self._median * math.exp(self._sigma * self._random.gauss(0, 1))
