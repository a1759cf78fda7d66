"""What becomes of every member that Cognito tells of a pool and of its clients. A closed list, both ways.

A test holds these tables against the service model of the boto3 in use: a new
setting of Cognito's makes it fail until somebody has decided here.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Only CreateUserPool takes these (its members less those of UpdateUserPool).
IMMUTABLE = ("AliasAttributes", "UsernameAttributes", "UsernameConfiguration")

#: UpdateUserPool takes these; it resets what is left out, so they always go together [API UpdateUserPool].
SETTINGS = (
    "AccountRecoverySetting",
    "AcrConfiguration",
    "AdminCreateUserConfig",
    "AutoVerifiedAttributes",
    "DeviceConfiguration",
    "EmailConfiguration",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "IssuerConfiguration",
    "KeyConfiguration",
    "Policies",
    "SmsAuthenticationMessage",
    "SmsConfiguration",
    "SmsVerificationMessage",
    "UserAttributeUpdateSettings",
    "UserPoolAddOns",
    "UserPoolTier",
    "VerificationMessageTemplate",
)
#: Set when the users are back: triggers would run for each of them, and protection would keep a failed attempt. Who may
#: register clients by themselves (Dcr) names scopes, which have to be there, and is nothing for a pool half-made.
FINISHING = ("LambdaConfig", "DeletionProtection", "DcrConfiguration", "UserPoolTags")

#: Members of DescribeUserPool's UserPool that are restored by another way than their own name.
RENAMED: Mapping[str, str] = {
    "Name": "PoolName",
    "SchemaAttributes": "Schema, and AddCustomAttributes beyond fifty",
    "MfaConfiguration": "SetUserPoolMfaConfig: CreateUserPool knows SMS alone",
    "Domain": "CreateUserPoolDomain",
    "CustomDomain": "CreateUserPoolDomain",
}
#: Members of DescribeUserPool's UserPool that differ in a new pool, and why.
USER_POOL_NOT_RESTORED: Mapping[str, str] = {
    "Id": "Cognito makes a new one",
    "Arn": "holds the id",
    "Status": "not in use any more",
    "CreationDate": "that of the new pool",
    "LastModifiedDate": "that of the new pool",
    "EstimatedNumberOfUsers": "Cognito's own estimate",
    "SmsConfigurationFailure": "Cognito's own finding",
    "EmailConfigurationFailure": "Cognito's own finding",
}

#: CreateUserPoolClient and UpdateUserPoolClient take these under the name that DescribeUserPoolClient tells.
CLIENT_SETTINGS = (
    "AccessTokenValidity",
    "AllowedOAuthFlows",
    "AllowedOAuthFlowsUserPoolClient",
    "AllowedOAuthScopes",
    "AnalyticsConfiguration",
    "AuthSessionValidity",
    "CallbackURLs",
    "ClientName",
    "DefaultRedirectURI",
    "EnablePropagateAdditionalUserContextData",
    "EnableTokenRevocation",
    "ExplicitAuthFlows",
    "IdTokenValidity",
    "LogoutURLs",
    "PreventUserExistenceErrors",
    "ReadAttributes",
    "RefreshTokenRotation",
    "RefreshTokenValidity",
    "SupportedIdentityProviders",
    "TokenValidityUnits",
    "WriteAttributes",
)
#: Only CreateUserPoolClient takes it. One of its own choice: the application keeps its secret.
CLIENT_SECRET = "ClientSecret"  # noqa: S105
#: Members of DescribeUserPoolClient's UserPoolClient that differ in a new pool, and why.
CLIENT_NOT_RESTORED: Mapping[str, str] = {
    "ClientId": "Cognito makes a new one",
    "UserPoolId": "that of the new pool",
    "CreationDate": "that of the new client",
    "LastModifiedDate": "that of the new client",
    "ClientType": "how the client was made; a copy did not register itself",
}
#: Members of CreateUserPoolClient that are sent only where a secret is not known.
CLIENT_INSTEAD: Mapping[str, str] = {"GenerateSecret": "only where the old secret is not known"}

#: Keys of ProviderDetails that Cognito adds itself and does not take back [API CreateIdentityProvider].
PROVIDER_READ_ONLY = frozenset(
    {
        "ActiveEncryptionCertificate",
        "SLORedirectBindingURI",
        "SSORedirectBindingURI",
        "attributes_url_add_attributes",
    }
)
#: The secret without which a provider of this type cannot be made.
PROVIDER_SECRET: Mapping[str, str] = {
    "Facebook": "client_secret",
    "Google": "client_secret",
    "LoginWithAmazon": "client_secret",
    "OIDC": "client_secret",
    "SignInWithApple": "private_key",
}

#: What differs between a pool and its copy in the other sections, by section and member.
NOT_RESTORED: Mapping[str, Mapping[str, str]] = {
    "user_pool": USER_POOL_NOT_RESTORED,
    "clients": CLIENT_NOT_RESTORED,
    "client_secrets": {
        "ClientSecretId": "Cognito makes a new one",
        "ClientSecretCreateDate": "that of the new secret",
    },
    "identity_providers": {
        "UserPoolId": "that of the new pool",
        "CreationDate": "that of the new provider",
        "LastModifiedDate": "that of the new provider",
        **dict.fromkeys(sorted(PROVIDER_READ_ONLY), "Cognito adds it itself"),
    },
    "resource_servers": {"UserPoolId": "that of the new pool"},
    "domains": {
        "UserPoolId": "that of the new pool",
        "Domain": "a prefix belongs to one pool",
        "AWSAccountId": "that of the new pool",
        "CloudFrontDistribution": "Cognito makes a new one",
        "S3Bucket": "Cognito's own",
        "Status": "Cognito's own",
        "Version": "Cognito's own",
    },
    "ui_customization": {
        "UserPoolId": "that of the new pool",
        "ClientId": "that of the new client",
        "ImageUrl": "Cognito's own; the image itself is kept",
        "CSSVersion": "Cognito's own",
        "CreationDate": "that of the new one",
        "LastModifiedDate": "that of the new one",
    },
    "branding": {
        "ManagedLoginBrandingId": "Cognito makes a new one",
        "UserPoolId": "that of the new pool",
        "ClientId": "that of the new client",
        "CreationDate": "that of the new one",
        "LastModifiedDate": "that of the new one",
    },
    "terms": {
        "TermsId": "Cognito makes a new one",
        "UserPoolId": "that of the new pool",
        "ClientId": "that of the new client",
        "CreationDate": "that of the new one",
        "LastModifiedDate": "that of the new one",
    },
    "sessions": {"UserPoolId": "that of the new pool", "ClientId": "that of the new client"},
    "log_delivery": {"UserPoolId": "that of the new pool"},
    "risk": {
        "UserPoolId": "that of the new pool",
        "ClientId": "that of the new client",
        "LastModifiedDate": "that of the new one",
    },
    "tags": {"aws:": "tags of AWS's own, such as CloudFormation's, which nobody else may set"},
    "signing_certificate": {"Certificate": "Cognito makes a new one"},
}
