"""A pool with somebody of every kind that Cognito knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.embedded.deployed import Deployed, Json, named, person

PASSWORD = "What-they-had-chosen-1"
CUSTOM = ("tier", "essay")
CLUBS = tuple(f"club-{number:03d}" for number in range(100))
GROUPS: dict[str, dict[str, Any]] = {
    "admins": {"Description": "May do anything", "Precedence": 0},
    "editors": {"Precedence": 5},
    "équipe-Ω": {"Description": '名前 🎉, with "quotes" and a comma'},
    **{club: {} for club in CLUBS},
}
FEDERATED = "Google_112233445566778899"
#: Local users whose status is not CONFIRMED, by status.
UNSETTLED = {
    "UNCONFIRMED": "never-confirmed",
    "RESET_REQUIRED": "has-to-reset",
    "FORCE_CHANGE_PASSWORD": "was-invited",
    "ARCHIVED": "was-archived",
    "COMPROMISED": "was-compromised",
    "UNKNOWN": "is-unknown",
}
#: Who has no verified address: "forgot password" cannot reach them.
UNREACHABLE = frozenset({"unverified", "awkward", "long", "bare", "by-phone"})
UNICODE = "Ünïçødé-名前"


def verified(mailbox: str, /, **more: str) -> dict[str, str]:
    return {"email": f"{mailbox}@example.com", "email_verified": "true", **more}


def identity(user_id: str) -> str:
    return json.dumps([{"userId": user_id, "providerName": "Google", "providerType": "Google", "primary": True}])


@dataclass(frozen=True)
class Everybody:
    """A pool and whom it was filled with."""

    pool: str
    people: tuple[Json, ...]

    @property
    def local(self) -> tuple[Json, ...]:
        return tuple(person for person in self.people if person["Username"] != FEDERATED)

    @property
    def service_made(self) -> str:
        return f"{self.pool}_Google"

    def attributes(self, username: str) -> Mapping[str, str]:
        [found] = [person for person in self.people if person["Username"] == username]
        return {attribute["Name"]: attribute["Value"] for attribute in found["Attributes"]}

    @property
    def memberships(self) -> set[tuple[str, str]]:
        """Those of local users: the others come back when the federated user does."""
        return {(group, person["Username"]) for person in self.local for group in person["Groups"]}


def everybody(deployed: Deployed) -> Everybody:
    """Make the pool."""
    pool = deployed.pool(*CUSTOM)
    people = (
        person("ada", "admins", "editors", attributes=verified("ada", name="Ada"), Password=PASSWORD),
        person("disabled", "editors", attributes=verified("disabled"), Enabled=False, Password=PASSWORD),
        person("disabled-and-unconfirmed", attributes=verified("d-a-u"), Enabled=False, UserStatus="UNCONFIRMED"),
        *(person(name, "editors", attributes=verified(name), UserStatus=status) for status, name in UNSETTLED.items()),
        person("unverified", attributes={"email": "unverified@example.com", "email_verified": "false"}),
        person("by-phone", attributes={"phone_number": "+15555550100", "phone_number_verified": "true"}),
        person(
            FEDERATED,
            f"{pool}_Google",
            "editors",
            attributes={"identities": identity("112233445566778899"), "email": "guest@example.com"},
            UserStatus="EXTERNAL_PROVIDER",
        ),
        person("linked", attributes=verified("linked", identities=identity("42"))),
        person(UNICODE, "équipe-Ω", attributes=verified("unicode", name="Ünïçødé 名前 🎉", **{"custom:tier": "Ω"})),
        person("awkward", attributes={"name": 'comma, "quote"\nnew line\ttab \\ backslash', "custom:tier": " "}),
        person("long", attributes={"custom:essay": "x" * 2048, "name": "é" * 1024}),
        person("bare"),
        person("joiner", *CLUBS, attributes=verified("joiner", **{"custom:tier": "gold"})),
    )
    groups = [{"GroupName": name, **told} for name, told in GROUPS.items()]
    deployed.cloud.put_users(pool, people, [*groups, *named(f"{pool}_Google")])
    return Everybody(pool, people)
