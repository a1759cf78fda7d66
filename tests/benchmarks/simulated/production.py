"""The traffic that is there anyway: calls that come by chance, and are not made again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from poolsafe.operations.read_usage import MINUTES, PERIOD_SECONDS
from tests.benchmarks.simulated.clock import Task
from tests.benchmarks.simulated.service import Service

PRODUCTION = "production"
PRODUCTION_POOL = "us-east-1_Production"


@dataclass
class Production:
    """Calls of one operation, `rate` a second on average (a Poisson process), in another pool of the same account."""

    service: Service
    operation: str
    rate: float
    seed: int = 2
    calls: int = 0
    throttled: int = 0
    _stopped: bool = field(default=False, init=False)

    def start(self) -> Task[None]:
        return self.service.clock.spawn(self._go_on)

    def busiest_minute(self) -> float:
        """Let a quarter of an hour pass; calls per second in its busiest minute, as `operations/read_usage.py` asks."""
        busiest = 0
        for _ in range(MINUTES):
            before = self.calls
            self.service.clock.sleep(PERIOD_SECONDS)
            busiest = max(busiest, self.calls - before)
        return busiest / PERIOD_SECONDS

    def forget(self) -> None:
        """Count from here on."""
        self.calls = self.throttled = 0

    def stop(self) -> None:
        self._stopped = True

    @property
    def throttled_share(self) -> float:
        return self.throttled / self.calls

    def _go_on(self) -> None:
        clock, chance = self.service.clock, random.Random(self.seed)  # noqa: S311
        while not self._stopped:
            clock.sleep(chance.expovariate(self.rate))
            admitted = self.service.quotas.admits(self.operation, PRODUCTION_POOL, clock.monotonic(), caller=PRODUCTION)
            self.calls += 1
            self.throttled += not admitted
