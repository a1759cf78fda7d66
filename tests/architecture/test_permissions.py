"""Who may do what: read from the template as SAM makes it into CloudFormation, generated roles included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest

from poolsafe.adapters.cognito import _METHODS as METHODS
from poolsafe.domain.configuration.scratch import SCRATCH_TAG
from poolsafe.domain.quotas import OPERATIONS
from tests.architecture.cloudformation import cloudformation
from tests.architecture.repository import MACHINES, Json, camel, functions, modules, resources, template

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
NOT_BOUND_TO_A_POOL = {"CreateUserPool", "DescribeUserPoolDomain", "GetProvisionedLimit", "ListUserPools"}
#: Nor do these: https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html and
#: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html.
OF_THE_ACCOUNT = {"servicequotas:ListServiceQuotas", "cloudwatch:GetMetricData"}
#: Who asks how fast a run may go, at its beginning.
SETTING_THE_PACE = {"BackupDescribePoolFunction", "RestoreCheckRequestFunction"}
#: What the migration trigger asks of a source, and of nobody else: whether a password is right, and who that is.
ASK_SOURCE = {"AdminGetUser", "AdminInitiateAuth", "AdminListGroupsForUser", "DescribeUserPoolClient"}
#: The Cognito triggers.
TRIGGERS = ("SignInUserMigrationFunction", "SignInTokenFunction")
#: The functions that may say who calls the triggers, by what they may do.
LETTING_IN = {
    "MigrationAttachTriggersFunction": {"AddPermission"},
    "MigrationDetachTriggersFunction": {"RemovePermission"},
    "MigrationEndMigrationFunction": {"RemovePermission"},
}
#: The functions that look at a source in another account, by its role.
IN_OTHER_ACCOUNTS = {
    "MigrationAttachTriggersFunction",
    "MigrationCheckRequestFunction",
    "SignInUserMigrationFunction",
}
#: The functions that remove something, and what: snapshots that the policy does not keep, records of first sign-ins
#: that have been, and the mark that says that more of them may come. The bucket keeps what is removed as an older
#: version, for as long as its rule says (https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html).
REMOVING = {
    "MigrationDetachTriggersFunction": ["deferred/*/open"],
    "MigrationEndMigrationFunction": ["deferred/*/open"],
    "RetentionRetainSnapshotsFunction": ["snapshots/*", "secrets/*"],
    "SignInTokenFunction": ["deferred/*.json"],
}
#: Who counts records by their keys, or looks for one, and reads none of them.
COUNTING = {"BackupExportGroupsFunction", "DrillSweepScratchPoolsFunction", "MigrationAttachTriggersFunction"}
#: Who changes or deletes scratch pools, by what they may do with a pool that has the tag.
SCRATCHING = {
    "DrillSweepScratchPoolsFunction": {"DeleteUserPool"},
    "DrillRemoveScratchPoolFunction": {"DeleteUserPool"},
    "DrillWalkSignInsFunction": {
        "AdminInitiateAuth",
        "AdminSetUserPassword",
        "CreateUserPoolClient",
        "ListUserPoolClients",
        "ListUsers",
        "SetUserPoolMfaConfig",
    },
}
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

#: What `operations/read_target.py` asks of a pool.
READ_TARGET = {"DescribeUserPool", "GetUserPoolMfaConfig", "ListIdentityProviders"}
#: What tells whether people can migrate from one pool to another: their app clients and groups too.
READ_PAIR = READ_TARGET | {"DescribeUserPoolClient", "ListGroups", "ListUserPoolClients"}

#: The Cognito actions that each handler's operations call. A row that is too long is a permission too many; one that is
#: too short, the embedded cloud refuses: it enforces IAM.
COGNITO: dict[str, set[str]] = {
    "AssessCheckRequestFunction": {"DescribeUserPool"},
    "AssessReadConfigurationFunction": READ_CONFIGURATION,
    "AssessSurveyUsersFunction": set(),
    "AssessSampleMfaFunction": {"AdminGetUserAuthFactors"},
    "AssessReportAssessmentFunction": {"DescribeUserPool"},
    "CompareCheckRequestFunction": {"DescribeUserPool"},
    "CompareReadConfigurationFunction": READ_CONFIGURATION,
    "CompareCompareRecordsFunction": set(),
    "CompareCompareSettingsFunction": set(),
    "CompareReportComparisonFunction": set(),
    "BackupCheckRequestFunction": set(),
    "BackupDescribePoolFunction": {"DescribeUserPool", "GetProvisionedLimit"},
    "BackupExportConfigurationFunction": READ_CONFIGURATION,
    "BackupExportUsersFunction": {"DescribeUserPool", "ListUsers", "ListUsersInGroup", "AdminGetUserAuthFactors"},
    "BackupExportGroupsFunction": {"ListGroups"},
    "BackupWeighLossesFunction": set(),
    "BackupSealSnapshotFunction": set(),
    "RestoreCheckRequestFunction": READ_TARGET | {"GetProvisionedLimit"},
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
    "MigrationCheckRequestFunction": READ_PAIR,
    "MigrationDeferFederatedFunction": {"DescribeUserPool"},
    "MigrationAttachTriggersFunction": READ_PAIR | {"TagResource", "UpdateUserPool"},
    "MigrationDetachTriggersFunction": READ_TARGET | {"TagResource", "UpdateUserPool"},
    "MigrationComparePoolsFunction": {"DescribeUserPool"},
    "MigrationEndMigrationFunction": READ_CONFIGURATION | {"TagResource", "UpdateUserPool"},
    "MigrationReportMigrationFunction": set(),
    "NightlyCheckRequestFunction": {"DescribeUserPool", "ListUserPools"},
    "NightlyTakeNightFunction": set(),
    "NightlyNoteNightFunction": set(),
    "NightlySummarizeFunction": set(),
    "DrillCheckRequestFunction": {"DescribeUserPool", "ListUserPools"},
    "DrillSweepScratchPoolsFunction": {"DescribeUserPool", "ListUserPools", "DeleteUserPool"},
    "DrillPlanDrillFunction": set(),
    "DrillWalkSignInsFunction": {
        "AdminInitiateAuth",
        "AdminSetUserPassword",
        "CreateUserPoolClient",
        "DescribeUserPool",
        "ListUserPoolClients",
        "ListUsers",
        "SetUserPoolMfaConfig",
    },
    "DrillRemoveScratchPoolFunction": {"DescribeUserPool", "ListUserPools", "DeleteUserPool"},
    "DrillReportDrillFunction": set(),
    "DrillSummarizeFunction": set(),
    "RetentionCheckRequestFunction": set(),
    "RetentionMarkSnapshotFunction": set(),
    "RetentionRetainSnapshotsFunction": set(),
    "RetentionReportRetentionFunction": set(),
    "VerifyCheckRequestFunction": set(),
    "VerifyVerifySnapshotsFunction": set(),
    "VerifyReportVerificationFunction": set(),
    "WatchLookFunction": {"DescribeUserPool", "ListUserPools"},
    "SignInUserMigrationFunction": ASK_SOURCE,
    "SignInTokenFunction": {
        "AdminAddUserToGroup",
        "AdminDisableUser",
        "AdminListGroupsForUser",
        "AdminUpdateUserAttributes",
    },
}
#: The folders of the bucket that each function writes, and that it reads.
WRITES: dict[str, set[str]] = {
    "AssessReadConfigurationFunction": {"working"},
    "AssessReportAssessmentFunction": {"assessments"},
    "CompareReadConfigurationFunction": {"working"},
    "CompareCompareRecordsFunction": {"comparisons"},
    "CompareCompareSettingsFunction": {"comparisons"},
    "CompareReportComparisonFunction": {"comparisons"},
    "BackupExportConfigurationFunction": {"snapshots", "secrets"},
    "BackupExportUsersFunction": {"snapshots", "working"},
    "BackupExportGroupsFunction": {"snapshots", "working"},
    "BackupWeighLossesFunction": {"brakes"},
    "BackupSealSnapshotFunction": {"snapshots"},
    "RestoreCheckRequestFunction": {"working", "restores", "readers"},
    "RestorePlanPoolFunction": {"working", "restores"},
    "RestoreMakePoolFunction": {"working", "restores"},
    "RestoreFinishPoolFunction": {"restores", "working"},
    "RestorePlanRestoreFunction": {"working", "restores"},
    "RestoreRestoreGroupsFunction": {"restores"},
    "RestoreWriteImportFunction": {"working"},
    "RestoreRestoreUsersFunction": {"restores", "working", "credentials", "deferred", "waiting"},
    "RestoreVerifyTargetFunction": {"restores"},
    "RestoreReportRestoreFunction": {"restores", "credentials", "readers"},
    "MigrationDeferFederatedFunction": {"deferred"},
    "MigrationAttachTriggersFunction": {"migrations", "deferred"},
    "MigrationDetachTriggersFunction": {"migrations"},
    "MigrationEndMigrationFunction": {"migrations", "working"},
    "MigrationReportMigrationFunction": {"migrations"},
    "NightlyTakeNightFunction": {"nights"},
    "NightlyNoteNightFunction": {"nights"},
    "NightlySummarizeFunction": {"nights"},
    "DrillPlanDrillFunction": {"working", "drills"},
    "DrillReportDrillFunction": {"drills"},
    "RetentionMarkSnapshotFunction": {"holds", "brakes", "removals"},
    "RetentionRetainSnapshotsFunction": {"removals", "retention"},
    "RetentionReportRetentionFunction": {"retention"},
    "VerifyVerifySnapshotsFunction": {"verifications"},
    "VerifyReportVerificationFunction": {"verifications"},
    "WatchLookFunction": {"watch"},
    "SignInUserMigrationFunction": {"deferred"},
    "SignInTokenFunction": {"deferred"},
}
READS: dict[str, set[str]] = {
    "AssessCheckRequestFunction": {"snapshots"},
    "AssessSurveyUsersFunction": {"snapshots", "working"},
    "AssessSampleMfaFunction": {"snapshots", "working"},
    "AssessReportAssessmentFunction": {"snapshots", "working"},
    "CompareCheckRequestFunction": {"snapshots"},
    "CompareCompareRecordsFunction": {"snapshots", "working"},
    "CompareCompareSettingsFunction": {"snapshots", "working"},
    "CompareReportComparisonFunction": {"comparisons"},
    "BackupExportConfigurationFunction": {"snapshots", "secrets"},
    "RestorePlanPoolFunction": {"snapshots", "secrets", "working", "restores"},
    "RestoreMakePoolFunction": {"snapshots", "secrets", "restores"},
    "RestoreFinishPoolFunction": {"snapshots", "secrets", "restores"},
    "BackupExportUsersFunction": {"snapshots", "working"},
    "BackupWeighLossesFunction": {"snapshots"},
    "BackupSealSnapshotFunction": {"snapshots", "removals"},
    "RestoreCheckRequestFunction": {"snapshots", "restores", "working", "removals", "lists"},
    "RestoreVerifySnapshotFunction": {"snapshots"},
    "RestorePlanRestoreFunction": {"snapshots", "working", "waiting", "brakes"},
    "RestoreRestoreGroupsFunction": {"snapshots", "working"},
    "RestoreWriteImportFunction": {"snapshots", "working"},
    "RestoreStartImportFunction": {"working"},
    "RestoreRestoreUsersFunction": {"snapshots", "working"},
    "RestoreVerifyTargetFunction": {"snapshots", "working", "restores"},
    "RestoreReportRestoreFunction": {"restores", "working", "credentials"},
    "MigrationCheckRequestFunction": {"migrations"},
    "MigrationDeferFederatedFunction": {"working"},
    "MigrationDetachTriggersFunction": {"migrations"},
    "MigrationComparePoolsFunction": {"working"},
    "MigrationEndMigrationFunction": {"migrations"},
    "MigrationReportMigrationFunction": {"migrations", "working"},
    "NightlyTakeNightFunction": {"nights"},
    "DrillPlanDrillFunction": {"snapshots"},
    "DrillWalkSignInsFunction": {"snapshots", "restores"},
    "DrillReportDrillFunction": {"drills", "restores"},
    "RetentionMarkSnapshotFunction": {"snapshots", "holds", "brakes", "removals"},
    "RetentionRetainSnapshotsFunction": {"snapshots", "holds", "brakes", "readers", "removals", "retention"},
    "RetentionReportRetentionFunction": {"retention"},
    "SignInUserMigrationFunction": {"migrations"},
    "SignInTokenFunction": {"deferred"},
    "VerifyVerifySnapshotsFunction": {"snapshots"},
    "VerifyReportVerificationFunction": {"verifications"},
    "WatchLookFunction": {"snapshots", "watch", "brakes", "drills"},
}
#: Calls by name (ServiceApi): each has a quota, or it could not be paced.
CONFIGURATION_CALLS = OPERATIONS.keys() - METHODS.keys()
#: What SAM attaches by itself: for logs and traces, and nothing of the account's.
MANAGED = {"AWSLambdaBasicExecutionRole", "AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess"}

#: The roles that no function has: Cognito writes the logs of an import with one, S3 copies snapshots with the other.
IMPORT_ROLE, REPLICATION_ROLE = "ImportRole", "ReplicationRole"
#: What every machine may do beside its work: tell how it ended, and write its log. Log delivery knows no resource
#: (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html).
LOG_DELIVERY = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
BUS = {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"}
#: What the hourly look asks of the bucket itself.
LOOKING = {"s3:GetBucketVersioning", "s3:GetLifecycleConfiguration"}

MACHINE_NAMES = [machine.logical_id for machine in MACHINES]
#: The machines that run others, by which.
RUNNING = {
    "DrillStateMachine": ("RestoreStateMachine",),
    "MigrationStateMachine": ("BackupStateMachine", "RestoreStateMachine"),
    "NightlyStateMachine": ("BackupStateMachine",),
}
#: The roles that EventBridge Scheduler starts machines with, by which: SAM makes them.
SCHEDULE_ROLES = {
    "DrillStateMachineMonthlyRole": "DrillStateMachine",
    "DrillStateMachineSweepRole": "DrillStateMachine",
    "NightlyStateMachineNightlyRole": "NightlyStateMachine",
    "RetentionStateMachineDailyRole": "RetentionStateMachine",
    "VerifyStateMachineDailyRole": "VerifyStateMachine",
    "WatchStateMachineHourlyRole": "WatchStateMachine",
}

every_function = pytest.mark.parametrize("name", functions())


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


def guarded(role: Json, condition: str) -> list[Json]:
    """The statements that the role is given under a condition, and has none instead of."""
    return [
        entry["Fn::If"][1]
        for policy in role["Properties"].get("Policies", ())
        for entry in policy["PolicyDocument"]["Statement"]
        if "Fn::If" in entry and entry["Fn::If"][0] == condition and entry["Fn::If"][2] == {"Ref": "AWS::NoValue"}
    ]


def allowing(role: Json, service: str) -> list[Json]:
    """The statements that allow anything of a service."""
    return [
        statement
        for statement in statements(role)
        if any(action.startswith(f"{service}:") for action in listed(statement["Action"]))
    ]


def calls(name: str, owner: str) -> Iterator[tuple[str, ast.Call]]:
    """The calls that a module of ours makes of methods of `self.<owner>`, by their methods."""
    [module] = [module for module in modules() if module.name == name]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method, of = node.func.attr, ast.unparse(node.func.value)
            if of == f"self.{owner}":
                yield method, node


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
    owners = [*functions(), *MACHINE_NAMES]
    assert {f"{owner}Role" for owner in owners} == roles().keys() - {IMPORT_ROLE, REPLICATION_ROLE, *SCHEDULE_ROLES}
    for owner in owners:
        assert role_of(owner) == roles()[f"{owner}Role"]


def test_there_are_no_policies_beside_those_of_the_roles() -> None:
    kinds = {resource["Type"] for resource in cloudformation()["Resources"].values()}
    assert {kind for kind in kinds if kind.startswith("AWS::IAM::")} == {"AWS::IAM::Role", "AWS::IAM::Policy"}
    [policy] = resources("AWS::IAM::Policy", cloudformation()).values()
    assert policy["Properties"]["Roles"] == [{"Ref": REPLICATION_ROLE}], "the bucket names it, and it names the bucket"


@pytest.mark.parametrize("name", [*functions(), *MACHINE_NAMES])
def test_managed_policies_are_for_logs_and_traces_alone(name: str) -> None:
    attached = role_of(name)["Properties"].get("ManagedPolicyArns", [])
    assert {str(arn).rpartition("/")[2].rstrip("'}") for arn in attached} <= MANAGED


@pytest.mark.parametrize("name", [*functions(), *MACHINE_NAMES])
def test_every_statement_allows_named_actions_on_named_resources(name: str) -> None:
    for statement in statements(role_of(name)):
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource", "Principal"} & statement.keys()
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        unbound = {action.removeprefix("cognito-idp:") for action in listed(statement["Action"])} <= NOT_BOUND_TO_A_POOL
        unbound |= set(listed(statement["Action"])) == LOG_DELIVERY
        unbound |= set(listed(statement["Action"])) <= OF_THE_ACCOUNT
        assert ("*" in listed(statement["Resource"])) is unbound


def test_snapshots_are_deleted_by_retention_alone_and_others_delete_records_of_first_sign_ins() -> None:
    """And no version of any object: what is removed can be had back until its rule forgets it."""
    allowed = {action for role in roles().values() for s in statements(role) for action in listed(s["Action"])}
    deleting = {action for action in allowed - LOG_DELIVERY if "Delete" in action}
    assert deleting == {"s3:DeleteObject", "cognito-idp:DeleteUserPool"}
    assert {action for action in allowed if action.startswith("s3:")} == LOOKING | {
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:PutObject",
        "s3:PutObjectRetention",
        "s3:ListBucket",
    }
    removable = {name.removesuffix("Role"): keys(role, "s3:DeleteObject") for name, role in roles().items()}
    assert {name: patterns for name, patterns in removable.items() if patterns} == REMOVING


@pytest.mark.parametrize("name", REMOVING)
def test_a_removal_reaches_no_other_folder_and_not_what_the_other_one_removes(name: str) -> None:
    record, mark = "deferred/us-east-1_AbCdEfGhI/0f.json", "deferred/us-east-1_AbCdEfGhI/open"
    snapshot, secret = "snapshots/a/b/manifest.json", "secrets/a/b/clients.json"
    others = (
        "restores/a/report.json",
        "migrations/a/settings.json",
        "waiting/a.json",
        "holds/a/b.json",
        "brakes/a/b.json",
    )
    reached = {"SignInTokenFunction": [record], "RetentionRetainSnapshotsFunction": [snapshot, secret]}
    keys_there = (record, mark, snapshot, secret, *others)
    found = [key for key in keys_there if any(fnmatchcase(key, pattern) for pattern in REMOVING[name])]
    assert found == reached.get(name, [mark])


def test_the_table_of_cognito_actions_names_every_function() -> None:
    assert COGNITO.keys() == functions().keys()


@every_function
def test_a_function_has_exactly_the_cognito_actions_it_calls(name: str) -> None:
    assert actions(role_of(name), "cognito-idp") == COGNITO[name]


def test_every_call_that_the_adapters_make_is_allowed_to_somebody() -> None:
    """Those of `password_check.py` have no quota in our table: a person's sign-in paces them."""
    asking = {camel(method) for method, _ in calls("poolsafe.adapters.password_check", "_cognito")}
    assert asking == {"AdminInitiateAuth", "DescribeUserPoolClient"}
    assert set().union(*COGNITO.values()) - FOR_WAF - FOR_TAGS == METHODS.keys() | CONFIGURATION_CALLS | asking


@pytest.mark.parametrize("name", SCRATCHING)
def test_what_a_drill_does_to_pools_it_does_to_scratch_pools_alone(name: str) -> None:
    [bound] = [statement for statement in allowing(role_of(name), "cognito-idp") if "Condition" in statement]
    assert {action.removeprefix("cognito-idp:") for action in bound["Action"]} == SCRATCHING[name]
    assert bound["Condition"] == {"StringEquals": {f"aws:ResourceTag/{SCRATCH_TAG}": "true"}}
    free = actions(role_of(name), "cognito-idp") - SCRATCHING[name]
    assert free <= {"DescribeUserPool", "ListUserPools"}


def test_pools_are_deleted_by_drills_alone() -> None:
    assert {name for name, of in COGNITO.items() if "DeleteUserPool" in of} <= SCRATCHING.keys()
    assert not [action for of in COGNITO.values() for action in of if "Delete" in action and action != "DeleteUserPool"]


def test_only_the_migration_trigger_asks_for_passwords() -> None:
    """Nobody may set one but the restore, either; a drill does both, in its scratch pool."""
    asking = {
        name for name, actions_of in COGNITO.items() if {"AdminInitiateAuth", "AdminSetUserPassword"} & actions_of
    } - SCRATCHING.keys()
    assert asking == {"SignInUserMigrationFunction", "RestoreRestoreUsersFunction"}
    assert "AdminSetUserPassword" not in COGNITO["SignInUserMigrationFunction"]
    assert "AdminInitiateAuth" not in COGNITO["RestoreRestoreUsersFunction"]


@every_function
def test_cognito_actions_are_for_user_pools_of_this_account(name: str) -> None:
    for statement in statements(role_of(name)):
        called = {action.removeprefix("cognito-idp:") for action in listed(statement["Action"])}
        if any(action.startswith("cognito-idp:") for action in listed(statement["Action"])):
            if called <= NOT_BOUND_TO_A_POOL:
                continue
            assert not called & NOT_BOUND_TO_A_POOL
            if name == "SignInUserMigrationFunction" and statement["Resource"] == {"Ref": "MigrationSourceArns"}:
                continue  # narrower: test_the_migration_trigger_asks_only_the_sources_that_the_stack_names
            assert listed(statement["Resource"])[0] == USER_POOLS
            assert listed(statement["Resource"])[1:] in ([], [WEB_ACLS])


def test_the_migration_trigger_asks_only_the_sources_that_the_stack_names() -> None:
    """And of all other pools who has a name there, because it has to know whom it would take the name from."""
    role = role_of("SignInUserMigrationFunction")
    [of_source] = guarded(role, "HasMigrationSources")
    assert {action.removeprefix("cognito-idp:") for action in of_source["Action"]} == ASK_SOURCE
    assert of_source["Resource"] == {"Ref": "MigrationSourceArns"}
    [of_target] = [statement for statement in allowing(role, "cognito-idp") if statement != of_source]
    assert of_target["Action"] == ["cognito-idp:AdminGetUser"]
    assert of_target["Resource"] == USER_POOLS


@pytest.mark.parametrize(
    ("condition", "parameter", "owners"),
    [
        ("HasMigrationSources", "MigrationSourceArns", {"SignInUserMigrationFunction"}),
        ("HasMigrationRoles", "MigrationRoleArns", IN_OTHER_ACCOUNTS),
    ],
    ids=["sources", "roles"],
)
def test_what_the_stack_is_told_to_trust_is_used_by_those_who_need_it_and_only_if_it_is_told(
    condition: str, parameter: str, owners: set[str]
) -> None:
    joined = {"Fn::Join": ["", {"Ref": parameter}]}
    assert template()["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [joined, ""]}]}
    assert template()["Parameters"][parameter]["Default"] == ""
    naming = {
        name.removesuffix("Role"): [s for s in statements(role) if {"Ref": parameter} in listed(s["Resource"])]
        for name, role in roles().items()
    }
    assert {name for name, found in naming.items() if found} == owners
    for name, role in roles().items():
        assert guarded(role, condition) == naming[name.removesuffix("Role")]


def test_roles_of_other_accounts_are_assumed_only_where_a_source_is_asked() -> None:
    assuming = {name.removesuffix("Role"): allowing(role, "sts") for name, role in roles().items()}
    assert {name for name, found in assuming.items() if found} == IN_OTHER_ACCOUNTS
    for name in IN_OTHER_ACCOUNTS:
        [statement] = assuming[name]
        assert statement["Action"] == ["sts:AssumeRole"]
        assert statement["Resource"] == {"Ref": "MigrationRoleArns"}


def test_who_calls_the_triggers_is_said_by_those_who_attach_and_detach_them() -> None:
    """They touch the two triggers alone: with lambda:AddPermission, whoever has it lets anybody in."""
    letting = {name.removesuffix("Role"): allowing(role, "lambda") for name, role in roles().items()}
    found = {name: allowed for name, allowed in letting.items() if allowed and name not in MACHINE_NAMES}
    assert found.keys() == LETTING_IN.keys()
    for name, allowed in found.items():
        [statement] = allowed
        assert set(statement["Action"]) == {f"lambda:{action}" for action in LETTING_IN[name]}
        own = TRIGGERS[:1] if name == "MigrationEndMigrationFunction" else TRIGGERS
        assert listed(statement["Resource"]) == [{"Fn::GetAtt": [trigger, "Arn"]} for trigger in own]
        if LETTING_IN[name] == {"AddPermission"}:
            only = {"StringEqualsIfExists": {"lambda:Principal": "cognito-idp.amazonaws.com"}}
            assert statement["Condition"] == only


def test_every_call_of_lambda_that_is_made_is_allowed_to_somebody() -> None:
    made = {ast.literal_eval(call.args[0]) for _, call in calls("poolsafe.operations.attach_triggers", "lambdas")}
    assert made == set().union(*LETTING_IN.values())


@every_function
@pytest.mark.parametrize(("action", "table"), [("s3:PutObject", WRITES), ("s3:GetObject", READS)], ids=["put", "get"])
def test_a_function_reaches_only_its_folders_of_the_bucket(name: str, action: str, table: dict[str, set[str]]) -> None:
    assert {key.partition("/")[0] for key in keys(role_of(name), action)} == table.get(name, set())


@every_function
def test_the_bucket_itself_is_only_listed(name: str) -> None:
    for statement in statements(role_of(name)):
        if any(action.startswith("s3:") for action in listed(statement["Action"])):
            is_listing = set(listed(statement["Action"])) in ({"s3:ListBucket"}, LOOKING)
            assert (statement["Resource"] == BUCKET) is is_listing


@every_function
def test_who_reads_may_list_so_that_what_is_missing_is_not_taken_for_denied(name: str) -> None:
    """S3 answers 403 for a key that is not there, unless the caller may list the bucket
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html)."""
    allowed = actions(role_of(name), "s3")
    assert ("GetObject" in allowed or name in COUNTING) == ("ListBucket" in allowed)


def test_only_the_seal_writes_a_manifest() -> None:
    manifest = "snapshots/us-east-1_AbCdEfGhI/20261122T030000Z-3f9a1c/manifest.json"
    writable = {name: keys(role_of(name), "s3:PutObject") for name in functions()}
    writers = [name for name, patterns in writable.items() if any(fnmatchcase(manifest, key) for key in patterns)]
    assert writers == ["BackupSealSnapshotFunction"]


def test_only_who_attaches_and_detaches_writes_what_the_migration_trigger_trusts() -> None:
    """It names the pool that is asked for passwords, and how much a challenge of that pool proves."""
    settings = "migrations/us-east-1_AbCdEfGhI/settings.json"
    writable = {name: keys(role_of(name), "s3:PutObject") for name in functions()}
    writers = {name for name, patterns in writable.items() if any(fnmatchcase(settings, key) for key in patterns)}
    assert writers == LETTING_IN.keys()


def test_the_seal_writes_nothing_but_manifests() -> None:
    assert keys(role_of("BackupSealSnapshotFunction"), "s3:PutObject") == ["snapshots/*/manifest.json"]


@every_function
def test_only_a_backup_writes_into_a_snapshot(name: str) -> None:
    folders = {key.partition("/")[0] for key in keys(role_of(name), "s3:PutObject")}
    assert name.startswith("Backup") or "snapshots" not in folders


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


def test_roles_are_passed_by_whoever_makes_groups_or_writes_pools_and_only_those_named() -> None:
    """UpdateUserPool takes the whole pool: who attaches a trigger passes the role that it sends SMS with again."""
    passing = {
        name: statement["Resource"]
        for name, role in roles().items()
        for statement in statements(role)
        if "iam:PassRole" in listed(statement["Action"])
    }
    passes = (
        "RestoreRestoreGroupsFunctionRole",
        "RestoreMakePoolFunctionRole",
        "RestoreFinishPoolFunctionRole",
        "MigrationAttachTriggersFunctionRole",
        "MigrationDetachTriggersFunctionRole",
        "MigrationEndMigrationFunctionRole",
    )
    own = {"RestoreStartImportFunctionRole": {"Fn::GetAtt": [IMPORT_ROLE, "Arn"]}}
    assert passing == {name: {"Ref": "PassRoleArns"} for name in passes} | own


def test_objects_are_locked_by_whoever_writes_them_into_a_snapshot_and_by_nobody_else() -> None:
    """With the parameter ObjectLockMode, and only then."""
    locking = {name: keys(role_of(name), "s3:PutObjectRetention") for name in functions()}
    for name, patterns in locking.items():
        of_snapshot = ("snapshots/", "secrets/")
        assert patterns == [key for key in keys(role_of(name), "s3:PutObject") if key.startswith(of_snapshot)]
        assert bool(guarded(role_of(name), "HasObjectLock")) is bool(patterns)


def test_replication_reads_snapshots_and_secrets_and_writes_to_the_replica_alone() -> None:
    [policy] = resources("AWS::IAM::Policy", cloudformation()).values()
    allowed = [one.get("Fn::If", [None, one])[1] for one in policy["Properties"]["PolicyDocument"]["Statement"]]
    by_sid = {statement["Sid"]: statement for statement in allowed}
    assert by_sid.keys() == {"Configuration", "Read", "Write", "ReplicaKey", "SecretsKey", "Key"}
    folders = [{"Fn::Sub": f"{IN_BUCKET}{folder}/*"} for folder in ("snapshots", "secrets")]
    assert by_sid["Read"]["Resource"] == folders
    assert by_sid["Write"]["Resource"] == {"Fn::Sub": "${ReplicaBucketArn}/*"}
    assert not [action for one in allowed for action in one["Action"] if "Delete" in action]
    assert cloudformation()["Resources"][REPLICATION_ROLE]["Condition"] == "HasReplica"


def test_every_role_has_the_boundary_that_the_account_asks_for() -> None:
    asked = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]}
    without = [name for name, role in roles().items() if role["Properties"].get("PermissionsBoundary") != asked]
    assert without == []


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
    known = {
        "wafv2": COGNITO[name] >= READ_CONFIGURATION,
        "lambda": name in LETTING_IN,
        "sts": name in IN_OTHER_ACCOUNTS,
        "servicequotas": name in SETTING_THE_PACE,
        "cloudwatch": name in SETTING_THE_PACE,
    }
    assert services <= {"cognito-idp", "s3", "kms", "iam"} | {
        service for service, is_needed in known.items() if is_needed
    }


@pytest.mark.parametrize("name", sorted(SETTING_THE_PACE))
def test_who_sets_the_pace_of_a_run_reads_quotas_and_where_it_is_wanted_metrics(name: str) -> None:
    role = role_of(name)
    assert actions(role, "servicequotas") == {"ListServiceQuotas"}
    assert [statement["Action"] for statement in guarded(role, "WatchesUsage")] == [["cloudwatch:GetMetricData"]]
    assert actions(role, "cloudwatch") == {"GetMetricData"}
    assert functions()[name]["Environment"]["Variables"]["WATCH_USAGE"] == {"Ref": "WatchUsage"}


def key_policy() -> list[Json]:
    policy: list[Json] = cloudformation()["Resources"]["SecretsKey"]["Properties"]["KeyPolicy"]["Statement"]
    return [statement for entry in policy for statement in _either(entry)]


def test_the_key_for_secrets_lets_in_those_who_handle_them_and_nobody_else() -> None:
    """Not even the account's administrators: they may change the policy, and that is seen in CloudTrail."""
    allowed: dict[str, set[str]] = {}
    for statement in key_policy():
        if statement.get("Condition") == OF_CREDENTIALS:
            continue
        if statement["Sid"] == "Replicate":
            assert statement["Principal"]["AWS"] == {"Fn::GetAtt": [REPLICATION_ROLE, "Arn"]}
            assert statement["Action"] == "kms:Decrypt"
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


@pytest.mark.parametrize("name", [name for name in MACHINE_NAMES if name not in RUNNING])
def test_a_machine_may_only_invoke(name: str) -> None:
    assert {a for s in work_of(name) for a in listed(s["Action"])} == {"lambda:InvokeFunction"}


def work_of(name: str) -> list[Json]:
    """What a machine may do beside telling how it ended, and writing its log."""
    allowed = statements(role_of(name))
    told = [s for s in allowed if s["Action"] == ["events:PutEvents"]]
    logged = [s for s in allowed if set(listed(s["Action"])) == LOG_DELIVERY]
    assert [s["Resource"] for s in told] == [BUS]
    assert len(logged) == 1
    return [s for s in allowed if s not in (*told, *logged)]


@pytest.mark.parametrize(("name", "machine"), SCHEDULE_ROLES.items())
def test_a_schedule_may_start_its_machine_and_leave_word_where_it_could_not(name: str, machine: str) -> None:
    role = roles()[name]
    [trust] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": ["scheduler.amazonaws.com"]}
    assert [(listed(s["Action"]), listed(s["Resource"])) for s in statements(role)] == [
        (["states:StartExecution"], [{"Ref": machine}]),
        (["sqs:SendMessage"], [{"Fn::GetAtt": ["NightlyDeadLetterQueue", "Arn"]}]),
    ]


@pytest.mark.parametrize(("name", "machines"), RUNNING.items())
def test_a_machine_that_runs_others_may_invoke_and_run_exactly_those(name: str, machines: tuple[str, ...]) -> None:
    """What a `.sync` task of Step Functions needs, and no more, is in the documentation:
    https://docs.aws.amazon.com/step-functions/latest/dg/stepfunctions-iam.html."""
    others = [s for s in work_of(name) if listed(s["Action"]) != ["lambda:InvokeFunction"]]
    execution = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:"
    rule = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/"
    assert [(set(s["Action"]), listed(s["Resource"])) for s in others] == [
        ({"states:StartExecution"}, [{"Ref": machine} for machine in machines]),
        (
            {"states:DescribeExecution", "states:StopExecution"},
            [{"Fn::Sub": f"{execution}${{{machine}.Name}}:*"} for machine in machines],
        ),
        (
            {"events:PutTargets", "events:PutRule", "events:DescribeRule"},
            [{"Fn::Sub": f"{rule}StepFunctionsGetEventsForStepFunctionsExecutionRule"}],
        ),
    ]


@every_function
def test_a_function_has_the_layers_that_sam_gives_it(name: str) -> None:
    """repository.py joins the template's lists as SAM does; SAM adds a digest to a layer's name."""
    made = [layer["Ref"] for layer in cloudformation()["Resources"][name]["Properties"]["Layers"]]
    told = [layer["Ref"] for layer in functions()[name]["Layers"]]
    assert len(made) == len(told)
    assert all(full.startswith(short) for full, short in zip(made, told, strict=True))
