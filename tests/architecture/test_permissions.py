"""Who may do what: read from the template as SAM makes it into CloudFormation, generated roles included."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

from poolsafe.adapters.cognito import _METHODS as METHODS
from poolsafe.domain.quotas import OPERATIONS
from tests.architecture.repository import MACHINES, Json, functions, plain, resources, template

USER_POOLS = {"Fn::Sub": "arn:${AWS::Partition}:cognito-idp:*:${AWS::AccountId}:userpool/*"}
WEB_ACLS = {"Fn::Sub": "arn:${AWS::Partition}:wafv2:*:${AWS::AccountId}:regional/webacl/*"}
BUCKET = {"Fn::GetAtt": ["SnapshotBucket", "Arn"]}
IN_BUCKET = "${SnapshotBucket.Arn}/"

READ_CONFIGURATION = {
    "DescribeIdentityProvider",
    "DescribeManagedLoginBrandingByClient",
    "DescribeRiskConfiguration",
    "DescribeTerms",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "DescribeUserPoolDomain",
    "GetLogDeliveryConfiguration",
    "GetSigningCertificate",
    "GetUICustomization",
    "GetUserPoolClientSessionConfiguration",
    "GetUserPoolMfaConfig",
    "GetUserPoolSessionConfiguration",
    "GetWebACLForResource",
    "ListIdentityProviders",
    "ListResourceServers",
    "ListTagsForResource",
    "ListTerms",
    "ListUserPoolClientSecrets",
    "ListUserPoolClients",
    "ListUserPoolReplicas",
}
#: Actions that only permit what AWS WAF does with a pool: there is no operation of that name
#: (https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html).
FOR_WAF = {"GetWebACLForResource", "AssociateWebACL"}
#: Tags travel with CreateUserPool and UpdateUserPool, and the right to tag is asked for beside theirs: there is no call
#: (docs/unverified.md, "Configuration").
FOR_TAGS = {"TagResource"}
#: Actions that know no resource: the policy has to name them all
#: (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html).
NOT_BOUND_TO_A_POOL = {"CreateUserPool", "DescribeUserPoolDomain", "ListUserPools"}
#: Functions that have to do with secrets, by what they may do with the key.
SECRETS = {
    "BackupExportConfigurationFunction": {"kms:Decrypt", "kms:GenerateDataKey"},
    "RestorePlanPoolFunction": {"kms:Decrypt"},
    "RestoreMakePoolFunction": {"kms:Decrypt"},
    "RestoreFinishPoolFunction": {"kms:Decrypt"},
}

#: Functions that have to do with temporary passwords, which lie under the same key, and may use it for them alone.
HANDING_OUT = {
    "RestoreRestoreUsersFunction": {"kms:GenerateDataKey"},
    "RestoreReportRestoreFunction": {"kms:Decrypt", "kms:GenerateDataKey"},
}
#: The condition that binds a statement of the key to temporary passwords: the ARN of the object is in the encryption
#: context where the bucket key is not used (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html).
OF_CREDENTIALS = {
    "StringLike": {"kms:EncryptionContext:aws:s3:arn": {"Fn::Sub": "${SnapshotBucket.Arn}/credentials/*"}}
}

#: The Cognito actions that each handler's operations call. A row that is too long is a permission too many; one that is
#: too short, the embedded cloud refuses: it enforces IAM.
COGNITO: dict[str, set[str]] = {
    "AssessCheckRequestFunction": {"DescribeUserPool"},
    "AssessReadConfigurationFunction": READ_CONFIGURATION,
    "AssessSurveyUsersFunction": set(),
    "AssessSampleMfaFunction": {"AdminGetUserAuthFactors"},
    "AssessReportAssessmentFunction": {"DescribeUserPool"},
    "BackupCheckRequestFunction": set(),
    "BackupDescribePoolFunction": {"DescribeUserPool"},
    "BackupExportConfigurationFunction": READ_CONFIGURATION,
    "BackupExportUsersFunction": {"ListUsers", "AdminGetUserAuthFactors"},
    "BackupExportGroupsFunction": {"ListGroups"},
    "BackupExportMembershipsFunction": {"ListUsersInGroup", "DescribeUserPool"},
    "BackupSealSnapshotFunction": set(),
    "RestoreCheckRequestFunction": {"DescribeUserPool", "GetUserPoolMfaConfig", "ListIdentityProviders"},
    "RestoreVerifySnapshotFunction": set(),
    "RestorePlanPoolFunction": READ_CONFIGURATION | {"ListUserPools"},
    "RestoreMakePoolFunction": READ_CONFIGURATION
    | {
        "AddCustomAttributes",
        "CreateIdentityProvider",
        "CreateManagedLoginBranding",
        "CreateResourceServer",
        "CreateTerms",
        "CreateUserPool",
        "CreateUserPoolClient",
        "CreateUserPoolDomain",
        "ListUserPools",
        "SetLogDeliveryConfiguration",
        "SetRiskConfiguration",
        "SetUICustomization",
        "SetUserPoolClientSessionConfiguration",
        "SetUserPoolMfaConfig",
        "SetUserPoolSessionConfiguration",
        "TagResource",
        "UpdateIdentityProvider",
        "UpdateManagedLoginBranding",
        "UpdateResourceServer",
        "UpdateTerms",
        "UpdateUserPool",
        "UpdateUserPoolClient",
        "UpdateUserPoolDomain",
    },
    "RestoreFinishPoolFunction": READ_CONFIGURATION
    | {"AssociateWebACL", "SetUserPoolMfaConfig", "TagResource", "UpdateUserPool"},
    "RestorePlanRestoreFunction": set(),
    "RestoreRestoreGroupsFunction": {"CreateGroup", "DescribeUserPool", "UpdateGroup"},
    "RestoreWriteImportFunction": {"GetCSVHeader"},
    "RestoreStartImportFunction": {"CreateUserImportJob", "ListUserImportJobs", "StartUserImportJob"},
    "RestoreCheckImportFunction": {"DescribeUserImportJob"},
    "RestoreRestoreUsersFunction": {
        "AdminAddUserToGroup",
        "AdminCreateUser",
        "AdminDisableUser",
        "AdminEnableUser",
        "AdminGetUser",
        "AdminLinkProviderForUser",
        "AdminSetUserMFAPreference",
        "AdminSetUserPassword",
        "AdminUpdateUserAttributes",
        "DescribeUserPool",
    },
    "RestoreVerifyTargetFunction": {"AdminGetUser", "AdminListGroupsForUser", "GetGroup"},
    "RestoreReportRestoreFunction": set(),
}
#: The folders of the bucket that each function writes, and that it reads.
WRITES: dict[str, set[str]] = {
    "AssessReadConfigurationFunction": {"working"},
    "AssessReportAssessmentFunction": {"assessments"},
    "BackupExportConfigurationFunction": {"snapshots", "secrets"},
    "BackupExportUsersFunction": {"snapshots", "working"},
    "BackupExportGroupsFunction": {"snapshots", "working"},
    "BackupExportMembershipsFunction": {"snapshots", "working"},
    "BackupSealSnapshotFunction": {"snapshots"},
    "RestoreCheckRequestFunction": {"working", "restores"},
    "RestorePlanPoolFunction": {"working", "restores"},
    "RestoreMakePoolFunction": {"working", "restores"},
    "RestoreFinishPoolFunction": {"restores", "working"},
    "RestorePlanRestoreFunction": {"working", "restores"},
    "RestoreRestoreGroupsFunction": {"restores"},
    "RestoreWriteImportFunction": {"working"},
    "RestoreRestoreUsersFunction": {"restores", "working", "credentials", "deferred", "waiting"},
    "RestoreVerifyTargetFunction": {"restores"},
    "RestoreReportRestoreFunction": {"restores", "credentials"},
}
READS: dict[str, set[str]] = {
    "AssessCheckRequestFunction": {"snapshots"},
    "AssessSurveyUsersFunction": {"snapshots", "working"},
    "AssessSampleMfaFunction": {"snapshots", "working"},
    "AssessReportAssessmentFunction": {"snapshots", "working"},
    "BackupExportConfigurationFunction": {"snapshots", "secrets"},
    "RestorePlanPoolFunction": {"snapshots", "secrets", "working", "restores"},
    "RestoreMakePoolFunction": {"snapshots", "secrets", "restores"},
    "RestoreFinishPoolFunction": {"snapshots", "secrets", "restores"},
    "BackupExportUsersFunction": {"snapshots", "working"},
    "BackupExportMembershipsFunction": {"snapshots", "working"},
    "BackupSealSnapshotFunction": {"snapshots"},
    "RestoreCheckRequestFunction": {"snapshots", "restores", "working"},
    "RestoreVerifySnapshotFunction": {"snapshots"},
    "RestorePlanRestoreFunction": {"snapshots", "working", "waiting"},
    "RestoreRestoreGroupsFunction": {"snapshots", "working"},
    "RestoreWriteImportFunction": {"snapshots", "working"},
    "RestoreStartImportFunction": {"working"},
    "RestoreRestoreUsersFunction": {"snapshots", "working"},
    "RestoreVerifyTargetFunction": {"snapshots", "working", "restores"},
    "RestoreReportRestoreFunction": {"restores", "working", "credentials"},
}
#: What SAM attaches by itself: for logs and traces, and nothing of the account's.
#: Calls by name (ServiceApi): each has a quota, or it could not be paced.
CONFIGURATION_CALLS = OPERATIONS.keys() - METHODS.keys()
MANAGED = {"AWSLambdaBasicExecutionRole", "AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess"}

#: The only role that no function has: Cognito writes the logs of an import with it.
IMPORT_ROLE = "ImportRole"

every_function = pytest.mark.parametrize("name", functions())


@cache
def cloudformation() -> Json:
    """The template as CloudFormation gets it."""
    document = plain(template())
    for resource in document["Resources"].values():
        for uri in ("CodeUri", "ContentUri", "DefinitionUri"):
            if uri in resource.get("Properties", {}):
                resource["Properties"][uri] = "s3://bucket/key"
    document["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    return plain(Translator({}, Parser()).translate(document, {}))


@pytest.fixture(autouse=True)
def somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAM wants to know the Region's partition."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def role_of(name: str) -> Json:
    """The role of a function or of a state machine."""
    resource = cloudformation()["Resources"][name]["Properties"]
    reference = resource.get("Role") or resource["RoleArn"]
    [attribute] = reference.values()
    role: Json = cloudformation()["Resources"][attribute[0]]
    assert attribute[1] == "Arn"
    return role


def statements(role: Json) -> list[Json]:
    """Every statement that the role may be given, whatever the stack's parameters."""
    return [
        statement
        for policy in role["Properties"].get("Policies", ())
        for document in _either(policy)
        for entry in document["PolicyDocument"]["Statement"]
        for statement in _either(entry)
    ]


def _either(entry: Json) -> Iterator[Json]:
    """Both branches of an `Fn::If`, without those that are not there."""
    if "Fn::If" in entry:
        for branch in entry["Fn::If"][1:]:
            yield from _either(branch)
    elif entry != {"Ref": "AWS::NoValue"}:
        yield entry


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def actions(role: Json, service: str) -> set[str]:
    return {
        action.removeprefix(f"{service}:")
        for statement in statements(role)
        for action in listed(statement["Action"])
        if action.startswith(f"{service}:")
    }


def keys(role: Json, action: str) -> list[str]:
    """The patterns of the keys in the bucket for which a role has an action."""
    return [
        resource["Fn::Sub"].removeprefix(IN_BUCKET)
        for statement in statements(role)
        if action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


def roles() -> dict[str, Json]:
    return resources("AWS::IAM::Role", cloudformation())


def test_every_function_and_every_machine_has_a_role_of_its_own() -> None:
    owners = [*functions(), *(f"{machine.job.capitalize()}StateMachine" for machine in MACHINES)]
    assert {f"{owner}Role" for owner in owners} == roles().keys() - {IMPORT_ROLE}
    for owner in owners:
        assert role_of(owner) == roles()[f"{owner}Role"]


def test_there_are_no_policies_beside_those_of_the_roles() -> None:
    kinds = {resource["Type"] for resource in cloudformation()["Resources"].values()}
    assert {kind for kind in kinds if kind.startswith("AWS::IAM::")} == {"AWS::IAM::Role"}


@pytest.mark.parametrize("name", [*functions(), "AssessStateMachine", "BackupStateMachine", "RestoreStateMachine"])
def test_managed_policies_are_for_logs_and_traces_alone(name: str) -> None:
    attached = role_of(name)["Properties"].get("ManagedPolicyArns", [])
    assert {str(arn).rpartition("/")[2].rstrip("'}") for arn in attached} <= MANAGED


@pytest.mark.parametrize("name", [*functions(), "AssessStateMachine", "BackupStateMachine", "RestoreStateMachine"])
def test_every_statement_allows_named_actions_on_named_resources(name: str) -> None:
    for statement in statements(role_of(name)):
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource", "Principal"} & statement.keys()
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        unbound = {action.removeprefix("cognito-idp:") for action in listed(statement["Action"])} <= NOT_BOUND_TO_A_POOL
        assert ("*" in listed(statement["Resource"])) is unbound


def test_nobody_may_delete_anything() -> None:
    allowed = {action for role in roles().values() for s in statements(role) for action in listed(s["Action"])}
    assert not {action for action in allowed if "Delete" in action or action.startswith("s3:PutLifecycle")}
    assert {action for action in allowed if action.startswith("s3:")} == {
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
    }


def test_the_table_of_cognito_actions_names_every_function() -> None:
    assert COGNITO.keys() == functions().keys()


@every_function
def test_a_function_has_exactly_the_cognito_actions_it_calls(name: str) -> None:
    assert actions(role_of(name), "cognito-idp") == COGNITO[name]


def test_every_call_that_the_adapter_makes_is_allowed_to_somebody() -> None:
    assert set().union(*COGNITO.values()) - FOR_WAF - FOR_TAGS == METHODS.keys() | CONFIGURATION_CALLS


@every_function
def test_cognito_actions_are_for_user_pools_of_this_account(name: str) -> None:
    for statement in statements(role_of(name)):
        called = {action.removeprefix("cognito-idp:") for action in listed(statement["Action"])}
        if any(action.startswith("cognito-idp:") for action in listed(statement["Action"])):
            if called <= NOT_BOUND_TO_A_POOL:
                continue
            assert not called & NOT_BOUND_TO_A_POOL
            assert listed(statement["Resource"])[0] == USER_POOLS
            assert listed(statement["Resource"])[1:] in ([], [WEB_ACLS])


@every_function
@pytest.mark.parametrize(("action", "table"), [("s3:PutObject", WRITES), ("s3:GetObject", READS)], ids=["put", "get"])
def test_a_function_reaches_only_its_folders_of_the_bucket(name: str, action: str, table: dict[str, set[str]]) -> None:
    assert {key.partition("/")[0] for key in keys(role_of(name), action)} == table.get(name, set())


@every_function
def test_the_bucket_itself_is_only_listed(name: str) -> None:
    for statement in statements(role_of(name)):
        if any(action.startswith("s3:") for action in listed(statement["Action"])):
            is_listing = listed(statement["Action"]) == ["s3:ListBucket"]
            assert (statement["Resource"] == BUCKET) is is_listing


@every_function
def test_who_reads_may_list_so_that_what_is_missing_is_not_taken_for_denied(name: str) -> None:
    """S3 answers 403 for a key that is not there, unless the caller may list the bucket
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html)."""
    allowed = actions(role_of(name), "s3")
    assert ("GetObject" in allowed) == ("ListBucket" in allowed)


def test_only_the_seal_writes_a_manifest() -> None:
    manifest = "snapshots/us-east-1_AbCdEfGhI/20261122T030000Z-3f9a1c/manifest.json"
    writable = {name: keys(role_of(name), "s3:PutObject") for name in functions()}
    writers = [name for name, patterns in writable.items() if any(fnmatchcase(manifest, key) for key in patterns)]
    assert writers == ["BackupSealSnapshotFunction"]


def test_the_seal_writes_nothing_but_manifests() -> None:
    assert keys(role_of("BackupSealSnapshotFunction"), "s3:PutObject") == ["snapshots/*/manifest.json"]


@every_function
def test_a_restore_never_writes_into_a_snapshot(name: str) -> None:
    folders = {key.partition("/")[0] for key in keys(role_of(name), "s3:PutObject")}
    assert not (name.startswith("Restore") and "snapshots" in folders)


@every_function
def test_a_key_of_ones_own_is_used_as_the_bucket_is(name: str) -> None:
    """What SSE-KMS needs: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html"""
    role = role_of(name)
    needed = set()
    if "PutObject" in actions(role, "s3"):
        needed.add("GenerateDataKey")
    if "GetObject" in actions(role, "s3"):
        needed.add("Decrypt")
    assert actions(role, "kms") == needed
    for statement in statements(role):
        if any(action.startswith("kms:") for action in listed(statement["Action"])):
            assert statement["Resource"] == {"Ref": "KmsKeyArn"}


def test_roles_are_passed_by_whoever_makes_groups_or_pools_and_only_those_named() -> None:
    passing = {
        name: statement["Resource"]
        for name, role in roles().items()
        for statement in statements(role)
        if "iam:PassRole" in listed(statement["Action"])
    }
    passes = ("RestoreRestoreGroupsFunctionRole", "RestoreMakePoolFunctionRole", "RestoreFinishPoolFunctionRole")
    own = {"RestoreStartImportFunctionRole": {"Fn::GetAtt": [IMPORT_ROLE, "Arn"]}}
    assert passing == {name: {"Ref": "PassRoleArns"} for name in passes} | own


def test_the_role_for_imports_is_cognitos_alone_and_writes_logs_of_user_pools() -> None:
    """https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html"""
    role = roles()[IMPORT_ROLE]["Properties"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "cognito-idp.amazonaws.com"}
    assert trust["Condition"] == {"StringEqualsIfExists": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    [statement] = statements(roles()[IMPORT_ROLE])
    assert {action.partition(":")[0] for action in statement["Action"]} == {"logs"}
    assert statement["Resource"]["Fn::Sub"].endswith(":log-group:/aws/cognito/*")


@every_function
def test_a_function_does_nothing_in_other_services(name: str) -> None:
    services = {a.partition(":")[0] for s in statements(role_of(name)) for a in listed(s["Action"])}
    assert services <= {"cognito-idp", "s3", "kms", "iam"} | (
        {"wafv2"} if COGNITO[name] >= READ_CONFIGURATION else set()
    )


def key_policy() -> list[Json]:
    policy: list[Json] = cloudformation()["Resources"]["SecretsKey"]["Properties"]["KeyPolicy"]["Statement"]
    return policy


def test_the_key_for_secrets_lets_in_those_who_handle_them_and_nobody_else() -> None:
    """Not even the account's administrators: they may change the policy, and that is seen in CloudTrail."""
    allowed: dict[str, set[str]] = {}
    for statement in key_policy():
        if statement.get("Condition") == OF_CREDENTIALS:
            continue
        for principal in listed(statement["Principal"]["AWS"]):
            if "Fn::GetAtt" in principal:
                name = principal["Fn::GetAtt"][0].removesuffix("Role")
                allowed.setdefault(name, set()).update(listed(statement["Action"]))
            else:
                assert not {"kms:Decrypt", "kms:GenerateDataKey", "kms:*"} & set(listed(statement["Action"]))
    assert allowed == SECRETS


def test_temporary_passwords_are_read_by_those_whom_the_account_lets_and_written_by_the_restore() -> None:
    allowed: dict[str, set[str]] = {}
    for statement in key_policy():
        if statement.get("Condition") == OF_CREDENTIALS:
            for principal in listed(statement["Principal"]["AWS"]):
                name = principal["Fn::GetAtt"][0].removesuffix("Role") if "Fn::GetAtt" in principal else "account"
                allowed.setdefault(name, set()).update(listed(statement["Action"]))
    assert allowed == {**HANDING_OUT, "account": {"kms:Decrypt"}}


@every_function
def test_only_who_handles_secrets_reaches_their_folder_and_knows_their_key(name: str) -> None:
    folders = {
        key.partition("/")[0] for action in ("s3:GetObject", "s3:PutObject") for key in keys(role_of(name), action)
    }
    assert ("secrets" in folders) == (name in SECRETS)
    assert ("credentials" in folders) == (name in HANDING_OUT)
    knows_key = "SECRETS_KEY" in functions()[name]["Environment"]["Variables"]
    assert knows_key == (name in SECRETS or name in HANDING_OUT)


def test_the_key_for_secrets_outlives_the_stack_as_the_bucket_does() -> None:
    key = cloudformation()["Resources"]["SecretsKey"]
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert key["Properties"]["EnableKeyRotation"] is True


@pytest.mark.parametrize("name", ["AssessStateMachine", "BackupStateMachine", "RestoreStateMachine"])
def test_a_machine_may_only_invoke(name: str) -> None:
    assert {a for s in statements(role_of(name)) for a in listed(s["Action"])} == {"lambda:InvokeFunction"}
