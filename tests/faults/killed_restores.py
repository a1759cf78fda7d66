"""Restores of everybody, whose process dies at a call of the test's choice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from poolsafe import bootstrap
from poolsafe.domain.identities import identities_of
from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD
from poolsafe.domain.restore.outcome import Outcome
from poolsafe.domain.restore.temporary_password import TemporaryPassword
from poolsafe.ports import Deadline, StoredObject
from tests.fake_cognito import FakeCognito
from tests.fake_imports import FakeImports
from tests.fakes import CHOSEN, Account, FakeUserPool, KillAt, MemoryStore, Never, nothing_happens
from tests.pipeline import LATEST
from tests.step_functions import Deployed, Execution

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
        self.target.clock = self.machines.clock
        self.imports = FakeImports()
        self.cognito = FakeCognito(imports=self.imports, clock=self.machines.clock, web=self.machines.internet)
        self.machines.cognitos["us-east-1"] = self.cognito

    def run(self, execution: str = "restore") -> dict[str, Any]:
        self.target.before = self.cognito.before = self.machines.internet.before = self.life
        self.machines.store.before = writes(self.life)
        try:
            with self.machines:
                return self.machines.restore(self.target, execution, snapshot=LATEST, **self.options)
        finally:
            for one in (self.target, self.cognito, self.machines.internet, self.machines.store):
                one.before = nothing_happens

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
        """Who waits for a password that nobody has, and that no invitation brought."""
        handed, invited = self.handed_out(), {message.username for message in self.target.messages}
        return [
            name
            for name, account in self.target.accounts.items()
            if account.user.status == FORCE_CHANGE_PASSWORD
            and account.password not in handed.get(name, ())
            and name not in invited
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


def lives(
    restore: Callable[[KillAt], Restore], step: int = 1, also: Collection[str] = ()
) -> Iterator[tuple[str, Restore, KillAt]]:
    """The same restore, dying at its first call, at its second, and so on; with `step`, at each so many-th, and at each
    call `also` of one of these operations: which calls lie a step apart, any new call to the bucket changes."""
    undisturbed = KillAt(0)
    restore(undisturbed).run()
    assert undisturbed.made > 200
    for at in range(1, undisturbed.made + 1):
        if (at - 1) % step and undisturbed.operations[at - 1] not in also:
            continue
        life = KillAt(at)
        yield f"killed at call {at}, {undisturbed.operations[at - 1]}", restore(life), life
