"""What every UserPool does: the fake that the fast tests run on, and Cognito as the embedded cloud plays it.

A fake that is kinder than this suite lets bugs through; an adapter that is less than this suite breaks a restore.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.cloud import Cloud
from poolsafe.adapters.cognito import CognitoUserPool
from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, Group, Page
from poolsafe.domain.target import TargetPool
from poolsafe.errors import AlreadyExists, NotFound, PageTokenRefused, PoolNotFound, Rejected, Throttled
from poolsafe.ports import UserPool
from tests.contract.conftest import MakePool

PASSWORD = "Unguessable-0123456789"
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def group(name: str, description: str | None = None, precedence: int | None = None) -> Group:
    return Group(name, description, precedence, None, LONG_AGO, LONG_AGO)


def walk(read: Callable[[str | None], Page[Any]]) -> list[list[Any]]:
    """All pages of a listing."""
    pages, token = [], None
    while True:
        page = read(token)
        pages.append(list(page.items))
        token = page.token
        if token is None:
            return pages


def fill(pool: UserPool, users: int) -> set[str]:
    names = {f"user{number:03d}" for number in range(users)}
    for name in sorted(names):
        pool.create_user(name, {}, PASSWORD)
    return names


# Describing


def test_a_pool_describes_itself_by_its_id_and_schema(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",), max_lengths={"custom:tier": 12})
    target = TargetPool.of(pool.describe())
    assert target.user_pool_id == pool.user_pool_id
    assert {"sub", "email", "custom:tier"} <= target.attribute_names
    assert target.max_lengths["custom:tier"] == 12
    assert (target.case_sensitive, target.username_attributes) == (True, ())


def test_a_pool_tells_which_attributes_it_requires(make_pool: MakePool) -> None:
    assert TargetPool.of(make_pool(required=("email",)).describe()).required == {"email"}


def test_a_pool_tells_how_its_users_sign_in(make_pool: MakePool) -> None:
    target = TargetPool.of(make_pool(username_attributes=("email",), case_sensitive=False).describe())
    assert (target.username_attributes, target.case_sensitive) == (("email",), False)


def test_a_pool_tells_its_password_policy(make_pool: MakePool) -> None:
    described = make_pool(min_password_length=14).describe()
    assert TargetPool.of(described).password_policy["MinimumLength"] == 14


# Creating users


def test_a_created_user_has_its_attributes_a_sub_and_a_temporary_password(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",))
    attributes = {"email": "ada@example.com", "email_verified": "true", "custom:tier": "gold"}
    created = pool.create_user("ada", attributes, PASSWORD)
    assert (created.username, created.status, created.enabled) == ("ada", FORCE_CHANGE_PASSWORD, True)
    assert created.sub
    assert dict(created.attributes) == attributes


def test_a_created_user_is_found_again_just_so(make_pool: MakePool) -> None:
    pool = make_pool()
    created = pool.create_user("ada", {"email": "ada@example.com"}, PASSWORD)
    found = pool.get_user("ada")
    assert (found.username, found.sub, found.status) == (created.username, created.sub, created.status)
    assert dict(found.attributes) == {"email": "ada@example.com"}
    assert (found.created_at, found.created_at.tzinfo) == (created.created_at, UTC)


def test_a_user_without_attributes_can_be_created(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    assert dict(pool.get_user("ada").attributes) == {}


def test_two_users_never_share_a_sub(make_pool: MakePool) -> None:
    pool = make_pool()
    assert len({pool.create_user(name, {}, PASSWORD).sub for name in ("ada", "bob", "eve")}) == 3


def test_a_username_exists_once(make_pool: MakePool) -> None:
    pool = make_pool()
    first = pool.create_user("ada", {"name": "Ada"}, PASSWORD)
    with pytest.raises(AlreadyExists) as refused:
        pool.create_user("ada", {"name": "Another"}, PASSWORD)
    assert refused.value.code == "UsernameExistsException"
    assert pool.get_user("ada").sub == first.sub
    assert dict(pool.get_user("ada").attributes) == {"name": "Ada"}


@pytest.mark.parametrize("value", ["", " ", "Ünïçødé 名前 🎉", 'comma, "quote"\nnew line\ttab', "x" * 2048])
def test_a_value_comes_back_as_it_went_in(make_pool: MakePool, value: str) -> None:
    pool = make_pool(custom=("custom:note",))
    pool.create_user("ada", {"custom:note": value}, PASSWORD)
    assert pool.get_user("ada").attributes["custom:note"] == value


def test_usernames_are_unicode(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("Ünïçødé-名前", {}, PASSWORD)
    assert pool.get_user("Ünïçødé-名前").username == "Ünïçødé-名前"


@pytest.mark.parametrize("name", ["sub", "identities", "custom:unknown"])
def test_an_attribute_that_an_administrator_may_not_set_is_rejected(make_pool: MakePool, name: str) -> None:
    pool = make_pool()
    with pytest.raises(Rejected) as refused:
        pool.create_user("ada", {name: "value"}, PASSWORD)
    assert refused.value.code == "InvalidParameterException"
    with pytest.raises(NotFound):
        pool.get_user("ada")


def test_a_value_longer_than_the_schema_allows_is_rejected(make_pool: MakePool) -> None:
    pool = make_pool(custom=("custom:tier",), max_lengths={"custom:tier": 4})
    pool.create_user("fits", {"custom:tier": "gold"}, PASSWORD)
    with pytest.raises(Rejected) as refused:
        pool.create_user("does-not", {"custom:tier": "golden"}, PASSWORD)
    assert refused.value.code == "InvalidParameterException"


def test_the_rejection_of_an_item_tells_the_operation_and_the_code_and_nobody(make_pool: MakePool) -> None:
    with pytest.raises(Rejected) as refused:
        make_pool().create_user("ada-lovelace", {"custom:unknown": "a secret"}, PASSWORD)
    assert str(refused.value) == "AdminCreateUser: InvalidParameterException"


# Finding users


def test_a_user_that_is_not_there_is_not_found(make_pool: MakePool) -> None:
    pool = make_pool()
    calls: list[Callable[[], object]] = [
        lambda: pool.get_user("nobody"),
        lambda: pool.groups_of("nobody"),
        lambda: pool.set_password("nobody", PASSWORD),
        lambda: pool.disable_user("nobody"),
    ]
    for call in calls:
        with pytest.raises(NotFound) as missing:
            call()
        assert missing.value.code == "UserNotFoundException"


def test_a_user_without_mfa_says_so_when_asked(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    asked = pool.get_user("ada")
    assert (asked.mfa_methods, asked.preferred_mfa) == ((), None)
    [listed] = pool.list_users(None).items
    assert listed.mfa_methods is None


# Passwords


def test_a_password_set_for_good_confirms_the_user(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {"name": "Ada"}, PASSWORD)
    pool.set_password("ada", PASSWORD + "2")
    assert pool.get_user("ada").status == CONFIRMED
    assert dict(pool.get_user("ada").attributes) == {"name": "Ada"}


def test_a_password_may_be_set_twice(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    for attempt in (1, 2):
        pool.set_password("ada", f"{PASSWORD}{attempt}")
    assert pool.get_user("ada").status == CONFIRMED


@pytest.mark.parametrize("weak", ["Short1!", "no-upper-case-1", "NO-LOWER-CASE-1", "No-Digits-Here", "NoSymbolsHere1"])
def test_a_password_against_the_policy_is_rejected(make_pool: MakePool, weak: str) -> None:
    pool = make_pool()
    with pytest.raises(Rejected) as refused:
        pool.create_user("ada", {}, weak)
    assert refused.value.code == "InvalidPasswordException"
    pool.create_user("ada", {}, PASSWORD)
    with pytest.raises(Rejected) as refused:
        pool.set_password("ada", weak)
    assert refused.value.code == "InvalidPasswordException"
    assert pool.get_user("ada").status == FORCE_CHANGE_PASSWORD


def test_a_password_as_long_as_the_policy_demands_is_taken(make_pool: MakePool) -> None:
    pool = make_pool(min_password_length=40)
    with pytest.raises(Rejected):
        pool.create_user("ada", {}, "Aa1!" + "x" * 35)
    pool.create_user("ada", {}, "Aa1!" + "x" * 36)


# Disabling


def test_disabling_again_changes_nothing(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {"name": "Ada"}, PASSWORD)
    pool.set_password("ada", PASSWORD)
    for _ in range(2):
        pool.disable_user("ada")
        found = pool.get_user("ada")
        assert (found.enabled, found.status, dict(found.attributes)) == (False, CONFIRMED, {"name": "Ada"})


# Groups


def test_a_group_keeps_what_it_was_given_and_has_nothing_else(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("first", "may do anything", 0))
    pool.create_group(group("nothing"))
    pool.create_group(group("équipe-Ω", "名前 🎉", 7))
    told = {
        one.group_name: (one.description, one.precedence, one.role_arn)
        for page in walk(pool.list_groups)
        for one in page
    }
    assert told == {
        "first": ("may do anything", 0, None),
        "nothing": (None, None, None),
        "équipe-Ω": ("名前 🎉", 7, None),
    }


def test_a_group_is_found_by_its_name_just_as_it_is_listed(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("first", "may do anything", 0))
    pool.create_group(group("nothing"))
    assert [pool.get_group(name) for name in ("first", "nothing")] == sorted(
        pool.list_groups(None).items, key=lambda one: one.group_name
    )


def test_a_group_name_exists_once(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("staff", "the first"))
    with pytest.raises(AlreadyExists) as refused:
        pool.create_group(group("staff", "the second"))
    assert refused.value.code == "GroupExistsException"
    assert [one.description for one in pool.list_groups(None).items] == ["the first"]


def test_group_names_differ_by_case(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("Staff"))
    pool.create_group(group("staff"))
    assert {one.group_name for one in pool.list_groups(None).items} == {"Staff", "staff"}


def test_adding_a_member_again_changes_nothing(make_pool: MakePool) -> None:
    pool = make_pool()
    sub = pool.create_user("ada", {}, PASSWORD).sub
    pool.create_group(group("staff"))
    for _ in range(2):
        pool.add_to_group("ada", "staff")
        assert pool.groups_of("ada") == ["staff"]
        [member] = pool.list_members("staff", None).items
        assert (member.group_name, member.username, member.sub) == ("staff", "ada", sub)


def test_a_group_that_is_not_there_is_not_found(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    calls: list[Callable[[], object]] = [
        lambda: pool.add_to_group("ada", "nothing"),
        lambda: pool.get_group("nothing"),
        lambda: pool.list_members("nothing", None),
    ]
    for call in calls:
        with pytest.raises(NotFound) as missing:
            call()
        assert missing.value.code == "ResourceNotFoundException"


def test_a_user_that_is_not_there_joins_no_group(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("staff"))
    with pytest.raises(NotFound) as missing:
        pool.add_to_group("nobody", "staff")
    assert missing.value.code == "UserNotFoundException"


def test_a_group_without_members_has_one_empty_page(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_group(group("staff"))
    assert pool.list_members("staff", None) == Page((), None)


def test_a_user_is_in_a_hundred_groups_and_not_in_one_more(make_pool: MakePool) -> None:
    pool = make_pool()
    pool.create_user("ada", {}, PASSWORD)
    names = {f"group{number:03d}" for number in range(101)}
    for name in sorted(names):
        pool.create_group(group(name))
    for name in sorted(names)[:100]:
        pool.add_to_group("ada", name)
    with pytest.raises(Rejected) as refused:
        pool.add_to_group("ada", "group100")
    assert refused.value.code == "LimitExceededException"
    assert set(pool.groups_of("ada")) == names - {"group100"}


# Listings


def test_an_empty_pool_lists_one_empty_page(make_pool: MakePool) -> None:
    pool = make_pool()
    assert pool.list_users(None) == Page((), None)
    assert pool.list_groups(None) == Page((), None)


def test_a_listing_of_users_goes_on_from_page_to_page(make_pool: MakePool) -> None:
    pool = make_pool()
    names = fill(pool, 125)
    pages = walk(pool.list_users)
    assert [len(page) for page in pages] == [60, 60, 5]
    assert sorted(user.username for page in pages for user in page) == sorted(names)


def test_a_listed_user_is_the_one_that_was_created(make_pool: MakePool) -> None:
    pool = make_pool()
    created = pool.create_user("ada", {"email": "ada@example.com"}, PASSWORD)
    pool.disable_user("ada")
    [listed] = pool.list_users(None).items
    assert (listed.username, listed.sub, listed.enabled) == ("ada", created.sub, False)
    assert dict(listed.attributes) == {"email": "ada@example.com"}
    assert listed.created_at == created.created_at


def test_a_listing_of_members_goes_on_from_page_to_page(make_pool: MakePool) -> None:
    pool = make_pool()
    names = fill(pool, 65)
    pool.create_group(group("staff"))
    pool.create_group(group("other"))
    for name in names:
        pool.add_to_group(name, "staff")
    pool.add_to_group("user000", "other")
    pages = walk(lambda token: pool.list_members("staff", token))
    assert [len(page) for page in pages] == [60, 5]
    assert sorted(member.username for page in pages for member in page) == sorted(names)
    assert [member.username for member in pool.list_members("other", None).items] == ["user000"]


def test_a_listing_of_groups_goes_on_from_page_to_page(make_pool: MakePool) -> None:
    pool = make_pool()
    names = {f"group{number:03d}" for number in range(65)}
    for name in names:
        pool.create_group(group(name))
    pages = walk(pool.list_groups)
    assert [len(page) for page in pages] == [60, 5]
    assert sorted(one.group_name for page in pages for one in page) == sorted(names)


def test_a_page_can_be_read_twice(make_pool: MakePool) -> None:
    pool = make_pool()
    fill(pool, 61)
    token = pool.list_users(None).token
    assert token is not None
    assert [user.username for user in pool.list_users(token).items] == [
        user.username for user in pool.list_users(token).items
    ]


# Pools that name their users otherwise


@pytest.mark.parametrize(
    ("attribute", "address"), [("email", "ada@example.com"), ("phone_number", "+15555550100")], ids=["email", "phone"]
)
def test_where_an_address_is_the_username_the_real_one_is_a_uuid(
    make_pool: MakePool, attribute: str, address: str
) -> None:
    pool = make_pool(username_attributes=(attribute,))
    created = pool.create_user(address, {attribute: address}, PASSWORD)
    assert created.username == created.sub
    assert created.attributes[attribute] == address
    for name in (address, created.username):
        assert pool.get_user(name).sub == created.sub


def test_where_an_address_is_the_username_it_exists_once(make_pool: MakePool) -> None:
    pool = make_pool(username_attributes=("email",))
    pool.create_user("ada@example.com", {"email": "ada@example.com"}, PASSWORD)
    with pytest.raises(AlreadyExists):
        pool.create_user("ada@example.com", {"email": "ada@example.com"}, PASSWORD)


def test_where_an_address_is_the_username_another_name_is_rejected(make_pool: MakePool) -> None:
    with pytest.raises(Rejected) as refused:
        make_pool(username_attributes=("email",)).create_user("ada", {"name": "Ada"}, PASSWORD)
    assert refused.value.code == "InvalidParameterException"


def test_a_user_named_by_an_address_works_by_its_uuid(make_pool: MakePool) -> None:
    pool = make_pool(username_attributes=("email",))
    username = pool.create_user("ada@example.com", {"email": "ada@example.com"}, PASSWORD).username
    pool.create_group(group("staff"))
    pool.set_password(username, PASSWORD)
    pool.add_to_group(username, "staff")
    pool.disable_user(username)
    found = pool.get_user("ada@example.com")
    assert (found.status, found.enabled, pool.groups_of(username)) == (CONFIRMED, False, ["staff"])
    assert [member.username for member in pool.list_members("staff", None).items] == [username]


def test_a_case_insensitive_pool_has_one_user_whatever_the_case(make_pool: MakePool) -> None:
    pool = make_pool(case_sensitive=False)
    created = pool.create_user("Ada", {}, PASSWORD)
    assert created.username == "ada"
    with pytest.raises(AlreadyExists):
        pool.create_user("ADA", {}, PASSWORD)
    pool.set_password("aDA", PASSWORD)
    pool.disable_user("ADa")
    found = pool.get_user("ADA")
    assert (found.sub, found.status, found.enabled) == (created.sub, CONFIRMED, False)


def test_a_case_sensitive_pool_has_a_user_for_each_case(make_pool: MakePool) -> None:
    pool = make_pool(case_sensitive=True)
    subs = {pool.create_user(name, {}, PASSWORD).sub for name in ("Ada", "ada")}
    assert len(subs) == 2
    with pytest.raises(NotFound):
        pool.get_user("ADA")


# What the fake has no error for: only the adapter knows Cognito's


def test_a_pool_that_is_not_there_is_told_by_its_id_and_region(bare_cloud: Cloud) -> None:
    pool = CognitoUserPool("us-east-1_Nowhere", bare_cloud.client("cognito-idp"))
    with pytest.raises(PoolNotFound, match="us-east-1_Nowhere does not exist in us-east-1"):
        pool.describe()
    with pytest.raises(NotFound):
        pool.list_users(None)


def test_a_pool_is_in_the_region_of_its_id_alone(bare_cloud: Cloud) -> None:
    abroad = bare_cloud.client("cognito-idp", region="eu-west-1")
    pool_id = abroad.create_user_pool(PoolName="abroad")["UserPool"]["Id"]
    assert pool_id.startswith("eu-west-1_")
    assert CognitoUserPool(pool_id, abroad).describe()["Id"] == pool_id
    with pytest.raises(PoolNotFound):
        CognitoUserPool(pool_id, bare_cloud.client("cognito-idp")).describe()


def test_a_refused_page_token_is_told_from_a_refused_listing(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito)
    fill(pool, 61)
    token = pool.list_users(None).token
    fault = {"action": "ListUsers", "error": "InvalidParameterException", "times": 2}
    with bare_cloud.faults(fault):
        with pytest.raises(PageTokenRefused):
            pool.list_users(token)
        with pytest.raises(Rejected) as refused:
            pool.list_users(None)
    assert refused.value.code == "InvalidParameterException"


def test_the_groups_of_a_user_are_those_of_every_page(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito)
    pool.create_user("ada", {}, PASSWORD)
    for name in ("staff", "guests"):
        pool.create_group(group(name))
        pool.add_to_group("ada", name)
    with bare_cloud.faults({"action": "AdminListGroupsForUser", "empty_page": True, "times": 2}):
        assert sorted(pool.groups_of("ada")) == ["guests", "staff"]
        assert bare_cloud.control("GET", "faults") == []


def test_a_throttle_that_botocore_outlasts_is_heard_of_all_the_same(bare_cloud: Cloud) -> None:
    heard: list[str] = []
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito, heard.append)
    with bare_cloud.faults({"action": "ListUsers", "error": "TooManyRequestsException", "times": 1}):
        assert pool.list_users(None) == Page((), None)
    assert heard == ["ListUsers"]


def test_a_throttle_that_does_not_end_is_told_as_one(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool = CognitoUserPool(cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"], cognito)
    with (
        bare_cloud.faults({"action": "DescribeUserPool", "error": "TooManyRequestsException", "times": None}),
        pytest.raises(Throttled),
    ):
        pool.describe()


def test_a_moment_is_told_to_the_millisecond_in_utc(bare_cloud: Cloud) -> None:
    cognito = bare_cloud.client("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="contract")["UserPool"]["Id"]
    created = datetime(2019, 7, 14, 8, 30, 15, 123000, tzinfo=UTC)
    bare_cloud.put_users(pool_id, [{"Username": "ada", "UserCreateDate": created.timestamp() + 0.000456}])
    [listed] = CognitoUserPool(pool_id, cognito).list_users(None).items
    assert abs(listed.created_at - created) < timedelta(milliseconds=2)
    assert (listed.created_at.microsecond % 1000, listed.created_at.tzinfo) == (0, UTC)
