"""What DescribeUserPool tells of a target, and what follows for its users."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from poolsafe.domain.records import User
from poolsafe.domain.seen import RecentlySeen
from poolsafe.domain.target import TargetPool

MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
SCHEMA = [
    {"Name": "sub", "Required": True, "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "2048"}},
    {"Name": "email", "Required": True, "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}},
    {"Name": "birthdate", "Required": False, "StringAttributeConstraints": {"MinLength": "10", "MaxLength": "10"}},
    {"Name": "updated_at", "Required": False, "NumberAttributeConstraints": {"MinValue": "0"}},
    {"Name": "custom:open", "Required": False, "StringAttributeConstraints": {}},
]


def target(**described: Any) -> TargetPool:
    return TargetPool.of({"Id": "us-east-1_Target", "SchemaAttributes": SCHEMA, **described})


def user(username: str = "alice", **attributes: str) -> User:
    return User(username, "sub", "CONFIRMED", True, MOMENT, MOMENT, attributes)


def test_what_cognito_sets_itself_is_never_missing() -> None:
    assert target().required == {"email"}
    assert target().missing_required({}) == ["email"]
    assert target().missing_required({"email": "a@example.com"}) == []


def test_lengths_are_limited_where_the_schema_limits_them() -> None:
    assert target().max_lengths == {"sub": 2048, "email": 2048, "birthdate": 10}
    assert target().too_long({"birthdate": "2000-01-01", "updated_at": "9" * 99, "custom:open": "x" * 9_999}) == []
    assert target().too_long({"birthdate": "2000-01-011", "email": "x" * 2049}) == ["birthdate", "email"]


def test_length_is_counted_in_characters_and_not_in_bytes() -> None:
    assert target().too_long({"birthdate": "é" * 10}) == []


def test_attributes_that_the_schema_lacks_are_named_in_order() -> None:
    attributes = {"zeta": "", "email": "", "custom:b": "", "custom:a": ""}
    assert target().unknown(attributes) == ["custom:a", "custom:b", "zeta"]


@pytest.mark.parametrize("flag", ["email_verified", "phone_number_verified"])
def test_verification_flags_are_known_though_no_schema_needs_to_name_them(flag: str) -> None:
    assert target().unknown({flag: "true"}) == []


def test_what_an_administrator_may_not_set_is_left_out() -> None:
    attributes = {"sub": "1", "identities": "[]", "cognito:user_status": "x", "email": "a@example.com"}
    assert target().writable(attributes) == {"email": "a@example.com"}


@pytest.mark.parametrize(
    ("described", "case_sensitive"),
    [
        ({}, True),
        ({"UsernameConfiguration": None}, True),
        ({"UsernameConfiguration": {}}, True),
        ({"UsernameConfiguration": {"CaseSensitive": True}}, True),
        ({"UsernameConfiguration": {"CaseSensitive": False}}, False),
    ],
)
def test_a_pool_that_tells_nothing_of_case_is_old_and_case_sensitive(
    described: dict[str, Any], case_sensitive: bool
) -> None:
    assert target(**described).case_sensitive is case_sensitive
    assert target(**described).identity(user("Alice")) == ("Alice" if case_sensitive else "alice")


@pytest.mark.parametrize(
    ("username_attributes", "attributes", "name"),
    [
        ([], {"email": "a@example.com"}, "alice"),
        (None, {}, "alice"),
        (["email"], {"email": "a@example.com", "phone_number": "+1"}, "a@example.com"),
        (["phone_number"], {"email": "a@example.com", "phone_number": "+1"}, "+1"),
        (["phone_number", "email"], {"email": "a@example.com", "phone_number": "+1"}, "a@example.com"),
        (["phone_number", "email"], {"phone_number": "+1"}, "+1"),
        (["email"], {"phone_number": "+1"}, None),
        (["email"], {"email": ""}, None),
    ],
)
def test_users_are_created_by_the_name_that_the_pool_takes(
    username_attributes: list[str] | None, attributes: dict[str, str], name: str | None
) -> None:
    pool = target(UsernameAttributes=username_attributes)
    assert pool.sign_in_name(user(**attributes)) == name
    assert pool.identity(user(**attributes)) == name


def test_a_pool_without_schema_or_policy_is_read_all_the_same() -> None:
    bare = TargetPool.of({"Id": "us-east-1_Target"})
    assert (bare.attribute_names, bare.required, bare.password_policy) == (frozenset(), frozenset(), {})


# Remembering whom a listing gave a moment ago.


def test_a_key_is_new_once() -> None:
    seen = RecentlySeen()
    assert [seen.first_time(key) for key in "abab"] == [True, True, False, False]


def test_at_least_a_generation_is_remembered_and_never_more_than_two() -> None:
    seen = RecentlySeen(generation=10)
    for key in range(1_000):
        assert seen.first_time(key)
        # Those of the last generation are known, whatever came between.
        assert not any(seen.first_time(recent) for recent in range(max(0, key - 9), key + 1))
        assert len(seen._current) + len(seen._previous) <= 20


def test_what_was_seen_long_ago_is_new_again() -> None:
    seen = RecentlySeen(generation=10)
    for key in range(100):
        seen.first_time(key)
    assert seen.first_time(0)
