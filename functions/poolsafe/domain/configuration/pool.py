"""A pool's own settings: from what DescribeUserPool tells to what CreateUserPool and UpdateUserPool take.

The two do not agree with each other: names of attributes carry prefixes that
must not be sent back, some settings are told twice and may be sent once, and
some pairs that one call tells another refuses. Sources: [API CreateUserPool],
[API UpdateUserPool], [API VerificationMessageTemplateType].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .members import FINISHING, IMMUTABLE, SETTINGS

Members = dict[str, Any]

#: Attributes that a pool has without being told.
MADE_BY_COGNITO = frozenset({"sub", "identities"})
#: What the names of AWS's own tags begin with, such as those of CloudFormation.
AWS_TAGS = "aws:"
#: The most that CreateUserPool and AddCustomAttributes take at once.
MAX_SCHEMA = 50
MAX_ADDED = 25
#: Text length of a standard attribute unless the pool says otherwise; birthdate is always ten characters.
STANDARD_LENGTH = {"MinLength": "0", "MaxLength": "2048"}
STANDARD_LENGTHS = {"birthdate": {"MinLength": "10", "MaxLength": "10"}}
ORIGINAL_SUB_LENGTH = {"MinLength": "1", "MaxLength": "2048"}


def is_custom(name: str) -> bool:
    """Whether Cognito tells this name of an attribute that somebody added."""
    return name.startswith(("custom:", "dev:"))


def custom_attributes(user_pool: Mapping[str, Any]) -> list[Members]:
    """The added attributes as AddCustomAttributes takes them: under their bare names."""
    return [entry for name, entry in schema(user_pool).items() if is_custom(name)]


def required_and_changed(user_pool: Mapping[str, Any]) -> list[Members]:
    """The standard attributes that are not as every pool has them, as CreateUserPool takes them."""
    return [entry for name, entry in schema(user_pool).items() if not is_custom(name)]


def schema(user_pool: Mapping[str, Any]) -> dict[str, Members]:
    """All that is special about a pool's attributes, by the names that DescribeUserPool gives them."""
    told = {entry["Name"]: entry for entry in _schema(user_pool) if entry["Name"] not in MADE_BY_COGNITO}
    added = {name: _custom(entry) for name, entry in told.items() if is_custom(name)}
    changed = {name: _standard(entry) for name, entry in told.items() if not is_custom(name) and _is_changed(entry)}
    return {**changed, **added}


def original_sub_attribute(name: str) -> Members:
    """The attribute that keeps the old `sub`: immutable, because whoever may change theirs could claim another's."""
    return {
        "Name": name.removeprefix("dev:").removeprefix("custom:"),
        "AttributeDataType": "String",
        "Mutable": False,
        "Required": False,
        "DeveloperOnlyAttribute": name.startswith("dev:"),
        "StringAttributeConstraints": ORIGINAL_SUB_LENGTH,
    }


def creation(user_pool: Mapping[str, Any], pool_name: str, added: list[Members]) -> Members:
    """CreateUserPool's members: what cannot be set later, and what users need; MFA off, unprotected, no triggers.

    `added` are custom attributes as AddCustomAttributes takes them; those that
    do not fit come after (`MAX_SCHEMA`).
    """
    standard = required_and_changed(user_pool)
    schema = [*standard, *added[: MAX_SCHEMA - len(standard)]]
    made: Members = {
        "PoolName": pool_name,
        "MfaConfiguration": "OFF",
        "DeletionProtection": "INACTIVE",
        **({"Schema": schema} if schema else {}),
        **{name: user_pool[name] for name in IMMUTABLE if user_pool.get(name)},
    }
    # The API defaults to case-sensitive; pools of before 2020 tell nothing and are [DG user-pool-case-sensitivity].
    made.setdefault("UsernameConfiguration", {"CaseSensitive": True})
    wanted = settings(user_pool)
    return {
        **made,
        **{name: wanted[name] for name in ("Policies", "UserPoolTier", "KeyConfiguration") if name in wanted},
    }


def settings(user_pool: Mapping[str, Any]) -> Members:
    """The pool's mutable settings, as UpdateUserPool takes them all together."""
    told = {name: user_pool[name] for name in SETTINGS if user_pool.get(name) not in (None, "", [], {})}
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


def _schema(user_pool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(user_pool.get("SchemaAttributes") or ())


def _custom(told: Mapping[str, Any]) -> Members:
    name = told["Name"]
    developer = name.startswith("dev:")
    attribute: Members = {
        "Name": name.removeprefix("dev:").removeprefix("custom:"),
        "AttributeDataType": told.get("AttributeDataType", "String"),
        "Mutable": bool(told.get("Mutable", True)),
        "Required": False,
        "DeveloperOnlyAttribute": developer or bool(told.get("DeveloperOnlyAttribute")),
    }
    return {**attribute, **_constraints(told)}


def _standard(told: Mapping[str, Any]) -> Members:
    attribute: Members = {
        "Name": told["Name"],
        "AttributeDataType": told.get("AttributeDataType", "String"),
        "Mutable": bool(told.get("Mutable", True)),
        "Required": bool(told.get("Required")),
        "DeveloperOnlyAttribute": False,
    }
    return {**attribute, **_constraints(told)}


def _constraints(told: Mapping[str, Any]) -> Members:
    names = ("StringAttributeConstraints", "NumberAttributeConstraints")
    return {name: dict(told[name]) for name in names if told.get(name)}


def _is_changed(told: Mapping[str, Any]) -> bool:
    lengths = told.get("StringAttributeConstraints") or STANDARD_LENGTH
    usual = STANDARD_LENGTHS.get(told["Name"], STANDARD_LENGTH)
    return bool(told.get("Required")) or not told.get("Mutable", True) or dict(lengths) != usual


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
