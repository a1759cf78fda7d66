"""The template: what is deployed, and that the tools have nothing against it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.repository import (
    FUNCTIONS,
    ROOT,
    TEMPLATE,
    Json,
    function_of,
    functions,
    handler_modules,
    resources,
    template,
    trigger_modules,
)

#: The functions that Cognito calls while somebody signs in, and the outputs that tell them.
TRIGGERS = {
    "SignInUserMigrationFunction": "UserMigrationFunctionArn",
    "SignInTokenFunction": "TokenFunctionArn",
}
#: The functions that write into snapshots.
WRITERS = (
    "BackupExportConfigurationFunction",
    "BackupExportUsersFunction",
    "BackupExportGroupsFunction",
    "BackupSealSnapshotFunction",
)
#: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html:
#: Cognito waits for a trigger for five seconds, which nobody can change.
COGNITO_WAITS = 5


def bucket() -> tuple[str, Json]:
    [(name, resource)] = resources("AWS::S3::Bucket").items()
    return name, resource


def test_every_function_has_a_handler_and_every_handler_a_function() -> None:
    deployed = {name: function["Handler"] for name, function in functions().items()}
    assert deployed == {function_of(module): f"{module.name}.handler" for module in handler_modules()}


@pytest.mark.parametrize("name", functions())
def test_a_function_runs_on_lambdas_python_for_arm_and_is_traced(name: str) -> None:
    function = functions()[name]
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Tracing"] == "Active"
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": {"Ref": "LogGroup"}}


@pytest.mark.parametrize("name", functions())
def test_a_function_finds_its_layers_and_settings(name: str) -> None:
    function = functions()[name]
    assert list(resources("AWS::Serverless::LayerVersion")) == ["SharedLayer", "PyarrowLayer"]
    # Somebody waits for a trigger to start, and it has no use for pyarrow.
    layers = ["SharedLayer"] if name in TRIGGERS else ["SharedLayer", "PyarrowLayer"]
    assert function["Layers"] == [{"Ref": layer} for layer in layers]
    assert function["Environment"]["Variables"]["SNAPSHOT_BUCKET"] == {"Ref": bucket()[0]}
    assert function["Environment"]["Variables"]["QUOTAS"] == {"Ref": "Quotas"}


def test_the_triggers_are_these_two_and_the_stack_tells_them() -> None:
    assert {function_of(module) for module in trigger_modules()} == TRIGGERS.keys()
    told = {
        value["Fn::GetAtt"][0]: name
        for name, output in template()["Outputs"].items()
        if "Fn::GetAtt" in (value := output["Value"])
    }
    assert told == TRIGGERS
    for name, output in TRIGGERS.items():
        assert template()["Outputs"][output]["Value"] == {"Fn::GetAtt": [name, "Arn"]}


@pytest.mark.parametrize("name", functions())
def test_a_trigger_ends_when_cognito_stops_waiting_and_only_a_trigger_is_that_short(name: str) -> None:
    assert (functions()[name]["Timeout"] == COGNITO_WAITS) is (name in TRIGGERS)


@pytest.mark.parametrize("name", functions())
def test_what_a_function_knows_of_the_triggers_is_what_they_are(name: str) -> None:
    """One attribute and one claim for all: what one function writes, another reads."""
    variables = functions()[name]["Environment"]["Variables"]
    known = {
        "SUB_ATTRIBUTE": {"Ref": "OriginalSubAttribute"},
        "ORIGINAL_SUB_CLAIM": {"Ref": "OriginalSubClaim"},
        "USER_MIGRATION_FUNCTION": {"Fn::GetAtt": ["SignInUserMigrationFunction", "Arn"]},
        "TOKEN_FUNCTION": {"Fn::GetAtt": ["SignInTokenFunction", "Arn"]},
    }
    assert {key: value for key, value in variables.items() if key in known}.items() <= known.items()
    assert (variables.keys() >= {"SUB_ATTRIBUTE", "ORIGINAL_SUB_CLAIM"}) is (name in TRIGGERS)


def test_logs_end_some_day_and_leave_with_the_stack() -> None:
    groups = resources("AWS::Logs::LogGroup")
    assert groups.keys() == {"LogGroup", "MachineLogGroup"}
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert template()["Parameters"]["LogRetentionDays"]["Default"] in range(1, 366)


def test_the_stack_tells_what_people_need_to_start() -> None:
    assert template()["Outputs"].keys() >= {
        "BackupStateMachineArn",
        "RestoreStateMachineArn",
        "MigrationStateMachineArn",
        "SnapshotBucketName",
    }
    values = {name: output["Value"] for name, output in template()["Outputs"].items()}
    assert values["BackupStateMachineArn"] == {"Ref": "BackupStateMachine"}
    assert values["RestoreStateMachineArn"] == {"Ref": "RestoreStateMachine"}
    assert values["MigrationStateMachineArn"] == {"Ref": "MigrationStateMachine"}
    assert values["SnapshotBucketName"] == {"Ref": bucket()[0]}
    assert all(output["Description"] for output in template()["Outputs"].values())


def test_every_parameter_has_a_default_and_says_what_it_is() -> None:
    for parameter in template()["Parameters"].values():
        assert "Default" in parameter
        assert parameter["Description"]


# The bucket


def test_the_bucket_outlives_the_stack() -> None:
    _, resource = bucket()
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_bucket_keeps_versions() -> None:
    assert bucket()[1]["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_bucket_encrypts_with_or_without_a_key_of_ones_own() -> None:
    [rule] = bucket()[1]["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    encryption = rule["ServerSideEncryptionByDefault"]
    assert encryption["SSEAlgorithm"] == {"Fn::If": ["HasKmsKey", "aws:kms", "AES256"]}
    assert encryption["KMSMasterKeyID"]["Fn::If"][:2] == ["HasKmsKey", {"Ref": "KmsKeyArn"}]


def test_the_bucket_is_nobody_elses() -> None:
    properties = bucket()[1]["Properties"]
    assert properties["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def denials() -> dict[str, Json]:
    """The statements of the bucket's policy, those that a parameter adds among them."""
    name, _ = bucket()
    [policy] = resources("AWS::S3::BucketPolicy").values()
    assert policy["Properties"]["Bucket"] == {"Ref": name}
    found = [one.get("Fn::If", [None, one])[1] for one in policy["Properties"]["PolicyDocument"]["Statement"]]
    return {statement["Sid"]: statement for statement in found}


def test_the_policy_of_the_bucket_allows_nothing() -> None:
    assert {(one["Effect"], one["Principal"]) for one in denials().values()} == {("Deny", "*")}


def test_the_bucket_is_reached_over_tls_alone() -> None:
    name, _ = bucket()
    statement = denials()["OnlyTls"]
    assert statement["Action"] == "s3:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


def test_snapshots_are_deleted_by_one_role_and_their_versions_by_nobody() -> None:
    name, _ = bucket()
    folders = [{"Fn::Sub": f"${{{name}.Arn}}/{folder}/*"} for folder in ("snapshots", "secrets")]
    deleting, forever = denials()["RetentionAloneDeletesSnapshots"], denials()["NobodyDeletesVersionsOrTheBucket"]
    assert (deleting["Action"], deleting["Resource"]) == ("s3:DeleteObject", folders)
    role = {"Fn::GetAtt": ["RetentionRetainSnapshotsFunctionRole", "Arn"]}
    assert deleting["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": role}}
    writing = denials()["BackupsAloneWriteSnapshots"]
    assert (writing["Action"], writing["Resource"]) == ("s3:PutObject", folders)
    _, joined = writing["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]["Fn::Split"]
    told, *writers = joined["Fn::Join"][1]
    assert told == {"Fn::Join": [",", {"Ref": "SnapshotWriterArns"}]}
    assert {writer["Fn::GetAtt"][0] for writer in writers} == {f"{name}Role" for name in WRITERS}
    assert forever["Action"] == ["s3:DeleteObjectVersion", "s3:DeleteBucket"]
    assert forever["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, *folders]
    assert "Condition" not in forever


def test_no_snapshot_and_no_report_ever_expires_by_itself() -> None:
    rules = bucket()[1]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = [
        rule for rule in rules if {"ExpirationInDays", "NoncurrentVersionExpiration", "Transitions"} & rule.keys()
    ]
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in expiring if "ExpirationInDays" in rule}
    assert days.keys() == {"working/", "credentials/", "comparisons/"}
    # A restore can be redriven for 14 days, and needs its working files as long.
    assert days["working/"] > 14
    # A file of passwords is not kept for longer than they are good for unless a pool says otherwise.
    assert days["credentials/"] == 7
    assert not [rule for rule in expiring if "Transitions" in rule]
    # A record waits for its user for as long as it takes, a snapshot stays until retention removes it; only what was
    # removed or rewritten is forgotten.
    forgotten = {rule["Prefix"]: rule["NoncurrentVersionExpiration"] for rule in expiring}
    assert forgotten == {
        "working/": {"NoncurrentDays": 1},
        "comparisons/": {"NoncurrentDays": 1},
        "credentials/": {"NoncurrentDays": 1},
        "deferred/": {"NoncurrentDays": 30},
        "snapshots/": {"NoncurrentDays": {"Ref": "RecoverDays"}},
        "secrets/": {"NoncurrentDays": {"Ref": "RecoverDays"}},
    }


# The tools


def run(*command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A tool of the project's own environment, away from the keys and settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_", "PYTHON"))}
    settings: dict[str, Any] = {
        **kept,
        "HOME": str(home),
        "__SAM_CLI_APP_DIR": str(home),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )


def test_sam_finds_the_template_valid(tmp_path: Path) -> None:
    (tmp_path / "metadata.json").write_text('{"telemetryEnabled": false, "lastVersionCheck": "2100-01-01T00:00:00"}')
    done = run("-m", "samcli", "validate", "--lint", "--template-file", str(TEMPLATE), home=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cfn_lint_has_nothing_to_say(tmp_path: Path) -> None:
    done = run(str(Path(sys.executable).with_name("cfn-lint")), str(TEMPLATE), home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_code_of_a_function_is_all_that_handlers_import() -> None:
    """`functions/Makefile` copies every folder but the layers; schemas come along through a link."""
    assert (FUNCTIONS / "poolsafe/schemas").resolve() == ROOT / "schemas"
    packages = {path.name for path in FUNCTIONS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert packages - {"layers"} == {"poolsafe", *(module.name.partition(".")[0] for module in handler_modules())}
