"""The configuration of a rich pool and of the smallest one, as a snapshot holds them: secrets taken out."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from poolsafe.domain.configuration.model import Configuration, SectionName
from poolsafe.domain.configuration.secrets import take_out
from poolsafe.domain.records import Group

OLD_ID = "us-east-1_AbCdEfGhI"
NEW_ID = "us-east-1_NewNewNew"
ACCOUNT = "123456789012"
MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
#: Everything secret in the samples has this in it, so that a test can look for it anywhere.
SECRET = "s3cr3t"

TEXT = {"StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}}


def function(name: str) -> str:
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


def attribute(name: str, kind: str = "String", *, mutable: bool = True, required: bool = False, **more: Any) -> Any:
    return {
        "Name": name,
        "AttributeDataType": kind,
        "DeveloperOnlyAttribute": name.startswith("dev:"),
        "Mutable": mutable,
        "Required": required,
        **(TEXT if kind == "String" and not more else more),
    }


STANDARD = [
    attribute("sub", mutable=False, required=True, StringAttributeConstraints={"MinLength": "1", "MaxLength": "2048"}),
    attribute("identities", StringAttributeConstraints={}),
    attribute("name"),
    attribute("email", required=True),
    attribute("nickname", mutable=False),
    attribute("birthdate", StringAttributeConstraints={"MinLength": "10", "MaxLength": "10"}),
    attribute("email_verified", "Boolean"),
    attribute("phone_number"),
    attribute("phone_number_verified", "Boolean"),
    attribute("updated_at", "Number", NumberAttributeConstraints={"MinValue": "0"}),
]
CUSTOM = [
    attribute("custom:original_sub", mutable=False),
    attribute("custom:tenant", mutable=False, StringAttributeConstraints={"MinLength": "3", "MaxLength": "20"}),
    attribute("custom:plan"),
    attribute("custom:bare", StringAttributeConstraints={}),
    attribute("custom:seats", "Number", NumberAttributeConstraints={"MinValue": "0", "MaxValue": "99"}),
    attribute("custom:floor", "Number", NumberAttributeConstraints={"MinValue": "1"}),
    attribute("custom:open", "Number", NumberAttributeConstraints={}),
    attribute("custom:newsletter", "Boolean"),
    attribute("custom:terms", "Boolean", mutable=False),
    attribute("custom:joined", "DateTime"),
    attribute("dev:custom:score", "Number", NumberAttributeConstraints={}),
    attribute("dev:custom:secretary"),
]

USER_POOL: dict[str, Any] = {
    "Id": OLD_ID,
    "Name": "customers ${AWS::AccountId}",
    "Arn": f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{OLD_ID}",
    "Status": "Enabled",
    "CreationDate": "2024-01-01T00:00:00+00:00",
    "LastModifiedDate": "2026-01-01T00:00:00+00:00",
    "EstimatedNumberOfUsers": 12_345,
    "Domain": "customers-login",
    "CustomDomain": "auth.example.com",
    "DeletionProtection": "ACTIVE",
    "UserPoolTier": "ESSENTIALS",
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 12,
            "RequireUppercase": True,
            "RequireLowercase": True,
            "RequireNumbers": True,
            "RequireSymbols": False,
            "PasswordHistorySize": 3,
            "TemporaryPasswordValidityDays": 7,
        },
        "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]},
    },
    "LambdaConfig": {
        "PreSignUp": function("pre-sign-up"),
        "PreTokenGeneration": function("tokens"),
        "PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": function("tokens")},
        "CustomEmailSender": {"LambdaVersion": "V1_0", "LambdaArn": function("mail")},
        "KMSKeyID": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
    },
    "SchemaAttributes": [*STANDARD, *CUSTOM],
    "AutoVerifiedAttributes": ["email"],
    "UsernameAttributes": ["email"],
    "UsernameConfiguration": {"CaseSensitive": False},
    "EmailVerificationMessage": "Your code is {####}",
    "EmailVerificationSubject": "Your code",
    "SmsVerificationMessage": "Your code is {####}",
    "VerificationMessageTemplate": {
        "EmailMessage": "Your code is {####}, ${name}",
        "EmailSubject": "Your code",
        "EmailMessageByLink": "{##Click here##}",
        "EmailSubjectByLink": "Your link",
        "SmsMessage": "Your code is {####}",
        "DefaultEmailOption": "CONFIRM_WITH_CODE",
    },
    "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
    "MfaConfiguration": "OPTIONAL",
    "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True},
    "EmailConfiguration": {
        "SourceArn": f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com",
        "EmailSendingAccount": "DEVELOPER",
        "From": "Example <no-reply@example.com>",
    },
    "UserPoolTags": {"team": "identity", "aws:cloudformation:stack-name": "old-stack"},
    "AdminCreateUserConfig": {
        "AllowAdminCreateUserOnly": False,
        "UnusedAccountValidityDays": 7,
        "InviteMessageTemplate": {"EmailMessage": "{username} {####}", "EmailSubject": "Welcome"},
    },
    "UserPoolAddOns": {"AdvancedSecurityMode": "OFF"},
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    "SmsConfigurationFailure": "",
}

MFA: dict[str, Any] = {
    "SoftwareTokenMfaConfiguration": {"Enabled": True},
    "EmailMfaConfiguration": {"Message": "Your code is {####}", "Subject": "Sign-in code"},
    "MfaConfiguration": "OPTIONAL",
    "WebAuthnConfiguration": {
        "RelyingPartyId": "customers-login.auth.us-east-1.amazoncognito.com",
        "UserVerification": "preferred",
        "FactorConfiguration": "SINGLE_FACTOR",
    },
}


def client(client_id: str, name: str, **settings: Any) -> dict[str, Any]:
    return {
        "UserPoolId": OLD_ID,
        "ClientId": client_id,
        "ClientName": name,
        "CreationDate": "2024-01-01T00:00:00+00:00",
        "LastModifiedDate": "2024-01-01T00:00:00+00:00",
        "RefreshTokenValidity": 30,
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 3,
        **settings,
    }


CLIENTS = [
    client(
        "1client1web",
        "web",
        ClientSecret=f"{SECRET}-of-the-web-client",
        SupportedIdentityProviders=["COGNITO", "Okta", "Partner-OIDC"],
        CallbackURLs=["https://app.example.com/back"],
        LogoutURLs=["https://app.example.com"],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "https://api.example.com/orders/read"],
        AllowedOAuthFlowsUserPoolClient=True,
        ReadAttributes=["email", "custom:tenant"],
        WriteAttributes=["email", "custom:plan"],
        TokenValidityUnits={"RefreshToken": "days"},
    ),
    client("2client2mobile", "mobile app", PreventUserExistenceErrors="ENABLED", RefreshTokenValidity=0),
    client("3client3kiosk", "kiosk", AnalyticsConfiguration={"ApplicationArn": "arn:aws:mobiletargeting:::apps/1"}),
    client("4client4kiosk", "kiosk", SupportedIdentityProviders=["COGNITO"]),
]

PROVIDERS = [
    {
        "UserPoolId": OLD_ID,
        "ProviderName": "Okta",
        "ProviderType": "SAML",
        "ProviderDetails": {
            "MetadataURL": "https://okta.example.com/metadata",
            "MetadataFile": "<EntityDescriptor/>",
            "IDPSignout": "true",
            "RequestSigningAlgorithm": "rsa-sha256",
            "EncryptedResponses": "true",
            "SSORedirectBindingURI": "https://okta.example.com/sso",
            "ActiveEncryptionCertificate": "MIIC",
        },
        "AttributeMapping": {"email": "http://schemas.xmlsoap.org/claims/EmailAddress"},
        "IdpIdentifiers": ["okta"],
        "CreationDate": "2024-01-01T00:00:00+00:00",
        "LastModifiedDate": "2024-01-01T00:00:00+00:00",
    },
    {
        "UserPoolId": OLD_ID,
        "ProviderName": "Partner-OIDC",
        "ProviderType": "OIDC",
        "ProviderDetails": {
            "client_id": "partner",
            "client_secret": f"{SECRET}-of-the-partner",
            "oidc_issuer": "https://partner.example.com",
            "attributes_request_method": "GET",
            "attributes_url_add_attributes": "false",
            "authorize_scopes": "openid email",
        },
        "AttributeMapping": {"email": "email", "username": "sub"},
    },
]

RESOURCE_SERVERS = [
    {
        "UserPoolId": OLD_ID,
        "Identifier": "https://api.example.com/orders",
        "Name": "orders",
        "Scopes": [
            {"ScopeName": "read", "ScopeDescription": "Read orders"},
            {"ScopeName": "write", "ScopeDescription": "Write orders"},
        ],
    }
]

DOMAINS: list[dict[str, Any]] = [
    {
        "UserPoolId": OLD_ID,
        "AWSAccountId": ACCOUNT,
        "Domain": "customers-login",
        "S3Bucket": "aws-cognito-prod",
        "CloudFrontDistribution": "dprefix.cloudfront.net",
        "Version": "1",
        "Status": "ACTIVE",
        "CustomDomainConfig": {},
        "ManagedLoginVersion": 2,
    },
    {
        "UserPoolId": OLD_ID,
        "AWSAccountId": ACCOUNT,
        "Domain": "auth.example.com",
        "CloudFrontDistribution": "dold.cloudfront.net",
        "Version": "1",
        "Status": "ACTIVE",
        "CustomDomainConfig": {
            "CertificateArn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012"
        },
        "ManagedLoginVersion": 2,
        "Routing": {"Failover": {"SecondaryRegion": "us-west-2", "PrimaryRoute53HealthCheckId": "hc"}},
    },
]

RICH: dict[str, Any] = {
    SectionName.USER_POOL: USER_POOL,
    SectionName.MFA: MFA,
    SectionName.CLIENTS: CLIENTS,
    SectionName.CLIENT_SECRETS: {"1client1web": [{"ClientSecretId": "1", "ClientSecretCreateDate": "2024-01-01"}]},
    SectionName.IDENTITY_PROVIDERS: PROVIDERS,
    SectionName.RESOURCE_SERVERS: RESOURCE_SERVERS,
    SectionName.DOMAINS: DOMAINS,
    SectionName.TAGS: USER_POOL["UserPoolTags"],
}
GROUPS = [
    Group("admins", "Those who may ${AWS::Region}", 0, f"arn:aws:iam::{ACCOUNT}:role/admins", MOMENT, MOMENT),
    Group("Kund:innen", None, None, None, MOMENT, MOMENT),
    Group(f"{OLD_ID}_Okta", "Autogenerated group", None, None, MOMENT, MOMENT),
]


def rich(*, secrets: bool = False, **sections: Any) -> Configuration:
    """The rich pool as a snapshot has it; with its secrets as the service told it."""
    documents = copy.deepcopy({**RICH, **{SectionName(name): document for name, document in sections.items()}})
    return Configuration(documents if secrets else {name: take_out(one)[0] for name, one in documents.items()})


def rich_pool(**settings: Any) -> Configuration:
    """The rich pool with other settings of the pool itself; None takes one away."""
    pool = {name: value for name, value in {**USER_POOL, **settings}.items() if value is not None}
    return rich(user_pool=pool)


def minimal(pool_id: str = OLD_ID, **settings: Any) -> Configuration:
    """A pool without anything but itself."""
    arn = f"arn:aws:cognito-idp:{pool_id.partition('_')[0]}:{ACCOUNT}:userpool/{pool_id}"
    pool = {"Id": pool_id, "Name": "bare", "Arn": arn, "MfaConfiguration": "OFF", **settings}
    return Configuration({SectionName.USER_POOL: pool})


def restored(*, domains: tuple[str, ...] = ("customers-new", "auth.example.com")) -> Configuration:
    """The rich pool as it is after a restore into a new pool, with the domains it got."""
    documents = copy.deepcopy(RICH)
    described = []
    for domain in domains:
        old = DOMAINS["." in domain]
        described.append(
            {**old, "Domain": domain, "UserPoolId": NEW_ID, "CloudFrontDistribution": "dnew.cloudfront.net"}
        )
    documents[SectionName.USER_POOL] = {
        **{name: value for name, value in USER_POOL.items() if name not in ("Domain", "CustomDomain")},
        "Id": NEW_ID,
        "Arn": USER_POOL["Arn"].replace(OLD_ID, NEW_ID),
        **{"CustomDomain" if "." in domain else "Domain": domain for domain in domains},
    }
    documents[SectionName.DOMAINS] = described
    documents[SectionName.CLIENTS] = [{**client, "ClientId": NEW_CLIENTS[client["ClientId"]]} for client in CLIENTS]
    return Configuration({name: take_out(one)[0] for name, one in documents.items()})


NEW_CLIENTS = {client["ClientId"]: client["ClientId"].replace("client", "new") for client in CLIENTS}
