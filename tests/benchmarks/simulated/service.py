"""Cognito and the SDK before it, on a simulated clock: who is admitted, who is throttled, and how long it takes.

A call is on its way for some milliseconds, is admitted or throttled by the account's quotas at the moment it arrives,
and its answer comes as late as Cognito is slow. One that is throttled is made again as botocore does.

Assumed: the way there takes 1 to 8 ms, and a refusal comes back after a round trip. Nothing tells more of either.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from local.layer.latencies import Latency
from local.layer.request_quotas import RequestQuotas
from poolsafe.adapters.aws import CONFIG
from poolsafe.errors import Throttled
from tests.benchmarks.simulated.clock import SimulatedClock

Answer = TypeVar("Answer")

#: Response times, in milliseconds.
MEDIAN_MS, P99_MS = 100.0, 600.0
#: The way to Cognito, in seconds, at least and at most.
TRANSIT = (0.001, 0.008)
#: botocore 1.43, `retries/standard.py` and `retries/quota.py`: what a client may spend on retries, the price of one,
#: what a call without any gives back, and the most that it waits.
RETRY_CAPACITY, RETRY_COST, NO_RETRY_INCREMENT, MAX_BACKOFF = 500, 5, 1, 20
ATTEMPTS: int = vars(CONFIG)["retries"]["total_max_attempts"]
#: Whose calls are counted as ours.
POOLSAFE = "poolsafe"


@dataclass
class Service:
    """One account's Cognito. `seed` decides on transit and response times, `latency_ms` is their median and 99th
    percentile."""

    clock: SimulatedClock
    quotas: RequestQuotas
    seed: int = 1
    latency_ms: tuple[float, float] = (MEDIAN_MS, P99_MS)
    latency: Latency = field(init=False)

    def __post_init__(self) -> None:
        self.latency = Latency(*self.latency_ms, self.seed)
        self._random = random.Random(self.seed)  # noqa: S311

    def transit(self) -> float:
        return self._random.uniform(*TRANSIT)


class Client:
    """One client of botocore's, with `standard` retries: `on_throttle` hears of each attempt that was throttled, and
    how many seconds ago it was sent, as `adapters/throttles.py` tells it."""

    def __init__(self, service: Service, user_pool_id: str, on_throttle: Callable[[str, float], None]) -> None:
        self._service, self._clock = service, service.clock
        self._user_pool_id = user_pool_id
        self._on_throttle = on_throttle
        self._random = random.Random(service.seed)  # noqa: S311
        self._capacity = RETRY_CAPACITY

    def call(self, operation: str, answer: Callable[[], Answer], user: str = "") -> Answer:
        """What Cognito answers, made up when the request arrives. Raises Throttled, and what `answer` raises."""
        clock, service, held = self._clock, self._service, 0
        for attempt in range(ATTEMPTS):
            sent = clock.monotonic()
            clock.sleep(service.transit())
            if service.quotas.admits(operation, self._user_pool_id, clock.monotonic(), caller=POOLSAFE, user=user):
                try:
                    return answer()
                finally:
                    clock.sleep(service.latency.next())
                    self._capacity = min(RETRY_CAPACITY, self._capacity + (held or NO_RETRY_INCREMENT))
            clock.sleep(service.transit())
            self._on_throttle(operation, clock.monotonic() - sent)
            if attempt + 1 == ATTEMPTS or self._capacity < RETRY_COST:
                break
            self._capacity -= RETRY_COST
            held = RETRY_COST
            clock.sleep(self._random.random() * min(2**attempt, MAX_BACKOFF))
        raise Throttled(f"{operation}: TooManyRequestsException. The request quota is used up for now.")
