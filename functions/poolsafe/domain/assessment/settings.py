"""Which settings of a pool change in place, and which only by a new pool.

Immutable is what CreateUserPool takes and UpdateUserPool does not: AliasAttributes,
UsernameAttributes, Schema and UsernameConfiguration [botocore cognito-idp model];
and what follows from the id and the place of the pool. The page "Updating user
pool and app client configuration" says the rest [DG cognito-user-pool-updating].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..configuration.model import Configuration, SectionName
from ..snapshot import region_of
from ..target import SET_BY_COGNITO, TargetPool
from .wording import number


class Change(StrEnum):
    """What people want to change: the values of `intended_changes`."""

    CASE_SENSITIVITY = "case_sensitivity"
    USERNAME_ATTRIBUTES = "username_attributes"
    ALIAS_ATTRIBUTES = "alias_attributes"
    REQUIRED_ATTRIBUTES = "required_attributes"
    ATTRIBUTE_TYPE_OR_MUTABILITY = "attribute_type_or_mutability"
    ATTRIBUTE_REMOVAL = "attribute_removal"
    NEW_ATTRIBUTES = "new_attributes"
    REGION = "region"
    REGION_AVAILABILITY = "region_availability"
    ACCOUNT = "account"
    POOL_ID = "pool_id"
    POOL_NAME = "pool_name"
    ENCRYPTION_KEY = "encryption_key"
    ISSUER = "issuer"
    TIER = "tier"
    MFA = "mfa"
    SWITCH_OFF_SMS = "switch_off_sms"
    PASSWORD_POLICY = "password_policy"  # noqa: S105 - a setting's name
    ACCOUNT_RECOVERY = "account_recovery"
    EMAIL_SENDER = "email_sender"
    DOMAIN = "domain"
    TRIGGERS = "triggers"
    PROVIDER_NAME = "provider_name"
    CLIENT_ID = "client_id"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - a setting's name


class Verdict(StrEnum):
    """How a setting changes."""

    IN_PLACE = "in_place"
    #: Grows, and never shrinks again.
    ADD_ONLY = "add_only"
    #: A new client or provider in the same pool.
    NEW_RESOURCE = "new_resource"
    REPLICATION = "replication"
    NEW_POOL = "new_pool"


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `current` reads the value as it is; `note` says what a change costs."""

    change: Change
    title: str
    verdict: Verdict
    current: Callable[[Configuration], str]
    note: str
    source: str


UPDATING = "DG cognito-user-pool-updating"
UPDATE_API = "API UpdateUserPool"


def _pool(member: str, default: str = "not set") -> Callable[[Configuration], str]:
    return lambda configuration: str(configuration.user_pool.get(member) or default)


def _listed(member: str) -> Callable[[Configuration], str]:
    return lambda configuration: ", ".join(configuration.user_pool.get(member) or ()) or "none"


def _nested(section: str, member: str, default: str) -> Callable[[Configuration], str]:
    return lambda configuration: str((configuration.user_pool.get(section) or {}).get(member) or default)


def _case(configuration: Configuration) -> str:
    return "case-sensitive" if TargetPool.of(configuration.user_pool).case_sensitive else "case-insensitive"


def _required(configuration: Configuration) -> str:
    return ", ".join(sorted(TargetPool.of(configuration.user_pool).required)) or "none"


def _attributes(configuration: Configuration) -> str:
    schema = configuration.user_pool.get("SchemaAttributes") or ()
    custom = [one for one in schema if one["Name"].startswith(("custom:", "dev:"))]
    fixed = [one for one in schema if not one.get("Mutable", True) and one["Name"] not in SET_BY_COGNITO]
    return f"{number(len(custom), 'custom attribute')}; {number(len(fixed), 'attribute')} immutable"


def _mfa(configuration: Configuration) -> str:
    return mfa_mode(configuration)


def mfa_mode(configuration: Configuration) -> str:
    """OFF, OPTIONAL or ON."""
    told = configuration.mapping(SectionName.MFA).get("MfaConfiguration")
    return str(told or configuration.user_pool.get("MfaConfiguration") or "OFF")


def _sms(configuration: Configuration) -> str:
    return "on" if configuration.user_pool.get("SmsConfiguration") else "off"


def _password_policy(configuration: Configuration) -> str:
    policy: Mapping[str, Any] = (configuration.user_pool.get("Policies") or {}).get("PasswordPolicy") or {}
    return f"at least {policy['MinimumLength']} characters" if policy.get("MinimumLength") else "default"


def _recovery(configuration: Configuration) -> str:
    mechanisms = (configuration.user_pool.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms") or ()
    ordered = sorted(mechanisms, key=lambda one: one.get("Priority", 0))
    return ", then ".join(one["Name"] for one in ordered) or "default"


def _domains(configuration: Configuration) -> str:
    pool = configuration.user_pool
    return ", ".join(filter(None, (pool.get("Domain"), pool.get("CustomDomain")))) or "none"


def _triggers(configuration: Configuration) -> str:
    return number(len(configuration.user_pool.get("LambdaConfig") or {}), "setting")


def _number(section: SectionName) -> Callable[[Configuration], str]:
    return lambda configuration: str(len(configuration.entries(section)))


def _region(configuration: Configuration) -> str:
    return region_of(configuration.user_pool["Id"])


def _account(configuration: Configuration) -> str:
    arn = str(configuration.user_pool.get("Arn") or "").split(":")
    return arn[4] if len(arn) > 4 else "not told"


def _replicas(configuration: Configuration) -> str:
    return ", ".join(one.get("RegionName", "?") for one in configuration.entries(SectionName.REPLICAS)) or "no replica"


NEW, HERE, MORE, AGAIN = Verdict.NEW_POOL, Verdict.IN_PLACE, Verdict.ADD_ONLY, Verdict.NEW_RESOURCE

SETTINGS: tuple[Setting, ...] = (
    Setting(Change.CASE_SENSITIVITY, "Upper and lower case in usernames", NEW, _case,
            "Fixed when the pool is made. Names that differ by case alone cannot all come along.", UPDATING),
    Setting(Change.USERNAME_ATTRIBUTES, "E-mail or phone number in place of a username", NEW,
            _listed("UsernameAttributes"), "Fixed when the pool is made. Usernames become UUIDs.", UPDATING),
    Setting(Change.ALIAS_ATTRIBUTES, "Aliases to sign in with", NEW, _listed("AliasAttributes"),
            "Fixed when the pool is made.", UPDATING),
    Setting(Change.REQUIRED_ATTRIBUTES, "Required attributes", NEW, _required,
            "Fixed when the pool is made; custom attributes can never be required.", UPDATING),
    Setting(Change.ATTRIBUTE_TYPE_OR_MUTABILITY, "Type, length or mutability of an attribute", NEW, _attributes,
            "The schema of an attribute is fixed. A new attribute beside it may do.", "API SchemaAttributeType"),
    Setting(Change.ATTRIBUTE_REMOVAL, "Removing a custom attribute", NEW, _attributes,
            "Custom attributes stay for the pool's life; leaving them empty costs nothing.", UPDATING),
    Setting(Change.NEW_ATTRIBUTES, "New custom attributes", MORE, _attributes,
            "AddCustomAttributes, up to 50 in the pool; they can never be removed.", "API AddCustomAttributes"),
    Setting(Change.REGION, "Moving to another Region", NEW, _region,
            "The Region is part of the pool's id, so its tokens and endpoints are others.", UPDATING),
    Setting(Change.REGION_AVAILABILITY, "Sign-in that survives the loss of the Region", Verdict.REPLICATION, _replicas,
            "Multi-Region replication keeps pool id, passwords and sub. It is no backup: deletions replicate too.",
            "DG user-pool-multi-region"),
    Setting(Change.ACCOUNT, "Moving to another account", NEW, _account,
            "No operation moves a pool; trigger functions, keys and senders belong to the account as well.", UPDATING),
    Setting(Change.POOL_ID, "The pool's id", NEW, _pool("Id"), "Made by Cognito.", UPDATING),
    Setting(Change.POOL_NAME, "The pool's name", HERE, _pool("Name"), "UpdateUserPool.", UPDATING),
    Setting(Change.ENCRYPTION_KEY, "The key that encrypts the pool", HERE,
            _nested("KeyConfiguration", "KeyType", "AWS_OWNED_KEY"),
            "UpdateUserPool takes it. Pools on Cognito's older infrastructure may not be offered it, and nothing tells "
            "which those are.", UPDATE_API),
    Setting(Change.ISSUER, "The form of the issuer", HERE, _nested("IssuerConfiguration", "Type", "ORIGINAL"),
            "UpdateUserPool takes it; every application that checks tokens must know the new issuer. The load "
            "balancer's and API Gateway's own Cognito authorizers do not work with UPDATED.",
            "API IssuerConfigurationType"),
    Setting(Change.TIER, "The feature plan", HERE, _pool("UserPoolTier", "ESSENTIALS"),
            "UpdateUserPool. A lower plan is refused while features of the higher one are on.",
            "DG cognito-sign-in-feature-plans"),
    Setting(Change.MFA, "MFA", HERE, _mfa,
            "SetUserPoolMfaConfig. Turned ON, users without a factor must set one up at their next sign-in.",
            "API SetUserPoolMfaConfig"),
    Setting(Change.SWITCH_OFF_SMS, "Switching SMS off", NEW, _sms,
            "Once SMS messages are on, they cannot be taken out of a pool again.", UPDATING),
    Setting(Change.PASSWORD_POLICY, "Password policy", HERE, _password_policy,
            "UpdateUserPool. It holds for passwords chosen from then on.", UPDATE_API),
    Setting(Change.ACCOUNT_RECOVERY, "How passwords are recovered", HERE, _recovery, "UpdateUserPool.", UPDATE_API),
    Setting(Change.EMAIL_SENDER, "The sender of e-mail", HERE,
            _nested("EmailConfiguration", "EmailSendingAccount", "COGNITO_DEFAULT"), "UpdateUserPool.", UPDATE_API),
    Setting(Change.DOMAIN, "The domain of the sign-in pages", HERE, _domains,
            "Add the new one before deleting the old; passkeys are bound to the domain they were made for.",
            "DG cognito-user-pools-assign-domain"),
    Setting(Change.TRIGGERS, "Lambda triggers", HERE, _triggers, "UpdateUserPool.", UPDATE_API),
    Setting(Change.PROVIDER_NAME, "The name of an identity provider", AGAIN, _number(SectionName.IDENTITY_PROVIDERS),
            "A provider keeps its name. Under a new one its users are other users.", "API UpdateIdentityProvider"),
    Setting(Change.CLIENT_ID, "An app client's id", AGAIN, _number(SectionName.CLIENTS),
            "Made by Cognito: a new client in the same pool.", "API CreateUserPoolClient"),
    Setting(Change.CLIENT_SECRET, "An app client's secret", HERE, _number(SectionName.CLIENTS),
            "A second secret can be added and the first deleted. A client made without one needs a new client.",
            "API AddUserPoolClientSecret"),
)  # fmt: skip


def settings_report(configuration: Configuration) -> list[dict[str, str]]:
    """Every row with its current value and verdict for this pool."""
    return [_row(setting, configuration) for setting in SETTINGS]


def _row(setting: Setting, configuration: Configuration) -> dict[str, str]:
    current = setting.current(configuration)
    # What was never switched on need not be switched off.
    moot = setting.change is Change.SWITCH_OFF_SMS and current == "off"
    return {
        "setting": setting.change.value,
        "title": setting.title,
        "current": current,
        "verdict": (Verdict.IN_PLACE if moot else setting.verdict).value,
        "note": setting.note,
        "source": setting.source,
    }


def verdicts(configuration: Configuration, changes: Iterable[str]) -> list[dict[str, str]]:
    """The rows of the intended changes, in the table's order."""
    wanted = {Change(change) for change in changes}
    return [_row(setting, configuration) for setting in SETTINGS if setting.change in wanted]
