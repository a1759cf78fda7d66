"""The records of a snapshot, as Cognito tells them and as the files hold them.

Field order is column order. `attributes` holds everything ListUsers returned
but `sub`, verbatim: `identities` stays the JSON string it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

EXTERNAL_PROVIDER = "EXTERNAL_PROVIDER"
FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"
CONFIRMED = "CONFIRMED"
RESET_REQUIRED = "RESET_REQUIRED"
#: Second factors, by Cognito's names in UserMFASettingList, and a passkey, by that in ConfiguredUserAuthFactors.
SMS_MFA, EMAIL_OTP, SOFTWARE_TOKEN_MFA, WEB_AUTHN = "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"


@dataclass(frozen=True, slots=True)
class User:
    """One user or federated profile. Times are UTC.

    `mfa_methods` is None where it was not asked for: ListUsers does not tell
    it, but for the legacy `MFAOptions`, which mean SMS_MFA [API UserType].
    """

    username: str
    sub: str
    status: str
    enabled: bool
    created_at: datetime
    modified_at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)
    mfa_methods: tuple[str, ...] | None = None
    preferred_mfa: str | None = None


@dataclass(frozen=True, slots=True)
class Factors:
    """How somebody signs in beside a password: `methods` as in UserMFASettingList, and WEB_AUTHN for a passkey."""

    methods: tuple[str, ...] = ()
    preferred: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One group. A lower precedence wins; absent and 0 are not the same [API GroupType]."""

    group_name: str
    description: str | None
    precedence: int | None
    role_arn: str | None
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """One user in one group."""

    group_name: str
    username: str
    sub: str


Record = User | Group | Membership
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One answer of a listing. It ends the listing only when `token` is None, however few items it has."""

    items: tuple[Item, ...]
    token: str | None
