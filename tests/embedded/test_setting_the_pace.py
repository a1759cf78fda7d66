"""A stack that nobody told any quotas asks AWS. On a cloud of its own: what CloudWatch knows outlasts a test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local.cloud import running
from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, named, person


@pytest.fixture(scope="module")
def asking() -> Iterator[Deployed]:
    with running(settings={"SFN_WAIT_SCALE": "0.02"}) as cloud:
        cloud.deploy({"Quotas": ""})
        yield Deployed(cloud, cloud.outputs())


@pytest.fixture(scope="module")
def saved(asking: Deployed) -> Json:
    pool = asking.pool()
    people = [person(f"user{number}", "staff") for number in range(3)]
    asking.cloud.put_users(pool, people, named("staff"))
    return asking.backup(pool)


def told(deployed: Deployed, job: str, state: str) -> Json:
    """What the last execution of a machine knew after a state."""
    states = deployed.cloud.client("stepfunctions")
    [last, *_] = states.list_executions(stateMachineArn=deployed.machine(job))["executions"]
    left = (event.get("stateExitedEventDetails", {}) for event in deployed.history(last["executionArn"]))
    [output] = [details["output"] for details in left if details.get("name") == state]
    known: Json = json.loads(output)
    return known


def test_where_no_service_tells_them_the_documented_quotas_are_assumed_and_it_is_said(
    asking: Deployed, saved: Json
) -> None:
    """The emulator knows neither GetProvisionedLimit nor Service Quotas; an answer of either never fails a run."""
    described = told(asking, "backup", "DescribePool")["pool"]["it"]
    assert described["quotas"] == {}
    begin = ("The account's quotas could not be read. ListServiceQuotas: ", "The documented quotas are assumed, ")
    found = [[warning for warning in described["warnings"] if warning.startswith(start)] for start in begin]
    assert [len(one) for one in found] == [1, 1], described["warnings"]
    assert "in requests per second: UserList 30. " in found[1][0]
    assert not [warning for warning in described["warnings"] if "AccessDenied" in warning]

    target = asking.pool(ORIGINAL_SUB)
    result = asking.restore(f"{saved['user_pool_id']}/{saved['snapshot_id']}", target)
    plan = asking.document(f"restores/{result['restore_id']}/plan.json")
    provisioned = "The provisioned quota of UserCreation could not be read. GetProvisionedLimit: "
    assert [warning for warning in plan["warnings"] if warning.startswith(provisioned)]
    assert not [warning for warning in plan["warnings"] if "AccessDenied" in warning]
    assert plan["hours_by_quota"]["UserCreation"] == round(3 / (50 * 0.8) / 3600, 4)
    assert result["status"] == "COMPLETE"


def test_a_run_leaves_room_for_what_cloudwatch_says_that_others_use(asking: Deployed, saved: Json) -> None:
    metric = {"MetricName": "CallCount", "Timestamp": datetime.now(UTC) - timedelta(minutes=3), "Value": 60 * 15.0}
    dimensions = {"Service": "Cognito user pool", "Type": "API", "Resource": "UserUpdate"}
    asking.cloud.client("cloudwatch").put_metric_data(
        Namespace="AWS/Usage",
        MetricData=[{**metric, "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()]}],
    )
    target = asking.pool(ORIGINAL_SUB)
    result = asking.restore(f"{saved['user_pool_id']}/{saved['snapshot_id']}", target)
    lowered = 25 * 0.8 * 0.5
    checked = told(asking, "restore", "CheckRequest")
    assert checked["quotas"] == {"UserUpdate": pytest.approx(lowered / 0.8)}
    plan = asking.document(f"restores/{result['restore_id']}/plan.json")
    [warning] = [warning for warning in plan["warnings"] if "UserUpdate" in warning and "leave room" in warning]
    assert "up to 15 calls of UserUpdate a second here, of 25." in warning
    assert "no more than 10, not 20." in warning
    assert asking.memberships(target) == {("staff", f"user{number}") for number in range(3)}
