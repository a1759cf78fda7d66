"""What the benchmarks make of their figures: fits, bills, charts and the page. Nothing is measured here."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.retention.policy import Policy
from tests.benchmarks import svg
from tests.benchmarks.cost_model import (
    START_SECONDS,
    Line,
    Work,
    along,
    computing,
    function,
    invocations_for,
    listing_seconds,
    snapshots_stored,
    total,
)
from tests.benchmarks.growth_fit import fit
from tests.benchmarks.page import Planned, missed, page
from tests.benchmarks.people import ADDRESSES, PROFILES, as_record, people
from tests.benchmarks.prices import LAMBDA_GB_SECOND, S3_GB_MONTH
from tests.benchmarks.rivals_json import cbr_bytes, cli_bytes
from tests.benchmarks.section import Must, Result, Section

# Growth


@given(exponent=st.floats(-1, 3), factor=st.floats(0.01, 1000))
def test_a_power_of_the_size_is_found_again(exponent: float, factor: float) -> None:
    growth = fit([(size, factor * size**exponent) for size in (1_000.0, 10_000.0, 100_000.0)])
    assert growth.exponent == pytest.approx(exponent, abs=1e-6)
    assert growth.at(5_000) == pytest.approx(factor * 5_000**exponent)


def test_one_size_tells_nothing_of_growth() -> None:
    with pytest.raises(ValueError, match="two sizes"):
        fit([(1_000, 5), (1_000, 6)])


# The bill


def test_lambda_bills_the_wait_for_a_quota() -> None:
    """500,000 users are 8,334 pages; half of 30 a second, all of the time, is nine minutes and a quarter."""
    seconds = listing_seconds(8_334, 30, 0.5, efficiency=1.0)
    assert seconds == pytest.approx(555.6)
    assert function(1_024, seconds).gb_seconds == pytest.approx(555.6 + START_SECONDS)
    assert function(512, seconds).gb_seconds == pytest.approx((555.6 + START_SECONDS) / 2)


def test_every_hand_over_is_another_start() -> None:
    assert invocations_for(10) == 1
    assert invocations_for(1_700) == 3
    assert function(1_024, 1_700, 3).gb_seconds == pytest.approx(1_700 + 3 * START_SECONDS)


def test_half_a_cpu_computes_twice_as_long_and_costs_the_same() -> None:
    whole, half = (computing(memory, 100, {}).gb_seconds for memory in (1_769, 1_769 // 2))
    starts = START_SECONDS * (1_769 - 1_769 // 2) / 1024
    assert whole - half == pytest.approx(starts, rel=0.01)


def test_more_memory_than_one_cpu_has_is_paid_for_nothing() -> None:
    assert computing(3_008, 100, {}).gb_seconds > 1.6 * computing(1_769, 100, {}).gb_seconds


def test_what_every_run_takes_is_not_multiplied_by_its_size() -> None:
    assert along((100, 200), (15, 25), 1_000) == 105


def test_work_adds_up_by_operation() -> None:
    night = Work(1, 2, 3, {"PutObject": 1}).plus(Work(1, 1, 1, {"PutObject": 2, "GetObject": 5}))
    assert night.times(30) == Work(60, 90, 120, {"PutObject": 90, "GetObject": 150})


def test_a_bill_is_the_sum_of_its_lines() -> None:
    lines = (Line("compute", 1_000, LAMBDA_GB_SECOND), Line("storage", 10, S3_GB_MONTH))
    assert total(lines) == pytest.approx(0.0133334 + 0.23)


def test_removed_snapshots_are_paid_for_as_long_as_they_can_be_had_back() -> None:
    week = Policy(keep_daily=7)
    assert snapshots_stored(week, 0) == 7 + 1  # the one that is removed today is there until tomorrow
    assert snapshots_stored(week, 35) == 7 + 36


# Users, and the files of others


def test_the_same_seed_makes_the_same_people_with_subs_of_their_own() -> None:
    some = list(people(500))
    assert some == list(people(500))
    assert len({as_record(told).sub for told in some}) == 500


def test_who_signs_in_by_e_mail_has_the_sub_for_a_username() -> None:
    user = as_record(next(people(1, ADDRESSES)))
    assert user.username == user.sub
    assert set(user.attributes) == {"email", "email_verified"}
    assert "phone_number" in as_record(next(people(1, PROFILES))).attributes


def test_a_user_is_as_long_as_cbr_and_the_aws_cli_write_it() -> None:
    user = {
        "Username": "jane",
        "Attributes": [{"Name": "name", "Value": "Zoë"}],
        "UserCreateDate": 1_600_000_000.5,
        "UserLastModifiedDate": 1_600_000_000.5,
        "Enabled": True,
        "UserStatus": "CONFIRMED",
    }
    by_cbr = (
        '{"Username":"jane","Attributes":[{"Name":"name","Value":"Zoë"}],"UserCreateDate":"2020-09-13T12:26:40.500Z",'
        '"UserLastModifiedDate":"2020-09-13T12:26:40.500Z","Enabled":true,"UserStatus":"CONFIRMED"}\n,\n'
    )
    by_the_cli = r"""        {
            "Username": "jane",
            "Attributes": [
                {
                    "Name": "name",
                    "Value": "Zo\u00eb"
                }
            ],
            "UserCreateDate": "2020-09-13T12:26:40.500000+00:00",
            "UserLastModifiedDate": "2020-09-13T12:26:40.500000+00:00",
            "Enabled": true,
            "UserStatus": "CONFIRMED"
        },
"""
    assert cbr_bytes(user) == len(by_cbr.encode())
    assert cli_bytes(user) == len(by_the_cli)


# Charts


def test_a_chart_is_xml_that_says_its_figures_in_words() -> None:
    series = [svg.Series("ours & theirs", [(1_000, 120), (10_000, 130)], "flat"), svg.Series("cbr", [(1_000, 90)])]
    drawn = ElementTree.fromstring(svg.lines("Memory", "users", "MiB", series, ("512 MB", 488)))  # noqa: S314 - ours
    told = drawn.findtext("{http://www.w3.org/2000/svg}desc")
    assert told == "ours & theirs: 120 at 1 k, 130 at 10 k; cbr: 90 at 1 k."


def test_the_labels_of_lines_that_end_together_do_not_touch() -> None:
    series = [svg.Series(name, [(1_000, 100), (10_000, 100 + number)]) for number, name in enumerate("abc")]
    drawn = ElementTree.fromstring(svg.lines("Three", "users", "s", series))  # noqa: S314 - ours
    texts = drawn.iter("{http://www.w3.org/2000/svg}text")
    heights = sorted(float(text.attrib["y"]) for text in texts if (text.text or "") in "abc" and text.text)
    assert all(lower - upper >= svg.LABEL_GAP - 0.2 for upper, lower in pairwise(heights))
    assert len(heights) == 3


@pytest.mark.parametrize(
    ("value", "said"), [(0.25, "0.25"), (5, "5"), (1_500, "1,500"), (10_000, "10 k"), (1_000_000, "1 M"), (2e7, "20 M")]
)
def test_an_amount_is_short(value: float, said: str) -> None:
    assert svg.amount(value) == said


# The page

PLANNED = (Planned("one", "The first promise"), Planned("two", "The second promise"), Planned("three"))


def result(text: str, *musts: Must) -> Result:
    return Result(Section(text, musts), "2026-11-27", "a machine", "some versions")


def test_the_page_begins_with_what_holds_and_what_does_not() -> None:
    good, bad = Must("CPU", "≤ 1.15", "0.70", holds=True), Must("Memory", "< 512 MB", "600 MB", holds=False)
    results = {"one": result("## First part\n\ntext", good, bad)}
    written = page(PLANNED, results, minutes=45)
    assert "| CPU | ≤ 1.15 | **0.70** | holds |\n| Memory | < 512 MB | **600 MB** | **missed** |" in written
    assert "| The second promise | | | not measured |" in written
    assert "[First part](#first-part)" in written
    assert "| `one` | 2026-11-27 | a machine | some versions |" in written


def test_what_is_missed_or_not_measured_is_told_apart() -> None:
    bad = Must("Memory", "< 512 MB", "600 MB", holds=False)
    assert missed(PLANNED, {"one": result("## One", bad)}) == [
        "not measured: The second promise",
        "missed: Memory: 600 MB, limit < 512 MB",
    ]
    good = Must("Memory", "< 512 MB", "300 MB", holds=True)
    assert not missed(PLANNED, {"one": result("## One", good), "two": result("## Two")})
