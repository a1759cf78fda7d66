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
from itertools import cycle
from typing import Any

from poolsafe.domain.password import CLASSES
from poolsafe.domain.records import (
    CONFIRMED,
    EXTERNAL_PROVIDER,
    FORCE_CHANGE_PASSWORD,
    Group,
    Membership,
    Page,
    User,
)
from poolsafe.domain.target import TargetPool
from poolsafe.errors import AccessDenied, AlreadyExists, NotFound, PageTokenRefused, Rejected, Throttled
from poolsafe.ports import StoredObject

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
STANDARD = ("sub", "name", "email", "email_verified", "phone_number", "phone_number_verified", "birthdate", "locale")
CHOSEN = "Chosen-by-its-owner-1"
MAX_GROUPS_OF_A_USER = 100


def nothing_happens(operation: str) -> None:
    """The `before` of a fake that works."""


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


class Killed(BaseException):
    """The process died. No `except Exception` saves it; `life` says which process."""

    def __init__(self, life: KillAt) -> None:
        self.life = life


@dataclass
class KillAt:
    """A `before` that kills the process at its call number `at`, counted from 1. The dead make no more calls.

    Whoever catches Killed and starts a new process calls `revive`; before it lives, `meanwhile` happens.
    """

    at: int
    meanwhile: Callable[[], None] = lambda: None
    made: int = 0
    operations: list[str] = field(default_factory=list)
    dead: bool = False

    def __call__(self, operation: str) -> None:
        if not self.dead:
            self.made += 1
            self.operations.append(operation)
            self.dead = self.made == self.at
        if self.dead:
            raise Killed(self)

    def revive(self) -> None:
        self.meanwhile()
        self.dead = False


@dataclass
class MemoryStore:
    """The ObjectStore port in memory. `written` has the key of every write, in order; `before` as in FakeUserPool.

    What lies under `secrets/` is written and read by `with_secrets` alone: it has another key.
    """

    objects: dict[str, StoredObject] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    before: Callable[[str], None] = nothing_happens
    may_use_key: bool = False
    content_types: dict[str, str] = field(default_factory=dict)

    @property
    def with_secrets(self) -> MemoryStore:
        """The same bucket, as those see it who may use the key for secrets."""
        return MemoryStore(self.objects, self.written, lambda operation: self.before(operation), may_use_key=True)

    def put(
        self, key: str, content: bytes, metadata: Mapping[str, str] | None = None, content_type: str | None = None
    ) -> None:
        self.before("PutObject")
        self._require_key("PutObject", key)
        self.objects[key] = StoredObject(content, dict(metadata or {}))
        if content_type is not None:
            self.content_types[key] = content_type
        self.written.append(key)
        self.before("after PutObject")

    def put_if_absent(self, key: str, content: bytes) -> bool:
        if key in self.objects:
            self.before("PutObject")
            return False
        self.put(key, content)
        return True

    def get(self, key: str) -> StoredObject | None:
        self.before("GetObject")
        self._require_key("GetObject", key)
        return self.objects.get(key)

    def keys(self, prefix: str) -> list[str]:
        self.before("ListObjectsV2")
        return sorted(key for key in self.objects if key.startswith(prefix))

    def folders(self, prefix: str) -> list[str]:
        rests = (key[len(prefix) :] for key in self.keys(prefix))
        return sorted({rest.split("/")[0] for rest in rests if "/" in rest})

    def url(self, key: str) -> str:
        return f"s3://bucket/{key}"

    def _require_key(self, operation: str, key: str) -> None:
        if key.startswith("secrets/") != self.may_use_key:
            raise AccessDenied(f"{operation}: {key} is not for this function's key.")


@dataclass
class Account:
    """What a fake pool keeps of a user."""

    user: User
    password: str | None = None
    groups: list[str] = field(default_factory=list)


class FakeUserPool:
    """The UserPool port in memory.

    `calls` records every call that reached it, `passwords` every password it was given. `before` is run first with
    the operation's name, and with "after <operation>" once a write has taken effect; it may raise: that is how tests
    throttle, kill and break it. `on_throttle` hears of throttles as that of CognitoUserPool does. Pages have
    `page_sizes` items in turn; a page may be short or empty as Cognito's may, and its token lasts `token_seconds`, for
    the listing that gave it alone.
    """

    def __init__(
        self,
        user_pool_id: str = "us-east-1_Source",
        *,
        custom: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
        username_attributes: tuple[str, ...] = (),
        case_sensitive: bool = True,
        immutable: tuple[str, ...] = ("sub", "custom:original_sub"),
        max_lengths: Mapping[str, int] | None = None,
        min_password_length: int = 8,
        page_size: int = 60,
        page_sizes: tuple[int, ...] = (),
        token_seconds: float = 3600,
        before: Callable[[str], None] = nothing_happens,
        clock: FakeClock | None = None,
    ) -> None:
        self.user_pool_id = user_pool_id
        self.accounts: dict[str, Account] = {}
        self.group_records: dict[str, Group] = {}
        self.calls: Counter[str] = Counter()
        self.passwords: list[tuple[str, str]] = []
        self.clock = clock or FakeClock()
        self.before = before
        self.on_throttle: Callable[[str], None] = nothing_happens
        self._custom, self._required, self._immutable = custom, required, immutable
        self._username_attributes, self._case_sensitive = username_attributes, case_sensitive
        self._max_lengths, self._min_password_length = max_lengths or {}, min_password_length
        self._page_sizes = cycle(page_sizes or (page_size,))
        self._token_seconds = token_seconds
        self._tokens: dict[str, tuple[str, int, float]] = {}

    # What a test puts in.

    def add(
        self,
        username: str,
        *,
        groups: tuple[str, ...] = (),
        status: str = CONFIRMED,
        enabled: bool = True,
        sub: str | None = None,
        password: str | None = CHOSEN,
        **attributes: str,
    ) -> User:
        """Put a user in, however Cognito came to have it. Attribute `custom__x` means `custom:x`."""
        named = {name.replace("__", ":"): value for name, value in attributes.items()}
        user = User(
            username,
            sub or str(uuid.uuid4()),
            status,
            enabled,
            START - timedelta(days=90),
            START - timedelta(days=9),
            named,
        )
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
        return self._described()

    def list_users(self, token: str | None) -> Page[User]:
        self._enter("ListUsers")
        page = self._page("ListUsers", list(self.accounts.values()), token)
        return Page(tuple(_as_listed(account.user) for account in page.items), page.token)

    def list_groups(self, token: str | None) -> Page[Group]:
        self._enter("ListGroups")
        return self._page("ListGroups", sorted(self.group_records.values(), key=lambda group: group.group_name), token)

    def get_group(self, group_name: str) -> Group:
        self._enter("GetGroup")
        if group_name not in self.group_records:
            raise NotFound("GetGroup", "ResourceNotFoundException")
        return self.group_records[group_name]

    def list_members(self, group_name: str, token: str | None) -> Page[Membership]:
        self._enter("ListUsersInGroup")
        if group_name not in self.group_records:
            raise NotFound("ListUsersInGroup", "ResourceNotFoundException")
        members = [
            Membership(group_name, account.user.username, account.user.sub)
            for account in self.accounts.values()
            if group_name in account.groups
        ]
        return self._page(f"ListUsersInGroup {group_name}", members, token)

    def get_user(self, username: str) -> User:
        self._enter("AdminGetUser")
        user = self._find(username, "AdminGetUser").user
        return replace(user, mfa_methods=user.mfa_methods or ())

    def groups_of(self, username: str) -> list[str]:
        self._enter("AdminListGroupsForUser")
        return list(self._find(username, "AdminListGroupsForUser").groups)

    def create_group(self, group: Group) -> None:
        self._enter("CreateGroup")
        if group.group_name in self.group_records:
            raise AlreadyExists("CreateGroup", "GroupExistsException")
        self.group_records[group.group_name] = replace(group, created_at=self.clock.now(), modified_at=self.clock.now())
        self._leave("CreateGroup")

    def create_user(self, username: str, attributes: Mapping[str, str], password: str) -> User:
        self._enter("AdminCreateUser")
        self._take_password("AdminCreateUser", username, password)
        target = self._target()
        if {"sub", "identities"} & attributes.keys() or target.unknown(attributes) or target.too_long(attributes):
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        by_address = target.username_attributes
        if by_address and username not in map(attributes.get, by_address):
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        sub = str(uuid.uuid4())
        user = User(
            sub if by_address else target.fold(username),
            sub,
            FORCE_CHANGE_PASSWORD,
            True,
            self.clock.now(),
            self.clock.now(),
            dict(attributes),
        )
        if self._named(username) is not None:
            raise AlreadyExists("AdminCreateUser", "UsernameExistsException")
        self.accounts[user.username] = Account(user, password)
        self._leave("AdminCreateUser")
        return user

    def set_password(self, username: str, password: str) -> None:
        self._enter("AdminSetUserPassword")
        self._take_password("AdminSetUserPassword", username, password)
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
            if len(account.groups) >= MAX_GROUPS_OF_A_USER:
                raise Rejected("AdminAddUserToGroup", "LimitExceededException")
            account.groups.append(group_name)
        self._leave("AdminAddUserToGroup")

    def disable_user(self, username: str) -> None:
        self._enter("AdminDisableUser")
        account = self._find(username, "AdminDisableUser")
        account.user = replace(account.user, enabled=False)
        self._leave("AdminDisableUser")

    # Inside.

    def _described(self) -> dict[str, Any]:
        longest = self._max_lengths
        return {
            "Id": self.user_pool_id,
            "Name": self.user_pool_id.partition("_")[2],
            "Arn": f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{self.user_pool_id}",
            "EstimatedNumberOfUsers": len(self.accounts),
            "SchemaAttributes": [
                {
                    "Name": name,
                    "Required": name in self._required or name == "sub",
                    "Mutable": name not in self._immutable,
                    "StringAttributeConstraints": {
                        "MinLength": "0",
                        "MaxLength": str(longest.get(name, 2048)),
                    },
                }
                for name in (*STANDARD, *self._custom)
            ],
            "UsernameAttributes": list(self._username_attributes),
            "UsernameConfiguration": {"CaseSensitive": self._case_sensitive},
            "Policies": {"PasswordPolicy": {"MinimumLength": self._min_password_length}},
        }

    def _target(self) -> TargetPool:
        return TargetPool.of(self._described())

    def _enter(self, operation: str) -> None:
        try:
            self.before(operation)
        except Throttled:
            self.on_throttle(operation)
            raise
        self.calls[operation] += 1

    def _leave(self, operation: str) -> None:
        self.before(f"after {operation}")

    def _take_password(self, operation: str, username: str, password: str) -> None:
        self.passwords.append((username, password))
        shortest = self._target().password_policy.get("MinimumLength", 8)
        if len(password) < shortest or not all(set(group) & set(password) for group in CLASSES):
            raise Rejected(operation, "InvalidPasswordException")

    def _named(self, username: str) -> Account | None:
        """The account that answers to a name: its username, its sub, or the address it signs in with.

        The address of a federated profile names nobody: a local user may have it too
        (aws-amplify/amplify-js#3899, amazon-archives/amazon-cognito-identity-js#600).
        """
        target = self._target()
        for account in self.accounts.values():
            if target.fold(username) in (target.fold(account.user.username), account.user.sub):
                return account
            local = account.user.status != EXTERNAL_PROVIDER
            if local and target.username_attributes and target.fold(username) == target.identity(account.user):
                return account
        return None

    def _find(self, username: str, operation: str) -> Account:
        account = self._named(username)
        if account is None:
            raise NotFound(operation, "UserNotFoundException")
        return account

    def _page(self, listing: str, items: list[Any], token: str | None) -> Page[Any]:
        start, issued = 0, self.clock.monotonic()
        if token is not None:
            of_listing, start, issued = self._tokens.get(token, ("", 0, 0.0))
            if of_listing != listing or self.clock.monotonic() - issued > self._token_seconds:
                raise PageTokenRefused(f"{listing}: the page token is no longer valid.")
        end = start + next(self._page_sizes)
        if end >= len(items):
            return Page(tuple(items[start:]), None)
        following = f"token-{len(self._tokens)}"
        self._tokens[following] = (listing, end, self.clock.monotonic())
        return Page(tuple(items[start:end]), following)


def _as_listed(user: User) -> User:
    """ListUsers does not tell the MFA preferences."""
    return replace(user, mfa_methods=None, preferred_mfa=None)
