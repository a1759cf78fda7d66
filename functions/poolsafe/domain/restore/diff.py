"""What came back, compared with what was saved: user by user, group by group (`difference.py` has the words)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..identities import identities_of, is_federated, links_of
from ..records import CONFIRMED, Group, User
from .credentials import STATUS, Credential
from .difference import WHOLE_USER, Declared, Difference, Skipped, Undeclared
from .outcome import Outcome, Reason, Result
from .plan import Planner
from .scope import Part
from .update import FLAGS

#: Why somebody is skipped who was there, and is compared as they are.
LEFT_ALONE = frozenset({Reason.EXISTS, Reason.NO_PASSWORD, Reason.LEFT_DISABLED})


@dataclass(frozen=True, slots=True)
class Expected:
    """One user of the snapshot, with groups and with what the restore says became of it and of its memberships.

    `undone` are the groups, `unlinked` the providers whose joining or linking
    failed, and has said so.
    """

    user: User
    groups: frozenset[str]
    outcome: Outcome | None
    undone: frozenset[str] = frozenset()
    unlinked: frozenset[str] = frozenset()
    mfa_done: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The same user as the target tells it. `mfa_methods` are known where they were asked for."""

    user: User
    groups: frozenset[str]


def compare_user(planner: Planner, expected: Expected, found: Found | None) -> Iterator[Difference]:
    """All differences of one user. Users that were left out, deferred or failed have told so in their outcome."""
    saved, outcome = expected.user, expected.outcome

    def difference(what: Declared | Skipped | Undeclared, field: str | None = None) -> Difference:
        return Difference(what, saved.username, saved.sub, field=field)

    if outcome is None:
        yield difference(Undeclared.NO_OUTCOME)
        return
    if outcome.reason in (Reason.NAME_EXISTS, Reason.NO_PASSWORD):
        yield difference(Skipped.DIFFERS, outcome.reason)
    there = outcome.outcome is Result.SKIPPED and outcome.reason in LEFT_ALONE
    if there or outcome.outcome is Result.UPDATED:
        yield from (difference(what, name) for what, name in _of_existing(planner, expected, found))
        return
    if outcome.outcome is not Result.CREATED:
        return
    if found is None:
        yield difference(Undeclared.MISSING)
        return
    back = found.user
    if back.sub != saved.sub:
        yield difference(Declared.SUB)
    if back.username != saved.username:
        yield difference(Declared.USERNAME)
    if back.created_at != saved.created_at:
        yield difference(Declared.CREATED_AT)
    if back.enabled != saved.enabled:
        yield difference(Undeclared.ENABLED)
    yield from (difference(what, name) for what, name in _status(saved, back, outcome))
    yield from (difference(what, name) for what, name in _factors(planner, expected, back))
    yield from (difference(what, name) for what, name in _attributes(planner, saved, back, outcome))
    yield from (difference(what, name) for what, name in _links(planner, expected, back))
    yield from (difference(what, name) for what, name in _memberships(planner, expected, found))


Told = Iterator[tuple[Declared | Skipped | Undeclared, str]]


def _of_existing(planner: Planner, expected: Expected, found: Found | None) -> Told:
    """Somebody who was there: what the restore should have written is there; what it leaves may differ."""
    saved, wishes = expected.user, planner.wishes
    if found is None:
        yield Undeclared.MISSING, WHOLE_USER
        return
    lacking = _wanted_groups(planner, expected) - found.groups
    if wishes.joins_existing:
        yield from ((Undeclared.MEMBERSHIP_MISSING, name) for name in sorted(lacking))
    if wishes.updates_users:
        yield from ((Undeclared.ATTRIBUTE, name) for name in sorted(planner.changes(saved, found.user)))
        if found.user.enabled and not saved.enabled:
            yield Undeclared.ENABLED, "enabled"
        left = {
            name for name, value in planner.wanted_attributes(saved).items() if found.user.attributes.get(name) != value
        }
        yield from ((Declared.KEPT, name) for name in sorted(left))
    lacks_groups = lacking and wishes.scope.has(Part.MEMBERSHIPS) and not wishes.joins_existing
    is_other = (
        found.user.enabled != saved.enabled
        or not _links_there(planner, saved, found.user)
        or planner.target.lacks_alias(saved, found.user)
    )
    if lacks_groups or (is_other and wishes.scope.has(Part.USERS)):
        yield Skipped.DIFFERS, WHOLE_USER


def _status(saved: User, back: User, outcome: Outcome) -> Told:
    """CONFIRMED is right for whoever has chosen a password; else it is that of the credential."""
    expected = STATUS[Credential(outcome.credential or Credential.RESET)]
    if back.status not in (expected, CONFIRMED):
        yield Undeclared.STATUS, back.status
    elif back.status != saved.status:
        yield Declared.STATUS, saved.status


def _factors(planner: Planner, expected: Expected, back: User) -> Told:
    """Second factors that were set are there, where somebody asked; the others cannot come back."""
    wanted = {*planner.second_factors(expected.user).methods} if expected.mfa_done else set()
    if back.mfa_methods is not None and not wanted <= {*back.mfa_methods}:
        yield Undeclared.MFA, "mfa"
    if {*(expected.user.mfa_methods or ())} - wanted:
        yield Declared.MFA, "mfa"


def _attributes(planner: Planner, saved: User, back: User, outcome: Outcome) -> Told:
    wanted = planner.target.writable(saved.attributes)
    got = planner.target.writable(back.attributes)
    if planner.sub_attribute and not wanted.get(planner.sub_attribute):
        wanted.pop(planner.sub_attribute, None)
        right = got.pop(planner.sub_attribute, None) == saved.sub
        yield (Declared.ORIGINAL_SUB if right else Undeclared.ORIGINAL_SUB), planner.sub_attribute
    for name in sorted(wanted.keys() | got.keys()):
        one, other = wanted.get(name), got.get(name)
        if one == other:
            continue
        if name == "birthdate" and planner.target.same_value(name, one, other):
            yield Declared.FORM, name
        elif name == "birthdate" and other is None and name not in planner.wanted_attributes(saved):
            yield Declared.NOT_TAKEN, name
        elif outcome.credential == Credential.INVITE and planner.lost_to_invitation(saved, name):
            yield Declared.PREFERRED_USERNAME, name
        else:
            lowered = planner.target.same_value(name, one, other)
            # A row of an import always says whether an address is verified, where nothing is the same as no, and has no
            # blanks, which are the same as nothing.
            unsaid = (one == "" and other is None) or (name in FLAGS and {one, other} == {None, "false"})
            yield (Declared.CASE if lowered else Declared.FORM if unsaid else Undeclared.ATTRIBUTE), name


def _links(planner: Planner, expected: Expected, back: User) -> Told:
    """Identities of local users; a federated profile that was linked beforehand is one too."""
    there = {identity.profile_name for identity in identities_of(back)}
    for identity in planner.links(expected.user):
        if identity.profile_name not in there and identity.provider not in expected.unlinked:
            yield Undeclared.LINK_MISSING, identity.provider
    wanted = {identity.profile_name for identity in planner.links(expected.user)}
    for identity in links_of(expected.user):
        if identity.under(planner.wishes.provider_map).profile_name not in wanted:
            yield Declared.LINKS, identity.provider


def _links_there(planner: Planner, saved: User, back: User) -> bool:
    there = {identity.profile_name for identity in identities_of(back)}
    return is_federated(saved) or all(identity.profile_name in there for identity in planner.links(saved))


def _memberships(planner: Planner, expected: Expected, found: Found) -> Told:
    wanted = _wanted_groups(planner, expected)
    if not planner.wishes.scope.has(Part.MEMBERSHIPS):
        return
    for name in sorted(filter(planner.is_service_made, expected.groups)):
        yield Declared.SERVICE_MADE_GROUP, name
    for name in sorted(wanted - found.groups):
        yield Undeclared.MEMBERSHIP_MISSING, name
    for name in sorted(found.groups - expected.groups):
        if not name.startswith(f"{planner.target.user_pool_id}_"):
            yield Undeclared.MEMBERSHIP_EXTRA, name


def _wanted_groups(planner: Planner, expected: Expected) -> frozenset[str]:
    return frozenset(name for name in expected.groups - expected.undone if not planner.is_service_made(name))


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
        elif outcome.outcome not in (Result.CREATED, Result.UPDATED):
            continue
        elif back is None:
            yield Difference(Undeclared.GROUP_MISSING, group_name=group.group_name)
        else:
            for field in ("description", "precedence", "role_arn"):
                wanted = getattr(planner.wanted_group(group), field)
                if getattr(back, field) == wanted:
                    continue
                # No update takes away what a group has.
                left = outcome.outcome is Result.UPDATED and wanted is None
                what = Declared.KEPT if left else Undeclared.GROUP_CHANGED
                yield Difference(what, group_name=group.group_name, field=field)
