"""What the token trigger answers in each version of its event."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from poolsafe.domain.first_sign_in.claims import PROTECTED, details, may_be_claim
from poolsafe.domain.records import Group
from tests.fakes import START

CLAIMS = {"original_sub": "6f0c"}
ADDED = {"claimsToAddOrOverride": CLAIMS}


def group(name: str, precedence: int | None = None, role: str | None = None) -> Group:
    return Group(name, None, precedence, role, START, START)


def groups_told(*groups: Group, version: str = "2") -> dict[str, Any]:
    member = "claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails"
    told: dict[str, Any] = details(version, {}, groups)[member]["groupOverrideDetails"]
    return told


STAFF = group("staff", 1, "arn:staff")
STAFF_TOLD = {"groupsToOverride": ["staff"], "iamRolesToOverride": ["arn:staff"], "preferredRole": "arn:staff"}


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_nothing_to_say_leaves_the_response_alone(version: str) -> None:
    assert details(version, {}, None) == {}


def test_version_1_has_one_section_for_the_id_token() -> None:
    assert details("1", CLAIMS, None) == {"claimsOverrideDetails": ADDED}


@pytest.mark.parametrize("version", ["2", "3"])
def test_later_versions_have_a_section_for_each_token(version: str) -> None:
    wanted = {"claimsAndScopeOverrideDetails": {"idTokenGeneration": ADDED, "accessTokenGeneration": ADDED}}
    assert details(version, CLAIMS, None) == wanted


def test_groups_alone_are_told_without_claims_in_version_1() -> None:
    assert details("1", {}, [STAFF]) == {"claimsOverrideDetails": {"groupOverrideDetails": STAFF_TOLD}}


@pytest.mark.parametrize("version", ["2", "3"])
def test_groups_alone_are_told_without_claims_in_later_versions(version: str) -> None:
    assert details(version, {}, [STAFF]) == {"claimsAndScopeOverrideDetails": {"groupOverrideDetails": STAFF_TOLD}}


def test_claims_and_groups_are_told_together_in_version_1() -> None:
    assert details("1", CLAIMS, [STAFF]) == {"claimsOverrideDetails": {**ADDED, "groupOverrideDetails": STAFF_TOLD}}


@pytest.mark.parametrize("version", ["2", "3"])
def test_claims_and_groups_are_told_together_in_later_versions(version: str) -> None:
    sections = {"idTokenGeneration": ADDED, "accessTokenGeneration": ADDED, "groupOverrideDetails": STAFF_TOLD}
    assert details(version, CLAIMS, [STAFF]) == {"claimsAndScopeOverrideDetails": sections}


def test_groups_that_nobody_added_are_not_told_because_an_empty_answer_would_take_all_away() -> None:
    assert "groupOverrideDetails" not in details("1", CLAIMS, None)["claimsOverrideDetails"]
    assert "groupOverrideDetails" not in details("2", CLAIMS, None)["claimsAndScopeOverrideDetails"]


def test_all_groups_are_told_in_their_order_with_and_without_a_role() -> None:
    told = groups_told(group("zebra"), group("staff", 1, "arn:staff"), group("admins", 0))
    assert told["groupsToOverride"] == ["zebra", "staff", "admins"]
    assert told["iamRolesToOverride"] == ["arn:staff"]


#: What the groups are, and the role that is preferred.
PREFERRED: list[tuple[list[Group], str | None]] = [
    ([], None),
    ([group("a"), group("b", 1)], None),
    ([group("a", 5, "arn:a")], "arn:a"),
    ([group("a", 5, "arn:a"), group("b", 3, "arn:b"), group("c", 4, "arn:c")], "arn:b"),
    ([group("a", 0, "arn:a"), group("b", 1, "arn:b")], "arn:a"),
    ([group("a", None, "arn:a"), group("b", 2**31 - 1, "arn:b")], "arn:b"),
    ([group("a", None, "arn:a"), group("b", 0, "arn:b")], "arn:b"),
    ([group("a", None, "arn:a")], "arn:a"),
    # Several come first: with one role it is that one, with different ones none.
    ([group("a", 1, "arn:same"), group("b", 1, "arn:same"), group("c", 2, "arn:c")], "arn:same"),
    ([group("a", 1, "arn:a"), group("b", 1, "arn:b"), group("c", 2, "arn:c")], None),
    ([group("a", None, "arn:a"), group("b", None, "arn:b")], None),
    ([group("a", 1, "arn:a"), group("b", 2, "arn:b"), group("c", 2, "arn:c")], "arn:a"),
    ([group("a", 0), group("b", 1, "arn:b")], "arn:b"),
    ([group("a", 0, ""), group("b", 1, "arn:b")], "arn:b"),
]


@pytest.mark.parametrize("version", ["1", "2", "3"])
@pytest.mark.parametrize(("groups", "role"), PREFERRED)
def test_the_preferred_role_is_that_of_the_first_precedence_in_whatever_order_groups_come(
    groups: list[Group], role: str | None, version: str
) -> None:
    for ordered in permutations(groups):
        assert groups_told(*ordered, version=version)["preferredRole"] == role


def test_a_role_that_several_groups_have_is_told_once() -> None:
    told = groups_told(group("a", 2, "arn:same"), group("b", 1, "arn:same"), group("c", None, "arn:c"))
    assert told["iamRolesToOverride"] == ["arn:same", "arn:c"]


def test_what_is_told_shares_nothing_with_what_was_given() -> None:
    claims = dict(CLAIMS)
    told = details("2", claims, None)
    claims["original_sub"] = "changed"
    assert told["claimsAndScopeOverrideDetails"]["idTokenGeneration"] == {"claimsToAddOrOverride": CLAIMS}


@pytest.mark.parametrize("name", ["original_sub", "custom:original_sub", "oldSub", "https://example.com/sub", "subs"])
def test_a_claim_of_ones_own_may_have_any_name(name: str) -> None:
    assert may_be_claim(name)


@pytest.mark.parametrize(
    "name", ["", "sub", "iss", "token_use", "username", "cognito:groups", "cognito:", *sorted(PROTECTED)]
)
def test_the_names_of_cognitos_own_claims_are_taken(name: str) -> None:
    assert not may_be_claim(name)
