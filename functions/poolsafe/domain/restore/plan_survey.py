"""Counting a plan as it is made: what plan.json will say, and the grounds to refuse the restore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, field, fields

from ...errors import TargetMismatch
from ..identities import is_federated
from ..quotas import Category
from ..records import User
from ..target import TargetPool
from .credentials import Credential
from .notices import Notice
from .outcome import Reason
from .planned_user import Action, PlannedUser

#: Why a user is skipped that somebody in the target stands in the way of.
CONFLICTS = frozenset({Reason.EXISTS, Reason.NAME_EXISTS, Reason.NO_PASSWORD, Reason.LEFT_DISABLED})


@dataclass(slots=True)
class Survey:
    """Counts over the plan as it is made: the contents of plan.json and the grounds to refuse.

    `calls` are requests by quota category; `billed` are users who will count as active this month.
    """

    users: Counter[str] = field(default_factory=Counter)
    memberships: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    credentials: Counter[str] = field(default_factory=Counter)
    attention: Counter[str] = field(default_factory=Counter)
    unreachable: Counter[str] = field(default_factory=Counter)
    unknown_attributes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    billed: int = 0
    links: int = 0
    mfa: int = 0
    #: Local users that are created, whose second factors the snapshot does not tell.
    mfa_unknown: int = 0
    #: Users that the request is about, and their memberships in the snapshot.
    selected: int = 0
    saved_memberships: int = 0
    #: Users in whose place somebody is, where that is a reason to refuse the restore.
    conflicts: int = 0

    def add(self, planned: PlannedUser, user: User, groups: Sized, found: Iterable[Notice], target: TargetPool) -> None:
        """Count one decision. `groups` are those that the snapshot has the user in."""
        if planned.reason == Reason.LISTED_TWICE:
            self.reasons[planned.reason] += 1
            return
        self.selected += 1
        self.saved_memberships += len(groups)
        self.users[planned.action] += 1
        self.memberships[planned.action] += len(planned.groups)
        self.memberships["service_made"] += len(planned.service_groups)
        if planned.reason:
            self.reasons[planned.reason] += 1
            if planned.action is Action.FAIL:
                self.failures[planned.reason] += 1
        self.attention.update({notice.attention.value for notice in found})
        if planned.action in (Action.CREATE, Action.UPDATE):
            self.unknown_attributes.update(target.unknown(planned.attributes))
            self.links += len(planned.links)
            self.mfa += bool(planned.mfa_methods) and planned.credential != Credential.IMPORT_JOB
            self._count_calls(planned)
        if planned.action is Action.CREATE:
            self.credentials[str(planned.credential)] += 1
            if planned.credential_reason:
                self.unreachable[planned.credential_reason] += 1
            self.mfa_unknown += user.mfa_methods is None and not is_federated(user)
            self.statuses[user.status] += 1

    def _count_calls(self, planned: PlannedUser) -> None:
        created, imported = planned.action is Action.CREATE, planned.credential == Credential.IMPORT_JOB
        calls = self.calls
        if created and not imported and not planned.existing_username:
            calls[Category.USER_CREATION] += 1
        if created:
            calls[Category.USER_ACCOUNT_RECOVERY] += passwords_of(planned)
        updates = len(planned.groups) + len(planned.links) + (not planned.enabled)
        updates += bool(planned.preferred_username) and not imported
        updates += not created and bool(planned.attributes)
        # Disabled and enabled again, for the moment of being confirmed.
        updates += 2 * (planned.credential == Credential.TEMPORARY and planned.needs_confirming)
        calls[Category.USER_UPDATE] += updates
        calls[Category.USER_RESOURCE_UPDATE] += bool(planned.mfa_methods)
        # An import bills nobody; what is done to a user afterwards does [DG quotas].
        self.billed += not imported or bool(updates or planned.mfa_methods)

    def refuse_if_impossible(self, target: TargetPool, max_failed_percent: float) -> None:
        """Raise TargetMismatch when the target cannot take the users, before anything is written."""
        if self.unknown_attributes:
            named = ", ".join(f"{name} ({count} users)" for name, count in sorted(self.unknown_attributes.items()))
            raise TargetMismatch(
                f"target_user_pool_id: the schema of {target.user_pool_id} lacks attributes that users have: {named}. "
                "Nothing was written. Add them to the target (aws cognito-idp add-custom-attributes; a name goes in "
                "without its custom: prefix) and start the restore again."
            )
        failing = self.users[Action.FAIL]
        if failing * 100 > max_failed_percent * self.selected:
            reasons = ", ".join(f"{reason} ({count} users)" for reason, count in sorted(self.failures.items()))
            raise TargetMismatch(
                f"target_user_pool_id: {target.user_pool_id} cannot take {failing} of {self.selected} users: {reasons}."
                f" That is more than max_failed_percent ({max_failed_percent:g}). Nothing was written. Restore into a "
                "pool made with the source's sign-in and required attributes (they cannot be changed later), or raise "
                "max_failed_percent to restore the others and have these reported as failed."
            )

    def refuse_conflicts(self, target: TargetPool, groups: int, where: str) -> None:
        """Raise TargetMismatch when anybody, or any group, is in the target already. `where` names them."""
        if self.conflicts or groups:
            raise TargetMismatch(
                f"on_conflict: {self.conflicts} users and {groups} groups of the snapshot are in {target.user_pool_id} "
                f"already; {where} names them. Nothing was written. Restore into another pool, or start a new restore, "
                "without restore_id and on_conflict: then they are skipped, and nothing of them is touched."
            )

    def to_state(self) -> dict[str, object]:
        """Plain counts, to travel between states."""
        counted = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in counted.items()}

    @classmethod
    def from_state(cls, state: Mapping[str, object]) -> Survey:
        return cls(**{name: Counter(value) if isinstance(value, Mapping) else value for name, value in state.items()})  # type: ignore[arg-type]


def passwords_of(planned: PlannedUser) -> int:
    """How many passwords are set for a user who is created."""
    match planned.credential:
        case Credential.RESET:
            return 1
        case Credential.TEMPORARY:
            return 2 if planned.needs_confirming else int(planned.existing_username is not None)
        case _:
            return 0
