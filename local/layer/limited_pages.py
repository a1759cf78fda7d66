"""The emulator's own listings under the limits: page tokens that are opaque and expire, pages that are short or empty
or tell an entry twice, filters that lie (`page_manners.py`), and listings of users that lag behind (`lagging.py`).

The emulator's tokens are offsets; while `pages` are on, they are inside ours. A token that is refused is an
InvalidParameterException with Cognito's text (https://github.com/aws/aws-sdk-js/issues/3705). Assumed: Limit may differ
from page to page. While a listing lags, or a filter lies with strangers, the whole listing is read for each page: for
pools of some thousands of users. Who deletes their own account (DeleteUser) is gone at once.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .concern import Answer, Call, Proceed
from .faults import PAGES
from .limits import Limits
from .page_manners import PageManners, Plan, TokenRefused
from .pools import pool_of_request, user_of

SIZES = ("Limit", "MaxResults")
MAX_PAGE = 60
USERS = ("ListUsers", "ListUsersInGroup")
#: The emulator tells all of these at once.
UNPAGED = ("AdminListGroupsForUser",)
LISTED = ("Username", "Attributes", "UserCreateDate", "UserLastModifiedDate", "Enabled", "UserStatus")
Entries = list[dict[str, Any]]


class LimitedPages:
    """`otherwise` says which pools have listings of their own."""

    def __init__(self, limits: Limits, otherwise: Callable[[str], bool]) -> None:
        self._limits, self._otherwise = limits, otherwise

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        if self._otherwise(call.user_pool_id):
            return await proceed(call)
        if call.action == "AdminDeleteUser" and self._limits.lagging:
            return await self._delete(call, proceed)
        lags = self._limits.lagging is not None and call.action in USERS
        if call.action not in PAGES or not (self._limits.manners or lags):
            return await proceed(call)
        manners, now = self._limits.manners or PageManners(), time.time()
        token = call.members.get(PAGES[call.action][1])
        try:
            plan = manners.plan(key_of(call), token, page_size(call.members), now)
        except TokenRefused:
            return refused(token)
        return await self._page(call, proceed, manners, plan, now)

    async def _page(self, call: Call, proceed: Proceed, manners: PageManners, plan: Plan, now: float) -> Answer:
        lags = self._limits.lagging is not None and call.action in USERS
        answer, plan, fetched, more = await (
            self._lagging(call, proceed, plan) if lags else _fetched(call, proceed, plan)
        )
        if not answer.succeeded:
            return answer
        strangers = await _strangers(call, proceed) if manners.lying_filter == "strangers" else NOBODY
        prefix = "^=" in str(call.members.get("Filter", ""))
        entries, token = manners.reply(plan, fetched, more, now, strangers if prefix else None)
        name, token_name = PAGES[call.action]
        return replace(answer, members={name: entries, **({token_name: token} if token else {})})

    async def _lagging(self, call: Call, proceed: Proceed, plan: Plan) -> tuple[Answer, Plan, Entries, bool]:
        answer, everybody = await _all(call, proceed)
        assert self._limits.lagging is not None  # noqa: S101
        group = call.members.get("GroupName")
        listed = self._limits.lagging.listed(call.user_pool_id, everybody, time.time(), group)
        ends = plan.start + plan.count
        return answer, plan, [dict(user) for user in listed[plan.start : ends]], ends < len(listed)

    async def _delete(self, call: Call, proceed: Proceed) -> Answer:
        pool = pool_of_request(call.user_pool_id)
        user = user_of(pool, str(call.members.get("Username"))) if pool else None
        listed = {name: user[name] for name in LISTED} if user else {}
        groups = tuple(user.get("_groups", ())) if user else ()
        answer = await proceed(call)
        if answer.succeeded and listed and self._limits.lagging:
            self._limits.lagging.deleted(call.user_pool_id, listed, groups, time.time())
        return answer


class Strangers:
    """Users whom the filter of a request does not match."""

    def __init__(self, users: Entries) -> None:
        self._users = users

    def __len__(self) -> int:
        return len(self._users)

    def entries(self, start: int, end: int) -> Entries:
        return self._users[start:end]


NOBODY = Strangers([])


def key_of(call: Call) -> str:
    """What is listed: the request without its page."""
    paging = {*SIZES, PAGES[call.action][1]}
    return json.dumps([call.action, {name: value for name, value in call.members.items() if name not in paging}])


def page_size(members: Mapping[str, Any]) -> int:
    return next((int(members[name]) for name in SIZES if members.get(name)), MAX_PAGE)


def refused(token: object) -> Answer:
    return Answer.error("InvalidParameterException", f"Paging marker {token} is invalid for request {uuid.uuid4()}")


async def _fetched(call: Call, proceed: Proceed, plan: Plan) -> tuple[Answer, Plan, Entries, bool]:
    """What the plan asks for. Where the emulator gives less and says that there is more, the plan is what it gave."""
    name, token_name = PAGES[call.action]
    if not plan.count:
        return Answer(200, {}), plan, [], True
    size = next((member for member in SIZES if member in call.members), None)
    wanted: dict[str, Any] = {size: plan.count} if size else {}
    answer = await proceed(call.with_members(**wanted, **{token_name: str(plan.start) if plan.start else None}))
    entries, offset = list(answer.members.get(name, ())), answer.members.get(token_name)
    if offset is None:
        ends = plan.start + plan.count
        if call.action in UNPAGED:
            return answer, plan, entries[plan.start : ends], ends < len(entries)
        return answer, plan, entries, False
    count = int(offset) - plan.start
    if count:
        return answer, replace(plan, count=count), entries, True
    return answer, replace(plan, start=plan.start + plan.again, count=0, empty_so_far=plan.empty_so_far + 1), [], True


async def _all(call: Call, proceed: Proceed) -> tuple[Answer, Entries]:
    name, token_name = PAGES[call.action]
    entries: Entries = []
    token: str | None = None
    while True:
        answer = await proceed(call.with_members(Limit=MAX_PAGE, **{token_name: token}))
        entries += answer.members.get(name, ())
        token = answer.members.get(token_name)
        if token is None:
            return answer, entries


async def _strangers(call: Call, proceed: Proceed) -> Strangers:
    everybody = (await _all(call.with_members(Filter=""), proceed))[1]
    matched = {user["Username"] for user in (await _all(call, proceed))[1]}
    return Strangers([user for user in everybody if user["Username"] not in matched])
