"""Fakes of the ports: they keep Cognito's rules and record facts, so tests ask what happened, not what was called.

As strict as Cognito is documented to be (the sources are in the ports' and adapters' docstrings), never kinder:
`tests/contract` runs one suite over these and over the real adapters on the embedded cloud.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, Group, Membership, Page, User
from poolsafe.domain.target import TargetPool
from poolsafe.errors import AlreadyExists, NotFound, Rejected
from poolsafe.ports import StoredObject

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
STANDARD = ("sub", "name", "email", "email_verified", "phone_number", "phone_number_verified", "birthdate", "locale")


@dataclass
class FakeClock:
    """Time that passes only when somebody sleeps."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Never:
    """A deadline that is never near."""

    def near(self) -> bool:
        return False


@dataclass
class EveryTime:
    """A deadline that is near after each `steps` questions: every listing is handed over again and again."""

    steps: int = 1
    asked: int = 0

    def near(self) -> bool:
        self.asked += 1
        return self.asked % self.steps == 0


@dataclass
class MemoryStore:
    """The ObjectStore port in memory."""

    objects: dict[str, StoredObject] = field(default_factory=dict)

    def put(self, key: str, content: bytes, metadata: Mapping[str, str] | None = None) -> None:
        self.objects[key] = StoredObject(content, dict(metadata or {}))

    def put_if_absent(self, key: str, content: bytes) -> bool:
        if key in self.objects:
            return False
        self.put(key, content)
        return True

    def get(self, key: str) -> StoredObject | None:
        return self.objects.get(key)

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def folders(self, prefix: str) -> list[str]:
        rests = (key[len(prefix) :] for key in self.keys(prefix))
        return sorted({rest.split("/")[0] for rest in rests if "/" in rest})

    def url(self, key: str) -> str:
        return f"s3://bucket/{key}"


@dataclass
class Account:
    """What a fake pool keeps of a user."""

    user: User
    password: str | None = None
    groups: list[str] = field(default_factory=list)


class FakeUserPool:
    """The UserPool port in memory.

    `calls` records every call that reached it, `before` is run first with the operation's name and may raise:
    that is how tests throttle, kill and break it. `page_size` and `page_filter` shape its listings.
    """

    def __init__(
        self,
        user_pool_id: str = "us-east-1_Source",
        *,
        custom: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
        username_attributes: tuple[str, ...] = (),
        case_sensitive: bool = True,
        page_size: int = 60,
        before: Callable[[str], None] = lambda operation: None,
        clock: FakeClock | None = None,
    ) -> None:
        self.user_pool_id = user_pool_id
        self.accounts: dict[str, Account] = {}
        self.group_records: dict[str, Group] = {}
        self.calls: Counter[str] = Counter()
        self.clock = clock or FakeClock()
        self._custom, self._required = custom, required
        self._username_attributes, self._case_sensitive = username_attributes, case_sensitive
        self._page_size = page_size
        self.before = before

    # What a test puts in.

    def add(
        self,
        username: str,
        *,
        groups: tuple[str, ...] = (),
        status: str = CONFIRMED,
        enabled: bool = True,
        sub: str | None = None,
        password: str | None = "Chosen-by-its-owner-1",
        **attributes: str,
    ) -> User:
        """Put a user in, however Cognito came to have it. Attribute `custom__x` means `custom:x`."""
        named = {name.replace("__", ":"): value for name, value in attributes.items()}
        user = User(username, sub or str(uuid.uuid4()), status, enabled, START - timedelta(days=90),
                    START - timedelta(days=9), named)
        return self.put(user, groups, password)

    def put(self, user: User, groups: tuple[str, ...] = (), password: str | None = None) -> User:
        """Put a whole record in."""
        for name in groups:
            self.group_records.setdefault(name, Group(name, None, None, None, START, START))
        self.accounts[user.username] = Account(user, password, list(groups))
        return user

    def put_group(self, group: Group) -> None:
        self.group_records[group.group_name] = group

    # The port.

    def describe(self) -> dict[str, Any]:
        self._enter("DescribeUserPool")
        return {
            "Id": self.user_pool_id,
            "EstimatedNumberOfUsers": len(self.accounts),
            "SchemaAttributes": [
                {"Name": name, "Required": name in self._required or name == "sub",
                 "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}}
                for name in (*STANDARD, *self._custom)
            ],
            "UsernameAttributes": list(self._username_attributes),
            "UsernameConfiguration": {"CaseSensitive": self._case_sensitive},
            "Policies": {"PasswordPolicy": {"MinimumLength": 8}},
        }

    def list_users(self, token: str | None) -> Page[User]:
        self._enter("ListUsers")
        return self._page([account.user for account in self.accounts.values()], token)

    def list_groups(self, token: str | None) -> Page[Group]:
        self._enter("ListGroups")
        return self._page(sorted(self.group_records.values(), key=lambda group: group.group_name), token)

    def list_members(self, group_name: str, token: str | None) -> Page[Membership]:
        self._enter("ListUsersInGroup")
        if group_name not in self.group_records:
            raise NotFound("ListUsersInGroup", "ResourceNotFoundException")
        members = [
            Membership(group_name, account.user.username, account.user.sub)
            for account in self.accounts.values()
            if group_name in account.groups
        ]
        return self._page(members, token)

    def get_user(self, username: str) -> User:
        self._enter("AdminGetUser")
        return replace(self._find(username, "AdminGetUser").user, mfa_methods=())

    def groups_of(self, username: str) -> list[str]:
        self._enter("AdminListGroupsForUser")
        return list(self._find(username, "AdminListGroupsForUser").groups)

    def create_group(self, group: Group) -> None:
        self._enter("CreateGroup")
        if group.group_name in self.group_records:
            raise AlreadyExists("CreateGroup", "GroupExistsException")
        self.group_records[group.group_name] = replace(
            group, created_at=self.clock.now(), modified_at=self.clock.now()
        )
        self._leave("CreateGroup")

    def create_user(self, username: str, attributes: Mapping[str, str], password: str) -> User:
        self._enter("AdminCreateUser")
        target = TargetPool.of(self.describe_quietly())
        if target.unknown(attributes) or "sub" in attributes or "identities" in attributes:
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        sub = str(uuid.uuid4())
        user = User(
            sub if self._username_attributes else target.fold(username), sub, FORCE_CHANGE_PASSWORD, True,
            self.clock.now(), self.clock.now(), dict(attributes),
        )
        identity = target.identity(user)
        if any(target.identity(account.user) == identity for account in self.accounts.values()):
            raise AlreadyExists("AdminCreateUser", "UsernameExistsException")
        self.accounts[user.username] = Account(user, password)
        self._leave("AdminCreateUser")
        return user

    def set_password(self, username: str, password: str) -> None:
        self._enter("AdminSetUserPassword")
        account = self._find(username, "AdminSetUserPassword")
        account.password = password
        account.user = replace(account.user, status=CONFIRMED)
        self._leave("AdminSetUserPassword")

    def add_to_group(self, username: str, group_name: str) -> None:
        self._enter("AdminAddUserToGroup")
        account = self._find(username, "AdminAddUserToGroup")
        if group_name not in self.group_records:
            raise NotFound("AdminAddUserToGroup", "ResourceNotFoundException")
        if group_name not in account.groups:
            account.groups.append(group_name)
        self._leave("AdminAddUserToGroup")

    def disable_user(self, username: str) -> None:
        self._enter("AdminDisableUser")
        account = self._find(username, "AdminDisableUser")
        account.user = replace(account.user, enabled=False)
        self._leave("AdminDisableUser")

    # Inside.

    def describe_quietly(self) -> dict[str, Any]:
        """DescribeUserPool, not counted."""
        before, self.before = self.before, lambda operation: None
        described = self.describe()
        self.calls["DescribeUserPool"] -= 1
        self.before = before
        return described

    def _enter(self, operation: str) -> None:
        self.before(operation)
        self.calls[operation] += 1

    def _leave(self, operation: str) -> None:
        self.before(f"after {operation}")

    def _find(self, username: str, operation: str) -> Account:
        target = TargetPool.of(self.describe_quietly())
        for account in self.accounts.values():
            if username in (account.user.username, account.user.sub) or target.fold(username) == target.identity(
                account.user
            ):
                return account
        raise NotFound(operation, "UserNotFoundException")

    def _page(self, items: list[Any], token: str | None) -> Page[Any]:
        start = int(token or 0)
        end = start + self._page_size
        return Page(tuple(items[start:end]), str(end) if end < len(items) else None)
