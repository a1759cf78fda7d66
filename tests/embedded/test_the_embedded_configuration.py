"""What the embedded cloud adds to the emulator for a pool's configuration: see `local/layer`. No stack is needed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from local.cloud import Cloud, running

Json = dict[str, Any]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SECRET, OTHER_SECRET = "a" * 30, "b" * 30
LOG_GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:users"
SMS = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "x"}
MAIL = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/a@example.com"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """A bare cloud of these tests' own."""
    with running() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def idp(cloud: Cloud) -> Any:
    return cloud.client("cognito-idp")


def make(idp: Any, **settings: Any) -> str:
    return str(idp.create_user_pool(PoolName="pool", **settings)["UserPool"]["Id"])


def app(idp: Any, pool: str, **settings: Any) -> str:
    made = idp.create_user_pool_client(UserPoolId=pool, ClientName="app", **settings)
    return str(made["UserPoolClient"]["ClientId"])


def refusal(call: Callable[..., object], **members: Any) -> str:
    """The name of the exception that a call is answered with."""
    with pytest.raises(ClientError) as refused:
        call(**members)
    return str(refused.value.response["Error"]["Code"])


def described(idp: Any, pool: str) -> Json:
    found: Json = idp.describe_user_pool(UserPoolId=pool)["UserPool"]
    return found


# Managed login branding


def test_a_style_is_described_by_its_id_and_by_its_client_with_its_images(idp: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    asset = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": PIXEL}
    settings = {"categories": {"form": {"displayGraphics": False}}}
    made = idp.create_managed_login_branding(UserPoolId=pool, ClientId=client, Settings=settings, Assets=[asset])
    style = made["ManagedLoginBranding"]
    assert style["Settings"] == settings
    assert style["Assets"] == [asset]
    assert style["UseCognitoProvidedValues"] is False
    by_id = {"UserPoolId": pool, "ManagedLoginBrandingId": style["ManagedLoginBrandingId"]}
    assert idp.describe_managed_login_branding(**by_id)["ManagedLoginBranding"] == style
    by_client = idp.describe_managed_login_branding_by_client(UserPoolId=pool, ClientId=client)
    assert by_client["ManagedLoginBranding"] == style
    merged = idp.describe_managed_login_branding(**by_id, ReturnMergedResources=True)["ManagedLoginBranding"]
    assert merged["Settings"]["categories"]["form"]["displayGraphics"] is False
    assert set(merged["Settings"]) > set(settings)
    idp.delete_managed_login_branding(**by_id)
    assert refusal(idp.describe_managed_login_branding, **by_id) == "ResourceNotFoundException"


def test_an_update_of_a_style_keeps_what_it_does_not_name(idp: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    made = idp.create_managed_login_branding(UserPoolId=pool, ClientId=client, Settings={"a": {"x": 1}, "b": 1})
    style = {"UserPoolId": pool, "ManagedLoginBrandingId": made["ManagedLoginBranding"]["ManagedLoginBrandingId"]}
    asset = {"Category": "FORM_LOGO", "ColorMode": "DARK", "Extension": "PNG", "Bytes": PIXEL}
    idp.update_managed_login_branding(**style, Assets=[asset])
    updated = idp.update_managed_login_branding(**style, Settings={"a": {"y": 2}})["ManagedLoginBranding"]
    assert updated["Settings"] == {"a": {"x": 1, "y": 2}, "b": 1}
    assert updated["Assets"] == [asset]
    reset = idp.update_managed_login_branding(**style, UseCognitoProvidedValues=True)["ManagedLoginBranding"]
    assert reset["UseCognitoProvidedValues"] is True
    assert "Settings" not in reset


def test_a_client_has_one_style_and_none_unless_made(idp: Any) -> None:
    pool = make(idp)
    named = {"UserPoolId": pool, "ClientId": app(idp, pool)}
    assert refusal(idp.describe_managed_login_branding_by_client, **named) == "ResourceNotFoundException"
    both = {"UseCognitoProvidedValues": True, "Settings": {"a": 1}}
    assert refusal(idp.create_managed_login_branding, **named, **both) == "InvalidParameterException"
    assert refusal(idp.create_managed_login_branding, **named) == "InvalidParameterException"
    idp.create_managed_login_branding(**named, UseCognitoProvidedValues=True)
    again = refusal(idp.create_managed_login_branding, **named, UseCognitoProvidedValues=True)
    assert again == "ManagedLoginBrandingExistsException"


def test_a_lite_pool_has_no_managed_login(idp: Any) -> None:
    pool = make(idp, UserPoolTier="LITE")
    named = {"UserPoolId": pool, "ClientId": app(idp, pool), "UseCognitoProvidedValues": True}
    assert refusal(idp.create_managed_login_branding, **named) == "OperationNotEnabledException"


# Terms


def test_terms_are_made_listed_changed_and_deleted(idp: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    told = {"TermsSource": "LINK", "Enforcement": "NONE", "Links": {"cognito:default": "https://example.com"}}
    named = {"UserPoolId": pool, "ClientId": client}
    first = idp.create_terms(**named, TermsName="terms-of-use", **told)["Terms"]
    idp.create_terms(**named, TermsName="privacy-policy", **told)
    assert first["Links"] == told["Links"]
    assert refusal(idp.create_terms, **named, TermsName="terms-of-use", **told) == "TermsExistsException"
    assert refusal(idp.create_terms, **named, TermsName="other", **told) == "InvalidParameterException"
    page = idp.list_terms(UserPoolId=pool, MaxResults=1)
    rest = idp.list_terms(UserPoolId=pool, NextToken=page["NextToken"])
    assert [terms["TermsName"] for terms in page["Terms"] + rest["Terms"]] == ["terms-of-use", "privacy-policy"]
    assert "NextToken" not in rest
    assert idp.describe_terms_by_client(**named, TermsName="terms-of-use")["Terms"] == first
    one = {"UserPoolId": pool, "TermsId": first["TermsId"]}
    assert refusal(idp.update_terms, **one, TermsName="privacy-policy") == "TermsExistsException"
    idp.update_terms(**one, Links={"cognito:french": "https://example.com/fr"})
    assert idp.describe_terms(**one)["Terms"]["Links"] == {"cognito:french": "https://example.com/fr"}
    idp.delete_terms(**one)
    assert refusal(idp.describe_terms, **one) == "ResourceNotFoundException"
    idp.delete_user_pool_client(UserPoolId=pool, ClientId=client)
    assert idp.list_terms(UserPoolId=pool)["Terms"] == []


# Log delivery and risk


def test_a_pool_exports_no_logs_unless_told_to(idp: Any) -> None:
    pool = make(idp)
    told = idp.get_log_delivery_configuration(UserPoolId=pool)["LogDeliveryConfiguration"]
    assert told == {"UserPoolId": pool, "LogConfigurations": []}
    destination = {"CloudWatchLogsConfiguration": {"LogGroupArn": LOG_GROUP}}
    wanted = [{"LogLevel": "ERROR", "EventSource": "userNotification", **destination}]
    idp.set_log_delivery_configuration(UserPoolId=pool, LogConfigurations=wanted)
    told = idp.get_log_delivery_configuration(UserPoolId=pool)["LogDeliveryConfiguration"]
    assert told["LogConfigurations"] == wanted
    events = [{"LogLevel": "INFO", "EventSource": "userAuthEvents", **destination}]
    configure = idp.set_log_delivery_configuration
    assert refusal(configure, UserPoolId=pool, LogConfigurations=events) == "FeatureUnavailableInTierException"
    configure(UserPoolId=make(idp, UserPoolTier="PLUS"), LogConfigurations=events)
    wrong = [{**wanted[0], "LogLevel": "INFO"}]
    assert refusal(configure, UserPoolId=pool, LogConfigurations=wrong) == "InvalidParameterException"
    elsewhere = [
        {"LogLevel": "ERROR", "EventSource": "userNotification", "S3Configuration": {"BucketArn": "arn:aws:s3:::b"}}
    ]
    assert refusal(configure, UserPoolId=pool, LogConfigurations=elsewhere) == "InvalidParameterException"


def test_risk_is_configured_only_where_threat_protection_is_on(idp: Any) -> None:
    pool = make(idp)
    assert refusal(idp.describe_risk_configuration, UserPoolId=pool) == "UserPoolAddOnNotEnabledException"
    assert refusal(idp.set_risk_configuration, UserPoolId=pool) == "UserPoolAddOnNotEnabledException"
    pool = make(idp, UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"})
    client = app(idp, pool)
    exceptions = {"RiskExceptionConfiguration": {"BlockedIPRangeList": ["10.0.0.0/8"]}}
    assert idp.describe_risk_configuration(UserPoolId=pool)["RiskConfiguration"] == {"UserPoolId": pool}
    idp.set_risk_configuration(UserPoolId=pool, ClientId=client, **exceptions)
    told = idp.describe_risk_configuration(UserPoolId=pool, ClientId=client)["RiskConfiguration"]
    assert told["RiskExceptionConfiguration"] == exceptions["RiskExceptionConfiguration"]
    assert told["ClientId"] == client
    assert idp.describe_risk_configuration(UserPoolId=pool)["RiskConfiguration"] == {"UserPoolId": pool}
    idp.set_risk_configuration(UserPoolId=pool, ClientId=client)
    told = idp.describe_risk_configuration(UserPoolId=pool, ClientId=client)["RiskConfiguration"]
    assert told == {"UserPoolId": pool, "ClientId": client}


# Secrets


def test_a_caller_chooses_a_secret_or_has_one_generated(idp: Any) -> None:
    pool = make(idp)
    named = {"UserPoolId": pool, "ClientName": "app"}
    assert refusal(idp.create_user_pool_client, **named, ClientSecret=SECRET, GenerateSecret=True) == (
        "InvalidParameterException"
    )
    for wrong in ("a" * 65, "a" * 29 + "!"):
        assert refusal(idp.create_user_pool_client, **named, ClientSecret=wrong) == "InvalidParameterException"
    made = idp.create_user_pool_client(**named, ClientSecret=SECRET)["UserPoolClient"]
    assert made["ClientSecret"] == SECRET


def test_a_client_has_at_most_two_secrets_and_their_values_are_not_listed(idp: Any) -> None:
    pool = make(idp)
    named = {"UserPoolId": pool, "ClientId": app(idp, pool, ClientSecret=SECRET)}
    first = idp.list_user_pool_client_secrets(**named)["ClientSecrets"]
    assert [set(secret) for secret in first] == [{"ClientSecretId", "ClientSecretCreateDate"}]
    only = first[0]["ClientSecretId"]
    assert refusal(idp.delete_user_pool_client_secret, **named, ClientSecretId=only) == "InvalidParameterException"
    chosen = idp.add_user_pool_client_secret(**named, ClientSecret=OTHER_SECRET)["ClientSecretDescriptor"]
    assert "ClientSecretValue" not in chosen
    assert refusal(idp.add_user_pool_client_secret, **named) == "LimitExceededException"
    assert len(idp.list_user_pool_client_secrets(**named)["ClientSecrets"]) == 2
    idp.delete_user_pool_client_secret(**named, ClientSecretId=only)
    assert idp.describe_user_pool_client(**named)["UserPoolClient"]["ClientSecret"] == OTHER_SECRET
    generated = idp.add_user_pool_client_secret(**named)["ClientSecretDescriptor"]
    assert generated["ClientSecretValue"] not in (SECRET, OTHER_SECRET)
    public = {"UserPoolId": pool, "ClientId": app(idp, pool)}
    assert idp.list_user_pool_client_secrets(**public)["ClientSecrets"] == []
    assert refusal(idp.add_user_pool_client_secret, **public) == "InvalidParameterException"


def test_a_hash_made_with_either_secret_lets_in(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH"]
    client = app(idp, pool, ClientSecret=SECRET, ExplicitAuthFlows=flows)
    idp.add_user_pool_client_secret(UserPoolId=pool, ClientId=client, ClientSecret=OTHER_SECRET)
    idp.admin_create_user(UserPoolId=pool, Username="ada", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=pool, Username="ada", Password="Abcdef-1", Permanent=True)
    anybody = boto3.client(
        "cognito-idp",
        region_name="us-east-1",
        endpoint_url=cloud.endpoint,
        config=Config(signature_version=UNSIGNED),
    )
    for secret, lets_in in ((SECRET, True), (OTHER_SECRET, True), ("c" * 30, False)):
        digest = hmac.new(secret.encode(), f"ada{client}".encode(), hashlib.sha256).digest()
        signed = {"USERNAME": "ada", "PASSWORD": "Abcdef-1", "SECRET_HASH": base64.b64encode(digest).decode()}
        own = {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": signed}
        admin = {"UserPoolId": pool, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
        if lets_in:
            assert anybody.initiate_auth(**own)["AuthenticationResult"]["IdToken"]
            assert idp.admin_initiate_auth(**admin, AuthParameters=signed)["AuthenticationResult"]["IdToken"]
        else:
            assert refusal(anybody.initiate_auth, **own) == "NotAuthorizedException"
            assert refusal(idp.admin_initiate_auth, **admin, AuthParameters=signed) == "NotAuthorizedException"


# Replicas, certificate, classic hosted UI


def test_a_pool_has_no_replicas_unless_it_may_have_and_got_one(idp: Any) -> None:
    pool = make(idp)
    assert idp.list_user_pool_replicas(UserPoolId=pool)["UserPoolReplicas"] == []
    abroad = {"RegionName": "eu-west-1"}
    assert refusal(idp.create_user_pool_replica, UserPoolId=pool, **abroad) == "InvalidParameterException"
    key = {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/mrk-1"}
    pool = make(idp, KeyConfiguration=key, IssuerConfiguration={"Type": "UPDATED"})
    made = idp.create_user_pool_replica(UserPoolId=pool, **abroad)["UserPoolReplica"]
    assert made["RegionName"] == "eu-west-1"
    roles = [replica["Role"] for replica in idp.list_user_pool_replicas(UserPoolId=pool)["UserPoolReplicas"]]
    assert roles == ["PRIMARY", "SECONDARY"]
    assert refusal(idp.delete_user_pool_replica, UserPoolId=pool, **abroad) == "InvalidParameterException"
    idp.update_user_pool_replica(UserPoolId=pool, **abroad, Status="INACTIVE")
    idp.delete_user_pool_replica(UserPoolId=pool, **abroad)
    assert idp.list_user_pool_replicas(UserPoolId=pool)["UserPoolReplicas"] == []
    lite = make(idp, UserPoolTier="LITE")
    assert refusal(idp.create_user_pool_replica, UserPoolId=lite, **abroad) == "FeatureUnavailableInTierException"


def test_every_pool_has_a_signing_certificate_of_its_own_that_stays(idp: Any) -> None:
    pool, other = make(idp), make(idp)
    certificate = idp.get_signing_certificate(UserPoolId=pool)["Certificate"]
    assert base64.b64decode(certificate)[:1] == b"\x30"
    assert idp.get_signing_certificate(UserPoolId=pool)["Certificate"] == certificate
    assert idp.get_signing_certificate(UserPoolId=other)["Certificate"] != certificate


def test_the_logo_of_the_classic_hosted_ui_can_be_fetched(idp: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    idp.create_user_pool_domain(UserPoolId=pool, Domain=f"d-{uuid.uuid4()}")
    assert idp.get_ui_customization(UserPoolId=pool)["UICustomization"] == {}
    told = idp.set_ui_customization(UserPoolId=pool, CSS=".a {}", ImageFile=PIXEL)["UICustomization"]
    for named in ({}, {"ClientId": client}):
        assert idp.get_ui_customization(UserPoolId=pool, **named)["UICustomization"]["ImageUrl"] == told["ImageUrl"]
    with urllib.request.urlopen(told["ImageUrl"], timeout=10) as answer:  # noqa: S310
        assert answer.headers["content-type"] == "image/png"
        assert answer.read() == PIXEL
    own = idp.set_ui_customization(UserPoolId=pool, ClientId=client, CSS=".b {}")["UICustomization"]
    assert "ImageUrl" not in own
    large = {"UserPoolId": pool, "ImageFile": b"x" * 131_073}
    assert refusal(idp.set_ui_customization, **large) == "InvalidParameterException"


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("list_terms", {}),
        ("get_log_delivery_configuration", {}),
        ("describe_risk_configuration", {}),
        ("list_user_pool_replicas", {}),
        ("get_signing_certificate", {}),
        ("list_user_pool_client_secrets", {"ClientId": "x"}),
        ("describe_managed_login_branding_by_client", {"ClientId": "x"}),
    ],
)
def test_an_unknown_pool_or_client_is_not_found(idp: Any, operation: str, members: Json) -> None:
    call = getattr(idp, operation)
    assert refusal(call, UserPoolId="us-east-1_Nobody000", **members) == "ResourceNotFoundException"
    if members:
        assert refusal(call, UserPoolId=make(idp), **members) == "ResourceNotFoundException"


# Pools


def test_what_an_update_of_a_pool_leaves_out_falls_back_to_its_default(idp: Any) -> None:
    pool = make(
        idp,
        Policies={"PasswordPolicy": {"MinimumLength": 20}},
        AutoVerifiedAttributes=["email"],
        MfaConfiguration="OPTIONAL",
        SmsConfiguration=SMS,
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
        UserPoolTags={"a": "b"},
        DeletionProtection="ACTIVE",
        UserPoolTier="PLUS",
        UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"},
        KeyConfiguration={"KeyType": "AWS_OWNED_KEY"},
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    )
    assert described(idp, pool)["KeyConfiguration"] == {"KeyType": "AWS_OWNED_KEY"}
    fresh = described(idp, make(idp))
    idp.update_user_pool(UserPoolId=pool, AutoVerifiedAttributes=["email"], PoolName="renamed")
    updated = described(idp, pool)
    its_own = {"Id", "Arn", "Name", "CreationDate", "LastModifiedDate"}
    differing = {name for name in fresh.keys() | updated.keys() if fresh.get(name) != updated.get(name)} - its_own
    assert differing == {"AutoVerifiedAttributes", "UserPoolTier"}
    assert updated["UserPoolTier"] == "PLUS"
    assert updated["Name"] == "renamed"
    idp.update_user_pool(UserPoolId=pool, IssuerConfiguration={"Type": "UPDATED"})
    assert described(idp, pool)["IssuerConfiguration"] == {"Type": "UPDATED"}
    assert described(idp, pool)["Name"] == "renamed"


@pytest.mark.parametrize(
    "settings",
    [
        {"MfaConfiguration": "ON"},
        {"MfaConfiguration": "OPTIONAL"},
        {"UsernameAttributes": ["email"], "AliasAttributes": ["email"]},
        {"Schema": [{"Name": "sub", "AttributeDataType": "String"}]},
        {"Schema": [{"Name": "email", "AttributeDataType": "Number"}]},
        {"Schema": [{"Name": "x" * 21, "AttributeDataType": "String"}]},
        {"Schema": [{"Name": f"a{number}", "AttributeDataType": "String"} for number in range(51)]},
        {"LambdaConfig": {"PreTokenGeneration": "arn:aws:lambda:us-east-1:000000000000:function:a",
                          "PreTokenGenerationConfig": {"LambdaVersion": "V2_0",
                              "LambdaArn": "arn:aws:lambda:us-east-1:000000000000:function:b"}}},
        {"Policies": {"PasswordPolicy": {"TemporaryPasswordValidityDays": 3}},
         "AdminCreateUserConfig": {"UnusedAccountValidityDays": 7}},
    ],
)  # fmt: skip
def test_a_pool_is_not_made_of_settings_that_do_not_go_together(idp: Any, settings: Json) -> None:
    assert refusal(idp.create_user_pool, PoolName="pool", **settings) == "InvalidParameterException"


def test_a_custom_attribute_gets_its_prefix_whatever_it_is_called(idp: Any) -> None:
    text = {"AttributeDataType": "String"}
    schema = [
        {"Name": "a", **text},
        {"Name": "custom:b", **text},
        {"Name": "c", "DeveloperOnlyAttribute": True, **text},
    ]
    pool = make(idp, Schema=schema)
    idp.add_custom_attributes(UserPoolId=pool, CustomAttributes=[{"Name": "email", **text}, {"Name": "d", **text}])
    names = {attribute["Name"] for attribute in described(idp, pool)["SchemaAttributes"] if ":" in attribute["Name"]}
    assert names == {"custom:a", "custom:custom:b", "dev:custom:c", "custom:email", "custom:d"}


def test_a_pool_is_deleted_neither_under_protection_nor_with_a_domain(idp: Any) -> None:
    pool = make(idp, DeletionProtection="ACTIVE")
    assert refusal(idp.delete_user_pool, UserPoolId=pool) == "InvalidParameterException"
    idp.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
    domain = f"d-{uuid.uuid4()}"
    idp.create_user_pool_domain(UserPoolId=pool, Domain=domain)
    assert refusal(idp.delete_user_pool, UserPoolId=pool) == "InvalidParameterException"
    idp.delete_user_pool_domain(UserPoolId=pool, Domain=domain)
    idp.delete_user_pool(UserPoolId=pool)


def test_a_domain_prefix_belongs_to_one_pool(idp: Any) -> None:
    domain = f"d-{uuid.uuid4()}"
    idp.create_user_pool_domain(UserPoolId=make(idp), Domain=domain)
    assert refusal(idp.create_user_pool_domain, UserPoolId=make(idp), Domain=domain) == "InvalidParameterException"


def test_mfa_is_set_with_its_factors_and_they_replace_those_before(idp: Any) -> None:
    pool = make(idp, EmailConfiguration=MAIL)
    token = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    configure = idp.set_user_pool_mfa_config
    assert refusal(configure, UserPoolId=pool, MfaConfiguration="OPTIONAL") == "InvalidParameterException"
    assert refusal(configure, UserPoolId=pool, MfaConfiguration="OFF", **token) == "InvalidParameterException"
    configure(UserPoolId=pool, MfaConfiguration="OPTIONAL", **token, EmailMfaConfiguration={})
    told = idp.get_user_pool_mfa_config(UserPoolId=pool)
    assert told["EmailMfaConfiguration"] == {}
    assert told["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    configure(UserPoolId=pool, MfaConfiguration="ON", **token)
    assert "EmailMfaConfiguration" not in idp.get_user_pool_mfa_config(UserPoolId=pool)
    configure(UserPoolId=pool, MfaConfiguration="OFF", WebAuthnConfiguration={"RelyingPartyId": "example.com"})
    assert "SoftwareTokenMfaConfiguration" not in idp.get_user_pool_mfa_config(UserPoolId=pool)


def test_mail_as_a_factor_needs_amazon_ses_and_the_essentials(idp: Any) -> None:
    mail = {"MfaConfiguration": "ON", "EmailMfaConfiguration": {"Message": "Your code: {####}", "Subject": "Code"}}
    assert refusal(idp.set_user_pool_mfa_config, UserPoolId=make(idp), **mail) == "InvalidParameterException"
    lite = make(idp, UserPoolTier="LITE", EmailConfiguration=MAIL)
    assert refusal(idp.set_user_pool_mfa_config, UserPoolId=lite, **mail) == "FeatureUnavailableInTierException"


# App clients


def test_what_an_update_of_a_client_leaves_out_falls_back_to_its_default(idp: Any) -> None:
    pool = make(idp)
    settings: Json = {
        "RefreshTokenValidity": 5,
        "AccessTokenValidity": 2,
        "ReadAttributes": ["email"],
        "CallbackURLs": ["https://example.com"],
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
        "PreventUserExistenceErrors": "ENABLED",
        "EnableTokenRevocation": False,
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
    }
    client = {"UserPoolId": pool, "ClientId": app(idp, pool, **settings)}
    told = idp.describe_user_pool_client(**client)["UserPoolClient"]
    assert {name: told[name] for name in settings} == settings
    fresh = idp.describe_user_pool_client(UserPoolId=pool, ClientId=app(idp, pool))["UserPoolClient"]
    answered = idp.update_user_pool_client(**client, RefreshTokenValidity=6)["UserPoolClient"]
    updated = idp.describe_user_pool_client(**client)["UserPoolClient"]
    assert answered == updated
    its_own = {"ClientId", "CreationDate", "LastModifiedDate"}
    differing = {name for name in fresh.keys() | updated.keys() if fresh.get(name) != updated.get(name)} - its_own
    assert differing == {"RefreshTokenValidity"}


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"SupportedIdentityProviders": ["Nobody"]}, "InvalidParameterException"),
        ({"AllowedOAuthScopes": ["api/read"]}, "ScopeDoesNotExistException"),
        ({"AllowedOAuthFlows": ["client_credentials", "code"], "GenerateSecret": True}, "InvalidOAuthFlowException"),
        ({"AllowedOAuthFlows": ["client_credentials"]}, "InvalidOAuthFlowException"),
        ({"ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH", "ALLOW_USER_AUTH"]}, "InvalidParameterException"),
        ({"EnablePropagateAdditionalUserContextData": True}, "InvalidParameterException"),
        ({"DefaultRedirectURI": "https://a", "CallbackURLs": ["https://b"]}, "InvalidParameterException"),
    ],
)
def test_a_client_is_not_made_of_settings_that_do_not_go_together(idp: Any, settings: Json, name: str) -> None:
    pool = make(idp)
    assert refusal(idp.create_user_pool_client, UserPoolId=pool, ClientName="app", **settings) == name


def test_a_client_may_use_what_its_pool_has(idp: Any) -> None:
    pool = make(idp)
    scope = {"ScopeName": "read", "ScopeDescription": "reads"}
    idp.create_resource_server(UserPoolId=pool, Identifier="api", Name="api", Scopes=[scope])
    details = {"client_id": "x", "client_secret": "y", "authorize_scopes": "email"}
    idp.create_identity_provider(UserPoolId=pool, ProviderName="Google", ProviderType="Google", ProviderDetails=details)
    app(idp, pool, SupportedIdentityProviders=["COGNITO", "Google"])
    app(idp, pool, AllowedOAuthScopes=["api/read"], AllowedOAuthFlows=["client_credentials"], ClientSecret=SECRET)
    app(idp, pool, GenerateSecret=True, EnablePropagateAdditionalUserContextData=True)


# Groups and resource servers


def test_a_group_is_changed_in_what_the_request_names(idp: Any) -> None:
    group = {"UserPoolId": make(idp), "GroupName": "staff"}
    assert refusal(idp.update_group, **group) == "ResourceNotFoundException"
    idp.create_group(**group, Description="those who work", Precedence=3)
    idp.update_group(**group, Precedence=4)
    told = idp.get_group(**group)["Group"]
    assert (told["Description"], told["Precedence"]) == ("those who work", 4)


def test_a_resource_server_updated_without_scopes_has_none(idp: Any) -> None:
    server = {"UserPoolId": make(idp), "Identifier": "api"}
    scope = {"ScopeName": "read", "ScopeDescription": "reads"}
    idp.create_resource_server(**server, Name="api", Scopes=[scope])
    idp.update_resource_server(**server, Name="renamed")
    told = idp.describe_resource_server(**server)["ResourceServer"]
    assert (told["Name"], told["Scopes"]) == ("renamed", [])


# Permissions


@pytest.fixture(scope="module")
def limited(cloud: Cloud) -> Callable[..., Any]:
    """A client of a service with the keys of a role that may do what is said, and nothing else."""
    iam, sts = cloud.client("iam"), cloud.client("sts")

    def connect(service: str, *statements: tuple[str, str]) -> Any:
        name = f"role-{uuid.uuid4()}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        allowed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document)
        keys = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
        return cloud.client(service, keys=keys)

    return connect


ANY_ACL = "arn:aws:wafv2:*:000000000000:*/webacl/*/*"
ANY_POOL = "arn:aws:cognito-idp:*:000000000000:userpool/*"


def test_the_operations_of_this_layer_need_their_permission_on_the_pool(idp: Any, limited: Callable[..., Any]) -> None:
    pool = make(idp)
    client = app(idp, pool)
    told = {"TermsName": "terms-of-use", "TermsSource": "LINK", "Enforcement": "NONE"}
    terms = {"UserPoolId": pool, "ClientId": client, **told, "Links": {"cognito:default": "https://example.com"}}
    may = limited("cognito-idp", ("cognito-idp:CreateTerms", ANY_POOL))
    assert may.create_terms(**terms)["Terms"]["ClientId"] == client
    assert refusal(may.list_terms, UserPoolId=pool) == "AccessDeniedException"
    elsewhere = limited("cognito-idp", ("cognito-idp:*", "arn:aws:cognito-idp:*:000000000000:userpool/us-east-1_Other"))
    assert refusal(elsewhere.create_terms, **terms) == "AccessDeniedException"
    assert refusal(elsewhere.get_log_delivery_configuration, UserPoolId=pool) == "AccessDeniedException"


def test_actions_without_a_resource_need_every_resource(limited: Callable[..., Any]) -> None:
    for_pools = limited("cognito-idp", ("cognito-idp:*", ANY_POOL))
    for_all = limited("cognito-idp", ("cognito-idp:*", "*"))
    for operation, members in (
        ("create_user_pool", {"PoolName": "pool"}),
        ("list_user_pools", {"MaxResults": 1}),
        ("describe_user_pool_domain", {"Domain": "nobody"}),
    ):
        assert refusal(getattr(for_pools, operation), **members) == "AccessDeniedException"
        getattr(for_all, operation)(**members)


def test_tags_are_read_with_a_permission_on_the_pool(idp: Any, limited: Callable[..., Any]) -> None:
    pool = described(idp, make(idp, UserPoolTags={"a": "b"}))
    may = limited("cognito-idp", ("cognito-idp:ListTagsForResource", ANY_POOL))
    assert may.list_tags_for_resource(ResourceArn=pool["Arn"])["Tags"] == {"a": "b"}
    may_not = limited("cognito-idp", ("cognito-idp:ListTagsForResource", ANY_POOL + "x"))
    assert refusal(may_not.list_tags_for_resource, ResourceArn=pool["Arn"]) == "AccessDeniedException"


def test_a_web_acl_of_a_pool_needs_permissions_of_both_services(
    cloud: Cloud, idp: Any, limited: Callable[..., Any]
) -> None:
    waf, arn = cloud.client("wafv2"), described(idp, make(idp))["Arn"]
    visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "x"}
    shape = {"Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible}
    acl = waf.create_web_acl(Name=f"acl-{uuid.uuid4()}", **shape)["Summary"]
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=arn)
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=arn)
    assert waf.get_web_acl_for_resource(ResourceArn=arn)["WebACL"]["ARN"] == acl["ARN"]
    nobody = arn.rpartition("/")[0] + "/us-east-1_Nobody000"
    assert refusal(waf.get_web_acl_for_resource, ResourceArn=nobody) == "WAFNonexistentItemException"
    of_waf, of_cognito = ("wafv2:GetWebACLForResource", ANY_ACL), ("cognito-idp:GetWebACLForResource", ANY_POOL)
    needed = [of_waf, of_cognito, ("wafv2:GetWebACL", acl["ARN"])]
    assert limited("wafv2", *needed).get_web_acl_for_resource(ResourceArn=arn)["WebACL"]
    for missing in needed:
        too_little = limited("wafv2", *(one for one in needed if one != missing))
        assert refusal(too_little.get_web_acl_for_resource, ResourceArn=arn) == "AccessDeniedException"
    bare = described(idp, make(idp))["Arn"]
    assert "WebACL" not in limited("wafv2", of_waf, of_cognito).get_web_acl_for_resource(ResourceArn=bare)
    associates = [("wafv2:AssociateWebACL", ANY_ACL), ("cognito-idp:AssociateWebACL", ANY_POOL)]
    limited("wafv2", *associates).associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=bare)
    for one in associates:
        too_little = limited("wafv2", one)
        denied = refusal(too_little.associate_web_acl, WebACLArn=acl["ARN"], ResourceArn=bare)
        assert denied == "AccessDeniedException"


# Objects under a KMS key

ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Resource": "*"}


@pytest.fixture(scope="module")
def encrypted(cloud: Cloud) -> Callable[..., tuple[Json, str]]:
    """Makes an object under a key of its own. Returns where it is, and the key's ARN."""
    s3, kms = cloud.client("s3"), cloud.client("kms")

    def put(statement: Json) -> tuple[Json, str]:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        key = kms.create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["Arn"]
        where = {"Bucket": f"bucket-{uuid.uuid4()}", "Key": "a/b.json"}
        s3.create_bucket(Bucket=where["Bucket"])
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3.put_bucket_encryption(Bucket=where["Bucket"], ServerSideEncryptionConfiguration=rules)
        s3.put_object(**where, Body=b"{}")
        return where, key

    return put


def test_an_object_under_a_key_needs_a_permission_for_the_key(
    encrypted: Callable[..., tuple[Json, str]], limited: Callable[..., Any]
) -> None:
    where, key = encrypted({**ACCOUNT, "Action": "kms:*"})
    objects = ("s3:*", "*")
    nothing, reads = limited("s3", objects), limited("s3", objects, ("kms:Decrypt", key))
    writes = limited("s3", objects, ("kms:GenerateDataKey", key))
    assert reads.get_object(**where)["Body"].read() == b"{}"
    writes.put_object(**where, Body=b"[]")
    nothing.head_object(**where)
    for may_not in (nothing, writes):
        assert refusal(may_not.get_object, **where) == "AccessDenied"
        assert refusal(may_not.copy_object, **where, CopySource=where, MetadataDirective="REPLACE") == "AccessDenied"
    for may_not in (nothing, reads):
        assert refusal(may_not.put_object, **where, Body=b"") == "AccessDenied"
        assert refusal(may_not.create_multipart_upload, **where) == "AccessDenied"


def test_a_key_policy_that_leaves_nothing_to_iam_decides_alone(
    encrypted: Callable[..., tuple[Json, str]], limited: Callable[..., Any]
) -> None:
    role = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:role/other"}, "Resource": "*"}
    where, key = encrypted({**role, "Action": "kms:*"})
    assert refusal(limited("s3", ("s3:*", "*"), ("kms:Decrypt", key)).get_object, **where) == "AccessDenied"
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    where, _ = encrypted({**ACCOUNT, "Principal": {"AWS": "*"}, "Action": "kms:*", "Condition": via})
    assert limited("s3", ("s3:*", "*")).get_object(**where)["Body"].read() == b"{}"


def test_an_object_under_a_key_that_is_going_cannot_be_read(
    cloud: Cloud, encrypted: Callable[..., tuple[Json, str]]
) -> None:
    where, key = encrypted({**ACCOUNT, "Action": "kms:*"})
    cloud.client("kms").disable_key(KeyId=key)
    assert refusal(cloud.client("s3").get_object, **where) == "KMS.DisabledException"


# CloudFormation


def template(**changed: Any) -> str:
    pool: Json = {
        "UserPoolName": "made",
        "EnabledMfas": ["SOFTWARE_TOKEN_MFA", "EMAIL_OTP"],
        "MfaConfiguration": "OPTIONAL",
        "EmailConfiguration": MAIL,
        "EmailAuthenticationMessage": "Your code: {####}",
        "EmailAuthenticationSubject": "Code",
        "WebAuthnRelyingPartyID": "example.com",
        "WebAuthnUserVerification": "required",
        "WebAuthnFactorConfiguration": "SINGLE_FACTOR",
        "Schema": [{"Name": "team", "AttributeDataType": "String"}],
    }
    details = {"client_id": "x", "client_secret": "y", "authorize_scopes": "email"}
    provider = {"UserPoolId": {"Ref": "Pool"}, "ProviderName": "Google", "ProviderType": "Google"}
    client = {"UserPoolId": {"Ref": "Pool"}, "ClientName": "app", "SupportedIdentityProviders": [{"Ref": "Provider"}]}
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    resources = {
        "Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {**pool, **changed.get("pool", {})}},
        "Provider": {
            "Type": "AWS::Cognito::UserPoolIdentityProvider",
            "Properties": {**provider, "ProviderDetails": details, **changed.get("provider", {})},
        },
        "Client": {
            "Type": "AWS::Cognito::UserPoolClient",
            "Properties": {**client, "RefreshTokenRotation": rotation, **changed.get("client", {})},
        },
    }
    if changed.get("without_provider"):
        del resources["Provider"], resources["Client"]
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_a_pool_of_a_template_is_what_the_template_says(cloud: Cloud, idp: Any) -> None:
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName="pools", TemplateBody=template())
    stacks.get_waiter("stack_create_complete").wait(StackName="pools", WaiterConfig={"Delay": 0})
    told = stacks.describe_stacks(StackName="pools")["Stacks"][0]["Outputs"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in told}
    pool = outputs["Pool"]
    assert outputs["Provider"] == "Google"
    mfa = idp.get_user_pool_mfa_config(UserPoolId=pool)
    assert mfa["MfaConfiguration"] == "OPTIONAL"
    assert mfa["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert mfa["EmailMfaConfiguration"] == {"Message": "Your code: {####}", "Subject": "Code"}
    passkeys = {"RelyingPartyId": "example.com", "UserVerification": "required", "FactorConfiguration": "SINGLE_FACTOR"}
    assert mfa["WebAuthnConfiguration"] == passkeys
    client = idp.describe_user_pool_client(UserPoolId=pool, ClientId=outputs["Client"])["UserPoolClient"]
    assert client["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    assert "custom:team" in {attribute["Name"] for attribute in described(idp, pool)["SchemaAttributes"]}

    changed = template(
        pool={"WebAuthnUserVerification": "preferred"}, provider={"AttributeMapping": {"email": "email"}}
    )
    stacks.update_stack(StackName="pools", TemplateBody=changed)
    stacks.get_waiter("stack_update_complete").wait(StackName="pools", WaiterConfig={"Delay": 0})
    provider = idp.describe_identity_provider(UserPoolId=pool, ProviderName="Google")["IdentityProvider"]
    assert provider["AttributeMapping"] == {"email": "email"}
    passkeys = idp.get_user_pool_mfa_config(UserPoolId=pool)["WebAuthnConfiguration"]
    assert passkeys["UserVerification"] == "preferred"

    stacks.update_stack(StackName="pools", TemplateBody=template(without_provider=True))
    stacks.get_waiter("stack_update_complete").wait(StackName="pools", WaiterConfig={"Delay": 0})
    assert idp.list_identity_providers(UserPoolId=pool, MaxResults=60)["Providers"] == []
    stacks.delete_stack(StackName="pools")
    stacks.get_waiter("stack_delete_complete").wait(StackName="pools", WaiterConfig={"Delay": 0})
    assert refusal(idp.describe_user_pool, UserPoolId=pool) == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "changed",
    [
        {"pool": {"EnabledMfas": []}},
        {"pool": {"EmailConfiguration": {}}},
        {"pool": {"Schema": [{"Name": "sub", "AttributeDataType": "String"}]}},
        {"pool": {"EmailVerificationSubject": ""}},
        {"client": {"SupportedIdentityProviders": ["Nobody"]}},
        {"client": {"AllowedOAuthScopes": ["api/read"]}},
        {"provider": {"ProviderName": "x" * 33}},
    ],
)
def test_a_template_is_held_to_what_the_api_refuses(cloud: Cloud, changed: Json) -> None:
    stacks, name = cloud.client("cloudformation"), f"refused-{uuid.uuid4()}"
    stacks.create_stack(StackName=name, TemplateBody=template(**changed), OnFailure="DELETE")
    with pytest.raises(WaiterError):
        stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0})
