"""What the stack tells its functions, and the quotas it may override."""

from __future__ import annotations

import pytest

from poolsafe.domain.lanes import MAX_LANES, restore_lanes
from poolsafe.domain.quotas import DOCUMENTED, OPERATIONS, Category, in_force, share
from poolsafe.errors import InvalidRequest
from poolsafe.settings import Settings


def quotas(text: str) -> dict[Category, float]:
    return dict(Settings.of({"SNAPSHOT_BUCKET": "bucket", "QUOTAS": text}).quotas)


def test_the_bucket_is_the_one_of_the_stack() -> None:
    assert Settings.of({"SNAPSHOT_BUCKET": "my-bucket"}).bucket == "my-bucket"


@pytest.mark.parametrize("environment", [{}, {"QUOTAS": ""}, {"QUOTAS": "{}"}])
def test_without_an_override_the_documented_quotas_hold(environment: dict[str, str]) -> None:
    assert Settings.of({"SNAPSHOT_BUCKET": "bucket", **environment}).quotas == DOCUMENTED


def test_an_override_changes_its_category_and_no_other() -> None:
    assert quotas('{"UserCreation": 200, "UserList": 0.5}') == {
        **DOCUMENTED,
        Category.USER_CREATION: 200.0,
        Category.USER_LIST: 0.5,
    }


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "7",
        '"UserCreation"',
        '{"UserCreation": "many"}',
        '{"UserCreation": null}',
        '{"UserCreations": 200}',
        '{"UserCreation": 0}',
        '{"UserCreation": -1}',
        '{"UserCreation": NaN}',
        '{"UserCreation": Infinity}',
        '{"UserCreation": 100001}',
        '{"UserCreation": 1e400}',
        '{"UserCreation": true}',
        '{"UserCreation": "200"}',
        '{"UserCreation": []}',
    ],
)
def test_an_override_that_cannot_be_meant_is_named_with_an_example(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        quotas(text)
    assert str(refused.value).startswith("Quotas (a parameter of the stack): must be")
    assert 'Example: {"UserCreation": 200}' in str(refused.value)


def test_an_unknown_category_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest) as refused:
        quotas('{"UserCreations": 200}')
    assert all(category in str(refused.value) for category in Category)


def test_the_documented_quotas_are_those_of_the_developer_guide() -> None:
    """Requests per second of an account and Region (developer guide, "Quotas", 2026); 5 where one pool is the limit."""
    assert {category.value: rate for category, rate in DOCUMENTED.items()} == {
        "UserAuthentication": 120,
        "UserCreation": 50,
        "UserFederation": 25,
        "UserAccountRecovery": 30,
        "UserRead": 120,
        "UserUpdate": 25,
        "UserToken": 120,
        "UserResourceRead": 50,
        "UserResourceUpdate": 25,
        "UserList": 30,
        "UserPoolRead": 15,
        "UserPoolUpdate": 15,
        "UserPoolResourceRead": 5,
        "UserPoolResourceUpdate": 5,
        "UserPoolClientRead": 5,
        "UserPoolClientUpdate": 5,
        "ClientAuthentication": 150,
        "LimitManagement": 1,
    }


@pytest.mark.parametrize(
    ("operation", "category"),
    [
        ("AdminCreateUser", "UserCreation"),
        ("AdminSetUserPassword", "UserAccountRecovery"),
        ("AdminGetUser", "UserRead"),
        ("AdminGetUserAuthFactors", "UserRead"),
        ("AdminAddUserToGroup", "UserUpdate"),
        ("AdminDisableUser", "UserUpdate"),
        ("AdminEnableUser", "UserUpdate"),
        ("AdminUpdateUserAttributes", "UserUpdate"),
        ("AdminLinkProviderForUser", "UserUpdate"),
        ("AdminSetUserMFAPreference", "UserResourceUpdate"),
        ("ListUsers", "UserList"),
        ("ListUsersInGroup", "UserList"),
        ("AdminListGroupsForUser", "UserResourceRead"),
        ("DescribeUserPool", "UserPoolRead"),
        ("ListGroups", "UserPoolResourceRead"),
        ("GetGroup", "UserPoolResourceRead"),
        ("CreateGroup", "UserPoolResourceUpdate"),
        ("UpdateGroup", "UserPoolResourceUpdate"),
        ("GetCSVHeader", "UserPoolResourceRead"),
        ("DescribeUserImportJob", "UserPoolResourceRead"),
        ("ListUserImportJobs", "UserPoolResourceRead"),
        ("CreateUserImportJob", "UserPoolResourceUpdate"),
        ("StartUserImportJob", "UserPoolResourceUpdate"),
    ],
)
def test_each_operation_draws_on_the_quota_that_the_guide_puts_it_in(operation: str, category: str) -> None:
    assert OPERATIONS[operation] == category


def test_the_documented_quotas_need_one_lane() -> None:
    assert restore_lanes(share(DOCUMENTED, 1, 1)) == 1


@pytest.mark.parametrize(("rate", "lanes"), [(1, 1), (166, 1), (167, 2), (500, 3), (1_000_000, MAX_LANES)])
def test_quotas_that_one_lane_cannot_fill_get_more(rate: float, lanes: int) -> None:
    """Three calls a user, and a lane makes some 500 a second."""
    assert restore_lanes(dict.fromkeys(Category, rate)) == lanes


def test_one_large_quota_alone_needs_no_more_lanes_because_the_slowest_decides() -> None:
    assert restore_lanes(in_force({Category.USER_CREATION: 1_000_000})) == 1
