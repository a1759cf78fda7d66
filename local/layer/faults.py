"""Faults on demand: throttling, short breaks, slowness and pages that lie about their emptiness.

None is armed until `PUT /_poolsafe/faults` says so, with a list like

    [{"action": "ListUsers", "error": "TooManyRequestsException", "times": 3, "after": 10}]

of faults that each strike an action (`*`: every one), optionally of one `user_pool_id` only, in exactly one manner:

    error        answered with that exception, nothing done. `status` is 400 unless given
    kill_after   true: done, but answered with HTTP 500, as when the connection breaks on the way back
    kill_caller  true: done, and the Lambda function that called is killed before it hears of it
    empty_page   true: a page of a listing without a single entry, with a token that leads on
    latency_ms   answered that much later

`after` calls are let through first (0), then `times` are struck (1; null: all that follow). `GET` tells what is left,
`DELETE` disarms all.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from .callers import kill_calling_function
from .concern import Answer, Call, Proceed

MANNERS = ("error", "kill_after", "kill_caller", "empty_page", "latency_ms")

#: The listings that come in pages: what holds the entries, and what holds the token.
PAGES = {
    "ListUsers": ("Users", "PaginationToken"),
    "ListUsersInGroup": ("Users", "NextToken"),
    "ListGroups": ("Groups", "NextToken"),
    "AdminListGroupsForUser": ("Groups", "NextToken"),
    "ListUserPoolClients": ("UserPoolClients", "NextToken"),
    "ListUserPools": ("UserPools", "NextToken"),
    "ListIdentityProviders": ("Providers", "NextToken"),
    "ListResourceServers": ("ResourceServers", "NextToken"),
    "ListTerms": ("Terms", "NextToken"),
}


@dataclass(slots=True)
class Fault:
    """One armed fault, counting down."""

    action: str
    user_pool_id: str | None = None
    after: int = 0
    times: int | None = 1
    error: str | None = None
    status: int = 400
    kill_after: bool = False
    kill_caller: bool = False
    empty_page: bool = False
    latency_ms: int = 0

    def __post_init__(self) -> None:
        if sum(bool(getattr(self, manner)) for manner in MANNERS) != 1:
            raise ValueError(f"a fault strikes in one of these manners: {', '.join(MANNERS)}")
        if self.empty_page and self.action not in PAGES:
            raise ValueError(f"empty_page is for {', '.join(PAGES)}")

    def strikes(self, call: Call) -> bool:
        if self.action not in ("*", call.action) or self.user_pool_id not in (None, call.user_pool_id):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    async def answer(self, call: Call, proceed: Proceed) -> Answer:
        if self.error:
            return Answer.error(self.error, "a fault was injected", self.status)
        if self.empty_page:
            return _empty_page(call)
        await asyncio.sleep(self.latency_ms / 1000)
        answer = await proceed(call)
        if self.kill_caller:
            kill_calling_function()
        if self.kill_after or self.kill_caller:
            return Answer.error("InternalErrorException", "a fault was injected after the call was done", 500)
        return answer


class Faults:
    """The armed faults. Each is asked in its order; the first that strikes lies outermost."""

    def __init__(self) -> None:
        self._armed: list[Fault] = []

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        for fault in reversed([fault for fault in self._armed if fault.strikes(call)]):
            proceed = _struck(fault, proceed)
        return await proceed(call)

    def control(self, method: str, body: Any) -> list[dict[str, Any]]:
        if method == "PUT":
            self._armed = [Fault(**fault) for fault in body]
        elif method == "DELETE":
            self._armed = []
        return [asdict(fault) for fault in self._armed if fault.times is None or fault.times > 0]


def _struck(fault: Fault, proceed: Proceed) -> Proceed:
    async def answered(call: Call) -> Answer:
        return await fault.answer(call, proceed)

    return answered


def _empty_page(call: Call) -> Answer:
    """The emulator's tokens are offsets in decimal: another leading zero is another token for the same place."""
    entries, token = PAGES[call.action]
    return Answer(200, {entries: [], token: f"0{call.members.get(token) or ''}"})
