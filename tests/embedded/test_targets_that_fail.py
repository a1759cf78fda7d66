"""A target that is deleted while it is restored, a role that lacks one action: said at once, by name; and a way out."""

from __future__ import annotations

import pytest

from tests.embedded.deployed import Deployed
from tests.embedded.matrix_pools import make_pool
from tests.embedded.mid_run import KIND, Saved, begun, called, reached, save, somebody_elses_import, without_action
from tests.embedded.test_interruptions import redriven


@pytest.fixture(scope="module")
def saved(deployed: Deployed) -> Saved:
    return save(deployed)


@pytest.fixture
def target(deployed: Deployed) -> str:
    return make_pool(deployed, KIND)


# Deleted


@pytest.mark.parametrize(
    "action",
    ["CreateGroup", "AdminCreateUser", "AdminAddUserToGroup", "AdminSetUserPassword", "AdminLinkProviderForUser"],
)
def test_a_target_that_is_deleted_meanwhile_ends_the_restore(
    deployed: Deployed, saved: Saved, target: str, action: str
) -> None:
    with deployed.cloud.faults({"action": action, "latency_ms": 1000, "times": None}):
        execution = begun(deployed, saved[0], target)
        called(deployed, action)
        deployed.idp(target).delete_user_pool(UserPoolId=target)
        refusal = deployed.failed(execution)
    assert refusal.error == "PoolNotFound"
    assert target in refusal.message


def test_a_target_that_is_deleted_before_its_import_ends_the_restore(
    deployed: Deployed, saved: Saved, target: str
) -> None:
    with somebody_elses_import(deployed):
        execution = begun(deployed, saved[0], target, credentials="import-job")
        reached(deployed, execution, "WaitForOtherImport")
        deployed.idp(target).delete_user_pool(UserPoolId=target)
        refusal = deployed.failed(execution)
    assert refusal.error == "PoolNotFound"
    assert target in refusal.message


def test_a_target_that_is_deleted_after_its_import_ends_the_restore(
    deployed: Deployed, saved: Saved, target: str
) -> None:
    with deployed.cloud.faults({"action": "AdminAddUserToGroup", "latency_ms": 1000, "times": None}):
        execution = begun(deployed, saved[0], target, credentials="import-job")
        called(deployed, "AdminAddUserToGroup")
        deployed.idp(target).delete_user_pool(UserPoolId=target)
        refusal = deployed.failed(execution)
    assert refusal.error == "PoolNotFound"


# Denied


@pytest.mark.parametrize(
    ("credentials", "function", "action"),
    [
        ("import-job", "RestoreWriteImportFunction", "cognito-idp:GetCSVHeader"),
        ("import-job", "RestoreStartImportFunction", "cognito-idp:StartUserImportJob"),
        ("import-job", "RestoreStartImportFunction", "iam:PassRole"),
        ("import-job", "RestoreCheckImportFunction", "cognito-idp:DescribeUserImportJob"),
        ("reset", "RestoreRestoreUsersFunction", "cognito-idp:AdminSetUserMFAPreference"),
        ("reset", "RestoreRestoreUsersFunction", "cognito-idp:AdminLinkProviderForUser"),
        ("temporary", "RestoreRestoreUsersFunction", "cognito-idp:AdminEnableUser"),
    ],
)
def test_a_role_that_lacks_one_action_says_which_and_a_redrive_ends_the_work(
    deployed: Deployed, saved: Saved, target: str, credentials: str, function: str, action: str
) -> None:
    snapshot, by_sub = saved
    with without_action(deployed, function, action):
        execution = begun(deployed, snapshot, target, credentials=credentials)
        refusal = deployed.failed(execution)
    assert refusal.error == "AccessDenied"
    # Who lacks the permission to pass a role is told of the call that passes it.
    operation = "CreateUserImportJob" if action == "iam:PassRole" else action.partition(":")[2]
    assert refusal.message.startswith(f"{operation}: AccessDenied")
    assert "role must allow this action" in refusal.message
    result = redriven(deployed, execution)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", len(by_sub))
    assert {user.enabled for name, user in deployed.users(target).items() if name != "disabled"} == {True}
    assert deployed.cloud.messages() == []
