"""A backup and a restore in one line, and what became of whom."""

from __future__ import annotations

from typing import Any

from poolsafe.domain.outcome import Kind, Outcome
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, Machines


def restored(source: FakeUserPool, target: FakeUserPool, **options: Any) -> tuple[Machines, dict[str, Any]]:
    """Back up one pool and restore the snapshot into another."""
    machines = Machines()
    machines.backup(source)
    return machines, machines.restore(target, snapshot=LATEST, **options)


def outcomes_of(machines: Machines, result: dict[str, Any], kind: Kind) -> dict[str | None, Outcome]:
    """The outcomes of one kind, by user or group."""
    return {
        outcome.group_name if kind is Kind.GROUP else outcome.username: outcome
        for outcome in machines.outcomes(result)
        if outcome.kind is kind
    }


def ended(machines: Machines, result: dict[str, Any], username: str) -> tuple[str, str | None]:
    """Outcome and reason of one user."""
    outcome = outcomes_of(machines, result, Kind.USER)[username]
    return outcome.outcome, outcome.reason
