"""What a pool refers to outside Cognito: no backup of a pool brings these back, and a new pool needs them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .model import SectionName

#: Triggers that LambdaConfig holds as an object with a LambdaArn; the others are plain ARNs [API LambdaConfigType].
VERSIONED_TRIGGERS = ("PreTokenGenerationConfig", "CustomSMSSender", "CustomEmailSender", "InboundFederation")
#: Triggers that come with a key for what they are sent [API LambdaConfigType].
CUSTOM_SENDERS = ("CustomSMSSender", "CustomEmailSender")
#: What the object form says again in its old form.
SAID_TWICE = {"PreTokenGeneration": "PreTokenGenerationConfig"}


def triggers(lambda_config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each trigger by its name in LambdaConfig, with the ARN of its function."""
    for name, value in sorted(lambda_config.items()):
        if name in SAID_TWICE and lambda_config.get(SAID_TWICE[name]):
            continue
        if name in VERSIONED_TRIGGERS:
            if value.get("LambdaArn"):
                yield name, value["LambdaArn"]
        elif name != "KMSKeyID" and value:
            yield name, value


def pointers(documents: Mapping[str, Any], web_acl_arn: str | None) -> list[dict[str, str]]:
    """`{"kind", "used_by", "arn"}` of each thing outside; `used_by` is the member that names it."""
    return [{"kind": kind, "used_by": used_by, "arn": arn} for kind, used_by, arn in _found(documents, web_acl_arn)]


def _found(documents: Mapping[str, Any], web_acl_arn: str | None) -> Iterator[tuple[str, str, str]]:
    pool = documents[SectionName.USER_POOL]
    lambda_config = pool.get("LambdaConfig") or {}
    for name, arn in triggers(lambda_config):
        yield "trigger", f"LambdaConfig.{name}", arn
    mfa = documents.get(SectionName.MFA) or {}
    named = (
        ("kms_key", "LambdaConfig.KMSKeyID", lambda_config.get("KMSKeyID")),
        ("kms_key", "KeyConfiguration.KmsKeyArn", (pool.get("KeyConfiguration") or {}).get("KmsKeyArn")),
        ("ses_identity", "EmailConfiguration.SourceArn", (pool.get("EmailConfiguration") or {}).get("SourceArn")),
        ("sms_role", "SmsConfiguration.SnsCallerArn", (pool.get("SmsConfiguration") or {}).get("SnsCallerArn")),
        ("sms_role", "SmsMfaConfiguration.SmsConfiguration.SnsCallerArn", _mfa_sms_role(mfa)),
        ("web_acl", "wafv2", web_acl_arn),
    )
    yield from ((kind, used_by, arn) for kind, used_by, arn in named if arn)
    for domain in documents.get(SectionName.DOMAINS) or ():
        if certificate := (domain.get("CustomDomainConfig") or {}).get("CertificateArn"):
            yield "certificate", f"CustomDomainConfig.CertificateArn of {domain['Domain']}", certificate
    for client in documents.get(SectionName.CLIENTS) or ():
        if role := (client.get("AnalyticsConfiguration") or {}).get("RoleArn"):
            yield "analytics_role", f"AnalyticsConfiguration.RoleArn of client {client['ClientId']}", role
    for position, delivery in enumerate((documents.get(SectionName.LOG_DELIVERY) or {}).get("LogConfigurations", ())):
        yield from _log_targets(position, delivery)
    for risk in documents.get(SectionName.RISK) or ():
        notify = (risk.get("AccountTakeoverRiskConfiguration") or {}).get("NotifyConfiguration") or {}
        if notify.get("SourceArn"):
            yield "ses_identity", "NotifyConfiguration.SourceArn of the risk configuration", notify["SourceArn"]


def _mfa_sms_role(mfa: Mapping[str, Any]) -> str | None:
    role: str | None = ((mfa.get("SmsMfaConfiguration") or {}).get("SmsConfiguration") or {}).get("SnsCallerArn")
    return role


def _log_targets(position: int, delivery: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for member, name in (
        ("CloudWatchLogsConfiguration", "LogGroupArn"),
        ("S3Configuration", "BucketArn"),
        ("FirehoseConfiguration", "StreamArn"),
    ):
        if arn := (delivery.get(member) or {}).get(name):
            yield "log_destination", f"LogConfigurations.{position}.{member}.{name}", arn
