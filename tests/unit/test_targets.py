"""Targets that differ from the source: what cannot be taken is said before anything is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poolsafe.errors import TargetMismatch
from tests.fakes import EveryTime, FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.unit.restores import ended, restored

READS = {"DescribeUserPool", "ListUsers", "ListGroups"}


def test_an_attribute_that_the_target_lacks_is_named_and_nothing_is_written() -> None:
    source, target = pool_with(3), target_pool()
    source.add("alice", custom__tenant="blue")
    source.add("bob", custom__tenant="red", custom__plan="gold")
    with pytest.raises(TargetMismatch) as refused:
        restored(source, target)
    assert "lacks attributes that users have: custom:plan (1 users), custom:tenant (2 users)" in str(refused.value)
    assert "add-custom-attributes" in str(refused.value)
    assert set(target.calls) == READS


def test_an_attribute_that_only_users_in_the_target_have_is_no_obstacle() -> None:
    source, target = pool_with(2), target_pool()
    source.add("alice", custom__tenant="blue")
    target.add("alice")
    _, result = restored(source, target)
    assert result["counts"]["created"] == 2


def test_developer_attributes_go_where_the_target_has_them() -> None:
    source, target = FakeUserPool(), target_pool(custom=("dev:custom:flag",))
    source.add("alice", dev__custom__flag="1")
    restored(source, target)
    assert target.accounts["alice"].user.attributes["dev:custom:flag"] == "1"


@pytest.mark.parametrize(
    ("lacking", "threshold", "refused"),
    [(1, 1, False), (2, 1, True), (50, 50, False), (51, 50, True), (100, 100, False)],
)
def test_a_required_attribute_that_too_many_users_lack_stops_the_restore_before_it_writes(
    lacking: int, threshold: int, refused: bool
) -> None:
    source, target = FakeUserPool(), target_pool(required=("name",))
    for number in range(100):
        user = source.add(f"user{number:03d}")
        source.put(replace(user, attributes={} if number < lacking else {"name": "Somebody"}))
    if refused:
        with pytest.raises(
            TargetMismatch, match=rf"cannot take {lacking} of 100 users: required_attribute_missing:name"
        ):
            restored(source, target, max_failed_percent=threshold)
        assert set(target.calls) == READS
    else:
        machines, result = restored(source, target, max_failed_percent=threshold)
        assert result["counts"]["failed"] == lacking
        assert result["status"] == "PARTIAL"
        assert ended(machines, result, "user000") == ("failed", "required_attribute_missing:name")


def test_an_attribute_that_is_too_long_fails_its_user_alone() -> None:
    source, target = pool_with(2), target_pool(max_lengths={"name": 10})
    source.add("long", name="x" * 11)
    source.add("fits", name="é" * 10)
    machines, result = restored(source, target, max_failed_percent=50)
    assert ended(machines, result, "long") == ("failed", "attribute_too_long:name")
    assert ended(machines, result, "fits") == ("created", None)


# How users are named in pools that sign in by e-mail or phone: Cognito makes a UUID.


def test_memberships_come_back_under_the_new_name_where_users_sign_in_by_address() -> None:
    source = FakeUserPool(username_attributes=("email",))
    source.add("6f0c", email="alice@example.com", groups=("staff", "admins"))
    target = target_pool(username_attributes=("email",))
    machines, result = restored(source, target)
    (account,) = target.accounts.values()
    assert account.user.username == account.user.sub != "6f0c"
    assert sorted(account.groups) == ["admins", "staff"]
    assert [(row.username, row.new) for row in machines.sub_map(result)] == [("6f0c", account.user.sub)]


def test_users_of_a_pool_with_usernames_move_into_one_that_signs_in_by_address() -> None:
    source, target = pool_with(4), target_pool(username_attributes=("email",))
    _, result = restored(source, target)
    assert result["counts"]["created"] == 4
    assert {account.user.attributes["email"] for account in target.accounts.values()} == {
        f"user{number}@example.com" for number in range(4)
    }


def test_a_pool_that_takes_phone_or_email_takes_whichever_the_user_has() -> None:
    source, target = FakeUserPool(), target_pool(username_attributes=("phone_number", "email"))
    source.add("by-mail", email="a@example.com")
    source.add("by-phone", phone_number="+12065550100")
    source.add("by-both", phone_number="+12065550101", email="b@example.com")
    source.add("by-neither", name="Nobody")
    source.add("nor-this-one", name="Nobody")
    machines, result = restored(source, target, max_failed_percent=40)
    assert result["counts"] == {"created": 3, "updated": 0, "skipped": 0, "deferred": 0, "failed": 2}
    assert ended(machines, result, "by-neither") == ("failed", "no_sign_in_attribute")
    assert ended(machines, result, "nor-this-one") == ("failed", "no_sign_in_attribute")


def test_a_user_that_the_target_knows_by_its_address_is_skipped_whatever_its_username() -> None:
    source = FakeUserPool(username_attributes=("email",))
    source.add("6f0c", email="alice@example.com")
    target = target_pool(username_attributes=("email",))
    target.add("77aa", email="alice@example.com")
    machines, result = restored(source, target)
    assert ended(machines, result, "6f0c") == ("skipped", "name_exists")
    assert set(target.accounts) == {"77aa"}


# Case.


@pytest.mark.parametrize("name", ["Alice", "ALICE", "alice", "Ürsula", "ΟΔΥΣΣΕΥΣ", "İstanbul"])
def test_a_target_that_ignores_case_knows_its_users_however_they_are_written(name: str) -> None:
    source, target = FakeUserPool(), target_pool(case_sensitive=False)
    source.add(name, email="a@example.com")
    target.add(name.lower(), custom__original_sub=source.accounts[name].user.sub)
    machines, result = restored(source, target)
    assert ended(machines, result, name) == ("skipped", "exists")


@pytest.mark.parametrize("name", ["Alice", "Ürsula", "ΟΔΥΣΣΕΥΣ", "İstanbul"])
def test_a_user_is_verified_in_a_target_that_ignores_case(name: str) -> None:
    source, target = FakeUserPool(), target_pool(case_sensitive=False)
    source.add(name, email="Alice@Example.com", groups=("Staff",))
    machines, result = restored(source, target)
    assert result["status"] == "COMPLETE"
    assert target.accounts[name.lower()].groups == ["Staff"]
    assert machines.report(result)["verification"]["users_asked_about_again"] == 0


def test_a_target_that_tells_case_apart_takes_both_writings() -> None:
    source, target = FakeUserPool(), target_pool()
    source.add("Alice")
    source.add("alice")
    _, result = restored(source, target)
    assert set(target.accounts) == {"Alice", "alice"}
    assert result["counts"]["created"] == 2


# Two users of the snapshot that are one in the target.


def colliding(sub_attribute: str | None) -> tuple[FakeUserPool, FakeUserPool]:
    source = FakeUserPool()
    source.add("Alice", groups=("admins",))
    source.add("alice", groups=("guests",))
    custom = (sub_attribute,) if sub_attribute else ()
    return source, FakeUserPool("us-east-1_Target", custom=custom, case_sensitive=False)


@pytest.mark.parametrize("sub_attribute", ["custom:original_sub", None])
def test_two_users_that_the_target_cannot_tell_apart_are_never_made_one(sub_attribute: str | None) -> None:
    """Nobody may come by another one's groups."""
    source, target = colliding(sub_attribute)
    restored(source, target, max_failed_percent=100)
    (account,) = target.accounts.values()
    assert len(account.groups) == 1


def test_two_users_of_one_phone_number_are_told_apart_in_whichever_files_they_are() -> None:
    source = FakeUserPool(page_size=1)
    for name, email in (("first", "a@example.com"), ("other", "b@example.com"), ("second", "c@example.com")):
        number = "+12065550199" if name == "other" else "+12065550100"
        source.add(name, email=email, email_verified="true", phone_number=number, phone_number_verified="true")
    target = target_pool(username_attributes=("email", "phone_number"))
    machines = Machines(deadline=EveryTime(1))
    manifest = machines.backup(source)
    assert len(manifest.files_of("users")) == 3
    result = machines.restore(target, snapshot=LATEST, max_failed_percent=50)
    assert ended(machines, result, "second") == ("failed", "name_collides")
    assert {account.user.attributes["email"] for account in target.accounts.values()} == {
        "a@example.com",
        "b@example.com",
    }
    assert machines.plan(result)["users"]["fail"] == 1


@pytest.mark.parametrize("sub_attribute", ["custom:original_sub", None])
def test_a_user_lost_because_the_target_cannot_tell_it_from_another_is_a_failure_and_not_complete(
    sub_attribute: str | None,
) -> None:
    source, target = colliding(sub_attribute)
    _, result = restored(source, target, max_failed_percent=100)
    assert (result["counts"]["created"], result["counts"]["failed"]) == (1, 1)
    assert result["status"] == "PARTIAL"
