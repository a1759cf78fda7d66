"""What of a pool is called otherwise after a restore into a new one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from poolsafe.domain.configuration.endpoints import Domains, issuer_of
from poolsafe.domain.configuration.id_map import id_map
from tests.unit.configurations import NEW_CLIENTS, NEW_ID, OLD_ID, SECRET, minimal, restored, rich, rich_pool

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "id_map.json").read_text("utf-8"))


def made(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"old": rich(), "new": restored(), "clients": NEW_CLIENTS, **changes}
    mapped = id_map(**arguments)
    Draft202012Validator(SCHEMA).validate(mapped)
    return mapped


def provider(mapped: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [entry for entry in mapped["identity_providers"] if entry["name"] == name]
    return dict(found)


def test_the_pool_its_arn_and_all_urls_under_its_issuer_are_mapped() -> None:
    mapped = made()
    assert mapped["user_pool_id"] == {"old": OLD_ID, "new": NEW_ID}
    assert mapped["user_pool_arn"]["new"].endswith(f":userpool/{NEW_ID}")
    assert mapped["issuer"] == {
        "old": f"https://cognito-idp.us-east-1.amazonaws.com/{OLD_ID}",
        "new": f"https://cognito-idp.us-east-1.amazonaws.com/{NEW_ID}",
    }
    assert mapped["jwks_uri"]["new"] == f"{mapped['issuer']['new']}/.well-known/jwks.json"
    assert mapped["openid_configuration"]["old"] == f"{mapped['issuer']['old']}/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("pool_id", "issuer_type", "issuer"),
    [
        ("eu-west-1_A", "ORIGINAL", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"),
        ("eu-west-1_A", "UPDATED", "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"),
        ("us-gov-west-1_A", "ORIGINAL", "https://cognito-idp.us-gov-west-1.amazonaws.com/us-gov-west-1_A"),
        ("cn-north-1_A", "ORIGINAL", "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A"),
    ],
)
def test_an_issuer_follows_from_the_region_and_the_issuer_type(pool_id: str, issuer_type: str, issuer: str) -> None:
    assert issuer_of({"Id": pool_id, "IssuerConfiguration": {"Type": issuer_type}}) == issuer


def test_a_pool_that_tells_no_issuer_type_has_the_original_one() -> None:
    assert issuer_of({"Id": OLD_ID}) == issuer_of({"Id": OLD_ID, "IssuerConfiguration": {"Type": "ORIGINAL"}})


def test_every_client_is_mapped_with_its_name_even_where_two_share_it() -> None:
    assert [(entry["name"], entry["new"]) for entry in made()["clients"]] == [
        ("web", "1new1web"),
        ("mobile app", "2new2mobile"),
        ("kiosk", "3new3kiosk"),
        ("kiosk", "4new4kiosk"),
    ]


def test_a_client_that_was_not_made_again_has_no_new_id() -> None:
    assert [entry["new"] for entry in made(clients={})["clients"]] == [None] * 4


def test_both_domains_are_mapped_and_people_see_the_custom_one() -> None:
    mapped = made()
    assert mapped["domains"] == {
        "prefix": {"old": "customers-login", "new": "customers-new"},
        "custom": {"old": "auth.example.com", "new": "auth.example.com"},
    }
    assert mapped["hosted_uis"]["prefix"] == {
        "old": "https://customers-login.auth.us-east-1.amazoncognito.com",
        "new": "https://customers-new.auth.us-east-1.amazoncognito.com",
    }
    assert mapped["hosted_ui"] == {"old": "https://auth.example.com", "new": "https://auth.example.com"}


def test_a_new_pool_without_a_domain_has_null_wherever_one_would_stand() -> None:
    mapped = made(new=restored(domains=()))
    assert mapped["hosted_ui"] == {"old": "https://auth.example.com", "new": None}
    assert mapped["domains"]["prefix"]["new"] is None
    urls = provider(mapped, "Partner-OIDC")["redirect_uris"]
    assert {pair["new"] for pair in urls.values()} == {None}
    assert urls["custom"]["old"] == "https://auth.example.com/oauth2/idpresponse"


def test_govcloud_has_its_own_prefix_domains() -> None:
    pool = minimal("us-gov-west-1_A", Domain="login")
    assert Domains.of(pool).hosted_ui == "https://login.auth-fips.us-gov-west-1.amazoncognito.com"


def test_a_domain_is_known_from_the_pool_alone_where_its_section_was_not_saved() -> None:
    domains = Domains.of(minimal(CustomDomain="auth.example.com"))
    assert (domains.prefix, domains.custom, domains.alias_target) == (None, "auth.example.com", None)


def test_a_saml_provider_has_an_entity_id_and_an_acs_url_at_each_domain() -> None:
    okta = provider(made(), "Okta")
    assert okta["entity_id"] == {"old": f"urn:amazon:cognito:sp:{OLD_ID}", "new": f"urn:amazon:cognito:sp:{NEW_ID}"}
    assert okta["acs_urls"]["custom"]["new"] == "https://auth.example.com/saml2/idpresponse"
    assert okta["acs_urls"]["prefix"]["old"].startswith("https://customers-login.")
    assert okta["redirect_uris"] == {}


def test_any_other_provider_has_a_redirect_uri_and_no_entity_id() -> None:
    partner = provider(made(), "Partner-OIDC")
    assert partner["redirect_uris"]["custom"]["new"] == "https://auth.example.com/oauth2/idpresponse"
    assert (partner["entity_id"], partner["acs_urls"]) == (None, {})


def test_the_groups_that_cognito_makes_for_providers_are_mapped() -> None:
    assert provider(made(), "Okta")["group"] == {"old": f"{OLD_ID}_Okta", "new": f"{NEW_ID}_Okta"}


def test_a_pool_with_nothing_but_itself_is_mapped() -> None:
    mapped = made(old=minimal(), new=minimal(NEW_ID), clients={})
    assert (mapped["clients"], mapped["identity_providers"]) == ([], [])
    assert mapped["hosted_ui"] == {"old": None, "new": None}


def test_a_kind_of_domain_that_neither_pool_has_is_not_among_a_providers_urls() -> None:
    old, new = rich_pool(CustomDomain=None), restored(domains=("customers-new",))
    old = type(old)({**old.documents, "domains": [old.documents["domains"][0]]})
    assert provider(made(old=old, new=new), "Okta")["acs_urls"].keys() == {"prefix"}


def test_no_secret_is_in_the_map() -> None:
    assert SECRET not in json.dumps(made(old=rich(secrets=True)))
