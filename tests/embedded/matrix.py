"""Every kind of pool, and somebody of every kind in it: who has to get in after a restore, and how."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json

TIER, ESSAY = "tier", "essay"
GROUPS = {"staff": {"Description": "Everybody, or nearly", "Precedence": 5}, "équipe-Ω": {}}
SMS_MFA, EMAIL_OTP, TOTP, PASSKEY = "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"
#: By factor that an administrator can set: its setting.
SETTINGS = {SMS_MFA: "SMSMfaSettings", EMAIL_OTP: "EmailMfaSettings"}
SMS = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "x"}
MAIL = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/a@example.com"}
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
FEDERATED = "federated"


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
        number = 100 + [person.key for person in EVERYBODY].index(self.key)
        values = (f"{self.key}@example.com", f"+1555555{number:04d}")
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
        **dict.fromkeys(("disabled-unverified", "unverified", "unverified-phone", "bare"), "not_auto_verified"),
        "hostile": "not_for_csv",
    },
    "temporary": {},
    # Nobody who is disabled is invited: they say "forgot password" when they are enabled.
    "invite": {"bare": "no_address", "disabled-unverified": "no_recovery_channel"},
}


def people(kind: Kind) -> tuple[Person, ...]:
    """Everybody who can be in such a pool."""
    return tuple(person.fit(kind) for person in EVERYBODY if not (kind.named_by and person.key in NAMELESS))


def make_pool(deployed: Deployed, kind: Kind, mfa: str = "OPTIONAL", **settings: Any) -> str:
    """A pool of that kind, which sends what it has to send, with a provider and every second factor."""
    pool = deployed.pool(
        TIER,
        ESSAY,
        ORIGINAL_SUB,
        UsernameConfiguration={"CaseSensitive": kind.case_sensitive},
        SmsConfiguration=SMS,
        EmailConfiguration=MAIL,
        **{"AutoVerifiedAttributes": [*ADDRESSES], **kind.settings, **settings},
    )
    idp = deployed.idp(pool)
    idp.create_identity_provider(UserPoolId=pool, **kind.provider)
    idp.set_user_pool_mfa_config(
        UserPoolId=pool,
        MfaConfiguration=mfa,
        SmsMfaConfiguration={"SmsAuthenticationMessage": "{####}", "SmsConfiguration": SMS},
        EmailMfaConfiguration={"Message": "{####}", "Subject": "code"},
        SoftwareTokenMfaConfiguration={"Enabled": True},
    )
    return pool


def fill(deployed: Deployed, pool: str, kind: Kind, everybody: tuple[Person, ...]) -> dict[str, Person]:
    """Put them into the pool, and a federated user; by their `sub`."""
    by_sub = {str(uuid.uuid4()): person for person in everybody}
    provider = str(kind.provider["ProviderName"])
    users = [_seeded(person, person.username(kind, sub), sub, provider) for sub, person in by_sub.items()]
    users.append(federated(kind, provider))
    deployed.cloud.put_users(pool, users, [{"GroupName": name, **told} for name, told in GROUPS.items()])
    for sub, person in by_sub.items():
        set_factors(deployed, pool, person, person.username(kind, sub))
    return by_sub


def set_factors(deployed: Deployed, pool: str, person: Person, username: str) -> None:
    named = {"UserPoolId": pool, "Username": username}
    set_here = [factor for factor in person.factors if factor in SETTINGS]
    settings = {
        SETTINGS[factor]: {"Enabled": True, "PreferredMfa": person.prefers and factor == set_here[0]}
        for factor in set_here
    }
    if settings:
        deployed.idp(pool).admin_set_user_mfa_preference(**named, **settings)
    if {TOTP, PASSKEY} & {*person.factors}:
        enrolled = {"SoftwareToken": TOTP in person.factors, "Passkey": PASSKEY in person.factors}
        deployed.cloud.control("PUT", "factors", {**named, **enrolled})


def federated(kind: Kind, provider: str) -> Json:
    """The profile of somebody who came in through the provider."""
    name = f"{provider}_Ext-7"
    values = {"identities": identity("Ext-7", provider, is_own=True), "email": "guest@example.com", "custom:tier": "x"}
    return {
        "Username": name if kind.case_sensitive else name.lower(),
        "Attributes": [{"Name": name, "Value": value} for name, value in values.items()],
        "UserStatus": "EXTERNAL_PROVIDER",
        "Groups": ["staff"],
    }


def _seeded(person: Person, username: str, sub: str, provider: str) -> Json:
    values = {"sub": sub, **person.attributes}
    if person.is_linked:
        values["identities"] = identity("42", provider)
    return {
        "Username": username,
        "Attributes": [{"Name": name, "Value": value} for name, value in values.items()],
        "UserStatus": person.status,
        "Enabled": person.enabled,
        "Groups": list(person.groups),
        "UserCreateDate": 1_600_000_000,
        "Password": "What-they-had-chosen-1",
    }


def identity(user_id: str, provider: str, *, is_own: bool = False) -> str:
    kind = next(known["ProviderType"] for known in (OIDC, SAML) if known["ProviderName"] == provider)
    told = {"userId": user_id, "providerName": provider, "providerType": kind, "primary": is_own}
    return json.dumps([told])
