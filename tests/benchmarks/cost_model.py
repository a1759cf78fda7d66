"""What a month of backups costs: arithmetic on what was measured. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil

from poolsafe.domain.manifest import COMPLETE
from poolsafe.domain.retention.decide import Snapshot, decide
from poolsafe.domain.retention.policy import Policy
from tests.benchmarks.prices import Price

NIGHTS = 30
#: Memory at which a function has one whole vCPU, in MB [LAM gettingstarted-limits].
ONE_VCPU_MB = 1_769
#: What AWS bills of a start: the handler's process and its imports. Assumed; no function here was started on AWS.
START_SECONDS = 2.0
#: An answer of S3 in the same Region, generously; in seconds.
S3_SECONDS = 0.05
#: A Lambda lists for that long before it hands over.
INVOCATION_SECONDS = 840.0
#: How long snapshots have been made when storage is looked at: longer than anything is kept.
SETTLED_NIGHTS = 450
FIRST_NIGHT = datetime(2025, 1, 1, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bill: so many units at a price."""

    what: str
    quantity: float
    price: Price

    @property
    def dollars(self) -> float:
        return self.quantity * self.price.dollars


@dataclass(frozen=True, slots=True)
class Work:
    """What some runs of machines take together: `gb_seconds` of Lambda in so many `invocations`, `requests` of S3 by
    operation, state `transitions`."""

    gb_seconds: float = 0.0
    invocations: float = 0
    transitions: float = 0
    requests: Mapping[str, float] = field(default_factory=dict)

    def times(self, runs: float) -> Work:
        requests = {name: count * runs for name, count in self.requests.items()}
        return Work(self.gb_seconds * runs, self.invocations * runs, self.transitions * runs, requests)

    def plus(self, other: Work) -> Work:
        names = {*self.requests, *other.requests}
        return Work(
            self.gb_seconds + other.gb_seconds,
            self.invocations + other.invocations,
            self.transitions + other.transitions,
            {name: self.requests.get(name, 0) + other.requests.get(name, 0) for name in names},
        )


def function(memory_mb: int, seconds: float, invocations: int = 1) -> Work:
    """So many invocations of a function that take `seconds` together, each from a cold start, as a night meets them."""
    billed = seconds + START_SECONDS * invocations
    return Work(memory_mb / 1024 * billed, invocations)


def computing(memory_mb: int, cpu_seconds: float, requests: Mapping[str, float]) -> Work:
    """A function that computes and reads: its share of a CPU goes by its memory, and S3 is waited for."""
    waited = S3_SECONDS * sum(requests.values())
    ran = function(memory_mb, cpu_seconds / min(1.0, memory_mb / ONE_VCPU_MB) + waited)
    return Work(ran.gb_seconds, ran.invocations, requests=requests)


def listing_seconds(calls: float, quota: float, share: float, efficiency: float) -> float:
    """How long calls of one category take at a share of its quota; Lambda bills that, for it waits."""
    return calls / (quota * share * efficiency)


def invocations_for(seconds: float) -> int:
    """A Lambda hands over before its 15 minutes end."""
    return max(1, ceil(seconds / INVOCATION_SECONDS))


def along(sizes: tuple[float, float], amounts: tuple[float, float], size: float) -> float:
    """The straight line through two measured sizes, at another: what a part takes, and what every run takes."""
    slope = (amounts[1] - amounts[0]) / (sizes[1] - sizes[0])
    return amounts[0] + slope * (size - sizes[0])


def snapshots_stored(policy: Policy, recover_days: int) -> int:
    """Snapshots of one pool in the bucket once everything is settled: those that are kept, and those removed of which
    an older version can still be had back."""
    kept: list[Snapshot] = []
    removed: deque[datetime] = deque()
    for night in range(SETTLED_NIGHTS):
        now = FIRST_NIGHT + timedelta(days=night)
        kept.append(Snapshot(f"{now:%Y%m%dT%H%M%SZ}-000000", COMPLETE))
        keeps = {one.snapshot_id for one in decide(kept, policy, now) if one.keeps}
        removed.extend(now for one in kept if one.snapshot_id not in keeps)
        kept = [one for one in kept if one.snapshot_id in keeps]
        while removed and now - removed[0] > timedelta(days=recover_days):
            removed.popleft()
    return len(kept) + len(removed)


def total(lines: Iterable[Line]) -> float:
    return sum(line.dollars for line in lines)
