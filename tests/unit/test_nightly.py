"""The nights of a pool: who holds one, which pools are meant, and what a night came to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.nightly.night import HELD_FOR, Night, night_of
from poolsafe.domain.nightly.request import NightlyRequest
from poolsafe.domain.nightly.summary import outcome_of, skipped, summary
from poolsafe.errors import InvalidRequest, NotFound
from poolsafe.operations.find_pools import MOST_POOLS, find_pools
from poolsafe.operations.hold_night import HoldNight, Taken
from tests.fakes import FakeClock, MemoryStore

REGIONS = frozenset({"us-east-1", "eu-west-1"})
NIGHT = Night("us-east-1_Pool", "20261122T030000Z")
POOL = "us-east-1_AbCdEfGhI"


class Killed(Exception):
    pass


class Nights:
    """One pool's night, and runs that want it."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), FakeClock()

    def run(self, name: str) -> HoldNight:
        return HoldNight(self.store, self.clock, NIGHT, name)

    def later(self, by: timedelta) -> None:
        self.clock.sleep(by.total_seconds())


def test_the_first_run_has_the_night_and_a_second_has_not() -> None:
    nights = Nights()
    assert nights.run("first").take() == (Taken.YES, 0)
    assert nights.run("second").take() == (Taken.HELD, 0)
    assert nights.run("first").take() == (Taken.YES, 0), "a state may run twice"


def test_a_night_that_is_done_is_done_for_everybody() -> None:
    nights = Nights()
    nights.run("first").take()
    nights.run("first").done("snapshot")
    assert {nights.run(name).take()[0] for name in ("first", "second")} == {Taken.DONE}


def test_a_night_that_failed_is_given_back_to_whoever_asks_next() -> None:
    nights = Nights()
    nights.run("first").take()
    nights.run("first").failed(0)
    assert nights.run("second").take() == (Taken.YES, 1)
    assert nights.run("third").take() == (Taken.HELD, 1)


def test_a_run_that_died_loses_the_night_when_its_time_is_up_and_not_before() -> None:
    nights = Nights()
    nights.run("dead").take()
    nights.later(HELD_FOR - timedelta(seconds=2))
    assert nights.run("second").take() == (Taken.HELD, 0)
    nights.later(timedelta(seconds=2))
    assert nights.run("second").take() == (Taken.YES, 1)


@given(st.lists(st.sampled_from(["first", "second", "third"]), min_size=1, max_size=12), st.integers(0, 40))
def test_however_runs_ask_and_die_no_two_hold_one_night(asks: list[str], dies_at: int) -> None:
    nights, calls = Nights(), [0]

    def die(operation: str) -> None:
        calls[0] += 1
        if calls[0] == dies_at:
            raise Killed

    nights.store.before = die
    holders = set()
    for name in asks:
        try:
            taken, _ = nights.run(name).take()
        except Killed:
            continue
        if taken is Taken.YES:
            holders.add(name)
    assert len(holders) <= 1


@pytest.mark.parametrize(
    ("scheduled_at", "night"),
    [
        ("2026-11-22T03:00:00Z", "20261122T030000Z"),
        ("2026-11-22T03:00:00.123Z", "20261122T030000Z"),
        ("2028-02-29T00:30:00+01:00", "20280228T233000Z"),
    ],
)
def test_a_night_is_named_by_its_second_in_utc(scheduled_at: str, night: str) -> None:
    assert night_of(scheduled_at) == night


# Which pools


class FakeCognito:
    """ListUserPools in pages of two, empty ones among them, and DescribeUserPool; `gone` was deleted meanwhile."""

    region = "us-east-1"

    def __init__(self, pools: dict[str, dict[str, str]], gone: str = "") -> None:
        self.pools, self.gone, self.called = pools, gone, list[str]()

    def knows(self, operation: str) -> bool:
        return True

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        self.called.append(operation)
        if operation == "DescribeUserPool":
            if members["UserPoolId"] == self.gone:
                raise NotFound(operation, "ResourceNotFoundException")
            return {"UserPool": {"Id": members["UserPoolId"], "UserPoolTags": self.pools[members["UserPoolId"]]}}
        assert members["MaxResults"] == 60
        begin = int(members.get("NextToken", 0))
        listed = [{"Id": name} for name in list(self.pools)[begin // 2 * 2 : begin // 2 * 2 + 2]] if begin % 2 else []
        more = begin // 2 * 2 + 2 < len(self.pools) or not begin % 2
        return {"UserPools": listed, **({"NextToken": str(begin + 1)} if more else {})}


TAGGED = {
    "us-east-1_b": {"poolsafe:backup": "true"},
    "us-east-1_a": {},
    "us-east-1_d": {"poolsafe:backup": "false"},
    "us-east-1_c": {"poolsafe:backup": "true", "x": "y"},
}


def test_all_pools_are_found_on_every_page() -> None:
    cognito = FakeCognito(TAGGED)
    assert find_pools(cognito, NightlyRequest(all=True)) == sorted(TAGGED)
    assert "DescribeUserPool" not in cognito.called


def test_a_tag_finds_the_pools_that_have_it() -> None:
    cognito = FakeCognito(TAGGED, gone="us-east-1_c")
    assert find_pools(FakeCognito(TAGGED), NightlyRequest(tag="poolsafe:backup=true")) == ["us-east-1_b", "us-east-1_c"]
    assert find_pools(cognito, NightlyRequest(tag="poolsafe:backup=true")) == ["us-east-1_b"]


def test_pools_by_their_ids_ask_nobody() -> None:
    cognito = FakeCognito(TAGGED)
    request = NightlyRequest.of({"user_pool_ids": [POOL, f" {POOL}", "eu-west-1_Other"]}, REGIONS)
    assert find_pools(cognito, request) == ["eu-west-1_Other", POOL]
    assert cognito.called == []


def test_more_pools_than_one_history_holds_are_refused_with_the_way_out() -> None:
    many: dict[str, dict[str, str]] = {f"us-east-1_{number}": {} for number in range(MOST_POOLS + 1)}
    with pytest.raises(InvalidRequest, match="1,001 pools"):
        find_pools(FakeCognito(many), NightlyRequest(all=True))


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "user_pool_ids"),
        ({"tag": "a=b", "all": True}, "tag"),
        ({"tag": "=b"}, "tag"),
        ({"tag": "a="}, "tag"),
        ({"user_pool_ids": ["nowhere-1_Pool"]}, "user_pool_ids"),
    ],
)
def test_a_contradiction_is_refused(document: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        NightlyRequest.of(document, REGIONS)
    assert refused.value.field == field


@pytest.mark.parametrize(("pools", "share"), [(0, 0.6), (1, 0.6), (2, 0.3), (3, 0.2), (900, 0.2)])
def test_backups_that_run_at_once_share_the_quotas(pools: int, share: float) -> None:
    assert NightlyRequest(all=True, quota_share=0.6).share_of(pools) == pytest.approx(share)


# What it came to

GONE = json.dumps({"Status": "FAILED", "Error": "PoolNotFound"})
SAVED = {"status": "COMPLETE", "snapshot_id": "20261122T030000Z-3f9a1c"}


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        ({"Error": "States.TaskFailed", "Cause": GONE}, "PoolNotFound"),
        ({"Error": "States.TaskFailed", "Cause": json.dumps({"Status": "ABORTED"})}, "ABORTED"),
        ({"Error": "States.Timeout", "Cause": ""}, "States.Timeout"),
        ({"Error": "States.TaskFailed", "Cause": "no JSON"}, "States.TaskFailed"),
        ({}, "Unknown"),
    ],
)  # fmt: skip
def test_a_failure_is_told_by_the_error_of_the_backup_itself(failure: dict[str, str], error: str) -> None:
    assert outcome_of(POOL, failure) == {
        "user_pool_id": POOL,
        "status": "FAILED",
        "snapshot_id": None,
        "error": error,
    }


def test_a_night_is_as_good_as_its_worst_pool_and_failed_where_nothing_was_saved() -> None:
    saved, failed = outcome_of(POOL, SAVED), outcome_of(POOL, {})
    partial = outcome_of(POOL, {**SAVED, "status": "PARTIAL"})
    for pools, status in (
        ([], "COMPLETE"),
        ([saved, skipped(POOL)], "COMPLETE"),
        ([saved, partial], "PARTIAL"),
        ([saved, failed], "PARTIAL"),
        ([skipped(POOL), failed], "PARTIAL"),
        ([failed, failed], "FAILED"),
    ):
        told = summary("run", "night", pools)
        assert told["status"] == status
        assert told["counts"]["pools"] == len(pools)


def test_now_is_a_night_of_its_own() -> None:
    assert night_of(datetime(2026, 11, 22, 3, 0, 1, tzinfo=UTC).isoformat()) == "20261122T030001Z"
