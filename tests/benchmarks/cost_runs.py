"""What the bill is made from: the steps of a backup at two sizes, and the scheduled machines of the deployed stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.cloud import Cloud, running
from tests.benchmarks import section
from tests.benchmarks.cost_model import along
from tests.benchmarks.section import ROOT
from tests.benchmarks.work import BUCKET

GROUPS = 20
#: Sizes at which the steps of a backup are measured; what they take at another lies on the line through them.
STEPS_AT = (30_000, 120_000)
#: Of the pool that the deployed machines back up, to count what does not depend on its size.
SMALL = 600
#: An hourly look, and everything that is scheduled once a day beside the night.
DAILY, HOURLY = ("verify", "retention"), "watch"
REQUESTS: Mapping[str, Any] = {"verify": {}, "retention": {}, "watch": {"tag": "poolsafe:backup=true"}}


@dataclass(frozen=True, slots=True)
class Run:
    """One execution: how often a state was entered, the seconds that each Task took here, and the requests to S3 by
    what they are billed as, those of executions that it started included."""

    transitions: int
    seconds: Mapping[str, float]
    requests: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the steps of a backup took at each of `STEPS_AT`, the calls of Cognito and the bytes of the snapshot; and
    the runs of the machines."""

    steps: tuple[Mapping[str, Any], Mapping[str, Any]]
    calls: tuple[float, float]
    sizes: tuple[float, float]
    runs: Mapping[str, Run]

    def calls_at(self, users: int) -> float:
        """Calls of Cognito for a backup."""
        return along(STEPS_AT, self.calls, users)

    def bytes_at(self, users: int) -> float:
        """Of one snapshot."""
        return along(STEPS_AT, self.sizes, users)

    def cpu_seconds_at(self, users: int, step: str) -> float:
        return along(STEPS_AT, (self.steps[0][step]["cpu_seconds"], self.steps[1][step]["cpu_seconds"]), users)

    def requests_beyond(self, users: int, step: str) -> dict[str, float]:
        """Requests to S3 of a step, beyond those that the run of the machines has had for its small pool."""
        few, many = (one[step]["requests"] for one in self.steps)
        told = {name: (few.get(name, 0), many.get(name, 0)) for name in {*few, *many}}
        return {name: along(STEPS_AT, both, users) - along(STEPS_AT, both, SMALL) for name, both in told.items()}


def measured(snapshots: int) -> Measured:
    """`snapshots` of one pool lie in the bucket when what is scheduled beside the nights runs."""
    with running(settings={"SFN_WAIT_SCALE": "0.02"}) as cloud:
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        (steps, calls, bytes_), (more_steps, more_calls, more_bytes) = (_stepped(cloud, users) for users in STEPS_AT)
        runs = _machines(cloud, snapshots)
        return Measured((steps, more_steps), (calls, more_calls), (bytes_, more_bytes), runs)


def _stepped(cloud: Cloud, users: int) -> tuple[Mapping[str, Any], float, float]:
    """The steps of a backup of a pool of that size, its calls of Cognito, and the bytes of its snapshot."""
    pool = cloud.synthetic_pool(users, groups=GROUPS, memberships_per_user=1)
    cloud.forget()
    told = _steps(cloud, pool)
    # Two backups were made, of which the second is told.
    calls = sum(cloud.calls()[action] for action in ("ListUsers", "ListUsersInGroup")) / 2
    # Synthetic users compress better than people do (`size.py`).
    people = users * section.figures("size").get("bytes_per_user", 0.0)
    return told["steps"], calls, told["bytes"] - told["user_bytes"] + max(told["user_bytes"], people)


def _steps(cloud: Cloud, pool: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.backup_steps", cloud.endpoint, pool, BUCKET],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def _machines(cloud: Cloud, snapshots: int) -> dict[str, Run]:
    """One execution of each scheduled machine of the deployed stack; functions have been started before."""
    outputs = cloud.deploy()
    pool = cloud.synthetic_pool(SMALL, groups=GROUPS, memberships_per_user=1)
    cognito = cloud.client("cognito-idp")
    tagged = cognito.describe_user_pool(UserPoolId=pool)["UserPool"]["Arn"]
    cognito.tag_resource(ResourceArn=tagged, Tags={"poolsafe:backup": "true"})
    arns = {job: outputs[f"{job.capitalize()}StateMachineArn"] for job in ("nightly", "backup", *DAILY, HOURLY)}
    for _ in range(snapshots - 1):
        cloud.run(arns["backup"], {"user_pool_id": pool})
    requests: dict[str, Mapping[str, int]] = {"backup": {}}  # it is in that of the night, which starts it
    for job in ("nightly", *DAILY, HOURLY):
        for _ in range(2):
            cloud.forget()
            cloud.run(arns[job], REQUESTS.get(job, {"user_pool_ids": [pool]}))
        requests[job] = cloud.s3_requests()
    return {job: _last_run(cloud, arn, requests[job]) for job, arn in arns.items()}


def _last_run(cloud: Cloud, machine: str, requests: Mapping[str, int]) -> Run:
    machines = cloud.client("stepfunctions")
    executions = machines.list_executions(stateMachineArn=machine)["executions"]
    newest = max(executions, key=lambda execution: execution["startDate"])
    pages = machines.get_paginator("get_execution_history").paginate(executionArn=newest["executionArn"])
    events = [event for page in pages for event in page["events"]]
    seconds: Counter[str] = Counter()
    entered: dict[str, Any] = {}
    for event in events:
        if event["type"] == "TaskStateEntered":
            entered[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
        elif event["type"] == "TaskStateExited":
            name = event["stateExitedEventDetails"]["name"]
            seconds[name] += (event["timestamp"] - entered[name]).total_seconds()
    return Run(sum(event["type"].endswith("StateEntered") for event in events), seconds, requests)
