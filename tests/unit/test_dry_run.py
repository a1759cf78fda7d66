"""A dry run is the plan without the apply: nothing is written to the target, and the same is foreseen."""

from __future__ import annotations

import pytest

from poolsafe.domain.records import EXTERNAL_PROVIDER
from poolsafe.errors import TargetMismatch
from poolsafe.schema_check import require
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, pool_with, target_pool
from tests.unit.restores import restored


def test_a_dry_run_writes_nothing_to_the_target() -> None:
    source, target = pool_with(9), target_pool()
    machines, result = restored(source, target, dry_run=True)
    assert set(target.calls) == {"DescribeUserPool", "ListUsers", "ListGroups"}
    assert (target.accounts, target.group_records) == ({}, {})
    assert result["status"] == "DRY_RUN"
    assert result["counts"] == {"created": 9, "updated": 0, "skipped": 0, "deferred": 0, "failed": 0}
    require("restore.result", result)
    require("restore.report", machines.report(result))


def test_a_dry_run_foresees_what_the_restore_then_does() -> None:
    source, target = pool_with(9), target_pool()
    source.add("Google_1", status=EXTERNAL_PROVIDER)
    target.add("user00003")
    machines, foreseen = restored(source, target, dry_run=True)
    done = machines.restore(target, snapshot=LATEST)
    assert foreseen["counts"] == done["counts"]
    plans = [machines.plan(result) for result in (foreseen, done)]
    for plan in plans:
        del plan["restore_id"], plan["dry_run"]
    assert plans[0] == plans[1]


def test_a_dry_run_refuses_what_the_restore_would_refuse() -> None:
    source = FakeUserPool()
    source.add("alice", custom__tenant="blue")
    with pytest.raises(TargetMismatch):
        restored(source, target_pool(), dry_run=True)
