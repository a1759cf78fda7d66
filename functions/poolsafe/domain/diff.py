"""What came back, compared with what was saved.

Every difference is either declared, because Cognito takes some things back
from nobody, or it fails the verification. A user that was there before is not
touched; where it lacks a group or is enabled against the snapshot, that makes
the restore PARTIAL. Declared is a closed list:

    sub                  always new; the old one is in the sub map
    created_at           always new, as is modified_at
    status               every restored user is CONFIRMED, whatever it was
    original_sub         added by the restore, on purpose
    username             a pool that signs in by e-mail or phone makes its own; others may lower it
    links                `identities` of linked local users
    mfa                  preferences that the snapshot knows; nobody's TOTP secret can be set
    case                 a case-insensitive pool lowers what it shows
    service_made_group   memberships of `<pool id>_<provider>` groups
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .outcome import Outcome, Reason, Result
from .plan import Planner
from .records import CONFIRMED, Group, User


class Declared(StrEnum):
    """Differences that Cognito makes unavoidable."""

    SUB = "sub"
    CREATED_AT = "created_at"
    STATUS = "status"
    ORIGINAL_SUB = "original_sub"
    USERNAME = "username"
    LINKS = "links"
    MFA = "mfa"
    CASE = "case"
    SERVICE_MADE_GROUP = "service_made_group"


class Skipped(StrEnum):
    """Differences of users that were there before and were not touched: no failure of this run, and not COMPLETE."""

    DIFFERS = "skipped_differs"


class Undeclared(StrEnum):
    """Differences that must not be: each fails the verification."""

    MISSING = "missing"
    NO_OUTCOME = "no_outcome"
    ATTRIBUTE = "attribute"
    ENABLED = "enabled"
    STATUS = "not_confirmed"
    ORIGINAL_SUB = "original_sub_wrong"
    MEMBERSHIP_MISSING = "membership_missing"
    MEMBERSHIP_EXTRA = "membership_extra"
    GROUP_MISSING = "group_missing"
    GROUP_CHANGED = "group_changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of `differences/*.parquet`. `field` names an attribute or group member; values are never told."""

    difference: Declared | Skipped | Undeclared
    username: str | None = None
    sub: str | None = None
    group_name: str | None = None
    field: str | None = None

    @property
    def is_declared(self) -> bool:
        """Whether nobody could have avoided it."""
        return isinstance(self.difference, Declared)

    @property
    def fails(self) -> bool:
        """Whether it fails the verification."""
        return isinstance(self.difference, Undeclared)


@dataclass(frozen=True, slots=True)
class Expected:
    """One user of the snapshot, with groups and with what the restore says became of it and of its memberships."""

    user: User
    groups: frozenset[str]
    outcome: Outcome | None
    failed_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """The same user as the target tells it."""

    user: User
    groups: frozenset[str]


def compare_user(planner: Planner, expected: Expected, found: Found | None) -> Iterator[Difference]:
    """All differences of one user. Users that were skipped, deferred or failed have told so in their outcome."""
    saved, outcome = expected.user, expected.outcome

    def difference(what: Declared | Skipped | Undeclared, field: str | None = None) -> Difference:
        return Difference(what, saved.username, saved.sub, field=field)

    if outcome is None:
        yield difference(Undeclared.NO_OUTCOME)
        return
    if outcome.outcome is Result.SKIPPED and outcome.reason == Reason.EXISTS and found is not None:
        if found.user.enabled != saved.enabled or not _wanted_groups(planner, expected) <= found.groups:
            yield difference(Skipped.DIFFERS)
        return
    if outcome.outcome not in (Result.CREATED, Result.UPDATED):
        return
    if found is None:
        yield difference(Undeclared.MISSING)
        return
    back = found.user
    if back.sub != saved.sub:
        yield difference(Declared.SUB)
    if back.username != saved.username:
        yield difference(Declared.USERNAME)
    if saved.mfa_methods:
        yield difference(Declared.MFA)
    if back.created_at != saved.created_at:
        yield difference(Declared.CREATED_AT)
    if back.status != CONFIRMED:
        yield difference(Undeclared.STATUS, back.status)
    elif saved.status != CONFIRMED:
        yield difference(Declared.STATUS, saved.status)
    if back.enabled != saved.enabled:
        yield difference(Undeclared.ENABLED)
    yield from (difference(what, name) for what, name in _attributes(planner, saved, back))
    yield from (difference(what, name) for what, name in _memberships(planner, expected, found))


def _attributes(planner: Planner, saved: User, back: User) -> Iterator[tuple[Declared | Undeclared, str]]:
    wanted = planner.target.writable(saved.attributes)
    got = planner.target.writable(back.attributes)
    if "identities" in saved.attributes:
        yield Declared.LINKS, "identities"
    if planner.sub_attribute and planner.sub_attribute not in wanted:
        right = got.pop(planner.sub_attribute, None) == saved.sub
        yield (Declared.ORIGINAL_SUB if right else Undeclared.ORIGINAL_SUB), planner.sub_attribute
    for name in sorted(wanted.keys() | got.keys()):
        if wanted.get(name) == got.get(name):
            continue
        lowered = not planner.target.case_sensitive and _lower(wanted.get(name)) == _lower(got.get(name))
        yield (Declared.CASE if lowered else Undeclared.ATTRIBUTE), name


def _lower(value: str | None) -> str | None:
    return None if value is None else value.lower()


def _memberships(planner: Planner, expected: Expected, found: Found) -> Iterator[tuple[Declared | Undeclared, str]]:
    wanted = _wanted_groups(planner, expected)
    for name in sorted(filter(planner.is_service_made, expected.groups)):
        yield Declared.SERVICE_MADE_GROUP, name
    for name in sorted(wanted - found.groups):
        yield Undeclared.MEMBERSHIP_MISSING, name
    for name in sorted(found.groups - expected.groups):
        if not name.startswith(f"{planner.target.user_pool_id}_"):
            yield Undeclared.MEMBERSHIP_EXTRA, name


def _wanted_groups(planner: Planner, expected: Expected) -> frozenset[str]:
    return frozenset(name for name in expected.groups - expected.failed_groups if not planner.is_service_made(name))


def compare_groups(
    planner: Planner, saved: Iterable[Group], found: Mapping[str, Group], outcomes: Mapping[str, Outcome]
) -> Iterator[Difference]:
    """All differences of the groups that the restore created."""
    for group in saved:
        if planner.is_service_made(group.group_name):
            yield Difference(Declared.SERVICE_MADE_GROUP, group_name=group.group_name)
            continue
        outcome = outcomes.get(group.group_name)
        back = found.get(group.group_name)
        if outcome is None:
            yield Difference(Undeclared.NO_OUTCOME, group_name=group.group_name)
        elif outcome.outcome is not Result.CREATED:
            continue
        elif back is None:
            yield Difference(Undeclared.GROUP_MISSING, group_name=group.group_name)
        else:
            for field in ("description", "precedence", "role_arn"):
                if getattr(back, field) != getattr(planner.wanted_group(group), field):
                    yield Difference(Undeclared.GROUP_CHANGED, group_name=group.group_name, field=field)
