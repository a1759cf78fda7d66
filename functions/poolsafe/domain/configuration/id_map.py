"""What of a pool is called otherwise in the new one: the content of `restores/<restore id>/id_map.json`.

Cognito chooses pool ids and client ids, and derives issuers, entity ids and
group names from them; nothing brings an old one back. `old` or `new` is null
where that pool has no such thing. Users have a map of their own
(`sub_map.parquet`); no user is in this one, and no secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .endpoints import (
    Domains,
    acs_url,
    entity_id,
    issuer_of,
    jwks_uri,
    openid_configuration,
    provider_group,
    redirect_uri,
)
from .model import Configuration, SectionName

SAML = "SAML"
#: Old and new name of one thing.
Pair = dict[str, str | None]


def id_map(old: Configuration, new: Configuration, clients: Mapping[str, str]) -> dict[str, Any]:
    """The map as `schemas/id_map.json`.

    `old` is the snapshot's configuration, `new` what the new pool tells of
    itself, `clients` the new client id by the old one; a client that is not in
    it was not made again.
    """
    before, after = old.user_pool, new.user_pool
    issuer = pair(issuer_of(before), issuer_of(after))
    urls, new_urls = Domains.of(old), Domains.of(new)
    hosted_uis = {kind: pair(url, new_urls.hosted_uis[kind]) for kind, url in urls.hosted_uis.items()}
    return {
        "user_pool_id": pair(before["Id"], after["Id"]),
        "user_pool_arn": pair(before.get("Arn"), after.get("Arn")),
        "issuer": issuer,
        "jwks_uri": _each(issuer, jwks_uri),
        "openid_configuration": _each(issuer, openid_configuration),
        "clients": [
            {"name": client.get("ClientName"), **pair(client["ClientId"], clients.get(client["ClientId"]))}
            for client in old.entries(SectionName.CLIENTS)
        ],
        "domains": {
            "prefix": pair(urls.prefix, new_urls.prefix),
            "custom": pair(urls.custom, new_urls.custom),
        },
        "hosted_ui": pair(urls.hosted_ui, new_urls.hosted_ui),
        "hosted_uis": hosted_uis,
        "identity_providers": [
            _provider(provider, before["Id"], after["Id"], hosted_uis)
            for provider in old.entries(SectionName.IDENTITY_PROVIDERS)
        ],
    }


def pair(old: str | None, new: str | None) -> Pair:
    return {"old": old, "new": new}


def _each(names: Pair, derive: Any) -> Pair:
    return {which: name if name is None else derive(name) for which, name in names.items()}


def _provider(provider: Mapping[str, Any], old_id: str, new_id: str, hosted_uis: Mapping[str, Pair]) -> dict[str, Any]:
    """A pool answers at each of its domains, so a provider may have to know a URL of each."""
    name, saml = provider["ProviderName"], provider["ProviderType"] == SAML
    urls = {
        kind: _each(url, acs_url if saml else redirect_uri) for kind, url in hosted_uis.items() if any(url.values())
    }
    return {
        "name": name,
        "type": provider["ProviderType"],
        "entity_id": pair(entity_id(old_id), entity_id(new_id)) if saml else None,
        "acs_urls": urls if saml else {},
        "redirect_uris": {} if saml else urls,
        "group": pair(provider_group(old_id, name), provider_group(new_id, name)),
    }
