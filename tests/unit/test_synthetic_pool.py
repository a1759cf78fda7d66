"""The synthetic pool of the embedded cloud: the same users however they are listed, and each page as cheap as any."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.layer.page_manners import PageManners, TokenRefused
from local.layer.sub_order import CELLS, SubOrder
from local.layer.synthetic_pool import FilterRefused, SyntheticPool

NOW = 1_795_000_000.0
DIGITS = "0123456789abcdef"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
sizes = st.integers(0, 700)
seeds = st.integers(0, 2**40)
limits = st.integers(1, 60)

Page = Callable[[str | None], tuple[list[dict[str, Any]], str | None]]


def walked(page: Page) -> Iterator[dict[str, Any]]:
    token: str | None = None
    while True:
        entries, token = page(token)
        yield from entries
        if token is None:
            return


def listed(pool: SyntheticPool, filter_: str = "", limit: int = 60) -> list[dict[str, Any]]:
    return list(walked(lambda token: pool.list_users(filter_, token, limit, NOW)))


def subs(users: list[dict[str, Any]]) -> list[str]:
    return [value(user, "sub") for user in users]


def value(user: dict[str, Any], name: str) -> str:
    found: str = next(attribute["Value"] for attribute in user["Attributes"] if attribute["Name"] == name)
    return found


@settings(max_examples=25, deadline=None)
@given(seed=seeds, size=sizes, limit=limits)
def test_the_16_shards_together_are_everybody_exactly_once(seed: int, size: int, limit: int) -> None:
    pool = SyntheticPool(seed, size)
    everybody = listed(pool, limit=limit)
    sharded = [user for digit in DIGITS for user in listed(pool, f'sub ^= "{digit}"', limit)]
    assert len(everybody) == len({user["Username"] for user in everybody}) == len(set(subs(everybody))) == size
    assert sorted(sharded, key=repr) == sorted(everybody, key=repr)
    assert all(UUID.fullmatch(sub) for sub in subs(everybody))


@settings(max_examples=25, deadline=None)
@given(seed=seeds, size=st.integers(1, 700), data=st.data())
def test_a_prefix_of_any_length_finds_whose_sub_begins_so_and_nobody_else(
    seed: int, size: int, data: st.DataObject
) -> None:
    pool = SyntheticPool(seed, size)
    everybody = subs(listed(pool))
    beginning = data.draw(st.sampled_from(everybody))[: data.draw(st.integers(0, 36))]
    for prefix in (beginning, beginning[:-1] + data.draw(st.sampled_from([*DIGITS, "-", "z", "A"]))):
        found = subs(listed(pool, f'sub ^= "{prefix}"'))
        assert sorted(found) == sorted(sub for sub in everybody if sub.startswith(prefix))


def test_shards_differ_in_size_as_those_of_random_uuids_do() -> None:
    """A binomial spread: here a standard deviation of 1.2 percent of a shard."""
    shards = [len(SubOrder(seed, 100_000).ranks(digit)) for seed in range(3) for digit in DIGITS]
    deviations = [abs(size - 6_250) / 76.5 for size in shards]
    assert 0.4 < sum(deviations) / len(deviations) < 1.3
    assert max(deviations) < 5


@settings(max_examples=25, deadline=None)
@given(seed=seeds, size=st.integers(1, 400), groups=st.integers(1, 9), limit=limits, data=st.data())
def test_members_and_memberships_are_two_views_of_one_thing(
    seed: int, size: int, groups: int, limit: int, data: st.DataObject
) -> None:
    each = data.draw(st.integers(0, groups))
    pool = SyntheticPool(seed, size, groups, each)
    names = [group["GroupName"] for group in walked(lambda token: pool.list_groups(token, limit, NOW))]
    by_group = Counter(
        (name, member["Username"])
        for name in names
        for member in walked(lambda token, name=name: pool.list_users_in_group(name, token, limit, NOW))  # type: ignore[misc]
    )
    users = [user["Username"] for user in listed(pool)]
    by_user = Counter(
        (group["GroupName"], user)
        for user in users
        for group in walked(lambda token, user=user: pool.list_groups_for_user(user, token, limit, NOW))  # type: ignore[misc]
    )
    assert len(names) == groups
    assert by_group == by_user
    assert by_group.total() == len(by_group) == size * each


def test_whoever_is_listed_is_found_by_name_sub_and_address() -> None:
    pool = SyntheticPool(3, 500)
    for user in listed(pool)[::41]:
        assert pool.user_by_name(user["Username"]) == pool.user_by_name(value(user, "sub")) == user
        for filter_ in (f'username = "{user["Username"]}"', f'"email" = "{value(user, "email")}"'):
            assert listed(pool, filter_) == [user]
        assert listed(pool, f'sub = "{value(user, "sub")}"') == [user]
    for filter_ in ('username = "person"', 'email = "person00000501@example.com"', 'sub = "a"', 'sub = ""'):
        assert listed(pool, filter_) == []
    assert len(listed(pool, 'username ^= "person0000012"')) == 10
    for name in ("person00000500", "nobody", 'a" = "', "a\\", ""):
        with pytest.raises(KeyError):
            pool.user_by_name(name)


@pytest.mark.parametrize("filter_", ["sub", 'name ^= "A"', "sub ^= a", 'sub ^= "a" AND sub ^= "b"', 'sub != "a"'])
def test_what_is_no_filter_of_this_pool_is_refused(filter_: str) -> None:
    with pytest.raises(FilterRefused):
        SyntheticPool(1, 10).list_users(filter_, None, 60, NOW)


def test_a_page_of_ten_million_users_takes_no_more_steps_than_one_of_five_thousand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted: how often a sub is made and a number looked up for a page, wherever in the listing it is."""
    counted: Counter[str] = Counter()
    for name in ("sub_and_noise", "rank", "number", "noise"):
        plain = getattr(SubOrder, name)

        def counting(self: SubOrder, *given: Any, name: str = name, plain: Any = plain) -> Any:
            counted[name] += 1
            return plain(self, *given)

        monkeypatch.setattr(SubOrder, name, counting)
    steps = []
    for size in (5_000, 10_000_000):
        pool = SyntheticPool(1, size, 10, 1)
        pages = []
        for filter_ in ("", 'sub ^= "7"', 'sub ^= "7f"', 'sub ^= "7f3a1b"', f'sub = "{pool.sub(size // 2)}"'):
            token: str | None = None
            for _ in range(3):
                counted.clear()
                _, token = pool.list_users(filter_, token, 60, NOW)
                pages.append(counted.total())
                if token is None:
                    break
        counted.clear()
        pool.list_users_in_group("group0003", None, 60, NOW)
        steps.append(max(*pages, counted.total()))
    assert max(steps) <= 60 * 4 + 20
    assert steps[1] <= steps[0] * 1.1


def test_nothing_is_kept_of_a_user() -> None:
    """What a pool of ten million keeps is the cells of its order, as one of ten does."""
    small, large = (SyntheticPool(1, size, 3, 1) for size in (10, 10_000_000))
    for pool in (small, large):
        listed_some = pool.list_users('sub ^= "0"', None, 60, NOW)
        assert listed_some[0] or pool is small
    assert len(small._order._starts) == len(large._order._starts) == CELLS + 1
    assert {name for name in vars(large) if isinstance(getattr(large, name), list | dict | set)} == {"_texts"}


def test_users_have_all_that_listusers_tells_and_differ_in_state() -> None:
    users = listed(SyntheticPool(9, 3_000))
    assert {key for user in users for key in user} == {
        "Username", "Attributes", "UserCreateDate", "UserLastModifiedDate", "Enabled", "UserStatus",
    }  # fmt: skip
    statuses = Counter(user["UserStatus"] for user in users)
    assert set(statuses) == {"CONFIRMED", "UNCONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"}
    assert statuses["CONFIRMED"] > 2_700
    assert 0 < sum(not user["Enabled"] for user in users) < 100
    phones = sum(any(attribute["Name"] == "phone_number" for attribute in user["Attributes"]) for user in users)
    assert 700 < phones < 1_100
    assert all(user["UserCreateDate"] <= user["UserLastModifiedDate"] < NOW for user in users)
    assert 400 < sum(len(json.dumps(user)) for user in users) / len(users) < 700


def test_the_estimate_may_be_far_off() -> None:
    assert SyntheticPool(1, 1_000).describe() == {"EstimatedNumberOfUsers": 1_000}
    assert SyntheticPool(1, 1_000, estimate_factor=0.1).describe() == {"EstimatedNumberOfUsers": 100}


def test_tokens_are_of_one_pool_and_one_request() -> None:
    pool, other = SyntheticPool(1, 1_000), SyntheticPool(2, 1_000)
    _, token = pool.list_users('sub ^= "1"', None, 10, NOW)
    assert token is not None
    assert len(token) > 300
    requests: tuple[Callable[[], Any], ...] = (
        lambda: pool.list_users('sub ^= "2"', token, 10, NOW),
        lambda: pool.list_users("", token, 10, NOW),
        lambda: other.list_users('sub ^= "1"', token, 10, NOW),
        lambda: pool.list_groups(token, 10, NOW),
    )
    for wrong in requests:
        with pytest.raises(TokenRefused):
            wrong()


@pytest.mark.parametrize("lie", ["strangers", "omits"])
def test_a_filter_lies_only_where_it_is_told_to_and_asks_for_a_prefix(lie: str) -> None:
    honest, lying = SyntheticPool(4, 2_000), SyntheticPool(4, 2_000, manners=PageManners(lying_filter=lie))
    true, told = (set(subs(listed(pool, 'sub ^= "5"'))) for pool in (honest, lying))
    assert told > true if lie == "strangers" else told < true
    assert listed(lying) == listed(honest)
    assert all(not sub.startswith("5") for sub in told - true)


@pytest.mark.parametrize("size", [-1, -100])
def test_what_is_no_pool_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="users"):
        SyntheticPool(1, size)
    with pytest.raises(ValueError, match="memberships"):
        SyntheticPool(1, 10, groups=2, memberships_per_user=3)
