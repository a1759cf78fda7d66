"""IAM is enforced: a function that lacks an action says so, and no function can do more than its work."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.deployed import ANYBODY, ORIGINAL_SUB, Deployed, Json, named, person

FUNCTIONS = (
    "BackupCheckRequestFunction",
    "BackupDescribePoolFunction",
    "BackupExportConfigurationFunction",
    "BackupExportUsersFunction",
    "BackupExportGroupsFunction",
    "BackupWeighLossesFunction",
    "BackupSealSnapshotFunction",
    "RestoreCheckRequestFunction",
    "RestoreVerifySnapshotFunction",
    "RestorePlanPoolFunction",
    "RestoreMakePoolFunction",
    "RestoreFinishPoolFunction",
    "RestorePlanRestoreFunction",
    "RestoreRestoreGroupsFunction",
    "RestoreWriteImportFunction",
    "RestoreStartImportFunction",
    "RestoreCheckImportFunction",
    "RestoreRestoreUsersFunction",
    "RestoreVerifyTargetFunction",
    "RestoreReportRestoreFunction",
    "AssessCheckRequestFunction",
    "AssessReadConfigurationFunction",
    "AssessSurveyUsersFunction",
    "AssessSampleMfaFunction",
    "AssessReportAssessmentFunction",
    "CompareCheckRequestFunction",
    "CompareReadConfigurationFunction",
    "CompareCompareRecordsFunction",
    "CompareCompareSettingsFunction",
    "CompareReportComparisonFunction",
    "MigrationCheckRequestFunction",
    "MigrationDeferFederatedFunction",
    "MigrationAttachTriggersFunction",
    "MigrationDetachTriggersFunction",
    "MigrationComparePoolsFunction",
    "MigrationEndMigrationFunction",
    "MigrationReportMigrationFunction",
    "NightlyCheckRequestFunction",
    "NightlyTakeNightFunction",
    "NightlyNoteNightFunction",
    "NightlySummarizeFunction",
    "DrillCheckRequestFunction",
    "DrillSweepScratchPoolsFunction",
    "DrillPlanDrillFunction",
    "DrillWalkSignInsFunction",
    "DrillRemoveScratchPoolFunction",
    "DrillReportDrillFunction",
    "DrillSummarizeFunction",
    "RetentionCheckRequestFunction",
    "RetentionMarkSnapshotFunction",
    "RetentionRetainSnapshotsFunction",
    "RetentionReportRetentionFunction",
    "VerifyCheckRequestFunction",
    "VerifyVerifySnapshotsFunction",
    "VerifyReportVerificationFunction",
    "WatchLookFunction",
    "SignInUserMigrationFunction",
    "SignInTokenFunction",
)
#: Those that make and change pools.
CHANGING_POOLS = ("RestoreMakePoolFunction", "RestoreFinishPoolFunction")
#: Those that change the triggers of one, and so may send a whole pool back.
CHANGING_TRIGGERS = (
    "MigrationAttachTriggersFunction",
    "MigrationDetachTriggersFunction",
    "MigrationEndMigrationFunction",
)
#: Those that write secrets, and those that read them.
WITH_SECRETS = ("BackupExportConfigurationFunction", "RestorePlanPoolFunction", *CHANGING_POOLS)
#: The one that removes snapshots, and no version of them.
RETAINING = "RetentionRetainSnapshotsFunction"
SECRET = "TheSecretThatTheApplicationKeeps0001"


def role_of(deployed: Deployed, function: str) -> str:
    """The name of a function's role."""
    return deployed.resource(f"{function}Role")


@contextmanager
def without_policies(deployed: Deployed, function: str) -> Iterator[None]:
    """Take a function's role all it was given, and give it back."""
    iam, role = deployed.cloud.client("iam"), role_of(deployed, function)
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    assert names
    policies = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    for name in policies:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    try:
        yield
    finally:
        for name, document in policies.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


@pytest.fixture(scope="module")
def keys_of(deployed: Deployed) -> Iterator[Callable[[str], Json]]:
    """The credentials of a function's role, which has to trust us for as long as these tests run."""
    iam, sts = deployed.cloud.client("iam"), deployed.cloud.client("sts")
    trusted: dict[str, Any] = {}

    def assume(function: str) -> Json:
        role = role_of(deployed, function)
        described = iam.get_role(RoleName=role)["Role"]
        trusted.setdefault(role, described["AssumeRolePolicyDocument"])
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(ANYBODY))
        keys: Json = sts.assume_role(RoleArn=described["Arn"], RoleSessionName="test")["Credentials"]
        return keys

    yield assume
    for role, document in trusted.items():
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))


def denied(call: Callable[[], object]) -> bool:
    """Whether a call was refused for lack of a permission; any other refusal is not meant."""
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"), error
        return True
    return False


@pytest.fixture(scope="module")
def source(deployed: Deployed) -> str:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [person("ada", "staff"), person("bob")], named("staff"))
    return pool


@pytest.fixture(scope="module")
def snapshot(deployed: Deployed, source: str) -> str:
    return f"{source}/{deployed.backup(source)['snapshot_id']}"


@pytest.fixture(scope="module")
def secrets(deployed: Deployed) -> str:
    """Where the secrets of a snapshot lie: those of one client."""
    pool = deployed.pool()
    deployed.idp(pool).create_user_pool_client(UserPoolId=pool, ClientName="app", ClientSecret=SECRET)
    backup = deployed.backup(pool)
    key = f"secrets/{pool}/{backup['snapshot_id']}/clients.json"
    assert deployed.keys("secrets/" + pool) == [key]
    return key


@pytest.fixture(scope="module")
def secrets_key(deployed: Deployed, secrets: str) -> str:
    """The ARN of the key that they are under."""
    told = deployed.cloud.client("s3").head_object(Bucket=deployed.bucket, Key=secrets)
    assert told["ServerSideEncryption"] == "aws:kms"
    return str(told["SSEKMSKeyId"])


@pytest.fixture
def somebody(deployed: Deployed) -> Iterator[Callable[[Json], Json]]:
    """A user of the account who may do what a policy says; the user's access key."""
    iam = deployed.cloud.client("iam")
    made: list[tuple[str, str]] = []

    def user(*statements: Json) -> Json:
        name = f"somebody-{len(made)}-{uuid.uuid4()}"
        iam.create_user(UserName=name)
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=name, PolicyName="may", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        made.append((name, key["AccessKeyId"]))
        return {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}

    yield user
    for name, key_id in made:
        iam.delete_access_key(UserName=name, AccessKeyId=key_id)
        iam.delete_user_policy(UserName=name, PolicyName="may")
        iam.delete_user(UserName=name)


# Too little


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        ("BackupDescribePoolFunction", "DescribeUserPool"),
        ("BackupExportConfigurationFunction", "DescribeUserPool"),
        ("BackupExportGroupsFunction", "ListGroups"),
        ("BackupExportUsersFunction", "DescribeUserPool"),
        ("BackupSealSnapshotFunction", "GetObject"),
    ],
)
def test_a_backup_whose_role_lacks_an_action_says_which(
    deployed: Deployed, source: str, function: str, operation: str
) -> None:
    with without_policies(deployed, function):
        refusal = deployed.refused("backup", {"user_pool_id": source})
    assert refusal.error == "AccessDenied"
    assert refusal.message.startswith(f"{operation}: AccessDenied")
    assert "role must allow this action" in refusal.message
    assert deployed.backup(source)["status"] == "COMPLETE", "with its policies back"


def test_a_restore_whose_role_lacks_an_action_says_which_and_has_written_nothing(
    deployed: Deployed, snapshot: str
) -> None:
    target = deployed.pool(ORIGINAL_SUB)
    deployed.cloud.forget()
    with without_policies(deployed, "RestorePlanRestoreFunction"):
        refusal = deployed.refused("restore", {"snapshot": snapshot, "target_user_pool_id": target})
    assert refusal.error == "AccessDenied"
    assert deployed.writes() == {}
    assert deployed.restore(snapshot, target)["status"] == "COMPLETE"


# Not too much


def test_no_function_of_the_stack_is_forgotten_here(deployed: Deployed) -> None:
    stack = deployed.cloud.client("cloudformation")
    resources = stack.describe_stack_resources(StackName="poolsafe")["StackResources"]
    functions = {each["LogicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Lambda::Function"}
    assert functions == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_can_delete_or_overwrite_a_snapshot(
    deployed: Deployed, snapshot: str, keys_of: Callable[[str], Json], function: str
) -> None:
    s3 = deployed.cloud.client("s3", keys=keys_of(function))
    manifest = {"Bucket": deployed.bucket, "Key": f"snapshots/{snapshot}/manifest.json"}
    before = deployed.content(manifest["Key"])
    if function != RETAINING:
        assert denied(lambda: s3.delete_object(**manifest))
    version = deployed.cloud.client("s3").head_object(**manifest)["VersionId"]
    for one in (version, "null"):
        assert denied(lambda one=one: s3.delete_object(**manifest, VersionId=one))  # type: ignore[misc]
    assert denied(
        lambda: s3.put_bucket_versioning(Bucket=deployed.bucket, VersioningConfiguration={"Status": "Suspended"})
    )
    assert denied(lambda: s3.delete_bucket(Bucket=deployed.bucket))
    if function != "BackupSealSnapshotFunction":
        assert denied(lambda: s3.put_object(**manifest, Body=b"{}"))
    assert deployed.content(manifest["Key"]) == before


def test_the_seal_can_write_a_manifest_and_no_other_file(deployed: Deployed, keys_of: Callable[[str], Json]) -> None:
    s3 = deployed.cloud.client("s3", keys=keys_of("BackupSealSnapshotFunction"))
    folder = "snapshots/us-east-1_Nobody000/20200101T000000Z-000000"
    s3.put_object(Bucket=deployed.bucket, Key=f"{folder}/manifest.json", Body=b"{}")
    for key in (f"{folder}/users/00-00000.parquet", "restores/x/report.json", "working/x/target.json", "x"):
        assert denied(lambda key=key: s3.put_object(Bucket=deployed.bucket, Key=key, Body=b""))  # type: ignore[misc]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_can_delete_anybody_or_change_a_pool(
    deployed: Deployed, source: str, keys_of: Callable[[str], Json], function: str
) -> None:
    cognito = deployed.cloud.client("cognito-idp", keys=keys_of(function))
    assert denied(lambda: cognito.admin_delete_user(UserPoolId=source, Username="ada"))
    assert denied(lambda: cognito.delete_group(UserPoolId=source, GroupName="staff"))
    assert denied(lambda: cognito.delete_user_pool(UserPoolId=source))
    if function not in (*CHANGING_POOLS, *CHANGING_TRIGGERS):
        assert denied(lambda: cognito.update_user_pool(UserPoolId=source))
    if function not in CHANGING_POOLS:
        assert denied(lambda: cognito.create_user_pool(PoolName="another"))
        assert denied(lambda: cognito.create_user_pool_client(UserPoolId=source, ClientName="another"))
    assert denied(lambda: cognito.delete_user_pool_client(UserPoolId=source, ClientId="0123456789abcdefghijklmnop"))
    assert denied(lambda: cognito.delete_identity_provider(UserPoolId=source, ProviderName="Corporate"))
    if not function.startswith("RestoreRestore"):
        assert denied(lambda: cognito.admin_create_user(UserPoolId=source, Username="eve", MessageAction="SUPPRESS"))
        assert denied(lambda: cognito.admin_set_user_password(UserPoolId=source, Username="ada", Password="Abcdef-1"))
    assert deployed.users(source).keys() == {"ada", "bob"}


def test_what_only_looks_at_its_input_can_read_nothing(
    deployed: Deployed, source: str, snapshot: str, keys_of: Callable[[str], Json]
) -> None:
    keys = keys_of("BackupCheckRequestFunction")
    cognito, s3 = (deployed.cloud.client(service, keys=keys) for service in ("cognito-idp", "s3"))
    assert denied(lambda: cognito.describe_user_pool(UserPoolId=source))
    assert denied(lambda: s3.get_object(Bucket=deployed.bucket, Key=f"snapshots/{snapshot}/manifest.json"))
    assert denied(lambda: s3.list_objects_v2(Bucket=deployed.bucket))


def test_the_migration_trigger_looks_at_pools_and_changes_none(
    deployed: Deployed, source: str, keys_of: Callable[[str], Json]
) -> None:
    keys = keys_of("SignInUserMigrationFunction")
    cognito, s3 = (deployed.cloud.client(service, keys=keys) for service in ("cognito-idp", "s3"))
    ada = {"UserPoolId": source, "Username": "ada"}
    assert not denied(lambda: cognito.admin_get_user(**ada))
    assert not denied(lambda: s3.put_object(Bucket=deployed.bucket, Key=f"deferred/{source}/x.json", Body=b"{}"))
    for refused in (
        lambda: cognito.list_users(UserPoolId=source),
        lambda: cognito.admin_disable_user(**ada),
        lambda: cognito.admin_add_user_to_group(**ada, GroupName="staff"),
        lambda: cognito.admin_update_user_attributes(**ada, UserAttributes=[]),
        lambda: s3.put_object(Bucket=deployed.bucket, Key=f"deferred/{source}/open", Body=b""),
        lambda: s3.put_object(Bucket=deployed.bucket, Key=f"migrations/{source}/settings.json", Body=b""),
        lambda: s3.get_object(Bucket=deployed.bucket, Key=f"deferred/{source}/x.json"),
        lambda: s3.delete_object(Bucket=deployed.bucket, Key=f"deferred/{source}/x.json"),
    ):
        assert denied(refused)


def test_the_token_trigger_gives_back_and_deletes_nothing_but_what_it_has_given(
    deployed: Deployed, source: str, keys_of: Callable[[str], Json]
) -> None:
    keys = keys_of("SignInTokenFunction")
    cognito, s3 = (deployed.cloud.client(service, keys=keys) for service in ("cognito-idp", "s3"))
    ada = {"UserPoolId": source, "Username": "ada"}
    record, marker = f"deferred/{source}/y.json", f"deferred/{source}/open"
    for key in (record, marker):
        deployed.put(key, b"{}")
    assert not denied(lambda: cognito.admin_list_groups_for_user(**ada))
    assert not denied(lambda: s3.delete_object(Bucket=deployed.bucket, Key=record))
    for refused in (
        lambda: cognito.admin_get_user(**ada),
        lambda: cognito.admin_enable_user(**ada),
        lambda: cognito.admin_remove_user_from_group(**ada, GroupName="staff"),
        lambda: cognito.admin_initiate_auth(
            UserPoolId=source, ClientId="x" * 26, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters={}
        ),
        lambda: s3.delete_object(Bucket=deployed.bucket, Key=marker),
        lambda: s3.get_object(Bucket=deployed.bucket, Key=f"migrations/{source}/settings.json"),
        lambda: s3.put_object(Bucket=deployed.bucket, Key=f"migrations/{source}/settings.json", Body=b""),
    ):
        assert denied(refused)


def test_the_report_of_a_migration_cannot_say_whom_the_trigger_asks(
    deployed: Deployed, source: str, keys_of: Callable[[str], Json]
) -> None:
    s3 = deployed.cloud.client("s3", keys=keys_of("MigrationReportMigrationFunction"))
    folder = f"migrations/{source}"
    assert not denied(lambda: s3.put_object(Bucket=deployed.bucket, Key=f"{folder}/x/report.json", Body=b"{}"))
    assert denied(lambda: s3.put_object(Bucket=deployed.bucket, Key=f"{folder}/settings.json", Body=b"{}"))


# Secrets


def allowed(*actions: str) -> Json:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


def test_who_may_read_the_bucket_reads_a_snapshot_and_none_of_its_secrets(
    deployed: Deployed, snapshot: str, secrets: str, somebody: Callable[..., Json]
) -> None:
    s3 = deployed.cloud.client("s3", keys=somebody(allowed("s3:*")))
    assert s3.get_object(Bucket=deployed.bucket, Key=f"snapshots/{snapshot}/manifest.json")["Body"].read()
    assert denied(lambda: s3.get_object(Bucket=deployed.bucket, Key=secrets))


def test_no_policy_of_ones_own_opens_the_secrets(
    deployed: Deployed, secrets: str, secrets_key: str, somebody: Callable[..., Json]
) -> None:
    """Not even an administrator's: the key's policy leaves reading to nobody but the functions it names."""
    for actions in (("s3:*", "kms:Decrypt"), ("*",)):
        keys = somebody(allowed(*actions))
        s3, kms = (deployed.cloud.client(service, keys=keys) for service in ("s3", "kms"))
        assert s3.list_objects_v2(Bucket=deployed.bucket, Prefix=secrets)["KeyCount"] == 1, "who is denied is known"
        assert denied(lambda s3=s3: s3.get_object(Bucket=deployed.bucket, Key=secrets))  # type: ignore[misc]
        copy = {"Bucket": deployed.bucket, "Key": "copy.json", "CopySource": f"{deployed.bucket}/{secrets}"}
        assert denied(lambda s3=s3, copy=copy: s3.copy_object(**copy))  # type: ignore[misc]
        assert denied(lambda kms=kms: kms.generate_data_key(KeyId=secrets_key, KeySpec="AES_256"))  # type: ignore[misc]
        assert denied(lambda kms=kms: kms.create_grant(KeyId=secrets_key, GranteePrincipal="*", Operations=["Decrypt"]))  # type: ignore[misc]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_the_functions_that_have_to_do_with_secrets_read_them(
    deployed: Deployed, secrets: str, keys_of: Callable[[str], Json], function: str
) -> None:
    s3 = deployed.cloud.client("s3", keys=keys_of(function))
    if function in WITH_SECRETS:
        assert SECRET.encode() in s3.get_object(Bucket=deployed.bucket, Key=secrets)["Body"].read()
    else:
        assert denied(lambda: s3.get_object(Bucket=deployed.bucket, Key=secrets))
    if function != RETAINING:
        assert denied(lambda: s3.delete_object(Bucket=deployed.bucket, Key=secrets))
    if function != "BackupExportConfigurationFunction":
        assert denied(lambda: s3.put_object(Bucket=deployed.bucket, Key=secrets, Body=b"{}"))


# What the bucket refuses, whatever else somebody may do


def test_no_administrator_deletes_a_snapshot_its_versions_or_the_bucket(
    deployed: Deployed, snapshot: str, secrets: str, somebody: Callable[..., Json]
) -> None:
    s3 = deployed.cloud.client("s3", keys=somebody(allowed("*")))
    root = deployed.cloud.client("s3")
    for key in (f"snapshots/{snapshot}/manifest.json", secrets):
        version = root.head_object(Bucket=deployed.bucket, Key=key)["VersionId"]
        assert denied(lambda key=key: s3.delete_object(Bucket=deployed.bucket, Key=key))  # type: ignore[misc]
        assert denied(
            lambda key=key, version=version: s3.delete_object(Bucket=deployed.bucket, Key=key, VersionId=version)  # type: ignore[misc]
        )
        assert key in deployed.keys(key)
    assert denied(lambda: s3.delete_bucket(Bucket=deployed.bucket))
    s3.put_object(Bucket=deployed.bucket, Key="other/x", Body=b"x")
    s3.delete_object(Bucket=deployed.bucket, Key="other/x")


def test_no_administrator_writes_over_a_snapshot_or_makes_one_up(
    deployed: Deployed, snapshot: str, secrets: str, somebody: Callable[..., Json]
) -> None:
    for s3 in (deployed.cloud.client("s3"), deployed.cloud.client("s3", keys=somebody(allowed("*")))):
        for key in (f"snapshots/{snapshot}/manifest.json", "snapshots/us-east-1_Nobody000/x/manifest.json", secrets):
            assert denied(lambda key=key, s3=s3: s3.put_object(Bucket=deployed.bucket, Key=key, Body=b"{}"))  # type: ignore[misc]


def test_no_administrator_writes_under_another_key(
    deployed: Deployed, secrets_key: str, somebody: Callable[..., Json]
) -> None:
    key_id = deployed.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = deployed.cloud.client("s3", keys=somebody(allowed("*")))
    ransom = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
    theirs = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}
    for folder in ("snapshots/us-east-1_Nobody000/x", "other"):
        for under in (ransom, theirs):
            assert denied(
                lambda folder=folder, under=under: s3.put_object(  # type: ignore[misc]
                    Bucket=deployed.bucket, Key=f"{folder}/y", Body=b"", **under
                )
            )
    for folder in ("secrets", "credentials"):
        assert denied(lambda folder=folder: s3.put_object(Bucket=deployed.bucket, Key=f"{folder}/y", Body=b""))  # type: ignore[misc]


def test_retention_removes_snapshots_and_can_neither_read_users_nor_write_a_snapshot(
    deployed: Deployed, snapshot: str, keys_of: Callable[[str], Json]
) -> None:
    s3 = deployed.cloud.client("s3", keys=keys_of(RETAINING))
    folder = f"snapshots/{snapshot}/"
    deployed.put("snapshots/us-east-1_Nobody000/x/users/00-00000.parquet", b"")
    s3.delete_object(Bucket=deployed.bucket, Key="snapshots/us-east-1_Nobody000/x/users/00-00000.parquet")
    [users] = deployed.keys(f"{folder}users/")
    assert not denied(lambda: s3.get_object(Bucket=deployed.bucket, Key=f"{folder}manifest.json"))
    for refused in (
        lambda: s3.get_object(Bucket=deployed.bucket, Key=users),
        lambda: s3.put_object(Bucket=deployed.bucket, Key=users, Body=b""),
        lambda: s3.put_object(Bucket=deployed.bucket, Key=f"holds/{snapshot}.json", Body=b""),
        lambda: s3.put_object(Bucket=deployed.bucket, Key=f"brakes/{snapshot}.json", Body=b""),
        lambda: s3.delete_object(Bucket=deployed.bucket, Key=f"brakes/{snapshot}.json"),
        lambda: s3.delete_object(Bucket=deployed.bucket, Key="restores/x/report.json"),
        lambda: s3.put_bucket_lifecycle_configuration(Bucket=deployed.bucket, LifecycleConfiguration={"Rules": []}),
        lambda: s3.delete_bucket_policy(Bucket=deployed.bucket),
    ):
        assert denied(refused)
