"""Whether two pools and their app clients are fit for migration at sign-in, and the triggers of the target: pure.

What is checked here would otherwise be met by people at their sign-in, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from ...errors import InvalidRequest, TargetMismatch
from ..target import ON, TargetPool
from .settings import OnMfa

#: A sub is a UUID.
SUB_LENGTH = 36
#: Flows that hand the typed password to Cognito, so that it can ask the trigger; SRP does not, and neither does any
#: sign-in without a password [DG user-pool-lambda-migrate-user]. The second of each is its old name.
TYPED_PASSWORD = frozenset({"ALLOW_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"})
TYPED_PASSWORD_BY_ADMIN = frozenset({"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"})
#: How many names an error tells.
SHOWN = 5
LITE = "LITE"


class Trigger(StrEnum):
    """The triggers that can be attached, as a request names them."""

    USER_MIGRATION = "user_migration"
    TOKEN = "token"  # noqa: S105 - no token


#: By trigger, its member of LambdaConfig.
MEMBER: Mapping[Trigger, str] = {Trigger.USER_MIGRATION: "UserMigration", Trigger.TOKEN: "PreTokenGeneration"}
VERSIONED = "PreTokenGenerationConfig"

LambdaConfig = Mapping[str, Any]


def with_triggers(described: Mapping[str, Any], functions: Mapping[Trigger, str]) -> dict[str, Any]:
    """The pool's LambdaConfig with these functions, by ARN. Raises TargetMismatch where another one is in the way."""
    config = dict(described.get("LambdaConfig") or {})
    for trigger, arn in functions.items():
        there = _function_of(config, trigger)
        if there not in (None, arn):
            raise TargetMismatch(
                f"target_user_pool_id: {described['Id']} has another function as {MEMBER[trigger]}: {there}. A pool "
                f'has one. Detach it, or have it call ours, or leave ours out: "triggers": {_others(trigger)}'
            )
        config[MEMBER[trigger]] = arn
    if Trigger.TOKEN in functions:
        # Access tokens can be changed from the Essentials plan on [DG user-pool-lambda-pre-token-generation].
        version = "V1_0" if described.get("UserPoolTier") == LITE else "V2_0"
        config[VERSIONED] = {"LambdaVersion": version, "LambdaArn": functions[Trigger.TOKEN]}
    return config


def without_triggers(described: Mapping[str, Any], functions: Mapping[Trigger, str]) -> dict[str, Any]:
    """The pool's LambdaConfig without these functions; others stay."""
    config = dict(described.get("LambdaConfig") or {})
    for trigger, arn in functions.items():
        if _function_of(config, trigger) == arn:
            config.pop(MEMBER[trigger], None)
            if trigger is Trigger.TOKEN:
                config.pop(VERSIONED, None)
    return config


def _function_of(config: LambdaConfig, trigger: Trigger) -> str | None:
    versioned = (config.get(VERSIONED) or {}).get("LambdaArn") if trigger is Trigger.TOKEN else None
    return versioned or config.get(MEMBER[trigger]) or None


def _others(trigger: Trigger) -> str:
    others = ", ".join(f'"{other.value}"' for other in Trigger if other is not trigger)
    return f"[{others}]"


def require_sub_attribute(target: TargetPool, attribute: str) -> None:
    """Refuse a target that has no place for the old `sub`: people's groups are found by it, and applications ask it."""
    if attribute in target.attribute_names and target.max_lengths.get(attribute, SUB_LENGTH) >= SUB_LENGTH:
        return
    raise TargetMismatch(
        f"target_user_pool_id: the schema of {target.user_pool_id} has no {attribute} of at least {SUB_LENGTH} "
        "characters for the old sub. Add it (aws cognito-idp add-custom-attributes, with Mutable=false), or name "
        "another with the stack's parameter OriginalSubAttribute."
    )


def require_nobody_can_write(target: TargetPool, attribute: str, clients: Iterable[Mapping[str, Any]]) -> None:
    """Refuse where people could change their old `sub` themselves: applications take it for who they are."""
    if attribute not in target.mutable:
        return
    writing = [client["ClientId"] for client in clients if attribute in (client.get("WriteAttributes") or ())]
    if writing:
        raise TargetMismatch(
            f"target_user_pool_id: {attribute} is mutable, and the app clients {_some(writing)} may write it, so "
            "anybody could claim somebody else's old sub. Take it out of their WriteAttributes (aws cognito-idp "
            "update-user-pool-client; send the whole object)."
        )


def require_attributes(source: TargetPool, target: TargetPool, dropped: Sequence[str]) -> list[str]:
    """Refuse a target that lacks attributes of the source which nobody gave up; what it asks for beyond them, as
    warnings."""
    lacking = sorted(source.attribute_names - target.attribute_names - {*dropped, "sub", "identities"})
    if lacking:
        raise TargetMismatch(
            f"target_user_pool_id: its schema lacks attributes that users of the source may have: {_some(lacking)}. "
            "Add them (aws cognito-idp add-custom-attributes), or leave them behind on purpose: "
            f'"drop_attributes": ["{lacking[0]}"]'
        )
    unknown = sorted({*dropped} - source.attribute_names)
    if unknown:
        raise InvalidRequest(
            "drop_attributes", f"names {_some(unknown)}, which the source does not have", '["custom:old"]'
        )
    asked = sorted(target.required - source.required)
    return [
        f"The target requires {_some(asked)}, which the source does not: whoever lacks it is not moved at sign-in."
    ] * bool(asked)


def require_movable(source: TargetPool, on_mfa: OnMfa) -> None:
    """Refuse what would move nobody: who has no second factor yet is asked for one too where the source requires it."""
    if source.mfa_mode == ON and on_mfa is OnMfa.REFUSE:
        raise InvalidRequest(
            "on_mfa",
            f"is refuse, and {source.user_pool_id} asks everybody for a second factor, so nobody would move",
            '"on_mfa": "reset"',
        )


def source_warnings(source: TargetPool, target: TargetPool, on_mfa: OnMfa) -> Iterator[str]:
    """What will surprise people at their sign-in."""
    if source.mfa_mode == ON and on_mfa is OnMfa.RESET:
        yield "The source asks everybody for a second factor, so everybody who moves has to choose a new password."
    known = {*source.username_attributes, *source.alias_attributes}
    asked = [name for name in target.username_attributes if name not in known]
    if asked:
        yield (
            f"The target knows people by {' and '.join(asked)}, which is no name in the source: only those move whose "
            "username there is that very address, verified."
        )
    if not target.username_attributes and source.username_attributes:
        lacking = [name for name in source.username_attributes if name not in target.alias_attributes]
        if lacking:
            yield (
                f"People sign in to the source by {' and '.join(lacking)}, which is no alias in the target: nobody "
                "moves by it."
            )


def require_groups(wanted: Iterable[str], there: Iterable[str], source: str) -> None:
    """Refuse a target that lacks groups; those that Cognito makes for providers are made by it again."""
    lacking = sorted(name for name in {*wanted} - {*there} if not name.startswith(f"{source}_"))
    if lacking:
        raise TargetMismatch(
            f"target_user_pool_id: it lacks {len(lacking)} groups of the source: {_some(lacking)}. Back the source "
            'up and restore them first: "only": {"sections": ["groups"]}'
        )


def require_askable(source_arn: str, allowed: Iterable[str]) -> None:
    """Refuse a source that the trigger's role may not ask: people would be turned away one by one."""
    if not any(fnmatchcase(source_arn, pattern) for pattern in allowed):
        raise InvalidRequest(
            "source_user_pool_id",
            f"is not among the pools that the trigger may ask. Deploy the stack with {source_arn} in its parameter "
            "MigrationSourceArns",
            f'"MigrationSourceArns": "{source_arn}"',
        )


def require_source_client(client: Mapping[str, Any] | None, client_id: str) -> None:
    """Refuse an app client of the source that cannot be asked about passwords."""
    if client is None:
        raise InvalidRequest("source_client_id", f"names {client_id}, which the source does not have", '"1h57kf5cpq17"')
    if not TYPED_PASSWORD_BY_ADMIN & {*client.get("ExplicitAuthFlows", ())}:
        raise InvalidRequest(
            "source_client_id",
            f"names {client_id}, whose flow ALLOW_ADMIN_USER_PASSWORD_AUTH is off. Make a client for this alone, with "
            "that flow and short-lived tokens (aws cognito-idp create-user-pool-client)",
            '"1h57kf5cpq17"',
        )


def client_warnings(target: TargetPool, clients: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Refuse where no app client of the target can move anybody; name those that cannot."""
    cannot = [
        client["ClientId"]
        for client in clients
        if not (TYPED_PASSWORD | TYPED_PASSWORD_BY_ADMIN) & {*client.get("ExplicitAuthFlows", ())}
        # Managed login hands the typed password over as well [DG user-pool-lambda-migrate-user].
        and not client.get("AllowedOAuthFlowsUserPoolClient")
    ]
    if clients and len(cannot) == len(clients):
        raise TargetMismatch(
            f"target_user_pool_id: no app client of {target.user_pool_id} hands typed passwords to Cognito, so nobody "
            "would ever be moved. Switch ALLOW_USER_PASSWORD_AUTH on (SRP hides the password), and have the app use it "
            "while the migration goes on."
        )
    if cannot:
        yield (
            f"These app clients do not hand typed passwords to Cognito (ALLOW_USER_PASSWORD_AUTH), so nobody moves "
            f"through them: {_some(cannot)}"
        )
    shown = [c["ClientId"] for c in clients if c.get("PreventUserExistenceErrors") != "ENABLED"]
    if shown:
        yield (
            "These app clients tell whether a user exists (PreventUserExistenceErrors is not ENABLED), and while "
            f"people move, who has not moved yet: {_some(shown)}"
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
