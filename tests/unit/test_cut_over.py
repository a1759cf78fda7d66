"""The list of who changes what at a cut-over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from poolsafe.domain.configuration.cut_over import cut_over
from poolsafe.domain.configuration.id_map import id_map
from poolsafe.domain.configuration.model import Configuration, SectionName
from poolsafe.domain.configuration.to_change import Who
from tests.unit.configurations import (
    CLIENTS,
    MFA,
    NEW_CLIENTS,
    NEW_ID,
    OLD_ID,
    PROVIDERS,
    SECRET,
    minimal,
    restored,
    rich,
    rich_pool,
)

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "cut_over.json").read_text("utf-8"))


def listed(
    old: Configuration | None = None,
    new: Configuration | None = None,
    clients: dict[str, str] = NEW_CLIENTS,
    secrets_kept: dict[str, bool] | None = None,
) -> dict[str, Any]:
    old, new = old or rich(), new or restored()
    found = cut_over(old, new, clients, id_map(old, new, clients), secrets_kept or {})
    Draft202012Validator(SCHEMA).validate(found)
    return found


def changes(about: str, found: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [item for item in (found or listed())["changes"] if item["about"].startswith(about)]


def the(about: str, found: dict[str, Any] | None = None) -> dict[str, Any]:
    (item,) = changes(about, found)
    return item


def losses(found: dict[str, Any]) -> set[str]:
    return {item["about"] for item in found["cannot_be_kept"]}


def of_provider(**details: str) -> Configuration:
    kept = {"MetadataURL": "https://okta.example.com/metadata", **details}
    return rich(identity_providers=[{**PROVIDERS[0], "ProviderDetails": kept}])


def test_every_item_is_one_imperative_sentence_for_somebody_the_schema_knows() -> None:
    found = listed()
    for item in found["changes"] + found["cannot_be_kept"]:
        assert item["do"][0].isupper(), item
        assert item["do"].endswith("."), item
        assert ". " not in item["do"], item
    assert SCHEMA["$defs"]["item"]["properties"]["who"]["enum"] == [who.value for who in Who]


def test_a_saml_provider_is_told_the_entity_id_both_certificates_and_the_urls_that_changed() -> None:
    assert the("SAML provider Okta: entity id")["new"] == f"urn:amazon:cognito:sp:{NEW_ID}"
    assert the("SAML provider Okta: signing certificate")["who"] == Who.IDENTITY_PROVIDER_ADMINISTRATOR
    assert the("SAML provider Okta: encryption certificate")
    acs = the("SAML provider Okta: new assertion consumer service")
    assert acs["new"] == "https://customers-new.auth.us-east-1.amazoncognito.com/saml2/idpresponse"
    assert the("SAML provider Okta: new single logout URL")["new"].endswith("/saml2/logout")


@pytest.mark.parametrize(
    ("details", "certificates"),
    [
        ({}, set()),
        ({"IDPSignout": "false", "EncryptedResponses": "false"}, set()),
        ({"RequestSigningAlgorithm": "rsa-sha256"}, {"signing certificate"}),
        ({"IDPSignout": "true"}, {"signing certificate"}),
        ({"EncryptedResponses": "true"}, {"encryption certificate"}),
    ],
)
def test_a_certificate_is_asked_for_where_something_is_signed_or_encrypted(
    details: dict[str, str], certificates: set[str]
) -> None:
    told = {
        item["about"].removeprefix("SAML provider Okta: ") for item in changes("SAML", listed(of_provider(**details)))
    }
    assert {about for about in told if "certificate" in about} == certificates


def test_an_oidc_provider_gets_the_new_redirect_uri_before_and_loses_the_old_one_after() -> None:
    added, removed = changes("OIDC provider Partner-OIDC")
    assert (added["old"], removed["new"]) == (None, None)
    assert "customers-new" in added["new"]
    assert "before" in added["do"]
    assert "customers-login" in removed["old"]
    assert "after" in removed["do"]


def test_a_url_that_both_pools_have_is_in_no_item() -> None:
    assert not [
        item for item in changes("OIDC") + changes("SAML") if "auth.example.com" in f"{item['old']}{item['new']}"
    ]


def test_every_client_gets_its_new_id() -> None:
    ids = [item for item in changes("app client") if item["about"].endswith(": client id")]
    assert {item["old"]: item["new"] for item in ids} == NEW_CLIENTS


@pytest.mark.parametrize(
    ("kept", "beginning"),
    [({"1client1web": True}, "Keep the client secret"), ({"1client1web": False}, "Give the"), ({}, "Give the")],
)
def test_a_secret_is_kept_or_given_anew_and_never_told(kept: dict[str, bool], beginning: str) -> None:
    item = the("app client web: client secret", listed(secrets_kept=kept))
    assert item["do"].startswith(beginning)
    assert (item["old"], item["new"]) == (None, None)


def test_a_client_without_a_secret_hears_nothing_of_secrets() -> None:
    assert len([item for item in changes("app client") if "secret" in item["about"]]) == 1


def test_a_client_that_was_not_made_is_to_be_made() -> None:
    found = listed(clients={name: new for name, new in NEW_CLIENTS.items() if "web" not in name})
    item = the("app client web", found)
    assert (item["who"], item["new"]) == (Who.POOL_ADMINISTRATOR, None)


def test_callback_urls_that_are_the_same_are_left_alone() -> None:
    assert the("app client web: callback")["do"].startswith("Leave")
    assert len([item for item in changes("app client") if "callback" in item["about"]]) == 1


def test_callback_urls_that_differ_are_to_be_set() -> None:
    new = restored()
    changed = [{**client, "CallbackURLs": ["https://new.example.com"]} for client in new.entries(SectionName.CLIENTS)]
    item = the("app client web: callback", listed(new=Configuration({**new.documents, SectionName.CLIENTS: changed})))
    assert (item["who"], item["do"][:3]) == (Who.POOL_ADMINISTRATOR, "Set")


def test_an_address_for_signing_in_that_stays_is_not_an_item() -> None:
    assert not changes("app client web: sign-in pages")
    moved = the("app client web: sign-in pages", listed(new=restored(domains=("customers-new",))))
    assert (moved["old"], moved["new"]) == (
        "https://auth.example.com",
        "https://customers-new.auth.us-east-1.amazoncognito.com",
    )


def test_whoever_verifies_tokens_learns_the_new_issuer_keys_and_pool() -> None:
    about = {item["about"] for item in listed()["changes"] if item["who"] == Who.TOKEN_VERIFIER_OWNER}
    assert {"issuer", "signing keys", "OpenID discovery", "AppSync", "identity pools"} <= about
    assert any("Load Balancer" in one for one in about)
    assert len([one for one in about if one.startswith("API Gateway")]) == 2
    assert the("identity pools")["new"] == f"cognito-idp.us-east-1.amazonaws.com/{NEW_ID}"
    assert the("group of the users of Okta")["old"] == f"{OLD_ID}_Okta"


def test_a_load_balancer_and_a_gateway_cannot_use_an_updated_issuer() -> None:
    new = restored()
    pool = {**new.user_pool, "IssuerConfiguration": {"Type": "UPDATED"}}
    found = listed(new=Configuration({**new.documents, SectionName.USER_POOL: pool}))
    assert "another way" in the("Application Load Balancer", found)["do"]
    assert "another way" in the("API Gateway: Cognito authorizers", found)["do"]
    assert the("API Gateway: JWT", found)["new"].startswith("https://issuer-cognito-idp.")


def test_the_dns_record_of_a_custom_domain_follows_to_the_new_target() -> None:
    item = the("DNS record of auth.example.com")
    assert (item["old"], item["new"]) == ("dold.cloudfront.net", "dnew.cloudfront.net")
    assert not changes("custom domain")


def test_a_custom_domain_that_stayed_behind_is_to_be_moved_and_its_target_is_not_known_yet() -> None:
    found = listed(new=restored(domains=("customers-new",)))
    assert the("custom domain auth.example.com", found)["new"] is None
    assert the("DNS record of auth.example.com", found)["new"] is None
    assert not changes("domain", found)


def test_a_new_pool_without_any_domain_needs_one() -> None:
    assert the("domain", listed(new=restored(domains=())))["who"] == Who.POOL_ADMINISTRATOR


def test_what_cannot_be_kept_is_said() -> None:
    assert losses(listed()) == {
        *("user pool id", "client ids", "sub", "passwords", "sessions and refresh tokens"),
        *("remembered devices", "TOTP authenticator apps", "passkeys"),
    }


def test_what_the_pool_never_used_is_not_lost() -> None:
    bare = rich_pool(DeviceConfiguration=None)
    bare = Configuration({**bare.documents, SectionName.MFA: {"MfaConfiguration": "OFF"}})
    assert not losses(listed(bare)) & {"remembered devices", "TOTP authenticator apps", "passkeys"}


def test_what_is_not_known_to_be_unused_may_be_lost() -> None:
    old = rich()
    without_mfa = Configuration({name: one for name, one in old.documents.items() if name != SectionName.MFA})
    assert {"TOTP authenticator apps", "passkeys"} <= losses(listed(without_mfa))


def test_a_passkey_names_the_relying_party_it_belongs_to() -> None:
    (item,) = [item for item in listed()["cannot_be_kept"] if item["about"] == "passkeys"]
    assert item["old"] == MFA["WebAuthnConfiguration"]["RelyingPartyId"]


def test_a_pool_with_nothing_but_itself_has_a_list_too() -> None:
    found = listed(minimal(), minimal(NEW_ID), {})
    assert not changes("app client", found)
    assert "client ids" not in losses(found)


def test_no_secret_is_in_the_list() -> None:
    assert SECRET not in json.dumps(listed(rich(secrets=True), secrets_kept={CLIENTS[0]["ClientId"]: True}))
