"""How restored users get in: a password nobody knows, one that is handed over, or an invitation; through whole runs."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD
from poolsafe.domain.restore.outcome import Kind
from poolsafe.domain.restore.waiting import Waiting
from poolsafe.errors import AccessDenied
from poolsafe.schema_check import require
from tests.fakes import CHOSEN, FakeUserPool
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.restores import mfa, outcomes_of, texts_of


@pytest.fixture
def machines() -> Iterator[Deployed]:
    with Deployed() as deployed:
        yield deployed


def restored(
    machines: Deployed, source: FakeUserPool, target: FakeUserPool, **options: Any
) -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    """The result, and the rows of the file of temporary passwords by username."""
    machines.backup(source)
    result = machines.restore(target, snapshot=LATEST, **options)
    require("restore.result", result)
    require("restore.report", machines.report(result))
    require("plan", machines.plan(result))
    return result, handed_out(machines, result)


def handed_out(machines: Deployed, result: dict[str, Any]) -> dict[str, dict[str, str]]:
    key = f"credentials/{result['restore_id']}/temporary_passwords.csv"
    if key not in machines.store.objects:
        return {}
    found = machines.store.with_secrets.get(key)
    assert found is not None
    return {row["username"]: row for row in csv.DictReader(io.StringIO(found.content.decode(), newline=""))}


def statuses(target: FakeUserPool) -> set[str]:
    return {account.user.status for account in target.accounts.values()}


def waiting(machines: Deployed, target: FakeUserPool) -> set[str]:
    rows: list[Waiting] = machines._rows(f"waiting/{target.user_pool_id}/", Waiting)
    return {row.new_sub for row in rows}


def subs(target: FakeUserPool) -> set[str]:
    return {account.user.sub for account in target.accounts.values()}


# reset


def test_with_reset_everybody_is_confirmed_with_a_password_of_their_own_that_is_kept_nowhere(
    machines: Deployed,
) -> None:
    target = target_pool()
    result, handed = restored(machines, pool_with(9), target)
    assert (statuses(target), handed, target.messages) == ({CONFIRMED}, {}, [])
    passwords = {account.password for account in target.accounts.values()}
    assert len(passwords) == 9
    kept = "".join(texts_of(machines.store).values())
    assert not [password for password in passwords if str(password) in kept]
    assert (waiting(machines, target), machines.plan(result)["credentials"]["reset"]) == (set(), 9)


# temporary


def test_with_temporary_everybody_has_another_password_and_it_is_in_the_file(machines: Deployed) -> None:
    source, target = pool_with(9), target_pool()
    source.add("off", enabled=False, email="off@example.com", email_verified="true")
    result, handed = restored(machines, source, target, credentials="temporary")
    assert statuses(target) == {FORCE_CHANGE_PASSWORD}
    assert {name: row["temporary_password"] for name, row in handed.items()} == {
        name: account.password for name, account in target.accounts.items()
    }
    assert len({row["temporary_password"] for row in handed.values()}) == 10
    assert {row["sign_in_name"] for row in handed.values()} == set(source.accounts)
    assert [name for name, account in target.accounts.items() if not account.user.enabled] == ["off"]
    assert target.messages == []
    assert machines.report(result)["files"]["temporary_passwords"].endswith("temporary_passwords.csv")
    assert {row.credential for row in outcomes_of(machines, result, Kind.USER).values()} == {"temporary"}
    assert machines.plan(result)["attention"] == {"temporary_password": 10}


def test_the_file_is_for_those_with_the_key_and_no_password_is_anywhere_else(machines: Deployed) -> None:
    target = target_pool()
    result, handed = restored(machines, pool_with(3), target, credentials="temporary")
    for key, text in texts_of(machines.store).items():
        is_there = [row for row in handed.values() if row["temporary_password"] in text]
        assert bool(is_there) == key.startswith(f"credentials/{result['restore_id']}/")
    with pytest.raises(AccessDenied):
        machines.store.get(f"credentials/{result['restore_id']}/temporary_passwords.csv")


def test_where_addresses_are_usernames_the_file_says_what_people_type(machines: Deployed) -> None:
    target = target_pool(username_attributes=("email",))
    _, handed = restored(machines, pool_with(2), target, credentials="temporary")
    assert set(handed) == subs(target)
    assert {row["sign_in_name"] for row in handed.values()} == {"user0@example.com", "user1@example.com"}


def test_no_cell_of_the_file_is_a_formula(machines: Deployed) -> None:
    source = FakeUserPool()
    for name in ("=1+1", "+1", "-1", "@a", "plain"):
        source.add(name)
    _, handed = restored(machines, source, target_pool(), credentials="temporary")
    assert set(handed) == {"'=1+1", "'+1", "'-1", "'@a", "plain"}
    assert not [row for row in handed.values() if row["sign_in_name"].startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("later", [{}, {"credentials": "temporary"}, {"on_conflict": "update"}])
@pytest.mark.parametrize("seconds", [1, 86_400])
def test_a_later_restore_leaves_those_alone_who_wait_with_a_password(
    machines: Deployed, later: dict[str, Any], seconds: float
) -> None:
    target = target_pool(clock=machines.clock)
    restored(machines, pool_with(5), target, credentials="temporary")
    assert waiting(machines, target) == subs(target)
    machines.clock.sleep(seconds)
    before = deepcopy(target.accounts)
    result = machines.restore(target, snapshot=LATEST, **later)
    assert target.accounts == before
    assert (result["counts"]["skipped"], handed_out(machines, result)) == (5, {})
    assert machines.plan(result)["attention"] == {"waiting": 5}


def test_who_waits_is_told_by_their_new_sub_alone(machines: Deployed) -> None:
    source, target = pool_with(3), target_pool()
    restored(machines, source, target, credentials="temporary")
    [text] = [text for key, text in texts_of(machines.store).items() if key.startswith("waiting/")]
    assert sorted(ast.literal_eval(text), key=str) == sorted(({"new_sub": sub} for sub in subs(target)), key=str)


# invite


def test_an_invitation_is_sent_to_everybody_with_an_address_and_nothing_else_is_ever_sent(machines: Deployed) -> None:
    source, target = pool_with(4), target_pool()
    source.add("silent")
    source.add("off", enabled=False, email="off@example.com", email_verified="true")
    result, handed = restored(machines, source, target, credentials="invite", send_messages=True)
    assert sorted(target.messages) == [("AdminCreateUser", f"user0000{number}", "EMAIL") for number in range(4)]
    assert machines.plan(result)["messages"] == 4
    assert machines.plan(result)["credentials"] == {"reset": 1, "import-job": 0, "temporary": 1, "invite": 4}
    assert machines.plan(result)["unreachable"] == {"no_address": 1}
    assert machines.plan(result)["confirmations"] == ["send_messages"]
    assert set(handed) == {"silent"}
    confirmed = [name for name, account in target.accounts.items() if account.user.status == CONFIRMED]
    assert confirmed == ["off"]
    assert result["status"] == "COMPLETE"


def test_who_is_invited_waits_and_is_not_invited_again(machines: Deployed) -> None:
    target = target_pool()
    restored(machines, pool_with(3), target, credentials="invite", send_messages=True)
    assert waiting(machines, target) == subs(target)
    before, sent = deepcopy(target.accounts), len(target.messages)
    machines.restore(target, snapshot=LATEST, credentials="invite", send_messages=True)
    assert (target.accounts, len(target.messages)) == (before, sent)


@pytest.mark.parametrize("options", [{}, {"send_messages": False}])
def test_an_invitation_has_to_be_asked_for_twice(machines: Deployed, options: dict[str, Any]) -> None:
    target = target_pool()
    with pytest.raises(ExecutionFailed, match=r"^InvalidRequest.*send_messages") as failed:
        restored(machines, pool_with(2), target, credentials="invite", **options)
    assert failed.value.error == "InvalidRequest"
    assert (target.accounts, target.messages) == ({}, [])


@pytest.mark.parametrize("credentials", ["reset", "temporary", "import-job"])
def test_send_messages_by_itself_sends_nothing(machines: Deployed, credentials: str) -> None:
    target = target_pool(auto_verified=("email",))
    restored(machines, pool_with(4), target, credentials=credentials, send_messages=True)
    assert target.messages == []


# The fallback


@pytest.mark.parametrize(
    ("fallback", "status", "handed"), [("temporary", FORCE_CHANGE_PASSWORD, {"lost"}), ("reset", CONFIRMED, set())]
)
def test_who_cannot_be_reached_gets_the_fallback_and_is_named(
    machines: Deployed, fallback: str, status: str, handed: set[str]
) -> None:
    source, target = pool_with(2), target_pool()
    source.add("lost", email="lost@example.com", email_verified="false")
    result, rows = restored(machines, source, target, credentials_fallback=fallback)
    assert (target.accounts["lost"].user.status, set(rows)) == (status, handed)
    assert machines.plan(result)["unreachable"] == {"no_recovery_channel": 1}
    assert result["status"] == "COMPLETE"


def test_who_cannot_be_reached_fails_where_that_is_asked_for(machines: Deployed) -> None:
    source, target = pool_with(2), target_pool()
    source.add("lost")
    result, rows = restored(machines, source, target, credentials_fallback="fail", max_failed_percent=50)
    assert (set(target.accounts), rows) == ({"user00000", "user00001"}, {})
    assert machines.report(result)["failures"] == {"user: no_recovery_channel": 1}
    assert result["status"] == "PARTIAL"


# A pool that requires MFA


def test_in_a_pool_that_requires_mfa_an_only_address_becomes_the_factor_and_the_password_is_handed_over(
    machines: Deployed,
) -> None:
    source = FakeUserPool()
    source.add("mail", email="a@example.com", email_verified="true")
    source.add("both", email="b@example.com", email_verified="true", phone_number="+12065550100")
    source.add("unsure", email="c@example.com", email_verified="false")
    target = target_pool(mfa=mfa("ON"), recovery=("verified_email", "verified_phone_number"))
    result, handed = restored(machines, source, target)
    assert {name: account.user.mfa_methods or () for name, account in target.accounts.items()} == {
        "mail": ("EMAIL_OTP",),
        "both": (),
        "unsure": (),
    }
    assert set(handed) == {"mail", "unsure"}
    assert handed["mail"]["temporary_password"] == target.accounts["mail"].password
    assert target.accounts["mail"].user.status == FORCE_CHANGE_PASSWORD
    assert target.accounts["mail"].user.enabled
    plan = machines.plan(result)
    assert plan["unreachable"] == {"recovery_channel_is_mfa": 1, "no_recovery_channel": 1}
    assert plan["attention"] == {"mfa_given": 1, "mfa_locks_out": 1, "temporary_password": 2, "unreachable": 2}
    assert [warning for warning in plan["warnings"] if "1 users will not get past MFA" in warning]
    assert result["status"] == "COMPLETE"


def test_a_password_that_somebody_has_chosen_is_left_by_every_later_restore(machines: Deployed) -> None:
    target = target_pool()
    restored(machines, pool_with(3), target, credentials="temporary")
    for name, account in target.accounts.items():
        target.set_password(name, CHOSEN)
        assert account.user.status == CONFIRMED
    for credentials in ("reset", "temporary"):
        machines.restore(target, snapshot=LATEST, credentials=credentials, on_conflict="update")
    assert {account.password for account in target.accounts.values()} == {CHOSEN}
