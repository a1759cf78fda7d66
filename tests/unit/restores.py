"""A backup and a restore in one line, and what became of whom."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from poolsafe.domain.restore.outcome import Kind, Outcome
from poolsafe.domain.restore.plan import Planner
from poolsafe.domain.restore.wishes import Wishes
from poolsafe.domain.target import TargetPool
from tests.fakes import FakeUserPool, MemoryStore
from tests.pipeline import LATEST, Machines, target_pool

MARK = "custom:original_sub"
SMS_AND_MAIL = {"SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn"}}, "EmailMfaConfiguration": {}}


def restored(source: FakeUserPool, target: FakeUserPool, **options: Any) -> tuple[Machines, dict[str, Any]]:
    """Back up one pool and restore the snapshot into another."""
    machines = Machines()
    machines.backup(source)
    return machines, machines.restore(target, snapshot=LATEST, **options)


def target_of(pool: FakeUserPool) -> TargetPool:
    """What a restore knows of a pool."""
    return TargetPool.of(pool.describe(), pool._mfa_config(), frozenset(pool._providers()))


def planner(sub_attribute: str | None = MARK, wishes: Wishes = Wishes(), **options: Any) -> Planner:  # noqa: B008
    """A planner for an empty pool with these options."""
    return Planner("us-east-1_Source", target_of(target_pool(**options)), sub_attribute, wishes)


def mfa(mode: str, **settings: Any) -> dict[str, Any]:
    """GetUserPoolMfaConfig of a pool with second factors by SMS and e-mail."""
    return {"MfaConfiguration": mode, **SMS_AND_MAIL, **settings}


def outcomes_of(machines: Machines, result: dict[str, Any], kind: Kind) -> dict[str | None, Outcome]:
    """The outcomes of one kind, by user or group."""
    return {
        outcome.group_name if kind is Kind.GROUP else outcome.username: outcome
        for outcome in machines.outcomes(result)
        if outcome.kind is kind
    }


def texts_of(store: MemoryStore) -> dict[str, str]:
    """All that lies in a bucket, as text: a word inside a compressed file is found too."""
    return {
        key: str(pq.read_table(pa.BufferReader(stored.content)).to_pylist())
        if key.endswith(".parquet")
        else stored.content.decode()
        for key, stored in store.objects.items()
    }


def ended(machines: Machines, result: dict[str, Any], username: str) -> tuple[str, str | None]:
    """Outcome and reason of one user."""
    outcome = outcomes_of(machines, result, Kind.USER)[username]
    return outcome.outcome, outcome.reason
