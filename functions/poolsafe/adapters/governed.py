"""A user pool that keeps to its share of Cognito's quotas.

Wraps the UserPool port: every call waits for its turn in its category, and a
throttle makes that category slower for everybody in the lane. Production
sign-ins keep what is left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ..domain.governor import Pace
from ..domain.quotas import OPERATIONS, Category
from ..domain.records import Factors, Group, Membership, Page, User
from ..errors import Throttled
from ..ports import Clock, ServiceApi, UserPool

Answer = TypeVar("Answer")

#: Calls in all for one that is throttled, each after botocore gave up on its own attempts, at a pace that was halved.
ATTEMPTS = 8
#: Before each but the first a pause: 1, 2, 4 seconds and so on, 39 in all. Where many are throttled at once, botocore
#: has spent its retries and gives up at once; all attempts would be over before the pace is found.
LONGEST_PAUSE_SECONDS = 8.0
#: A turn that comes later is none, because a worker that waits does not look at the deadline. Lanes begin no more than
#: comes to its turn in time, also at the slowest pace (`walks_at`; a restore by the pace of the moment). This is for
#: quotas so small that nothing would.
LONGEST_WAIT_SECONDS = 180.0


class Governor:
    """One pace per category, shared by the threads of a lane. `rates` is in requests per second."""

    def __init__(self, rates: Mapping[Category, float], clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._paces = {category: Pace(rate) for category, rate in rates.items()}
        self.requests = 0
        self.throttles = 0

    def wait(self, operation: str) -> None:
        """Sleep until it is this operation's turn, first come, first served.

        Raises Throttled when that would be too long for a function that has to come to an end.
        """
        category = OPERATIONS[operation]
        pace = self._paces[category]
        with self._lock:
            self.requests += 1
            turn = pace.ask(self._clock.monotonic())
        try:
            while (seconds := self._until(pace, turn)) > 0:
                if seconds > LONGEST_WAIT_SECONDS:
                    raise Throttled(
                        f"{operation}: its turn would come in {seconds:.0f} seconds only, at {pace.rate:.2g} requests "
                        f"of {category.value} a second. Raise quota_share, or Quotas (a parameter of the stack)."
                    )
                # Asked again afterwards: the pace may have been slowed down meanwhile.
                self._clock.sleep(seconds)
        except BaseException:
            with self._lock:
                pace.give_up()
            raise

    def _until(self, pace: Pace, turn: int) -> float:
        with self._lock:
            return pace.wait(turn, self._clock.monotonic())

    def throttled(self, operation: str, seconds_ago: float = 0.0) -> None:
        """Cognito throttled an attempt that was sent so long ago: count it, and slow its category down."""
        with self._lock:
            self.throttles += 1
        self.slow_down(operation, self._clock.monotonic() - seconds_ago)

    def slow_down(self, operation: str, sent: float) -> None:
        """Halve the pace of this operation's category, unless it was halved since `sent`."""
        with self._lock:
            if operation in OPERATIONS:
                self._paces[OPERATIONS[operation]].throttled(self._clock.monotonic(), sent)

    def rate(self, category: Category) -> float:
        """Requests per second at present."""
        return self._paces[category].rate

    def paced(self, operation: str, call: Callable[..., Answer], *arguments: Any, **members: Any) -> Answer:
        """Make a call when it is its turn; when it is throttled, again at a slower pace."""
        for attempt in range(1, ATTEMPTS + 1):
            self.wait(operation)
            sent = self._clock.monotonic()
            try:
                return call(*arguments, **members)
            except Throttled:
                if attempt == ATTEMPTS:
                    raise
                self.slow_down(operation, sent)
                self._clock.sleep(min(2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS))
        raise AssertionError("unreachable")


class GovernedApi:
    """The ServiceApi port of Cognito, at the governor's pace."""

    def __init__(self, api: ServiceApi, governor: Governor) -> None:
        self._api = api
        self._governor = governor
        self.region = api.region

    def knows(self, operation: str) -> bool:
        return self._api.knows(operation)

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        return self._governor.paced(operation, self._api.call, operation, **members)


class GovernedUserPool:
    """The UserPool port, at the governor's pace."""

    def __init__(self, pool: UserPool, governor: Governor) -> None:
        self._pool = pool
        self._paced = governor.paced
        self.user_pool_id = pool.user_pool_id

    def describe(self) -> dict[str, Any]:
        return self._paced("DescribeUserPool", self._pool.describe)

    def list_users(self, token: str | None, only: str | None = None) -> Page[User]:
        return self._paced("ListUsers", self._pool.list_users, token, only)

    def list_groups(self, token: str | None) -> Page[Group]:
        return self._paced("ListGroups", self._pool.list_groups, token)

    def get_group(self, group_name: str) -> Group:
        return self._paced("GetGroup", self._pool.get_group, group_name)

    def list_members(self, group_name: str, token: str | None) -> Page[Membership]:
        return self._paced("ListUsersInGroup", self._pool.list_members, group_name, token)

    def get_user(self, username: str) -> User:
        return self._paced("AdminGetUser", self._pool.get_user, username)

    def factors_of(self, username: str) -> Factors:
        return self._paced("AdminGetUserAuthFactors", self._pool.factors_of, username)

    def groups_of(self, username: str) -> list[Group]:
        return self._paced("AdminListGroupsForUser", self._pool.groups_of, username)

    def create_group(self, group: Group) -> None:
        self._paced("CreateGroup", self._pool.create_group, group)

    def update_group(self, group: Group) -> None:
        self._paced("UpdateGroup", self._pool.update_group, group)

    def create_user(self, username: str, attributes: Mapping[str, str], password: str) -> User:
        return self._paced("AdminCreateUser", self._pool.create_user, username, attributes, password)

    def invite_user(self, username: str, attributes: Mapping[str, str], mediums: Sequence[str]) -> User:
        return self._paced("AdminCreateUser", self._pool.invite_user, username, attributes, mediums)

    def resend_invitation(self, username: str, mediums: Sequence[str]) -> None:
        self._paced("AdminCreateUser", self._pool.resend_invitation, username, mediums)

    def set_password(self, username: str, password: str) -> None:
        self._paced("AdminSetUserPassword", self._pool.set_password, username, password)

    def set_temporary_password(self, username: str, password: str) -> None:
        self._paced("AdminSetUserPassword", self._pool.set_temporary_password, username, password)

    def update_attributes(self, username: str, attributes: Mapping[str, str]) -> None:
        self._paced("AdminUpdateUserAttributes", self._pool.update_attributes, username, attributes)

    def set_mfa(self, username: str, methods: Sequence[str], preferred: str | None) -> None:
        self._paced("AdminSetUserMFAPreference", self._pool.set_mfa, username, methods, preferred)

    def link(self, username: str, provider_name: str, user_id: str) -> None:
        self._paced("AdminLinkProviderForUser", self._pool.link, username, provider_name, user_id)

    def add_to_group(self, username: str, group_name: str) -> None:
        self._paced("AdminAddUserToGroup", self._pool.add_to_group, username, group_name)

    def disable_user(self, username: str) -> None:
        self._paced("AdminDisableUser", self._pool.disable_user, username)

    def enable_user(self, username: str) -> None:
        self._paced("AdminEnableUser", self._pool.enable_user, username)
