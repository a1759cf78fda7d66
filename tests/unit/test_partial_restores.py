"""`only`: some users, some groups, some sections; what is left out is neither written, nor compared, nor failed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.records import EXTERNAL_PROVIDER
from poolsafe.domain.restore.notices import Attention, Notice
from poolsafe.domain.restore.outcome import Kind, Outcome, Reason, Result
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, target_pool
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.restores import ended, mfa

MAIL: dict[str, Any] = {"email_verified": "true"}


def school() -> FakeUserPool:
    """Three people in three groups, one of them empty."""
    pool = FakeUserPool(mfa=mfa("OPTIONAL"))
    for name, groups in {"ada": ("maths", "readers"), "bob": ("readers",), "eve": ()}.items():
        pool.add(name, sub=f"sub-of-{name}", groups=groups, email=f"{name}@example.com", **MAIL)
    pool.add("ghost", groups=("empty",))
    del pool.accounts["ghost"]
    return pool


def restored(
    target: FakeUserPool, only: dict[str, Any], source: FakeUserPool | None = None, **options: Any
) -> tuple[Deployed, dict[str, Any]]:
    with Deployed() as machines:
        machines.backup(source or school(), include=["mfa"])
        result = machines.restore(target, snapshot=LATEST, only=only, **options)
    return machines, result


def refused(only: dict[str, Any], **options: Any) -> tuple[Deployed, str]:
    target = target_pool()
    with Deployed() as machines:
        machines.backup(school())
        with pytest.raises(ExecutionFailed) as failed:
            machines.restore(target, snapshot=LATEST, only=only, **options)
    assert failed.value.error == "InvalidRequest"
    assert (target.accounts, target.group_records) == ({}, {})
    return machines, str(json.loads(failed.value.cause)["errorMessage"])


def joined(target: FakeUserPool) -> dict[str, set[str]]:
    return {name: set(account.groups) for name, account in target.accounts.items()}


def notices(machines: Deployed, result: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    rows: list[Notice] = machines._rows(f"restores/{result['restore_id']}/attention/", Notice)
    return [(row.username, row.attention, row.detail) for row in rows]


# Some users


@pytest.mark.parametrize("name", ["ada", "sub-of-ada"])
def test_a_user_brings_all_their_groups_along_and_nobody_else(name: str) -> None:
    target = target_pool(mfa=mfa("OPTIONAL"))
    machines, result = restored(target, {"usernames": [name]})
    assert joined(target) == {"ada": {"maths", "readers"}}
    assert set(target.group_records) == {"maths", "readers"}
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 1)
    report = machines.report(result)
    assert report["verification"]["passed"]
    assert report["plan"]["users"] == {"create": 1, "update": 0, "skip": 0, "defer": 0, "fail": 0}
    assert (report["plan"]["groups"], report["plan"]["memberships"]["create"]) == (2, 2)


def test_a_group_brings_its_members_along_and_they_their_other_groups() -> None:
    target = target_pool()
    machines, result = restored(target, {"groups": ["maths", "empty"]})
    assert joined(target) == {"ada": {"maths", "readers"}}
    assert set(target.group_records) == {"maths", "readers", "empty"}
    assert result["status"] == "COMPLETE"
    assert machines.report(result)["counts"]["group"] == {"created": 3}


def test_users_and_groups_together_are_all_of_both() -> None:
    target = target_pool()
    restored(target, {"groups": ["maths"], "usernames": ["eve"]})
    assert joined(target) == {"ada": {"maths", "readers"}, "eve": set()}


def test_a_selected_user_who_is_there_is_no_reason_to_touch_anybody() -> None:
    target = target_pool()
    target.add("ada", custom__original_sub="sub-of-ada")
    machines, result = restored(target, {"usernames": ["ada"]})
    assert ended(machines, result, "ada") == ("skipped", "exists")
    assert set(target.group_records) == set()


def test_a_conflict_of_somebody_who_is_left_out_is_none() -> None:
    target = target_pool()
    target.add("bob", groups=("empty",), custom__original_sub="sub-of-bob")
    _, result = restored(target, {"usernames": ["ada"]}, on_conflict="fail")
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 1)
    assert joined(target) == {"ada": {"maths", "readers"}, "bob": {"empty"}}


def test_who_comes_back_at_their_first_sign_in_finds_their_groups_there() -> None:
    source, target = school(), target_pool()
    source.add("Google_1", status=EXTERNAL_PROVIDER, groups=("maths", "us-east-1_Source_Google"))
    _, result = restored(target, {"usernames": ["Google_1"]}, source)
    assert (target.accounts, set(target.group_records)) == ({}, {"maths"})
    assert (result["status"], result["counts"]["deferred"]) == ("COMPLETE", 1)
    machines, result = restored(
        target_pool(), {"usernames": ["Google_1"], "sections": ["users", "memberships"]}, source
    )
    assert notices(machines, result) == [("Google_1", Attention.GROUP_MISSING, "maths")]


# Some sections


def test_without_the_section_groups_a_group_that_is_missing_is_named_and_its_membership_fails() -> None:
    target = target_pool()
    target.put_group(school().group_records["readers"])
    machines, result = restored(target, {"usernames": ["ada"], "sections": ["users", "memberships"]})
    assert joined(target) == {"ada": {"readers"}}
    assert set(target.group_records) == {"readers"}
    assert notices(machines, result) == [("ada", Attention.GROUP_MISSING, "maths")]
    membership = [row for row in machines.outcomes(result) if row.kind is Kind.MEMBERSHIP]
    assert {(row.group_name, row.outcome, row.reason) for row in membership} == {
        ("maths", Result.FAILED, Reason.GROUP_MISSING),
        ("readers", Result.CREATED, None),
    }
    assert result["status"] == "PARTIAL"
    assert machines.report(result)["verification"]["passed"]
    assert any("only.sections leaves out" in warning for warning in machines.plan(result)["warnings"])


def test_groups_alone_are_made_without_anybody() -> None:
    target = target_pool()
    machines, result = restored(target, {"sections": ["groups"]})
    assert (target.accounts, set(target.group_records)) == ({}, {"maths", "readers", "empty"})
    assert result["counts"] == {"created": 0, "updated": 0, "skipped": 3, "deferred": 0, "failed": 0}
    assert (result["status"], ended(machines, result, "ada")) == ("COMPLETE", ("skipped", "not_in_target"))


def test_users_alone_come_back_without_groups_and_nothing_is_missed() -> None:
    target = target_pool()
    machines, result = restored(target, {"sections": ["users"]})
    assert joined(target) == {"ada": set(), "bob": set(), "eve": set()}
    assert (result["status"], target.group_records) == ("COMPLETE", {})
    with machines:
        again = machines.restore(target, snapshot=LATEST, only={"sections": ["users"]})
    assert (again["status"], again["counts"]["skipped"]) == ("COMPLETE", 3)


def test_memberships_alone_come_back_where_people_are_and_nowhere_else() -> None:
    """Somebody has emptied the groups of a pool."""
    source, target = school(), target_pool()
    for name in ("ada", "bob"):
        target.add(name, custom__original_sub=f"sub-of-{name}")
    for group in source.group_records.values():
        target.put_group(group)
    machines, result = restored(target, {"sections": ["memberships"]}, source)
    assert joined(target) == {"ada": {"maths", "readers"}, "bob": {"readers"}}
    assert not {"AdminCreateUser", "AdminSetUserPassword", "CreateGroup", "UpdateGroup"} & target.calls.keys()
    assert ended(machines, result, "ada") == ("updated", "exists")
    assert ended(machines, result, "eve") == ("skipped", "not_in_target")
    assert result["status"] == "COMPLETE"
    target.calls.clear()
    with machines:
        again = machines.restore(target, snapshot=LATEST, only={"sections": ["memberships"]})
    assert again["counts"]["skipped"] == 3
    assert "AdminAddUserToGroup" not in target.calls


def test_a_stranger_joins_nothing_for_having_the_name() -> None:
    source, target = school(), target_pool()
    target.add("ada", email="attacker@example.com", **MAIL)
    for group in source.group_records.values():
        target.put_group(group)
    machines, result = restored(target, {"sections": ["memberships"]}, source)
    assert joined(target) == {"ada": set()}
    assert ended(machines, result, "ada") == ("skipped", "name_exists")


def test_second_factors_alone_are_set_for_who_is_there() -> None:
    source, target = FakeUserPool(mfa=mfa("OPTIONAL")), target_pool(mfa=mfa("OPTIONAL"))
    for name, methods in {
        "ada": ("EMAIL_OTP", "SOFTWARE_TOKEN_MFA"),
        "bob": ("SOFTWARE_TOKEN_MFA",),
        "eve": (),
    }.items():
        account = source.accounts[source.add(name, email=f"{name}@example.com", name="new").username]
        source.put(replace(account.user, mfa_methods=methods))
        target.add(name, email=f"{name}@example.com", custom__original_sub=account.user.sub)
    machines, result = restored(target, {"sections": ["mfa"]}, source)
    assert {name: account.user.mfa_methods for name, account in target.accounts.items()} == {
        "ada": ("EMAIL_OTP",),
        "bob": None,
        "eve": None,
    }
    assert ended(machines, result, "ada") == ("updated", "exists")
    assert ended(machines, result, "bob") == ("skipped", "exists")
    assert result["status"] == "COMPLETE"
    assert not {"AdminSetUserPassword", "AdminUpdateUserAttributes"} & target.calls.keys()
    with machines:
        again = machines.restore(target, snapshot=LATEST, only={"sections": ["mfa"]})
    assert target.calls["AdminSetUserMFAPreference"] == 1
    assert again["counts"]["skipped"] == 3


def test_no_second_factor_takes_the_way_to_a_new_password_and_the_outcome_says_why() -> None:
    """What the user has already is known only when Cognito is asked, after the plan."""
    offers = mfa("OPTIONAL")
    source, target = FakeUserPool(mfa=offers), target_pool(mfa=offers, auto_verified=("email", "phone_number"))
    mail: dict[str, Any] = {"email": "ada@example.com", "email_verified": "true"}
    phone: dict[str, Any] = {"phone_number": "+15555550100", "phone_number_verified": "true"}
    saved = source.add("ada", **mail, **phone)
    source.put(replace(saved, mfa_methods=("EMAIL_OTP",)))
    there = target.add("ada", custom__original_sub=saved.sub, **mail, **phone)
    target.put(replace(there, mfa_methods=("SMS_MFA",), preferred_mfa="SMS_MFA"))
    machines, result = restored(target, {"sections": ["mfa"]}, source)
    assert target.accounts["ada"].user.mfa_methods == ("SMS_MFA",)
    assert "AdminSetUserMFAPreference" not in target.calls
    [outcome] = [row for row in machines.outcomes(result) if row.kind is Kind.MFA]
    assert (outcome.outcome, outcome.reason) == ("skipped", "recovery_channel_is_mfa")
    assert ended(machines, result, "ada") == ("skipped", "exists")


# What is refused


def test_a_name_that_nobody_has_is_refused_and_told_in_the_bucket_alone(capfd: pytest.CaptureFixture[str]) -> None:
    machines, message = refused({"usernames": ["ada", "Zebulon", "yusuf"]})
    assert message.startswith("only.usernames: names 2 who are not in the snapshot; s3://bucket/restores/")
    told = capfd.readouterr()
    assert not [word for word in ("Zebulon", "yusuf") if word in message + told.out + told.err]
    [prefix] = {key.rpartition("/")[0] for key in machines.store.objects if "/failing/" in key}
    assert f"s3://bucket/{prefix}/" in message
    assert [(row.username, row.reason) for row in machines._rows(f"{prefix}/", Outcome)] == [
        ("Zebulon", Reason.NOT_IN_SNAPSHOT),
        ("yusuf", Reason.NOT_IN_SNAPSHOT),
    ]


def test_a_group_that_is_not_there_is_refused_by_its_name() -> None:
    _, message = refused({"groups": ["maths", "physics"]})
    assert message.startswith("only.groups: names 1 groups that are not in the snapshot: physics")


@pytest.mark.parametrize("beside", ["users", "groups", "memberships", "mfa"])
def test_the_configuration_of_a_pool_that_exists_goes_by_itself(beside: str) -> None:
    _, message = refused({"sections": ["config", beside]})
    assert message.startswith("only.sections: names config beside others")


# Nobody who is named travels


@pytest.mark.parametrize("dry_run", [False, True])
def test_whom_a_request_names_is_in_no_payload_but_its_own(dry_run: bool, capfd: pytest.CaptureFixture[str]) -> None:
    source, target = FakeUserPool(), target_pool()
    source.add("quetzal", groups=("okapi", "narwhal"), sub="axolotl")
    source.add("pangolin", groups=("narwhal",))
    machines, result = restored(target, {"usernames": ["axolotl"], "groups": ["narwhal"]}, source, dry_run=dry_run)
    (first, _, answer), *others = machines.executions[-1].payloads
    assert first == "CheckRequest"
    told = capfd.readouterr()
    for word in ("quetzal", "axolotl", "pangolin", "okapi", "narwhal"):
        assert word not in json.dumps([answer, others, result])
        assert word not in told.out + told.err
    assert result["counts"]["created"] == 2
