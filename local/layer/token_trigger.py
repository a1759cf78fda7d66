"""PreTokenGeneration: what a pool's function makes of the tokens, asked once, just before they are given out.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html: the
sources of the trigger, one event for both tokens, `scopes` from version 2 on, `clientMetadata` from the answer to a
challenge or GetTokensFromRefreshToken, not from a sign-in. What the answer does: `token_claims.py`. `cognito:
user_status` is among the attributes: others' logged events. Groups and their roles: .../
cognito-user-pools-user-groups.html. An error refuses the tokens: `triggers.py`.

The emulator asks for each token anew, before the second factor is there, and gives the tokens out whatever comes of it;
here its trigger is left to the endpoints of OAuth 2.0 that it has itself.

Assumed: who gets in by a second factor after a new password comes by TokenGeneration_Authentication; the function of a
user who is deleted meanwhile is not asked; the tokens have the groups that were there before the function was asked.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import token_claims
from .concern import Answer, Call, Proceed
from .held_sign_ins import RESPONDS
from .operations import Json, Refused
from .pools import pool_of_client, values_of
from .subs import SIGNS_IN
from .triggers import Event, Triggers, function_of

TRIGGER = "PreTokenGeneration"
REFRESHES = "GetTokensFromRefreshToken"
#: By challenge, how the tokens come about.
AFTER = {"NEW_PASSWORD_REQUIRED": "NewPasswordChallenge", "DEVICE_PASSWORD_VERIFIER": "AuthenticateDevice"}

_is_held_back = contextvars.ContextVar("is_held_back", default=False)


@contextlib.contextmanager
def holding_back() -> Iterator[None]:
    """As long as the block runs, the emulator does not ask the function itself."""
    before = _is_held_back.set(True)
    try:
        yield
    finally:
        _is_held_back.reset(before)


def leave_tokens_alone() -> None:
    """Takes its place in the emulator. Call once, when it has been imported."""
    from ministack.services import cognito

    cognito._apply_pretoken_trigger = _unless_held_back(cognito._apply_pretoken_trigger)


def _unless_held_back(apply: Callable[..., Json]) -> Callable[..., Json]:
    @functools.wraps(apply)
    def applied(*, claims: Json, **more: Any) -> Json:
        return claims if _is_held_back.get() else apply(claims=claims, **more)

    return applied


class TokenTrigger:
    def __init__(self, triggers: Triggers) -> None:
        self._triggers = triggers

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        with holding_back():
            answer = await proceed(call)
        tokens = answer.members.get("AuthenticationResult")
        client_id = str(call.members.get("ClientId", ""))
        pool = pool_of_client(client_id) if tokens else None
        if pool is None or not tokens:
            return answer
        metadata = call.members.get("ClientMetadata") if call.action not in SIGNS_IN else None
        try:
            changed = await self.customize(pool, client_id, tokens, _source(call), metadata)
        except Refused as refused:
            return Answer.error(refused.name, str(refused))
        return Answer(answer.status, {**answer.members, "AuthenticationResult": changed}, answer.headers)

    async def customize(
        self, pool: Json, client_id: str, tokens: Json, source: str, metadata: Mapping[str, str] | None = None
    ) -> Json:
        """The tokens as the pool's function has them. Refused where it refuses."""
        from ministack.services import cognito

        function, version = configured(pool)
        access = cognito._decode_id_token_unverified(tokens["AccessToken"])
        user = pool["_users"].get(access["username"])
        if not function or user is None:
            return tokens
        told: Json = {"clientMetadata": dict(metadata)} if metadata else {}
        if version != "1":
            told["scopes"] = str(access.get("scope", "")).split()
        request = {"userAttributes": attributes_of(user), "groupConfiguration": _groups(pool, user), **told}
        details = "claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails"
        name = f"TokenGeneration_{source}"
        event = Event(TRIGGER, name, user["Username"], client_id, request, {details: None}, version)
        response = await self._triggers.ask(pool, event, function)
        changed = {"AccessToken": token_claims.customized(access, token_claims.ACCESS, response, version)}
        if "IdToken" in tokens:
            claims = cognito._decode_id_token_unverified(tokens["IdToken"])
            changed["IdToken"] = token_claims.customized(claims, token_claims.ID, response, version)
        kinds = {"AccessToken": token_claims.ACCESS, "IdToken": token_claims.ID}
        signed = {name: cognito._signed_jwt(claims, pool["Id"], kinds[name]) for name, claims in changed.items()}
        return {**tokens, **signed}


def configured(pool: Json) -> tuple[str, str]:
    """The trigger's function, blank where there is none, and the version of its event."""
    newer = (pool.get("LambdaConfig") or {}).get("PreTokenGenerationConfig") or {}
    if newer.get("LambdaArn"):
        return str(newer["LambdaArn"]), str(newer.get("LambdaVersion", "V1_0")).removeprefix("V").partition("_")[0]
    return function_of(pool, TRIGGER), "1"


def attributes_of(user: Json) -> dict[str, str]:
    """A user's attributes as triggers are told them."""
    return {**values_of(user), "cognito:user_status": user["UserStatus"]}


def _source(call: Call) -> str:
    if call.action == REFRESHES or str(call.members.get("AuthFlow")).startswith("REFRESH_TOKEN"):
        return "RefreshTokens"
    asked = str(call.members.get("ChallengeName")) if call.action in RESPONDS else ""
    return AFTER.get(asked, "Authentication")


def _groups(pool: Json, user: Json) -> Json:
    """The user's groups with their roles; the preferred role is that of the first, unless several come first."""
    groups = [pool["_groups"][name] for name in user["_groups"] if name in pool["_groups"]]
    armed = sorted((_precedence(group), group["RoleArn"]) for group in groups if group.get("RoleArn"))
    first = {role for precedence, role in armed if precedence == armed[0][0]}
    return {
        "groupsToOverride": list(user["_groups"]),
        "iamRolesToOverride": list(dict.fromkeys(role for _, role in armed)),
        "preferredRole": first.pop() if len(first) == 1 else None,
    }


def _precedence(group: Json) -> float:
    given = group.get("Precedence")
    return float("inf") if given is None else float(given)
