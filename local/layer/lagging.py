"""Listings that lag behind what was done: who was made just now is not listed yet, who was deleted just now still is.

"Eventually consistent": https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html.
Assumed: for how long, and that all of a user lags alike; AdminGetUser and the other operations on one user never do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

User = Mapping[str, Any]


class Lagging:
    """`lag_s` seconds behind. Users are what ListUsers returns; the time is that of their UserCreateDate."""

    def __init__(self, lag_s: float) -> None:
        if not lag_s >= 0:
            raise ValueError("lag_s is 0 or more seconds")
        self._lag_s = lag_s
        self._deleted: dict[tuple[str, str], tuple[float, User, frozenset[str]]] = {}

    def deleted(self, user_pool_id: str, user: User, groups: Collection[str], now: float) -> None:
        """Notes that the user, who was in those groups, is gone since now."""
        for key in [key for key, (since, _, _) in self._deleted.items() if now - since >= self._lag_s]:
            del self._deleted[key]
        if self._lag_s:
            self._deleted[user_pool_id, user["Username"]] = now, user, frozenset(groups)

    def listed(self, user_pool_id: str, users: Iterable[User], now: float, group: str | None = None) -> list[User]:
        """The users as a listing of now tells them: all of the pool, or of one group."""
        known = [user for user in users if now - user["UserCreateDate"] >= self._lag_s]
        names = {user["Username"] for user in known}
        gone = (
            user
            for (pool, name), (since, user, groups) in self._deleted.items()
            if pool == user_pool_id and now - since < self._lag_s and name not in names
            if now - user["UserCreateDate"] >= self._lag_s
            if group is None or group in groups
        )
        return [*known, *gone]
