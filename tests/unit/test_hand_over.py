"""A lane that hands over, at whatever page, saves what one long invocation would have saved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.adapters.jsonlines import JsonLinesFormat
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.domain.records import Group, Membership, User
from poolsafe.errors import ListingBroken
from poolsafe.operations.export import Export
from poolsafe.operations.parts import PartWriter, read_keys
from poolsafe.operations.walks import MAX_RESTARTS
from poolsafe.ports import Deadline
from tests.exports import PARQUET, PREFIX, export_to, listed, saved, walked, walked_groups, walked_memberships
from tests.fakes import EveryTime, FakeClock, FakeUserPool, MemoryStore, Never
from tests.pipeline import pool_with

Everything = tuple[list[User], list[Group], list[Membership]]


def everything(export: Export) -> Everything:
    """Memberships in the order of the groups: these are walked side by side."""
    groups = walked_groups(export)
    listing = listed(export, groups)
    return (
        saved(export, listing.users, "users", User),
        saved(export, groups, "groups", Group),
        sorted(saved(export, listing.memberships, "memberships", Membership), key=lambda member: member.group_name),
    )


def in_one_go(pool: FakeUserPool) -> Everything:
    return everything(export_to(MemoryStore(), pool))


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("page_sizes", [(1,), (3, 0, 0, 7), (60,)])
def test_handing_over_at_any_page_gives_the_rows_of_one_go(steps: int, page_sizes: tuple[int, ...]) -> None:
    pool = pool_with(23, groups=5, page_sizes=page_sizes)
    assert everything(export_to(MemoryStore(), pool, EveryTime(steps))) == in_one_go(pool)


@given(st.integers(1, 9), st.lists(st.integers(0, 9), min_size=1, max_size=4).filter(any), st.integers(0, 30))
def test_handing_over_changes_nothing_for_any_pace_and_pages(steps: int, sizes: list[int], users: int) -> None:
    pool = pool_with(users, groups=4, page_sizes=tuple(sizes))
    assert everything(export_to(MemoryStore(), pool, EveryTime(steps))) == in_one_go(pool)


def test_json_lines_hand_over_the_same_way() -> None:
    pool = pool_with(9, page_size=2)
    export = export_to(MemoryStore(), pool, EveryTime(1), JsonLinesFormat())
    assert everything(export) == in_one_go(pool)


def test_each_hand_over_commits_what_it_has() -> None:
    store = MemoryStore()
    export = export_to(store, pool_with(5, page_size=2), EveryTime(1))
    progress = export.users(Listing()).users
    assert (progress.rows, progress.parts, progress.done) == (2, 1, False)
    assert store.written == [f"{PREFIX}users/00-00000.parquet"]


def test_a_hand_over_without_rows_writes_no_part() -> None:
    store = MemoryStore()
    export = export_to(store, pool_with(1, page_sizes=(0, 0, 1)), EveryTime(1))
    progress = walked(export)
    assert (progress.rows, progress.parts) == (1, 1)
    assert store.written == [f"{PREFIX}users/00-00000.parquet"]


def test_the_size_of_a_progress_does_not_depend_on_the_pool() -> None:
    small, large = (export_to(MemoryStore(), pool_with(count, groups=0, page_size=50)) for count in (100, 5_000))
    assert len(str(walked(large).to_state())) - len(str(walked(small).to_state())) < 10


def test_a_part_is_committed_when_it_is_full() -> None:
    store = MemoryStore()
    users = [account.user for account in pool_with(10, groups=0).accounts.values()]
    writer = PartWriter(store, PARQUET, PREFIX, "users", User, ExportProgress(lane=3), max_rows=4)
    for user in users:
        writer.add([user])
    progress = writer.commit()
    assert store.written == [f"{PREFIX}users/03-{part:05d}.parquet" for part in range(3)]
    assert (progress.parts, progress.rows) == (3, 10)
    assert [user for batch in read_keys(store, PARQUET, store.written, User) for user in batch] == users


def test_a_part_is_committed_when_it_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolsafe.operations.parts.MAX_CHARACTERS", 1)
    store = MemoryStore()
    writer = PartWriter(store, PARQUET, PREFIX, "users", User, ExportProgress())
    for account in pool_with(3, groups=0).accounts.values():
        writer.add([account.user])
    assert len(store.written) == 3


def test_reading_a_part_that_is_gone_is_an_error_and_not_an_empty_part() -> None:
    with pytest.raises(KeyError):
        list(read_keys(MemoryStore(), PARQUET, ["gone.parquet"], User))


# A page token lasts an hour; one that waited longer is refused, and then the listing starts again.


def slow_pool(users: int, clock: FakeClock, refusals: int) -> FakeUserPool:
    """A pool whose caller is held up for two hours before its third ListUsers, `refusals` times over."""
    pool = pool_with(users, groups=2, page_size=4, clock=clock)

    def hold_up(operation: str) -> None:
        held_up = clock.seconds // 7200
        if operation == "ListUsers" and pool.calls[operation] % 3 == 2 and held_up < refusals:
            clock.sleep(7200)

    pool.before = hold_up
    return pool


def test_a_refused_page_token_starts_the_listing_again_and_doubles_nobody() -> None:
    pool = slow_pool(11, FakeClock(), refusals=1)
    export = export_to(MemoryStore(), pool, EveryTime(1))
    progress = walked(export)
    assert progress.restarts == 1
    assert progress.rows == 11
    assert saved(export, progress, "users", User) == [account.user for account in pool.accounts.values()]
    assert sum(progress.statuses.values()) == 11


@pytest.mark.parametrize("refusals", range(MAX_RESTARTS + 1))
def test_a_listing_starts_again_up_to_three_times(refusals: int) -> None:
    progress = walked(export_to(MemoryStore(), slow_pool(11, FakeClock(), refusals)))
    assert (progress.restarts, progress.rows) == (refusals, 11)


@pytest.mark.parametrize("refusals", [MAX_RESTARTS + 1, 99])
def test_a_listing_whose_tokens_are_refused_more_often_is_given_up(refusals: int) -> None:
    with pytest.raises(ListingBroken, match=r"started 4 times .* Nothing was sealed. Raise quota_share"):
        walked(export_to(MemoryStore(), slow_pool(11, FakeClock(), refusals)))


def refused_once(pool: FakeUserPool, listing: str, clock: FakeClock) -> None:
    """Hold up the second page of a listing for two hours, once."""

    def hold_up(operation: str) -> None:
        if operation == listing and pool.calls[operation] == 1 and clock.seconds < 7200:
            clock.sleep(7200)

    pool.before = hold_up


@pytest.mark.parametrize("listing", ["ListGroups", "ListUsersInGroup"])
@pytest.mark.parametrize("deadline", [Never(), EveryTime(1)])
def test_a_refused_token_of_groups_or_members_doubles_nothing_either(listing: str, deadline: Deadline) -> None:
    clock = FakeClock()
    pool = pool_with(9, groups=7, page_size=2, clock=clock)
    expected = in_one_go(pool)
    pool.calls.clear()
    refused_once(pool, listing, clock)
    export = export_to(MemoryStore(), pool, deadline)
    groups = walked_groups(export)
    memberships = walked_memberships(export, groups)
    assert groups.restarts + memberships.restarts == 1
    assert saved(export, groups, "groups", Group) == expected[1]
    found = saved(export, memberships, "memberships", Membership)
    assert sorted(found, key=lambda member: member.group_name) == expected[2]


def test_parts_beyond_the_end_of_a_second_attempt_do_not_belong_to_it() -> None:
    """The first attempt handed over every page and left six parts; the second needs but one."""
    store, pool = MemoryStore(), pool_with(6, page_size=1)
    walked(export_to(store, pool, EveryTime(1)))
    export = export_to(store, pool)
    progress = walked(export)
    assert len([key for key in store.objects if "/users/" in key]) == 6
    assert progress.parts == 1
    assert saved(export, progress, "users", User) == [account.user for account in pool.accounts.values()]
