"""The deployed stack as tests see it: its machines, its bucket, and pools asked directly, not through Poolsafe."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from local.cloud import Cloud, ExecutionFailed
from local.server import REGION, ROOT
from poolsafe.domain.manifest import own_digest

Json = dict[str, Any]

ORIGINAL_SUB = "original_sub"
#: Roles that the stack's PassRoleArns lets a restore give to groups.
PASSED_ROLES = tuple(f"arn:aws:iam::000000000000:role/group-{name}" for name in ("new", "kept"))
#: Tests make their pools when the stack is there, so the migration trigger may ask any; test_permissions.py narrows it.
ANY_POOL = "arn:aws:cognito-idp:*:000000000000:userpool/*"
#: A role of another account that the stack may assume.
ASKING_ROLE = "arn:aws:iam::222222222222:role/ask-the-old-pool"
#: What that role asks for.
EXTERNAL_ID = "agreed-upon-between-us"
#: The role that may write into snapshots beside the backups.
SNAPSHOT_WRITER = "snapshot-writer"
WRITER_ARN = f"arn:aws:iam::000000000000:role/{SNAPSHOT_WRITER}"
#: When to give up on an execution, in seconds. Nothing is said about how long one should take.
PATIENCE = 600
#: A role's trust while a test plays it.
ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
#: Cognito actions that change a pool.
WRITING = ("Admin", "Create", "Update", "Delete", "Set", "Add")
READING = ("AdminGetUser", "AdminGetUserAuthFactors", "AdminListGroupsForUser")


@dataclass(frozen=True)
class Account:
    """A user as Cognito tells it: everything that a restore has to bring back, and what it cannot."""

    sub: str
    status: str
    enabled: bool
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Refusal:
    """How an execution failed: the error's name, and the message inside its cause."""

    error: str
    message: str
    cause: Json = field(repr=False)


@dataclass(frozen=True)
class Deployed:
    """One embedded cloud with the stack `poolsafe` on it."""

    cloud: Cloud
    outputs: Mapping[str, str]

    # The machines

    def machine(self, job: str) -> str:
        return self.outputs[f"{job.capitalize()}StateMachineArn"]

    def backup(self, user_pool_id: str, **options: Any) -> Json:
        """One whose second is its own: within a second, ids do not tell which came first, and a small pool takes half
        of one here."""
        while self.keys(f"snapshots/{user_pool_id}/{datetime.now(UTC):%Y%m%dT%H%M%SZ}-"):
            time.sleep(0.05)
        return self.run("backup", {"user_pool_id": user_pool_id, **options})

    def restore(self, snapshot: str, target: str, **options: Any) -> Json:
        return self.run("restore", {"snapshot": snapshot, "target_user_pool_id": target, **options})

    def run(self, job: str, request: Json) -> Json:
        return self.cloud.run(self.machine(job), request, seconds=PATIENCE)

    def refused(self, job: str, request: Any) -> Refusal:
        """Start a machine that has to fail."""
        return self.failed(self.cloud.begin(self.machine(job), request))

    def failed(self, execution_arn: str) -> Refusal:
        """Wait for an execution that has to fail."""
        with pytest.raises(ExecutionFailed) as failure:
            self.cloud.finish(execution_arn, seconds=PATIENCE)
        assert failure.value.status == "FAILED", failure.value
        cause = json.loads(failure.value.cause)
        return Refusal(failure.value.error, cause["errorMessage"], cause)

    def history(self, execution_arn: str) -> list[Json]:
        """Every event of an execution, with its data."""
        pages = self.cloud.client("stepfunctions").get_paginator("get_execution_history")
        return [event for page in pages.paginate(executionArn=execution_arn) for event in page["events"]]

    def writes(self) -> dict[str, int]:
        """Calls since the last `forget` that change a pool, by action."""
        calls = self.cloud.calls()
        return {name: calls[name] for name in calls if name.startswith(WRITING) and name not in READING}

    def log(self) -> list[str]:
        """Every message in every log group of the stack."""
        logs = self.cloud.client("logs")
        groups = [
            group["logGroupName"]
            for page in logs.get_paginator("describe_log_groups").paginate()
            for group in page["logGroups"]
        ]
        return [
            event["message"]
            for group in groups
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        ]

    # The bucket

    @property
    def bucket(self) -> str:
        return self.outputs["SnapshotBucketName"]

    def keys(self, prefix: str) -> list[str]:
        pages = self.cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def content(self, place: str) -> bytes:
        """An object, by its key or by the `s3://` address that a result names."""
        key = place.removeprefix(f"s3://{self.bucket}/")
        content: bytes = self.cloud.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def document(self, place: str) -> Json:
        document: Json = json.loads(self.content(place))
        return document

    def put(self, key: str, content: bytes) -> None:
        """Write an object, whatever the bucket's policy says."""
        with self._breaking_glass() as s3:
            s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def delete(self, key: str) -> None:
        """Remove an object, whatever the bucket's policy says."""
        with self._breaking_glass() as s3:
            s3.delete_object(Bucket=self.bucket, Key=key)

    @contextmanager
    def _breaking_glass(self) -> Iterator[Any]:
        """S3 as root sees it who takes the bucket's policy away for a moment: an administrator who means it."""
        s3 = self.cloud.client("s3")
        policy = s3.get_bucket_policy(Bucket=self.bucket)["Policy"]
        s3.delete_bucket_policy(Bucket=self.bucket)
        try:
            yield s3
        finally:
            s3.put_bucket_policy(Bucket=self.bucket, Policy=policy)

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource of the stack."""
        stack = self.cloud.client("cloudformation")
        found = stack.describe_stack_resource(StackName="poolsafe", LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def rows(self, prefix: str) -> list[Json]:
        """The rows of every Parquet file below a prefix."""
        return [
            row
            for key in self.keys(prefix)
            if key.endswith(".parquet")
            for row in pq.read_table(io.BytesIO(self.content(key))).to_pylist()
        ]

    def without_configuration(self, backup: Json) -> str:
        """Turn a snapshot into one of a release that saved DescribeUserPool and nothing else of a pool; its name."""
        document = self.document(backup["manifest"])
        for younger in ("sections", "secrets", "sha256"):
            document.pop(younger)
        document["files"] = [
            file
            for file in document["files"]
            if not file["path"].startswith("config/") or file["path"] == "config/user_pool.json"
        ]
        document["sha256"] = own_digest(document)
        self.put(backup["manifest"].removeprefix(f"s3://{self.bucket}/"), json.dumps(document).encode())
        return f"{backup['user_pool_id']}/{backup['snapshot_id']}"

    # Pools

    def idp(self, user_pool_id: str) -> Any:
        """Cognito in a pool's own Region, as root."""
        return self.cloud.client("cognito-idp", region=user_pool_id.partition("_")[0])

    def pool(self, *custom: str, region: str = REGION, **settings: Any) -> str:
        """A new pool with custom attributes (names without `custom:`) and whatever else CreateUserPool takes.

        The place for the old `sub` is immutable: otherwise a restore warns of it.
        """
        schema = [{"Name": name, "AttributeDataType": "String", "Mutable": name != ORIGINAL_SUB} for name in custom]
        schema += settings.pop("Schema", [])
        if schema:
            settings["Schema"] = schema
        cognito = self.cloud.client("cognito-idp", region=region)
        return str(cognito.create_user_pool(PoolName="pool", **settings)["UserPool"]["Id"])

    def users(self, user_pool_id: str) -> dict[str, Account]:
        """Everybody in a pool, by username."""
        return {user["Username"]: _account(user) for user in self._all(user_pool_id, "list_users", "Users")}

    def groups(self, user_pool_id: str) -> dict[str, Json]:
        """The groups of a pool, by name, without what Cognito sets itself."""
        own = ("UserPoolId", "GroupName", "CreationDate", "LastModifiedDate")
        return {
            group["GroupName"]: {name: value for name, value in group.items() if name not in own}
            for group in self._all(user_pool_id, "list_groups", "Groups")
        }

    def memberships(self, user_pool_id: str) -> set[tuple[str, str]]:
        """Pairs of group and username."""
        return {
            (group, user["Username"])
            for group in self.groups(user_pool_id)
            for user in self._all(user_pool_id, "list_users_in_group", "Users", GroupName=group)
        }

    def _all(self, user_pool_id: str, listing: str, member: str, **arguments: str) -> Iterator[Json]:
        pages = self.idp(user_pool_id).get_paginator(listing).paginate(UserPoolId=user_pool_id, **arguments)
        return (entry for page in pages for entry in page[member])


def _account(user: Json) -> Account:
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user["Attributes"]}
    return Account(attributes.pop("sub"), user["UserStatus"], user["Enabled"], attributes)


def person(username: str, *groups: str, attributes: Mapping[str, str] | None = None, **told: Any) -> Json:
    """A user as `Cloud.put_users` takes them; each gets a `sub` of their own."""
    named = {"sub": str(uuid.uuid4()), **(attributes or {})}
    return {
        "Username": username,
        "Attributes": [{"Name": name, "Value": value} for name, value in named.items()],
        "Groups": list(groups),
        "UserCreateDate": 1_600_000_000,
        **told,
    }


def named(*groups: str) -> list[Json]:
    """Groups with nothing but a name."""
    return [{"GroupName": group} for group in groups]


def fits(schema: str, document: Any) -> None:
    """Fail unless the document is what `schemas/<schema>.json` says."""
    found = json.loads((ROOT / f"schemas/{schema}.json").read_text("utf-8"))
    Draft202012Validator(found, format_checker=FormatChecker()).validate(document)


def crowd(size: int, groups: Sequence[str] = ()) -> list[Json]:
    """Plain people with an address, each in three of the groups, one in twenty disabled."""
    return [
        person(
            f"person{number:05d}",
            *(groups[(number + step) % len(groups)] for step in (0, 7, 19) if groups),
            attributes={"email": f"person{number:05d}@example.com", "email_verified": "true"},
            Enabled=number % 20 != 0,
        )
        for number in range(size)
    ]
