"""Counting a plan as it is made: what plan.json will say, and the grounds to refuse the restore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import TargetMismatch
from .outcome import Reason
from .plan import Action, PlannedUser
from .records import User
from .target import TargetPool

#: Why a user is skipped that somebody in the target stands in the way of.
CONFLICTS = frozenset({Reason.EXISTS, Reason.NAME_EXISTS})


@dataclass(slots=True)
class Survey:
    """Counts over the plan as it is made: the contents of plan.json and the grounds to refuse."""

    users: Counter[str] = field(default_factory=Counter)
    memberships: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    unknown_attributes: Counter[str] = field(default_factory=Counter)
    statuses_lost: Counter[str] = field(default_factory=Counter)
    disabled: int = 0
    linked: int = 0
    mfa: int = 0

    def add(self, planned: PlannedUser, user: User, target: TargetPool) -> None:
        """Count one decision."""
        if planned.reason == Reason.LISTED_TWICE:
            self.reasons[planned.reason] += 1
            return
        self.users[planned.action] += 1
        self.memberships[planned.action] += len(planned.groups)
        self.memberships["service_made"] += len(planned.service_groups)
        if planned.reason:
            self.reasons[planned.reason] += 1
            if planned.action is Action.FAIL:
                self.failures[planned.reason] += 1
        if planned.action is Action.CREATE:
            self.unknown_attributes.update(target.unknown(planned.attributes))
            self.disabled += not planned.enabled
            self.mfa += bool(user.mfa_methods)
            self.linked += "identities" in user.attributes
            self.statuses_lost[user.status] += 1

    def refuse_if_impossible(self, target: TargetPool, total: int, max_failed_percent: float) -> None:
        """Raise TargetMismatch when the target cannot take the users, before anything is written."""
        if self.unknown_attributes:
            named = ", ".join(f"{name} ({count} users)" for name, count in sorted(self.unknown_attributes.items()))
            raise TargetMismatch(
                f"target_user_pool_id: the schema of {target.user_pool_id} lacks attributes that users have: {named}. "
                "Nothing was written. Add them to the target (aws cognito-idp add-custom-attributes; a name goes in "
                "without its custom: prefix) and start the restore again."
            )
        failing = self.users[Action.FAIL]
        if failing * 100 > max_failed_percent * total:
            reasons = ", ".join(f"{reason} ({count} users)" for reason, count in sorted(self.failures.items()))
            raise TargetMismatch(
                f"target_user_pool_id: {target.user_pool_id} cannot take {failing} of {total} users: {reasons}. "
                f"That is more than max_failed_percent ({max_failed_percent:g}). Nothing was written. Restore into a "
                "pool made with the source's sign-in and required attributes (they cannot be changed later), or raise "
                "max_failed_percent to restore the others and have these reported as failed."
            )

    def refuse_conflicts(self, target: TargetPool, groups: int, where: str) -> None:
        """Raise TargetMismatch when anybody, or any group, is in the target already. `where` names them."""
        users = sum(self.reasons[reason] for reason in CONFLICTS)
        if users or groups:
            raise TargetMismatch(
                f"on_conflict: {users} users and {groups} groups of the snapshot are in {target.user_pool_id} already; "
                f"{where} names them. Nothing was written. Restore into another pool, or leave on_conflict out: then "
                "they are skipped, and nothing of them is touched."
            )

    def to_state(self) -> dict[str, object]:
        """Plain counts, to travel between states."""
        return {
            "users": dict(self.users),
            "memberships": dict(self.memberships),
            "reasons": dict(self.reasons),
            "failures": dict(self.failures),
            "unknown_attributes": dict(self.unknown_attributes),
            "statuses_lost": dict(self.statuses_lost),
            "disabled": self.disabled,
            "linked": self.linked,
            "mfa": self.mfa,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, object]) -> Survey:
        return cls(**{name: Counter(value) if isinstance(value, Mapping) else value for name, value in state.items()})  # type: ignore[arg-type]
