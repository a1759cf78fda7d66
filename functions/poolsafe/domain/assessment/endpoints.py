"""What a new pool is met at, called by and dependent on: each name that changes, and who has to be told.

From the configuration alone; nothing is looked up. What only another account
or another service knows (who calls an endpoint) is not in here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..configuration.endpoints import (
    Domains,
    acs_url,
    entity_id,
    issuer_of,
    jwks_uri,
    openid_configuration,
    provider_group,
    redirect_uri,
)
from ..configuration.external import pointers
from ..configuration.model import Configuration, SectionName

#: A client that allows one of these sends the password itself, which the migration trigger needs
#: [DG user-pool-lambda-migrate-user]. The last two are their names before 2019 [API CreateUserPoolClient].
PASSWORD_FLOWS = frozenset(
    {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}
)
#: What a client allows that was made without ExplicitAuthFlows [API CreateUserPoolClient].
DEFAULT_FLOWS = ("ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH")

TRIGGER = "The function needs a permission for the new pool's ARN."
ACTIONS = {
    "trigger": TRIGGER,
    "kms_key": "The key's policy needs a statement for the new pool.",
    "ses_identity": "The identity's policy must allow the new pool to send; another Region needs its own.",
    "sms_role": "The role's trust policy and external id must admit the new pool; sandbox and spend limit stay.",
    "certificate": "Stays in us-east-1; reused once the custom domain has left the old pool.",
    "web_acl": "Associate it with the new pool's ARN.",
    "analytics_role": "Pinpoint is being retired: decide whether to bring it along.",
    "log_destination": "Set log delivery again for the new pool.",
}


def changing_endpoints(configuration: Configuration) -> list[dict[str, str]]:
    """`what`, its `current` value and the `consequence` of its changing with a new pool."""
    return [
        {"what": what, "current": current, "consequence": consequence}
        for what, current, consequence in _endpoints(configuration)
    ]


def _endpoints(configuration: Configuration) -> Iterator[tuple[str, str, str]]:
    pool = configuration.user_pool
    pool_id, issuer, domains = pool["Id"], issuer_of(pool), Domains.of(configuration)
    yield "User pool id", pool_id, "New. In applications, identity pools, dashboards and scripts."
    if pool.get("Arn"):
        yield "User pool ARN", pool["Arn"], "New. In IAM policies, trigger permissions and authorizers."
    yield "Issuer (iss)", issuer, "New. Every API that checks tokens must trust it, for a time beside the old one."
    yield "Signing keys (JWKS)", jwks_uri(issuer), "New address and new keys."
    yield "OpenID configuration", openid_configuration(issuer), "New address."
    for client in configuration.entries(SectionName.CLIENTS):
        name = client.get("ClientName") or "unnamed"
        yield f"App client id of {name}", client["ClientId"], "New. A client secret can be kept, the id cannot."
    if domains.prefix:
        yield "Sign-in pages, prefix domain", str(domains.prefix_host), "A prefix belongs to one pool: choose another."
    if domains.custom:
        yield "Sign-in pages, custom domain", domains.custom, "Can move, but serves one pool at a time."
    yield from _federation(configuration, domains)


def _federation(configuration: Configuration, domains: Domains) -> Iterator[tuple[str, str, str]]:
    pool_id = configuration.user_pool["Id"]
    providers = configuration.entries(SectionName.IDENTITY_PROVIDERS)
    types = {provider.get("ProviderType") for provider in providers}
    shown = domains.hosted_ui
    if "SAML" in types:
        yield "SAML entity id", entity_id(pool_id), "New. Each SAML provider's administrator must enter it."
        if shown:
            yield "SAML assertion consumer URL", acs_url(shown), "Changes with the domain; as above."
    if types - {"SAML"} and shown:
        yield "OIDC and social redirect URI", redirect_uri(shown), "Changes with the domain; to be registered anew."
    for provider in providers:
        name = provider["ProviderName"]
        yield f"Group made for provider {name}", provider_group(pool_id, name), "Cognito makes one for the new pool."


def outside(configuration: Configuration) -> list[dict[str, str]]:
    """What the pool needs outside Cognito, with what to do there: `kind`, `used_by`, `arn`, `action`."""
    saved = configuration.entries(SectionName.EXTERNAL) or pointers(configuration.documents, None)
    return [
        {
            "kind": one["kind"],
            "used_by": one["used_by"],
            "arn": one["arn"],
            "action": ACTIONS.get(one["kind"], "Check that it admits the new pool."),
        }
        for one in saved
    ]


def clients_report(configuration: Configuration) -> list[dict[str, Any]]:
    """Whether a client's users would be migrated at their first sign-in: `ready`, `must_change`, `not_needed`."""
    has_domain = Domains.of(configuration).hosted_ui is not None
    return [_client(client, has_domain) for client in configuration.entries(SectionName.CLIENTS)]


def _client(client: Any, has_domain: bool) -> dict[str, Any]:
    flows = sorted(client.get("ExplicitAuthFlows") or DEFAULT_FLOWS)
    oauth = set(client.get("AllowedOAuthFlows") or ()) if client.get("AllowedOAuthFlowsUserPoolClient") else set()
    providers = client.get("SupportedIdentityProviders")
    # Cognito's own directory is the default where none is named [API CreateUserPoolClient].
    asks_for_password = providers is None or "COGNITO" in providers
    pages = bool(oauth & {"code", "implicit"}) and has_domain
    if oauth == {"client_credentials"}:
        state, why = "not_needed", "Machine to machine: no user signs in."
    elif PASSWORD_FLOWS & set(flows):
        state, why = "ready", "Sends the password, as the migration trigger needs it."
    elif pages and asks_for_password:
        state, why = "ready", "Signs in over Cognito's own pages, which run the migration trigger."
    elif pages:
        state, why = "not_needed", "Signs in with identity providers alone."
    else:
        state, why = "must_change", "Does not send the password: allow USER_PASSWORD_AUTH while migrating."
    name = client.get("ClientName") or "unnamed"
    return {"name": name, "client_id": client["ClientId"], "flows": flows, "first_sign_in": state, "why": why}
