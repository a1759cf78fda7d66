"""Pools to assess: five made differently, and the pieces to make others."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from poolsafe.domain.assessment.collisions import CollisionCounter
from poolsafe.domain.assessment.report import assessment_report
from poolsafe.domain.assessment.survey import UserSurvey
from poolsafe.domain.configuration.model import Configuration
from poolsafe.domain.quotas import DOCUMENTED, share
from poolsafe.domain.records import EXTERNAL_PROVIDER, User

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
RATES = share(DOCUMENTED, 0.5, 1)
POOL_ID = "us-east-1_Source"
SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com"}
SRP_CLIENT = {"ClientId": "client-srp", "ClientName": "Web", "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}
REPLICABLE: dict[str, Any] = {
    "UserPoolTier": "PLUS",
    "KeyConfiguration": {
        "KeyType": "CUSTOMER_MANAGED_KEY",
        "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/mrk-1234abcd",
    },
    "IssuerConfiguration": {"Type": "UPDATED"},
}


def configuration(documents: dict[str, Any] | None = None, **pool: Any) -> Configuration:
    """A pool with nothing but an id, and what else is said of it."""
    user_pool = {"Id": POOL_ID, "Name": "Shop", "UserPoolTier": "ESSENTIALS", **pool}
    return Configuration({"user_pool": user_pool, **(documents or {})})


def identities(*providers: str, user_id: str = "42", primary: bool = False) -> str:
    return json.dumps([{"providerName": name, "userId": user_id, "primary": primary} for name in providers])


def user(number: int, days: int = 10, email: bool = True, **changed: Any) -> User:
    """A local user whose profile was changed so many days ago."""
    address = {"email": f"user{number}@example.com", "email_verified": "true"} if email else {}
    moment = NOW - timedelta(days=days)
    made: dict[str, Any] = {
        "username": f"user{number}",
        "sub": f"sub-{number}",
        "status": "CONFIRMED",
        "enabled": True,
        "created_at": moment,
        "modified_at": moment,
        "attributes": address,
    }
    return User(**made | changed)


def federated(number: int, provider: str = "Okta", days: int = 10) -> User:
    own = {"identities": identities(provider, user_id=str(number), primary=True)}
    return user(number, days, username=f"{provider}_{number}", status=EXTERNAL_PROVIDER, attributes=own)


def surveyed(users: Iterable[User], groups: int = 0) -> UserSurvey:
    survey = UserSurvey(NOW)
    for one in users:
        survey.add(one, groups)
    return survey


@dataclass
class Pool:
    """Something to assess. `times` makes a large pool of few users: each counts so often."""

    users: list[User]
    configuration: Configuration = field(default_factory=configuration)
    times: int = 1
    changes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        survey = surveyed(self.users)
        for name in ("cells", "facts", "created", "statuses", "profiles", "links", "methods", "mfa_unknown"):
            counter = getattr(survey, name)
            for key in counter:
                counter[key] *= self.times
        counter = CollisionCounter()
        for one in self.users:
            counter.add(one)
        given: dict[str, Any] = {
            "assessment_id": "20261122T030000Z-3f9a1c",
            "configuration": self.configuration,
            "survey": survey,
            "groups": 3,
            "rates": RATES,
            "changes": self.changes,
            "collisions": counter.counted(),
        }
        return assessment_report(**given | self.options)


def five_pools() -> dict[str, Pool]:
    """Each by the recommendation that is right for it."""
    old = 800
    return {
        "federation_only": Pool([federated(n) for n in range(200)]),
        "reset": Pool([user(n) for n in range(300)], configuration(EmailConfiguration=SES)),
        "first_sign_in": Pool(
            [user(n, email=n % 4 != 0) for n in range(100)], configuration({"clients": [SRP_CLIENT]}), times=2_000
        ),
        "mix": Pool(
            [federated(n) for n in range(30)]
            + [user(n) for n in range(100, 150)]
            + [user(n, days=old) for n in range(200, 220)],
            configuration(EmailConfiguration=SES),
            times=1_000,
        ),
        "in_place": Pool([user(n) for n in range(50)], changes=("password_policy", "tier", "mfa")),
    }
