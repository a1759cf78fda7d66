"""How snapshots and restores are named, and what that name is good for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.lane import part_path
from poolsafe.domain.snapshot import SNAPSHOT_ID, RestorePaths, SnapshotRef, region_of, run_id
from poolsafe.errors import InvalidRequest

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:Backup:1f2e"


def test_an_id_derives_from_its_execution_so_that_a_state_that_runs_twice_names_one_thing() -> None:
    assert run_id(EXECUTION, "2026-11-22T03:00:00.123Z") == "20261122T030000Z-9c5aa5"
    assert run_id(EXECUTION, "2026-11-22T03:00:00.123Z") == run_id(EXECUTION, "2026-11-22T03:00:00.999Z")


def test_two_executions_of_one_second_have_two_ids() -> None:
    assert run_id(EXECUTION, "2026-11-22T03:00:00Z") != run_id(f"{EXECUTION}x", "2026-11-22T03:00:00Z")


@pytest.mark.parametrize(
    "started_at", ["2026-11-22T12:00:00+09:00", "2026-11-22T03:00:00Z", "2026-11-21T22:00:00-05:00"]
)
def test_ids_tell_the_time_in_utc(started_at: str) -> None:
    assert run_id(EXECUTION, started_at).startswith("20261122T030000Z-")


moments = st.integers(1_577_836_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(moments, st.timedeltas(timedelta(seconds=1), timedelta(days=9_000)), st.text(), st.text())
def test_ids_sort_by_time(earlier: datetime, later_by: timedelta, first: str, second: str) -> None:
    assert run_id(first, earlier.isoformat()) < run_id(second, (earlier + later_by).isoformat())


@given(moments, st.text())
def test_every_id_is_a_good_reference(moment: datetime, execution: str) -> None:
    snapshot_id = run_id(execution, moment.isoformat())
    assert SNAPSHOT_ID.fullmatch(snapshot_id)
    ref = SnapshotRef.parse(f"us-east-1_AbCdEfGhI/{snapshot_id}")
    assert SnapshotRef.parse(str(ref)) == ref
    assert SnapshotRef.parse(ref.prefix) == ref


def test_a_reference_knows_where_its_snapshot_lies() -> None:
    ref = SnapshotRef.parse("us-east-1_AbCdEfGhI/20261122T030000Z-3f9a1c")
    assert ref.prefix == "snapshots/us-east-1_AbCdEfGhI/20261122T030000Z-3f9a1c/"
    assert ref.manifest_key == f"{ref.prefix}manifest.json"


@pytest.mark.parametrize(
    "text",
    ["", "/", "us-east-1_A", "us-east-1_A/", "/latest", "us-east-1_A/Latest", "us-east-1_A/../us-east-1_B", "A/latest"],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^snapshot: is not"):
        SnapshotRef.parse(text)


@pytest.mark.parametrize("pool_id", ["us-east-1_A1b2", "us-gov-west-1_Xyz", "ap-southeast-4_000"])
def test_the_region_of_a_pool_is_in_its_id(pool_id: str) -> None:
    assert region_of(pool_id) == pool_id.split("_")[0]
    assert SnapshotRef.parse(f"{pool_id}/latest").user_pool_id == pool_id


def test_parts_of_a_lane_sort_in_the_order_they_were_written() -> None:
    paths = [part_path("users", lane, part, "parquet") for lane in range(3) for part in range(0, 12_000, 997)]
    assert paths == sorted(paths)
    assert paths[0] == "users/00-00000.parquet"


def test_what_a_restore_needs_while_it_runs_lies_apart_from_what_it_leaves() -> None:
    paths = RestorePaths("20261122T030000Z-3f9a1c")
    left = (paths.plan_key, paths.report_key, paths.sub_map_key, paths.outcomes, paths.differences)
    needed = (paths.target_key, paths.planned_users, paths.target_before, paths.target_after)
    assert all(key.startswith("restores/20261122T030000Z-3f9a1c/") for key in left)
    assert all(key.startswith("working/20261122T030000Z-3f9a1c/") for key in needed)
    assert len({*left, *needed}) == len(left) + len(needed)
