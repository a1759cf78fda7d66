"""Applying the plan to one user: each user is a pipeline, each quota has its own pace.

    create, or find what an earlier attempt made
    groups  ->  disable  ->  password  ->  links, preferred username, second factors  ->  temporary password

The password comes after the groups, and after disabling whoever is to be
disabled, because it is what makes a user usable: who is still in
FORCE_CHANGE_PASSWORD without having been given a password is unfinished, can be
told, and is completed. Who is to wait with a temporary password and has
something that only a confirmed user can have is confirmed first, and disabled
for that moment: so a password that somebody has chosen cannot be mistaken for
one of ours.

May be killed at any call and run again: a user that is there although the plan
did not find it is completed if it can be told to be this restore's own. Its
password is set only while Cognito still says FORCE_CHANGE_PASSWORD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ..domain.records import User
from ..domain.restore.credentials import Fallback
from ..domain.restore.outcome import Kind, Outcome, Reason, Result
from ..domain.restore.planned_user import Action, PlannedUser
from ..domain.restore.temporary_password import TemporaryPassword
from ..domain.sign_in import why_not_recoverable
from ..domain.target import TargetPool
from ..errors import Rejected
from ..ports import UserPool
from .find_or_make import POOL_OR_GROUP_GONE, FindOrMake, require_pool
from .give_password import GivePassword


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one planned user: outcomes, and the password that was made for handing over."""

    outcomes: list[Outcome]
    password: TemporaryPassword | None = None


@dataclass(frozen=True, slots=True)
class RestoreUser:
    """Restores one planned user. `new_password` makes a new unguessable one at each call.

    `defer` keeps what a federated user's first sign-in has to give back.
    """

    pool: UserPool
    target: TargetPool
    new_password: Callable[[], str]
    defer: Callable[[PlannedUser], None]
    sub_attribute: str | None
    restore_started_at: datetime
    fallback: Fallback = Fallback.TEMPORARY

    @property
    def _find_or_make(self) -> FindOrMake:
        return FindOrMake(
            self.pool, self.target, self.new_password, self.sub_attribute, self.restore_started_at, self.fallback
        )

    @property
    def _give_password(self) -> GivePassword:
        return GivePassword(self.pool, self.target, self.new_password)

    def __call__(self, planned: PlannedUser, imported: User | None = None) -> Restored:
        """Do what the plan says. `imported` is the user whom the CSV import made. Raises PoolNotFound."""
        match planned.action:
            case Action.SKIP:
                return Restored(_all(planned, Result.SKIPPED, planned.reason, _of_skipped(planned)))
            case Action.DEFER:
                self.defer(planned)
                return Restored(_all(planned, Result.DEFERRED, planned.reason, Reason.USER_FEDERATED))
            case Action.FAIL:
                return failed(planned, planned.reason)
            case Action.UPDATE:
                return Restored(self._update(planned))
            case Action.CREATE:
                return self._create(planned, imported)

    def _create(self, planned: PlannedUser, imported: User | None) -> Restored:
        planned, found = self._find_or_make(planned, imported)
        if isinstance(found, str):
            return failed(planned, found)
        user = found.user
        outcomes = [self._join(planned, user.username, user.sub, group, found.proven) for group in planned.groups]
        result, reason, password = Result.CREATED, planned.reason, None
        # Before they have a password: without one they can neither come in nor ask for another, whatever goes wrong.
        refused = self._disable(planned, user.username)
        if refused is None:
            try:
                password, refused = self._give_password(planned, found, outcomes)
            except Rejected as error:
                require_pool(self.pool, error)
                refused = error
        if refused is not None:
            result, reason = Result.FAILED, str(refused)
        own = Outcome(Kind.USER, result, reason, planned.username, planned.sub, user.sub, credential=planned.credential)
        handed = password and TemporaryPassword(user.username, planned.sign_in_name or user.username, password)
        return Restored([own, *outcomes, *_service_made(planned)], handed or None)

    def _disable(self, planned: PlannedUser, username: str) -> Rejected | None:
        """Whoever was disabled, whatever else goes wrong: else they could come in."""
        try:
            if not planned.enabled:
                self.pool.disable_user(username)
        except Rejected as error:
            require_pool(self.pool, error)
            return error
        return None

    def _update(self, planned: PlannedUser) -> list[Outcome]:
        name, sub = str(planned.existing_username), planned.existing_sub
        result, reason = Result.UPDATED, planned.reason
        refused = self._disable(planned, name)
        outcomes = [self._join(planned, name, sub, group, True) for group in planned.groups]
        try:
            if planned.attributes:
                self.pool.update_attributes(name, planned.attributes)
            factors = self._second_factors_of_existing(planned)
            outcomes += factors
            changes = planned.attributes or planned.groups or not planned.enabled
            if not (changes or any(one.outcome is not Result.SKIPPED for one in factors)):
                result = Result.SKIPPED
        except Rejected as error:
            require_pool(self.pool, error)
            refused = error
        if refused is not None:
            result, reason = Result.FAILED, str(refused)
        return [Outcome(Kind.USER, result, reason, planned.username, planned.sub, sub), *outcomes]

    def _second_factors_of_existing(self, planned: PlannedUser) -> list[Outcome]:
        """Cognito's answer about the user tells which are set; none is set that would take the only way back."""
        if not planned.mfa_methods:
            return []
        there = self.pool.get_user(str(planned.existing_username))
        has = there.mfa_methods or ()
        if {*planned.mfa_methods} <= {*has}:
            return []
        if why_not_recoverable(there, self.target, (*has, *planned.mfa_methods)) is not Reason.RECOVERY_IS_MFA:
            return [self._give_password.second_factors(planned, there)]
        locks = Reason.RECOVERY_IS_MFA.value
        return [Outcome(Kind.MFA, Result.SKIPPED, locks, planned.username, planned.sub, planned.existing_sub)]

    def _join(self, planned: PlannedUser, username: str, sub: str | None, group_name: str, proven: bool) -> Outcome:
        """Add to a group; but nobody gets a right who is not proven to be the one it belongs to.

        An unproven user has its password, so an earlier attempt gave it its groups; the verification is the judge.
        """
        result, reason = Result.CREATED, None
        try:
            if proven:
                self.pool.add_to_group(username, group_name)
        except Rejected as error:
            require_pool(self.pool, error)
            result, reason = Result.FAILED, str(error)
            if error.code == POOL_OR_GROUP_GONE:
                reason = Reason.GROUP_MISSING.value
        return Outcome(Kind.MEMBERSHIP, result, reason, planned.username, planned.sub, sub, group_name)


def failed(planned: PlannedUser, reason: str | None) -> Restored:
    """The outcomes of a user who could not be restored at all."""
    return Restored(_all(planned, Result.FAILED, reason, Reason.USER_FAILED))


def _of_skipped(planned: PlannedUser) -> Reason:
    """What is said of the memberships of a user who is skipped."""
    if planned.reason == Reason.NOT_IN_TARGET:
        return Reason.USER_NOT_THERE
    return Reason.USER_FEDERATED if planned.reason == Reason.FEDERATED else Reason.USER_EXISTS


def _all(planned: PlannedUser, result: Result, reason: str | None, membership_reason: str) -> list[Outcome]:
    """The same outcome for a user and all its memberships."""
    new_sub = planned.existing_sub if result is Result.SKIPPED else None
    return [
        Outcome(Kind.USER, result, reason, planned.username, planned.sub, new_sub),
        *(
            Outcome(Kind.MEMBERSHIP, result, membership_reason, planned.username, planned.sub, new_sub, group)
            for group in planned.groups
        ),
        *_service_made(planned),
    ]


def _service_made(planned: PlannedUser) -> Iterator[Outcome]:
    for group in planned.service_groups:
        yield Outcome(
            Kind.MEMBERSHIP, Result.SKIPPED, Reason.SERVICE_MADE_GROUP, planned.username, planned.sub, None, group
        )
