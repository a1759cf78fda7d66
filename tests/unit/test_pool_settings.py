"""From what Cognito tells of a pool to what it takes: the conflicts of its documentation, one by one.

That these are sent right is proven by the fake, which refuses what the documentation says is refused.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.configuration.forms import alike, branding, client, domain, mfa, provider
from poolsafe.domain.configuration.pool import creation, finishing, settings
from tests.fake_cognito import FakeCognito
from tests.unit.configurations import USER_POOL, attribute, function


def sent(**told: Any) -> dict[str, Any]:
    return settings(told)


def test_one_of_two_names_for_how_long_an_invitation_lasts_is_sent() -> None:
    config = {"AllowAdminCreateUserOnly": True, "UnusedAccountValidityDays": 7}
    newer = {"PasswordPolicy": {"MinimumLength": 8, "TemporaryPasswordValidityDays": 3}}
    assert sent(AdminCreateUserConfig=config, Policies=newer)["AdminCreateUserConfig"] == {
        "AllowAdminCreateUserOnly": True
    }
    older = {"PasswordPolicy": {"MinimumLength": 8}}
    assert sent(AdminCreateUserConfig=config, Policies=older)["AdminCreateUserConfig"] == config
    assert "AdminCreateUserConfig" not in sent(AdminCreateUserConfig={"UnusedAccountValidityDays": 7}, Policies=newer)


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ("CONFIRM_WITH_CODE", {"EmailMessage", "EmailSubject", "SmsMessage", "DefaultEmailOption"}),
        ("CONFIRM_WITH_LINK", {"EmailMessageByLink", "EmailSubjectByLink", "SmsMessage", "DefaultEmailOption"}),
    ],
)
def test_the_messages_of_the_option_in_use_are_sent(option: str, kept: set[str]) -> None:
    template = {**USER_POOL["VerificationMessageTemplate"], "DefaultEmailOption": option}
    assert sent(VerificationMessageTemplate=template)["VerificationMessageTemplate"].keys() == kept


def test_the_template_wins_over_the_older_names() -> None:
    old = {
        "EmailVerificationMessage": "{####} old",
        "EmailVerificationSubject": "old",
        "SmsVerificationMessage": "{####} old",
    }
    template = {"EmailMessage": "{####} new", "DefaultEmailOption": "CONFIRM_WITH_CODE"}
    assert sent(**old, VerificationMessageTemplate=template).keys() == {
        "EmailVerificationSubject",
        "SmsVerificationMessage",
        "VerificationMessageTemplate",
    }
    assert sent(**old) == old


def test_the_newer_form_of_a_trigger_is_said_again_in_the_older() -> None:
    newer = {"LambdaVersion": "V2_0", "LambdaArn": function("tokens")}
    last = finishing({}, {"PreTokenGenerationConfig": newer, "PreTokenGeneration": function("other")})
    assert last["LambdaConfig"] == {"PreTokenGenerationConfig": newer, "PreTokenGeneration": function("tokens")}
    assert finishing({}, {"PreTokenGeneration": function("tokens")})["LambdaConfig"] == {
        "PreTokenGeneration": function("tokens")
    }


def test_a_pool_that_tells_nothing_of_letter_case_is_case_sensitive() -> None:
    assert creation({}, "new", {})["UsernameConfiguration"] == {"CaseSensitive": True}
    told = {"UsernameConfiguration": {"CaseSensitive": False}}
    assert creation(told, "new", {})["UsernameConfiguration"] == {"CaseSensitive": False}


def test_attributes_go_under_their_bare_names_and_those_of_cognito_do_not_go() -> None:
    made = creation(USER_POOL, "new", {})
    names = [entry["Name"] for entry in made["Schema"]]
    assert not [name for name in names if ":" in name or name in ("sub", "identities")]
    assert {"email", "nickname"} < set(names)
    # As every pool has them.
    assert not {"name", "birthdate", "email_verified", "updated_at", "phone_number"} & set(names)
    (score,) = [entry for entry in made["Schema"] if entry["Name"] == "score"]
    assert score["DeveloperOnlyAttribute"] is True


def test_the_schema_comes_back_as_it_was() -> None:
    cognito = FakeCognito()
    told = [*USER_POOL["SchemaAttributes"], attribute("birthdate", required=True)]
    made = cognito.call("CreateUserPool", **creation({**USER_POOL, "SchemaAttributes": told}, "new", {}))["UserPool"]
    schema = {entry["Name"]: entry for entry in made["SchemaAttributes"]}
    for entry in told:
        if entry["Name"] not in ("sub", "identities", "birthdate"):
            assert alike(schema[entry["Name"]], entry), entry["Name"]


def test_a_plan_that_does_not_take_names_of_levels_is_not_sent_any() -> None:
    levels = {"AcrConfiguration": {"LEVEL_1": "urn:cognito:loa:1"}}
    assert sent(UserPoolTier="LITE", **levels) == {"UserPoolTier": "LITE"}
    assert sent(UserPoolTier="PLUS", **levels) == {"UserPoolTier": "PLUS", **levels}


def test_tags_of_aws_are_not_sent() -> None:
    tags = {"aws:cloudformation:stack-id": "1", "team": "a"}
    assert finishing({"UserPoolTags": tags}, {})["UserPoolTags"] == {"team": "a"}


@pytest.mark.parametrize("pool", [{}, USER_POOL, {"MfaConfiguration": "ON", "DeletionProtection": "ACTIVE"}])
def test_a_pool_is_made_unprotected_without_mfa_and_triggers(pool: dict[str, Any]) -> None:
    made = creation(pool, "new", {})
    assert (made["MfaConfiguration"], made["DeletionProtection"]) == ("OFF", "INACTIVE")
    assert "LambdaConfig" not in made


# Forms.


def test_what_cognito_adds_to_a_provider_is_not_sent_back() -> None:
    read_only = {"ActiveEncryptionCertificate": "a", "SLORedirectBindingURI": "b", "SSORedirectBindingURI": "c"}
    told = {
        "ProviderName": "a",
        "ProviderType": "SAML",
        "ProviderDetails": {**read_only, "attributes_url_add_attributes": "false", "MetadataURL": "https://a"},
    }
    assert provider(told)["ProviderDetails"] == {"MetadataURL": "https://a"}


def test_a_domain_that_says_nothing_has_the_classic_pages() -> None:
    assert domain({"Domain": "a"}) == domain({"Domain": "a", "ManagedLoginVersion": 1, "CustomDomainConfig": {}})


def test_a_second_factor_that_is_off_is_the_same_as_none() -> None:
    assert mfa({}) == mfa({"MfaConfiguration": "OFF", "SoftwareTokenMfaConfiguration": {"Enabled": False}})


def test_a_style_without_anything_of_its_own_is_cognitos() -> None:
    assert branding({"ClientId": "a"}, {"a": "b"}) == {"ClientId": "b", "UseCognitoProvidedValues": True}


def test_what_is_off_is_sent_as_well_as_what_is_on() -> None:
    told = {"EnableTokenRevocation": False, "AllowedOAuthFlowsUserPoolClient": False, "IdTokenValidity": 0}
    assert client(told) == told


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
)


@given(VALUES)
def test_a_form_is_like_itself_in_any_order(value: Any) -> None:
    def reversed_lists(one: Any) -> Any:
        if isinstance(one, list):
            return [reversed_lists(inner) for inner in reversed(one)]
        return {name: reversed_lists(inner) for name, inner in one.items()} if isinstance(one, dict) else one

    assert alike(value, reversed_lists(value))


@given(st.dictionaries(st.text("ab", max_size=2), VALUES, max_size=3), st.sampled_from([None, "", [], {}]))
def test_empty_is_the_same_as_absent(form: dict[str, Any], empty: Any) -> None:
    assert alike({**form, "zzz": empty}, form)


def test_false_and_zero_are_not_absent() -> None:
    assert not alike({"a": False}, {})
    assert not alike({"a": 0}, {})
