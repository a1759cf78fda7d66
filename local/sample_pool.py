"""A pool worth losing: people of every kind that a real pool collects over the years, made up from a seed.

Local users (confirmed, unconfirmed, disabled, stuck half-way), federated profiles, Unicode names, long values, somebody
in a hundred groups, and somebody of whom nothing is known but a `sub`.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

FIRST = (
    "Ada",
    "Björk",
    "Chidi",
    "Dolores",
    "Eun-ji",
    "Fatima",
    "Grégoire",
    "Håkon",
    "Ινές",
    "Jürgen",
    "Khadija",
    "李雷",
)
LAST = (
    "Abbott",
    "Brûlé",
    "Castañeda",
    "Dvořák",
    "Eze",
    "Fjeld",
    "García",
    "Hỷ",
    "Ivanova",
    "Jørgensen",
    "Kılıç",
    "山田",
)
GROUPS = ("admins", "editors", "readers", "billing", "beta", "partners")
PROVIDER = "Google"
FIRST_SIGN_UP = datetime(2019, 3, 1, tzinfo=UTC)

SCHEMA = [
    {"Name": "email", "AttributeDataType": "String", "Mutable": True, "Required": False},
    {"Name": "tier", "AttributeDataType": "String", "Mutable": True},
    {"Name": "notes", "AttributeDataType": "String", "Mutable": True,
     "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}},
]  # fmt: skip
PROVIDER_SETTINGS = {
    "ProviderName": PROVIDER,
    "ProviderType": "Google",
    "ProviderDetails": {"client_id": "shop", "client_secret": "known-to-google", "authorize_scopes": "openid email"},
    "AttributeMapping": {"email": "email", "username": "sub"},
}
RESOURCE_SERVER = {
    "Identifier": "shop",
    "Name": "Shop API",
    "Scopes": [{"ScopeName": "orders", "ScopeDescription": "Orders"}],
}
#: The application in front of the pool: what it needs to know is its client's secret.
CLIENT = {
    "ClientName": "shop",
    "ClientSecret": "OnlyTheApplicationKnowsThis2026",
    "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthScopes": ["openid", "shop/orders"],
    "CallbackURLs": ["https://shop.example.com/in"],
    "SupportedIdentityProviders": ["COGNITO", "Google"],
}


@dataclass(frozen=True, slots=True)
class SamplePool:
    """Users as ListUsers tells them, with their groups; groups as CreateGroup takes them."""

    users: list[dict[str, Any]]
    groups: list[dict[str, Any]]

    @property
    def memberships(self) -> int:
        return sum(len(user["Groups"]) for user in self.users)


def sample_pool(user_pool_id: str, size: int, seed: int = 2026) -> SamplePool:
    """`size` users of whom one in ten is disabled, one in twenty federated, and a few are odd in every way there is."""
    chance = random.Random(seed)  # noqa: S311
    provider_group = f"{user_pool_id}_{PROVIDER}"
    many = [f"project-{number:03d}" for number in range(100)]
    groups = [
        {"GroupName": name, "Description": f"The {name}", "Precedence": number} for number, name in enumerate(GROUPS)
    ]
    groups += [{"GroupName": name} for name in (*many, provider_group)]
    users = [
        _federated(number, chance, provider_group) if number % 20 == 19 else _local(number, chance)
        for number in range(size - 3)
    ]
    users.append(_user("in-a-hundred-groups", chance, {"email": "busy@example.com", "email_verified": "true"}, many))
    users.append(_user("nothing-known", chance, {}))
    users.append(_user("long-notes", chance, {"custom:notes": "n" * 2048}))
    return SamplePool(users, groups)


def _local(number: int, chance: random.Random) -> dict[str, Any]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    attributes = {
        "email": f"person{number:04d}@example.com",
        "email_verified": "false" if number % 13 == 0 else "true",
        "name": f"{first} {last}",
        "custom:tier": chance.choice(("free", "silver", "gold")),
    }
    status = {5: "UNCONFIRMED", 6: "RESET_REQUIRED", 7: "FORCE_CHANGE_PASSWORD"}.get(number % 50, "CONFIRMED")
    groups = chance.sample(GROUPS, chance.randint(0, 3))
    return _user(f"person{number:04d}", chance, attributes, groups, UserStatus=status, Enabled=number % 10 != 3)


def _federated(number: int, chance: random.Random, provider_group: str) -> dict[str, Any]:
    subject = str(10**20 + number)
    identity = {"userId": subject, "providerName": PROVIDER, "providerType": PROVIDER, "issuer": None, "primary": True}
    attributes = {"email": f"guest{number:04d}@example.org", "identities": json.dumps([identity])}
    groups = [provider_group, "readers"]
    return _user(f"{PROVIDER}_{subject}", chance, attributes, groups, UserStatus="EXTERNAL_PROVIDER")


def _user(
    username: str, chance: random.Random, attributes: dict[str, str], groups: list[str] | None = None, **told: Any
) -> dict[str, Any]:
    signed_up = FIRST_SIGN_UP + timedelta(minutes=chance.randint(0, 60 * 24 * 365 * 7))
    sub = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return {
        "Username": username,
        "Attributes": [{"Name": name, "Value": value} for name, value in {"sub": sub, **attributes}.items()],
        "UserCreateDate": signed_up.timestamp(),
        "Groups": groups or [],
        "Password": "What-they-chose-1",
        **told,
    }
