"""Applying the plan: a pipeline per user, many users at once, each quota at its own pace.

    for each planned user, in one of the workers:
        create (no message)  ->  groups  ->  password  ->  disable
    outcomes of a planned part are one file; its name is the part's and the row it starts at

The password comes after the groups because it is what makes a user usable: who
is still in FORCE_CHANGE_PASSWORD is unfinished, can be told, and is completed.

May be killed at any call and run again: a user that is there although the plan
did not find it is completed if it can be told to be this restore's own. Its
password is set only while Cognito still says FORCE_CHANGE_PASSWORD, so one that
somebody has chosen since is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..domain.outcome import Kind, Outcome, Reason, Result
from ..domain.plan import Action, PlannedUser
from ..domain.records import FORCE_CHANGE_PASSWORD, User
from ..errors import AlreadyExists, Rejected, Retryable
from ..ports import UserPool

#: Calls planned for the users under way at once. Bounds the time a hand-over has to wait for them.
MAX_CALLS_UNDER_WAY = 160
#: Users whose calls went unanswered before no more are begun: it is not about them.
MAX_BROKEN = 8
#: Create, password, disable.
FIXED_CALLS = 3
#: Clocks of Cognito and Step Functions may differ by some seconds.
CLOCK_SKEW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class RestoreUser:
    """Restores one planned user. `new_password` makes a new unguessable one at each call."""

    pool: UserPool
    new_password: Callable[[], str]
    sub_attribute: str | None
    restore_started_at: datetime

    def __call__(self, planned: PlannedUser) -> list[Outcome]:
        """Do what the plan says; the outcomes of the user and of each of its memberships."""
        match planned.action:
            case Action.SKIP:
                return _all(planned, Result.SKIPPED, planned.reason, Reason.USER_EXISTS, planned.existing_sub)
            case Action.DEFER:
                return _all(planned, Result.DEFERRED, planned.reason, Reason.USER_FEDERATED)
            case Action.FAIL:
                return _all(planned, Result.FAILED, planned.reason, Reason.USER_FAILED)
            case Action.CREATE:
                return self._create(planned)

    def _create(self, planned: PlannedUser) -> list[Outcome]:
        try:
            user, proven = self._create_or_find(planned)
        except Rejected as error:
            return _all(planned, Result.FAILED, str(error), Reason.USER_FAILED)
        if user is None:
            return _all(planned, Result.FAILED, Reason.NAME_TAKEN, Reason.USER_FAILED)
        joined = [self._join(planned, user, group, proven) for group in planned.groups]
        result, reason = Result.CREATED, None
        try:
            if user.status == FORCE_CHANGE_PASSWORD:
                self.pool.set_password(user.username, self.new_password())
            if not planned.enabled:
                self.pool.disable_user(user.username)
        except Rejected as error:
            result, reason = Result.FAILED, str(error)
        own = Outcome(Kind.USER, result, reason, planned.username, planned.sub, user.sub)
        return [own, *joined, *_service_made(planned)]

    def _create_or_find(self, planned: PlannedUser) -> tuple[User | None, bool]:
        """The new user, or the one an earlier attempt made, and whether that is proven; None for somebody else's."""
        name = planned.sign_in_name or planned.username
        try:
            return self.pool.create_user(name, planned.attributes, self.new_password()), True
        except AlreadyExists:
            found = self.pool.get_user(name)
        if self.sub_attribute:
            same = found.attributes.get(self.sub_attribute) == planned.attributes.get(self.sub_attribute)
            ours = same and (planned.reason == Reason.UNFINISHED or self._is_new(found))
            return (found if ours else None), True
        if not (self._is_new(found) and _attributes_agree(planned, found)):
            return None, False
        # Nobody who signs up is ever in FORCE_CHANGE_PASSWORD. One who is not there any more may be anybody.
        return found, found.status == FORCE_CHANGE_PASSWORD

    def _is_new(self, found: User) -> bool:
        return found.created_at >= self.restore_started_at - CLOCK_SKEW

    def _join(self, planned: PlannedUser, user: User, group_name: str, proven: bool) -> Outcome:
        """Add to a group; but nobody gets a right who is not proven to be the one it belongs to.

        An unproven user has its password, so an earlier attempt gave it its groups; the verification is the judge.
        """
        result, reason = Result.CREATED, None
        try:
            if proven:
                self.pool.add_to_group(user.username, group_name)
        except Rejected as error:
            result, reason = Result.FAILED, str(error)
        return Outcome(Kind.MEMBERSHIP, result, reason, planned.username, planned.sub, user.sub, group_name)


def _attributes_agree(planned: PlannedUser, found: User) -> bool:
    return all(found.attributes.get(name, "").lower() == value.lower() for name, value in planned.attributes.items())


def apply_rows(
    rows: Sequence[PlannedUser],
    restore: Callable[[PlannedUser], list[Outcome]],
    workers: ThreadPoolExecutor,
    must_stop: Callable[[], bool],
) -> tuple[int, list[Outcome]]:
    """Restore rows from the first on; how many were done, and their outcomes in order.

    Takes no new rows once `must_stop`, and waits for those under way: what it
    reports as done is done. A user whose calls go unanswered is tried once more
    at the end, and then fails alone; when nobody got through, the error is
    raised, because then it is not about one user.
    """
    taken: list[Future[list[Outcome]]] = []
    under_way: dict[Future[list[Outcome]], int] = {}
    broken = 0
    for row in rows:
        calls = FIXED_CALLS + len(row.groups)
        while under_way and sum(under_way.values()) + calls > MAX_CALLS_UNDER_WAY:
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                del under_way[future]
                broken += future.exception() is not None
        if taken and (must_stop() or broken > MAX_BROKEN):
            break
        future = workers.submit(restore, row)
        under_way[future] = calls
        taken.append(future)
    wait(taken)
    outcomes = [_settle(row, future, restore, taken) for row, future in zip(rows, taken, strict=False)]
    return len(taken), [outcome for of_user in outcomes for outcome in of_user]


def _settle(
    row: PlannedUser,
    future: Future[list[Outcome]],
    restore: Callable[[PlannedUser], list[Outcome]],
    taken: Sequence[Future[list[Outcome]]],
) -> list[Outcome]:
    if not isinstance(future.exception(), Retryable):
        return future.result()
    try:
        return restore(row)
    except Retryable as error:
        if all(other.exception() is not None for other in taken):
            raise
        return _all(row, Result.FAILED, type(error).__name__, Reason.USER_FAILED)


def _all(
    planned: PlannedUser, result: Result, reason: str | None, membership_reason: str, new_sub: str | None = None
) -> list[Outcome]:
    """The same outcome for a user and all its memberships."""
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
