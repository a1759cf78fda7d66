"""What makes a user usable: the password, and all that only a confirmed user can have.

Who is to get a temporary password and has a link, a second factor or a preferred username is confirmed first, and
disabled for that moment: a password that somebody has chosen cannot be mistaken for one of ours then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..domain.identities import Identity, identities_of
from ..domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from ..domain.restore.credentials import Credential
from ..domain.restore.outcome import Kind, Outcome, Reason, Result
from ..domain.restore.planned_user import PlannedUser
from ..domain.target import TargetPool
from ..errors import Rejected
from ..ports import UserPool
from .find_or_make import Found, require_pool

#: Cognito's codes for a user who has to choose a password before they can have a second factor.
PASSWORD_FIRST = frozenset({"PasswordResetRequiredException", "UserNotConfirmedException"})


@dataclass(frozen=True, slots=True)
class GivePassword:
    """Works on one user who is there. `new_password` makes a new unguessable one at each call."""

    pool: UserPool
    target: TargetPool
    new_password: Callable[[], str]

    def __call__(
        self, planned: PlannedUser, found: Found, outcomes: list[Outcome]
    ) -> tuple[str | None, Rejected | None]:
        """Everything from the password on: the temporary one where there is one to hand over, and why Cognito refuses
        the preferred username where it does. Raises Rejected for the password itself.
        """
        user, refused = found.user, None
        waits = user.status == FORCE_CHANGE_PASSWORD
        match planned.credential:
            case Credential.RESET:
                if waits:
                    self.pool.set_password(user.username, self.new_password())
                refused = self._late(planned, user, outcomes)
                self._enable_again(planned, user)
            case Credential.TEMPORARY:
                # Confirmed and disabled is what we left: nobody who is disabled can have chosen a password.
                half_way = planned.needs_confirming and user.status == CONFIRMED and not user.enabled
                if waits or half_way:
                    return self._temporary(planned, found, outcomes)
            case _:
                refused = self._late(planned, user, outcomes)
        return None, refused

    def _temporary(
        self, planned: PlannedUser, found: Found, outcomes: list[Outcome]
    ) -> tuple[str | None, Rejected | None]:
        name = found.user.username
        if not planned.needs_confirming:
            password = found.password or self.new_password()
            if found.password is None:
                self.pool.set_temporary_password(name, password)
            self._enable_again(planned, found.user)
            return password, None
        password = self.new_password()
        self.pool.disable_user(name)
        self.pool.set_password(name, self.new_password())
        refused = self._late(planned, found.user, outcomes)
        self.pool.set_temporary_password(name, password)
        if planned.enabled:
            self.pool.enable_user(name)
        return password, refused

    def _enable_again(self, planned: PlannedUser, user: User) -> None:
        """Who was disabled for a moment by a restore that died in it."""
        if planned.reason == Reason.UNFINISHED and planned.enabled and not user.enabled:
            self.pool.enable_user(user.username)

    def _late(self, planned: PlannedUser, user: User, outcomes: list[Outcome]) -> Rejected | None:
        """Links, second factors, and the preferred username: why it is refused, for nobody is left half-way for it."""
        outcomes += [self._link(planned, user, identity) for identity in planned.links]
        if planned.mfa_methods:
            outcomes.append(self.second_factors(planned, user))
        name, there = planned.preferred_username, user.attributes.get("preferred_username")
        if name and not self.target.same_value("preferred_username", there, name):
            try:
                self.pool.update_attributes(user.username, {"preferred_username": name})
            except Rejected as error:
                require_pool(self.pool, error)
                return error
        return None

    def second_factors(self, planned: PlannedUser, user: User) -> Outcome:
        """Set those of the plan."""
        return self._attempt(
            planned, user, Kind.MFA, None, self.pool.set_mfa, planned.mfa_methods, planned.preferred_mfa
        )

    def _link(self, planned: PlannedUser, user: User, identity: Identity) -> Outcome:
        """Link unless it is linked, and look again after a refusal: linking twice is one, and so was, now and then,
        linking that worked (boto/boto3#4163)."""
        linked = Outcome(Kind.LINK, Result.CREATED, None, planned.username, planned.sub, user.sub)
        linked = replace(linked, provider=identity.provider)
        if _is_linked(user, identity):
            return linked
        told = self._attempt(
            planned, user, Kind.LINK, identity.provider, self.pool.link, identity.provider, identity.user_id
        )
        if told.outcome is Result.FAILED and _is_linked(self.pool.get_user(user.username), identity):
            return linked
        return told

    def _attempt(
        self, planned: PlannedUser, user: User, kind: Kind, provider: str | None, call: Callable[..., None], *of: object
    ) -> Outcome:
        result, reason = Result.CREATED, None
        try:
            call(user.username, *of)
        except Rejected as error:
            require_pool(self.pool, error)
            result, reason = Result.FAILED, str(error)
            if error.code in PASSWORD_FIRST:
                result, reason = Result.SKIPPED, Reason.PASSWORD_FIRST.value
        return Outcome(kind, result, reason, planned.username, planned.sub, user.sub, provider=provider)


def _is_linked(user: User, identity: Identity) -> bool:
    return identity.profile_name in {one.profile_name for one in identities_of(user)}
