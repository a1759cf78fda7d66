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


class Result(StrEnum):
    """The five outcomes; the words of the result's `counts`."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    DEFERRED = "deferred"
    FAILED = "failed"


class Reason(StrEnum):
    """Why it ended so. A failure may also carry `<operation>:<Cognito's error code>`."""

    EXISTS = "exists"
    NAME_EXISTS = "name_exists"
    UNFINISHED = "unfinished"
    NAME_COLLIDES = "name_collides"
    NAME_TAKEN = "name_taken"
    FEDERATED = "federated"
    SERVICE_MADE_GROUP = "service_made_group"
    USER_EXISTS = "user_exists"
    USER_FEDERATED = "user_federated"
    USER_FAILED = "user_failed"
    NO_SIGN_IN_ATTRIBUTE = "no_sign_in_attribute"
    USERNAME_LIKE_ALIAS = "username_like_alias"
    REQUIRED_ATTRIBUTE_MISSING = "required_attribute_missing"
    ATTRIBUTE_TOO_LONG = "attribute_too_long"
    ROLE_NOT_PASSED = "role_not_passed"
    LISTED_TWICE = "listed_twice"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of `outcomes/*.parquet`. `sub` is the old one, `new_sub` that of the target."""

    kind: Kind
    outcome: Result
    reason: str | None = None
    username: str | None = None
    sub: str | None = None
    new_sub: str | None = None
    group_name: str | None = None


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
