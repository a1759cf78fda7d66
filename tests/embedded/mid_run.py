"""Executions that are looked at, or disturbed, while they run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.embedded.deployed import Deployed, Json
from tests.embedded.matrix import Kind, Person
from tests.embedded.matrix_pools import fill, make_pool
from tests.embedded.test_permissions import role_of
from tests.embedded.test_the_embedded_import import csv, make_role, put

PATIENCE = 60
KIND = Kind(case_sensitive=False)
PEOPLE = (
    *(Person(f"mail-{number}", True, groups=("staff",)) for number in range(5)),
    Person("phone", None, True),
    Person("texts", True, True, factors=("SMS_MFA",)),
    Person("linked", True, True, is_linked=True),
    Person("disabled", True, enabled=False),
    Person("unverified", False),
)
Saved = tuple[str, dict[str, Person]]


def save(deployed: Deployed, everybody: tuple[Person, ...] = PEOPLE) -> Saved:
    """These people in a pool, saved; the snapshot, and the people by their `sub`."""
    pool = make_pool(deployed, KIND)
    by_sub = fill(deployed, pool, KIND, everybody)
    return f"{pool}/{deployed.backup(pool, include=['mfa'])['snapshot_id']}", by_sub


def begun(deployed: Deployed, snapshot: str, target: str, **options: Any) -> str:
    """A restore on its way."""
    request = {"snapshot": snapshot, "target_user_pool_id": target, **options}
    return deployed.cloud.begin(deployed.machine("restore"), request)


def reached(deployed: Deployed, execution: str, state: str, times: int = 1) -> None:
    """Wait until the execution has entered a state so often."""
    deadline = time.monotonic() + PATIENCE
    while True:
        entered = [event.get("stateEnteredEventDetails", {}).get("name") for event in deployed.history(execution)]
        if entered.count(state) >= times:
            return
        assert time.monotonic() < deadline, entered
        time.sleep(0.1)


def called(deployed: Deployed, action: str) -> None:
    """Wait until somebody has called that since the last `forget`."""
    deadline = time.monotonic() + PATIENCE
    while not deployed.cloud.calls().get(action):
        assert time.monotonic() < deadline, action
        time.sleep(0.02)


@contextmanager
def imports(deployed: Deployed, **settings: Any) -> Iterator[None]:
    """The embedded cloud's imports behave so for as long as the block runs."""
    deployed.cloud.control("PUT", "import", settings)
    try:
        yield
    finally:
        deployed.cloud.control("DELETE", "import")


@contextmanager
def somebody_elses_import(deployed: Deployed) -> Iterator[None]:
    """Another job of the account is active for as long as the block runs."""
    pool = make_pool(deployed, KIND)
    idp, role = deployed.idp(pool), f"import-into-{pool}"
    make_role(deployed.cloud, role)
    arn = f"arn:aws:iam::000000000000:role/{role}"
    job = idp.create_user_import_job(UserPoolId=pool, JobName="theirs", CloudWatchLogsRoleArn=arn)["UserImportJob"]
    header = idp.get_csv_header(UserPoolId=pool)["CSVHeader"]
    assert put(job["PreSignedUrl"], csv(header, {"cognito:username": "zoe"})) == (200, "")
    named = {"UserPoolId": pool, "JobId": job["JobId"]}
    with imports(deployed, delay_seconds=3600):
        idp.start_user_import_job(**named)
        try:
            yield
        finally:
            idp.stop_user_import_job(**named)


def restore_id_of(deployed: Deployed, target: str) -> str:
    """The restore that a target's newest import job belongs to, as the job's name has it."""
    [job, *_] = deployed.idp(target).list_user_import_jobs(UserPoolId=target, MaxResults=10)["UserImportJobs"]
    return str(job["JobName"].removeprefix("poolsafe-").rpartition("-")[0])


@contextmanager
def without_action(deployed: Deployed, function: str, action: str) -> Iterator[None]:
    """Take one action from a function's role, and give it back."""
    iam, role = deployed.cloud.client("iam"), role_of(deployed, function)
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policies = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    taken = 0
    for name, document in policies.items():
        statements = [_without(statement, action) for statement in document["Statement"]]
        taken += statements != document["Statement"]
        kept = [statement for statement in statements if statement["Action"]]
        _put(iam, role, name, {**document, "Statement": kept})
    assert taken, f"{function} has {action}"
    try:
        yield
    finally:
        for name, document in policies.items():
            _put(iam, role, name, document)


def _without(statement: Json, action: str) -> Json:
    actions = statement["Action"]
    listed = [actions] if isinstance(actions, str) else actions
    return {**statement, "Action": [one for one in listed if one != action]} if action in listed else statement


def _put(iam: Any, role: str, name: str, document: Json) -> None:
    if document["Statement"]:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    else:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
