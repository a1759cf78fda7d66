"""The app clients of a template, with the order that CloudFormation cannot see: they name what they use.

A client's id and secret are Cognito's to give here: AWS::Cognito::UserPoolClient
reads both and takes neither. Poolsafe's own restore can keep a secret.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from .cloudformation_properties import CLIENT, without
from .logical_ids import logical_id
from .model import Configuration, SectionName
from .secrets import SECRET_MEMBERS
from .template_parts import Part, part, pool_id

READ_ONLY_OF_CLIENT = ("ClientId", "ClientSecret", "UserPoolId", "CreationDate", "LastModifiedDate")


def clients(
    configuration: Configuration,
    missing: Collection[str],
    providers: Mapping[str, Part],
    servers: Mapping[str, Part],
) -> Iterator[Part]:
    """The app clients after what they refer to, which CloudFormation cannot see: it is named, not Ref'd.

    `providers` and `servers` are those that the template has, by name.
    """
    all_providers = {entry["ProviderName"] for entry in configuration.entries(SectionName.IDENTITY_PROVIDERS)}
    all_servers = {entry["Identifier"] for entry in configuration.entries(SectionName.RESOURCE_SERVERS)}
    described = configuration.entries(SectionName.CLIENTS)
    shared = Counter(_name(client) for client in described)
    for client in described:
        name = _name(client)
        supported = _but(client.get("SupportedIdentityProviders"), all_providers - providers.keys())
        scopes = [
            scope
            for scope in client.get("AllowedOAuthScopes") or ()
            if _server(scope) not in all_servers - servers.keys()
        ]
        used = [providers[provider] for provider in supported if provider in providers]
        used += [servers[server] for scope in scopes if (server := _server(scope)) in servers]
        logical = logical_id("Client", name, client["ClientId"] if shared[name] > 1 else "")
        analytics, parameters, conditions = _analytics(client, logical)
        yield part(
            "Client",
            name,
            {
                **without(client, READ_ONLY_OF_CLIENT),
                "ClientName": name,
                "UserPoolId": pool_id(),
                "GenerateSecret": is_confidential(configuration, client),
                # 0 was once accepted for the default, and no longer is [API CreateUserPoolClient].
                "RefreshTokenValidity": client.get("RefreshTokenValidity") or None,
                "ReadAttributes": _but(client.get("ReadAttributes"), missing),
                "WriteAttributes": _but(client.get("WriteAttributes"), missing),
                "SupportedIdentityProviders": supported,
                "AllowedOAuthScopes": scopes,
                "AnalyticsConfiguration": analytics,
            },
            CLIENT,
            after=(earlier.logical_id for earlier in used),
            logical=logical,
            parameters=parameters,
            conditions=conditions,
            outputs={
                f"{logical}Id": {
                    "Description": f"The id of the app client that was {client['ClientId']}.",
                    "Value": {"Ref": logical},
                }
            },
        )


def is_confidential(configuration: Configuration, client: Mapping[str, Any]) -> bool:
    """Whether a client has a secret: the list of its secrets says so, and so does what only such clients may do.

    The list may not have been saved; `client_credentials` and propagated user
    context need a secret [API CreateUserPoolClient].
    """
    return bool(
        configuration.mapping(SectionName.CLIENT_SECRETS).get(client["ClientId"])
        or client.get("ClientSecret")
        or client.get("EnablePropagateAdditionalUserContextData")
        or "client_credentials" in (client.get("AllowedOAuthFlows") or ())
    )


def _name(client: Mapping[str, Any]) -> str:
    name: str = client.get("ClientName") or client["ClientId"]
    return name


def _server(scope: str) -> str:
    """The resource server of `<identifier>/<scope>`. An identifier may hold slashes, a scope's name may not."""
    return scope.rpartition("/")[0]


def _but(names: Iterable[str] | None, missing: Collection[str]) -> list[str]:
    return [name for name in names or () if name not in missing]


def _analytics(client: Mapping[str, Any], logical: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The analytics settings, with the parameter and condition of their external id.

    Only the form with an ApplicationId has one [API AnalyticsConfigurationType].
    """
    settings = without(client.get("AnalyticsConfiguration") or {}, SECRET_MEMBERS)
    if not settings.get("ApplicationId"):
        return settings, {}, {}
    parameter, condition = f"ExternalIdOf{logical}", f"HasExternalIdOf{logical}"
    either = [condition, {"Ref": parameter}, {"Ref": "AWS::NoValue"}]
    return (
        {**settings, "ExternalId": {"Fn::If": either}},
        {parameter: optional_secret(f"The external id of the analytics role of the app client {_name(client)}.")},
        {condition: given(parameter)},
    )


def optional_secret(description: str) -> dict[str, Any]:
    return {"Type": "String", "NoEcho": True, "Default": "", "Description": description}


def given(parameter: str) -> dict[str, Any]:
    """The condition that somebody gave it a value."""
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
