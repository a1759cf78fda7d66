"""plan.json and attention/: what a restore will do, how long it takes, whom it costs, and who needs somebody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.records import EXTERNAL_PROVIDER
from poolsafe.domain.restore.notices import Attention, Notice
from poolsafe.schema_check import require
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.restores import mfa

MAIL: dict[str, Any] = {"email": "a@example.com", "email_verified": "true"}
PHONE: dict[str, Any] = {"phone_number": "+12065550100", "phone_number_verified": "true"}
LINKS = json.dumps(
    [{"userId": "1", "providerName": name, "primary": False} for name in ("Google", "Partner", "Facebook")]
)


@pytest.fixture
def machines() -> Iterator[Deployed]:
    with Deployed() as deployed:
        yield deployed


def planned(
    machines: Deployed, source: FakeUserPool, target: FakeUserPool, **options: Any
) -> tuple[dict[str, Any], set[tuple[str, str, str | None]]]:
    """The plan of a dry run, and everybody whom attention/ names, with what there is to do and the detail."""
    machines.backup(source, include=["mfa"])
    result = machines.restore(target, snapshot=LATEST, dry_run=True, **options)
    plan = machines.plan(result)
    require("plan", plan)
    require("restore.report", machines.report(result))
    assert (target.passwords, target.messages) == ([], [])
    rows: list[Notice] = machines._rows(f"restores/{result['restore_id']}/attention/", Notice)
    counted = {attention: len({row.username for row in rows if row.attention == attention}) for attention in Attention}
    assert plan["attention"] == {attention.value: count for attention, count in counted.items() if count}
    return plan, {(row.username, row.attention.value, row.detail) for row in rows}


def everybody() -> FakeUserPool:
    """One of every kind."""
    source = FakeUserPool(mfa=mfa("OPTIONAL"))
    source.add("reachable", groups=("staff", "us-east-1_Source_Google"), **MAIL)
    source.add("unverified", email="u@example.com", email_verified="false")
    source.add("off", enabled=False, status="RESET_REQUIRED", **MAIL)
    source.add("linked", identities=LINKS, groups=("staff",), **MAIL)
    source.add("Google_9", status=EXTERNAL_PROVIDER, groups=("staff",))
    source.add("there", **MAIL)
    source.add("taken", email="t@example.com", email_verified="true")
    source.add("too-long", name="x" * 40, **MAIL)
    user = source.add("factors", **MAIL | {"email": "f@example.com"}, **PHONE)
    source.put(replace(user, mfa_methods=("SMS_MFA", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"), preferred_mfa="SMS_MFA"))
    user = source.add("only-phone", **PHONE | {"phone_number": "+12065550111"})
    source.put(replace(user, mfa_methods=("SMS_MFA",), preferred_mfa="SMS_MFA"))
    return source


def target_of_everybody(source: FakeUserPool) -> FakeUserPool:
    target = target_pool(
        mfa=mfa("OPTIONAL"), providers=("Google", "Facebook"), auto_verified=("email",), max_lengths={"name": 39}
    )
    target.add("there", groups=("staff",), custom__original_sub=source.accounts["there"].user.sub)
    target.add("taken", email="stranger@example.com", email_verified="true")
    return target


def test_everybody_is_counted_and_whoever_needs_somebody_is_named(machines: Deployed) -> None:
    source = everybody()
    plan, named = planned(machines, source, target_of_everybody(source), max_failed_percent=50)
    assert plan["users"] == {"create": 6, "update": 0, "skip": 2, "defer": 1, "fail": 1}
    assert plan["memberships"] == {"create": 2, "service_made": 1, "of_users_not_in_the_snapshot": 0}
    assert plan["reasons"] == {"attribute_too_long:name": 1, "exists": 1, "federated": 1, "name_exists": 1}
    assert plan["credentials"] == {"reset": 4, "import-job": 0, "temporary": 2, "invite": 0}
    assert plan["unreachable"] == {"no_recovery_channel": 1, "recovery_channel_is_mfa": 1}
    assert (plan["links"], plan["second_factors"], plan["messages"]) == (2, 2, 0)
    assert named == {
        ("unverified", "temporary_password", None),
        ("unverified", "unreachable", "no_recovery_channel"),
        ("only-phone", "temporary_password", None),
        ("only-phone", "unreachable", "recovery_channel_is_mfa"),
        ("factors", "enrol_totp", None),
        ("factors", "enrol_passkey", None),
        ("linked", "link_not_restored", "Partner"),
    }
    assert plan["declared_losses"] == {
        "passwords": 6,
        "sub": 6,
        "created_at": 6,
        "status_other_than_confirmed": 1,
        "links_to_providers": 1,
        "software_tokens": 1,
        "passkeys": 1,
        "mfa_preferences": 0,
        "federated_users_until_they_sign_in": 1,
    }
    assert plan["users_billed_as_active"] == 6


def test_the_warnings_say_what_the_counts_mean(machines: Deployed) -> None:
    source = everybody()
    plan, _ = planned(machines, source, target_of_everybody(source), max_failed_percent=50)
    told = " ".join(plan["warnings"])
    for part in (
        "1 names are taken in the target by users not known to be the same people",
        "2 users are in the target already",
        "2 users cannot use reset: no_recovery_channel (1), recovery_channel_is_mfa (1)",
        "2 users get a temporary password that somebody has to hand over; it is good for 7 days",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("mode", "include", "is_told"),
    [
        ("OPTIONAL", [], True),
        ("ON", [], True),
        ("OFF", [], False),
        ("OPTIONAL", ["mfa"], False),
    ],
)
def test_second_factors_that_a_snapshot_does_not_know_are_not_silently_none(
    machines: Deployed, mode: str, include: list[str], is_told: bool
) -> None:
    source = FakeUserPool(mfa=mfa("OPTIONAL"))
    source.add("ada", **MAIL)
    source.add("Google_9", status=EXTERNAL_PROVIDER)
    machines.backup(source, include=include)
    result = machines.restore(target_pool(mfa=mfa(mode)), snapshot=LATEST, dry_run=True)
    told = [one for one in machines.plan(result)["warnings"] if "second factors of 1 users are not in the" in one]
    assert bool(told) is is_told


def test_hours_are_requests_by_what_the_restore_may_use_of_each_quota(machines: Deployed) -> None:
    """A twentieth of 50 creations, 30 passwords and 25 updates a second, and of 5 groups a second in one pool."""
    source = everybody()
    plan, _ = planned(machines, source, target_of_everybody(source), quota_share=0.05, max_failed_percent=50)
    calls = {
        "UserCreation": (6, 50),
        # Four resets; and two for the one who is confirmed for a moment before they wait.
        "UserAccountRecovery": (6, 30),
        # Two memberships, two links, one disabled; and disabled and enabled for that moment.
        "UserUpdate": (7, 25),
        "UserResourceUpdate": (2, 25),
        # One group is there already, and Cognito makes the other.
        "UserPoolResourceUpdate": (0, 5),
    }
    assert plan["hours_by_quota"] == {
        name: round(count / (quota / 20) / 3600, 4) for name, (count, quota) in calls.items()
    }
    assert plan["hours"] == max(plan["hours_by_quota"].values())


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_restore_that_would_outlast_its_execution_is_refused_before_it_writes(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    monkeypatch.setattr("poolsafe.domain.restore.plan_summary.LONGEST_HOURS", 0.001)
    machines.backup(pool_with(20))
    target = target_pool()
    with pytest.raises(ExecutionFailed) as failed:
        machines.restore(target, snapshot=LATEST, quota_share=0.05, dry_run=dry_run)
    assert failed.value.error == "InvalidRequest"
    assert "quota_share: makes this restore take" in failed.value.cause
    assert not target.accounts


def test_an_import_costs_no_creation_and_bills_only_whom_more_is_done_to(machines: Deployed) -> None:
    source = pool_with(4, groups=0)
    source.add("member", groups=("staff",), email="m@example.com", email_verified="true")
    plan, _ = planned(machines, source, target_pool(auto_verified=("email",)), credentials="import-job")
    assert plan["credentials"]["import-job"] == 5
    assert (plan["hours_by_quota"]["UserCreation"], plan["users_billed_as_active"]) == (0, 1)


def test_an_update_is_counted_and_billed_and_who_stays_disabled_or_waits_is_named(machines: Deployed) -> None:
    source, target = pool_with(4, groups=1), target_pool()
    for number, name in enumerate(source.accounts):
        original = source.accounts[name].user.sub
        target.add(name, email=f"user{number}@example.com", email_verified="true", custom__original_sub=original)
    target.accounts["user00001"].user = replace(target.accounts["user00001"].user, enabled=False)
    plan, named = planned(machines, source, target, on_conflict="update")
    assert plan["users"] == {"create": 0, "update": 4, "skip": 0, "defer": 0, "fail": 0}
    assert plan["memberships"]["create"] == 6
    assert plan["users_billed_as_active"] == 4
    assert named == {("user00001", "still_disabled", None)}


def test_in_a_pool_that_requires_mfa_whom_it_locks_out_is_named_before_the_restore(machines: Deployed) -> None:
    source, target = FakeUserPool(), target_pool(mfa=mfa("ON"), recovery=("verified_email", "verified_phone_number"))
    source.add("given", **MAIL)
    source.add("locked", email="l@example.com", email_verified="false")
    source.add("fine", **MAIL | {"email": "b@example.com"}, **PHONE)
    plan, named = planned(machines, source, target)
    assert named == {
        ("given", "mfa_given", None),
        ("given", "temporary_password", None),
        ("given", "unreachable", "recovery_channel_is_mfa"),
        ("locked", "mfa_locks_out", None),
        ("locked", "temporary_password", None),
        ("locked", "unreachable", "no_recovery_channel"),
    }
    assert [warning for warning in plan["warnings"] if warning.startswith("1 users will not get past MFA")]


def test_what_the_request_confirmed_is_written_down(machines: Deployed) -> None:
    source = pool_with(2)
    plan, _ = planned(machines, source, target_pool(), credentials="invite", send_messages=True)
    assert (plan["confirmations"], plan["messages"]) == (["send_messages"], 2)
    del source.accounts["user00001"]
    for update, said in {"skip": "not touched", "update": "made like the snapshot where they differ"}.items():
        plan, _ = planned(machines, source, source, allow_source_pool=True, on_conflict=update)
        assert plan["confirmations"] == ["allow_source_pool"]
        assert f"The target is the pool the snapshot was taken from; users that exist are {said}." in plan["warnings"]


def test_who_is_in_the_target_is_told_apart_from_who_is_left_out(machines: Deployed) -> None:
    source, target = pool_with(2), target_pool()
    source.add("Google_9", status=EXTERNAL_PROVIDER)
    target.add("user00000", custom__original_sub=source.accounts["user00000"].user.sub)
    plan, _ = planned(machines, source, target, federated_users="skip")
    assert plan["users"]["skip"] == 2
    assert "1 users are in the target already; nothing of them is touched." in plan["warnings"]


def test_a_restore_foresees_in_its_plan_what_it_then_does(machines: Deployed) -> None:
    source = everybody()
    plan, _ = planned(machines, source, target_of_everybody(source), max_failed_percent=50)
    result = machines.restore(target_of_everybody(source), snapshot=LATEST, max_failed_percent=50)
    done = machines.report(result)["counts"]
    assert result["counts"] == {
        "created": plan["users"]["create"],
        "updated": plan["users"]["update"],
        "skipped": plan["users"]["skip"],
        "deferred": plan["users"]["defer"],
        "failed": plan["users"]["fail"],
    }
    assert done["membership"]["created"] == plan["memberships"]["create"]
    assert (done["link"], done["mfa"]) == ({"created": plan["links"]}, {"created": plan["second_factors"]})
    assert machines.report(result)["verification"]["passed"]
