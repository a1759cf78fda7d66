"""One bad user never stops a run, is never passed over in silence, and many bad ones are a verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from poolsafe.domain.records import CONFIRMED, Group
from poolsafe.domain.restore.outcome import Kind, Reason, Result
from poolsafe.errors import AccessDenied, Rejected, ServiceUnavailable, Throttled, TooManyFailed
from tests.fakes import START, FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with
from tests.unit.restores import ended, outcomes_of, restored


class Picky(FakeUserPool):
    """Refuses some calls about some users or groups."""

    def __init__(self, refuse: Callable[[str, str], None]) -> None:
        super().__init__("us-east-1_Target", custom=("custom:original_sub",))
        self.refuse = refuse

    def create_group(self, group: Group) -> None:
        self.refuse("CreateGroup", group.group_name)
        super().create_group(group)

    def create_user(self, username: str, attributes: Any, password: str) -> Any:
        self.refuse("AdminCreateUser", username)
        return super().create_user(username, attributes, password)

    def set_password(self, username: str, password: str) -> None:
        self.refuse("AdminSetUserPassword", username)
        super().set_password(username, password)

    def add_to_group(self, username: str, group_name: str) -> None:
        self.refuse("AdminAddUserToGroup", username)
        super().add_to_group(username, group_name)

    def disable_user(self, username: str) -> None:
        self.refuse("AdminDisableUser", username)
        super().disable_user(username)


def refusing(operation: str, name: str, error: Exception | None = None) -> Picky:
    """A target where one operation fails for one name."""

    def refuse(called: str, about: str) -> None:
        if (called, about) == (operation, name):
            raise error or Rejected(operation, "InvalidParameterException")

    return Picky(refuse)


@pytest.mark.parametrize("operation", ["AdminCreateUser", "AdminSetUserPassword"])
def test_a_user_that_cognito_refuses_is_reported_and_the_others_come_back(operation: str) -> None:
    target = refusing(operation, "user00004")
    machines, result = restored(pool_with(10), target, max_failed_percent=10)
    assert result["status"] == "PARTIAL"
    assert (result["counts"]["created"], result["counts"]["failed"]) == (9, 1)
    assert ended(machines, result, "user00004") == ("failed", f"{operation}: InvalidParameterException")
    assert machines.report(result)["failures"][f"user: {operation}: InvalidParameterException"] == 1
    healthy = [account for name, account in target.accounts.items() if name != "user00004"]
    assert {account.user.status for account in healthy} == {CONFIRMED}


def test_the_memberships_of_a_user_that_failed_fail_with_it() -> None:
    machines, result = restored(pool_with(10), refusing("AdminCreateUser", "user00004"), max_failed_percent=10)
    membership = outcomes_of(machines, result, Kind.MEMBERSHIP)["user00004"]
    assert (membership.outcome, membership.reason) == (Result.FAILED, Reason.USER_FAILED)


def test_a_membership_that_cognito_refuses_fails_alone() -> None:
    target = refusing("AdminAddUserToGroup", "user00004")
    machines, result = restored(pool_with(10, groups=1), target)
    assert result["counts"] == {"created": 10, "updated": 0, "skipped": 0, "deferred": 0, "failed": 0}
    assert result["status"] == "PARTIAL"
    assert machines.report(result)["counts"]["membership"] == {"created": 14, "failed": 1}
    assert target.accounts["user00004"].user.status == CONFIRMED
    assert machines.report(result)["verification"]["passed"]


def test_a_user_that_cannot_be_disabled_is_a_failure_because_it_can_sign_in() -> None:
    source = pool_with(9)
    source.add("dismissed", enabled=False)
    machines, result = restored(source, refusing("AdminDisableUser", "dismissed"), max_failed_percent=10)
    assert ended(machines, result, "dismissed") == ("failed", "AdminDisableUser: InvalidParameterException")
    assert result["status"] == "PARTIAL"


def test_a_group_that_cognito_refuses_fails_with_its_memberships_and_stops_nothing() -> None:
    machines, result = restored(pool_with(6, groups=2), refusing("CreateGroup", "group1"))
    group = outcomes_of(machines, result, Kind.GROUP)["group1"]
    assert (group.outcome, group.reason) == (Result.FAILED, "CreateGroup: InvalidParameterException")
    assert result["counts"]["created"] == 6
    assert machines.report(result)["failures"] == {
        "group: CreateGroup: InvalidParameterException": 1,
        "membership: group_missing": 3,
    }
    assert result["status"] == "PARTIAL"


def test_a_role_that_may_not_be_passed_fails_its_group_alone() -> None:
    source = pool_with(2, groups=1)
    source.put_group(Group("admins", None, None, "arn:aws:iam::123456789012:role/admins", START, START))
    target = refusing("CreateGroup", "admins", AccessDenied("CreateGroup: AccessDeniedException."))
    machines, result = restored(source, target)
    group = outcomes_of(machines, result, Kind.GROUP)["admins"]
    assert (group.outcome, group.reason) == (Result.FAILED, Reason.ROLE_NOT_PASSED)
    assert result["status"] == "PARTIAL"
    assert "group0" in target.group_records


def test_a_role_of_ours_that_may_not_create_groups_stops_the_restore() -> None:
    target = refusing("CreateGroup", "group0", AccessDenied("CreateGroup: AccessDeniedException."))
    with pytest.raises(AccessDenied):
        restored(pool_with(2, groups=1), target)
    assert target.accounts == {}


@pytest.mark.parametrize(
    "operation", ["AdminCreateUser", "AdminSetUserPassword", "AdminAddUserToGroup", "AdminDisableUser"]
)
def test_a_missing_permission_stops_the_restore_because_it_is_about_everybody(operation: str) -> None:
    source = pool_with(300)
    source.add("dismissed", enabled=False)

    def deny(called: str, about: str) -> None:
        if called == operation:
            raise AccessDenied(f"{called}: AccessDeniedException.")

    with pytest.raises(AccessDenied, match=operation):
        restored(source, Picky(deny))


@pytest.mark.parametrize(("failing", "allowed", "refused"), [(1, 1, False), (2, 1, True), (2, 2, False), (1, 0, True)])
def test_more_failures_than_were_allowed_are_the_verdict_after_all_the_work_is_done(
    failing: int, allowed: int, refused: bool
) -> None:
    def refuse(called: str, about: str) -> None:
        if called == "AdminCreateUser" and about < f"user{failing:05d}":
            raise Rejected(called, "InvalidParameterException")

    machines, target = Machines(), Picky(refuse)
    machines.backup(pool_with(100))
    if refused:
        with pytest.raises(
            TooManyFailed, match=rf"max_failed_percent \({allowed}\).*InvalidParameterException"
        ) as told:
            machines.restore(target, snapshot=LATEST, max_failed_percent=allowed)
        (report,) = [key for key in machines.store.objects if key.endswith("report.json")]
        assert f"s3://bucket/{report}" in str(told.value)
        assert machines.document(report)["status"] == "FAILED"
    else:
        assert machines.restore(target, snapshot=LATEST, max_failed_percent=allowed)["status"] == "PARTIAL"
    assert len(target.accounts) == 100 - failing


def test_the_sub_map_is_written_even_when_too_many_failed() -> None:
    machines = Machines()
    machines.backup(pool_with(10))
    with pytest.raises(TooManyFailed):
        machines.restore(refusing("AdminCreateUser", "user00004"), snapshot=LATEST)
    (key,) = [key for key in machines.store.objects if key.endswith("sub_map.parquet")]
    assert len(machines.sub_map({"restore_id": key.split("/")[1]})) == 9


# Calls without an answer. The governor and botocore have tried before; this is what is left.

UNANSWERED = pytest.mark.parametrize("error", [Throttled("AdminCreateUser: 400."), ServiceUnavailable("No answer.")])


@pytest.mark.parametrize(
    "error", [Throttled("AdminCreateUser: TooManyRequests."), ServiceUnavailable("AdminCreateUser")]
)
def test_a_user_whose_calls_stay_unanswered_fails_alone(error: Exception) -> None:
    target = refusing("AdminCreateUser", "user00004", error)
    machines, result = restored(pool_with(10), target, max_failed_percent=10)
    assert ended(machines, result, "user00004") == ("failed", type(error).__name__)
    assert result["counts"]["created"] == 9


def test_a_user_whose_first_call_went_unanswered_is_tried_once_more() -> None:
    errors = [ServiceUnavailable("AdminSetUserPassword: no answer.")]

    def refuse(called: str, about: str) -> None:
        if (called, about) == ("AdminSetUserPassword", "user00004") and errors:
            raise errors.pop()

    target = Picky(refuse)
    _, result = restored(pool_with(10), target)
    assert result["counts"]["created"] == 10
    assert target.accounts["user00004"].user.status == CONFIRMED


@pytest.mark.parametrize(
    "error", [Throttled("AdminCreateUser: TooManyRequests."), ServiceUnavailable("AdminCreateUser")]
)
def test_when_nobody_gets_through_the_state_is_tried_again_and_nobody_is_declared_failed(error: Exception) -> None:
    def refuse(called: str, about: str) -> None:
        if called == "AdminCreateUser":
            raise error

    machines = Machines()
    machines.backup(pool_with(10))
    with pytest.raises(type(error)):
        machines.restore(Picky(refuse), snapshot=LATEST)
    assert not [key for key in machines.store.objects if "/outcomes/users-" in key]
