"""What each role may do, from real calls with its own credentials: the table in docs/roles.md is what was seen here.

Run with ROLES_TABLE=write to write it anew; a test holds it against what the roles really may.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from local.server import ROOT
from tests.embedded.deployed import ANYBODY, Deployed, Json, named, person
from tests.embedded.test_permissions import FUNCTIONS

TABLE = ROOT / "docs/roles.md"
REFUSED = ("AccessDenied", "AccessDeniedException")
HEAD = """# What each role may do

Made by `tests/embedded/test_roles.py` from real calls with the credentials of each function's role, on the embedded
cloud with IAM enforced: **yes** is a call that was let through, a dot one that was refused. Each role does what its
state needs; the tests fail when one may do more, or less, than this table says.

"""


@pytest.fixture(scope="module")
def place(deployed: Deployed) -> Json:
    """A pool, a scratch pool, and a snapshot with secrets."""
    pool = deployed.pool(UserPoolTags={"poolsafe:backup": "true"})
    deployed.cloud.put_users(pool, [person("ada", "staff")], named("staff"))
    deployed.idp(pool).create_user_pool_client(UserPoolId=pool, ClientName="app", GenerateSecret=True)
    saved = deployed.backup(pool)
    scratch = deployed.pool(UserPoolTags={"poolsafe:scratch": "true"})
    folder = f"snapshots/{pool}/{saved['snapshot_id']}/"
    deployed.put(f"deferred/{pool}/x.json", b"{}")
    return {
        "pool": pool,
        "scratch": scratch,
        "users": deployed.keys(f"{folder}users/")[0],
        "manifest": f"{folder}manifest.json",
        "secret": deployed.keys(f"secrets/{pool}/")[0],
        "bucket": deployed.bucket,
    }


def calls(deployed: Deployed, keys: Json, at: Json) -> Mapping[str, Callable[[], Any]]:
    """What is tried, by the heading of its column. None of it changes anything that matters where it is let through."""
    services = ("cognito-idp", "s3", "lambda", "stepfunctions", "cloudwatch")
    cognito, s3, lambdas, machines, metrics = (deployed.cloud.client(service, keys=keys) for service in services)
    pool, bucket, unique = at["pool"], at["bucket"], uuid.uuid4().hex
    nobody = {"UserPoolId": pool, "Username": f"nobody-{unique}"}
    return {
        "list users": lambda: cognito.list_users(UserPoolId=pool),
        "get a user": lambda: cognito.admin_get_user(**nobody),
        "create a user": lambda: cognito.admin_create_user(UserPoolId=pool, Username="ada", MessageAction="SUPPRESS"),
        "set a password": lambda: cognito.admin_set_user_password(**nobody, Password="Abcdef-1", Permanent=True),
        "set one in a scratch pool": lambda: cognito.admin_set_user_password(
            UserPoolId=at["scratch"], Username=nobody["Username"], Password="Abcdef-1", Permanent=True
        ),
        "ask for a password": lambda: cognito.admin_initiate_auth(
            UserPoolId=pool, ClientId="x" * 26, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={}
        ),
        "disable a user": lambda: cognito.admin_disable_user(**nobody),
        "delete a user": lambda: cognito.admin_delete_user(**nobody),
        "create a pool": lambda: cognito.create_user_pool(PoolName="p" * 129),
        "update a pool": lambda: cognito.update_user_pool(UserPoolId=pool, UserPoolTier="NONSENSE"),
        "delete a pool": lambda: cognito.delete_user_pool(UserPoolId=pool),
        "read saved users": lambda: s3.get_object(Bucket=bucket, Key=at["users"]),
        "read secrets": lambda: s3.get_object(Bucket=bucket, Key=at["secret"]),
        "read temporary passwords": lambda: s3.get_object(Bucket=bucket, Key="credentials/x/parts/y.parquet"),
        "write a manifest": lambda: s3.put_object(
            Bucket=bucket, Key=f"snapshots/us-east-1_Nobody000/{unique}/manifest.json", Body=b"{}"
        ),
        "hold a snapshot": lambda: s3.put_object(Bucket=bucket, Key=f"holds/x/{unique}.json", Body=b"{}"),
        "put on or off the brake": lambda: s3.put_object(Bucket=bucket, Key=f"brakes/x/{unique}.json", Body=b"{}"),
        "delete a snapshot": lambda: s3.delete_object(Bucket=bucket, Key=f"snapshots/us-east-1_Nobody000/{unique}"),
        "delete a version": lambda: s3.delete_object(Bucket=bucket, Key=at["manifest"], VersionId="null"),
        "delete a sign-in record": lambda: s3.delete_object(Bucket=bucket, Key=f"deferred/x/{unique}.json"),
        "change the bucket": lambda: s3.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
        ),
        "let others call triggers": lambda: lambdas.add_permission(
            FunctionName=deployed.outputs["TokenFunctionArn"],
            StatementId=unique,
            Action="lambda:InvokeFunction",
            Principal="cognito-idp.amazonaws.com",
        ),
        "start a machine": lambda: machines.start_execution(stateMachineArn=deployed.machine("backup"), input="{}"),
        "read metrics": lambda: metrics.get_metric_data(
            MetricDataQueries=[], StartTime="2026-11-22T03:00:00Z", EndTime="2026-11-22T03:15:00Z"
        ),
    }


def allowed(call: Callable[[], Any]) -> bool:
    """Whether the call was let through; that it failed afterwards, as most are made to, does not matter."""
    try:
        call()
    except ParamValidationError:
        raise
    except ClientError as error:
        return error.response["Error"]["Code"] not in REFUSED
    return True


@pytest.fixture(scope="module")
def seen(deployed: Deployed, place: Json) -> Iterator[Mapping[str, Mapping[str, bool]]]:
    """What each role was let do."""
    iam, sts = deployed.cloud.client("iam"), deployed.cloud.client("sts")
    found = {}
    for function in FUNCTIONS:
        role = deployed.resource(f"{function}Role")
        described = iam.get_role(RoleName=role)["Role"]
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(ANYBODY))
        keys = sts.assume_role(RoleArn=described["Arn"], RoleSessionName="test")["Credentials"]
        trust = json.dumps(described["AssumeRolePolicyDocument"])
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
        found[function] = {name: allowed(call) for name, call in calls(deployed, keys, place).items()}
    yield found


def table(seen: Mapping[str, Mapping[str, bool]]) -> str:
    """As Markdown: a role a line, and only the columns that somebody has."""
    columns = list(next(iter(seen.values())))
    lines = [f"| Function | {' | '.join(columns)} |", f"|---{'|---' * len(columns)}|"]
    for function, may in seen.items():
        cells = ["**yes**" if may[name] else "·" for name in columns]
        lines.append(f"| {function.removesuffix('Function')} | {' | '.join(cells)} |")
    return HEAD + "\n".join(lines) + "\n"


def test_the_table_is_what_the_roles_may_really_do(seen: Mapping[str, Mapping[str, bool]]) -> None:
    if os.environ.get("ROLES_TABLE") == "write":
        TABLE.write_text(table(seen), "utf-8")
    assert table(seen) == TABLE.read_text("utf-8")


@pytest.mark.parametrize("never", ["delete a user", "delete a pool", "delete a version", "change the bucket"])
def test_what_no_role_may_ever_do(seen: Mapping[str, Mapping[str, bool]], never: str) -> None:
    assert [function for function, may in seen.items() if may[never]] == []


@pytest.mark.parametrize(
    ("what", "who"),
    [
        ("delete a snapshot", {"RetentionRetainSnapshotsFunction"}),
        ("write a manifest", {"BackupSealSnapshotFunction"}),
        ("hold a snapshot", {"RetentionMarkSnapshotFunction"}),
        ("put on or off the brake", {"BackupWeighLossesFunction", "RetentionMarkSnapshotFunction"}),
        ("set a password", {"RestoreRestoreUsersFunction"}),
        ("create a user", {"RestoreRestoreUsersFunction"}),
        ("ask for a password", {"SignInUserMigrationFunction"}),
        ("delete a sign-in record", {"SignInTokenFunction"}),
        ("read temporary passwords", {"RestoreReportRestoreFunction"}),
        ("start a machine", set()),
        ("read metrics", {"BackupDescribePoolFunction", "RestoreCheckRequestFunction"}),
    ],
)
def test_what_only_some_may_do(seen: Mapping[str, Mapping[str, bool]], what: str, who: set[str]) -> None:
    assert {function for function, may in seen.items() if may[what]} == who
