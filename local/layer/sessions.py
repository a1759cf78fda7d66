"""Tracking of sessions: how many a user may have, and how long an app client goes on with one silently.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/ with
API_GetUserPoolSessionConfiguration.html and API_GetUserPoolClientSessionConfiguration.html (what was never set is
DISABLED, 20 sessions, 60 minutes), API_SetUserPoolSessionConfiguration.html (Essentials and Plus) and
API_SetUserPoolClientSessionConfiguration.html (only while the pool tracks sessions).

Assumed: an app client's setting while sessions are not tracked is an OperationNotEnabledException.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Json, Refused, answering, kept, tier_of

MOST_SESSIONS, MOST_MINUTES = 100, 129_600


def _get(pool: Json, _members: Mapping[str, Any]) -> Json:
    own = kept(pool, "sessions").get("pool", {})
    return {
        "UserPoolId": pool["Id"],
        "UserSessionTracking": own.get("UserSessionTracking", "DISABLED"),
        "TokenSession": own.get("TokenSession", {"MaxPerUser": 20}),
    }


def _set(pool: Json, members: Mapping[str, Any]) -> Json:
    _require_tier(pool)
    if not 1 <= members["TokenSession"]["MaxPerUser"] <= MOST_SESSIONS:
        raise Refused("InvalidParameterException", f"MaxPerUser is from 1 to {MOST_SESSIONS}.")
    kept(pool, "sessions")["pool"] = {name: members[name] for name in ("UserSessionTracking", "TokenSession")}
    return _get(pool, members)


def _get_of_client(pool: Json, members: Mapping[str, Any]) -> Json:
    client_id = members["ClientId"]
    own = kept(pool, "sessions").get(client_id, {"SSOSession": {"MaxValidityMinutes": 60}})
    return {"UserPoolId": pool["Id"], "ClientId": client_id, **own}


def _set_of_client(pool: Json, members: Mapping[str, Any]) -> Json:
    _require_tier(pool)
    if _get(pool, members)["UserSessionTracking"] != "ENABLED":
        raise Refused("OperationNotEnabledException", "The user pool does not track sessions.")
    if not 0 <= members["SSOSession"]["MaxValidityMinutes"] <= MOST_MINUTES:
        raise Refused("InvalidParameterException", f"MaxValidityMinutes is from 0 to {MOST_MINUTES}.")
    kept(pool, "sessions")[members["ClientId"]] = {"SSOSession": members["SSOSession"]}
    return _get_of_client(pool, members)


def _require_tier(pool: Json) -> None:
    if tier_of(pool) == "LITE":
        raise Refused("FeatureUnavailableInTierException", "Sessions are tracked in the ESSENTIALS and PLUS tiers.")


sessions = answering(
    {
        "GetUserPoolSessionConfiguration": _get,
        "SetUserPoolSessionConfiguration": _set,
        "GetUserPoolClientSessionConfiguration": _get_of_client,
        "SetUserPoolClientSessionConfiguration": _set_of_client,
    }
)
