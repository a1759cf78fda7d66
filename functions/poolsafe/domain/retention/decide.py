"""What becomes of each snapshot of a pool: pure, so that a dry run and the real one decide the same.

kept whatever the policy says
    the newest COMPLETE one
    what is held, what a restore reads, what cannot be read (it may be of a newer release, or damaged)
    what is dated ahead of now: a clock is wrong, and it must not make good snapshots look old
    what is not younger than a snapshot that lost too much (`brake.py`), until somebody releases that one
kept by the policy
    what it keeps of the COMPLETE ones, and what it keeps of all: a PARTIAL one never takes a COMPLETE one's place
the rest goes
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..manifest import COMPLETE
from ..snapshot import began_at
from .policy import PERIODS, Policy

#: Clocks may differ by that much; a snapshot that is dated further ahead was made by one that is wrong.
CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One sealed snapshot. `status` is None where its manifest cannot be read. `braked`: it lost too much, and nobody
    has released it."""

    snapshot_id: str
    status: str | None
    held: bool = False
    read: bool = False
    braked: bool = False

    @property
    def at(self) -> datetime:
        """When its backup began."""
        return began_at(self.snapshot_id)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one snapshot: kept for these reasons, or, without any, removed."""

    snapshot_id: str
    reasons: tuple[str, ...]

    @property
    def keeps(self) -> bool:
        return bool(self.reasons)


def decide(snapshots: Iterable[Snapshot], policy: Policy, now: datetime) -> list[Decision]:
    """One decision for each snapshot of one pool, oldest first."""
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.snapshot_id)
    reasons: dict[str, dict[str, None]] = {snapshot.snapshot_id: {} for snapshot in ordered}
    for snapshot, reason in (*_always(ordered, now), *_by_policy(ordered, policy, now)):
        reasons[snapshot.snapshot_id][reason] = None
    return [Decision(snapshot_id, tuple(found)) for snapshot_id, found in reasons.items()]


def _always(snapshots: Sequence[Snapshot], now: datetime) -> Iterator[tuple[Snapshot, str]]:
    complete = [snapshot for snapshot in snapshots if snapshot.status == COMPLETE]
    counted = [snapshot for snapshot in complete if not _is_ahead(snapshot, now)]
    # Both, where they differ: which clock was right nobody can tell.
    for snapshot in {*complete[-1:], *counted[-1:]}:
        yield snapshot, "newest COMPLETE"
    braked = max((snapshot.snapshot_id for snapshot in snapshots if snapshot.braked), default="")
    for snapshot in snapshots:
        if snapshot.held:
            yield snapshot, "held"
        if snapshot.read:
            yield snapshot, "a restore reads it"
        if snapshot.status is None:
            yield snapshot, "cannot be read"
        if _is_ahead(snapshot, now):
            yield snapshot, "dated ahead of now"
        if snapshot.snapshot_id <= braked:
            yield snapshot, f"brake of {braked}"


def _by_policy(snapshots: Sequence[Snapshot], policy: Policy, now: datetime) -> Iterator[tuple[Snapshot, str]]:
    counted = [snapshot for snapshot in snapshots if not _is_ahead(snapshot, now)]
    yield from _kept([snapshot for snapshot in counted if snapshot.status == COMPLETE], policy)
    yield from _kept(counted, policy)


def _kept(snapshots: Sequence[Snapshot], policy: Policy) -> Iterator[tuple[Snapshot, str]]:
    if not snapshots:
        return
    for snapshot in snapshots[-policy.keep_last :] if policy.keep_last else ():
        yield snapshot, f"last {policy.keep_last}"
    for rule, name_of in PERIODS.items():
        newest: dict[str, list[Snapshot]] = defaultdict(list)
        for snapshot in reversed(snapshots):
            newest[name_of(snapshot.at.astimezone(policy.zone))].append(snapshot)
        for period, found in list(newest.items())[: getattr(policy, rule)]:
            yield found[0], f"{rule.removeprefix('keep_')} {period}"
    begin = policy.begins_before(snapshots[-1].at.astimezone(policy.zone))
    for snapshot in snapshots:
        if begin is not None and snapshot.at >= begin:
            yield snapshot, f"within {policy.keep_within}"


def _is_ahead(snapshot: Snapshot, now: datetime) -> bool:
    return snapshot.at > now + CLOCKS_DIFFER
