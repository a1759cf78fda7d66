"""Sections in the form in which Cognito takes them: what is sent to make them, and what is compared.

A form has no ids, dates or other things that differ from pool to pool
(`members.py`); client ids are those of the new pool. Two pools are alike when
their forms are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .attribute_schema import special_attributes
from .external import CUSTOM_SENDERS, triggers
from .members import CLIENT_SETTINGS, PROVIDER_READ_ONLY
from .model import Configuration, SectionName
from .pool import own_tags, settings, sign_in

Form = dict[str, Any]
Forms = dict[str, Form]

#: What GetUICustomization and SetUICustomization call all the clients that have none of their own.
ALL_CLIENTS = "ALL"


def provider(told: Mapping[str, Any]) -> Form:
    details = told.get("ProviderDetails") or {}
    return _given(
        ProviderName=told["ProviderName"],
        ProviderType=told["ProviderType"],
        ProviderDetails={name: value for name, value in details.items() if name not in PROVIDER_READ_ONLY},
        AttributeMapping=told.get("AttributeMapping"),
        IdpIdentifiers=told.get("IdpIdentifiers"),
    )


def resource_server(told: Mapping[str, Any]) -> Form:
    return _given(Identifier=told["Identifier"], Name=told["Name"], Scopes=told.get("Scopes"))


def domain(told: Mapping[str, Any]) -> Form:
    # Routing tells the replicas' Regions, and those do not come back by themselves.
    return _given(
        Domain=told["Domain"],
        CustomDomainConfig=told.get("CustomDomainConfig"),
        # Where nothing is said, a domain has the classic pages [API CreateUserPoolDomain].
        ManagedLoginVersion=told.get("ManagedLoginVersion") or 1,
    )


def client(told: Mapping[str, Any]) -> Form:
    return _given(**{name: told.get(name) for name in CLIENT_SETTINGS})


def ui_customization(told: Mapping[str, Any], clients: Mapping[str, str]) -> Form:
    client_id = told.get("ClientId") or ALL_CLIENTS
    return _given(ClientId=clients.get(client_id, client_id), CSS=told.get("CSS"), ImageFile=told.get("ImageFile"))


def branding(told: Mapping[str, Any], clients: Mapping[str, str]) -> Form:
    form = _given(ClientId=clients.get(told["ClientId"], told["ClientId"]))
    if told.get("UseCognitoProvidedValues"):
        return {**form, "UseCognitoProvidedValues": True}
    # Without either, the style is Cognito's own.
    own = _given(Settings=told.get("Settings"), Assets=told.get("Assets"))
    return {**form, **own} if own else {**form, "UseCognitoProvidedValues": True}


def terms(told: Mapping[str, Any], clients: Mapping[str, str]) -> Form:
    return _given(
        ClientId=clients.get(told.get("ClientId", ""), told.get("ClientId")),
        TermsName=told["TermsName"],
        TermsSource=told.get("TermsSource"),
        Enforcement=told.get("Enforcement"),
        Links=told.get("Links"),
    )


def sessions(told: list[Mapping[str, Any]], clients: Mapping[str, str]) -> Forms:
    """What a client has is asleep while the pool does not track sessions, and Cognito takes it only while it does."""
    found: Forms = {}
    for entry in told:
        client_id = entry.get("ClientId")
        if client_id is None:
            found[ALL_CLIENTS] = _given(
                UserSessionTracking=entry.get("UserSessionTracking"), TokenSession=entry.get("TokenSession")
            )
        elif found.get(ALL_CLIENTS, {}).get("UserSessionTracking") == "ENABLED":
            new_id = clients.get(client_id, client_id)
            found[new_id] = _given(ClientId=new_id, SSOSession=entry.get("SSOSession"))
    return found


def risk(told: Mapping[str, Any], clients: Mapping[str, str]) -> Form:
    client_id = told.get("ClientId")
    return _given(
        ClientId=clients.get(client_id, client_id) if client_id else None,
        CompromisedCredentialsRiskConfiguration=told.get("CompromisedCredentialsRiskConfiguration"),
        AccountTakeoverRiskConfiguration=told.get("AccountTakeoverRiskConfiguration"),
        RiskExceptionConfiguration=told.get("RiskExceptionConfiguration"),
    )


def mfa(told: Mapping[str, Any]) -> Form:
    """SetUserPoolMfaConfig's members. What is off is the same as what was never set."""
    form = _given(
        MfaConfiguration=told.get("MfaConfiguration") or "OFF",
        SmsMfaConfiguration=told.get("SmsMfaConfiguration"),
        SoftwareTokenMfaConfiguration=told.get("SoftwareTokenMfaConfiguration"),
        EmailMfaConfiguration=told.get("EmailMfaConfiguration"),
        WebAuthnConfiguration=told.get("WebAuthnConfiguration"),
    )
    if not form.get("SoftwareTokenMfaConfiguration", {}).get("Enabled"):
        form.pop("SoftwareTokenMfaConfiguration", None)
    return form


def attached(lambda_config: Mapping[str, Any]) -> Form:
    """Each trigger by itself, so that one that may be missing explains no other; a sender goes with its key."""
    key = {"KMSKeyID": lambda_config.get("KMSKeyID")}
    told = {name: lambda_config[name] for name, _ in triggers(lambda_config)}
    return {
        f"LambdaConfig.{name}": {"sender": value, **key} if name in CUSTOM_SENDERS else value
        for name, value in told.items()
    }


def log_delivery(told: Mapping[str, Any]) -> Form:
    return _given(LogConfigurations=told.get("LogConfigurations"))


def forms(configuration: Configuration, clients: Mapping[str, str]) -> dict[SectionName, Forms]:
    """Everything that is compared, by section and by name. `clients` maps ids of this pool to those of the new one."""
    lists = {name: configuration.entries(name) for name in SectionName}
    pool = configuration.user_pool
    return {
        SectionName.USER_POOL: {
            "settings": {
                **_given(**sign_in(pool)),
                **settings(pool),
                **_given(DcrConfiguration=pool.get("DcrConfiguration")),
            },
            "triggers": attached(pool.get("LambdaConfig") or {}),
            "protection": {"DeletionProtection": pool.get("DeletionProtection") or "INACTIVE"},
            "schema": special_attributes(pool),
        },
        SectionName.MFA: {"mfa": mfa(configuration.mapping(SectionName.MFA))},
        SectionName.CLIENTS: {
            clients.get(entry["ClientId"], entry["ClientId"]): client(entry) for entry in lists[SectionName.CLIENTS]
        },
        SectionName.IDENTITY_PROVIDERS: {
            entry["ProviderName"]: provider(entry) for entry in lists[SectionName.IDENTITY_PROVIDERS]
        },
        SectionName.RESOURCE_SERVERS: {
            entry["Identifier"]: resource_server(entry) for entry in lists[SectionName.RESOURCE_SERVERS]
        },
        SectionName.DOMAINS: {entry["Domain"]: domain(entry) for entry in lists[SectionName.DOMAINS]},
        SectionName.UI_CUSTOMIZATION: _by_client(
            ui_customization(entry, clients) for entry in lists[SectionName.UI_CUSTOMIZATION]
        ),
        SectionName.BRANDING: _by_client(branding(entry, clients) for entry in lists[SectionName.BRANDING]),
        SectionName.TERMS: {
            f"{form.get('ClientId', ALL_CLIENTS)} {form['TermsName']}": form
            for form in (terms(entry, clients) for entry in lists[SectionName.TERMS])
        },
        SectionName.SESSIONS: sessions(lists[SectionName.SESSIONS], clients),
        SectionName.RISK: _by_client(risk(entry, clients) for entry in lists[SectionName.RISK]),
        SectionName.LOG_DELIVERY: {"log_delivery": log_delivery(configuration.mapping(SectionName.LOG_DELIVERY))},
        SectionName.TAGS: {"tags": own_tags(configuration.mapping(SectionName.TAGS))},
    }


def alike(left: Any, right: Any) -> bool:
    """Whether two forms mean the same: order of plain lists is Cognito's own, and empty is the same as absent."""
    return bool(normal(left) == normal(right))


def normal(value: Any) -> Any:
    if isinstance(value, Mapping):
        members = {name: normal(inner) for name, inner in value.items()}
        return {name: inner for name, inner in members.items() if inner not in (None, "", [], {})}
    if isinstance(value, list):
        inner = [normal(entry) for entry in value]
        return sorted(inner, key=repr)
    return value


def _by_client(found: Any) -> Forms:
    return {form.get("ClientId", ALL_CLIENTS): form for form in found}


def _given(**members: Any) -> Form:
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
