"""A pool's own settings: from what DescribeUserPool tells to what CreateUserPool and UpdateUserPool take.

The two do not agree with each other: names of attributes carry prefixes that
must not be sent back, some settings are told twice and may be sent once, and
some pairs that one call tells another refuses. Sources: [API CreateUserPool],
[API UpdateUserPool], [API VerificationMessageTemplateType].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .attribute_schema import Attribute, attribute_schema, special_attributes
from .members import FINISHING, IMMUTABLE, SETTINGS

Members = dict[str, Any]

#: What the names of AWS's own tags begin with, such as those of CloudFormation.
AWS_TAGS = "aws:"


def creation(user_pool: Mapping[str, Any], pool_name: str, added: Mapping[str, Attribute]) -> Members:
    """CreateUserPool's members: what cannot be set later, and what users need; MFA off, unprotected, no triggers.

    `added` are attributes beyond those of `user_pool`, by their full names. What
    cannot be declared yet comes with AddCustomAttributes (`attribute_schema`).
    """
    schema = attribute_schema({**special_attributes(user_pool), **added}).declared
    made: Members = {
        "PoolName": pool_name,
        "MfaConfiguration": "OFF",
        "DeletionProtection": "INACTIVE",
        **({"Schema": schema} if schema else {}),
        **{name: value for name, value in sign_in(user_pool).items() if value},
    }
    wanted = settings(user_pool)
    return {
        **made,
        **{name: wanted[name] for name in ("Policies", "UserPoolTier", "KeyConfiguration") if name in wanted},
    }


def sign_in(user_pool: Mapping[str, Any]) -> Members:
    """What decides how users are named, and no call changes later.

    A pool that tells nothing of letter case is of before 2020 and case-sensitive,
    which is also what the API makes of nothing [DG user-pool-case-sensitivity].
    """
    told = {name: user_pool.get(name) for name in IMMUTABLE}
    return {**told, "UsernameConfiguration": told["UsernameConfiguration"] or {"CaseSensitive": True}}


def settings(user_pool: Mapping[str, Any]) -> Members:
    """The pool's mutable settings, as UpdateUserPool takes them all together."""
    told = {name: user_pool[name] for name in SETTINGS if user_pool.get(name) not in (None, "", [], {})}
    if told.get("UserPoolTier") == "LITE":
        # Cognito tells its default names in every plan, and takes none in this one [API CreateUserPool].
        told.pop("AcrConfiguration", None)
    if "AdminCreateUserConfig" in told and _password_policy(told).get("TemporaryPasswordValidityDays") is not None:
        # Two names for one setting; the older is refused beside the newer [API AdminCreateUserConfigType].
        told["AdminCreateUserConfig"] = _without(told["AdminCreateUserConfig"], "UnusedAccountValidityDays")
    if "VerificationMessageTemplate" in told:
        told["VerificationMessageTemplate"] = _of_its_option(told["VerificationMessageTemplate"])
        for old, new in (
            ("EmailVerificationMessage", "EmailMessage"),
            ("EmailVerificationSubject", "EmailSubject"),
            ("SmsVerificationMessage", "SmsMessage"),
        ):
            template = told["VerificationMessageTemplate"]
            if template.get(new) or template.get(f"{new}ByLink"):
                told.pop(old, None)
    return {name: value for name, value in told.items() if value not in ({}, [])}


def finishing(user_pool: Mapping[str, Any], lambda_config: Mapping[str, Any]) -> Members:
    """What is set last; `lambda_config` has the triggers that may be attached."""
    told = {name: user_pool[name] for name in FINISHING if user_pool.get(name)}
    told["LambdaConfig"] = dict(lambda_config)
    versioned = told["LambdaConfig"].get("PreTokenGenerationConfig")
    if versioned:
        told["LambdaConfig"]["PreTokenGeneration"] = versioned["LambdaArn"]
    told.setdefault("DeletionProtection", "INACTIVE")
    told["UserPoolTags"] = own_tags(user_pool.get("UserPoolTags") or {})
    return told


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags without those of AWS's own, which nobody else may set."""
    return {name: value for name, value in tags.items() if not name.startswith(AWS_TAGS)}


def _password_policy(told: Mapping[str, Any]) -> Mapping[str, Any]:
    policy: Mapping[str, Any] = (told.get("Policies") or {}).get("PasswordPolicy") or {}
    return policy


def _of_its_option(template: Mapping[str, Any]) -> Members:
    """The messages of the option in use; those of the other are refused beside them [API CreateUserPool]."""
    if template.get("DefaultEmailOption") == "CONFIRM_WITH_LINK":
        return _without(template, "EmailMessage", "EmailSubject")
    return _without(template, "EmailMessageByLink", "EmailSubjectByLink")


def _without(told: Mapping[str, Any], *names: str) -> Members:
    return {name: value for name, value in told.items() if name not in names and value is not None}
