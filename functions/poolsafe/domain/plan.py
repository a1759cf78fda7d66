"""A restore as a list of decisions, made before the first write.

    for each user of the snapshot, joined with groups and with the target:
        listed twice in the snapshot        -> skip
        federated (EXTERNAL_PROVIDER)       -> defer: no API can create it
        same name as another, to the target -> fail: the first has it
        left unfinished by a dead restore   -> create: it is completed
        in the target already               -> skip: nothing of it is touched
        the target cannot take it           -> fail, with the reason
        otherwise                           -> create

Nothing here is applied. `operations/restore_users.py` does what this says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from .outcome import Reason
from .records import EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, Group, User
from .target import TargetPool

#: A restore is done with a user within this time of creating it.
UNTOUCHED = timedelta(minutes=10)


class Action(StrEnum):
    """What the restore will do with a user."""

    CREATE = "create"
    SKIP = "skip"
    DEFER = "defer"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class PlannedUser:
    """One row of the plan: all that applying it needs. `existing_sub` is set where the target has the user."""

    username: str
    sub: str
    action: Action
    reason: str | None
    sign_in_name: str | None
    attributes: Mapping[str, str]
    groups: tuple[str, ...]
    service_groups: tuple[str, ...]
    enabled: bool
    existing_sub: str | None = None


@dataclass(frozen=True, slots=True)
class Planner:
    """The decisions for one restore. `sub_attribute` is None where the target has no place for the old `sub`.

    `role_map` has new ARNs of groups' roles by the old; a role that it does not name is kept.
    """

    source_pool_id: str
    target: TargetPool
    sub_attribute: str | None
    role_map: Mapping[str, str] = field(default_factory=dict)

    def decide(
        self, user: User, groups: tuple[str, ...], twin: User | None, earlier_sub: str | None = None
    ) -> PlannedUser:
        """Plan one user.

        `twin` is the target's user of the same identity, `earlier_sub` the `sub`
        of the one of the snapshot that was planned before with that identity.
        """
        attributes = self.target.writable(user.attributes)
        if self.sub_attribute:
            # A user that was restored before keeps its first `sub`: that is the one applications stored.
            attributes.setdefault(self.sub_attribute, user.sub)
        action, reason = self._judge(user, attributes, twin, earlier_sub)
        own, service_made = self._split(groups)
        return PlannedUser(
            username=user.username,
            sub=user.sub,
            action=action,
            reason=reason,
            sign_in_name=self.target.sign_in_name(user),
            attributes=attributes,
            groups=own,
            service_groups=service_made,
            enabled=user.enabled,
            existing_sub=twin.sub if twin and self.is_same_person(twin, user, attributes) else None,
        )

    def is_same_person(self, twin: User, user: User, attributes: Mapping[str, str]) -> bool:
        """Whether the target's user is proven to be this one, not just of the same name: the very same, or restored."""
        restored = self.sub_attribute and twin.attributes.get(self.sub_attribute) == attributes.get(self.sub_attribute)
        return twin.sub == user.sub or bool(restored)

    def is_unfinished(self, twin: User, user: User, attributes: Mapping[str, str]) -> bool:
        """Whether a restore made this user and died before its password was set.

        It carries the old `sub` and was not touched since: left alone, it would
        stay locked out. One that was touched may have got a temporary password
        from an administrator, and that is not ours to replace.
        """
        return (
            twin.sub != user.sub
            and self.is_same_person(twin, user, attributes)
            and twin.status == FORCE_CHANGE_PASSWORD
            and twin.modified_at - twin.created_at < UNTOUCHED
        )

    def wanted_group(self, group: Group) -> Group:
        """The group as the target is to have it."""
        if group.role_arn is None or group.role_arn not in self.role_map:
            return group
        return replace(group, role_arn=self.role_map[group.role_arn])

    def is_service_made(self, group_name: str) -> bool:
        """`<pool id>_<provider>`: Cognito makes these itself when a federated user first signs in
        [DG cognito-user-pools-user-groups]."""
        return group_name.startswith(f"{self.source_pool_id}_")

    def _judge(
        self, user: User, attributes: Mapping[str, str], twin: User | None, earlier_sub: str | None
    ) -> tuple[Action, str | None]:
        if earlier_sub == user.sub:
            return Action.SKIP, Reason.LISTED_TWICE
        if is_federated(user):
            return Action.DEFER, Reason.FEDERATED
        if earlier_sub is not None:
            return Action.FAIL, Reason.NAME_COLLIDES
        if twin is not None:
            if self.is_unfinished(twin, user, attributes):
                return Action.CREATE, Reason.UNFINISHED
            return Action.SKIP, Reason.EXISTS if self.is_same_person(twin, user, attributes) else Reason.NAME_EXISTS
        if self.target.sign_in_name(user) is None:
            return Action.FAIL, Reason.NO_SIGN_IN_ATTRIBUTE
        if self.target.takes_for_an_alias(user.username):
            return Action.FAIL, Reason.USERNAME_LIKE_ALIAS
        if missing := self.target.missing_required(attributes):
            return Action.FAIL, f"{Reason.REQUIRED_ATTRIBUTE_MISSING}:{','.join(missing)}"
        if long := self.target.too_long(attributes):
            return Action.FAIL, f"{Reason.ATTRIBUTE_TOO_LONG}:{','.join(long)}"
        return Action.CREATE, None

    def _split(self, groups: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return (
            tuple(name for name in groups if not self.is_service_made(name)),
            tuple(name for name in groups if self.is_service_made(name)),
        )


def is_federated(user: User) -> bool:
    """A profile that belongs to an identity provider.

    Its status says so, unless an administrator once set it a password, which
    turns it CONFIRMED [API AdminSetUserPassword]. Its name still tells: making
    it a local user named `<Provider>_<id>` would break that person's federated
    sign-in for good, so it is deferred all the same.
    """
    if user.status == EXTERNAL_PROVIDER:
        return True
    return any(
        f"{identity.get('providerName')}_{identity.get('userId')}".lower() == user.username.lower()
        for identity in _identities(user)
    )


def _identities(user: User) -> list[dict[str, object]]:
    """The `identities` attribute: a JSON list of providers, as Cognito writes it [API AdminLinkProviderForUser]."""
    try:
        identities = json.loads(user.attributes.get("identities") or "[]")
    except ValueError:
        return []
    return [identity for identity in identities if isinstance(identity, dict)] if isinstance(identities, list) else []
