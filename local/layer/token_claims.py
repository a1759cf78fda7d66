"""What a PreTokenGeneration function makes of the claims of a token, and which it cannot touch.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html: version 1
has `claimsOverrideDetails`, whose claims are texts and in the ID token only; versions 2 and 3 have `claimsAndScope
OverrideDetails`, with `idTokenGeneration`, `accessTokenGeneration` and claims of any kind. A claim that is both added
and suppressed is suppressed. `groupOverrideDetails`, beside those, replaces the groups in both tokens; an empty one, or
null, suppresses them. "Claims and scopes reference": which claims nobody can add, change or suppress; they are ignored.

Assumed: without `groupOverrideDetails` the groups stay, and so they do where the whole response is as empty as it was;
all that begins with `cognito:` is left to the groups; a claim of version 1 that is no text is an
InvalidLambdaResponseException; what is of another version than the pool asks for is not looked at; scopes with a blank
in them are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Json
from .triggers import NotUnderstood

ID, ACCESS = "id", "access"
PROTECTED = frozenset(
    {
        *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "origin_jti", "token_use", "auth_time", "at_hash"),
        *("acr", "amr", "azp", "client_id", "event_id", "device_key", "version", "identities", "username"),
    }
)
RESERVED = "cognito:"
#: By token, where versions 2 and 3 have its changes.
SECTIONS = {ID: "idTokenGeneration", ACCESS: "accessTokenGeneration"}
GROUPS, ROLES, PREFERRED = "cognito:groups", "cognito:roles", "cognito:preferred_role"


def customized(claims: Mapping[str, Any], kind: str, response: Json, version: str) -> Json:
    """The claims of an ID or access token after the function has answered."""
    is_first = version == "1"
    details = _map(response.get("claimsOverrideDetails" if is_first else "claimsAndScopeOverrideDetails"))
    changes = details if is_first else _map(details.get(SECTIONS[kind]))
    if is_first and not all(isinstance(value, str) for value in _map(changes.get("claimsToAddOrOverride")).values()):
        raise NotUnderstood
    found = dict(claims) if is_first and kind == ACCESS else _changed(claims, changes)
    if kind == ACCESS and not is_first:
        found["scope"] = _scopes(str(found.get("scope", "")), changes)
    if "groupOverrideDetails" in details:
        found = _regrouped(found, kind, _map(details["groupOverrideDetails"]))
    return found


def _map(value: Any) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, dict):
        raise NotUnderstood
    return value or {}


def _changed(claims: Mapping[str, Any], changes: Mapping[str, Any]) -> Json:
    added, suppressed = _map(changes.get("claimsToAddOrOverride")), changes.get("claimsToSuppress") or ()
    found = {**claims, **{name: value for name, value in added.items() if _may_change(name)}}
    return {name: value for name, value in found.items() if name not in suppressed or not _may_change(name)}


def _may_change(name: str) -> bool:
    return name not in PROTECTED and not name.startswith(RESERVED)


def _scopes(granted: str, changes: Mapping[str, Any]) -> str:
    suppressed = changes.get("scopesToSuppress") or ()
    added = [scope for scope in changes.get("scopesToAdd") or () if scope and " " not in scope]
    return " ".join(scope for scope in dict.fromkeys([*granted.split(), *added]) if scope not in suppressed)


def _regrouped(claims: Json, kind: str, override: Mapping[str, Any]) -> Json:
    wanted = {GROUPS: override.get("groupsToOverride")}
    if kind == ID:
        wanted |= {ROLES: override.get("iamRolesToOverride"), PREFERRED: override.get("preferredRole")}
    kept = {name: value for name, value in claims.items() if name not in wanted}
    return {**kept, **{name: value for name, value in wanted.items() if value}}
