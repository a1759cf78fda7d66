"""Users listed in sixteen shards: everybody once, and on any doubt everybody once in one chain."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.listing import Listing
from poolsafe.domain.records import Membership, Page, User
from poolsafe.domain.shards import DIGITS, SHARDED_FROM, SHARDS, falls_short, filter_of, is_of
from poolsafe.errors import AccessDenied, ListingBroken, PageTokenRefused, Rejected, ServiceUnavailable
from tests.exports import export_to, listed, saved, walked_groups
from tests.fakes import EveryTime, FakeClock, FakeUserPool, MemoryStore
from tests.pipeline import LATEST, Machines, pool_with
from tests.step_functions import Deployed

FILTERS = [filter_of(shard) for shard in range(SHARDS)]


class Sharded(FakeUserPool):
    """A pool that may lie: about its size, and in answers to filters."""

    def __init__(self, users: int, groups: int = 0, **settings: Any) -> None:
        super().__init__(**settings)
        for number in range(users):
            self.add(
                f"user{number:05d}",
                sub=f"{DIGITS[number % SHARDS]}{number:07x}-0000-4000-8000-000000000000",
                groups=tuple(f"group{of}" for of in range(groups) if number % (of + 1) == 0),
                email=f"user{number:05d}@example.com",
            )
        self.estimate = users
        self.strangers = self.omits = self.refuses = self.refuses_tokens = False
        self.filters: list[str | None] = []

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "EstimatedNumberOfUsers": self.estimate}

    def list_users(self, token: str | None, only: str | None = None) -> Page[User]:
        self.filters.append(only)
        if only and self.refuses:
            raise Rejected("ListUsers", "InvalidParameterException")
        if only and token and self.refuses_tokens:
            raise PageTokenRefused("ListUsers: the page token is no longer valid.")
        page = super().list_users(token, None if self.strangers else only)
        if only and self.omits:
            page = replace(page, items=page.items[1:])
        return page


def in_shards(pool: FakeUserPool, steps: int | None = None, workers: int = 4) -> tuple[Listing, list[User]]:
    deadline = EveryTime(steps) if steps else None
    export = export_to(MemoryStore(), pool, deadline, workers=workers)
    listing = listed(export, shards=SHARDS)
    return listing, saved(export, listing.users, "users", User)


def everybody(pool: FakeUserPool) -> list[str]:
    return sorted(account.user.sub for account in pool.accounts.values())


def subs(users: list[User]) -> list[str]:
    return sorted(user.sub for user in users)


# Everybody once.


def test_a_shard_is_what_begins_with_its_digit() -> None:
    assert FILTERS[10] == 'sub ^= "a"'
    assert [shard for shard in range(SHARDS) if is_of("a3f0c2d1-0000-4000-8000-000000000000", shard)] == [10]
    assert len({*DIGITS}) == SHARDS == 16


@given(st.integers(0, 70), st.integers(1, 9), st.integers(1, 7), st.integers(1, 5))
def test_shards_list_everybody_once_whatever_the_pages_and_hand_overs(
    users: int, page_size: int, steps: int, workers: int
) -> None:
    pool = Sharded(users, page_size=page_size)
    listing, found = in_shards(pool, steps, workers)
    assert subs(found) == everybody(pool)
    assert (listing.doubt, listing.users.rows, sum(listing.users.statuses.values())) == ("", users, users)


def test_many_threads_fill_parts_side_by_side_and_lose_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolsafe.operations.parts.MAX_CHARACTERS", 2_000)
    pool = Sharded(3_000, page_size=20)
    export = export_to(store := MemoryStore(), pool, workers=SHARDS)
    listing = listed(export, shards=SHARDS)
    assert subs(saved(export, listing.users, "users", User)) == everybody(pool)
    assert len(store.written) == len({*store.written}) == listing.users.parts > 10


def test_memberships_are_listed_beside_the_users() -> None:
    pool = Sharded(40, groups=5, page_size=3)
    export = export_to(MemoryStore(), pool, EveryTime(9), workers=8)
    groups = walked_groups(export)
    listing = listed(export, groups, SHARDS)
    found = saved(export, listing.memberships, "memberships", Membership)
    wanted = {(group, account.user.sub) for account in pool.accounts.values() for group in account.groups}
    assert {(one.group_name, one.sub) for one in found} == wanted
    assert len(found) == len(wanted)
    assert subs(saved(export, listing.users, "users", User)) == everybody(pool)


@pytest.mark.parametrize(("estimate", "shards"), [(0, 1), (SHARDED_FROM - 1, 1), (SHARDED_FROM, SHARDS)])
def test_a_pool_is_listed_in_shards_from_ten_thousand_users_on(estimate: int, shards: int) -> None:
    pool = Sharded(3)
    pool.estimate = estimate
    export = export_to(MemoryStore(), pool)
    assert export.users(Listing()).shards == (shards if shards == 1 else 1)
    assert ({*FILTERS} <= {*pool.filters}) is (shards == SHARDS)


def test_one_chain_is_one_chain_whatever_the_size() -> None:
    pool = Sharded(30)
    pool.estimate = 1_000_000
    listed(export_to(MemoryStore(), pool), shards=1)
    assert {*pool.filters} == {None}


def test_what_travels_between_lambdas_tells_no_sub() -> None:
    pool = Sharded(50, page_size=2)
    state = json.dumps(export_to(MemoryStore(), pool, EveryTime(3)).users(Listing(), shards=SHARDS).to_state())
    assert not any(account.user.sub in state for account in pool.accounts.values())


# On any doubt, once more in one chain.


@pytest.mark.parametrize("steps", [None, 1, 5])
@pytest.mark.parametrize(
    ("lie", "doubt"),
    [
        ("strangers", "a shard listed users of another"),
        ("omits", "users who are listed without a filter were in none of them"),
        ("refuses", "Cognito refused the filter (InvalidParameterException)"),
    ],
)
def test_shards_that_lie_are_not_believed(lie: str, doubt: str, steps: int | None) -> None:
    pool = Sharded(90, page_size=7)
    setattr(pool, lie, True)
    listing, found = in_shards(pool, steps)
    assert doubt in listing.doubt
    assert subs(found) == everybody(pool)
    assert (listing.users.rows, sum(listing.users.statuses.values())) == (90, 90)


def test_shards_that_fall_short_of_the_estimate_are_listed_once_more_and_only_once() -> None:
    pool = Sharded(90, page_size=7)
    pool.estimate = 5_000
    listing, found = in_shards(pool)
    assert listing.doubt == "they gave 90 users, and Cognito estimates 5000"
    assert subs(found) == everybody(pool)
    assert pool.filters.count(None) < 30


@pytest.mark.parametrize(("listed_users", "estimated", "short"), [(0, 100, False), (0, 101, True), (1_000, 900, False)])
def test_an_estimate_may_lag_a_little(listed_users: int, estimated: int, short: bool) -> None:
    assert falls_short(listed_users, estimated) is short


def test_somebody_who_is_deleted_meanwhile_is_no_reason_for_a_doubt() -> None:
    pool = Sharded(90, page_size=7)

    def delete(operation: str) -> None:
        if pool.calls["ListUsers"] == 6:
            pool.accounts.pop("user00001", None)

    pool.before = delete
    listing, found = in_shards(pool)
    assert listing.doubt == ""
    assert subs(found) == everybody(pool)


def test_shards_that_are_believed_are_not_asked_about_again_while_memberships_go_on() -> None:
    pool = Sharded(90, groups=3, page_size=7)

    def delete(operation: str) -> None:
        if pool.calls["ListUsers"] == 6:
            pool.accounts.pop("user00001", None)

    pool.before = delete
    # Memberships are walked after the users here, and handed over after each page.
    export = export_to(MemoryStore(), pool, EveryTime(2))
    groups = walked_groups(export)
    listing = listed(export, groups, SHARDS)
    assert (listing.doubt, listing.probe) == ("", ())
    # Five pages without a filter at the beginning, and five at the end.
    assert pool.filters.count(None) == 10


def test_the_doubt_is_told_in_the_manifest() -> None:
    pool = pool_with(9, groups=1)
    listing = pool.list_users
    pool.list_users = lambda token, only=None: listing(token)  # type: ignore[method-assign]
    warnings = Machines().backup(pool, shards=SHARDS).warnings
    assert warnings == (
        "Users were listed in one chain after all, because shards were not to be trusted: a shard listed users of "
        "another.",
    )


def test_the_doubt_about_a_target_is_told_in_the_plan() -> None:
    target = Sharded(9, user_pool_id="us-east-1_Target", custom=("custom:original_sub",))
    target.estimate, target.strangers = SHARDED_FROM, True
    with Deployed() as machines:
        machines.backup(pool_with(3))
        result = machines.restore(target, snapshot=LATEST, dry_run=True)
        told = [one for one in machines.plan(result)["warnings"] if "one chain" in one]
    assert told == [
        "Users were listed in one chain after all, because shards were not to be trusted: a shard listed users of "
        "another."
    ]


# Errors in between.


def test_a_refused_token_of_one_shard_starts_all_of_them_again() -> None:
    clock = FakeClock()
    pool = Sharded(90, page_size=2, clock=clock)

    def hold_up(operation: str) -> None:
        # After five pages without a filter, the second page of the first shard.
        if pool.calls["ListUsers"] == 6 and clock.seconds < 7_200:
            clock.sleep(7_200)

    pool.before = hold_up
    listing, found = in_shards(pool, workers=1)
    assert (listing.users.restarts, listing.doubt) == (1, "")
    assert subs(found) == everybody(pool)
    assert sum(listing.users.statuses.values()) == 90


def test_shards_whose_tokens_are_refused_each_time_are_not_believed() -> None:
    pool = Sharded(90, page_size=2)
    pool.refuses_tokens = True
    listing, found = in_shards(pool)
    assert (listing.shards, listing.doubt) == (1, "Cognito refused the page tokens of filters, again and again")
    assert subs(found) == everybody(pool)


def test_a_listing_whose_tokens_are_always_refused_is_given_up() -> None:
    clock = FakeClock()
    pool = Sharded(90, page_size=2, clock=clock)
    pool.before = lambda operation: clock.sleep(7_200)
    with pytest.raises(ListingBroken, match="Nothing was sealed"):
        in_shards(pool)


@pytest.mark.parametrize("workers", [1, 4])
def test_an_outage_loses_no_work(workers: int) -> None:
    """What was read is handed over; only an invocation that read nothing at all fails."""
    pool = Sharded(90, page_size=2)
    breaks = iter([12, 30, 31, 55])
    at = next(breaks)

    def fail(operation: str) -> None:
        nonlocal at
        if operation == "ListUsers" and pool.calls[operation] == at:
            at = next(breaks, 0)
            raise ServiceUnavailable("ListUsers: no answer.")

    pool.before = fail
    listing, found = in_shards(pool, workers=workers)
    assert subs(found) == everybody(pool)
    assert (listing.users.restarts, listing.doubt) == (0, "")


@pytest.mark.parametrize("workers", [1, 4])
def test_an_outage_of_the_bucket_loses_no_user(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full part that could not be put is put at the end of the invocation."""
    monkeypatch.setattr("poolsafe.operations.parts.MAX_CHARACTERS", 200)
    pool, puts = Sharded(90, page_size=2), count(1)

    def fail(operation: str) -> None:
        if operation == "PutObject" and next(puts) == 2:
            raise ServiceUnavailable("PutObject: no answer.")

    export = export_to(MemoryStore(before=fail), pool, workers=workers)
    listing = listed(export, shards=SHARDS)
    assert subs(saved(export, listing.users, "users", User)) == everybody(pool)
    assert listing.users.parts > 5


def test_a_bucket_that_takes_nothing_fails_the_invocation() -> None:
    def fail(operation: str) -> None:
        if operation == "PutObject":
            raise ServiceUnavailable("PutObject: no answer.")

    with pytest.raises(ServiceUnavailable):
        export_to(MemoryStore(before=fail), Sharded(90, page_size=2), workers=4).users(Listing(), shards=SHARDS)


@pytest.mark.parametrize("error", [ServiceUnavailable("ListUsers: no answer."), AccessDenied("ListUsers")])
def test_an_invocation_that_reads_nothing_fails(error: Exception) -> None:
    pool = Sharded(90, page_size=2)
    listing = export_to(store := MemoryStore(), pool, EveryTime(40)).users(Listing(), shards=SHARDS)

    def fail(operation: str) -> None:
        raise error

    pool.before = fail
    with pytest.raises(type(error)):
        export_to(store, pool, workers=4).users(listing)


def test_what_is_not_about_a_moment_fails_at_once_although_others_read() -> None:
    pool = Sharded(90, page_size=2)

    def fail(operation: str) -> None:
        if pool.calls["ListUsers"] == 30:
            raise AccessDenied("ListUsers")

    pool.before = fail
    with pytest.raises(AccessDenied):
        in_shards(pool)
    assert pool.calls["ListUsers"] < 40
