"""Records go into files and come back the same; filters give the same rows whatever the format."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.parquet import read_metadata

from poolsafe.adapters.jsonlines import JsonLinesFormat
from poolsafe.adapters.parquet import ROW_GROUP, ParquetFormat
from poolsafe.domain.compare.change import Change
from poolsafe.domain.records import Group, Membership, User
from poolsafe.domain.restore.difference import Difference
from poolsafe.domain.restore.notices import Notice
from poolsafe.domain.restore.outcome import Outcome
from poolsafe.domain.restore.planned_user import PlannedUser
from poolsafe.domain.restore.sub_map import SubMapping
from poolsafe.domain.restore.temporary_password import TemporaryPassword
from poolsafe.domain.restore.waiting import Waiting
from poolsafe.ports import FileFormat, Where
from poolsafe.schema_check import require
from tests.fakes import FakeUserPool
from tests.pipeline import pool_with
from tests.unit import records

PARQUET = ParquetFormat()
JSON_LINES = JsonLinesFormat()
BOTH = pytest.mark.parametrize("file_format", [PARQUET, JSON_LINES], ids=["parquet", "json"])


def written(file_format: FileFormat, row_type: type[Any], rows: Sequence[Any]) -> bytes:
    part = file_format.part(row_type)
    part.add(rows)
    return part.finish()


def read(file_format: FileFormat, row_type: type[Any], content: bytes, *any_of: Where) -> list[Any]:
    return [row for batch in file_format.read(row_type, content, *any_of) for row in batch]


@BOTH
@pytest.mark.parametrize(
    ("row_type", "rows"),
    [(User, records.users), (Group, records.groups), (Membership, records.memberships)],
    ids=["user", "group", "membership"],
)
@given(data=st.data())
def test_the_records_of_a_snapshot_come_back_as_they_were(
    file_format: FileFormat, row_type: type[Any], rows: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(rows, max_size=5))
    content = written(file_format, row_type, drawn)
    assert read(file_format, row_type, content) == drawn
    assert file_format.count(content) == len(drawn)


@pytest.mark.parametrize(
    ("row_type", "rows"),
    [
        (PlannedUser, records.planned_users),
        (Outcome, records.outcomes),
        (Difference, records.differences),
        (Change, records.changes),
        (SubMapping, records.sub_mappings),
        (Notice, records.notices),
        (TemporaryPassword, records.temporary_passwords),
        (Waiting, records.waiting),
    ],
    ids=["planned user", "outcome", "difference", "change", "sub mapping", "notice", "temporary password", "waiting"],
)
@given(data=st.data())
def test_the_working_records_come_back_as_they_were(
    row_type: type[Any], rows: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(rows, max_size=5))
    back = read(PARQUET, row_type, written(PARQUET, row_type, drawn))
    # Their text as well: an Action and the word "create" are equal, and only one of them can be matched.
    assert (back, repr(back)) == (drawn, repr(drawn))


@BOTH
def test_mfa_that_was_not_asked_for_and_mfa_that_is_not_there_stay_apart(file_format: FileFormat) -> None:
    pool = FakeUserPool()
    unknown = pool.add("unknown")
    none = pool.get_user("unknown")
    assert (unknown.mfa_methods, none.mfa_methods) == (None, ())
    assert read(file_format, User, written(file_format, User, [unknown, none])) == [unknown, none]


@BOTH
def test_precedence_zero_and_no_precedence_stay_apart(file_format: FileFormat) -> None:
    moment = FakeUserPool().add("any").created_at
    groups = [Group(str(precedence), None, precedence, None, moment, moment) for precedence in (0, None)]
    assert read(file_format, Group, written(file_format, Group, groups)) == groups


@BOTH
def test_the_same_rows_are_the_same_bytes(file_format: FileFormat) -> None:
    users = [account.user for account in pool_with(50).accounts.values()]
    assert written(file_format, User, users) == written(file_format, User, users)


@BOTH
def test_rows_may_come_in_any_number_of_batches(file_format: FileFormat) -> None:
    users = [account.user for account in pool_with(10, groups=0).accounts.values()]
    part = file_format.part(User)
    for start in range(0, 10, 3):
        part.add(users[start : start + 3])
    assert part.rows == 10
    assert read(file_format, User, part.finish()) == users


@BOTH
def test_a_file_longer_than_a_batch_is_read_whole(file_format: FileFormat) -> None:
    memberships = [Membership("all", f"user{number}", str(number)) for number in range(2 * ROW_GROUP + 1)]
    content = written(file_format, Membership, memberships)
    assert read(file_format, Membership, content) == memberships
    assert file_format.count(content) == 2 * ROW_GROUP + 1


@BOTH
def test_some_columns_are_read_without_the_others(file_format: FileFormat) -> None:
    memberships = [Membership("all", f"user{number}", str(number)) for number in range(ROW_GROUP + 1)]
    content = written(file_format, Membership, memberships)
    batches = list(file_format.columns(content, "sub", "group_name"))
    assert [row for batch in batches for row in batch] == [(member.sub, "all") for member in memberships]
    assert len(batches) == 2
    with pytest.raises(KeyError):
        list(file_format.columns(content, "sub", "unheard_of"))


def test_users_with_much_text_are_encoded_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolsafe.adapters.parquet.ROW_GROUP_CHARACTERS", 100)
    pool = FakeUserPool(custom=("custom:long",))
    part = PARQUET.part(User)
    before = part.size
    part.add([pool.add("long", custom__long="x" * 101)])
    assert part.size > before


# Filters: how a restore finds the few rows that belong to one part.

lookups = st.frozensets(records.texts | st.sampled_from(["a@example.com", "A@example.com"]), max_size=4)
addresses = st.sampled_from(["a@example.com", "A@example.com", "b@example.com", ""])
some_users = st.lists(
    st.builds(
        User,
        username=st.sampled_from(["alice", "Alice", "bob", "ALICE"]) | records.texts,
        sub=st.sampled_from(["1", "2", "3"]),
        status=st.just("CONFIRMED"),
        enabled=st.booleans(),
        created_at=records.moments,
        modified_at=records.moments,
        attributes=st.dictionaries(st.sampled_from(["email", "phone_number"]), addresses),
    ),
    max_size=8,
)


def plain(users: list[User], where: Where) -> list[User]:
    """The filter as anybody would write it."""

    def value(user: User) -> str | None:
        if where.attribute is not None:
            return user.attributes.get(where.attribute)
        found: str = getattr(user, where.column)
        return found

    def matches(user: User) -> bool:
        found = value(user)
        return found is not None and (found.lower() if where.ignore_case else found) in where.values

    return [user for user in users if matches(user)]


@BOTH
@given(users=some_users, values=lookups | st.just(frozenset({"alice"})), ignore_case=st.booleans())
def test_a_filter_by_column_gives_what_a_plain_filter_gives(
    file_format: FileFormat, users: list[User], values: frozenset[str], ignore_case: bool
) -> None:
    where = Where("username", frozenset(map(str.lower, values)) if ignore_case else values, ignore_case=ignore_case)
    assert read(file_format, User, written(file_format, User, users), where) == plain(users, where)


@BOTH
@given(users=some_users, values=lookups, attribute=st.sampled_from(["email", "phone_number"]), ignore=st.booleans())
def test_a_filter_by_attribute_gives_what_a_plain_filter_gives(
    file_format: FileFormat, users: list[User], values: frozenset[str], attribute: str, ignore: bool
) -> None:
    wanted = frozenset(map(str.lower, values)) if ignore else values
    where = Where("attributes", wanted, attribute=attribute, ignore_case=ignore)
    assert read(file_format, User, written(file_format, User, users), where) == plain(users, where)


@BOTH
@given(users=some_users, names=lookups, subs=st.frozensets(st.sampled_from(["1", "2", "4"])), values=lookups)
def test_a_row_is_kept_that_any_of_several_filters_keeps(
    file_format: FileFormat, users: list[User], names: frozenset[str], subs: frozenset[str], values: frozenset[str]
) -> None:
    any_of = (
        Where("sub", subs),
        Where("username", frozenset(map(str.lower, names)), ignore_case=True),
        Where("attributes", values, attribute="email"),
    )
    kept = [plain(users, where) for where in any_of]
    expected = [user for user in users if any(user in found for found in kept)]
    assert read(file_format, User, written(file_format, User, users), *any_of) == expected


@BOTH
@pytest.mark.parametrize("name", ["ΟΔΥΣΣΕΥΣ", "İstanbul", "Straẞe", "ǅungla", "ÅNGSTRÖM", "КИРИЛЛ"])
def test_letters_with_a_disputed_lower_case_are_found_as_python_lowers_them(file_format: FileFormat, name: str) -> None:
    """What is looked up was lowered by Python; a format that lowers otherwise would miss the user."""
    user = FakeUserPool().add(name)
    where = Where("username", frozenset({name.lower()}), ignore_case=True)
    assert read(file_format, User, written(file_format, User, [user]), where) == [user]


def test_only_columns_whose_values_come_again_have_a_dictionary() -> None:
    """A dictionary of what no two users share is the column itself, and numbers besides."""
    users = [FakeUserPool().add(f"person{number}", email=f"{number}@x.org") for number in range(500)]
    group = read_metadata(BytesIO(written(PARQUET, User, users))).row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    with_one = {column.path_in_schema for column in columns if column.has_dictionary_page}
    assert with_one == {
        *("status", "attributes.key_value.key", "mfa_methods.list.element", "preferred_mfa"),
    }


# JSON Lines, for readers without Poolsafe.

few = [st.lists(rows, max_size=3) for rows in (records.users, records.groups, records.memberships)]


@given(*few)
def test_every_line_of_json_fits_the_schema_of_its_record(
    users: list[User], groups: list[Group], memberships: list[Membership]
) -> None:
    for name, row_type, rows in (
        ("user", User, users),
        ("group", Group, groups),
        ("membership", Membership, memberships),
    ):
        lines = gzip.decompress(written(JSON_LINES, row_type, rows)).decode().split("\n")
        assert lines.pop() == ""
        assert len(lines) == len(rows)
        for line in lines:
            require(name, json.loads(line))
