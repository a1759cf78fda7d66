"""The CloudFormation template that makes a pool configured like another."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from cfnlint.api import ManualArgs, lint  # type: ignore[import-untyped]
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.configuration import cloudformation_properties as properties
from poolsafe.domain.configuration.attribute_schema import MOST, STANDARD, attribute_schema, special_attributes
from poolsafe.domain.configuration.logical_ids import logical_id
from poolsafe.domain.configuration.model import Configuration
from poolsafe.domain.configuration.template import MOST_OUTPUTS, MOST_PARAMETERS, NEVER_HELD, cloudformation_template
from poolsafe.domain.records import Group
from tests.unit.configurations import (
    CLIENTS,
    GROUPS,
    MFA,
    OLD_ID,
    PROVIDERS,
    RESOURCE_SERVERS,
    SECRET,
    USER_POOL,
    attribute,
    client,
    minimal,
    rich,
    rich_pool,
)

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": f"{SECRET}-sms", "SnsRegion": "us-east-1"}
TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
APPLE = {
    "ProviderName": "Apple",
    "ProviderType": "SignInWithApple",
    "ProviderDetails": {"client_id": "a", "team_id": "t", "key_id": "k", "private_key": f"{SECRET}-key"},
}


def template(configuration: Configuration | None = None, groups: list[Group] | None = None) -> dict[str, Any]:
    return cloudformation_template(configuration or rich(), GROUPS if groups is None else groups)


def pool(configuration: Configuration | None = None) -> dict[str, Any]:
    made: dict[str, Any] = template(configuration)["Resources"]["UserPool"]["Properties"]
    return made


def of_type(made: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource
        for name, resource in made["Resources"].items()
        if resource["Type"] == f"AWS::Cognito::UserPool{kind}"
    }


def named(made: dict[str, Any], kind: str, member: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in of_type(made, kind).values() if one["Properties"][member] == name]
    return found


def metadata(made: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = made["Metadata"]["Poolsafe"]
    return told


def left_out(made: dict[str, Any]) -> dict[str, int]:
    return {entry["Kind"]: entry["Count"] for entry in metadata(made)["LeftOut"]}


def declared(configuration: Configuration | None = None) -> dict[str, dict[str, Any]]:
    return {entry["Name"]: entry for entry in pool(configuration)["Schema"]}


def problems(made: dict[str, Any]) -> list[str]:
    """What cfn-lint says to the template as it will be written."""
    return [str(found) for found in lint(yaml.safe_dump(made), config=ManualArgs(regions=["us-east-1"]))]


def many(count: int, make: Any) -> list[Any]:
    return [make(number) for number in range(count)]


# cfn-lint

CLEAN = {
    "the rich pool": lambda: rich(),
    "the rich pool with its secrets": lambda: rich(secrets=True),
    "the smallest pool": lambda: minimal(),
    "the smallest pool elsewhere": lambda: minimal("eu-central-1_A", Domain="login"),
    "SMS": lambda: rich_pool(SmsConfiguration=SMS, MfaConfiguration="ON"),
    "Apple": lambda: rich(identity_providers=[APPLE]),
    "Pinpoint": lambda: rich(
        clients=[
            client(
                "1",
                "counted",
                AnalyticsConfiguration={
                    "ApplicationId": "0" * 32,
                    "RoleArn": "arn:aws:iam::123456789012:role/pinpoint",
                    "ExternalId": f"{SECRET}-analytics",
                },
            )
        ]
    ),
    "what CloudFormation does not know": lambda: rich_pool(Novelty={"On": True}, SmsConfiguration={"EumsSms": SMS}),
}


@pytest.mark.parametrize("name", sorted(CLEAN))
def test_cfn_lint_finds_nothing_to_say(name: str) -> None:
    assert problems(template(CLEAN[name]())) == []


@pytest.mark.parametrize("name", sorted(CLEAN))
def test_no_secret_is_in_a_template_even_where_a_document_has_one(name: str) -> None:
    assert SECRET not in json.dumps(template(CLEAN[name]()))


def test_nothing_stands_in_two_places_which_yaml_would_write_as_an_alias() -> None:
    written = yaml.safe_dump(template())
    assert not re.search(r"[&*]id\d", written)
    assert yaml.safe_load(written) == template()


@pytest.mark.parametrize(
    ("kind", "known", "never"),
    [
        ("", properties.USER_POOL, set()),
        ("Client", properties.CLIENT, set()),
        ("IdentityProvider", properties.PROVIDER, set()),
        ("ResourceServer", properties.RESOURCE_SERVER, set()),
        ("Group", properties.GROUP, set()),
        ("Domain", properties.DOMAIN, {"Routing"}),
    ],
)
def test_the_properties_are_those_that_cloudformation_has(kind: str, known: Any, never: set[str]) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", f"AWS::Cognito::UserPool{kind}").schema
    read_only = {pointer.rpartition("/")[2] for pointer in schema.get("readOnlyProperties", ())}
    wanted = {name: one for name, one in schema["properties"].items() if name not in read_only | never}
    assert tree({"properties": wanted}, schema.get("definitions", {})) == plain(known)


def tree(schema: Any, definitions: Any) -> Any:
    """A resource type's properties as `cloudformation_properties.py` writes them."""
    if "$ref" in schema:
        return tree(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "items" in schema:
        return tree(schema["items"], definitions)
    inner = schema.get("properties")
    return inner and {name: tree(one, definitions) for name, one in inner.items()}


def plain(known: Any) -> Any:
    return known and {name: plain(one) for name, one in known.items()}


# The pool


def test_deleting_the_stack_keeps_the_pool() -> None:
    resource = template()["Resources"]["UserPool"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_text_that_looks_like_a_substitution_stays_text() -> None:
    assert pool()["UserPoolName"] == "customers ${AWS::AccountId}"
    assert "Fn::Sub" not in json.dumps(template())


def test_text_that_would_read_a_secret_into_the_pool_is_broken_and_said() -> None:
    made = template(rich_pool(Name="{{resolve:secretsmanager:billing}}"))
    assert "{{resolve:" not in json.dumps(made)
    assert any("dynamic reference" in note for note in metadata(made)["Notes"])


def test_a_tag_that_cloudformation_would_run_is_left_out_and_said() -> None:
    made = template(rich_pool(UserPoolTags={"Fn::GetAtt": "UserPool.Arn"}))
    assert "UserPoolTags" not in made["Resources"]["UserPool"]["Properties"]
    assert any("Fn::GetAtt" in note for note in metadata(made)["Notes"])


def test_the_tags_that_aws_keeps_for_itself_are_left_out() -> None:
    assert pool()["UserPoolTags"] == {"team": "identity"}


def test_what_describe_tells_and_nobody_sets_is_left_out() -> None:
    assert not pool().keys() & {"Id", "Arn", "Status", "CreationDate", "EstimatedNumberOfUsers", "Domain", "Name"}


def test_the_attributes_have_bare_names_and_those_of_every_pool_are_not_declared() -> None:
    names = declared().keys()
    assert {"original_sub", "tenant", "score", "secretary", "email", "nickname"} <= names
    assert not {"sub", "identities", "name", "birthdate", "updated_at", "email_verified"} & names
    assert not [name for name in names if ":" in name]


def test_a_standard_attribute_is_declared_where_it_is_not_the_default() -> None:
    assert (declared()["email"]["Required"], declared()["nickname"]["Mutable"]) == (True, False)


def test_custom_attributes_keep_type_mutability_and_constraints_and_are_never_required() -> None:
    found = declared()
    assert found["tenant"] == {
        "Name": "tenant",
        "AttributeDataType": "String",
        "Mutable": False,
        "StringAttributeConstraints": {"MinLength": "3", "MaxLength": "20"},
    }
    assert found["seats"]["NumberAttributeConstraints"] == {"MinValue": "0", "MaxValue": "99"}
    assert {found[name]["AttributeDataType"] for name in ("newsletter", "joined")} == {"Boolean", "DateTime"}
    assert found["score"]["DeveloperOnlyAttribute"] is True
    assert all("Required" not in found[name] for name in found.keys() - STANDARD.keys())


def test_an_attribute_with_a_standard_name_is_left_out_of_everything_that_names_it() -> None:
    changed = {"ReadAttributes": ["email", "custom:email"], "WriteAttributes": ["custom:email"]}
    provider = {**PROVIDERS[1], "AttributeMapping": {"custom:email": "mail", "email": "mail"}}
    attributes = [*USER_POOL["SchemaAttributes"], attribute("custom:email")]
    made = template(
        rich(
            user_pool={**USER_POOL, "SchemaAttributes": attributes},
            clients=[{**CLIENTS[0], **changed}],
            identity_providers=[provider],
        )
    )
    assert left_out(made) == {"Attribute": 1}
    web = named(made, "Client", "ClientName", "web")["Properties"]
    assert (web["ReadAttributes"], "WriteAttributes" in web) == (["email"], False)
    assert of_type(made, "IdentityProvider")["ProviderPartnerOIDCd39e27bcac"]["Properties"]["AttributeMapping"] == {
        "email": "mail"
    }


def test_a_schema_declares_up_to_fifty_attributes_and_the_rest_is_said() -> None:
    custom = many(50, lambda number: attribute(f"custom:a{number}"))
    found = attribute_schema(special_attributes({"SchemaAttributes": [*custom, attribute("email", required=True)]}))
    assert [len(found.declared), found.declared[0]["Name"]] == [MOST, "email"]
    assert found.left_out.keys() == {"custom:a49"}


def test_names_compare_as_they_did() -> None:
    assert pool()["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool(rich_pool(UsernameConfiguration=None))["UsernameConfiguration"] == {"CaseSensitive": True}


def test_the_two_names_of_a_trigger_say_the_same() -> None:
    told = pool()["LambdaConfig"]
    assert told["PreTokenGeneration"] == told["PreTokenGenerationConfig"]["LambdaArn"]
    assert pool(rich_pool(LambdaConfig={"PreTokenGeneration": "arn:1"}))["LambdaConfig"] == {
        "PreTokenGeneration": "arn:1"
    }


def test_every_trigger_and_key_is_said_to_need_a_permission() -> None:
    notes = " ".join(metadata(template())["Notes"])
    assert all(name in notes for name in ("PreSignUp", "PreTokenGenerationConfig", "CustomEmailSender", "key/1111"))


def test_how_long_a_temporary_password_lives_is_said_once() -> None:
    assert "UnusedAccountValidityDays" not in pool()["AdminCreateUserConfig"]
    older = rich_pool(
        Policies={"PasswordPolicy": {"MinimumLength": 8}}, AdminCreateUserConfig={"UnusedAccountValidityDays": 90}
    )
    assert pool(older)["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == 90


@pytest.mark.parametrize(
    ("option", "absent"),
    [("CONFIRM_WITH_CODE", "EmailMessageByLink"), ("CONFIRM_WITH_LINK", "EmailMessage"), (None, "EmailMessageByLink")],
)
def test_only_the_texts_of_the_chosen_verification_are_said(option: str | None, absent: str) -> None:
    texts = {**USER_POOL["VerificationMessageTemplate"], "DefaultEmailOption": option}
    made = pool(rich_pool(VerificationMessageTemplate=texts))
    assert absent not in made["VerificationMessageTemplate"]
    assert not made.keys() & {"EmailVerificationMessage", "EmailVerificationSubject", "SmsVerificationMessage"}


def test_the_older_verification_texts_are_taken_where_there_are_no_others() -> None:
    made = pool(rich_pool(VerificationMessageTemplate=None))
    assert made["VerificationMessageTemplate"] == {
        "EmailMessage": "Your code is {####}",
        "EmailSubject": "Your code",
        "SmsMessage": "Your code is {####}",
    }


# MFA


@pytest.mark.parametrize(
    ("mfa", "sms", "methods"),
    [
        ({**TOTP, "MfaConfiguration": "ON"}, None, ["SOFTWARE_TOKEN_MFA"]),
        ({"MfaConfiguration": "ON", "EmailMfaConfiguration": {"Message": "{####}"}}, None, ["EMAIL_OTP"]),
        ({**TOTP, "MfaConfiguration": "ON", "SmsMfaConfiguration": {"SmsConfiguration": SMS}}, SMS, None),
        ({**TOTP, "MfaConfiguration": "ON"}, SMS, ["SOFTWARE_TOKEN_MFA"]),
    ],
)
def test_mfa_has_the_methods_it_had_with_or_without_sms(mfa: Any, sms: Any, methods: list[str] | None) -> None:
    made = pool(rich(user_pool={**USER_POOL, "SmsConfiguration": sms}, mfa=mfa))
    assert made["MfaConfiguration"] == "ON"
    assert made["EnabledMfas"] == (methods or ["SMS_MFA", "SOFTWARE_TOKEN_MFA"])


def test_a_pool_without_mfa_has_no_methods() -> None:
    made = pool(rich(mfa={**MFA, "MfaConfiguration": "OFF"}))
    assert (made["MfaConfiguration"], "EnabledMfas" in made) == ("OFF", False)


def test_mfa_whose_methods_are_not_known_is_not_dropped_but_becomes_totp_and_is_said() -> None:
    made = template(rich(mfa={}))
    assert made["Resources"]["UserPool"]["Properties"]["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert any("SOFTWARE_TOKEN_MFA" in note for note in metadata(made)["Notes"])


def test_sms_mfa_is_known_from_the_pool_alone() -> None:
    made = pool(rich(user_pool={**USER_POOL, "MfaConfiguration": "ON", "SmsConfiguration": SMS}, mfa={}))
    assert made["EnabledMfas"] == ["SMS_MFA"]


def test_the_sms_role_gets_its_external_id_from_whoever_deploys() -> None:
    made = template(rich_pool(SmsConfiguration=SMS))
    assert made["Parameters"]["SmsExternalId"]["NoEcho"] is True
    assert made["Resources"]["UserPool"]["Properties"]["SmsConfiguration"]["ExternalId"]["Fn::If"][1] == {
        "Ref": "SmsExternalId"
    }


def test_a_passkeys_relying_party_follows_the_prefix_only_where_it_is_the_pools_own() -> None:
    assert pool()["WebAuthnRelyingPartyID"]["Fn::Join"][1][0] == {"Ref": "DomainPrefix"}
    elsewhere = {**MFA, "WebAuthnConfiguration": {"RelyingPartyId": "example.com"}}
    assert pool(rich(mfa=elsewhere))["WebAuthnRelyingPartyID"] == "example.com"


def test_what_cloudformation_does_not_know_is_said_and_not_passed_on() -> None:
    made = template(rich_pool(Novelty={"On": True}, SmsConfiguration={**SMS, "EumsSms": {"Region": "us-east-1"}}))
    notes = " ".join(metadata(made)["Notes"])
    assert "Novelty" in notes
    assert "SmsConfiguration.EumsSms" in notes


# Beside the pool


def test_a_client_comes_after_the_providers_and_servers_that_it_names() -> None:
    made = template()
    web = named(made, "Client", "ClientName", "web")
    assert {made["Resources"][name]["Type"].rpartition("UserPool")[2] for name in web["DependsOn"]} == {
        "IdentityProvider",
        "ResourceServer",
    }
    assert len(web["DependsOn"]) == 3
    assert all(one["Properties"]["UserPoolId"] == {"Ref": "UserPool"} for one in of_type(made, "Client").values())
    assert "DependsOn" not in named(made, "Client", "ClientName", "mobile app")


def test_a_client_that_had_a_secret_gets_one_and_the_template_says_it_is_new() -> None:
    made = template()
    secret = {
        one["Properties"]["ClientName"]: one["Properties"]["GenerateSecret"] for one in of_type(made, "Client").values()
    }
    assert secret == {"web": True, "mobile app": False, "kiosk": False}
    assert any("GenerateSecret" in note for note in metadata(made)["Notes"])


@pytest.mark.parametrize(
    "settings", [{"AllowedOAuthFlows": ["client_credentials"]}, {"EnablePropagateAdditionalUserContextData": True}]
)
def test_a_client_that_cannot_be_without_a_secret_has_one_though_no_list_says_so(settings: dict[str, Any]) -> None:
    made = template(rich(clients=[client("1", "machine", **settings)], client_secrets={}))
    assert named(made, "Client", "ClientName", "machine")["Properties"]["GenerateSecret"] is True


@pytest.mark.parametrize(
    ("kind", "member"),
    [
        *((kind, "client_secret") for kind in ("OIDC", "Google", "Facebook", "LoginWithAmazon")),
        ("SignInWithApple", "private_key"),
    ],
)
def test_a_providers_secret_is_a_parameter_that_nobody_sees(kind: str, member: str) -> None:
    made = template(rich(identity_providers=[{"ProviderName": "P", "ProviderType": kind, "ProviderDetails": {}}]))
    details = named(made, "IdentityProvider", "ProviderName", "P")["Properties"]["ProviderDetails"]
    parameter = made["Parameters"][details[member]["Ref"]]
    assert (parameter["NoEcho"], "Default" in parameter) == (True, False)


def test_a_saml_provider_has_no_secret_and_one_source_of_metadata() -> None:
    details = named(template(), "IdentityProvider", "ProviderName", "Okta")["Properties"]["ProviderDetails"]
    assert details.keys() == {"MetadataURL", "IDPSignout", "RequestSigningAlgorithm", "EncryptedResponses"}


def test_a_prefix_is_a_parameter_and_so_is_the_certificate_of_a_custom_domain() -> None:
    made = template()
    assert made["Parameters"]["DomainPrefix"]["Default"] == "customers-login"
    assert made["Parameters"]["CustomDomainCertificateArn"]["Default"].startswith("arn:aws:acm:")
    custom = made["Resources"]["CustomDomain"]["Properties"]
    assert custom["CustomDomainConfig"] == {"CertificateArn": {"Ref": "CustomDomainCertificateArn"}}
    assert "Routing" not in custom


def test_groups_are_made_but_those_that_cognito_makes_itself() -> None:
    made = of_type(template(), "Group").values()
    assert {one["Properties"]["GroupName"] for one in made} == {"admins", "Kund:innen"}
    assert named(template(), "Group", "GroupName", "admins")["Properties"]["Precedence"] == 0


def test_the_outputs_are_the_pool_and_every_client_with_the_id_it_had() -> None:
    outputs = template()["Outputs"]
    assert len(outputs) == 1 + len(CLIENTS)
    assert outputs["ClientwebId"]["Value"] == {"Ref": "Clientweb"}
    assert "1client1web" in outputs["ClientwebId"]["Description"]


def test_a_template_says_what_it_never_holds() -> None:
    assert metadata(template())["NeverHeld"] == list(NEVER_HELD)
    assert metadata(template())["UserPoolId"] == OLD_ID


# Limits


def test_groups_are_left_out_all_together_where_they_would_be_too_many() -> None:
    groups = many(500, lambda number: replace(GROUPS[1], group_name=f"g{number}"))
    made = template(groups=groups)
    assert of_type(made, "Group") == {}
    assert left_out(made) == {"Group": 500}
    assert len(metadata(made)["LeftOut"][0]["Names"]) == 20


def test_clients_are_left_out_beyond_the_limit_and_outputs_before() -> None:
    clients = many(600, lambda number: client(f"id{number}", f"client {number}"))
    made = template(rich(clients=clients))
    assert len(made["Resources"]) == 500
    assert len(made["Outputs"]) == MOST_OUTPUTS
    assert left_out(made)["Group"] == 2
    assert left_out(made)["Client"] == 600 - len(of_type(made, "Client"))
    assert problems(made) == []


def test_a_client_does_without_a_provider_that_did_not_fit() -> None:
    providers = many(
        300,
        lambda number: {"ProviderName": f"p{number}", "ProviderType": "OIDC", "ProviderDetails": {"client_id": "1"}},
    )
    web = {**CLIENTS[0], "SupportedIdentityProviders": ["COGNITO", "p0", "p299"]}
    made = template(rich(identity_providers=providers, clients=[web]))
    assert len(made["Parameters"]) <= MOST_PARAMETERS
    assert named(made, "Client", "ClientName", "web")["Properties"]["SupportedIdentityProviders"] == ["COGNITO", "p0"]
    assert left_out(made)["Provider"] == 300 - len(of_type(made, "IdentityProvider"))


def test_a_client_does_without_the_scopes_of_a_server_that_did_not_fit() -> None:
    servers = many(501, lambda number: {**RESOURCE_SERVERS[0], "Identifier": f"https://api/{number}"})
    web = {**CLIENTS[0], "AllowedOAuthScopes": ["https://api/500/read"]}
    made = template(rich(resource_servers=servers, clients=[web]))
    assert left_out(made)["ResourceServer"] > 0
    assert left_out(made)["Client"] == 1
    assert len(made["Resources"]) == 500


def test_a_template_stays_under_a_megabyte_as_yaml() -> None:
    metadata_file = "<EntityDescriptor xmlns='urn:é'>" + "<X509Certificate>MIIC\n</X509Certificate>" * 1_000
    providers = many(
        100,
        lambda number: {
            "ProviderName": f"p{number}",
            "ProviderType": "SAML",
            "ProviderDetails": {"MetadataFile": metadata_file},
        },
    )
    made = template(rich(identity_providers=providers))
    assert left_out(made)["Provider"] > 0
    assert len(yaml.safe_dump(made).encode()) < 1_000_000


# Logical ids


@given(st.lists(st.text(max_size=30), unique=True))
def test_logical_ids_are_alphanumeric_unique_and_the_same_again(names: list[str]) -> None:
    ids = [logical_id("Group", name) for name in names]
    assert len(set(ids)) == len(names)
    assert all(re.fullmatch(r"[0-9A-Za-z]{1,255}", one) for one in ids)
    assert ids == [logical_id("Group", name) for name in names]


@given(st.text(max_size=300), st.text(max_size=30))
def test_a_logical_id_cannot_be_made_to_meet_another(name: str, kind: str) -> None:
    crafted = logical_id("", name)
    assert crafted == name or logical_id("", crafted) != crafted


def test_a_name_that_loses_nothing_is_its_own_id_and_two_that_share_a_name_are_told_apart() -> None:
    assert logical_id("Client", "web") == "Clientweb"
    assert logical_id("Client", "my-app").startswith("Clientmyapp")
    assert logical_id("Client", "kiosk", "1") != logical_id("Client", "kiosk", "2") != "Clientkiosk"
    assert len(logical_id("ResourceServer", "x" * 256)) < 255


def test_clients_of_one_name_keep_their_ids_in_any_order() -> None:
    backwards = template(rich(clients=[*reversed(CLIENTS)]))
    assert of_type(backwards, "Client").keys() == of_type(template(), "Client").keys()
