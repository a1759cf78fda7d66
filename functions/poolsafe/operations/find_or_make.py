"""The user in the target that a planned one becomes: made now, by an import, or by an attempt that died.

Who is there although the plan did not find them was made by this restore if they carry the old `sub` and are new; where
the target has no place for the old `sub`, if they are new and have all the attributes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..domain import birthdates
from ..domain.records import FORCE_CHANGE_PASSWORD, User
from ..domain.restore.credentials import Credential, Fallback, mediums
from ..domain.restore.outcome import Reason
from ..domain.restore.planned_user import PlannedUser
from ..domain.target import TargetPool
from ..errors import AlreadyExists, ImportUnderWay, NotFound, Rejected
from ..ports import UserPool

#: Clocks of Cognito and Step Functions may differ by some seconds.
CLOCK_SKEW = timedelta(minutes=2)
POOL_OR_GROUP_GONE = "ResourceNotFoundException"
#: What Cognito answers to changes of a pool that it imports users into; of its users, no page says so.
IMPORT_UNDER_WAY = "UserImportInProgressException"


@dataclass(frozen=True, slots=True)
class Found:
    """The user in the target. `password` is the one it was just made with; not `proven`, it may be anybody."""

    user: User
    proven: bool = True
    password: str | None = None


@dataclass(frozen=True, slots=True)
class FindOrMake:
    """Finds or makes one user. `since` is when the restore began, `fallback` for whom the import or the invitation
    did not reach."""

    pool: UserPool
    target: TargetPool
    new_password: Callable[[], str]
    sub_attribute: str | None
    since: datetime
    fallback: Fallback

    def __call__(self, planned: PlannedUser, imported: User | None) -> tuple[PlannedUser, Found | str]:
        """The user, with the plan that it is restored by; or the reason why there is none. Raises PoolNotFound."""
        if planned.credential == Credential.IMPORT_JOB:
            imported = imported or self._imported_late(planned)
            if imported is not None:
                return planned, Found(imported)
            if self.fallback is Fallback.FAIL:
                return planned, Reason.NOT_IMPORTED
            planned = replace(planned, credential=self.fallback.value, reason=Reason.NOT_IMPORTED)
        try:
            return planned, self._make_or_find(planned) or Reason.NAME_TAKEN
        except Rejected as error:
            require_pool(self.pool, error)
            made = self._made_all_the_same(planned)
            if made is None:
                return planned, str(error)
            return replace(planned, credential=self.fallback.value, reason=Reason.NOT_INVITED), made

    def _make_or_find(self, planned: PlannedUser) -> Found | None:
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
            require_pool(self.pool, error)
            return None
        if not self._is_ours(planned, user):
            return None
        waits = user.status == FORCE_CHANGE_PASSWORD
        if waits and planned.credential == Credential.INVITE:
            # Nobody knows whether the first invitation went out; two are better than none.
            self.pool.resend_invitation(user.username, mediums(planned.attributes, self.target))
        # Nobody who signs up is ever in FORCE_CHANGE_PASSWORD. One who is not there any more may be anybody.
        return Found(user, proven=waits or self.sub_attribute is not None)

    def _made_all_the_same(self, planned: PlannedUser) -> Found | None:
        """A user whose invitation Cognito refused to send, after it had made them
        (rahulpsd18/cognito-backup-restore, src/index.ts)."""
        if planned.credential != Credential.INVITE or self.fallback is Fallback.FAIL:
            return None
        try:
            user = self.pool.get_user(planned.sign_in_name or planned.username)
        except Rejected as error:
            require_pool(self.pool, error)
            return None
        return Found(user) if self._is_ours(planned, user) else None

    def _imported_late(self, planned: PlannedUser) -> User | None:
        """A user of the import whom the listing did not show yet, or whom an earlier attempt made otherwise.

        Nobody disabled is imported: that is one whom such an attempt has left half-way. A name that Cognito does not
        even look up was none to import.
        """
        try:
            user = self.pool.get_user(planned.sign_in_name or planned.username)
        except Rejected as error:
            require_pool(self.pool, error)
            return None
        is_imported = user.enabled and user.status != FORCE_CHANGE_PASSWORD
        return user if is_imported and self._is_ours(planned, user) else None

    def _is_ours(self, planned: PlannedUser, user: User) -> bool:
        if not self._is_new(user):
            return False
        if self.sub_attribute is None:
            return _attributes_agree(planned, user)
        return user.attributes.get(self.sub_attribute) == planned.attributes.get(self.sub_attribute)

    def _is_new(self, user: User) -> bool:
        return user.created_at >= self.since - CLOCK_SKEW


def _attributes_agree(planned: PlannedUser, user: User) -> bool:
    return all(
        _said(name, user.attributes.get(name, "")) == _said(name, value) for name, value in planned.attributes.items()
    )


def _said(name: str, value: str) -> str:
    """A value as it is compared; an import leaves a date of birth in the form of its file."""
    return (birthdates.iso(value) if name == "birthdate" else None) or value.lower()


def require_pool(pool: UserPool, error: Rejected) -> None:
    """Cognito says the same of a group that is gone and of a pool that is. Raises PoolNotFound for the pool.

    Raises ImportUnderWay where it takes nothing for now, which is nobody's failure.
    """
    if error.code == IMPORT_UNDER_WAY:
        raise ImportUnderWay(
            f"{pool.user_pool_id}: an import job is under way, and {error.operation} has to wait until it has ended. "
            "Start the restore again then, with the same input and its restore_id."
        )
    if error.code == POOL_OR_GROUP_GONE:
        pool.describe()
