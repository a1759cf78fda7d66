"""What the administrators of identity providers change at a cut-over.

A provider trusts a pool by its entity id or its URLs, and they change with the
pool [DG cognito-user-pools-saml-idp-things-to-know]. What is new is added
before the cut-over and what is old removed after it, so that nobody is locked
out in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .endpoints import slo_url
from .model import Configuration, SectionName
from .to_change import Who, item

_ADMINISTRATOR = Who.IDENTITY_PROVIDER_ADMINISTRATOR


def provider_changes(old: Configuration, id_map: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of every provider; `id_map` as `schemas/id_map.json`."""
    details = {
        provider["ProviderName"]: provider.get("ProviderDetails") or {}
        for provider in old.entries(SectionName.IDENTITY_PROVIDERS)
    }
    for provider in id_map["identity_providers"]:
        if provider["entity_id"]:
            yield from _saml(provider, details[provider["name"]], id_map["hosted_uis"])
        else:
            yield from _urls(
                f"{provider['type']} provider {provider['name']}", "redirect URI", provider["redirect_uris"]
            )


def _saml(
    provider: Mapping[str, Any], details: Mapping[str, Any], hosted_uis: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    who = f"SAML provider {provider['name']}"
    yield item(
        _ADMINISTRATOR,
        f"{who}: entity id",
        **provider["entity_id"],
        do="Accept the new entity id as service provider and audience before the cut-over, and drop the old one after.",
    )
    yield from _urls(who, "assertion consumer service (ACS) URL", provider["acs_urls"])
    signs_out = details.get("IDPSignout") == "true"
    if signs_out:
        urls = {kind: {age: url and slo_url(url) for age, url in pair.items()} for kind, pair in hosted_uis.items()}
        yield from _urls(who, "single logout URL", urls)
    # Cognito signs logout requests in any case, sign-in requests where an algorithm is set
    # [DG cognito-user-pools-saml-idp-sign-out, API CreateIdentityProvider].
    if signs_out or details.get("RequestSigningAlgorithm"):
        yield item(
            _ADMINISTRATOR,
            f"{who}: signing certificate",
            None,
            None,
            "Install the new pool's signing certificate (aws cognito-idp get-signing-certificate): it is another one.",
        )
    if details.get("EncryptedResponses") == "true":
        yield item(
            _ADMINISTRATOR,
            f"{who}: encryption certificate",
            None,
            None,
            "Encrypt assertions with the new provider's ActiveEncryptionCertificate (aws cognito-idp "
            "describe-identity-provider), because the new pool cannot read the old ones.",
        )


def _urls(who: str, what: str, urls: Mapping[str, Mapping[str, str | None]]) -> Iterator[dict[str, Any]]:
    """An item for each domain's URL that comes, then one for each that goes; none for one that stays."""
    olds = [pair["old"] for pair in urls.values() if pair["old"]]
    news = [pair["new"] for pair in urls.values() if pair["new"]]
    for url in news:
        if url not in olds:
            yield item(_ADMINISTRATOR, f"{who}: new {what}", None, url, f"Add the new {what} before the cut-over.")
    for url in olds:
        if url not in news:
            yield item(_ADMINISTRATOR, f"{who}: old {what}", url, None, f"Remove the old {what} after the cut-over.")
