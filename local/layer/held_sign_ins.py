"""Sign-ins that wait for an answer: the sessions of challenges, which the emulator gives and does not look at.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
(Session; USERNAME is required), .../API_CreateUserPoolClient.html (AuthSessionValidity, 3 minutes unless set); "Missing
required parameter Session": https://github.com/amazon-archives/amazon-cognito-identity-js/issues/365; "Invalid session
for the user": https://github.com/aws-amplify/amplify-js/issues/6461, which also shows that a session is for the next
step only.

Assumed: a session outlives a wrong code or a weak password, and nothing else; the user may be named by an alias, though
the reference asks for the actual username, USER_ID_FOR_SRP.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .concern import Answer
from .operations import Json, Refused, now
from .pools import user_of

DEFAULT_MINUTES = 3
RESPONDS = frozenset({"RespondToAuthChallenge", "AdminRespondToAuthChallenge"})


@dataclass(frozen=True, slots=True)
class Held:
    """What was asked, of whom, by which app; the choices there are, and the tokens that there will be, if known.

    `secret` is that of a software token on its way to be the user's, `is_verified` when it is."""

    challenge: str
    pool: Json
    user: Json
    client_id: str
    options: Sequence[str] = ()
    tokens: Answer | None = None
    secret: str = ""
    is_verified: bool = False


class HeldSignIns:
    def __init__(self) -> None:
        self._held: dict[str, tuple[Held, float]] = {}

    def hold(self, held: Held) -> str:
        """The session that the answer comes with."""
        minutes = held.pool["_clients"][held.client_id].get("AuthSessionValidity") or DEFAULT_MINUTES
        session = secrets.token_urlsafe(64)
        self._held[session] = (held, now() + 60 * minutes)
        return session

    def answered(self, members: Mapping[str, Any]) -> Held:
        """What RespondToAuthChallenge answers. Refused where it does not fit."""
        responses = members.get("ChallengeResponses") or {}
        if not responses.get("USERNAME"):
            raise Refused("InvalidParameterException", "Missing required parameter USERNAME")
        held = self.of_session(members, str(members.get("ChallengeName")))
        if held.client_id != members.get("ClientId") or user_of(held.pool, str(responses["USERNAME"])) is not held.user:
            raise _invalid()
        return held

    def of_session(self, members: Mapping[str, Any], challenge: str) -> Held:
        """What waits for the next step of that session."""
        if not members.get("Session"):
            raise Refused("InvalidParameterException", "Missing required parameter Session")
        held, until = self._held.get(str(members["Session"]), (None, 0.0))
        if held is None or held.challenge != challenge or until < now():
            raise _invalid()
        if not held.user["Enabled"]:
            raise Refused("NotAuthorizedException", "User is disabled.")
        return held

    def end(self, members: Mapping[str, Any]) -> None:
        self._held.pop(str(members.get("Session")), None)


def _invalid() -> Refused:
    return Refused("NotAuthorizedException", "Invalid session for the user.")
