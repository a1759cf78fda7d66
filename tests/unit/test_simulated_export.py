"""The real export on a simulated clock, against a Cognito that is slow, rude, or lies: nobody lost, nobody twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from local.layer.page_manners import PageManners
from poolsafe.domain.quotas import Category
from poolsafe.domain.shards import SHARDED_FROM, SHARDS
from poolsafe.errors import ListingBroken, ServiceUnavailable, Throttled
from poolsafe.operations.walks import MAX_RESTARTS
from tests.benchmarks.simulated.clock import SimulatedClock
from tests.benchmarks.simulated.exporting import Case, Exported, exported
from tests.benchmarks.simulated.source import CHARACTERS_PER_ROW

USERS, GROUPS = 12_000, 7
PLAIN = Case(USERS, GROUPS, 1.0)
#: Invocations of 4 seconds beside what they keep to commit.
SHORT = replace(PLAIN, timeout=64)
HOUR = 3600.0


def is_whole(done: Exported) -> bool:
    """Everybody and every membership is in the files once, and the counts say so."""
    listing = done.listing
    return done.run.wrong == {} and (listing.users.rows, listing.memberships.rows) == (USERS, USERS)


def test_a_pool_is_exported_in_shards_and_nobody_is_throttled() -> None:
    done = exported(PLAIN)
    assert is_whole(done)
    assert (done.listing.shards, done.listing.doubt, done.run.throttled) == (SHARDS, "", 0)


def test_a_small_pool_is_exported_in_one_chain() -> None:
    done = exported(replace(PLAIN, users=SHARDED_FROM - 1))
    assert (done.run.wrong, done.listing.shards) == ({}, 1)


def test_hand_overs_lose_nobody() -> None:
    done = exported(SHORT)
    assert is_whole(done)
    assert done.run.invocations > 3


def test_answers_that_take_twenty_seconds_lose_nobody() -> None:
    done = exported(replace(PLAIN, latency_ms=(20_000, 25_000)))
    assert is_whole(done)
    assert done.run.seconds > 200


@pytest.mark.parametrize("case", [PLAIN, SHORT])
def test_short_and_empty_pages_and_users_listed_again_lose_and_double_nobody(case: Case) -> None:
    rude = PageManners(seed=3, short_pages=0.3, empty_pages=0.3, duplicates=0.4)
    done = exported(replace(case, manners=rude))
    assert is_whole(done)
    assert done.listing.users.duplicates > 50


def test_whoever_is_listed_again_after_a_hand_over_is_known_from_the_parts_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("poolsafe.operations.parts.MAX_CHARACTERS", 100 * CHARACTERS_PER_ROW)
    done = exported(replace(SHORT, manners=PageManners(seed=3, duplicates=0.9)))
    assert is_whole(done)
    assert done.listing.users.parts > 50


def late(clock: SimulatedClock, invocation: int) -> None:
    """The second invocation comes two hours after the first."""
    if invocation == 1:
        clock.sleep(2 * HOUR)


def test_tokens_that_expire_in_mid_chain_start_the_listing_again() -> None:
    done = exported(replace(SHORT, manners=PageManners(token_lifetime_s=HOUR), meanwhile=late))
    assert is_whole(done)
    assert done.listing.users.restarts == 1


def test_tokens_that_never_last_to_the_next_invocation_end_the_export() -> None:
    waits = list[int]()

    def always_late(clock: SimulatedClock, invocation: int) -> None:
        waits.append(invocation)
        clock.sleep(2 * HOUR)

    with pytest.raises(ListingBroken, match="Nothing was sealed"):
        exported(replace(SHORT, manners=PageManners(token_lifetime_s=HOUR), meanwhile=always_late))
    assert len(waits) <= 2 * MAX_RESTARTS + 2


@pytest.mark.parametrize("case", [PLAIN, SHORT])
@pytest.mark.parametrize(
    ("lie", "doubt"),
    [("strangers", "a shard listed users of another"), ("omits", "listed without a filter were in none of them")],
)
def test_shards_that_lie_are_not_believed_and_nobody_is_lost(case: Case, lie: str, doubt: str) -> None:
    done = exported(replace(case, manners=PageManners(lying_filter=lie)))
    assert is_whole(done)
    assert done.listing.shards == 1
    assert doubt in done.listing.doubt


def test_shards_that_omit_more_than_the_estimate_lags_are_found_out_by_it() -> None:
    done = exported(replace(PLAIN, estimate_factor=1.07, manners=PageManners(lying_filter="omits")))
    assert is_whole(done)
    assert "Cognito estimates 12840" in done.listing.doubt


@pytest.mark.parametrize(("factor", "doubted"), [(0, False), (0.1, False), (0.9, False), (1.04, False), (10, True)])
def test_an_estimate_that_is_far_off_loses_nobody(factor: float, doubted: bool) -> None:
    done = exported(replace(PLAIN, estimate_factor=factor))
    assert is_whole(done)
    assert bool(done.listing.doubt) is doubted
    # The second goes on in one chain, where the first did not believe the shards.
    assert done.run.invocations == 1 + doubted


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0])
def test_a_wall_clock_that_jumps_changes_nothing(jump: float) -> None:
    def set_clock(clock: SimulatedClock, _: int) -> None:
        def later() -> None:
            clock.sleep(1)
            clock.jump(jump)

        clock.spawn(later)

    done, undisturbed = exported(replace(SHORT, meanwhile=set_clock)), exported(SHORT)
    assert is_whole(done)
    assert done.run.seconds == undisturbed.run.seconds


def test_a_pause_of_a_day_between_two_invocations_changes_nothing() -> None:
    def sleep(clock: SimulatedClock, invocation: int) -> None:
        clock.sleep(86_400 if invocation == 2 else 0)

    assert is_whole(exported(replace(SHORT, meanwhile=sleep)))


def test_a_quota_believed_to_be_absurdly_high_is_found_out_and_nobody_is_lost() -> None:
    done = exported(replace(PLAIN, believed={Category.USER_LIST: 1e9}))
    assert is_whole(done)
    assert done.run.throttled > 0


def test_a_quota_of_zero_ends_the_export() -> None:
    with pytest.raises(Throttled):
        exported(replace(PLAIN, in_force={"UserList": 0}))


@pytest.mark.parametrize("model", ["window", "bucket"])
def test_others_who_use_most_of_the_quota_cost_time_and_lose_nobody(model: str) -> None:
    done = exported(replace(PLAIN, model=model, production=0.8))
    assert is_whole(done)
    assert done.run.production is not None


@pytest.mark.parametrize("model", ["window", "bucket"])
def test_lambdas_end_in_time_at_the_smallest_share_and_when_others_leave_hardly_any(model: str) -> None:
    done = exported(replace(PLAIN, quota_share=0.05, model=model, production=0.95))
    assert is_whole(done)


@pytest.mark.parametrize("production", [0.0, 0.8, 0.97])
def test_second_factors_are_asked_for_in_time_however_little_others_leave(production: float) -> None:
    done = exported(Case(USERS, 0, 0.5, include_mfa=True, production=production))
    assert done.run.wrong == {}
    assert (done.run.throttled > 0) is (production > 0)


def test_a_page_that_cannot_be_asked_about_in_time_is_left_to_the_next_invocation() -> None:
    """A page takes 57 s, of the 60 that an invocation works and the 30 more after which it gives up."""
    done = exported(Case(600, 0, 0.5, include_mfa=True, believed={Category.USER_READ: 2.1}, timeout=120))
    assert (done.run.wrong, done.listing.users.rows) == ({}, 600)
    assert (done.run.invocations, done.listing.users.duplicates) == (10, 0)
    # Asked about once more, those of each page that was given up.
    assert done.run.calls > 600 + 200


def test_an_invocation_that_ends_before_a_page_can_be_asked_about_says_so_instead_of_going_on_for_ever() -> None:
    with pytest.raises(Throttled, match="could not be asked about in time"):
        exported(Case(600, 0, 0.5, include_mfa=True, believed={Category.USER_READ: 2.0}, timeout=64))


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_bucket_that_does_not_answer_for_a_while_loses_and_doubles_nobody(seconds: float) -> None:
    """The others go on filling parts meanwhile, past what the next invocation looks at for those listed twice."""
    puts = count()

    def silent_once(clock: SimulatedClock, operation: str) -> None:
        if operation == "PutObject" and next(puts) == 0:
            clock.sleep(seconds)
            raise ServiceUnavailable("PutObject: no answer.")

    done = exported(Case(130_000, 0, 0.5, bucket=silent_once))
    assert done.run.wrong == {}
    assert (done.listing.users.rows, done.listing.users.duplicates) == (130_000, 0)
    assert done.run.invocations == 2
