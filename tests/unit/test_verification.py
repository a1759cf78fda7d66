"""What came back is compared with the snapshot: what must not differ fails the restore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from poolsafe.domain.records import FORCE_CHANGE_PASSWORD, User
from poolsafe.errors import VerificationFailed
from tests.fakes import EveryTime, FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with, target_pool

Tampering = Callable[[FakeUserPool], None]


def with_attributes(user: User, **attributes: str | None) -> User:
    named = {name.replace("__", ":"): value for name, value in attributes.items()}
    kept = {**user.attributes, **named}
    return replace(user, attributes={name: value for name, value in kept.items() if value is not None})


def lose_a_user(target: FakeUserPool) -> None:
    del target.accounts["user00002"]


def change_an_attribute(target: FakeUserPool) -> None:
    account = target.accounts["user00002"]
    account.user = with_attributes(account.user, email="thief@example.com")


def drop_an_attribute(target: FakeUserPool) -> None:
    account = target.accounts["user00002"]
    account.user = with_attributes(account.user, email_verified=None)


def change_the_old_sub(target: FakeUserPool) -> None:
    account = target.accounts["user00002"]
    account.user = with_attributes(account.user, custom__original_sub="another")


def disable_somebody(target: FakeUserPool) -> None:
    account = target.accounts["user00002"]
    account.user = replace(account.user, enabled=False)


def ask_for_a_new_password(target: FakeUserPool) -> None:
    account = target.accounts["user00002"]
    account.user = replace(account.user, status=FORCE_CHANGE_PASSWORD)


def leave_a_group(target: FakeUserPool) -> None:
    target.accounts["user00002"].groups.remove("group0")


def join_a_group(target: FakeUserPool) -> None:
    target.accounts["user00002"].groups.append("group1")


def delete_a_group(target: FakeUserPool) -> None:
    del target.group_records["group2"]
    for account in target.accounts.values():
        account.groups = [name for name in account.groups if name != "group2"]


def change_a_group(target: FakeUserPool) -> None:
    target.group_records["group2"] = replace(target.group_records["group2"], precedence=0)


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lose_a_user, "missing (1)"),
        (change_an_attribute, "attribute (1)"),
        (drop_an_attribute, "attribute (1)"),
        (change_the_old_sub, "original_sub_wrong (1)"),
        (disable_somebody, "enabled (1)"),
        (ask_for_a_new_password, "status_wrong (1)"),
        (leave_a_group, "membership_missing (1)"),
        (join_a_group, "membership_extra (1)"),
        (delete_a_group, "group_missing (1), membership_missing (2)"),
        (change_a_group, "group_changed (1)"),
    ],
)
def test_what_is_changed_in_the_target_before_the_verification_fails_the_restore(tamper: Tampering, told: str) -> None:
    target = target_pool()
    machines = Machines(before_verification=lambda: tamper(target))
    machines.backup(pool_with(6))
    with pytest.raises(VerificationFailed) as failed:
        machines.restore(target, snapshot=LATEST)
    assert f"not expected: {told}." in str(failed.value)
    (restore_id,) = {key.split("/")[1] for key in machines.store.objects if key.startswith("restores/")}
    result = {"restore_id": restore_id}
    report = machines.report(result)
    assert report["status"] == "FAILED"
    assert report["verification"]["passed"] is False
    undeclared = [difference for difference in machines.differences(result) if difference.fails]
    assert sum(report["verification"]["undeclared_differences"].values()) == len(undeclared)
    assert {difference.username for difference in undeclared if difference.username} <= {"user00002", "user00005"}


def test_a_group_without_an_outcome_is_found() -> None:
    """As after a bug of ours: somebody deleted the outcomes of the groups."""
    machines = Machines()

    def forget() -> None:
        for key in machines.store.keys("restores/"):
            if "/outcomes/groups-" in key:
                del machines.store.objects[key]

    machines.before_verification = forget
    machines.backup(pool_with(3))
    with pytest.raises(VerificationFailed, match=r"no_outcome \(3\)"):
        machines.restore(target_pool(), snapshot=LATEST)


def test_users_without_an_outcome_are_found() -> None:
    machines = Machines()

    def forget() -> None:
        for key in machines.store.keys("restores/"):
            if "/outcomes/users-" in key:
                del machines.store.objects[key]

    machines.before_verification = forget
    machines.backup(pool_with(3))
    with pytest.raises(VerificationFailed, match=r"no_outcome \(3\)"):
        machines.restore(target_pool(), snapshot=LATEST)


def test_the_verification_is_carried_on_over_hand_overs() -> None:
    target = target_pool()
    machines = Machines(deadline=EveryTime(1))
    machines.backup(pool_with(23, page_size=3))
    result = machines.restore(target, snapshot=LATEST)
    report = machines.report(result)
    assert report["verification"]["declared_differences"]["sub"] == 23
    assert len(machines.differences(result)) == sum(report["verification"]["declared_differences"].values())
