"""What a policy keeps: restic's rules, counted by hand and by Hypothesis, across time zones and leap days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.retention.decide import Snapshot, decide
from poolsafe.domain.retention.policy import Policy
from poolsafe.errors import InvalidRequest

NOW = datetime(2028, 3, 15, 12, tzinfo=UTC)
ZONES = ("UTC", "Europe/Vienna", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu")


def taken(at: datetime, status: str | None = "COMPLETE", number: int = 0, **told: bool) -> Snapshot:
    return Snapshot(f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{number:06x}", status, **told)


def nights(count: int, end: datetime = NOW) -> list[Snapshot]:
    """One a day, the last on the day of `end` at three o'clock."""
    last = end.replace(hour=3, minute=0, second=0)
    return [taken(last - timedelta(days=number)) for number in reversed(range(count))]


def kept(snapshots: Iterable[Snapshot], policy: Policy, now: datetime = NOW) -> list[str]:
    return [one.snapshot_id for one in decide(snapshots, policy, now) if one.keeps]


def days(ids: Iterable[str]) -> list[str]:
    return [one[:8] for one in ids]


# By hand


def test_the_last_ones_are_kept() -> None:
    assert days(kept(nights(10), Policy(keep_last=3))) == ["20280313", "20280314", "20280315"]


def test_of_each_day_the_newest_is_kept_and_days_without_do_not_count() -> None:
    at = [NOW.replace(day=day, hour=hour) for day in (1, 2, 9) for hour in (3, 8)]
    found = kept([taken(one) for one in at], Policy(keep_daily=2))
    assert [one[:11] for one in found] == ["20280302T08", "20280309T08"]


def test_a_leap_day_is_a_day_and_the_last_of_its_month() -> None:
    assert "20280229" in days(kept(nights(30), Policy(keep_monthly=2)))
    assert days(kept(nights(20), Policy(keep_daily=16)))[0] == "20280229"


def test_a_week_is_that_of_iso_8601_over_the_end_of_a_year() -> None:
    end = datetime(2027, 1, 3, 12, tzinfo=UTC)  # Sunday of 2026-W53
    assert days(kept(nights(14, end), Policy(keep_weekly=2), end)) == ["20261227", "20270103"]


def test_years_and_months() -> None:
    found = days(kept(nights(3 * 366), Policy(keep_yearly=3, keep_monthly=2)))
    assert found == ["20261231", "20271231", "20280229", "20280315"]


@pytest.mark.parametrize(
    ("duration", "first"),
    [("10d", "20280305"), ("1m", "20280215"), ("1y", "20270315"), ("1m1d", "20280214"), ("36h", "20280314")],
)
def test_within_counts_back_from_the_newest(duration: str, first: str) -> None:
    assert days(kept(nights(800), Policy(keep_within=duration)))[0] == first


def test_a_month_before_the_31st_is_the_last_day_of_february() -> None:
    end = datetime(2028, 3, 31, 12, tzinfo=UTC)
    assert days(kept(nights(60, end), Policy(keep_within="1m"), end))[0] == "20280229"


def test_the_day_is_that_of_the_time_zone() -> None:
    """Half past eleven in the evening, and half past midnight, of one day in UTC are two in Vienna."""
    evening, night = datetime(2028, 3, 10, 22, 30, tzinfo=UTC), datetime(2028, 3, 10, 23, 30, tzinfo=UTC)
    both = [taken(evening), taken(night)]
    assert len(kept(both, Policy(keep_daily=5))) == 1
    assert len(kept(both, Policy(keep_daily=5, time_zone="Europe/Vienna"))) == 2


# Whatever the policy says

ONE = Policy(keep_last=1)


def test_the_newest_complete_one_stays_behind_partial_ones() -> None:
    snapshots = [*nights(3), *(taken(NOW - timedelta(hours=hour), "PARTIAL") for hour in (5, 4, 3))]
    assert [one[:11] for one in kept(snapshots, ONE)] == ["20280315T03", "20280315T09"]


@pytest.mark.parametrize("why", ["held", "read"])
def test_what_is_held_or_read_stays(why: str) -> None:
    first, *others = nights(5)
    assert days(kept([replace(first, **{why: True}), *others], ONE)) == ["20280311", "20280315"]  # type: ignore[arg-type]


def test_what_cannot_be_read_stays() -> None:
    first, *others = nights(5)
    assert days(kept([replace(first, status=None), *others], ONE)) == ["20280311", "20280315"]


def test_a_brake_keeps_everything_up_to_it_and_nothing_after() -> None:
    snapshots = nights(6)
    snapshots[3] = replace(snapshots[3], braked=True)
    assert days(kept(snapshots, ONE)) == ["20280310", "20280311", "20280312", "20280313", "20280315"]


def test_a_snapshot_from_the_future_makes_nobody_old() -> None:
    """Its clock was wrong: it counts for nothing, and stays."""
    future = taken(NOW + timedelta(days=4000))
    policy = Policy(keep_within="7d", keep_last=2)
    assert kept([*nights(30), future], policy) == [*kept(nights(30), policy), future.snapshot_id]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "policy"),
        ({"keep_last": 0, "keep_daily": 0, "keep_within": "0d"}, "policy"),
        ({"keep_within": "a week"}, "keep_within"),
        ({"keep_within": "7"}, "keep_within"),
    ],
)
def test_a_policy_that_keeps_nothing_or_means_nothing_is_refused(document: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Policy.of(document, "UTC")
    assert refused.value.field == field


def test_a_time_zone_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="NightlyTimeZone"):
        Policy.of({"keep_last": 1}, "Europe/Vindobona")


# By Hypothesis

moments = st.datetimes(datetime(2023, 1, 1), datetime(2028, 3, 15), timezones=st.just(UTC))  # noqa: DTZ001
snapshot = st.builds(
    lambda at, number, status, marks: taken(at, status, number, **dict.fromkeys(marks, True)),
    moments,
    st.integers(0, 9),
    st.sampled_from(["COMPLETE", "COMPLETE", "COMPLETE", "PARTIAL", None]),
    st.sets(st.sampled_from(["held", "read", "braked"]), max_size=1) | st.just(set()),
)
pools = st.lists(snapshot, max_size=40, unique_by=lambda one: one.snapshot_id)
plain = st.lists(st.builds(taken, moments), max_size=60, unique_by=lambda one: one.snapshot_id)
policies = st.builds(
    Policy,
    *(st.integers(0, 6) for _ in range(5)),
    st.sampled_from(["", "", "30d", "1y", "2m3d"]),
    st.sampled_from(ZONES),
).filter(lambda policy: policy.keeps_something)


@given(pools, policies)
def test_a_pool_that_has_a_complete_snapshot_always_has_its_newest(snapshots: list[Snapshot], policy: Policy) -> None:
    complete = max((one.snapshot_id for one in snapshots if one.status == "COMPLETE"), default=None)
    assert complete is None or complete in kept(snapshots, policy)


@given(pools, policies)
def test_a_pool_is_never_emptied(snapshots: list[Snapshot], policy: Policy) -> None:
    assert bool(kept(snapshots, policy)) is bool(snapshots)


@given(pools, policies)
def test_deciding_again_about_what_stayed_removes_nothing_more(snapshots: list[Snapshot], policy: Policy) -> None:
    stayed = set(kept(snapshots, policy))
    assert set(kept([one for one in snapshots if one.snapshot_id in stayed], policy)) == stayed


@given(pools, policies, st.randoms())
def test_the_order_does_not_matter(snapshots: list[Snapshot], policy: Policy, random: object) -> None:
    shuffled = list(snapshots)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(shuffled, policy, NOW) == decide(snapshots, policy, NOW)


@given(pools, policies)
def test_nothing_that_is_marked_goes(snapshots: list[Snapshot], policy: Policy) -> None:
    stayed = set(kept(snapshots, policy))
    braked = max((one.snapshot_id for one in snapshots if one.braked), default="")
    for one in snapshots:
        if one.held or one.read or one.status is None or one.snapshot_id <= braked:
            assert one.snapshot_id in stayed


@given(plain, st.integers(1, 8), st.sampled_from(ZONES), st.sampled_from(["daily", "weekly", "monthly", "yearly"]))
def test_a_rule_keeps_one_of_each_of_the_last_periods_and_no_more(
    snapshots: list[Snapshot], count: int, zone: str, rule: str
) -> None:
    def period(one: str) -> tuple[int, ...]:
        local = datetime.strptime(one[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        return {
            "daily": (local.year, local.month, local.day),
            "weekly": tuple(local.isocalendar())[:2],
            "monthly": (local.year, local.month),
            "yearly": (local.year,),
        }[rule]

    ids = sorted(one.snapshot_id for one in snapshots)
    expected = [list(same)[-1] for _, same in groupby(ids, period)][-count:]
    assert kept(snapshots, Policy(**{f"keep_{rule}": count}, time_zone=zone)) == expected  # type: ignore[arg-type]


@given(pools, policies, policies)
def test_a_policy_that_keeps_more_never_removes_more(snapshots: list[Snapshot], one: Policy, other: Policy) -> None:
    counted = ("keep_last", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly")
    more = replace(one, **{name: max(getattr(one, name), getattr(other, name)) for name in counted})
    assert set(kept(snapshots, one)) <= set(kept(snapshots, more))
