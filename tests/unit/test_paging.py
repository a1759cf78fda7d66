"""When a listing ends: not with a short page, not with an empty one, and never in a circle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.paging import Chain
from poolsafe.domain.records import Page, User
from poolsafe.errors import ListingBroken
from tests.exports import export_to, saved, users_of, walked
from tests.fakes import EveryTime, FakeUserPool, MemoryStore
from tests.pipeline import pool_with


class ScriptedPool(FakeUserPool):
    """Gives the pages it was told to give, one after the other, and notes the tokens it was asked with."""

    def __init__(self, pages: Sequence[Page[User]]) -> None:
        super().__init__()
        self.pages = list(pages)
        self.asked_with: list[str | None] = []

    def list_users(self, token: str | None, only: str | None = None) -> Page[User]:
        self.asked_with.append(token)
        return self.pages[len(self.asked_with) - 1]


def some_users(count: int) -> list[User]:
    return [account.user for account in pool_with(count, groups=0).accounts.values()]


def test_a_page_without_users_does_not_end_the_listing() -> None:
    first, last = some_users(2)
    pool = ScriptedPool([Page((first,), "a"), Page((), "b"), Page((), "c"), Page((last,), None)])
    assert users_of(pool) == [first, last]


def test_a_listing_may_begin_with_empty_pages() -> None:
    (only,) = some_users(1)
    pool = ScriptedPool([Page((), "a"), Page((), "b"), Page((only,), None)])
    assert users_of(pool) == [only]


def test_a_listing_may_end_with_an_empty_page() -> None:
    (only,) = some_users(1)
    assert users_of(ScriptedPool([Page((only,), "a"), Page((), None)])) == [only]


def test_a_listing_ends_with_the_page_that_has_no_token_however_full_it_is() -> None:
    users = some_users(60)
    pool = ScriptedPool([Page(tuple(users), None), Page(tuple(some_users(60)), None)])
    assert users_of(pool) == users


@given(st.lists(st.integers(0, 7), min_size=1, max_size=6).filter(any), st.integers(0, 40))
def test_pages_of_any_length_give_every_user_once(page_sizes: list[int], count: int) -> None:
    pool = FakeUserPool(page_sizes=tuple(page_sizes))
    expected = [pool.put(user) for user in some_users(count)]
    assert users_of(pool) == expected


def test_the_first_call_of_a_listing_sends_no_token() -> None:
    first, last = some_users(2)
    pool = ScriptedPool([Page((first,), "a"), Page((last,), None)])
    users_of(pool)
    assert pool.asked_with == [None, "a"]


def test_a_user_on_two_pages_is_saved_once_and_counted() -> None:
    first, second, third = some_users(3)
    pool = ScriptedPool([Page((first, second), "a"), Page((second, third, first), None)])
    export = export_to(MemoryStore(), pool)
    progress = walked(export)
    assert saved(export, progress, "users", User) == [first, second, third]
    assert progress.duplicates == 2


@given(before=st.integers(0, 40), length=st.integers(1, 40))
def test_a_circle_of_tokens_is_found_wherever_it_begins_and_however_long_it_is(before: int, length: int) -> None:
    chain = Chain()
    with pytest.raises(ListingBroken, match=r"would never end\. Nothing was sealed\. Start the run again"):
        for step in range(4 * (before + length) + 4):
            number = step if step < before else before + (step - before) % length
            chain = chain.follow(f"token {number}")


@given(st.integers(0, 300))
def test_a_listing_whose_tokens_all_differ_is_no_circle(length: int) -> None:
    chain = Chain()
    for number in range(length):
        chain = chain.follow(f"token {number}")
        assert not chain.finished
    assert chain.follow(None) == Chain(finished=True)


def test_what_finds_a_circle_stays_small_however_long_the_listing_is() -> None:
    chain = Chain()
    for number in range(10_000):
        chain = chain.follow(f"token {number:05d}")
    assert len(json.dumps(asdict(chain))) < 150


def test_a_circle_of_tokens_ends_the_run_instead_of_going_round_forever() -> None:
    (user,) = some_users(1)
    circle = [Page((user,), token) for token in "abcabc"]
    with pytest.raises(ListingBroken):
        users_of(ScriptedPool(circle))


def test_the_same_token_after_each_hand_over_breaks_the_listing() -> None:
    (user,) = some_users(1)
    with pytest.raises(ListingBroken):
        users_of(ScriptedPool([Page((user,), "same")] * 3), deadline=EveryTime(1))


@pytest.mark.parametrize("length", [2, 3, 7])
@pytest.mark.parametrize("pages_between_hand_overs", [1, 2, 3, 5])
def test_a_circle_is_found_though_hand_overs_cut_it(pages_between_hand_overs: int, length: int) -> None:
    (user,) = some_users(1)
    circle = [Page((user,), str(number % length)) for number in range(50)]
    with pytest.raises(ListingBroken):
        users_of(ScriptedPool(circle), deadline=EveryTime(pages_between_hand_overs))


def test_a_user_who_comes_again_just_after_a_hand_over_is_saved_once() -> None:
    first, second = some_users(2)
    pool = ScriptedPool([Page((first,), "a"), Page((first, second), None)])
    assert users_of(pool, deadline=EveryTime(1)) == [first, second]
