"""The second step of a sign-in with a password, where the emulator knows only software tokens.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html, "Details of MFA logic at
user runtime": the preferred factor; else, where MFA is required, the attribute that is not the primary way of account
recovery; a user whose only attribute is that way cannot sign in; MFA_SETUP where a software token is all that is left.
A code that was given back marks the attribute as verified. SELECT_MFA_TYPE and MFAS_CAN_SETUP:
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html.

Assumed: where MFA is optional, a factor that is active without being preferred is asked for too; without
AccountRecoverySetting the primary way is SMS, which the legacy behaviour prefers; where both attributes are there and
the pool has only the factor of the primary way, that one is used; who cannot sign in is a NotAuthorizedException; the
same steps follow NEW_PASSWORD_REQUIRED. The choices are in MFAS_CAN_CHOOSE, which clients read, though the guide says
MFAS_CAN_SELECT. Not done: answers to MFA_SETUP are left to the emulator, which does not look at them; the secret hash
that comes with a code is not verified; nobody is locked out for wrong codes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .auth_factors import MAIL, METHODS, SMS, TOTP
from .concern import Answer, Call, Proceed
from .mfa_preference import NEEDS, is_on
from .operations import Json, Refused
from .pools import pool_of_client, user_of

PASSWORD_FLOWS = frozenset({"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"})
PASSWORD_CHALLENGES = frozenset({"PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED"})
RESPONDS = frozenset({"RespondToAuthChallenge", "AdminRespondToAuthChallenge"})
SELECTS, SETS_UP = "SELECT_MFA_TYPE", "MFA_SETUP"
#: What the emulator sends, and what it is given back as.
CODE = "654321"
GIVEN_AS = {SMS: "SMS_MFA_CODE", MAIL: "EMAIL_OTP_CODE", SELECTS: "ANSWER"}
WAYS = {"verified_email": MAIL, "verified_phone_number": SMS}


@dataclass(frozen=True, slots=True)
class Held:
    """A sign-in that waits for its second step: what was asked, of whom, and the tokens there will be."""

    challenge: str
    options: Sequence[str]
    user: Json
    tokens: Answer


class MfaChallenges:
    def __init__(self) -> None:
        self._held: dict[str, Held] = {}

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        asked = call.members.get("ChallengeName") if call.action in RESPONDS else None
        if asked in GIVEN_AS:
            if lacks_secret_hash(call):
                return Answer.error("NotAuthorizedException", "SECRET_HASH was not received for the client.")
            return self._respond(str(asked), call.members)
        answer = await proceed(call)
        by_password = call.members.get("AuthFlow") in PASSWORD_FLOWS or asked in PASSWORD_CHALLENGES
        if not by_password or "AuthenticationResult" not in answer.members:
            return answer
        pool = pool_of_client(str(call.members.get("ClientId", "")))
        given = call.members.get("ChallengeResponses") or call.members.get("AuthParameters") or {}
        user = user_of(pool, str(given.get("USERNAME", ""))) if pool else None
        if pool is None or user is None:
            return answer
        try:
            challenge, options = next_step(pool, user)
        except Refused as refused:
            return Answer.error(refused.name, str(refused))
        return self._ask(Held(challenge, options, user, answer)) if challenge else answer

    def _respond(self, asked: str, members: Mapping[str, Any]) -> Answer:
        held = self._held.pop(str(members.get("Session", "")), None)
        if held is None or held.challenge != asked:
            return Answer.error("NotAuthorizedException", "Invalid session for the user.")
        given = (members.get("ChallengeResponses") or {}).get(GIVEN_AS[asked])
        if asked == SELECTS:
            if given not in held.options:
                return Answer.error("InvalidParameterException", "That MFA method cannot be selected.")
            return self._ask(Held(str(given), (), held.user, held.tokens))
        if given != CODE:
            self._held[str(members["Session"])] = held
            return Answer.error("CodeMismatchException", "Invalid code or auth state for the user.")
        verified = f"{NEEDS[asked][1]}_verified"
        others = [attribute for attribute in held.user["Attributes"] if attribute["Name"] != verified]
        held.user["Attributes"] = [*others, {"Name": verified, "Value": "true"}]
        return held.tokens

    def _ask(self, held: Held) -> Answer:
        session = secrets.token_urlsafe(32)
        self._held[session] = held
        parameters = {"USER_ID_FOR_SRP": held.user["Username"]}
        if held.challenge == SELECTS:
            parameters["MFAS_CAN_CHOOSE"] = json.dumps(list(held.options))
        elif held.challenge == SETS_UP:
            parameters["MFAS_CAN_SETUP"] = json.dumps(list(held.options))
        else:
            parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] = "SMS" if held.challenge == SMS else "EMAIL"
            parameters["CODE_DELIVERY_DESTINATION"] = "***"
        return Answer(200, {"ChallengeName": held.challenge, "Session": session, "ChallengeParameters": parameters})


def lacks_secret_hash(call: Call) -> bool:
    client_id = str(call.members.get("ClientId", ""))
    client = ((pool_of_client(client_id) or {}).get("_clients") or {}).get(client_id) or {}
    return bool(client.get("ClientSecret")) and not (call.members.get("ChallengeResponses") or {}).get("SECRET_HASH")


def next_step(pool: Json, user: Json) -> tuple[str, Sequence[str]]:
    """The challenge after the right password, and what can be chosen in it; none for somebody who is in.

    The emulator has asked for the software token of those who have one."""
    required = pool.get("MfaConfiguration", "OFF")
    if required == "OFF":
        return "", ()
    active = [method for method in user.get(METHODS, ()) if method in (SMS, MAIL) and is_on(pool, method)]
    preferred = user.get("_preferred_mfa")
    if preferred in active:
        return str(preferred), ()
    if active or required != "ON":
        return _one_of(active)
    attributes = {given["Name"]: given.get("Value") for given in user["Attributes"]}
    reachable = [method for method in (SMS, MAIL) if attributes.get(NEEDS[method][1] or "")]
    primary = _primary_way(pool)
    if reachable == [primary]:
        raise Refused("NotAuthorizedException", "The only channel of the user is the one that recovers the password.")
    usable = [method for method in reachable if is_on(pool, method)]
    if found := [method for method in usable if method != primary] or usable:
        return _one_of(found)
    if not reachable:
        options = [method for method in NEEDS if method != primary and is_on(pool, method)]
    else:
        options = [TOTP] if is_on(pool, TOTP) else []
    if not options:
        raise Refused("NotAuthorizedException", "MFA is required, and no factor can be set up.")
    return SETS_UP, options


def _one_of(methods: Sequence[str]) -> tuple[str, Sequence[str]]:
    return (SELECTS, methods) if len(methods) > 1 else ("".join(methods), ())


def _primary_way(pool: Json) -> str | None:
    """The MFA method that uses the same channel as the pool's first way of account recovery."""
    mechanisms = (pool.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms")
    if not mechanisms:
        return SMS
    first = min(mechanisms, key=lambda mechanism: int(mechanism["Priority"]))
    return WAYS.get(first["Name"])
