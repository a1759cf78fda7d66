"""Users as they are in real pools, made from a seed: names and mail providers by how common they are, random numbers.

What makes a snapshot large is what cannot be guessed: a random `sub`, a telephone number, the dates. So these are drawn
at random, as they are in life; a pool of `person0001@example.com` would compress to nothing and prove nothing.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from poolsafe.domain.records import User

FIRST = """
    James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph
    Jessica Thomas Sarah Charles Karen Anna Lukas Sofia Mateo Yuki Chen Wei Fatima Omar Olga Ivan Priya Arjun Noah
    Emma Liam Mia Paul Lena Max
"""
LAST = """
    Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson
    Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker
    Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell
    Carter Roberts Gruber Huber Bauer Wagner Müller Pichler Steiner Moser Mayer Hofer
"""
PROVIDERS: Mapping[str, int] = {
    "gmail.com": 45,
    "yahoo.com": 12,
    "hotmail.com": 9,
    "outlook.com": 9,
    "icloud.com": 6,
    "gmx.at": 3,
    "web.de": 3,
    "orange.fr": 2,
    "proton.me": 2,
    "example.com": 9,
}
#: Sign-ups began then, in seconds since 1970 (2021-01-01), and went on for five years.
BEGAN, LASTED = 1_609_459_200, 5 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of pool. `opaque` where people sign in with their e-mail address: Cognito then makes the username, which
    is the `sub` [DG user-pool-settings-attributes]. `profile` where more than the address is kept."""

    name: str
    opaque: bool
    profile: bool


PROFILES = Kind("sign-in by e-mail, profile with name, phone and plan", opaque=True, profile=True)
USERNAMES = Kind("chosen usernames, profile with name, phone and plan", opaque=False, profile=True)
ADDRESSES = Kind("sign-in by e-mail, nothing else kept", opaque=True, profile=False)
KINDS = (PROFILES, USERNAMES, ADDRESSES)


def people(count: int, kind: Kind = PROFILES, seed: int = 7) -> Iterator[dict[str, Any]]:
    """So many users, as ListUsers tells them; dates are seconds since 1970, to the millisecond."""
    chance = random.Random(seed)  # noqa: S311 - the same people every time
    firsts, lasts = FIRST.split(), LAST.split()
    providers = [provider for provider, weight in PROVIDERS.items() for _ in range(weight)]
    for number in range(count):
        first, last = chance.choice(firsts), chance.choice(lasts)
        sub = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        attributes = {
            "email": f"{first}.{last}{chance.randrange(10_000)}@{chance.choice(providers)}".lower(),
            "email_verified": "true" if chance.random() < 0.9 else "false",
        }
        if kind.profile:
            attributes |= {
                "given_name": first,
                "family_name": last,
                "phone_number": f"+1{chance.randrange(2 * 10**9, 10**10)}",
                "phone_number_verified": "true" if chance.random() < 0.7 else "false",
                "locale": chance.choice(("en-US", "en-US", "en-US", "de-AT", "fr-FR", "es-MX")),
                "custom:plan": chance.choice(("free", "free", "free", "silver", "gold")),
            }
        created = BEGAN + chance.randrange(LASTED * 1_000) / 1_000
        changed = created if chance.random() < 0.3 else created + chance.randrange(400 * 86_400_000) / 1_000
        yield {
            "Username": sub if kind.opaque else f"{first}{last}{number}".lower(),
            "Attributes": [{"Name": name, "Value": value} for name, value in {"sub": sub, **attributes}.items()],
            "UserCreateDate": created,
            "UserLastModifiedDate": changed,
            "Enabled": chance.random() < 0.98,
            "UserStatus": "CONFIRMED" if chance.random() < 0.93 else "UNCONFIRMED",
        }


def as_record(told: dict[str, Any]) -> User:
    """The record that the exporter makes of such a user."""
    attributes = {attribute["Name"]: attribute["Value"] for attribute in told["Attributes"]}
    return User(
        told["Username"],
        attributes.pop("sub"),
        told["UserStatus"],
        told["Enabled"],
        datetime.fromtimestamp(told["UserCreateDate"], UTC),
        datetime.fromtimestamp(told["UserLastModifiedDate"], UTC),
        attributes,
    )
