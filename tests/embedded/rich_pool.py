"""A pool with every kind of configuration there is, made through Cognito's own API."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import botocore.session

from local.cloud import ROOT_KEYS, Cloud
from local.server import REGION
from local.stack import BUILD

Json = dict[str, Any]

SECRET = "TheSecretThatTheApplicationKeeps0001"
OIDC_SECRET = "what-the-provider-and-the-pool-know"
LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HANDLER = "def handler(event, context):\n    return event\n"

TEXT = {"MinLength": "0", "MaxLength": "256"}
#: Every type, mutable and not, for administrators alone and not, with limits and without.
CUSTOM: list[Json] = [
    {"Name": "tier", "AttributeDataType": "String", "Mutable": True, "StringAttributeConstraints": TEXT},
    {"Name": "tenant", "AttributeDataType": "String", "Mutable": False, "StringAttributeConstraints": TEXT},
    {
        "Name": "code",
        "AttributeDataType": "String",
        "Mutable": True,
        "StringAttributeConstraints": {"MinLength": "2", "MaxLength": "8"},
    },
    {
        "Name": "age",
        "AttributeDataType": "Number",
        "Mutable": True,
        "NumberAttributeConstraints": {"MinValue": "0", "MaxValue": "150"},
    },
    {
        "Name": "born",
        "AttributeDataType": "Number",
        "Mutable": False,
        "NumberAttributeConstraints": {"MinValue": "1900"},
    },
    {"Name": "points", "AttributeDataType": "Number", "Mutable": True},
    {"Name": "beta", "AttributeDataType": "Boolean", "Mutable": True},
    {"Name": "adult", "AttributeDataType": "Boolean", "Mutable": False},
    {"Name": "joined", "AttributeDataType": "DateTime", "Mutable": True},
    {"Name": "signed", "AttributeDataType": "DateTime", "Mutable": False},
    {
        "Name": "internal",
        "AttributeDataType": "String",
        "Mutable": True,
        "DeveloperOnlyAttribute": True,
        "StringAttributeConstraints": TEXT,
    },
    {
        "Name": "notes",
        "AttributeDataType": "String",
        "Mutable": True,
        "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"},
    },
]


def newest(cloud: Cloud) -> Any:
    """Cognito through the SDK's service model that the layer pins: newer than that of the tests' own SDK."""
    session = botocore.session.Session()
    models = BUILD / "SharedLayer/python/botocore/data"
    session.get_component("data_loader").search_paths.insert(0, str(models))
    keys: Any = {"aws_access_key_id": ROOT_KEYS["AccessKeyId"], "aws_secret_access_key": ROOT_KEYS["SecretAccessKey"]}
    return session.create_client("cognito-idp", region_name=REGION, endpoint_url=cloud.endpoint, **keys)


@dataclass(frozen=True)
class RichPool:
    """The pool, its clients by name, and the trigger's ARN."""

    user_pool_id: str
    clients: dict[str, str]
    trigger: str


def make(cloud: Cloud, prefix: str, name: str = "shop") -> RichPool:
    """Make one; `prefix` is that of its domain, which no two pools may share."""
    idp = newest(cloud)
    trigger = trigger_function(cloud, prefix)
    pool_id = idp.create_user_pool(
        PoolName=name,
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        AutoVerifiedAttributes=["email"],
        Schema=[
            {
                "Name": "email",
                "AttributeDataType": "String",
                "Mutable": True,
                "Required": True,
                "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"},
            },
            *CUSTOM,
        ],
        Policies={
            "PasswordPolicy": {
                "MinimumLength": 12,
                "RequireUppercase": True,
                "RequireLowercase": True,
                "RequireNumbers": True,
                "RequireSymbols": False,
                "TemporaryPasswordValidityDays": 3,
            }
        },
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": False},
        AccountRecoverySetting={"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": True},
        VerificationMessageTemplate={
            "DefaultEmailOption": "CONFIRM_WITH_CODE",
            "EmailSubject": "Your code",
            "EmailMessage": "It is {####}",
        },
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
        UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"},
        UserPoolTier="PLUS",
        UserPoolTags={"team": "shop", "poolsafe:backup": "true"},
        LambdaConfig={
            "PreTokenGeneration": trigger,
            "PreTokenGenerationConfig": {"LambdaVersion": "V2_0", "LambdaArn": trigger},
        },
        DeletionProtection="ACTIVE",
        AcrConfiguration={"Level1": {"AcrValue": "urn:shop:password"}},
    )["UserPool"]["Id"]
    idp.create_user_pool_domain(UserPoolId=pool_id, Domain=prefix, ManagedLoginVersion=2)
    idp.create_resource_server(
        UserPoolId=pool_id,
        Identifier="https://api.example.com",
        Name="API",
        Scopes=[
            {"ScopeName": "read", "ScopeDescription": "Read orders"},
            {"ScopeName": "write", "ScopeDescription": "Write orders"},
        ],
    )
    _providers(idp, pool_id)
    clients = _clients(idp, pool_id)
    idp.set_user_pool_mfa_config(
        UserPoolId=pool_id,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        WebAuthnConfiguration={"RelyingPartyId": "example.com", "UserVerification": "preferred"},
    )
    _looks(idp, pool_id, clients)
    _around(cloud, idp, pool_id, clients)
    return RichPool(pool_id, clients, trigger)


def _providers(idp: Any, pool_id: str) -> None:
    idp.create_identity_provider(
        UserPoolId=pool_id,
        ProviderName="Corporate",
        ProviderType="SAML",
        ProviderDetails={"MetadataFile": "<EntityDescriptor/>", "IDPSignout": "true"},
        AttributeMapping={"email": "mail", "custom:tenant": "tenant"},
        IdpIdentifiers=["example.com"],
    )
    idp.create_identity_provider(
        UserPoolId=pool_id,
        ProviderName="Partner",
        ProviderType="OIDC",
        ProviderDetails={
            "client_id": "shop",
            "client_secret": OIDC_SECRET,
            "authorize_scopes": "openid email",
            "oidc_issuer": "https://partner.example.com",
            "attributes_request_method": "GET",
        },
        AttributeMapping={"email": "email", "username": "sub"},
    )


def _clients(idp: Any, pool_id: str) -> dict[str, str]:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    wanted: list[Json] = [
        {
            "ClientName": "web",
            "SupportedIdentityProviders": ["COGNITO", "Corporate", "Partner"],
            "CallbackURLs": ["https://shop.example.com/in"],
            "LogoutURLs": ["https://shop.example.com/out"],
            "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid", "email", "https://api.example.com/read"],
            "AllowedOAuthFlowsUserPoolClient": True,
            "ExplicitAuthFlows": flows,
            "PreventUserExistenceErrors": "ENABLED",
        },
        {
            "ClientName": "confidential",
            "ClientSecret": SECRET,
            "ExplicitAuthFlows": flows,
            "AuthSessionValidity": 5,
            "AccessTokenValidity": 30,
            "IdTokenValidity": 30,
            "RefreshTokenValidity": 7,
            "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
        },
        {
            "ClientName": "machine",
            "GenerateSecret": True,
            "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthScopes": ["https://api.example.com/read", "https://api.example.com/write"],
            "AllowedOAuthFlowsUserPoolClient": True,
        },
        {
            "ClientName": "mobile",
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "ReadAttributes": ["email", "custom:tier"],
            "WriteAttributes": ["email"],
            "EnableTokenRevocation": False,
        },
    ]
    made = (idp.create_user_pool_client(UserPoolId=pool_id, **client)["UserPoolClient"] for client in wanted)
    return {client["ClientName"]: client["ClientId"] for client in made}


def _looks(idp: Any, pool_id: str, clients: dict[str, str]) -> None:
    idp.set_ui_customization(UserPoolId=pool_id, CSS=".submit { color: teal; }", ImageFile=LOGO)
    idp.set_ui_customization(UserPoolId=pool_id, ClientId=clients["mobile"], CSS=".submit { color: navy; }")
    idp.create_managed_login_branding(
        UserPoolId=pool_id,
        ClientId=clients["web"],
        Settings={"components": {"form": {"borderRadius": 8.0}}},
        Assets=[{"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": LOGO}],
    )
    idp.create_managed_login_branding(UserPoolId=pool_id, ClientId=clients["mobile"], UseCognitoProvidedValues=True)
    idp.create_terms(
        UserPoolId=pool_id,
        ClientId=clients["web"],
        TermsName="terms-of-use",
        TermsSource="LINK",
        Enforcement="NONE",
        Links={"cognito:default": "https://shop.example.com/terms"},
    )


def _around(cloud: Cloud, idp: Any, pool_id: str, clients: dict[str, str]) -> None:
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/cognito/shop"
    idp.set_log_delivery_configuration(
        UserPoolId=pool_id,
        LogConfigurations=[
            {
                "LogLevel": "ERROR",
                "EventSource": "userNotification",
                "CloudWatchLogsConfiguration": {"LogGroupArn": group},
            },
        ],
    )
    idp.set_user_pool_session_configuration(
        UserPoolId=pool_id, UserSessionTracking="ENABLED", TokenSession={"MaxPerUser": 5}
    )
    idp.set_user_pool_client_session_configuration(
        UserPoolId=pool_id, ClientId=clients["web"], SSOSession={"MaxValidityMinutes": 30}
    )
    idp.set_risk_configuration(
        UserPoolId=pool_id, CompromisedCredentialsRiskConfiguration={"Actions": {"EventAction": "BLOCK"}}
    )
    idp.set_risk_configuration(
        UserPoolId=pool_id,
        ClientId=clients["web"],
        RiskExceptionConfiguration={"BlockedIPRangeList": ["192.0.2.0/24"]},
    )


def trigger_function(cloud: Cloud, name: str, code: str = HANDLER) -> str:
    """A function, by its ARN; it lets everything be as it is unless `code` does otherwise."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("trigger.py", code)
    role = cloud.client("iam").create_role(
        RoleName=f"trigger-{name}",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    )["Role"]["Arn"]
    made = cloud.client("lambda").create_function(
        FunctionName=f"trigger-{name}",
        Runtime="python3.11",
        Role=role,
        Handler="trigger.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    return str(made["FunctionArn"])


def configuration(idp: Any, pool_id: str) -> Json:
    """Everything that Cognito tells of a pool, verbatim, asked directly and not through Poolsafe."""
    pool = idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    listed = idp.list_user_pool_clients(UserPoolId=pool_id, MaxResults=60)["UserPoolClients"]
    clients = {client["ClientName"]: client["ClientId"] for client in listed}

    def ask(operation: str, member: str | None, **arguments: Any) -> Any:
        answer = getattr(idp, operation)(UserPoolId=pool_id, **arguments)
        return _plain(answer[member] if member else {n: v for n, v in answer.items() if n != "ResponseMetadata"})

    providers = idp.list_identity_providers(UserPoolId=pool_id, MaxResults=60)["Providers"]
    terms = idp.list_terms(UserPoolId=pool_id, MaxResults=60)["Terms"]
    branded = {}
    for name, client_id in clients.items():
        try:
            branded[name] = ask("describe_managed_login_branding_by_client", "ManagedLoginBranding", ClientId=client_id)
        except idp.exceptions.ResourceNotFoundException:
            continue
    threats = pool.get("UserPoolAddOns", {}).get("AdvancedSecurityMode", "OFF") != "OFF"
    return {
        "user_pool": _plain(pool),
        "mfa": ask("get_user_pool_mfa_config", None),
        "clients": {n: ask("describe_user_pool_client", "UserPoolClient", ClientId=i) for n, i in clients.items()},
        "client_secrets": {
            name: [
                _plain(secret)
                for secret in idp.list_user_pool_client_secrets(UserPoolId=pool_id, ClientId=client_id)["ClientSecrets"]
            ]
            for name, client_id in clients.items()
        },
        "identity_providers": {
            p["ProviderName"]: ask("describe_identity_provider", "IdentityProvider", ProviderName=p["ProviderName"])
            for p in providers
        },
        "resource_servers": ask("list_resource_servers", "ResourceServers", MaxResults=50),
        "domains": [
            _plain(idp.describe_user_pool_domain(Domain=name)["DomainDescription"])
            for name in (pool.get("Domain"), pool.get("CustomDomain"))
            if name
        ],
        "ui_customization": {
            name: ask("get_ui_customization", "UICustomization", **({"ClientId": i} if i else {}))
            for name, i in {"ALL": "", **clients}.items()
        },
        "branding": branded,
        "terms": [ask("describe_terms", "Terms", TermsId=entry["TermsId"]) for entry in terms],
        "sessions": {
            "pool": ask("get_user_pool_session_configuration", None),
            **{n: ask("get_user_pool_client_session_configuration", None, ClientId=i) for n, i in clients.items()},
        }
        if hasattr(idp, "get_user_pool_session_configuration")
        else {},
        "log_delivery": ask("get_log_delivery_configuration", "LogDeliveryConfiguration"),
        "risk": {
            name: ask("describe_risk_configuration", "RiskConfiguration", **({"ClientId": i} if i else {}))
            for name, i in ({"pool": "", **clients} if threats else {}).items()
        },
        "tags": idp.list_tags_for_resource(ResourceArn=pool["Arn"])["Tags"],
    }


def _plain(told: Any) -> Any:
    return json.loads(json.dumps(told, default=_as_text))


def _as_text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
