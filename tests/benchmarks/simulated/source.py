"""A pool to be exported, of any size: users made from their numbers, and files that hold no more than the numbers.

Who is listed is `local/layer/synthetic_pool.py`'s; of each user only name and `sub` are made, because a hundred million
attributes cost CPU time, which is not what is measured.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from local.layer.page_manners import TokenRefused
from local.layer.synthetic_pool import SyntheticPool
from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.domain.records import CONFIRMED, Factors, Group, Membership, Page, User
from poolsafe.errors import NotFound, PageTokenRefused
from poolsafe.ports import Part, Where
from tests.benchmarks.simulated.service import Client

Row = TypeVar("Row")

SOURCE_ID = "us-east-1_Source"
PAGE_SIZE = 60
#: What a row's text is taken to have.
CHARACTERS_PER_ROW = 200
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
#: What Parquet files begin with; read as a number, it is nobody's.
PARQUET_MAGIC = b"PAR1"
_PARQUET = ParquetFormat()


class LeanPool(SyntheticPool):
    """The synthetic pool, telling of each user only who it is."""

    def user_text(self, number: int) -> str:
        return f"{number:08d} {self.sub(number)}"

    def record(self, text: str) -> User:
        number, _, sub = text.partition(" ")
        return User(f"person{number}", sub, CONFIRMED, True, SINCE, SINCE)


class SimulatedSource:
    """As much of the UserPool port as an export needs."""

    def __init__(self, client: Client, clock: Callable[[], float], people: LeanPool) -> None:
        self.user_pool_id = SOURCE_ID
        self._call = client.call
        self._now = clock
        self._people = people

    def describe(self) -> dict[str, Any]:
        return self._call("DescribeUserPool", lambda: {"Id": SOURCE_ID, **self._people.describe()})

    def list_users(self, token: str | None, only: str | None = None) -> Page[User]:
        def answer() -> Page[User]:
            texts, following = self._people.list_users_text(only or "", token, PAGE_SIZE, self._now())
            return Page(tuple(map(self._people.record, texts)), following)

        return self._listed("ListUsers", answer)

    def factors_of(self, username: str) -> Factors:
        return self._call("AdminGetUserAuthFactors", lambda: Factors((), None), user=username)

    def list_groups(self, token: str | None) -> Page[Group]:
        def answer() -> Page[Group]:
            told, following = self._people.list_groups(token, PAGE_SIZE, self._now())
            return Page(tuple(Group(one["GroupName"], None, None, None, SINCE, SINCE) for one in told), following)

        return self._listed("ListGroups", answer)

    def list_members(self, group_name: str, token: str | None) -> Page[Membership]:
        def answer() -> Page[Membership]:
            try:
                texts, following = self._people.list_users_in_group_text(group_name, token, PAGE_SIZE, self._now())
            except KeyError as error:
                raise NotFound("ListUsersInGroup", "ResourceNotFoundException") from error
            members = (text.partition(" ") for text in texts)
            return Page(tuple(Membership(group_name, f"person{name}", sub) for name, _, sub in members), following)

        return self._listed("ListUsersInGroup", answer)

    def _listed(self, operation: str, answer: Callable[[], Page[Row]]) -> Page[Row]:
        try:
            return self._call(operation, answer)
        except TokenRefused as error:
            raise PageTokenRefused(f"{operation}: the page token is no longer valid (they last an hour).") from error


@dataclass
class _Numbers(Generic[Row]):
    """A part that keeps of each row the user's number, and the group's."""

    row_type: type[Row]
    numbers: array[int] = field(default_factory=lambda: array("I"))

    @property
    def rows(self) -> int:
        return len(self.numbers) // 2

    @property
    def size(self) -> int:
        return self.rows * CHARACTERS_PER_ROW

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            group = int(row.group_name.removeprefix("group")) if isinstance(row, Membership) else 0
            self.numbers.extend((number_of(cast("User | Membership", row).username), group))

    def finish(self) -> bytes:
        return self.numbers.tobytes()


@dataclass(frozen=True)
class NumbersFormat:
    """The FileFormat port: users and memberships as numbers, eight bytes each; groups as Parquet."""

    people: LeanPool
    extension: str = "parquet"

    def part(self, row_type: type[Row]) -> Part[Row]:
        return _PARQUET.part(row_type) if row_type is Group else _Numbers(row_type)

    def read(self, row_type: type[Row], content: bytes, *any_of: Where) -> Iterator[list[Row]]:
        if row_type is Group:
            yield from _PARQUET.read(row_type, content, *any_of)
            return
        if any_of:
            raise NotImplementedError("nothing that is simulated looks anybody up")
        yield [cast("Row", self._row(row_type, number, group)) for number, group in pairs(content)]

    def columns(self, content: bytes, *names: str) -> Iterator[list[tuple[str, ...]]]:
        if content.startswith(PARQUET_MAGIC):
            yield from _PARQUET.columns(content, *names)
            return
        rows = (self._row(Membership, number, group) for number, group in pairs(content))
        yield [tuple(getattr(row, name) for name in names) for row in rows]

    def count(self, content: bytes) -> int:
        return len(content) // 8

    def _row(self, row_type: type[Row], number: int, group: int) -> User | Membership:
        user = self.people.record(self.people.user_text(number))
        return user if row_type is User else Membership(f"group{group:04d}", user.username, user.sub)


def pairs(content: bytes) -> Iterator[tuple[int, int]]:
    """The numbers of user and group in a file."""
    numbers = array("I")
    numbers.frombytes(content)
    return zip(numbers[::2], numbers[1::2], strict=True)


def number_of(username: str) -> int:
    return int(username.removeprefix("person"))
