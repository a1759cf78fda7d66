"""However listings behave in the embedded cloud, whoever walks them to the end sees everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.layer.lagging import Lagging
from local.layer.page_manners import PageManners, TokenRefused

KEY, NOW = "ListUsers of a pool", 1_000.0


class Counted:
    """The numbers from 0 up to a size."""

    def __init__(self, size: int, start: int = 0) -> None:
        self._numbers = range(start, start + size)

    def __len__(self) -> int:
        return len(self._numbers)

    def entries(self, start: int, end: int) -> Sequence[int]:
        return self._numbers[start:end]


def pages(manners: PageManners, size: int, limit: int, strangers: Counted | None = None) -> list[list[int]]:
    """All pages; fails where they do not come to an end, or a token comes twice."""
    found: list[list[int]] = []
    token: str | None = None
    seen: set[str] = set()
    for turn in range(60 * (size + 2)):
        page, token = manners.page(Counted(size), KEY, token, limit, NOW + turn, strangers)
        found.append(page)
        if token is None:
            return found
        assert token not in seen
        seen.add(token)
    raise AssertionError("the listing does not end")


shares = st.sampled_from([0.0, 0.2, 0.5, 0.9])


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**30), size=st.integers(0, 150), limit=st.integers(1, 60),
    short=shares, empty=shares, twice=shares,
)  # fmt: skip
def test_nobody_is_lost_and_only_duplicates_come_twice(
    seed: int, size: int, limit: int, short: float, empty: float, twice: float
) -> None:
    found = pages(PageManners(seed, short_pages=short, empty_pages=empty, duplicates=twice), size, limit)
    times = Counter(entry for page in found for entry in page)
    assert set(times) == set(range(size))
    assert all(len(page) <= limit for page in found)
    assert twice or max(times.values(), default=1) == 1
    assert max(times.values(), default=1) <= 2


def test_without_any_manners_pages_are_full_and_end_with_the_last_entry() -> None:
    assert [len(page) for page in pages(PageManners(), 130, 60)] == [60, 60, 10]
    assert [len(page) for page in pages(PageManners(), 120, 60)] == [60, 60]
    assert pages(PageManners(), 0, 60) == [[]]


def test_shares_are_of_pages() -> None:
    short = pages(PageManners(3, short_pages=0.3), 60_000, 60)
    assert 0.25 < sum(0 < len(page) < 60 for page in short) / len(short) < 0.35
    empty = pages(PageManners(3, empty_pages=0.3), 60_000, 60)
    assert 0.25 < sum(not page for page in empty) / len(empty) < 0.35
    assert all(not page for page in empty) or empty[-1]


def test_a_duplicate_is_the_last_entry_first_on_the_next_page() -> None:
    found = pages(PageManners(3, duplicates=0.4), 60_000, 60)
    again = [later[0] == earlier[-1] for earlier, later in pairwise(found)]
    assert 0.2 < sum(again) / len(again) < 0.5
    assert all(later[0] in (earlier[-1], earlier[-1] + 1) for earlier, later in pairwise(found))


@pytest.mark.parametrize(("lie", "told"), [("strangers", 1_016), ("omits", 984)])
def test_a_filter_that_lies_does_so_on_every_page_by_one_entry(lie: str, told: int) -> None:
    strangers = Counted(500, start=10_000)
    found = [entry for page in pages(PageManners(lying_filter=lie), 1_000, 63, strangers) for entry in page]
    assert len(found) == told
    assert (max(found) >= 10_000) is (lie == "strangers")
    assert sum(map(len, pages(PageManners(lying_filter=lie), 1_000, 63))) == 1_000


def test_a_token_expires_after_its_lifetime_and_not_before() -> None:
    manners = PageManners(token_lifetime_s=3600)
    _, token = manners.page(Counted(100), KEY, None, 10, NOW)
    assert manners.page(Counted(100), KEY, token, 10, NOW + 3600)[0][0] == 10
    with pytest.raises(TokenRefused, match="expired"):
        manners.page(Counted(100), KEY, token, 10, NOW + 3601)


def test_a_chain_whose_tokens_are_fresh_outlives_the_hour() -> None:
    manners, token = PageManners(token_lifetime_s=3600), None
    for turn in range(10):
        page, token = manners.page(Counted(100), KEY, token, 10, NOW + turn * 3000)
        assert page[0] == turn * 10


def test_a_token_of_another_request_or_another_cloud_is_refused() -> None:
    _, token = PageManners(seed=1).page(Counted(100), KEY, None, 10, NOW)
    for manners, key in ((PageManners(seed=1), "ListUsers of another"), (PageManners(seed=2), KEY)):
        with pytest.raises(TokenRefused):
            manners.page(Counted(100), key, token, 10, NOW)


@given(place=st.integers(0, 319), letter=st.sampled_from("AZaz09+/= -é"))
def test_an_altered_token_is_refused(place: int, letter: str) -> None:
    _, token = PageManners().page(Counted(100), KEY, None, 10, NOW)
    assert token is not None
    altered = token[:place] + letter + token[place + 1 :]
    if altered != token:
        with pytest.raises(TokenRefused):
            PageManners().plan(KEY, altered, 10, NOW)


@given(token=st.text(min_size=1, max_size=400))
def test_what_was_never_a_token_is_refused(token: str) -> None:
    with pytest.raises(TokenRefused):
        PageManners().plan(KEY, token, 10, NOW)


def test_a_token_tells_nothing_of_the_offset_and_is_as_long_as_those_of_aws() -> None:
    tokens = [PageManners().page(Counted(100), KEY, None, limit, NOW)[1] or "" for limit in (10, 11)]
    assert [len(token) for token in tokens] == [320, 320]
    assert sum(one == other for one, other in zip(*tokens, strict=True)) < 40


@pytest.mark.parametrize(
    "settings_",
    [{"empty_pages": 1.0}, {"short_pages": -0.1}, {"lying_filter": "maybe"}, {"token_lifetime_s": 0}],
)
def test_manners_under_which_no_listing_ends_are_refused(settings_: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"shares|lying_filter|token_lifetime_s"):
        PageManners(**settings_)


def user(name: str, created: float) -> dict[str, Any]:
    return {"Username": name, "UserCreateDate": created}


def names(users: list[Any]) -> list[str]:
    return [listed["Username"] for listed in users]


def test_a_lagging_listing_is_that_of_so_many_seconds_ago() -> None:
    lagging = Lagging(5)
    old, new, gone = user("old", 0), user("new", 98), user("gone", 0)
    lagging.deleted("pool", gone, ["staff"], 97)
    lagging.deleted("other pool", user("elsewhere", 0), ["staff"], 97)
    assert names(lagging.listed("pool", [old, new], 100)) == ["old", "gone"]
    assert names(lagging.listed("pool", [old, new], 102)) == ["old"]
    assert names(lagging.listed("pool", [old, new], 103)) == ["old", "new"]
    assert names(lagging.listed("pool", [old], 100, group="staff")) == ["old", "gone"]
    assert names(lagging.listed("pool", [old], 100, group="others")) == ["old"]


def test_whoever_was_made_and_deleted_at_once_is_told_for_as_short_a_time() -> None:
    lagging = Lagging(5)
    lagging.deleted("pool", user("brief", 98), [], 99)
    told = [moment for moment in range(97, 110) if lagging.listed("pool", [], moment)]
    assert told == [103]


def test_no_lag_tells_what_is() -> None:
    lagging = Lagging(0)
    lagging.deleted("pool", user("gone", 0), [], 100)
    assert names(lagging.listed("pool", [user("new", 100)], 100)) == ["new"]


def test_a_negative_lag_is_refused() -> None:
    with pytest.raises(ValueError, match="lag_s"):
        Lagging(-1)
