"""Every kind of pool, and somebody of every kind in it: who has to get in after a restore, and how."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.embedded.deployed import Json

TIER, ESSAY = "tier", "essay"
GROUPS = {"staff": {"Description": "Everybody, or nearly", "Precedence": 5}, "équipe-Ω": {}}
SMS_MFA, EMAIL_OTP, TOTP, PASSKEY = "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"
OIDC = {
    "ProviderName": "Corp",
    "ProviderType": "OIDC",
    "ProviderDetails": {"client_id": "x", "oidc_issuer": "https://corp.example.com", "authorize_scopes": "openid"},
}
SAML = {
    "ProviderName": "Campus",
    "ProviderType": "SAML",
    "ProviderDetails": {"MetadataURL": "https://campus.example.com/metadata"},
}
ADDRESSES = ("email", "phone_number")


@dataclass(frozen=True)
class Kind:
    """A kind of pool. `named_by` are the attributes that usernames are made of, `aliases` those that stand for one."""

    named_by: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    case_sensitive: bool = True
    provider: Mapping[str, Any] = field(default_factory=lambda: OIDC)

    @property
    def settings(self) -> Json:
        names = {"UsernameAttributes": list(self.named_by), "AliasAttributes": list(self.aliases)}
        return {name: value for name, value in names.items() if value}


KINDS = {
    "usernames": Kind(case_sensitive=False),
    "e-mail addresses": Kind(named_by=("email",)),
    "phone numbers": Kind(named_by=("phone_number",), provider=SAML),
    "both": Kind(named_by=ADDRESSES, case_sensitive=False),
    "aliases": Kind(aliases=(*ADDRESSES, "preferred_username"), case_sensitive=False, provider=SAML),
}


@dataclass(frozen=True)
class Person:
    """Somebody. `email` and `phone`: verified, there but not verified, or not there. `factors`: the first is preferred,
    where `prefers` says so."""

    key: str
    email: bool | None = None
    phone: bool | None = None
    status: str = "CONFIRMED"
    enabled: bool = True
    groups: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    prefers: bool = True
    is_linked: bool = False
    more: Mapping[str, str] = field(default_factory=dict)

    def fit(self, kind: Kind) -> Person:
        """The same with an address to be named by, where the pool needs one: one that nobody verified."""
        if any(has is not None for has in self._addresses(kind.named_by).values()) or not kind.named_by:
            return self
        email, phone = (False, self.phone) if "email" in kind.named_by else (self.email, False)
        return Person(**{**vars(self), "email": email, "phone": phone})

    def _addresses(self, names: tuple[str, ...]) -> dict[str, bool | None]:
        return {name: has for name, has in zip(ADDRESSES, (self.email, self.phone), strict=True) if name in names}

    @property
    def address(self) -> Mapping[str, str]:
        """By attribute, what this person has; no two have the same."""
        values = (f"{self.key}@example.com", f"+1555{zlib.crc32(self.key.encode()) % 10**7:07d}")
        has = self._addresses(ADDRESSES)
        return {name: value for name, value in zip(ADDRESSES, values, strict=True) if has[name] is not None}

    @property
    def verified(self) -> dict[str, bool]:
        return {name: has for name, has in self._addresses(ADDRESSES).items() if has is not None}

    @property
    def attributes(self) -> dict[str, str]:
        """Without `sub` and `identities`."""
        flags = {f"{name}_verified": str(is_so).lower() for name, is_so in self.verified.items()}
        return {**self.address, **flags, **self.more}

    def username(self, kind: Kind, sub: str) -> str:
        return sub if kind.named_by else self.key

    def names(self, kind: Kind, username: str) -> list[str]:
        """Everything that they type to sign in."""
        if kind.named_by:
            return [value for name, value in self.address.items() if name in kind.named_by]
        aliases = [self.address[name] for name, is_so in self.verified.items() if is_so and name in kind.aliases]
        preferred = [self.more["preferred_username"]] if {"preferred_username"} & {*self.more} & {*kind.aliases} else []
        return [username, *aliases, *preferred]


HOSTILE = {
    "name": 'comma, "quote", new\nline, back\\slash\\',
    "nickname": '"quoted"',
    "address": " spaces around \t",
    "birthdate": "02/01/1985",
    f"custom:{ESSAY}": "\\," * 1024,
    f"custom:{TIER}": " ",
}
COMMAS = {
    "name": "Ω, née 名前, 🎉",
    "nickname": ",",
    "birthdate": "1985-02-01",
    f"custom:{ESSAY}": ", é" * 512,
    f"custom:{TIER}": "it's 5 % | a;b 'c' =1+1",
}
EVERYBODY = (
    Person("ada", True, True, groups=tuple(GROUPS), more={"name": "Ada", "birthdate": "1985-02-01"}),
    Person("unconfirmed", True, status="UNCONFIRMED"),
    Person("reset-required", True, groups=("staff",), status="RESET_REQUIRED"),
    Person("was-invited", None, True, status="FORCE_CHANGE_PASSWORD"),
    Person("archived", True, status="ARCHIVED"),
    Person("compromised", None, True, status="COMPROMISED"),
    Person("unknown", True, True, status="UNKNOWN"),
    Person("disabled", True, groups=("staff",), enabled=False),
    Person("disabled-unverified", False, status="UNCONFIRMED", enabled=False),
    Person("unverified", False, False, groups=("staff",)),
    Person("unverified-phone", None, False),
    Person("half-verified", False, True),
    Person("bare"),
    Person("linked", True, groups=("staff",), is_linked=True),
    Person("texts", True, True, factors=(SMS_MFA,)),
    Person("mails", True, True, factors=(EMAIL_OTP,)),
    Person("only-texts", None, True, factors=(SMS_MFA,)),
    Person("only-mails", True, None, factors=(EMAIL_OTP,), groups=("staff",)),
    Person("texts-and-mails", True, True, factors=(SMS_MFA, EMAIL_OTP), prefers=False),
    Person("disabled-texts", True, True, factors=(SMS_MFA,), enabled=False),
    Person("token", True, True, factors=(TOTP,)),
    Person("passkey", True, factors=(PASSKEY,)),
    Person("countess", True, more={"preferred_username": "lovelace"}, groups=("staff",)),
    Person("hostile", True, more=HOSTILE),
    Person("commas", True, more=COMMAS, groups=("équipe-Ω",)),
    Person("imported-before", None, True, more={"birthdate": "12/31/1999"}),
)
#: Who has an address for want of a name in pools that need one is somebody else there already.
NAMELESS = ("bare",)
CREDENTIALS = ("reset", "import-job", "temporary", "invite")
#: By credential: whom it cannot work for, and why. Written down by hand: nothing here asks the product.
UNREACHABLE: Mapping[str, Mapping[str, str]] = {
    "reset": {
        **dict.fromkeys(("disabled-unverified", "unverified", "unverified-phone", "bare"), "no_recovery_channel"),
        **dict.fromkeys(("only-texts", "only-mails", "texts-and-mails"), "recovery_channel_is_mfa"),
    },
    "import-job": {
        **dict.fromkeys(("unverified", "unverified-phone", "bare"), "not_auto_verified"),
        # Nobody who is disabled is imported: they say "forgot password" when they are enabled.
        "disabled-unverified": "no_recovery_channel",
        "hostile": "not_for_csv",
    },
    "temporary": {},
    # Nor invited.
    "invite": {"bare": "no_address", "disabled-unverified": "no_recovery_channel"},
}


def people(kind: Kind) -> tuple[Person, ...]:
    """Everybody who can be in such a pool."""
    return tuple(person.fit(kind) for person in EVERYBODY if not (kind.named_by and person.key in NAMELESS))
