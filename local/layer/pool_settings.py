"""The settings of a pool: what may go together, what an update takes away, and what the emulator does not keep.

Sources, all below https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/: API_UpdateUserPool: "If
you don't provide a value for an attribute, Amazon Cognito sets it to its default value". API_CreateUserPool: "supports
only SMS MFA configuration"; ON or OPTIONAL without SmsConfiguration is an InvalidParameterException.
API_LambdaConfigType: PreTokenGeneration and PreTokenGenerationConfig.LambdaArn are identical. API_PasswordPolicyType:
with TemporaryPasswordValidityDays the legacy UnusedAccountValidityDays can no longer be set; even an equal one is
refused (https://github.com/pulumi/pulumi-aws-native/issues/1256), though zero is not
(https://github.com/hashicorp/terraform-provider-aws/pull/8845). Usernames are attributes or have aliases, not both:
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html.

Assumed: an update without PoolName keeps the name, one without UserPoolTier the tier (the emulator's maker measured
that); KeyConfiguration and IssuerConfiguration fall back like all others; what SetUserPoolMfaConfig set is not touched
but for MfaConfiguration, which becomes OFF; texts, aliases and domains that were not set are not described, rather than
described as empty.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .operations import Json
from .pools import pool_of_request

CREATES, UPDATES = "CreateUserPool", "UpdateUserPool"
#: What CreateUserPool gives without the member, in the emulator's record. None: nothing.
DEFAULTS: Json = {
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 8,
            "RequireUppercase": True,
            "RequireLowercase": True,
            "RequireNumbers": True,
            "RequireSymbols": True,
            "TemporaryPasswordValidityDays": 7,
        }
    },
    "DeletionProtection": "INACTIVE",
    "LambdaConfig": {},
    "AutoVerifiedAttributes": [],
    "SmsVerificationMessage": None,
    "EmailVerificationMessage": None,
    "EmailVerificationSubject": None,
    "VerificationMessageTemplate": None,
    "SmsAuthenticationMessage": None,
    "UserAttributeUpdateSettings": None,
    "MfaConfiguration": "OFF",
    "DeviceConfiguration": None,
    "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
    "SmsConfiguration": None,
    "UserPoolTags": {},
    "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False, "UnusedAccountValidityDays": 7},
    "UserPoolAddOns": None,
    "AccountRecoverySetting": None,
    "KeyConfiguration": None,
    "IssuerConfiguration": None,
    "AcrConfiguration": None,
    "DcrConfiguration": None,
}
#: Members the emulator does not read, for us to keep.
KEPT = ("KeyConfiguration", "IssuerConfiguration", "AcrConfiguration", "DcrConfiguration")
#: What the emulator shows empty, or as None, where Cognito shows nothing.
SHOWN_EMPTY = (
    *(name for name, value in DEFAULTS.items() if value is None),
    "AliasAttributes",
    "UsernameAttributes",
    "Domain",
    "CustomDomain",
)


async def pool_settings(call: Call, proceed: Proceed) -> Answer:
    if call.action in (CREATES, UPDATES) and (problem := _problem(call)):
        return Answer.error("InvalidParameterException", problem)
    answer = await proceed(call)
    if not answer.succeeded:
        return answer
    if call.action == UPDATES and (pool := pool_of_request(call.user_pool_id)):
        _reset_omitted(pool, call.members)
    if call.action == CREATES and (pool := pool_of_request(answer.members["UserPool"]["Id"])):
        pool.update({name: call.members[name] for name in KEPT if call.members.get(name)})
        return _shown(answer, **{name: call.members[name] for name in KEPT if call.members.get(name)})
    return _shown(answer) if call.action == "DescribeUserPool" else answer


def _reset_omitted(pool: Json, members: Mapping[str, Any]) -> None:
    for name, default in DEFAULTS.items():
        if members.get(name) is not None:
            if name in KEPT:
                pool[name] = members[name]
        elif default is None:
            pool.pop(name, None)
        else:
            pool[name] = copy.deepcopy(default)
    if members.get("PoolName"):
        pool["Name"] = members["PoolName"]


def _shown(answer: Answer, **more: Any) -> Answer:
    described = {**answer.members["UserPool"], **more}
    described = {name: value for name, value in described.items() if name not in SHOWN_EMPTY or value}
    return Answer(answer.status, {"UserPool": described}, answer.headers)


def _problem(call: Call) -> str | None:
    members = call.members
    if call.action == CREATES:
        wants_mfa = members.get("MfaConfiguration", "OFF") != "OFF"
        if wants_mfa and not members.get("SmsConfiguration"):
            return "SMS configuration is required when MFA is required/optional."
    return conflict(members)


def conflict(members: Mapping[str, Any]) -> str | None:
    """Settings that do not go together, in words."""
    if members.get("AliasAttributes") and members.get("UsernameAttributes"):
        return "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
    triggers = members.get("LambdaConfig") or {}
    newer = (triggers.get("PreTokenGenerationConfig") or {}).get("LambdaArn")
    if newer and triggers.get("PreTokenGeneration", newer) != newer:
        return "PreTokenGeneration and PreTokenGenerationConfig name different functions."
    policy = (members.get("Policies") or {}).get("PasswordPolicy") or {}
    unused = (members.get("AdminCreateUserConfig") or {}).get("UnusedAccountValidityDays")
    if unused and policy.get("TemporaryPasswordValidityDays"):
        return "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"
    return None
