"""A restore whose process dies at any call, before or after the call took effect, ends like an undisturbed one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from poolsafe import bootstrap
from poolsafe.domain.identities import identities_of
from poolsafe.domain.outcome import Outcome
from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD
from poolsafe.domain.temporary_password import TemporaryPassword
from poolsafe.ports import Deadline, StoredObject
from tests.fakes import CHOSEN, Account, EveryTime, FakeUserPool, KillAt, MemoryStore, Never
from tests.pipeline import LATEST
from tests.step_functions import Deployed, Execution, ExecutionFailed

#: The target offers second factors, has the provider, and takes a preferred username for a name.
OFFERS: dict[str, Any] = {
    "auto_verified": ("email",),
    "alias_attributes": ("preferred_username",),
    "providers": ("Google",),
    "mfa": {
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
        "EmailMfaConfiguration": {},
    },
}
LINKED = json.dumps([{"userId": "7", "providerName": "Google", "providerType": "Google", "primary": False}])
USERS = 40
HANDED_OUT = re.compile(r"credentials/.+/parts/.+\.parquet")


def source(users: int = USERS) -> FakeUserPool:
    """People of every kind that a restore treats in its own way, and one who is in the target already.

    Who has a verified address resets the password; the others get a temporary one.
    """
    pool = FakeUserPool()
    for number in range(users - 8):
        groups = tuple({f"group{number % 3}", f"group{number % 2}"}) if number % 4 else ()
        verified = "false" if number % 5 == 4 else "true"
        told: dict[str, Any] = {"email": f"user{number}@example.com", "email_verified": verified}
        pool.add(f"user{number}", sub=f"sub-{number}", groups=groups, **told)
    told = {"email_verified": "true", "groups": ("group1",)}
    pool.add("dismissed", sub="sub-d", email="d@example.com", enabled=False, **told)
    pool.add("unconfirmed", sub="sub-u", email="u@example.com", status="UNCONFIRMED", **told)
    pool.add("Google_1", sub="sub-g", groups=("group1",), status=EXTERNAL_PROVIDER)
    pool.add("linked", sub="sub-l", email="l@example.com", identities=LINKED, **told)
    pool.add("preferring", sub="sub-p", email="p@example.com", preferred_username="pat", **told)
    for name, methods, verified in (("texted", ("SMS_MFA",), "true"), ("mailed", ("EMAIL_OTP",), "false")):
        user = pool.add(
            name, sub=f"sub-{name}", email=f"{name}@example.com", phone_number="+15555550100", email_verified=verified
        )
        pool.put(replace(user, mfa_methods=methods, preferred_mfa=methods[0]), ("group2",))
    # All that only a confirmed user can have, and a temporary password.
    pool.add(
        "late",
        sub="sub-late",
        groups=("group0",),
        phone_number="+15555550101",
        preferred_username="lee",
        identities=LINKED.replace('"7"', '"8"'),
    )
    return pool


@pytest.fixture(scope="module")
def snapshot() -> dict[str, StoredObject]:
    """The bucket after a backup of the source."""
    with Deployed() as machines:
        machines.backup(source(), execution="backup", include=["mfa"])
    return machines.store.objects


@pytest.fixture(autouse=True)
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker, so that call number n is the same call in every life."""
    monkeypatch.setattr("restore.restore_users.WORKERS", 1)


def writes(life: KillAt) -> Callable[[str], None]:
    """Reading the bucket changes nothing, so dying there is dying at the call before."""
    return lambda operation: life(operation) if operation.endswith("PutObject") else None


@dataclass
class Restore:
    """One restore into a pool that has one of the users already; lives and dies with `life`."""

    snapshot: dict[str, StoredObject]
    life: KillAt
    deadline: Deadline = field(default_factory=Never)
    options: dict[str, Any] = field(default_factory=dict)
    custom: tuple[str, ...] = ("custom:original_sub",)

    def __post_init__(self) -> None:
        self.target = FakeUserPool("us-east-1_Target", custom=self.custom, **OFFERS)
        self.target.add("user0", sub="mine", groups=("group0",), custom__original_sub="sub-0")
        self.machines = Deployed(store=MemoryStore(dict(self.snapshot)), deadline=self.deadline)

    def run(self, execution: str = "restore") -> dict[str, Any]:
        self.target.before, self.machines.store.before = self.life, writes(self.life)
        try:
            with self.machines:
                return self.machines.restore(self.target, execution, snapshot=LATEST, **self.options)
        finally:
            self.target.before = self.machines.store.before = lambda operation: None

    @property
    def execution(self) -> Execution:
        return self.machines.executions[-1]

    def people(self) -> dict[str, tuple[Any, ...]]:
        """Everything of the target's users that may not depend on the course of the restore."""
        return {name: _told(account) for name, account in self.target.accounts.items()}

    def outcomes(self, result: dict[str, Any]) -> list[tuple[Any, ...]]:
        def told(outcome: Outcome) -> tuple[Any, ...]:
            return outcome.kind, outcome.outcome, outcome.reason, outcome.sub, outcome.group_name or ""

        return sorted(map(told, self.machines.outcomes(result)), key=str)

    def handed_out(self) -> dict[str, set[str]]:
        """Every temporary password that lies in the bucket for somebody to hand over, by username."""
        found: dict[str, set[str]] = {}
        parts = [stored for key, stored in self.machines.store.objects.items() if HANDED_OUT.fullmatch(key)]
        for stored in parts:
            for row in (row for rows in bootstrap.PARQUET.read(TemporaryPassword, stored.content) for row in rows):
                found.setdefault(row.username, set()).add(row.temporary_password)
        return found

    def locked_out(self) -> list[str]:
        """Who waits for a password that nobody has."""
        handed = self.handed_out()
        return [
            name
            for name, account in self.target.accounts.items()
            if account.user.status == FORCE_CHANGE_PASSWORD and account.password not in handed.get(name, ())
        ]

    def choose_passwords(self) -> None:
        """Everybody who can sign in chooses a password, while the restore is down."""
        for account in self.target.accounts.values():
            if account.user.status == CONFIRMED and account.user.enabled:
                account.password = CHOSEN


def _told(account: Account) -> tuple[Any, ...]:
    user, links = account.user, sorted((one.provider, one.user_id) for one in identities_of(account.user))
    attributes = {name: value for name, value in user.attributes.items() if name != "identities"}
    return user.status, user.enabled, attributes, links, user.mfa_methods, sorted(account.groups)


def lives(restore: Callable[[KillAt], Restore], step: int = 1) -> Iterator[tuple[str, Restore, KillAt]]:
    """The same restore, dying at its first call, at its second, and so on."""
    undisturbed = KillAt(0)
    restore(undisturbed).run()
    assert undisturbed.made > 200
    for at in range(1, undisturbed.made + 1, step):
        life = KillAt(at)
        yield f"killed at call {at}, {undisturbed.operations[at - 1]}", restore(life), life


@pytest.mark.parametrize(("deadline", "step"), [(Never, 1), (lambda: EveryTime(3), 13)], ids=["one go", "hand-overs"])
def test_a_restore_killed_at_any_call_ends_like_an_undisturbed_one(
    snapshot: dict[str, StoredObject], deadline: Callable[[], Deadline], step: int
) -> None:
    undisturbed = Restore(snapshot, KillAt(0), deadline())
    expected = undisturbed.run()
    assert expected["counts"] == {"created": 38, "updated": 0, "skipped": 1, "deferred": 1, "failed": 0}
    assert undisturbed.locked_out() == []
    for place, restore, life in lives(lambda life: Restore(snapshot, life, deadline()), step):
        chosen: set[str] = set()

        def meanwhile(restore: Restore = restore, chosen: set[str] = chosen) -> None:
            restore.choose_passwords()
            chosen |= {name for name, account in restore.target.accounts.items() if account.password == CHOSEN}

        life.meanwhile = meanwhile
        result = restore.run()
        assert restore.execution.retries == {"Lambda.Unknown": 1}, place
        assert {**result, "report": ""} == {**expected, "report": ""}, place
        assert restore.people() == undisturbed.people(), place
        assert restore.target.group_records.keys() == undisturbed.target.group_records.keys(), place
        assert restore.outcomes(result) == undisturbed.outcomes(expected), place
        assert {row.new for row in restore.machines.sub_map(result)} == {
            account.user.sub for account in restore.target.accounts.values()
        }, place
        assert restore.machines.report(result)["verification"]["passed"], place
        assert restore.locked_out() == [], place
        for name in chosen:
            assert restore.target.accounts[name].password == CHOSEN, f"{place}: {name}"


def test_a_target_without_a_place_for_the_old_sub_survives_kills_too(snapshot: dict[str, StoredObject]) -> None:
    """Then a user of an earlier attempt is known by all its attributes."""
    undisturbed = Restore(snapshot, KillAt(0), custom=())
    expected = undisturbed.run()
    for place, restore, _ in lives(lambda life: Restore(snapshot, life, custom=()), step=17):
        result = restore.run()
        assert result["counts"] == expected["counts"], place
        assert restore.people() == undisturbed.people(), place


def test_a_restore_with_many_workers_survives_kills_too(
    snapshot: dict[str, StoredObject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restore.restore_users.WORKERS", 8)
    undisturbed = Restore(snapshot, KillAt(0))
    expected = undisturbed.run()
    for at in range(10, undisturbed.life.made, 23):
        restore = Restore(snapshot, KillAt(at))
        result = restore.run()
        assert result["counts"] == expected["counts"], f"killed at call {at}"
        assert restore.people() == undisturbed.people(), f"killed at call {at}"


def test_a_restore_killed_too_often_fails_and_a_redrive_ends_it(snapshot: dict[str, StoredObject]) -> None:
    undisturbed = Restore(snapshot, KillAt(0))
    expected = undisturbed.run()
    restore = Restore(snapshot, KillAt(0))

    def die(operation: str) -> None:
        if operation == "AdminSetUserPassword" and restore.target.calls[operation] == 7:
            KillAt(1)(operation)

    restore.target.before = die
    with restore.machines, pytest.raises(ExecutionFailed, match=r"Lambda\.Unknown"):
        restore.machines.restore(restore.target, "restore", snapshot=LATEST)
    assert restore.locked_out()
    restore.target.before = lambda operation: None
    with restore.machines:
        result = restore.execution.redrive()
    assert result == expected
    assert restore.people() == undisturbed.people()


class Abandoned(Exception):
    """Nobody tries again."""


def abandon() -> None:
    raise Abandoned


def test_a_new_restore_after_a_dead_one_leaves_nobody_behind_nor_locked_out(snapshot: dict[str, StoredObject]) -> None:
    undisturbed = Restore(snapshot, KillAt(0))
    undisturbed.run()
    expected = undisturbed.people()
    unlike = 0
    for place, restore, life in lives(lambda life: Restore(snapshot, life), step=8):
        life.meanwhile = abandon
        with pytest.raises(Abandoned):
            restore.run("the first")
        restore.choose_passwords()
        chosen = [account for account in restore.target.accounts.values() if account.password == CHOSEN]
        life.meanwhile, life.dead = (lambda: None), False
        result = restore.run("the second")
        people = restore.people()
        assert people.keys() == expected.keys(), place
        assert restore.locked_out() == [], place
        assert {name: groups for name, (*_, groups) in people.items()} == {
            name: groups for name, (*_, groups) in expected.items()
        }, place
        assert {account.password for account in chosen} <= {CHOSEN}, place
        # After a password nothing tells a user of a dead restore from one who was always there. Who lacks something
        # that a listing shows is told, and not hidden; second factors it does not show.
        seen = {name: told[:4] + told[5:] for name, told in people.items()}
        alike = seen == {name: told[:4] + told[5:] for name, told in expected.items()}
        unlike += not alike
        assert result["status"] == ("COMPLETE" if alike else "PARTIAL"), place
    assert unlike < 30


# Somebody else comes by the same name meanwhile.


@pytest.mark.parametrize("custom", [("custom:original_sub",), ()], ids=["marked", "unmarked"])
@pytest.mark.parametrize("status", [CONFIRMED, FORCE_CHANGE_PASSWORD])
def test_a_user_that_appears_meanwhile_is_left_alone(
    snapshot: dict[str, StoredObject], custom: tuple[str, ...], status: str
) -> None:
    restore = Restore(snapshot, KillAt(0), options={"max_failed_percent": 10}, custom=custom)

    def sign_up(operation: str) -> None:
        if operation == "AdminCreateUser" and "user5" not in restore.target.accounts:
            restore.target.put(restore.target.add("user5", email="another@example.com", status=status, password=CHOSEN))
            account = restore.target.accounts["user5"]
            account.password = CHOSEN

    with restore.machines:
        restore.target.before = sign_up
        result = restore.machines.restore(restore.target, snapshot=LATEST, max_failed_percent=10)
    account = restore.target.accounts["user5"]
    assert (account.user.attributes, account.groups, account.password) == ({"email": "another@example.com"}, [], CHOSEN)
    assert account.user.status == status
    assert (result["counts"]["created"], result["counts"]["failed"]) == (37, 1)
    assert ("failed", "name_taken") in {
        (outcome.outcome, outcome.reason) for outcome in restore.machines.outcomes(result)
    }


def test_a_user_made_before_the_restore_began_is_nobody_of_ours(snapshot: dict[str, StoredObject]) -> None:
    """It has all the attributes, the listing lagged, and it waits for its invitation to be accepted."""
    restore = Restore(snapshot, KillAt(0), custom=())
    restore.target.clock = restore.machines.clock

    def appear(operation: str) -> None:
        if operation == "AdminCreateUser" and "user5" not in restore.target.accounts:
            user = restore.target.add("user5", email="user5@example.com", status=FORCE_CHANGE_PASSWORD, password=CHOSEN)
            restore.target.put(user, password=CHOSEN)

    with restore.machines:
        restore.target.before = appear
        restore.machines.restore(restore.target, snapshot=LATEST, max_failed_percent=10)
    account = restore.target.accounts["user5"]
    assert (account.user.status, account.password, account.groups) == (FORCE_CHANGE_PASSWORD, CHOSEN, [])
