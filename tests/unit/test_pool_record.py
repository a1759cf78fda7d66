"""What a restore has made of a pool, and under which id it goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from poolsafe.domain.configuration.model import SectionName
from poolsafe.domain.configuration.record import PoolRecord
from poolsafe.domain.configuration.todo import Todo, Why
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.errors import InvalidRequest
from poolsafe.operations.make_pool import load_record, save_record
from poolsafe.operations.take_up import take_up
from poolsafe.schema_check import require
from tests.fakes import MemoryStore

PATHS = RestorePaths("20261122T030000Z-3f9a1c")
REQUEST = {"snapshot": "us-east-1_A/1", "create_pool": {"pool_name": "a"}, "dry_run": False, "quota_share": 0.8}
TODO = Todo("clients", "a", Why.REFUSED, "Do it.", "Code")


def test_a_record_is_read_as_it_was_written_and_fits_its_schema() -> None:
    store = MemoryStore()
    record = PoolRecord("a", "us-east-1", "us-east-1_A", {"old": "new"}, (TODO,), (TODO,), ("clients",))
    save_record(store, PATHS, record)
    assert load_record(store, PATHS) == record
    require("pool", json.loads(store.objects[PATHS.pool_key].content))
    require("pool", PoolRecord("a", "us-east-1").to_json())


def test_what_was_refused_is_noted_once() -> None:
    record = PoolRecord("a", "us-east-1").with_met([TODO]).with_met([TODO])
    assert record.met == (TODO,)
    assert record.refused(SectionName.CLIENTS, "a")
    assert not record.refused(SectionName.CLIENTS, "b")
    assert not record.refused(SectionName.TERMS, "a")


def test_a_state_that_runs_twice_takes_up_the_same() -> None:
    store = MemoryStore()
    for _ in range(2):
        take_up(store, PATHS, REQUEST, again=False)
    take_up(store, PATHS, REQUEST, again=True)
    assert store.written == [PATHS.request_key]


@pytest.mark.parametrize("changed", [{"quota_share": 1}, {"max_failed_percent": 3}, {"restore_id": PATHS.restore_id}])
def test_how_a_restore_goes_on_may_differ(changed: dict[str, Any]) -> None:
    store = MemoryStore()
    take_up(store, PATHS, REQUEST, again=False)
    take_up(store, PATHS, {**REQUEST, **changed}, again=True)


@pytest.mark.parametrize("changed", [{"snapshot": "us-east-1_A/2"}, {"create_pool": None}, {"dry_run": True}])
def test_what_a_restore_was_asked_for_may_not_differ(changed: dict[str, Any]) -> None:
    store = MemoryStore()
    take_up(store, PATHS, REQUEST, again=False)
    with pytest.raises(InvalidRequest, match=f"asked for otherwise: {next(iter(changed))} differ"):
        take_up(store, PATHS, {**REQUEST, **changed}, again=True)


def test_a_restore_that_left_nothing_cannot_be_taken_up() -> None:
    with pytest.raises(InvalidRequest, match="restore_id: names no restore"):
        take_up(MemoryStore(), PATHS, REQUEST, again=True)
