"""What the template tells a function, read once, at its first invocation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .domain.drill.request import Objectives
from .domain.quotas import HIGHEST, Category, in_force, is_rate
from .errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment of a function, typed."""

    bucket: str
    quotas: Mapping[Category, float]
    given_quotas: frozenset[Category] = frozenset()
    watch_usage: bool = False
    secrets_key: str | None = None
    account: str = ""
    import_role: str = ""
    region: str = ""
    user_migration_function: str = ""
    token_function: str = ""
    sub_attribute: str = ""
    migration_sources: tuple[str, ...] = ()
    external_id: str | None = None
    time_zone: str = "UTC"
    retention_policy: Mapping[str, Any] = field(default_factory=dict)
    retention_dry_run: bool = True
    brake_percent: float = 20
    objectives: Objectives = field(default_factory=Objectives)
    recover_days: int = 35
    max_backup_hours: float = 30
    max_drill_days: float = 40
    object_lock_mode: str = ""
    object_lock_days: int = 35

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read SNAPSHOT_BUCKET, QUOTAS, SECRETS_KEY, ACCOUNT_ID, IMPORT_ROLE and what concerns the triggers.

        QUOTAS is JSON, requests per second by category, for those that nobody is to be asked for. WATCH_USAGE is true
        where CloudWatch may be asked how much of them is used. SECRETS_KEY is the ARN of
        the key for secrets; functions that have to do with none do not have it. ACCOUNT_ID is that of the stack, for
        those that have to know; IMPORT_ROLE the ARN of the role that Cognito writes the logs of an import with.
        USER_MIGRATION_FUNCTION and TOKEN_FUNCTION are the ARNs of the triggers, SUB_ATTRIBUTE the attribute with the
        old `sub`, MIGRATION_SOURCE_ARNS the pools that the trigger may ask, separated by commas, and
        MIGRATION_EXTERNAL_ID what the roles of other accounts ask for; Lambda itself sets AWS_REGION. TIME_ZONE is
        that of the schedules, RETENTION_POLICY JSON (`domain/retention/policy.py`), RETENTION a dry run unless it is
        `apply`, BRAKE_PERCENT the share from which on a loss is unusual, and RECOVERY_POINT_HOURS and
        RECOVERY_TIME_HOURS are what drills are held to. RECOVER_DAYS is how long the bucket keeps what was removed,
        BACKUP_MAX_AGE_HOURS and DRILL_MAX_AGE_DAYS from when on a pool is overdue; OBJECT_LOCK_MODE and
        OBJECT_LOCK_DAYS how the objects of snapshots are locked, if at all.
        """
        given = _quotas(environment.get("QUOTAS", ""))
        return cls(
            bucket=environment["SNAPSHOT_BUCKET"],
            quotas=in_force(given),
            given_quotas=frozenset(given),
            watch_usage=environment.get("WATCH_USAGE") == "true",
            secrets_key=environment.get("SECRETS_KEY"),
            account=environment.get("ACCOUNT_ID", ""),
            import_role=environment.get("IMPORT_ROLE", ""),
            region=environment.get("AWS_REGION", ""),
            user_migration_function=environment.get("USER_MIGRATION_FUNCTION", ""),
            token_function=environment.get("TOKEN_FUNCTION", ""),
            sub_attribute=environment.get("SUB_ATTRIBUTE", ""),
            migration_sources=tuple(filter(None, environment.get("MIGRATION_SOURCE_ARNS", "").split(","))),
            external_id=environment.get("MIGRATION_EXTERNAL_ID") or None,
            time_zone=environment.get("TIME_ZONE", "UTC"),
            retention_policy=json.loads(environment.get("RETENTION_POLICY", "{}")),
            retention_dry_run=environment.get("RETENTION", "dry-run") != "apply",
            brake_percent=float(environment.get("BRAKE_PERCENT", "20")),
            objectives=Objectives(
                float(environment.get("RECOVERY_POINT_HOURS", "0")) or None,
                float(environment.get("RECOVERY_TIME_HOURS", "0")) or None,
            ),
            recover_days=int(environment.get("RECOVER_DAYS", "35")),
            max_backup_hours=float(environment.get("BACKUP_MAX_AGE_HOURS", "30")),
            max_drill_days=float(environment.get("DRILL_MAX_AGE_DAYS", "40")),
            object_lock_mode=environment.get("OBJECT_LOCK_MODE", ""),
            object_lock_days=int(environment.get("OBJECT_LOCK_DAYS", "35")),
        )


def _quotas(text: str) -> dict[Category, float]:
    """Those that the parameter names. Raises InvalidRequest."""
    name, example = "Quotas (a parameter of the stack)", '{"UserCreation": 200}'
    try:
        given = {Category(category): rate for category, rate in json.loads(text or "{}").items()}
    except (ValueError, TypeError, AttributeError):
        raise InvalidRequest(
            name,
            f"must be a JSON object of requests per second by category; categories are {', '.join(Category)}",
            example,
        ) from None
    for category, rate in given.items():
        if not is_rate(rate):
            raise InvalidRequest(
                name,
                f"must be requests per second above zero and up to {HIGHEST:,}, and {category.value} is {rate!r}; "
                "leave it out to have it asked of AWS",
                example,
            )
    return {category: float(rate) for category, rate in given.items()}
