"""The settings of app clients: what may go together, what an update takes away, and what the emulator does not keep.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html and
.../API_UpdateUserPoolClient.html: "If you don't provide a value for an attribute, Amazon Cognito sets it to its default
value"; of each check the member's own text there. The names of the exceptions are those of its section Errors.

Assumed: an update without ClientName keeps the name; `client_credentials` without a secret is an
InvalidOAuthFlowException; token rotation, which .../API_RefreshTokenRotationType.html says "must be completed with
GetTokensFromRefreshToken", excludes ALLOW_REFRESH_TOKEN_AUTH; what was not set is not described, rather than described
as empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .operations import Json, Refused
from .pools import pool_of_request

CREATES, UPDATES = "CreateUserPoolClient", "UpdateUserPoolClient"
#: What CreateUserPoolClient gives without the member, in the emulator's record. None: the answer does not have it.
DEFAULTS: Json = {
    "RefreshTokenValidity": 30,
    "AccessTokenValidity": None,
    "IdTokenValidity": None,
    "TokenValidityUnits": {},
    "ReadAttributes": [],
    "WriteAttributes": [],
    "ExplicitAuthFlows": [],
    "SupportedIdentityProviders": [],
    "CallbackURLs": [],
    "LogoutURLs": [],
    "DefaultRedirectURI": "",
    "AllowedOAuthFlows": [],
    "AllowedOAuthScopes": [],
    "AllowedOAuthFlowsUserPoolClient": False,
    "AnalyticsConfiguration": None,
    "PreventUserExistenceErrors": "LEGACY",
    "EnableTokenRevocation": True,
    "EnablePropagateAdditionalUserContextData": False,
    "AuthSessionValidity": 3,
}
#: Members the emulator does not read, for us to keep.
KEPT = ("RefreshTokenRotation",)
STANDARD_SCOPES = frozenset({"phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"})
#: Empty lists, objects and texts that the emulator shows where Cognito has nothing to show.
SHOWN_EMPTY = tuple(name for name, value in DEFAULTS.items() if isinstance(value, (list, dict, str)) and not value)


async def client_settings(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id)
    if pool is None or call.action not in (CREATES, UPDATES, "DescribeUserPoolClient"):
        return await proceed(call)
    client = pool["_clients"].get(call.members.get("ClientId"))
    if call.action in (CREATES, UPDATES):
        try:
            check_client(pool, client, call.members)
        except Refused as refused:
            return Answer.error(refused.name, str(refused))
    if call.action == UPDATES and client is not None:
        absent = {name: value for name, value in DEFAULTS.items() if call.members.get(name) is None}
        call = call.with_members(**absent)
    answer = await proceed(call)
    if not answer.succeeded:
        return answer
    shown = dict(answer.members["UserPoolClient"])
    if call.action in (CREATES, UPDATES):
        record = pool["_clients"][shown["ClientId"]]
        for name in KEPT:
            record[name] = call.members.get(name)
            shown[name] = record[name]
    shown = {name: value for name, value in shown.items() if value is not None}
    shown = {name: value for name, value in shown.items() if name not in SHOWN_EMPTY or value}
    return Answer(answer.status, {"UserPoolClient": shown}, answer.headers)


def check_client(pool: Json, client: Json | None, members: Mapping[str, Any]) -> None:
    """Refused where the settings of a client, new or known, do not go together or name what the pool does not have."""
    has_secret = bool(
        members.get("GenerateSecret") or members.get("ClientSecret") or (client or {}).get("ClientSecret")
    )
    _check_providers(pool, members)
    _check_scopes(pool, members)
    _check_oauth(members, has_secret)
    _check_flows(members)
    if members.get("EnablePropagateAdditionalUserContextData") and not has_secret:
        raise Refused("InvalidParameterException", "Only a client with a secret can propagate user context data.")


def _check_providers(pool: Json, members: Mapping[str, Any]) -> None:
    known = {"COGNITO", *pool.get("_identity_providers", {})}
    for provider in members.get("SupportedIdentityProviders") or ():
        if provider not in known:
            message = f"The provider {provider} does not exist for User Pool {pool['Id']}."
            raise Refused("InvalidParameterException", message)


def _check_scopes(pool: Json, members: Mapping[str, Any]) -> None:
    custom = {
        f"{server['Identifier']}/{scope['ScopeName']}"
        for server in pool.get("_resource_servers", {}).values()
        for scope in server.get("Scopes") or ()
    }
    unknown = set(members.get("AllowedOAuthScopes") or ()) - STANDARD_SCOPES - custom
    if unknown:
        raise Refused("ScopeDoesNotExistException", f"Invalid scope requested: {', '.join(sorted(unknown))}")


def _check_oauth(members: Mapping[str, Any], has_secret: bool) -> None:
    flows = set(members.get("AllowedOAuthFlows") or ())
    if "client_credentials" in flows and flows != {"client_credentials"}:
        raise Refused("InvalidOAuthFlowException", "client_credentials flow can not be selected along with another.")
    if flows == {"client_credentials"} and not has_secret:
        raise Refused("InvalidOAuthFlowException", "client_credentials flow needs a client secret.")
    redirect = members.get("DefaultRedirectURI")
    if redirect and redirect not in (members.get("CallbackURLs") or ()):
        raise Refused("InvalidParameterException", "DefaultRedirectURI is not in CallbackURLs.")


def _check_flows(members: Mapping[str, Any]) -> None:
    flows = members.get("ExplicitAuthFlows") or ()
    if len({flow.startswith("ALLOW_") for flow in flows}) > 1:
        raise Refused("InvalidParameterException", "Legacy ExplicitAuthFlows do not go with those that are ALLOW_...")
    rotates = (members.get("RefreshTokenRotation") or {}).get("Feature") == "ENABLED"
    if rotates and "ALLOW_REFRESH_TOKEN_AUTH" in flows:
        raise Refused("InvalidParameterException", "Refresh token rotation excludes ALLOW_REFRESH_TOKEN_AUTH.")
