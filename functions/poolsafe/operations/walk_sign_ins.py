"""Walking the sign-in of some restored users, in a scratch pool: whether they get in, as whom, and with which groups.

Nobody is written to: MFA is switched off first, a password is set that nobody knows, and no flow that sends a code is
used. Whoever is disabled has to be refused.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.records import User
from ..errors import Rejected
from ..ports import ServiceApi

CLIENT_NAME = "poolsafe-drill"


@dataclass(frozen=True, slots=True)
class Canary:
    """Somebody whose sign-in is walked: as saved, with the `sub` that the scratch pool gave them, and their groups."""

    user: User
    new_sub: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class WalkSignIns:
    """In one scratch pool. `new_password` makes one that the pool's policy takes."""

    cognito: ServiceApi
    user_pool_id: str
    new_password: Callable[[], str]

    def __call__(self, canaries: list[Canary]) -> dict[str, Any]:
        """How many were walked and how many got in as they should; why the others did not, in numbers."""
        self.cognito.call("SetUserPoolMfaConfig", UserPoolId=self.user_pool_id, MfaConfiguration="OFF")
        client_id = self._client()
        problems = Counter(problem for canary in canaries if (problem := self._problem(canary, client_id)))
        return {
            "walked": len(canaries),
            "as_they_should": len(canaries) - problems.total(),
            "disabled_refused": sum(not canary.user.enabled for canary in canaries) - problems["disabled_got_in"],
            "failed": problems.total(),
            "problems": dict(sorted(problems.items())),
        }

    def _problem(self, canary: Canary, client_id: str) -> str | None:
        """What is wrong with a sign-in, in a word that names nobody; None where nothing is."""
        name = self._username(canary.new_sub)
        if name is None:
            return "not_there"
        password, pool = self.new_password(), {"UserPoolId": self.user_pool_id}
        try:
            self.cognito.call("AdminSetUserPassword", **pool, Username=name, Password=password, Permanent=True)
            answer = self.cognito.call(
                "AdminInitiateAuth",
                **pool,
                ClientId=client_id,
                AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": password},
            )
        except Rejected as error:
            if not canary.user.enabled and error.code in ("NotAuthorizedException", "UserDisabledException"):
                return None
            return f"{error.operation}:{error.code}"
        if not canary.user.enabled:
            return "disabled_got_in"
        if "AuthenticationResult" not in answer:
            return f"challenge:{answer.get('ChallengeName')}"
        return _wrong_claims(_claims(answer["AuthenticationResult"]["IdToken"]), canary)

    def _username(self, sub: str) -> str | None:
        found = self.cognito.call("ListUsers", UserPoolId=self.user_pool_id, Filter=f'sub = "{sub}"', Limit=1)
        return next((str(user["Username"]) for user in found.get("Users", ())), None)

    def _client(self) -> str:
        """An app client for this alone; one of an attempt that died is used again."""
        listed = self.cognito.call("ListUserPoolClients", UserPoolId=self.user_pool_id, MaxResults=60)
        for client in listed.get("UserPoolClients", ()):
            if client["ClientName"] == CLIENT_NAME:
                return str(client["ClientId"])
        made = self.cognito.call(
            "CreateUserPoolClient",
            UserPoolId=self.user_pool_id,
            ClientName=CLIENT_NAME,
            ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )
        return str(made["UserPoolClient"]["ClientId"])


def _claims(token: str) -> Mapping[str, Any]:
    """What a token that Cognito has just handed us says; its signature is Cognito's own affair."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def _wrong_claims(claims: Mapping[str, Any], canary: Canary) -> str | None:
    if claims.get("sub") != canary.new_sub:
        return "another_sub"
    if frozenset(claims.get("cognito:groups") or ()) != canary.groups:
        return "other_groups"
    return None
