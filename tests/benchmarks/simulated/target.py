"""A target pool of any size, as little of it as a restore asks for, and what proves that everybody came back once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from poolsafe.domain.restore.planned_user import Action, PlannedUser
from poolsafe.errors import AlreadyExists, NotFound
from tests.benchmarks.simulated.service import Client, Service

TARGET_ID = "us-east-1_Target"
GROUPS = 20
MARK = "custom:original_sub"
DESCRIBED: dict[str, Any] = {
    "Id": TARGET_ID,
    "SchemaAttributes": [
        {"Name": "sub", "Required": True, "Mutable": False},
        {"Name": "email", "Mutable": True, "StringAttributeConstraints": {"MaxLength": "2048"}},
        {"Name": "email_verified", "Mutable": True},
        {"Name": MARK, "Mutable": True, "StringAttributeConstraints": {"MaxLength": "256"}},
    ],
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]},
}


def planned(number: int, groups: int) -> PlannedUser:
    """The row of the plan for one user, who is to be in one group if there are any."""
    sub = str(UUID(int=number, version=4))
    email = f"person{number:08d}@example.com"
    return PlannedUser(
        username=f"person{number:08d}",
        sub=sub,
        action=Action.CREATE,
        attributes={"email": email, "email_verified": "true", MARK: sub},
        groups=(group_name(number, groups),) if groups else (),
        credential="reset",
    )


def group_name(number: int, groups: int) -> str:
    return f"group{number % groups:02d}"


@dataclass
class Accounts:
    """What the pool holds of `users` users: a byte each for who was created, whose password was set, who is a member.

    Each byte counts, so that 1 is right and anything else is not. Users made twice, or put into another group than
    theirs, are refused or counted as strangers.
    """

    users: int
    groups: int
    created: bytearray = field(init=False)
    passwords: bytearray = field(init=False)
    members: bytearray = field(init=False)
    strangers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.created, self.passwords, self.members = (bytearray(self.users) for _ in range(3))

    def wrong(self) -> dict[str, int]:
        """How many lack something, how many got it twice, and what does not belong to anybody; empty if all is well."""
        wanted = {"created": self.created, "passwords": self.passwords}
        if self.groups:
            wanted["members"] = self.members
        found = {f"{what} {how}": number for what, counts in wanted.items() for how, number in _not_one(counts)}
        return {**found, **self.strangers}


def _not_one(counts: bytearray) -> list[tuple[str, int]]:
    none, one = counts.count(0), counts.count(1)
    return [(how, number) for how, number in (("lost", none), ("doubled", len(counts) - none - one)) if number]


class SimulatedTarget:
    """As much of the UserPool port as restoring users to be created, with passwords and groups, needs."""

    def __init__(self, client: Client, service: Service, accounts: Accounts) -> None:
        self.user_pool_id = TARGET_ID
        self._call = client.call
        self._clock = service.clock
        self._accounts = accounts

    def describe(self) -> dict[str, Any]:
        return self._call("DescribeUserPool", lambda: DESCRIBED)

    def create_user(self, username: str, attributes: Mapping[str, str], password: str) -> User:
        return self._call("AdminCreateUser", lambda: self._create(username, attributes), username)

    def get_user(self, username: str) -> User:
        return self._call("AdminGetUser", lambda: self._user(_number(username), {}), username)

    def set_password(self, username: str, password: str) -> None:
        self._call("AdminSetUserPassword", lambda: self._confirm(_number(username)), username)

    def add_to_group(self, username: str, group_name: str) -> None:
        self._call("AdminAddUserToGroup", lambda: self._join(_number(username), group_name), username)

    def _create(self, username: str, attributes: Mapping[str, str]) -> User:
        number = _number(username)
        if self._accounts.created[number]:
            raise AlreadyExists("AdminCreateUser", "UsernameExistsException")
        self._accounts.created[number] = 1
        return self._user(number, attributes)

    def _user(self, number: int, attributes: Mapping[str, str]) -> User:
        if not self._accounts.created[number]:
            raise NotFound("AdminGetUser", "UserNotFoundException")
        status = CONFIRMED if self._accounts.passwords[number] else FORCE_CHANGE_PASSWORD
        now: datetime = self._clock.now()
        sub = f"{number:08x}-0000-4000-8000-000000000000"
        return User(f"person{number:08d}", sub, status, True, now, now, attributes)

    def _confirm(self, number: int) -> None:
        self._require(number, "AdminSetUserPassword")
        self._accounts.passwords[number] += 1

    def _join(self, number: int, name: str) -> None:
        self._require(number, "AdminAddUserToGroup")
        if name == group_name(number, self._accounts.groups):
            self._accounts.members[number] += 1
        else:
            self._accounts.strangers["members of another group"] += 1

    def _require(self, number: int, operation: str) -> None:
        if not self._accounts.created[number]:
            raise NotFound(operation, "UserNotFoundException")


def _number(username: str) -> int:
    return int(username.removeprefix("person"))
