"""Drills: a sample of every kind comes back in a scratch pool and signs in, and nothing of it remains."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.deployed import Deployed, Json, fits, named, person

#: The states of a drill that can be killed, in their order.
STATES = (
    "CheckRequest",
    "SweepScratchPools",
    "PlanDrill",
    "Restore",
    "WalkSignIns",
    "RemoveScratchPool",
    "ReportDrill",
)


def people() -> list[Json]:
    """Users of every kind that a pool can have without a provider."""
    mail = {"email": "{0}@example.com", "email_verified": "true"}
    found = []
    for number in range(60):
        attributes = {name: value.format(f"p{number}") for name, value in mail.items()} if number % 4 else {}
        found.append(person(f"p{number:02d}", *(["staff"] if number % 3 == 0 else []), attributes=attributes))
    found[5]["Enabled"] = False
    found[6]["UserStatus"] = "RESET_REQUIRED"
    found[7] = person("temp", attributes={"email": "temp@example.com"}, UserStatus="FORCE_CHANGE_PASSWORD")
    found.append(
        person("admin", "staff", "admins", attributes={"email": "admin@example.com", "email_verified": "true"})
    )
    return found


@pytest.fixture
def pool(deployed: Deployed) -> str:
    pool = deployed.pool(UserPoolTags={"poolsafe:backup": "true"}, DeletionProtection="INACTIVE")
    deployed.cloud.put_users(pool, people(), named("staff", "admins"))
    deployed.backup(pool)
    return pool


def scratch_pools(deployed: Deployed) -> list[str]:
    cognito = deployed.cloud.client("cognito-idp")
    pools = [
        one for page in cognito.get_paginator("list_user_pools").paginate(MaxResults=60) for one in page["UserPools"]
    ]
    return [pool["Id"] for pool in pools if pool["Name"].startswith("poolsafe-drill-")]


def drill(deployed: Deployed, request: Json) -> Json:
    result = deployed.run("drill", request)
    fits("drill.result", result)
    return result


def report_of(deployed: Deployed, result: Json) -> Json:
    report = deployed.document(result["report"])
    fits("drill.report", report)
    return report


def test_a_sample_comes_back_signs_in_and_goes_again(deployed: Deployed, pool: str) -> None:
    before = deployed.users(pool)
    deployed.cloud.forget()
    result = drill(deployed, {"user_pool_id": pool, "sample_size": 10})
    report = report_of(deployed, result)
    assert (report["problems"], report["restore"], result["status"]) == ([], report["restore"], "PASSED")
    assert report["restore"]["status"] == "COMPLETE"
    assert 10 <= report["plan"]["users"]["taking_part"] < 20
    assert report["plan"]["users"]["kinds_left_out"] == 0
    assert report["plan"]["bill"]["users_billed_as_active"] == report["plan"]["users"]["taking_part"]
    assert report["sign_ins"]["walked"] == report["sign_ins"]["as_they_should"] > 3
    assert report["sign_ins"]["disabled_refused"] >= 1
    assert report["recovery_point"]["met"] and report["recovery_time"]["met"]
    assert report["recovery_time"]["measured_seconds"] > 0
    assert scratch_pools(deployed) == []
    assert deployed.users(pool) == before
    assert deployed.cloud.messages() == []
    page = deployed.content(result["drills"][0]["html"]).decode()
    assert "The pool comes back" in page
    assert "<script" not in page


def test_a_drill_from_its_schedule_to_its_report(deployed: Deployed, pool: str) -> None:
    """The stack's own schedule, but for its time, and for the tag: other tests have pools with it."""
    scheduler, machines = deployed.cloud.client("scheduler"), deployed.cloud.client("stepfunctions")
    arn = deployed.idp(pool).describe_user_pool(UserPoolId=pool)["UserPool"]["Arn"]
    deployed.idp(pool).tag_resource(ResourceArn=arn, Tags={"drilled": "by-schedule"})
    names = [one["Name"] for one in scheduler.list_schedules()["Schedules"]]
    schedules = [scheduler.get_schedule(Name=name) for name in names]
    [monthly] = [
        one
        for one in schedules
        if one["Target"]["Arn"] == deployed.machine("drill") and "poolsafe:backup=true" in one["Target"]["Input"]
    ]
    assert monthly["ScheduleExpression"] == "cron(0 9 1 * ? *)"
    told = monthly["Target"]["Input"].replace("poolsafe:backup=true", "drilled=by-schedule")
    soon = datetime.now(UTC) + timedelta(seconds=1)
    scheduler.create_schedule(
        Name="drill-now",
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={**monthly["Target"], "Input": told},
    )

    def begun() -> list[str]:
        listed = machines.list_executions(stateMachineArn=deployed.machine("drill"))["executions"]
        found = [machines.describe_execution(executionArn=one["executionArn"]) for one in listed]
        return [one["executionArn"] for one in found if "by-schedule" in one["input"]]

    until(begun)
    result = deployed.cloud.finish(begun()[0], seconds=300)
    assert [one["user_pool_id"] for one in result["drills"]] == [pool]
    assert report_of(deployed, result)["status"] == "PASSED"
    assert scratch_pools(deployed) == []


def test_the_scratch_pool_reaches_nobody(deployed: Deployed, pool: str) -> None:
    """While it lives: no trigger, domain, protection or tag of the real one."""
    arn = "arn:aws:lambda:us-east-1:000000000000:function:production"
    deployed.idp(pool).update_user_pool(
        UserPoolId=pool,
        LambdaConfig={"PostConfirmation": arn},
        DeletionProtection="ACTIVE",
        UserPoolTags={"poolsafe:backup": "true"},
    )
    deployed.backup(pool)
    deployed.cloud.forget()
    with deployed.cloud.faults({"action": "AdminInitiateAuth", "latency_ms": 500, "times": 4}):
        running = deployed.cloud.begin(deployed.machine("drill"), {"user_pool_id": pool, "sample_size": 0})
        until(lambda: reached(deployed, running, "WalkSignIns"))
        [scratch] = scratch_pools(deployed)
        described = deployed.idp(pool).describe_user_pool(UserPoolId=scratch)["UserPool"]
    assert not described.get("LambdaConfig")
    assert described.get("DeletionProtection", "INACTIVE") == "INACTIVE"
    assert described["UserPoolTags"].keys() == {"poolsafe:scratch", "poolsafe:restore-id"}
    assert deployed.cloud.finish(running, seconds=300)["status"] == "PASSED"
    assert scratch_pools(deployed) == []


def test_a_dry_run_shows_the_bill_and_makes_nothing(deployed: Deployed, pool: str) -> None:
    deployed.cloud.forget()
    result = drill(deployed, {"user_pool_id": pool, "users": "all", "dry_run": True})
    report = report_of(deployed, result)
    assert result["status"] == "DRY_RUN"
    assert report["plan"]["users"]["taking_part"] == 61
    assert report["plan"]["bill"] == {"users_billed_as_active": 61, "tier": "ESSENTIALS", "dollars_at_most": 0.92}
    assert deployed.writes() == {}
    assert report["trend"] == []


def test_everybody_comes_back_by_import_where_the_pool_takes_one(deployed: Deployed, pool: str) -> None:
    deployed.idp(pool).update_user_pool(UserPoolId=pool, AutoVerifiedAttributes=["email"])
    deployed.backup(pool)
    report = report_of(deployed, drill(deployed, {"user_pool_id": pool, "users": "all"}))
    assert report["status"] == "PASSED"
    assert report["plan"]["users"]["taking_part"] == 61
    restore = deployed.document(report["restore"]["report"])
    assert restore["plan"]["credentials"]["import-job"] > 30
    assert scratch_pools(deployed) == []


def test_drills_are_held_to_objectives_and_make_a_trend(deployed: Deployed, pool: str) -> None:
    drill(deployed, {"user_pool_id": pool, "sample_size": 0})
    hard = {"recovery_point_hours": 0.000001, "recovery_time_hours": 0.000001}
    result = drill(deployed, {"user_pool_id": pool, "sample_size": 0, "objectives": hard})
    report = report_of(deployed, result)
    assert result["status"] == "PARTIAL"
    assert [report[name]["met"] for name in ("recovery_point", "recovery_time")] == [False, False]
    assert [point["status"] for point in report["trend"]] == ["PASSED", "PARTIAL"]


def test_a_pool_without_a_snapshot_fails_its_drill_and_no_other(deployed: Deployed, pool: str) -> None:
    tag = {"drilled": "here"}
    other = deployed.pool(UserPoolTags=tag)
    deployed.idp(pool).tag_resource(
        ResourceArn=deployed.idp(pool).describe_user_pool(UserPoolId=pool)["UserPool"]["Arn"], Tags=tag
    )
    result = drill(deployed, {"tag": "drilled=here", "sample_size": 0})
    assert {one["user_pool_id"]: one["status"] for one in result["drills"]} == {other: "FAILED", pool: "PASSED"}
    assert result["status"] == "FAILED"
    assert scratch_pools(deployed) == []


def test_a_restore_that_fails_is_what_a_drill_is_to_find(deployed: Deployed, pool: str) -> None:
    with deployed.cloud.faults(
        {"action": "AdminCreateUser", "error": "UserLambdaValidationException", "times": 10_000}
    ):
        report = report_of(deployed, drill(deployed, {"user_pool_id": pool, "sample_size": 0}))
    assert report["status"] == "FAILED"
    assert report["restore"]["error"] == "TooManyFailed"
    assert report["restore"]["explanation"].startswith("More than max_failed_percent")
    assert scratch_pools(deployed) == []


def test_users_who_do_not_get_in_fail_a_drill(deployed: Deployed, pool: str) -> None:
    with deployed.cloud.faults({"action": "AdminInitiateAuth", "error": "NotAuthorizedException", "times": 3}):
        report = report_of(deployed, drill(deployed, {"user_pool_id": pool, "sample_size": 0}))
    assert report["status"] == "FAILED"
    assert report["sign_ins"]["problems"] == {"AdminInitiateAuth:NotAuthorizedException": report["sign_ins"]["failed"]}
    assert scratch_pools(deployed) == []


@pytest.mark.parametrize("state", STATES)
def test_a_drill_that_is_killed_leaves_nothing_when_the_janitor_has_been(
    deployed: Deployed, pool: str, state: str
) -> None:
    machines = deployed.cloud.client("stepfunctions")
    deployed.cloud.forget()
    running = deployed.cloud.begin(deployed.machine("drill"), {"user_pool_id": pool, "sample_size": 0})
    until(lambda: reached(deployed, running, state))
    try:
        machines.stop_execution(executionArn=running, error="Killed", cause="by a test")
    except ClientError:
        # The last state is over so soon that it may have ended by itself; what it leaves is the same.
        assert state == "ReportDrill"
    restores = machines.list_executions(stateMachineArn=deployed.machine("restore"), statusFilter="RUNNING")
    for restore in restores["executions"]:
        machines.stop_execution(executionArn=restore["executionArn"])
    assert machines.describe_execution(executionArn=running)["status"] == "ABORTED" or state == "ReportDrill"
    # A Lambda that is at work goes on to its end, whatever becomes of its execution.
    time.sleep(3)
    foreign = deployed.idp(pool).create_user_pool(PoolName="poolsafe-drill-of-somebody-else")["UserPool"]["Id"]
    tagged = deployed.idp(pool).create_user_pool(PoolName="mine", UserPoolTags={"poolsafe:scratch": "true"})[
        "UserPool"
    ]["Id"]
    left = set(scratch_pools(deployed)) - {foreign}
    assert set(drill(deployed, {"sweep": True})["scratch_pools_removed"]) == set(), "they may belong to a drill at work"
    swept = drill(deployed, {"sweep": True, "sweep_after_hours": 0})
    assert (swept["status"], set(swept["scratch_pools_removed"])) == ("SWEPT", left)
    assert scratch_pools(deployed) == [foreign]
    assert deployed.users(pool)
    for made in (foreign, tagged):
        deployed.idp(pool).delete_user_pool(UserPoolId=made)


def until(happens: Callable[[], object]) -> None:
    """Wait for something that has to happen."""
    for _ in range(1_000):
        if happens():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


def reached(deployed: Deployed, execution: str, state: str) -> bool:
    """Whether a drill has come to a state: by what it has done, because a Map tells its states when it is through."""
    calls = deployed.cloud.calls()
    if state in ("CheckRequest", "SweepScratchPools", "PlanDrill"):
        name = "DrillPools" if state == "PlanDrill" else state
        found = (event.get("stateEnteredEventDetails", {}) for event in deployed.history(execution))
        return name in {one.get("name") for one in found}
    return {
        "Restore": bool(scratch_pools(deployed)),
        "WalkSignIns": calls.get("CreateUserPoolClient", 0) > 0,
        "RemoveScratchPool": calls.get("AdminInitiateAuth", 0) > 0,
        "ReportDrill": calls.get("DeleteUserPool", 0) > 0,
    }[state]


def test_nobodys_name_travels_through_a_drill(deployed: Deployed, pool: str) -> None:
    running = deployed.cloud.begin(deployed.machine("drill"), {"user_pool_id": pool, "sample_size": 0})
    deployed.cloud.finish(running, seconds=300)
    machines = deployed.cloud.client("stepfunctions")
    restores = machines.list_executions(stateMachineArn=deployed.machine("restore"))["executions"]
    told = [json.dumps(deployed.history(one), default=str) for one in (running, restores[0]["executionArn"])]
    told += deployed.log()
    for secret in ("admin@example.com", "p05", "temp@example.com"):
        assert not [text for text in told if secret in text]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({}, "user_pool_id"),
        ({"user_pool_id": "nonsense"}, "user_pool_id"),
        ({"user_pool_id": "us-east-1_AbCdEfGhI", "tag": "a=b"}, "user_pool_id"),
        ({"tag": "a"}, "tag"),
        ({"user_pool_id": "us-east-1_AbCdEfGhI", "users": "some"}, "users"),
        ({"user_pool_id": "us-east-1_AbCdEfGhI", "users": "all", "sample_size": 5}, "sample_size"),
        ({"user_pool_id": "us-east-1_AbCdEfGhI", "credentials": "invite"}, "credentials"),
        ({"user_pool_id": "us-east-1_AbCdEfGhI", "objectives": {"rpo": 1}}, "objectives"),
        ({"pool": "x"}, "pool"),
    ],
)
def test_an_input_that_cannot_be_meant_names_its_field(deployed: Deployed, request_: Any, field: str) -> None:
    found = deployed.refused("drill", request_)
    assert found.error == "InvalidRequest"
    assert found.message.startswith(field)
