"""Applying the plan to one user: each user is a pipeline, each quota has its own pace.

    create, or find what an earlier attempt made
    groups  ->  password  ->  links, preferred username, second factors  ->  temporary password  ->  disable

The password comes after the groups because it is what makes a user usable: who
is still in FORCE_CHANGE_PASSWORD without having been given a password is
unfinished, can be told, and is completed. Who is to wait with a temporary
password and has something that only a confirmed user can have is confirmed
first, and disabled for that moment: so a password that somebody has chosen
cannot be mistaken for one of ours.

May be killed at any call and run again: a user that is there although the plan
did not find it is completed if it can be told to be this restore's own. Its
password is set only while Cognito still says FORCE_CHANGE_PASSWORD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..domain.credentials import Credential, Fallback, mediums
from ..domain.identities import Identity, identities_of
from ..domain.outcome import Kind, Outcome, Reason, Result
from ..domain.plan import Action, PlannedUser
from ..domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from ..domain.target import TargetPool
from ..domain.temporary_password import TemporaryPassword
from ..errors import AlreadyExists, NotFound, Rejected
from ..ports import UserPool

#: Clocks of Cognito and Step Functions may differ by some seconds.
CLOCK_SKEW = timedelta(minutes=2)
#: Cognito's codes for a user who has to choose a password before they can have a second factor.
PASSWORD_FIRST = frozenset({"PasswordResetRequiredException", "UserNotConfirmedException"})
POOL_OR_GROUP_GONE = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one planned user: outcomes, and the password that was made for handing over."""

    outcomes: list[Outcome]
    password: TemporaryPassword | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The user in the target. `password` is the one it was just made with; not `proven`, it may be anybody."""

    user: User
    proven: bool = True
    password: str | None = None


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

    def __call__(self, planned: PlannedUser, imported: User | None = None) -> Restored:
        """Do what the plan says. `imported` is the user whom the CSV import made. Raises PoolNotFound."""
        match planned.action:
            case Action.SKIP:
                return Restored(_all(planned, Result.SKIPPED, planned.reason, _of_skipped(planned)))
            case Action.DEFER:
                self.defer(planned)
                return Restored(_all(planned, Result.DEFERRED, planned.reason, Reason.USER_FEDERATED))
            case Action.FAIL:
                return Restored(_all(planned, Result.FAILED, planned.reason, Reason.USER_FAILED))
            case Action.UPDATE:
                return Restored(self._update(planned))
            case Action.CREATE:
                return self._create(planned, imported)

    def _create(self, planned: PlannedUser, imported: User | None) -> Restored:
        try:
            if planned.credential == Credential.IMPORT_JOB:
                imported = imported or self._imported_late(planned)
                if imported is None:
                    if self.fallback is Fallback.FAIL:
                        return Restored(_all(planned, Result.FAILED, Reason.NOT_IMPORTED, Reason.USER_FAILED))
                    planned = replace(planned, credential=self.fallback.value, reason=Reason.NOT_IMPORTED)
            found = Found(imported) if imported else self._create_or_find(planned)
        except Rejected as error:
            self._require_pool(error)
            found = self._made_all_the_same(planned)
            if found is None:
                return Restored(_all(planned, Result.FAILED, str(error), Reason.USER_FAILED))
            planned = replace(planned, credential=Credential(self.fallback), reason=Reason.NOT_INVITED)
        if found is None:
            return Restored(_all(planned, Result.FAILED, Reason.NAME_TAKEN, Reason.USER_FAILED))
        user = found.user
        outcomes = [self._join(planned, user.username, user.sub, group, found.proven) for group in planned.groups]
        result, reason, password = Result.CREATED, planned.reason, None
        try:
            password = self._give_password(planned, found, outcomes)
            if not planned.enabled:
                self.pool.disable_user(user.username)
        except Rejected as error:
            self._require_pool(error)
            result, reason = Result.FAILED, str(error)
        own = Outcome(Kind.USER, result, reason, planned.username, planned.sub, user.sub, credential=planned.credential)
        handed = password and TemporaryPassword(user.username, planned.sign_in_name or user.username, password)
        return Restored([own, *outcomes, *_service_made(planned)], handed or None)

    def _create_or_find(self, planned: PlannedUser) -> Found | None:
        """The new user, or the one an earlier attempt made; None for somebody else's."""
        if planned.existing_username:
            return Found(self.pool.get_user(planned.existing_username))
        name, password = planned.sign_in_name or planned.username, self.new_password()
        try:
            if planned.credential == Credential.INVITE:
                ways = mediums(planned.attributes, self.target)
                return Found(self.pool.invite_user(name, planned.attributes, ways))
            return Found(self.pool.create_user(name, planned.attributes, password), password=password)
        except AlreadyExists:
            pass
        try:
            user = self.pool.get_user(name)
        except NotFound as error:
            # Somebody has the address as an alias, which Cognito may call the same (boto/boto3#3213).
            self._require_pool(error)
            return None
        if self.sub_attribute:
            return Found(user) if self._is_ours(planned, user) else None
        if not (self._is_new(user) and _attributes_agree(planned, user)):
            return None
        # Nobody who signs up is ever in FORCE_CHANGE_PASSWORD. One who is not there any more may be anybody.
        return Found(user, proven=user.status == FORCE_CHANGE_PASSWORD)

    def _made_all_the_same(self, planned: PlannedUser) -> Found | None:
        """A user whose invitation Cognito refused to send, after it had made them
        (rahulpsd18/cognito-backup-restore, src/index.ts)."""
        if planned.credential != Credential.INVITE or self.fallback is Fallback.FAIL:
            return None
        try:
            user = self.pool.get_user(planned.sign_in_name or planned.username)
        except NotFound:
            return None
        return Found(user) if self._is_ours(planned, user) else None

    def _imported_late(self, planned: PlannedUser) -> User | None:
        """A user of the import whom the listing did not show yet, or whom an earlier attempt made otherwise."""
        try:
            user = self.pool.get_user(planned.sign_in_name or planned.username)
        except NotFound as error:
            self._require_pool(error)
            return None
        return user if self._is_ours(planned, user) and user.status != FORCE_CHANGE_PASSWORD else None

    def _is_ours(self, planned: PlannedUser, user: User) -> bool:
        if not self._is_new(user):
            return False
        if self.sub_attribute is None:
            return _attributes_agree(planned, user)
        return user.attributes.get(self.sub_attribute) == planned.attributes.get(self.sub_attribute)

    def _is_new(self, user: User) -> bool:
        return user.created_at >= self.restore_started_at - CLOCK_SKEW

    def _give_password(self, planned: PlannedUser, found: Found, outcomes: list[Outcome]) -> str | None:
        """Everything from the password on; the temporary one where there is one to hand over."""
        user = found.user
        waits = user.status == FORCE_CHANGE_PASSWORD
        match planned.credential:
            case Credential.RESET:
                if waits:
                    self.pool.set_password(user.username, self.new_password())
                outcomes += self._late(planned, user)
                if planned.reason == Reason.UNFINISHED and planned.enabled and not user.enabled:
                    # Disabled for a moment by a restore that died in it.
                    self.pool.enable_user(user.username)
            case Credential.TEMPORARY:
                # Confirmed and disabled is what we left: nobody who is disabled can have chosen a password.
                half_way = planned.needs_confirming and user.status == CONFIRMED and not user.enabled
                if waits or half_way:
                    return self._temporary(planned, found, outcomes)
            case _:
                outcomes += self._late(planned, user)
        return None

    def _temporary(self, planned: PlannedUser, found: Found, outcomes: list[Outcome]) -> str:
        name = found.user.username
        if not planned.needs_confirming:
            password = found.password or self.new_password()
            if found.password is None:
                self.pool.set_temporary_password(name, password)
            return password
        password = self.new_password()
        self.pool.disable_user(name)
        self.pool.set_password(name, self.new_password())
        outcomes += self._late(planned, found.user)
        self.pool.set_temporary_password(name, password)
        if planned.enabled:
            self.pool.enable_user(name)
        return password

    def _late(self, planned: PlannedUser, user: User) -> Iterator[Outcome]:
        """Links, the preferred username, second factors. Raises Rejected for the username alone."""
        for identity in planned.links:
            yield self._link(planned, user, identity)
        if planned.preferred_username and user.attributes.get("preferred_username") != planned.preferred_username:
            self.pool.update_attributes(user.username, {"preferred_username": planned.preferred_username})
        if planned.mfa_methods:
            yield self._attempt(
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
            self._require_pool(error)
            result, reason = Result.FAILED, str(error)
            if error.code in PASSWORD_FIRST:
                result, reason = Result.SKIPPED, Reason.PASSWORD_FIRST.value
        return Outcome(kind, result, reason, planned.username, planned.sub, user.sub, provider=provider)

    def _update(self, planned: PlannedUser) -> list[Outcome]:
        name, sub = str(planned.existing_username), planned.existing_sub
        result, reason = Result.UPDATED, planned.reason
        outcomes = [self._join(planned, name, sub, group, True) for group in planned.groups]
        try:
            if planned.attributes:
                self.pool.update_attributes(name, planned.attributes)
            if planned.mfa_methods:
                there = self.pool.get_user(name)
                if not {*planned.mfa_methods} <= {*(there.mfa_methods or ())}:
                    outcomes.append(
                        self._attempt(
                            planned,
                            there,
                            Kind.MFA,
                            None,
                            self.pool.set_mfa,
                            planned.mfa_methods,
                            planned.preferred_mfa,
                        )
                    )
                elif not (planned.attributes or planned.groups) and planned.enabled:
                    result = Result.SKIPPED
            if not planned.enabled:
                self.pool.disable_user(name)
        except Rejected as error:
            self._require_pool(error)
            result, reason = Result.FAILED, str(error)
        return [Outcome(Kind.USER, result, reason, planned.username, planned.sub, sub), *outcomes]

    def _join(self, planned: PlannedUser, username: str, sub: str | None, group_name: str, proven: bool) -> Outcome:
        """Add to a group; but nobody gets a right who is not proven to be the one it belongs to.

        An unproven user has its password, so an earlier attempt gave it its groups; the verification is the judge.
        """
        result, reason = Result.CREATED, None
        try:
            if proven:
                self.pool.add_to_group(username, group_name)
        except Rejected as error:
            self._require_pool(error)
            result, reason = Result.FAILED, str(error)
            if error.code == POOL_OR_GROUP_GONE:
                reason = Reason.GROUP_MISSING.value
        return Outcome(Kind.MEMBERSHIP, result, reason, planned.username, planned.sub, sub, group_name)

    def _require_pool(self, error: Rejected) -> None:
        """Cognito says the same of a group that is gone and of a pool that is. Raises PoolNotFound for the pool."""
        if error.code == POOL_OR_GROUP_GONE:
            self.pool.describe()


def failed(planned: PlannedUser, reason: str) -> Restored:
    """The outcomes of a user who could not be restored at all."""
    return Restored(_all(planned, Result.FAILED, reason, Reason.USER_FAILED))


def _of_skipped(planned: PlannedUser) -> Reason:
    """What is said of the memberships of a user who is skipped."""
    if planned.reason == Reason.NOT_IN_TARGET:
        return Reason.USER_NOT_THERE
    return Reason.USER_FEDERATED if planned.reason == Reason.FEDERATED else Reason.USER_EXISTS


def _is_linked(user: User, identity: Identity) -> bool:
    return identity.profile_name in {one.profile_name for one in identities_of(user)}


def _attributes_agree(planned: PlannedUser, user: User) -> bool:
    return all(user.attributes.get(name, "").lower() == value.lower() for name, value in planned.attributes.items())


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
