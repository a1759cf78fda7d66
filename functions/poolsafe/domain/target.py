"""What a target pool will take: read once from DescribeUserPool, asked often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import birthdates
from .records import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA, User

#: What `mfa_mode` says of a pool that asks nobody, and of one that asks everybody.
OFF, ON = "OFF", "ON"
#: AccountRecoverySetting's mechanisms, by the attribute that a code goes to.
CHANNEL_OF_MECHANISM: Mapping[str, str] = {"verified_email": "email", "verified_phone_number": "phone_number"}
SIGN_IN_ATTRIBUTES = ("email", "phone_number")
#: What names a user, and so is lowered in a pool that does not care about case [DG user-pool-case-sensitivity].
LOWERED = frozenset({"email", "preferred_username"})

PHONE_NUMBER = re.compile(r"\+[0-9]{5,15}")

#: Attributes that Cognito sets itself and refuses from an administrator [API AdminCreateUser].
SET_BY_COGNITO = frozenset({"sub", "identities"})


@dataclass(frozen=True, slots=True)
class TargetPool:
    """What of the target decides how a user is named, what it may hold, and how its people get in.

    `recovery` are the channels of "forgot password" in their order; where the
    pool says nothing, a phone number comes before an e-mail address
    [API AccountRecoverySettingType]. `factors` are the second factors that are
    switched on, as UserMFASettingList names them. `providers` is None where
    nobody asked.
    """

    user_pool_id: str
    attribute_names: frozenset[str]
    required: frozenset[str]
    mutable: frozenset[str]
    max_lengths: Mapping[str, int]
    username_attributes: tuple[str, ...]
    case_sensitive: bool
    password_policy: Mapping[str, Any]
    alias_attributes: tuple[str, ...] = ()
    mfa_mode: str = OFF
    factors: frozenset[str] = frozenset()
    recovery: tuple[str, ...] = ("phone_number", "email")
    auto_verified: frozenset[str] = frozenset()
    sends_sms: bool = False
    providers: frozenset[str] | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> TargetPool:
        """Read what `target_document` wrote."""
        providers = document["identity_providers"]
        return cls.of(document["user_pool"], document["mfa"], None if providers is None else frozenset(providers))

    @classmethod
    def of(
        cls,
        described: Mapping[str, Any],
        mfa: Mapping[str, Any] | None = None,
        providers: frozenset[str] | None = None,
    ) -> TargetPool:
        """Read the `UserPool` member of DescribeUserPool, GetUserPoolMfaConfig, and the names of the providers.

        Pools made before February 2020 tell no UsernameConfiguration and are
        case-sensitive [DG user-pool-case-sensitivity].
        """
        schema = described.get("SchemaAttributes") or []
        limits = {
            attribute["Name"]: int(maximum)
            for attribute in schema
            if (maximum := (attribute.get("StringAttributeConstraints") or {}).get("MaxLength"))
        }
        return cls(
            user_pool_id=described["Id"],
            attribute_names=frozenset(attribute["Name"] for attribute in schema),
            required=frozenset(a["Name"] for a in schema if a.get("Required")) - SET_BY_COGNITO,
            mutable=frozenset(a["Name"] for a in schema if a.get("Mutable", True)),
            max_lengths=limits,
            username_attributes=tuple(described.get("UsernameAttributes") or ()),
            case_sensitive=bool((described.get("UsernameConfiguration") or {}).get("CaseSensitive", True)),
            password_policy=(described.get("Policies") or {}).get("PasswordPolicy") or {},
            alias_attributes=tuple(described.get("AliasAttributes") or ()),
            mfa_mode=str((mfa or described).get("MfaConfiguration") or OFF),
            factors=_factors(described, mfa or {}),
            recovery=_recovery(described),
            auto_verified=frozenset(described.get("AutoVerifiedAttributes") or ()),
            sends_sms=bool(described.get("SmsConfiguration")),
            providers=providers,
        )

    def sign_in_name(self, user: User) -> str | None:
        """The `Username` to create this user with, or None when it has none that the pool takes.

        Pools that sign in by e-mail or phone make a UUID username themselves
        and want the address in its place [DG user-pool-settings-attributes].
        """
        if not self.username_attributes:
            return user.username
        attribute = self.sign_in_attribute(user)
        return None if attribute is None else user.attributes[attribute]

    def sign_in_attribute(self, user: User) -> str | None:
        """Which of its addresses the user is named by; a verified one before others."""
        has = [name for name in SIGN_IN_ATTRIBUTES if name in self.username_attributes and user.attributes.get(name)]
        return next((name for name in has if is_verified(user, name)), has[0] if has else None)

    def sends_to(self, channel: str) -> bool:
        """Whether a code can go there: to a phone number only where the pool is set up for text messages."""
        return channel != "phone_number" or self.sends_sms

    def takes_for_an_alias(self, username: str) -> bool:
        """Whether a username looks like an address that is an alias here, which Cognito refuses
        [DG user-pool-settings-attributes]."""
        return ("email" in self.alias_attributes and "@" in username) or (
            "phone_number" in self.alias_attributes and bool(PHONE_NUMBER.fullmatch(username))
        )

    def identity(self, user: User) -> str | None:
        """The name that this pool knows a local user by, whichever pool the user was read from."""
        name = self.sign_in_name(user)
        return None if name is None else self.fold(name)

    def fold(self, name: str) -> str:
        """Names as this pool compares them."""
        return name if self.case_sensitive else name.lower()

    def lacks_alias(self, saved: User, found: User) -> bool:
        """Whether somebody cannot sign in by the preferred username that they had."""
        return (
            "preferred_username" in self.alias_attributes
            and bool(saved.attributes.get("preferred_username"))
            and not found.attributes.get("preferred_username")
        )

    def same_value(self, name: str, one: str | None, other: str | None) -> bool:
        """Whether two values of an attribute mean the same here: a case-insensitive pool lowers what it shows."""
        if one is None or other is None:
            return one == other
        if name == "birthdate":
            return (birthdates.iso(one) or one) == (birthdates.iso(other) or other)
        if self.case_sensitive:
            return one == other
        return one.lower() == other.lower() if name in LOWERED else one == other

    def writable(self, attributes: Mapping[str, str]) -> dict[str, str]:
        """The attributes an administrator may set. A flag without its address is none: Cognito refuses it."""
        return {
            name: value
            for name, value in attributes.items()
            if name not in SET_BY_COGNITO
            and not name.startswith("cognito:")
            and not (_is_flag(name) and not attributes.get(name.removesuffix("_verified")))
        }

    def missing_required(self, attributes: Mapping[str, str]) -> list[str]:
        """Attributes the pool demands and this user does not have."""
        return sorted(name for name in self.required if not attributes.get(name))

    def too_long(self, attributes: Mapping[str, str]) -> list[str]:
        """Attributes longer than the pool's own limit for them (characters)."""
        return sorted(name for name, value in attributes.items() if len(value) > self.max_lengths.get(name, len(value)))

    def unknown(self, attributes: Mapping[str, str]) -> list[str]:
        """Attributes that the pool's schema does not have."""
        return sorted(name for name in attributes if name not in self.attribute_names and not _is_flag(name))


def is_verified(user: User, channel: str) -> bool:
    """Whether the user has that address, and it is verified; a flag without an address counts for nothing."""
    return bool(user.attributes.get(channel)) and user.attributes.get(f"{channel}_verified", "").lower() == "true"


def _factors(described: Mapping[str, Any], mfa: Mapping[str, Any]) -> frozenset[str]:
    """None while MFA is off, whatever is set up [API SetUserPoolMfaConfig]."""
    if (mfa or described).get("MfaConfiguration", OFF) == OFF:
        return frozenset()
    found = {
        SMS_MFA: bool(mfa.get("SmsMfaConfiguration") or described.get("SmsConfiguration")),
        # Empty in a pool that says nothing of its own about the message.
        EMAIL_OTP: mfa.get("EmailMfaConfiguration") is not None,
        SOFTWARE_TOKEN_MFA: bool((mfa.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled")),
    }
    return frozenset(name for name, is_on in found.items() if is_on)


def _recovery(described: Mapping[str, Any]) -> tuple[str, ...]:
    mechanisms = (described.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms")
    if not mechanisms:
        return ("phone_number", "email")
    ordered = sorted(mechanisms, key=lambda mechanism: int(mechanism.get("Priority", 1)))
    # `admin_only` is no channel.
    return tuple(
        CHANNEL_OF_MECHANISM[mechanism["Name"]] for mechanism in ordered if mechanism["Name"] in CHANNEL_OF_MECHANISM
    )


def _is_flag(name: str) -> bool:
    return name in ("email_verified", "phone_number_verified")
