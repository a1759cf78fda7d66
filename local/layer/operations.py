"""Operations the emulator does not have, answered in its place.

Each is a plain function of the pool and the request's members that returns the answer's members, or raises `Refused`.
What it keeps, it keeps in the emulator's record of the pool, under a key that begins with `_poolsafe_`: such keys are
not shown by DescribeUserPool and end with the pool.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .concern import Answer, Call, Concern, Proceed
from .pools import pool_of_request

Json = dict[str, Any]
Operation = Callable[[Json, Mapping[str, Any]], Json]


class Refused(Exception):
    """One of Cognito's exceptions, by its name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def answering(operations: Mapping[str, Operation]) -> Concern:
    """The concern that answers those operations.

    An unknown pool or app client is a ResourceNotFoundException in all of them (API_*, section Errors)."""

    async def answered(call: Call, proceed: Proceed) -> Answer:
        operation = operations.get(call.action)
        if operation is None:
            return await proceed(call)
        pool = pool_of_request(call.user_pool_id)
        if pool is None:
            return Answer.error("ResourceNotFoundException", f"User pool {call.user_pool_id} does not exist.")
        client = call.members.get("ClientId")
        if client is not None and client not in pool["_clients"]:
            return Answer.error("ResourceNotFoundException", f"User pool client {client} does not exist.")
        try:
            return Answer(200, operation(pool, call.members))
        except Refused as refused:
            return Answer.error(refused.name, str(refused))

    return answered


def kept(pool: Json, name: str) -> Json:
    """What an operation keeps in the pool under that name."""
    found: Json = pool.setdefault(f"_poolsafe_{name}", {})
    return found


def new_id() -> str:
    return str(uuid.uuid4())


def now() -> float:
    return time.time()


def tier_of(pool: Json) -> str:
    from ministack.services import cognito

    return str(cognito._user_pool_tier(pool))


def page(entries: Sequence[Json], size: int, token: str | None) -> tuple[list[Json], str | None]:
    """One page and the token of the next. Tokens are offsets, as the emulator's are (`faults.py` counts on it)."""
    start = int(token or 0)
    end = start + size
    return list(entries[start:end]), str(end) if end < len(entries) else None
