"""A user pool of any size that is stored nowhere: each user is made from their number whenever they are told.

    pool = SyntheticPool(seed=1, users=10_000_000, groups=20, memberships_per_user=1)
    page, token = pool.list_users('sub ^= "a"', None, 60, now)

Every page, of whatever listing, takes constant time: users who match a filter, and members of a group, are found by
arithmetic. Listed without a filter, or by a group, users come in the order of their numbers; by a `sub` filter in that
of `sub`. Nothing changes in this pool.

Assumed: `sub ^= "..."` with a short prefix (docs/unverified.md), in lower case.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any

from .page_manners import PageManners
from .sub_order import SubOrder
from .synthetic_people import email, told, username

Json = dict[str, Any]

FILTER = re.compile(r'\s*"?(?P<attribute>[\w:]+)"?\s*(?P<operator>\^?=)\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*')
MAX_LIMIT = 60
GROUPS_SINCE = 1_546_300_800


class FilterRefused(ValueError):
    """Not a filter, or one that this pool cannot answer in constant time."""


class Numbers:
    """The numbers of some users, in an order: `count` of them, each found by its place."""

    def __init__(self, count: int, at: Callable[[int], int]) -> None:
        self._count, self._at = count, at

    def __len__(self) -> int:
        return self._count

    def entries(self, start: int, end: int) -> list[int]:
        return [self._at(place) for place in range(start, min(end, self._count))]


class SyntheticPool:
    """Users are numbered from 0. `estimate_factor` times their number is what DescribeUserPool says of it."""

    def __init__(
        self,
        seed: int,
        users: int,
        groups: int = 0,
        memberships_per_user: int = 0,
        *,
        estimate_factor: float = 1.0,
        manners: PageManners | None = None,
    ) -> None:
        if users < 0 or not 0 <= memberships_per_user <= groups or estimate_factor < 0:
            raise ValueError("users >= 0, 0 <= memberships_per_user <= groups, estimate_factor >= 0")
        self.users, self.groups, self.memberships_per_user = users, groups, memberships_per_user
        self.manners = manners or PageManners(seed)
        self._order = SubOrder(seed, users)
        self._estimate_factor = estimate_factor
        self._names = range(users)
        #: By place: the rank for `sub`, the number for the others.
        self._texts = {"sub": self._order.sub, "username": username, "email": email}

    def describe(self) -> Json:
        """What DescribeUserPool tells of the users."""
        return {"EstimatedNumberOfUsers": round(self.users * self._estimate_factor)}

    def list_users(self, filter_: str, token: str | None, limit: int, now: float) -> tuple[list[Json], str | None]:
        """Users as ListUsers tells them. FilterRefused, TokenRefused."""
        page, next_token = self.list_users_text(filter_, token, limit, now)
        return [json.loads(text) for text in page], next_token

    def list_users_text(self, filter_: str, token: str | None, limit: int, now: float) -> tuple[list[str], str | None]:
        """The same, each user as JSON: for whoever sends them on."""
        listing, strangers = self._matching(filter_)
        numbers, next_token = self.manners.page(listing, f"ListUsers {filter_}", token, _limit(limit), now, strangers)
        return list(map(self.user_text, numbers)), next_token

    def list_users_in_group(
        self, group: str, token: str | None, limit: int, now: float
    ) -> tuple[list[Json], str | None]:
        """Users as ListUsersInGroup tells them. KeyError for a group that is not there."""
        page, next_token = self.list_users_in_group_text(group, token, limit, now)
        return [json.loads(text) for text in page], next_token

    def list_users_in_group_text(
        self, group: str, token: str | None, limit: int, now: float
    ) -> tuple[list[str], str | None]:
        key = f"ListUsersInGroup {group}"
        numbers, next_token = self.manners.page(self._members(group), key, token, _limit(limit), now)
        return list(map(self.user_text, numbers)), next_token

    def list_groups(self, token: str | None, limit: int, now: float) -> tuple[list[Json], str | None]:
        numbers, next_token = self.manners.page(Numbers(self.groups, _itself), "ListGroups", token, _limit(limit), now)
        return list(map(self._group, numbers)), next_token

    def list_groups_for_user(
        self, username: str, token: str | None, limit: int, now: float
    ) -> tuple[list[Json], str | None]:
        """The groups as AdminListGroupsForUser tells them. KeyError for nobody."""
        number = self._number(username)
        member_of = sorted((number + step) % self.groups for step in range(self.memberships_per_user))
        listing = Numbers(len(member_of), member_of.__getitem__)
        key = f"AdminListGroupsForUser {username}"
        numbers, next_token = self.manners.page(listing, key, token, _limit(limit), now)
        return list(map(self._group, numbers)), next_token

    def user_by_name(self, username: str) -> Json:
        """The user of that username or `sub`, as ListUsers tells them. KeyError for nobody."""
        return self.user(self._number(username))

    def group_by_name(self, group: str) -> Json:
        """KeyError for a group that is not there."""
        return self._group(self._group_number(group))

    def user(self, number: int) -> Json:
        told: Json = json.loads(self.user_text(number))
        return told

    def user_text(self, number: int) -> str:
        """The user as ListUsers tells them, in JSON."""
        return told(number, self.users, *self._order.sub_and_noise(self._order.rank(number)))

    def sub(self, number: int) -> str:
        return self._order.sub(self._order.rank(number))

    def _matching(self, filter_: str) -> tuple[Numbers, Numbers | None]:
        """Whom a filter matches, and, where it is one for a prefix, whom it does not."""
        if not filter_.strip():
            return Numbers(self.users, _itself), None
        found = FILTER.fullmatch(filter_)
        if found is None:
            raise FilterRefused(f"not a filter: {filter_}")
        attribute, value = found["attribute"], re.sub(r"\\(.)", r"\1", found["value"])
        if attribute not in self._texts:
            raise FilterRefused(f"the synthetic pool has no filter by {attribute}")
        at = self._order.number if attribute == "sub" else _itself
        if found["operator"] == "=":
            return _at(self._whole(attribute, value), at), None
        places = self._beginning(attribute, value)
        return _at(places, at), _at_others(places, self.users, at)

    def _beginning(self, attribute: str, prefix: str) -> range:
        """The places of those whose attribute begins so, in the order of the attribute: by `sub` that of the ranks;
        names and addresses are in the order of the numbers."""
        if attribute == "sub":
            return self._order.ranks(prefix)
        text = self._texts[attribute]
        first = bisect_left(self._names, prefix, key=text)
        return range(first, bisect_left(self._names, f"{prefix}\U0010ffff", lo=first, key=text))

    def _whole(self, attribute: str, value: str) -> range:
        places = self._beginning(attribute, value)
        return places if places and self._texts[attribute](places.start) == value else range(0)

    def _members(self, group: str) -> Numbers:
        """User n is in the groups n, n + 1 and so on, counted round: so of any `groups` users in a row the same
        places are members."""
        wanted = self._group_number(group)
        places = sorted((wanted - step) % self.groups for step in range(self.memberships_per_user))
        rounds, rest = divmod(self.users, self.groups)
        count = rounds * len(places) + bisect_left(places, rest)
        return Numbers(count, lambda place: place // len(places) * self.groups + places[place % len(places)])

    def _number(self, username: str) -> int:
        for number in self._whole("username", username):
            return number
        for rank in self._whole("sub", username):
            return self._order.number(rank)
        raise KeyError(username)

    def _group_number(self, group: str) -> int:
        digits = group.removeprefix("group")
        if not digits.isdecimal() or int(digits) >= self.groups or group != _group_name(int(digits)):
            raise KeyError(group)
        return int(digits)

    def _group(self, number: int) -> Json:
        return {
            "GroupName": _group_name(number),
            "Description": f"Synthetic group {number}",
            "Precedence": number,
            "CreationDate": GROUPS_SINCE,
            "LastModifiedDate": GROUPS_SINCE,
        }


def _itself(number: int) -> int:
    return number


def _group_name(number: int) -> str:
    return f"group{number:04d}"


def _limit(limit: int) -> int:
    if not 0 <= limit <= MAX_LIMIT:
        raise ValueError(f"Limit is 0 to {MAX_LIMIT}")
    return limit or MAX_LIMIT


def _at(places: Sequence[int], at: Callable[[int], int]) -> Numbers:
    return Numbers(len(places), lambda place: at(places[place]))


def _at_others(places: range, users: int, at: Callable[[int], int]) -> Numbers:
    return Numbers(users - len(places), lambda place: at(place if place < places.start else place + len(places)))
