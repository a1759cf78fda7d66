"""How each user, group and membership ended, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an outcome speaks of."""

    USER = "user"
    GROUP = "group"
    MEMBERSHIP = "membership"
    LINK = "link"
    MFA = "mfa"


class Result(StrEnum):
    """The five outcomes; the words of the result's `counts`."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    FAILED = "failed"


class Reason(StrEnum):
    """Why it ended so. A failure may also carry `<operation>:<Cognito's error code>`."""

    # Of users.
    EXISTS = "exists"
    NAME_EXISTS = "name_exists"
    NO_PASSWORD = "no_password"  # noqa: S105
    LEFT_DISABLED = "left_disabled"
    NOT_IN_TARGET = "not_in_target"
    NOT_IN_SNAPSHOT = "not_in_snapshot"
    UNFINISHED = "unfinished"
    NAME_COLLIDES = "name_collides"
    NAME_TAKEN = "name_taken"
    FEDERATED = "federated"
    NO_SIGN_IN_ATTRIBUTE = "no_sign_in_attribute"
    USERNAME_LIKE_ALIAS = "username_like_alias"
    REQUIRED_ATTRIBUTE_MISSING = "required_attribute_missing"
    ATTRIBUTE_TOO_LONG = "attribute_too_long"
    LISTED_TWICE = "listed_twice"
    # Why the credential that was asked for cannot work.
    ADMIN_ONLY_RECOVERY = "admin_only_recovery"
    NO_RECOVERY_CHANNEL = "no_recovery_channel"
    RECOVERY_IS_MFA = "recovery_channel_is_mfa"
    NOT_AUTO_VERIFIED = "not_auto_verified"
    NOT_FOR_CSV = "not_for_csv"
    ROW_TOO_LONG = "row_too_long"
    NO_ADDRESS = "no_address"
    NOT_IMPORTED = "not_imported"
    NOT_INVITED = "not_invited"
    # Of groups and memberships.
    ROLE_NOT_PASSED = "role_not_passed"
    SERVICE_MADE_GROUP = "service_made_group"
    GROUP_MISSING = "group_missing"
    USER_EXISTS = "user_exists"
    USER_FEDERATED = "user_federated"
    USER_FAILED = "user_failed"
    USER_NOT_THERE = "user_not_there"
    # Of links and second factors.
    PASSWORD_FIRST = "password_first"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of `outcomes/*.parquet`. `sub` is the old one, `new_sub` that of the target.

    `credential` is how a created user comes by a password, `provider` whose identity a link is of.
    """

    kind: Kind
    outcome: Result
    reason: str | None = None
    username: str | None = None
    sub: str | None = None
    new_sub: str | None = None
    group_name: str | None = None
    credential: str | None = None
    provider: str | None = None


def tally(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """Counts by kind and outcome: `{"user": {"created": 3}}`."""
    counted: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        counted.setdefault(outcome.kind, Counter())[outcome.outcome] += 1
    return {kind: dict(counts) for kind, counts in counted.items()}


def merge(left: dict[str, dict[str, int]], right: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The sum of two tallies."""
    return {kind: dict(Counter(left.get(kind, {})) + Counter(right.get(kind, {}))) for kind in {**left, **right}}


def user_counts(counted: dict[str, dict[str, int]]) -> dict[str, int]:
    """The `counts` of a restore's result: users, with every outcome named."""
    users = counted.get(Kind.USER, {})
    return {result.value: users.get(result, 0) for result in Result}
