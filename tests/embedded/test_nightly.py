"""The nightly machine: which pools, one snapshot of each a night, and one failure that stops nobody else."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from poolsafe.domain.nightly.night import Night
from tests.embedded.deployed import Deployed, Json, fits, person

NIGHT, NAME = "2026-11-22T03:00:00Z", "20261122T030000Z"


@pytest.fixture
def pools(deployed: Deployed) -> list[str]:
    made = [deployed.pool() for _ in range(4)]
    for pool in made:
        deployed.cloud.put_users(pool, [person("ada")])
    return sorted(made)


def snapshots(deployed: Deployed, pool: str) -> list[str]:
    return [key for key in deployed.keys(f"snapshots/{pool}/") if key.endswith("/manifest.json")]


def by_pool(result: Json) -> dict[str, str]:
    return {one["user_pool_id"]: one["status"] for one in result["pools"]}


def test_every_pool_is_saved_and_a_failure_of_one_stops_no_other(deployed: Deployed, pools: list[str]) -> None:
    gone, *left = pools
    deployed.idp(gone).delete_user_pool(UserPoolId=gone)
    result = deployed.run("nightly", {"user_pool_ids": [*pools, left[0]], "scheduled_at": NIGHT})
    fits("nightly.result", result)
    assert (result["status"], result["night"]) == ("PARTIAL", NAME)
    assert by_pool(result) == {gone: "FAILED", **dict.fromkeys(left, "COMPLETE")}
    assert {one["error"] for one in result["pools"]} == {None, "PoolNotFound"}
    assert [len(snapshots(deployed, pool)) for pool in left] == [1, 1, 1]
    assert deployed.document(result["report"])["pools"] == result["pools"]


def test_a_night_that_is_announced_twice_makes_one_snapshot(deployed: Deployed, pools: list[str]) -> None:
    request = {"user_pool_ids": pools, "scheduled_at": NIGHT}
    with ThreadPoolExecutor(2) as both:
        results = list(both.map(lambda _: deployed.run("nightly", request), range(2)))
    statuses = [{*by_pool(result).values()} for result in results]
    assert all(result["status"] == "COMPLETE" for result in results)
    assert set().union(*statuses) == {"COMPLETE", "SKIPPED"}
    assert sum(list(by_pool(result).values()).count("COMPLETE") for result in results) == len(pools)
    again = deployed.run("nightly", request)
    assert {*by_pool(again).values()} == {"SKIPPED"}
    assert [len(snapshots(deployed, pool)) for pool in pools] == [1] * 4
    deployed.run("nightly", {**request, "scheduled_at": "2026-11-23T03:00:00Z"})
    assert [len(snapshots(deployed, pool)) for pool in pools] == [2] * 4


def test_a_night_that_failed_is_given_back_and_can_be_started_again(deployed: Deployed, pools: list[str]) -> None:
    request = {"user_pool_ids": pools[:1], "scheduled_at": NIGHT}
    fault = {"action": "ListUsers", "user_pool_id": pools[0], "error": "InvalidParameterException", "times": None}
    with deployed.cloud.faults(fault):
        failed = deployed.run("nightly", request)
    assert (failed["status"], failed["counts"]["failed"]) == ("FAILED", 1)
    assert snapshots(deployed, pools[0]) == []
    assert by_pool(deployed.run("nightly", request)) == {pools[0]: "COMPLETE"}


def test_a_run_that_died_does_not_hold_a_night_for_ever(deployed: Deployed, pools: list[str]) -> None:
    night = Night(pools[0], NAME)
    deployed.put(night.lock_key(0), b'{"run_id": "dead", "until": "2100-01-01T00:00:00+00:00"}')
    request = {"user_pool_ids": pools[:1], "scheduled_at": NIGHT}
    assert by_pool(deployed.run("nightly", request)) == {pools[0]: "SKIPPED"}
    deployed.put(night.lock_key(0), b'{"run_id": "dead", "until": "2020-01-01T00:00:00+00:00"}')
    assert by_pool(deployed.run("nightly", request)) == {pools[0]: "COMPLETE"}


def test_pools_are_found_by_a_tag_or_all_of_them(deployed: Deployed, pools: list[str]) -> None:
    value = uuid.uuid4().hex
    arn = deployed.idp(pools[0]).describe_user_pool(UserPoolId=pools[0])["UserPool"]["Arn"]
    deployed.idp(pools[0]).tag_resource(ResourceArn=arn, Tags={"poolsafe:backup": value})
    assert by_pool(deployed.run("nightly", {"tag": f"poolsafe:backup={value}"})) == {pools[0]: "COMPLETE"}
    none = deployed.run("nightly", {"tag": "poolsafe:backup=nobody"})
    assert (none["status"], none["pools"]) == ("COMPLETE", [])


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({}, "user_pool_ids"),
        ({"all": True, "tag": "a=b"}, "tag"),
        ({"tag": "backup"}, "tag"),
        ({"user_pool_ids": ["nonsense"]}, "user_pool_ids"),
        ({"all": True, "scheduled_at": "tonight"}, "scheduled_at"),
        ({"all": True, "quota_share": 0}, "quota_share"),
    ],
)
def test_an_input_that_cannot_be_meant_names_its_field(deployed: Deployed, request_: Json, field: str) -> None:
    found = deployed.refused("nightly", request_)
    assert found.error == "InvalidRequest"
    assert found.message.startswith(field)


def test_the_schedule_is_deployed_with_its_zone_its_window_its_retries_and_its_queue(deployed: Deployed) -> None:
    scheduler = deployed.cloud.client("scheduler")
    [listed] = [one for one in scheduler.list_schedules()["Schedules"] if "Nightly" in one["Name"]]
    told = scheduler.get_schedule(Name=listed["Name"])
    assert (told["ScheduleExpression"], told["ScheduleExpressionTimezone"]) == ("cron(0 3 * * ? *)", "UTC")
    assert told["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    target = told["Target"]
    assert target["Arn"] == deployed.outputs["NightlyStateMachineArn"]
    assert target["Input"] == '{"tag": "poolsafe:backup=true", "scheduled_at": "<aws.scheduler.scheduled-time>"}'
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20}
    assert ":sqs:" in target["DeadLetterConfig"]["Arn"]
