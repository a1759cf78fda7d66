"""Users as rows of Cognito's CSV: what is written, column by column, and that it is read back as it was."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from poolsafe.domain.records import CONFIRMED, User
from poolsafe.domain.restore.import_file import MAX_ROW_CHARACTERS, row, why_not_imported
from poolsafe.domain.target import TargetPool
from tests.fake_imports import header as header_of
from tests.fakes import START, FakeUserPool
from tests.pipeline import target_pool
from tests.unit.restores import mfa, target_of

CUSTOM = ("custom:tenant", "custom:n")
HEADER = ("cognito:username", "name", "email", "email_verified", "phone_number_verified", "cognito:mfa_enabled")
MAIL = {"email": "ada@example.com", "email_verified": "true"}


def pool(**options: Any) -> TargetPool:
    return target_of(target_pool(custom=CUSTOM, auto_verified=("email",), **options))


def test_a_row_has_the_columns_in_the_order_of_the_header() -> None:
    attributes = {**MAIL, "name": "Ada", "custom:tenant": "blue"}
    assert row(HEADER, "ada", attributes, pool()) == "ada,Ada,ada@example.com,true,false,false"
    assert row(HEADER[::-1], "ada", attributes, pool()) == "false,false,true,ada@example.com,Ada,ada"
    assert row(("custom:tenant", "cognito:username", "name"), "ada", {}, pool()) == ",ada,"


def test_a_comma_is_escaped_and_nothing_else_is() -> None:
    attributes = {"name": "King, Ada; 'Countess' – 🦊"}
    assert row(("name", "cognito:username"), "a,b", attributes, pool()) == "King\\, Ada; 'Countess' – 🦊,a\\,b"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({}, "false,false"),
        ({"email_verified": "true"}, "true,false"),
        ({"email_verified": "True", "phone_number_verified": "TRUE"}, "true,true"),
        ({"email_verified": "false", "phone_number_verified": ""}, "false,false"),
        ({"email_verified": "yes"}, "false,false"),
    ],
)
def test_whether_an_address_is_verified_is_always_said(attributes: dict[str, str], said: str) -> None:
    assert row(("email_verified", "phone_number_verified"), "ada", attributes, pool()) == said


@pytest.mark.parametrize(("mode", "said"), [("OFF", "false"), ("ON", "true"), ("OPTIONAL", "false")])
def test_the_mfa_column_is_true_only_where_the_pool_requires_it(mode: str, said: str) -> None:
    """A second factor by the file could be the only way back to a password."""
    assert row(("cognito:mfa_enabled",), "ada", {}, pool(mfa=mfa(mode))) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [("1815-12-10", "12/10/1815"), ("12/10/1815", "12/10/1815"), ("", ""), ("0001-01-02", "01/02/0001")],
)
def test_a_birthdate_is_written_as_the_file_has_it(value: str, said: str) -> None:
    assert row(("birthdate",), "ada", {"birthdate": value}, pool()) == said


def test_the_old_sub_goes_into_the_file_where_the_pool_takes_it() -> None:
    assert row(("custom:original_sub", "sub"), "ada", {"custom:original_sub": "old"}, pool()) == "old,"


def length(target: FakeUserPool, attributes: Mapping[str, str]) -> int:
    return len(row(header_of(target), "ada", attributes, target_of(target)))


@pytest.mark.parametrize("filling", ["x", "é", ","])
def test_no_row_is_longer_than_cognito_takes(filling: str) -> None:
    """Whoever is let through fits with every column of the pool; who does not is not far above it."""
    target = target_pool(custom=CUSTOM, auto_verified=("email",), max_lengths={})
    fits = {
        size
        for size in range(6_000, 17_000, 50)
        if why_not_imported(_user({**MAIL, "custom:n": filling * size}), {**MAIL, "custom:n": filling * size}, pool())
        is None
    }
    longest = length(target, {**MAIL, "custom:n": filling * max(fits)})
    assert MAX_ROW_CHARACTERS - 200 < longest <= MAX_ROW_CHARACTERS


# Any user that is let through comes back from a reader that knows nothing but the comma's escape.


def _user(attributes: Mapping[str, str], username: str = "ada") -> User:
    return User(username, "old", CONFIRMED, True, START, START, attributes)


def read_back(columns: Sequence[str], line: str) -> dict[str, str]:
    values = [value.replace("\\,", ",").strip() for value in re.split(r"(?<!\\),", line)]
    return dict(zip(columns, values, strict=True))


hostile = st.text(st.sampled_from('a ,\\"\n\r\t\x00\u2028é🦊\x85\xa0'), max_size=8) | st.text(max_size=8)
birthdates = st.dates().map(lambda day: day.isoformat()) | st.dates().map(lambda day: f"{day:%m/%d}/{day.year:04d}")


@given(
    username=hostile,
    attributes=st.fixed_dictionaries(
        {"email": st.just("a@example.com"), "email_verified": st.just("true")},
        optional={"name": hostile, "custom:tenant": hostile, "birthdate": birthdates | hostile},
    ),
    mode=st.sampled_from(["OFF", "OPTIONAL", "ON"]),
)
def test_whoever_is_let_through_is_read_back_as_they_were(username: str, attributes: dict[str, str], mode: str) -> None:
    target = target_pool(custom=CUSTOM, auto_verified=("email",), mfa=mfa(mode))
    saved, columns = _user(attributes, username), header_of(target)
    assume(why_not_imported(saved, attributes, target_of(target)) is None)
    line = row(columns, username, attributes, target_of(target))
    assert len(line.splitlines()) == 1
    back = read_back(columns, line)
    assert back.pop("cognito:username") == username
    assert back.pop("email_verified") == "true"
    assert (back.pop("phone_number_verified"), back.pop("cognito:mfa_enabled")) == (
        "false",
        "true" if mode == "ON" else "false",
    )
    if birthdate := attributes.get("birthdate"):
        month, day, year = back.pop("birthdate").split("/")
        assert birthdate in (f"{year}-{month}-{day}", f"{month}/{day}/{year}")
    assert {name: value for name, value in back.items() if value} == {
        name: value for name, value in attributes.items() if value and name not in ("email_verified", "birthdate")
    }
