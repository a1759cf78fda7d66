"""People on their way between two fake pools, and the triggers over them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from poolsafe.domain.first_sign_in.who_is_left import WhoIsLeft
from poolsafe.domain.migration.answer import answer_for
from poolsafe.domain.migration.carried_user import CarriedUser, Carrier, NotCarried
from poolsafe.domain.migration.password_answer import PasswordAnswer, Verdict
from poolsafe.domain.migration.settings import MigrationSettings
from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from poolsafe.operations.apply_deferred import ApplyDeferred
from poolsafe.operations.hurry import Hurry
from poolsafe.operations.migrate_user import MigrateUser
from tests.fakes import FakeClock, FakeUserPool, MemoryStore, nothing_happens
from tests.pipeline import target_pool

PASSWORD, TARGET, SUB = "Typed-for-years-1", "us-east-1_Target", "custom:original_sub"
OLD_SUB = "11111111-2222-4333-8444-555555555555"
MAIL = {"email": "alice@example.com", "email_verified": "true"}
MFA: Mapping[str, Any] = {
    "MfaConfiguration": "OPTIONAL",
    "SmsMfaConfiguration": {"SmsConfiguration": {"SnsCallerArn": "arn"}},
    "EmailMfaConfiguration": {},
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
}
BUDGET = 2.5


@dataclass
class FakePasswordCheck:
    """The PasswordCheck port over a fake pool: `asked` has every question that reached it, and `answers` what it says
    of a name in place of what the pool knows."""

    pool: FakeUserPool
    answers: dict[str, PasswordAnswer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str], None] = nothing_happens

    def answer(self, username: str, password: str) -> PasswordAnswer:
        self.before("AdminInitiateAuth")
        self.asked.append((username, password))
        if username in self.answers:
            return self.answers[username]
        account = self.pool._named(username)
        if account is None or account.password != password or not account.user.enabled:
            return PasswordAnswer(Verdict.WRONG)
        if account.user.status == FORCE_CHANGE_PASSWORD:
            return PasswordAnswer(Verdict.CHALLENGED, "NEW_PASSWORD_REQUIRED")
        if account.user.status != CONFIRMED:
            return PasswordAnswer(Verdict.WRONG)
        methods = account.user.mfa_methods or ()
        return PasswordAnswer(Verdict.CHALLENGED, methods[0]) if methods else PasswordAnswer(Verdict.RIGHT)


class Moving:
    """Two pools between which people move, and all that a function knows of it."""

    def __init__(self, source: FakeUserPool | None = None, target: FakeUserPool | None = None, **settings: Any) -> None:
        self.clock, self.store = FakeClock(), MemoryStore()
        self.source, self.target = source or FakeUserPool(), target or target_pool()
        self.passwords = FakePasswordCheck(self.source)
        self.settings = MigrationSettings(
            source_user_pool_id=self.source.user_pool_id,
            source_client_id="client",
            target_user_pool_id=self.target.user_pool_id,
            source=document_of(self.source),
            target=document_of(self.target),
            **{"sub_attribute": SUB, **settings},
        )
        self.giving = ApplyDeferred(self.store, self.target, SUB, WhoIsLeft())

    def hurry(self) -> Hurry:
        return Hurry(self.clock, self.clock.monotonic() + BUDGET)

    def migrate(self, hurry: Hurry | None = None) -> MigrateUser:
        kept = MigrationSettings.from_json(self.settings.to_json())
        return MigrateUser(
            Carrier.of(kept), self.passwords, self.source, self.target, self.store, hurry or self.hurry()
        )

    def add(self, username: str = "alice", **known: Any) -> User:
        return self.source.add(username, **{"sub": OLD_SUB, "password": PASSWORD, **known})

    def with_factors(self, user: User, *methods: str) -> User:
        changed = replace(user, mfa_methods=methods)
        self.source.accounts[user.username].user = changed
        return changed

    def sign_in(self, typed: str = "alice", password: str = PASSWORD) -> CarriedUser:
        return self.migrate().with_password(typed, password)

    def forget(self, typed: str = "alice") -> CarriedUser:
        return self.migrate().with_forgotten_password(typed)

    def refused(self, typed: str = "alice", password: str = PASSWORD) -> NotCarried:
        """Why a sign-in is refused, which writes nothing."""
        with pytest.raises(NotCarried) as refused:
            self.sign_in(typed, password)
        self.require_nothing_written()
        return refused.value

    def require_nothing_written(self) -> None:
        assert (self.store.objects, self.store.written) == ({}, [])

    @property
    def everything(self) -> tuple[FakeUserPool | MemoryStore | FakePasswordCheck, ...]:
        return self.source, self.target, self.store, self.passwords


@dataclass
class FakeTriggers:
    """What `sign_in_bootstrap.Triggers` is to the handlers."""

    moving: Moving
    claim: str = "original_sub"

    def hurry(self) -> Hurry:
        return self.moving.hurry()

    def migration(self, target_user_pool_id: str, hurry: Hurry) -> MigrateUser:
        assert target_user_pool_id == self.moving.target.user_pool_id
        return self.moving.migrate(hurry)

    def deferred(self, user_pool_id: str) -> ApplyDeferred:
        assert user_pool_id == self.moving.target.user_pool_id
        return self.moving.giving


def document_of(pool: FakeUserPool) -> dict[str, Any]:
    """What `operations/read_target.py` tells of a pool."""
    return {"user_pool": pool._described(), "mfa": dict(pool._mfa_config()), "identity_providers": []}


def event_of(source: str, name: str = "alice", password: str | None = PASSWORD) -> dict[str, Any]:
    return {
        "version": "1",
        "triggerSource": f"UserMigration_{source}",
        "region": "us-east-1",
        "userPoolId": TARGET,
        "userName": name,
        "callerContext": {"awsSdkVersion": "1", "clientId": "app"},
        "request": {} if password is None else {"password": password},
        "response": dict.fromkeys(answer_for(CarriedUser(None, "", {}, False))),
    }


@dataclass
class Log:
    """The lines that a trigger wrote."""

    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]
