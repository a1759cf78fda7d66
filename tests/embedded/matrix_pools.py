"""Making the pools of the matrix, and putting everybody into them."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json
from tests.embedded.matrix import (
    ADDRESSES,
    EMAIL_OTP,
    ESSAY,
    GROUPS,
    OIDC,
    PASSKEY,
    SAML,
    SMS_MFA,
    TIER,
    TOTP,
    Kind,
    Person,
)

#: By factor that an administrator can set: its setting.
SETTINGS = {SMS_MFA: "SMSMfaSettings", EMAIL_OTP: "EmailMfaSettings"}
SMS = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "x"}
MAIL = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/a@example.com"}


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
