"""The properties that CloudFormation knows of a user pool and its parts, and how a document is cut down to them.

Cognito's API learns new members before CloudFormation does. What a resource
type does not know is not passed on, which would fail the deployment, but named,
so that a template never looks more complete than it is.
Source: the resource types' schemas in CloudFormation's registry, as cfn-lint 1.53 ships them; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: A property's own properties, or None where it has none.
Known = Mapping[str, Any]


def _names(text: str) -> dict[str, Any]:
    return dict.fromkeys(text.split())


_SENDER = _names("LambdaArn LambdaVersion")

USER_POOL: Known = {
    "AccountRecoverySetting": {"RecoveryMechanisms": _names("Name Priority")},
    "AdminCreateUserConfig": {
        **_names("AllowAdminCreateUserOnly UnusedAccountValidityDays"),
        "InviteMessageTemplate": _names("EmailMessage EmailSubject SMSMessage"),
    },
    **_names("AliasAttributes AutoVerifiedAttributes DeletionProtection"),
    "DeviceConfiguration": _names("ChallengeRequiredOnNewDevice DeviceOnlyRememberedOnUserPrompt"),
    **_names("EmailAuthenticationMessage EmailAuthenticationSubject"),
    "EmailConfiguration": _names("ConfigurationSet EmailSendingAccount From ReplyToEmailAddress SourceArn"),
    **_names("EmailVerificationMessage EmailVerificationSubject EnabledMfas"),
    "IssuerConfiguration": _names("Type"),
    "KeyConfiguration": _names("KeyType KmsKeyArn"),
    "LambdaConfig": {
        **_names("CreateAuthChallenge CustomMessage DefineAuthChallenge KMSKeyID PostAuthentication PostConfirmation"),
        **_names("PreAuthentication PreSignUp PreTokenGeneration UserMigration VerifyAuthChallengeResponse"),
        "CustomEmailSender": _SENDER,
        "CustomSMSSender": _SENDER,
        "InboundFederation": _SENDER,
        "PreTokenGenerationConfig": _SENDER,
    },
    "MfaConfiguration": None,
    "Policies": {
        "PasswordPolicy": {
            **_names("MinimumLength PasswordHistorySize RequireLowercase RequireNumbers RequireSymbols"),
            **_names("RequireUppercase TemporaryPasswordValidityDays"),
        },
        "SignInPolicy": _names("AllowedFirstAuthFactors"),
    },
    "Schema": {
        **_names("AttributeDataType DeveloperOnlyAttribute Mutable Name Required"),
        "NumberAttributeConstraints": _names("MaxValue MinValue"),
        "StringAttributeConstraints": _names("MaxLength MinLength"),
    },
    "SmsAuthenticationMessage": None,
    "SmsConfiguration": _names("ExternalId SnsCallerArn SnsRegion"),
    "SmsVerificationMessage": None,
    "UserAttributeUpdateSettings": _names("AttributesRequireVerificationBeforeUpdate"),
    "UserPoolAddOns": {"AdvancedSecurityMode": None, "AdvancedSecurityAdditionalFlows": _names("CustomAuthMode")},
    **_names("UserPoolName UserPoolTags UserPoolTier UsernameAttributes"),
    "UsernameConfiguration": _names("CaseSensitive"),
    "VerificationMessageTemplate": {
        **_names("DefaultEmailOption EmailMessage EmailMessageByLink EmailSubject EmailSubjectByLink SmsMessage"),
    },
    **_names("WebAuthnFactorConfiguration WebAuthnRelyingPartyID WebAuthnUserVerification"),
}

CLIENT: Known = {
    **_names("AccessTokenValidity AllowedOAuthFlows AllowedOAuthFlowsUserPoolClient AllowedOAuthScopes"),
    "AnalyticsConfiguration": _names("ApplicationArn ApplicationId ExternalId RoleArn UserDataShared"),
    **_names("AuthSessionValidity CallbackURLs ClientName DefaultRedirectURI EnablePropagateAdditionalUserContextData"),
    **_names("EnableTokenRevocation ExplicitAuthFlows GenerateSecret IdTokenValidity LogoutURLs"),
    **_names("PreventUserExistenceErrors ReadAttributes"),
    "RefreshTokenRotation": _names("Feature RetryGracePeriodSeconds"),
    **_names("RefreshTokenValidity SupportedIdentityProviders"),
    "TokenValidityUnits": _names("AccessToken IdToken RefreshToken"),
    **_names("UserPoolId WriteAttributes"),
}

PROVIDER: Known = _names("AttributeMapping IdpIdentifiers ProviderDetails ProviderName ProviderType UserPoolId")

RESOURCE_SERVER: Known = {**_names("Identifier Name UserPoolId"), "Scopes": _names("ScopeDescription ScopeName")}

GROUP: Known = _names("Description GroupName Precedence RoleArn UserPoolId")

#: Without Routing, which fails over to a replica: a template has none.
DOMAIN: Known = {
    **_names("Domain ManagedLoginVersion UserPoolId"),
    "CustomDomainConfig": _names("CertificateArn SecurityPolicy"),
}


def known_only(document: Mapping[str, Any], known: Known, within: str = "") -> tuple[dict[str, Any], list[str]]:
    """The document without what CloudFormation does not know, and the paths of that (`SmsConfiguration.EumsSms`).

    What is empty says nothing, and is in neither.
    """
    kept, unknown = {}, []
    for name, value in document.items():
        path = f"{within}{name}"
        if value in (None, "", [], {}):
            continue
        if name not in known:
            unknown.append(path)
            continue
        kept[name], beyond = _known_value(value, known[name], path)
        unknown += beyond
        if kept[name] == {}:
            del kept[name]
    return kept, unknown


def _known_value(value: Any, known: Known | None, path: str) -> tuple[Any, list[str]]:
    if known is None:
        return _copy(value), []
    if isinstance(value, Mapping):
        return known_only(value, known, f"{path}.")
    parts = [known_only(part, known, f"{path}.") for part in value]
    return [part for part, _ in parts], sorted({name for _, beyond in parts for name in beyond})


def _copy(value: Any) -> Any:
    """An own copy: YAML writes what stands in two places as an alias, which CloudFormation does not read."""
    if isinstance(value, Mapping):
        return {name: _copy(part) for name, part in value.items()}
    return [_copy(part) for part in value] if isinstance(value, list | tuple) else value


def literal_map(document: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """A map whose keys people chose, without the keys that CloudFormation would run as functions; and those keys."""
    refused = sorted(name for name in document if name in ("Ref", "Condition") or name.startswith("Fn::"))
    return {name: value for name, value in document.items() if name not in refused}, refused


def inert(value: Any) -> Any:
    """The same with dynamic references broken: in somebody's text they would read a secret into a pool's setting
    [CFN dynamic-references]. CloudFormation has no way to escape them."""
    if isinstance(value, str):
        return value.replace("{{resolve:", "{ {resolve:")
    if isinstance(value, Mapping):
        return {name: inert(part) for name, part in value.items()}
    return [inert(part) for part in value] if isinstance(value, list) else value


def without(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The document without these members."""
    dropped = frozenset(names)
    return {name: value for name, value in document.items() if name not in dropped}
