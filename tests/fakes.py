"""Fakes of the ports: they keep Cognito's rules and record facts, so tests ask what happened, not what was called.

As strict as Cognito is documented to be (the sources are in the ports' and adapters' docstrings), never kinder:
`tests/contract` runs one suite over these and over the real adapters on the embedded cloud.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any, NamedTuple

from poolsafe.domain.records import (
    CONFIRMED,
    EXTERNAL_PROVIDER,
    FORCE_CHANGE_PASSWORD,
    WEB_AUTHN,
    Factors,
    Group,
    Membership,
    Page,
    User,
)
from poolsafe.domain.restore.password import CLASSES
from poolsafe.domain.target import TargetPool
from poolsafe.errors import AccessDenied, AlreadyExists, NotFound, PageTokenRefused, Rejected, Throttled
from poolsafe.ports import StoredObject
from tests.fake_mfa import SETS, with_factors
from tests.fake_names import (
    ADDRESSES,
    PREFERRED,
    answers_to,
    is_of_its_type,
    is_taken,
    lowered,
    names_of,
    says_verified,
)

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
#: The attributes that every pool has, in the order of GetCSVHeader, and the types of those that are no text.
STANDARD = (
    *("sub", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile"),
    *("picture", "website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number"),
    *("phone_number_verified", "address", "updated_at"),
)
TYPES = {"email_verified": "Boolean", "phone_number_verified": "Boolean", "updated_at": "Number"}
CHOSEN = "Chosen-by-its-owner-1"
MAX_GROUPS_OF_A_USER = 100
UNDER_A_KEY = ("secrets/", "credentials/")
MAX_LINKS_OF_A_USER = 5
#: What AdminCreateUser may send an invitation by, and the attribute that has the address.
MEDIUMS = {"EMAIL": "email", "SMS": "phone_number"}
MEDIUM_OF = {address: medium for medium, address in MEDIUMS.items()}
#: First factors that need no password, and the attribute that their codes go to.
PASSWORDLESS = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
#: Providers whose name says their type; any other is taken for one of OpenID Connect.
SOCIAL = ("Facebook", "Google", "LoginWithAmazon", "SignInWithApple")


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

    def near(self, ahead: float = 0) -> bool:
        return False


@dataclass
class EveryTime:
    """A deadline that is near after each `steps` questions, and never past: every listing is handed over again and
    again."""

    steps: int = 1
    asked: int = 0

    def near(self, ahead: float = 0) -> bool:
        if ahead < 0:
            return False
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

    What lies under `secrets/` and `credentials/` is written and read by `with_secrets` alone: it has another key.
    """

    objects: dict[str, StoredObject] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    before: Callable[[str], None] = nothing_happens
    may_use_key: bool = False
    content_types: dict[str, str] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=lambda: FakeClock())
    times: dict[str, datetime] = field(default_factory=dict)

    @property
    def with_secrets(self) -> MemoryStore:
        """The same bucket, as those see it who may use the key for secrets."""
        return MemoryStore(
            self.objects,
            self.written,
            lambda operation: self.before(operation),
            may_use_key=True,
            clock=self.clock,
            times=self.times,
        )

    def put(
        self, key: str, content: bytes, metadata: Mapping[str, str] | None = None, content_type: str | None = None
    ) -> None:
        self.before("PutObject")
        self._require_key("PutObject", key)
        self.objects[key] = StoredObject(content, dict(metadata or {}))
        if content_type is not None:
            self.content_types[key] = content_type
        self.written.append(key)
        self.times[key] = self.clock.now()
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

    def first_key(self, prefix: str, start: str | None = None) -> str | None:
        self.before("ListObjectsV2")
        return min((key for key in self.objects if key.startswith(prefix) and key >= (start or "")), default=None)

    def last_write(self, prefix: str) -> datetime | None:
        return max((self.times[key] for key in self.keys(prefix)), default=None)

    def delete(self, key: str) -> None:
        self.before("DeleteObject")
        self.objects.pop(key, None)
        self.before("after DeleteObject")

    def folders(self, prefix: str) -> list[str]:
        rests = (key[len(prefix) :] for key in self.keys(prefix))
        return sorted({rest.split("/")[0] for rest in rests if "/" in rest})

    def url(self, key: str) -> str:
        return f"s3://bucket/{key}"

    def _require_key(self, operation: str, key: str) -> None:
        if key.startswith(UNDER_A_KEY) != self.may_use_key:
            raise AccessDenied(f"{operation}: {key} is not for this function's key.")


class Message(NamedTuple):
    """Something that Cognito would have sent: because of which operation, to whom, and by EMAIL or SMS."""

    operation: str
    username: str
    medium: str


@dataclass
class Account:
    """What a fake pool keeps of a user. `user.mfa_methods` holds WEB_AUTHN for who has a passkey."""

    user: User
    password: str | None = None
    groups: list[str] = field(default_factory=list)


class FakeUserPool:
    """The UserPool port in memory.

    `calls` records every call that reached it, `passwords` every password it was given, `messages` what it would have
    sent. `before` is run first with the operation's name, and with "after <operation>" once a write has taken effect;
    it may raise: that is how tests throttle, kill and break it. `on_throttle` hears of throttles as that of
    CognitoUserPool does. Pages have `page_sizes` items in turn; a page may be short or empty as Cognito's may, and its
    token lasts `token_seconds`, for the listing that gave it alone.

    `mfa` is the answer of GetUserPoolMfaConfig, `providers` are names of identity providers, `recovery` names of
    AccountRecoverySetting in their order.
    """

    def __init__(
        self,
        user_pool_id: str = "us-east-1_Source",
        *,
        custom: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
        username_attributes: tuple[str, ...] = (),
        alias_attributes: tuple[str, ...] = (),
        case_sensitive: bool = True,
        immutable: tuple[str, ...] = ("sub", "custom:original_sub"),
        max_lengths: Mapping[str, int] | None = None,
        min_password_length: int = 8,
        mfa: Mapping[str, Any] | None = None,
        providers: tuple[str, ...] = (),
        auto_verified: tuple[str, ...] = (),
        recovery: tuple[str, ...] = (),
        tier: str | None = None,
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
        self.messages: list[Message] = []
        self.clock = clock or FakeClock()
        self.before = before
        self.on_throttle: Callable[[str], None] = nothing_happens
        self._custom, self._required, self._immutable = custom, required, immutable
        self._username_attributes, self._alias_attributes = username_attributes, alias_attributes
        self._case_sensitive = case_sensitive
        self._mfa, self._provider_names = mfa or {"MfaConfiguration": "OFF"}, providers
        self._auto_verified, self._recovery, self._tier = auto_verified, recovery, tier
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

    def list_users(self, token: str | None, only: str | None = None) -> Page[User]:
        self._enter("ListUsers")
        prefix = only.removeprefix('sub ^= "').removesuffix('"') if only else ""
        there = [account for account in list(self.accounts.values()) if account.user.sub.startswith(prefix)]
        page = self._page(f"ListUsers {only}", there, token)
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
            for account in list(self.accounts.values())
            if group_name in account.groups
        ]
        return self._page(f"ListUsersInGroup {group_name}", members, token)

    def get_user(self, username: str) -> User:
        self._enter("AdminGetUser")
        user = self._find(username, "AdminGetUser").user
        # It does not tell of passkeys.
        return replace(user, mfa_methods=tuple(name for name in user.mfa_methods or () if name != WEB_AUTHN))

    def factors_of(self, username: str) -> Factors:
        self._enter("AdminGetUserAuthFactors")
        user = self._find(username, "AdminGetUserAuthFactors").user
        return Factors(user.mfa_methods or (), user.preferred_mfa)

    def groups_of(self, username: str) -> list[Group]:
        self._enter("AdminListGroupsForUser")
        return [self.group_records[name] for name in self._find(username, "AdminListGroupsForUser").groups]

    def create_group(self, group: Group) -> None:
        self._enter("CreateGroup")
        if group.group_name in self.group_records:
            raise AlreadyExists("CreateGroup", "GroupExistsException")
        self.group_records[group.group_name] = replace(group, created_at=self.clock.now(), modified_at=self.clock.now())
        self._leave("CreateGroup")

    def update_group(self, group: Group) -> None:
        """What the group does not have stays: the page of UpdateGroup does not speak of defaults, as others do."""
        self._enter("UpdateGroup")
        if group.group_name not in self.group_records:
            raise NotFound("UpdateGroup", "ResourceNotFoundException")
        given = {"description": group.description, "precedence": group.precedence, "role_arn": group.role_arn}
        changes = {name: value for name, value in given.items() if value is not None}
        found = self.group_records[group.group_name]
        self.group_records[group.group_name] = replace(found, modified_at=self.clock.now(), **changes)  # type: ignore[arg-type]
        self._leave("UpdateGroup")

    def create_user(self, username: str, attributes: Mapping[str, str], password: str) -> User:
        self._enter("AdminCreateUser")
        self._take_password("AdminCreateUser", username, password)
        user = self._create(username, attributes, password)
        self._leave("AdminCreateUser")
        return user

    def invite_user(self, username: str, attributes: Mapping[str, str], mediums: Sequence[str]) -> User:
        """In a pool without SmsConfiguration the user is made, and then a text message refused: see
        `local/layer/invitations.py`.
        """
        self._enter("AdminCreateUser")
        by = tuple(mediums) or ("SMS",)  # its default [API AdminCreateUser]
        if not all(attributes.get(MEDIUMS.get(medium, "")) for medium in by):
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        user = self._create(username, attributes, None)
        can_send = {"EMAIL", "SMS"} if self._described().get("SmsConfiguration") else {"EMAIL"}
        self.messages += [Message("AdminCreateUser", user.username, medium) for medium in by if medium in can_send]
        if not can_send.issuperset(by):
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        self._leave("AdminCreateUser")
        return user

    def resend_invitation(self, username: str, mediums: Sequence[str]) -> None:
        self._enter("AdminCreateUser")
        account = self._find(username, "AdminCreateUser")
        if account.user.status != FORCE_CHANGE_PASSWORD:
            raise Rejected("AdminCreateUser", "UnsupportedUserStateException")
        by, sms = tuple(mediums) or ("SMS",), self._described().get("SmsConfiguration")
        if not all(account.user.attributes.get(MEDIUMS.get(medium, "")) for medium in by) or ("SMS" in by and not sms):
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        account.password = f"Sent-{uuid.uuid4()}"
        self.messages += [Message("AdminCreateUser", account.user.username, medium) for medium in by]
        self._leave("AdminCreateUser")

    def set_password(self, username: str, password: str) -> None:
        self._set_password(username, password, CONFIRMED)

    def set_temporary_password(self, username: str, password: str) -> None:
        self._set_password(username, password, FORCE_CHANGE_PASSWORD)

    def update_attributes(self, username: str, attributes: Mapping[str, str]) -> None:
        self._enter("AdminUpdateUserAttributes")
        account, target = self._find(username, "AdminUpdateUserAttributes"), self._target()
        self._require_writable("AdminUpdateUserAttributes", attributes)
        before, blank = account.user, {name for name, value in attributes.items() if not value}
        after, unverified = self._updated(before.attributes, lowered(target, attributes))
        is_early = before.status in ("UNCONFIRMED", FORCE_CHANGE_PASSWORD) and self._is_preferred_alias(attributes)
        is_flag_of_nothing = any(says_verified(attributes, name) and not after.get(name) for name in ADDRESSES)
        if attributes.keys() - target.mutable or blank & target.required or is_early or is_flag_of_nothing:
            raise Rejected("AdminUpdateUserAttributes", "InvalidParameterException")
        changed = replace(before, attributes=after, modified_at=self.clock.now())
        others = (other.user for other in self.accounts.values() if other is not account)
        if is_taken(target, others, set(names_of(target, changed)) - set(names_of(target, before))):
            raise Rejected("AdminUpdateUserAttributes", "AliasExistsException")
        account.user = changed
        self.messages += [Message("AdminUpdateUserAttributes", before.username, MEDIUM_OF[name]) for name in unverified]
        self._leave("AdminUpdateUserAttributes")

    def set_mfa(self, username: str, methods: Sequence[str], preferred: str | None) -> None:
        self._enter(SETS)
        account = self._find(username, SETS)
        changed = with_factors(account.user, self._described(), self._mfa_config(), methods, preferred)
        account.user = replace(changed, modified_at=self.clock.now())
        self._leave(SETS)

    def link(self, username: str, provider_name: str, user_id: str) -> None:
        """Of the errors that AdminLinkProviderForUser lists: LimitExceededException for the sixth, AliasExistsException
        for an identity of another user (aws-amplify/amplify-js#497), and InvalidParameterException for one that is
        linked to this user already (boto/boto3#4163), and for one that has signed in and so has a profile: "Merging is
        not currently supported" (aws/aws-sdk-net#1000).
        """
        operation = "AdminLinkProviderForUser"
        self._enter(operation)
        # By its username alone, and never a profile of a provider: the destination is said to be of Cognito.
        fold = self._target().fold
        named = {fold(account.user.username): account for account in list(self.accounts.values())}
        account = named.get(fold(username))
        if account is None or account.user.status == EXTERNAL_PROVIDER:
            raise NotFound(operation, "UserNotFoundException")
        holders = [other for other in named.values() if (provider_name, user_id) in _identities(other.user)]
        has_profile = any(other.user.status == EXTERNAL_PROVIDER for other in holders)
        has_profile |= fold(f"{provider_name}_{user_id}") in named
        if provider_name not in self._providers() or has_profile or account in holders:
            raise Rejected(operation, "InvalidParameterException")
        if holders:
            raise Rejected(operation, "AliasExistsException")
        told = _told_identities(account.user)
        if len(told) >= MAX_LINKS_OF_A_USER:
            raise Rejected(operation, "LimitExceededException")
        told.append(
            {
                "userId": user_id,
                "providerName": provider_name,
                "providerType": self._providers()[provider_name],
                "issuer": None,
                "primary": False,
                "dateCreated": int(self.clock.now().timestamp() * 1000),
            }
        )
        attributes = {**account.user.attributes, "identities": json.dumps(told, separators=(",", ":"))}
        account.user = replace(account.user, attributes=attributes, modified_at=self.clock.now())
        self._leave(operation)

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
        self._set_enabled("AdminDisableUser", username, enabled=False)

    def enable_user(self, username: str) -> None:
        self._set_enabled("AdminEnableUser", username, enabled=True)

    # Inside.

    def _described(self) -> dict[str, Any]:
        recovery = [{"Priority": place, "Name": name} for place, name in enumerate(self._recovery, 1)]
        sms = (self._mfa.get("SmsMfaConfiguration") or {}).get("SmsConfiguration")
        optional = {
            "AliasAttributes": list(self._alias_attributes),
            "AutoVerifiedAttributes": list(self._auto_verified),
            "AccountRecoverySetting": {"RecoveryMechanisms": recovery} if recovery else None,
            "SmsConfiguration": sms,
            "UserPoolTier": self._tier,
        }
        return {
            "Id": self.user_pool_id,
            "Name": self.user_pool_id.partition("_")[2],
            "Arn": f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{self.user_pool_id}",
            "EstimatedNumberOfUsers": len(self.accounts),
            "SchemaAttributes": [self._schema_of(name) for name in (*STANDARD, *self._custom)],
            "UsernameAttributes": list(self._username_attributes),
            "UsernameConfiguration": {"CaseSensitive": self._case_sensitive},
            "Policies": {"PasswordPolicy": {"MinimumLength": self._min_password_length}},
            "MfaConfiguration": self._mfa.get("MfaConfiguration", "OFF"),
            **{name: value for name, value in optional.items() if value},
        }

    def _schema_of(self, name: str) -> dict[str, Any]:
        kind = TYPES.get(name, "String")
        limits = {"MinLength": "0", "MaxLength": str(self._max_lengths.get(name, 2048))}
        return {
            "Name": name,
            "AttributeDataType": kind,
            "Required": name in self._required or name == "sub",
            "Mutable": name not in self._immutable,
            **({"StringAttributeConstraints": limits} if kind == "String" else {}),
        }

    def _mfa_config(self) -> Mapping[str, Any]:
        """What GetUserPoolMfaConfig tells."""
        return self._mfa

    def _providers(self) -> Mapping[str, str]:
        """The types of the identity providers, by their names."""
        return {name: name if name in SOCIAL else "OIDC" for name in self._provider_names}

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

    def _set_password(self, username: str, password: str, status: str) -> None:
        self._enter("AdminSetUserPassword")
        self._take_password("AdminSetUserPassword", username, password)
        account = self._find(username, "AdminSetUserPassword")
        account.password = password
        account.user = replace(account.user, status=status, modified_at=self.clock.now())
        self._leave("AdminSetUserPassword")

    def _set_enabled(self, operation: str, username: str, *, enabled: bool) -> None:
        self._enter(operation)
        account = self._find(username, operation)
        if account.user.enabled != enabled:
            account.user = replace(account.user, enabled=enabled, modified_at=self.clock.now())
        self._leave(operation)

    def _create(self, username: str, attributes: Mapping[str, str], password: str | None) -> User:
        """Without a password, Cognito makes one up, unless people of the pool sign in by a code: then there is none."""
        target, status = self._target(), FORCE_CHANGE_PASSWORD
        self._require_writable("AdminCreateUser", attributes)
        by_address = target.username_attributes
        missing = {name for name in target.required if not attributes.get(name)}
        if password is None and (codes := self._codes()):
            status = CONFIRMED
            missing |= set() if any(map(attributes.get, codes)) else codes
        else:
            missing -= target.mutable
            password = password or f"Generated-{uuid.uuid4()}"
        if (
            missing
            or (by_address and username not in map(attributes.get, by_address))
            or target.takes_for_an_alias(username)
            or self._is_preferred_alias(attributes)
            or any(says_verified(attributes, name) and not attributes.get(name) for name in ADDRESSES)
        ):
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        sub, now = str(uuid.uuid4()), self.clock.now()
        named = sub if by_address else target.fold(username)
        user = User(named, sub, status, True, now, now, lowered(target, attributes))
        others = [account.user for account in list(self.accounts.values())]
        is_known = is_taken(target, others, names_of(target, user))
        if self._named(username) is not None or (by_address and is_known):
            raise AlreadyExists("AdminCreateUser", "UsernameExistsException")
        if is_known:
            raise Rejected("AdminCreateUser", "AliasExistsException")
        self.accounts[user.username] = Account(user, password)
        return user

    def _require_writable(self, operation: str, attributes: Mapping[str, str]) -> None:
        described = self._described()
        target, schema = TargetPool.of(described), {told["Name"]: told for told in described["SchemaAttributes"]}
        is_wrong = any(not is_of_its_type(schema[name], value) for name, value in attributes.items() if name in schema)
        if (
            {"sub", "identities"} & attributes.keys()
            or target.unknown(attributes)
            or target.too_long(attributes)
            or is_wrong
        ):
            raise Rejected(operation, "InvalidParameterException")

    def _codes(self) -> set[str]:
        """The attributes that codes go to which people can sign in with."""
        policy = (self._described()["Policies"].get("SignInPolicy") or {}).get("AllowedFirstAuthFactors") or ()
        return {attribute for factor, attribute in PASSWORDLESS.items() if factor in policy}

    def _is_preferred_alias(self, attributes: Mapping[str, str]) -> bool:
        """ "Preferred username cannot be provided for unconfirmed account" (aws-amplify/amplify-js#1669)."""
        return PREFERRED in self._target().alias_attributes and bool(attributes.get(PREFERRED))

    def _updated(self, before: Mapping[str, str], given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
        """The attributes after an update, and the addresses that a code goes to.

        A blank value deletes an attribute. An address that is given and not said to be verified is asked about where
        the pool verifies it by itself, and if it is another one it is not verified any more; where it has to be before
        the update, the old one stays meanwhile [API AdminUpdateUserAttributes].
        """
        described = self._described()
        settings = described.get("UserAttributeUpdateSettings") or {}
        first = settings.get("AttributesRequireVerificationBeforeUpdate") or ()
        after, asked = {**before, **given}, []
        for name in ADDRESSES:
            if name not in given or says_verified(given, name):
                continue
            flag = f"{name}_verified"
            if given[name] and name in (described.get("AutoVerifiedAttributes") or ()):
                asked.append(name)
            if not given[name]:
                after[flag] = ""
            elif name in first:
                after |= {name: before.get(name, ""), flag: before.get(flag, "")}
            elif given[name] != before.get(name):
                after[flag] = "false"
        touched = given.keys() | {f"{name}_verified" for name in ADDRESSES if name in given}
        return {name: value for name, value in after.items() if value or name not in touched}, asked

    def _named(self, username: str) -> Account | None:
        """The account that answers to a name: its username, its sub, an address it signs in with, or an alias."""
        if username in self.accounts:
            return self.accounts[username]
        target = self._target()
        folded = target.fold(username)
        return next(
            (account for account in list(self.accounts.values()) if answers_to(target, account.user, folded)), None
        )

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


def _identities(user: User) -> list[tuple[Any, Any]]:
    """Who somebody is at providers: the provider's name, and the user's id there."""
    return [(one.get("providerName"), one.get("userId")) for one in _told_identities(user)]


def _told_identities(user: User) -> list[dict[str, Any]]:
    """The attribute `identities`: a JSON list, or whatever a test put there."""
    try:
        told = json.loads(user.attributes.get("identities") or "[]")
    except ValueError:
        return []
    return [identity for identity in told if isinstance(identity, dict)] if isinstance(told, list) else []
