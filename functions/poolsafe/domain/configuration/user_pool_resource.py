"""The AWS::Cognito::UserPool of a configuration: what CreateUserPool and SetUserPoolMfaConfig take, as one resource.

CloudFormation makes both calls, so MFA without SMS, which CreateUserPool alone
refuses, is said here from the start, by EnabledMfas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .attribute_schema import AttributeSchema, attribute_schema, special_attributes
from .cloudformation_properties import USER_POOL, known_only, literal_map, without
from .endpoints import Domains, prefix_domain_suffix
from .external import triggers
from .model import Configuration, SectionName

POOL = "UserPool"
DOMAIN_PREFIX = "DomainPrefix"
SMS_EXTERNAL_ID = "SmsExternalId"
HAS_SMS_EXTERNAL_ID = "HasSmsExternalId"

#: What DescribeUserPool tells and nobody sets, and what is said elsewhere: the tables of the facts, section 3.
SAID_ELSEWHERE = (
    *("Id", "Arn", "Name", "SchemaAttributes", "Status", "CreationDate", "LastModifiedDate", "UserPoolTags"),
    *("EstimatedNumberOfUsers", "Domain", "CustomDomain", "SmsConfigurationFailure", "EmailConfigurationFailure"),
)
#: VerificationMessageTemplate says these as well [API CreateUserPool].
OLD_MESSAGES = {
    "EmailVerificationMessage": "EmailMessage",
    "EmailVerificationSubject": "EmailSubject",
    "SmsVerificationMessage": "SmsMessage",
}
BY_LINK = ("EmailMessageByLink", "EmailSubjectByLink")
BY_CODE = ("EmailMessage", "EmailSubject")


@dataclass(frozen=True, slots=True)
class UserPoolResource:
    """The properties; the attributes that could not be declared; what whoever deploys it has to know."""

    properties: dict[str, Any]
    schema: AttributeSchema
    unknown: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def sends_sms(self) -> bool:
        return "SmsConfiguration" in self.properties


def user_pool_resource(configuration: Configuration) -> UserPoolResource:
    """The pool of a template."""
    described = dict(configuration.user_pool)
    schema = attribute_schema(special_attributes(described))
    tags, refused = _tags(described.get("UserPoolTags") or configuration.mapping(SectionName.TAGS))
    properties, unknown = known_only(
        {
            **without(described, (*SAID_ELSEWHERE, *OLD_MESSAGES)),
            "UserPoolName": described.get("Name"),
            "UserPoolTags": tags,
            "Schema": schema.declared,
            "Policies": _policies(described),
            "AdminCreateUserConfig": without(described.get("AdminCreateUserConfig") or {}, _REPLACED),
            "LambdaConfig": _triggers(described.get("LambdaConfig") or {}),
            "VerificationMessageTemplate": _verification_messages(described),
            # A pool that tells nothing of case is older than the setting, and case-sensitive; said aloud, because
            # the console's default is the other one [DG user-pool-case-sensitivity].
            "UsernameConfiguration": described.get("UsernameConfiguration") or {"CaseSensitive": True},
            **_messages_of_mfa(configuration),
            **_passkeys(configuration),
        },
        USER_POOL,
    )
    properties.pop("MfaConfiguration", None)
    mfa, notes = _mfa(configuration, "SmsConfiguration" in properties)
    return UserPoolResource(
        properties={**properties, **mfa, **_external_id(properties)},
        schema=schema,
        unknown=tuple(unknown),
        notes=(
            *notes,
            *(f"The tag {name} is left out: CloudFormation would run it as a function." for name in refused),
            *_permissions(described),
        ),
    )


def _tags(tags: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Without those that AWS keeps for itself, such as the old stack's."""
    return literal_map({name: value for name, value in tags.items() if not name.startswith("aws:")})


#: TemporaryPasswordValidityDays replaced it, and Cognito refuses both [API AdminCreateUserConfigType].
_REPLACED = ("UnusedAccountValidityDays",)


def _policies(described: Mapping[str, Any]) -> dict[str, Any]:
    policies = dict(described.get("Policies") or {})
    password = dict(policies.get("PasswordPolicy") or {})
    unused = (described.get("AdminCreateUserConfig") or {}).get("UnusedAccountValidityDays")
    if unused and not password.get("TemporaryPasswordValidityDays"):
        password["TemporaryPasswordValidityDays"] = unused
    if not password.get("PasswordHistorySize"):
        # None is the default, and the Lite plan may not say even that [API PasswordPolicyType].
        password.pop("PasswordHistorySize", None)
    return {**policies, "PasswordPolicy": password}


def _triggers(config: Mapping[str, Any]) -> dict[str, Any]:
    """Two names for the same trigger must be equal where both are said [API LambdaConfigType]."""
    versioned = config.get("PreTokenGenerationConfig")
    return {**config, "PreTokenGeneration": versioned["LambdaArn"]} if versioned else dict(config)


def _verification_messages(described: Mapping[str, Any]) -> dict[str, Any]:
    """The template with the texts of the chosen way only: Cognito refuses link and code texts together."""
    template = {
        **{new: described[old] for old, new in OLD_MESSAGES.items() if described.get(old)},
        **{name: text for name, text in (described.get("VerificationMessageTemplate") or {}).items() if text},
    }
    return without(template, BY_CODE if template.get("DefaultEmailOption") == "CONFIRM_WITH_LINK" else BY_LINK)


def _messages_of_mfa(configuration: Configuration) -> dict[str, Any]:
    """The texts that GetUserPoolMfaConfig tells, and the SMS settings where DescribeUserPool has none."""
    mfa, pool = configuration.mapping(SectionName.MFA), configuration.user_pool
    sms, email = mfa.get("SmsMfaConfiguration") or {}, mfa.get("EmailMfaConfiguration") or {}
    return {
        "SmsAuthenticationMessage": sms.get("SmsAuthenticationMessage") or pool.get("SmsAuthenticationMessage"),
        "SmsConfiguration": without(pool.get("SmsConfiguration") or sms.get("SmsConfiguration") or {}, ["ExternalId"]),
        "EmailAuthenticationMessage": email.get("Message"),
        "EmailAuthenticationSubject": email.get("Subject"),
    }


def _mfa(configuration: Configuration, sms: bool) -> tuple[dict[str, Any], list[str]]:
    """MfaConfiguration and EnabledMfas.

    A pool that asks for MFA and tells no method that the template can say gets
    TOTP, which needs nothing else, rather than none.
    """
    told = configuration.mapping(SectionName.MFA)
    state = told.get("MfaConfiguration") or configuration.user_pool.get("MfaConfiguration") or "OFF"
    if state == "OFF":
        return {"MfaConfiguration": "OFF"}, []
    methods = [
        method
        for method, enabled in (
            ("SMS_MFA", sms and (not told or told.get("SmsMfaConfiguration"))),
            ("SOFTWARE_TOKEN_MFA", (told.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled")),
            ("EMAIL_OTP", told.get("EmailMfaConfiguration")),
        )
        if enabled
    ]
    note = "The pool's MFA methods are not known or cannot be said here; the template takes SOFTWARE_TOKEN_MFA."
    return (
        {"MfaConfiguration": state, "EnabledMfas": methods or ["SOFTWARE_TOKEN_MFA"]},
        [] if methods else [note],
    )


def _passkeys(configuration: Configuration) -> dict[str, Any]:
    told = configuration.mapping(SectionName.MFA).get("WebAuthnConfiguration") or {}
    return {
        "WebAuthnRelyingPartyID": _relying_party(told.get("RelyingPartyId"), Domains.of(configuration)),
        "WebAuthnUserVerification": told.get("UserVerification"),
        "WebAuthnFactorConfiguration": told.get("FactorConfiguration"),
    }


def _relying_party(told: str | None, domains: Domains) -> Any:
    """Its own text, unless it is the pool's prefix domain: then it follows the prefix."""
    if told is None or told != domains.prefix_host:
        return told
    return {"Fn::Join": ["", [{"Ref": DOMAIN_PREFIX}, prefix_domain_suffix(domains.region)]]}


def _external_id(properties: Mapping[str, Any]) -> dict[str, Any]:
    if "SmsConfiguration" not in properties:
        return {}
    either = [HAS_SMS_EXTERNAL_ID, {"Ref": SMS_EXTERNAL_ID}, {"Ref": "AWS::NoValue"}]
    return {"SmsConfiguration": {**properties["SmsConfiguration"], "ExternalId": {"Fn::If": either}}}


def _permissions(described: Mapping[str, Any]) -> list[str]:
    """What has to allow the new pool before it works: all of it names a pool by its ARN."""
    config = described.get("LambdaConfig") or {}
    notes = [
        f"The trigger {name} needs a permission for the new pool: lambda add-permission on {arn} with principal "
        "cognito-idp.amazonaws.com and the new pool's ARN as source ARN."
        for name, arn in triggers(config)
    ]
    keys = (config.get("KMSKeyID"), (described.get("KeyConfiguration") or {}).get("KmsKeyArn"))
    for key in dict.fromkeys(key for key in keys if key):
        notes.append(f"The policy of the key {key} has to allow the new pool where it names the old one.")
    return notes
