"""A restore as a list of decisions, made before the first write.

    for each user of the snapshot that the request is about, joined with groups and with the target:
        listed twice in the snapshot        -> skip
        federated, and not in the target    -> defer, link, or skip, as the request says
        same name as another, to the target -> fail: the first has it
        left unfinished by a dead restore   -> create: it is completed
        in the target already               -> update where that is asked for and something differs; else skip
        the target cannot take it           -> fail, with the reason
        no credential can work              -> the fallback, or fail
        otherwise                           -> create

Nothing here is applied. `operations/restore_users.py` does what this says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .. import birthdates
from ..identities import MAX_LINKS, Identity, as_local, is_federated, links_of, own_identity
from ..match import Matcher, Twin
from ..records import Group, User
from ..sign_in import SecondFactors, factors_of_existing, second_factors
from ..target import TargetPool
from .credentials import Credential, Fallback, choose
from .left_behind import is_unfinished, why_left_alone
from .outcome import Reason
from .planned_user import Action, PlannedUser
from .scope import Part
from .taken import why_not_taken
from .update import changes
from .wishes import Federated, Wishes

PREFERRED_USERNAME = "preferred_username"
#: Of who comes in through a provider, whatever the request asks for.
BY_PROVIDER: Mapping[str, Any] = {"credentials": Credential.RESET, "credentials_fallback": Fallback.RESET}


@dataclass(frozen=True, slots=True)
class Planner:
    """The decisions for one restore. `sub_attribute` is None where the target has no place for the old `sub`."""

    source_pool_id: str
    target: TargetPool
    sub_attribute: str | None
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def matcher(self) -> Matcher:
        is_own_pool = self.target.user_pool_id == self.source_pool_id
        return Matcher(self.target, self.sub_attribute, self.wishes.provider_map, is_own_pool)

    def decide(
        self, user: User, groups: tuple[str, ...], twin: Twin | None = None, earlier_sub: str | None = None
    ) -> PlannedUser:
        """Plan one user.

        `twin` is the target's user in its place, `earlier_sub` the `sub` of the
        one of the snapshot that was planned before with a name of this one's, or
        of whoever has the name that a federated user would have as a local one.
        """
        own, service_made = self._split(groups)
        planned = PlannedUser(
            user.username,
            user.sub,
            Action.CREATE,
            attributes=self.wanted_attributes(user),
            groups=own,
            service_groups=service_made,
            enabled=user.enabled,
            existing_sub=twin.user.sub if twin and twin.proven else None,
            existing_username=twin.user.username if twin and twin.proven else None,
        )
        if earlier_sub == user.sub:
            return replace(planned, action=Action.SKIP, reason=Reason.LISTED_TWICE)
        if twin is None and is_federated(user):
            return self._federated(planned, user, earlier_sub)
        if earlier_sub is not None:
            return replace(planned, action=Action.FAIL, reason=Reason.NAME_COLLIDES)
        if twin is not None:
            return self._existing(planned, user, twin)
        return self._new(planned, user)

    def wanted_attributes(self, user: User) -> dict[str, str]:
        """What of a user's attributes an administrator may write, and the old `sub`."""
        attributes = self.target.writable(user.attributes)
        if written := attributes.pop("birthdate", None):
            # Cognito takes a day as the API writes it and nothing else; a user is worth more than a malformed one.
            day = birthdates.iso(written)
            attributes |= {"birthdate": day} if day else {}
        if self.sub_attribute and not attributes.get(self.sub_attribute):
            # A user that was restored before keeps its first `sub`: that is the one applications stored.
            attributes[self.sub_attribute] = user.sub
        return attributes

    def changes(self, user: User, found: User) -> dict[str, str]:
        """What of a user who is there `on_conflict: update` writes; the old `sub` of an earlier restore stays."""
        wanted = self.wanted_attributes(user)
        if self.sub_attribute and self.sub_attribute in found.attributes:
            del wanted[self.sub_attribute]
        return changes(self.target, user, wanted, found)

    def wanted_group(self, group: Group) -> Group:
        """The group as the target is to have it."""
        if group.role_arn is None or group.role_arn not in self.wishes.role_map:
            return group
        return replace(group, role_arn=self.wishes.role_map[group.role_arn])

    def is_service_made(self, group_name: str) -> bool:
        """`<pool id>_<provider>`: Cognito makes these itself when a federated user first signs in
        [DG cognito-user-pools-user-groups]."""
        return group_name.startswith(f"{self.source_pool_id}_")

    def second_factors(self, user: User) -> SecondFactors:
        """Those that the restore sets for a user it creates."""
        return second_factors(user, self.target) if self.wishes.scope.has(Part.MFA) else SecondFactors()

    def lost_to_invitation(self, user: User, name: str) -> bool:
        """Whether an attribute does not come back because who is invited is not confirmed."""
        return (
            name == PREFERRED_USERNAME
            and name in self.target.alias_attributes
            and self.wishes.credentials is Credential.INVITE
        )

    def links(self, user: User) -> tuple[Identity, ...]:
        """The identities that a local user gets back, with the providers' names in the target."""
        found = links_of(user) if not is_federated(user) else [own for own in [own_identity(user)] if own]
        return tuple(
            identity
            for identity in (identity.under(self.wishes.provider_map) for identity in found)
            if self.target.providers is None or identity.provider in self.target.providers
        )[:MAX_LINKS]

    def _new(self, planned: PlannedUser, user: User) -> PlannedUser:
        if not self.wishes.scope.has(Part.USERS):
            return replace(planned, action=Action.SKIP, reason=Reason.NOT_IN_TARGET)
        if reason := why_not_taken(self.target, user, planned.attributes):
            return replace(planned, action=Action.FAIL, reason=reason, sign_in_name=self.target.sign_in_name(user))
        return self._created(planned, user, self.target.sign_in_name(user))

    def _created(self, planned: PlannedUser, user: User, sign_in_name: str | None) -> PlannedUser:
        factors, links = self.second_factors(user), self.links(user)
        asked = (self.wishes.credentials, self.wishes.credentials_fallback)
        chosen = choose(*asked, user, planned.attributes, self.target, factors.methods)
        if chosen.credential is None:
            return replace(planned, action=Action.FAIL, reason=chosen.reason, sign_in_name=sign_in_name)
        attributes, late = dict(planned.attributes), None
        if PREFERRED_USERNAME in self.target.alias_attributes:
            late = attributes.pop(PREFERRED_USERNAME, None)
        if chosen.credential is Credential.INVITE:
            # Nobody unconfirmed can have them, and confirming would end the invitation.
            late, factors = None, SecondFactors()
        return replace(
            planned,
            sign_in_name=sign_in_name,
            attributes=attributes,
            credential=chosen.credential,
            credential_reason=chosen.reason,
            preferred_username=late,
            mfa_methods=factors.methods,
            preferred_mfa=factors.preferred,
            link_providers=tuple(identity.provider for identity in links),
            link_user_ids=tuple(identity.user_id for identity in links),
        )

    def _federated(self, planned: PlannedUser, user: User, earlier_sub: str | None) -> PlannedUser:
        """A profile that is not in the target: no API makes one."""
        wish = self.wishes.federated_users
        if not self.wishes.scope.has(Part.USERS):
            return replace(planned, action=Action.SKIP, reason=Reason.NOT_IN_TARGET)
        if wish is Federated.SKIP:
            return replace(planned, action=Action.SKIP, reason=Reason.FEDERATED)
        own = own_identity(user)
        profile = own.under(self.wishes.provider_map).profile_name if own else user.username
        deferred = replace(planned, action=Action.DEFER, reason=Reason.FEDERATED, sign_in_name=profile)
        if wish is Federated.DEFER or earlier_sub is not None:
            return deferred
        local = as_local(user)
        if not self.links(user) or why_not_taken(self.target, local, planned.attributes):
            return deferred
        # They come in through their provider: a password of their own, known to nobody, is all they need.
        linked = self._with(**BY_PROVIDER)._created(planned, user, self.target.sign_in_name(local))
        return replace(linked, reason=Reason.FEDERATED, credential_reason=None, mfa_methods=(), preferred_mfa=None)

    def _existing(self, planned: PlannedUser, user: User, twin: Twin) -> PlannedUser:
        wishes = self.wishes
        if wishes.scope.has(Part.USERS) and is_unfinished(self.matcher, twin, user):
            return self._completed(planned, user)
        if not twin.proven:
            return replace(planned, action=Action.SKIP, reason=Reason.NAME_EXISTS, existing_sub=None)
        lacking = tuple(name for name in planned.groups if name not in twin.groups) if wishes.joins_existing else ()
        wanted = self.changes(user, twin.user) if wishes.updates_users else {}
        disables = wishes.updates_users and twin.user.enabled and not user.enabled
        reason = why_left_alone(self.matcher, twin, user)
        factors = factors_of_existing(user, twin.user, self.target) if wishes.sets_mfa_of_existing else SecondFactors()
        if not (lacking or wanted or disables or factors.methods):
            return replace(planned, action=Action.SKIP, reason=reason)
        return replace(
            planned,
            action=Action.UPDATE,
            reason=reason,
            attributes=wanted,
            groups=lacking,
            enabled=not disables,
            mfa_methods=factors.methods,
            preferred_mfa=factors.preferred,
        )

    def _completed(self, planned: PlannedUser, user: User) -> PlannedUser:
        """A user that a dead restore left half-made; it is there, so neither imported nor invited any more."""
        completing = self
        if is_federated(user):
            user, completing = as_local(user), self._with(**BY_PROVIDER)
        elif self.wishes.credentials in (Credential.IMPORT_JOB, Credential.INVITE):
            completing = self._with(credentials=Credential.RESET)
        created = completing._created(planned, user, self.target.sign_in_name(user))
        return created if created.action is Action.FAIL else replace(created, reason=Reason.UNFINISHED)

    def _with(self, **wishes: Any) -> Planner:
        return replace(self, wishes=replace(self.wishes, **wishes))

    def _split(self, groups: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        own = tuple(name for name in groups if not self.is_service_made(name))
        service_made = tuple(name for name in groups if self.is_service_made(name))
        return (own if self.wishes.scope.has(Part.MEMBERSHIPS) else ()), service_made
