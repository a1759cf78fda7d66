"""Who takes part in a drill, and what comes of it: purely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.drill.request import DrillRequest, Objectives
from poolsafe.domain.drill.sample import MOST, OF_EACH, Sample, canaries, traits_of
from poolsafe.domain.drill.verdict import DrillStatus, Objective, bill, extrapolated_hours, summary, verdict
from poolsafe.domain.records import User
from poolsafe.errors import InvalidRequest

REGIONS = frozenset({"us-east-1"})
MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
WALK = {"walked": 3, "failed": 0}
MET = (Objective(1.0, 2.0), Objective(1.0, None))


def somebody(number: int, **told: object) -> User:
    plain = User(f"user{number}", f"sub-{number:04d}", "CONFIRMED", True, MOMENT, MOMENT)
    return replace(plain, **told)  # type: ignore[arg-type]


people = st.lists(
    st.builds(
        lambda number, status, enabled, names: somebody(
            number, status=status, enabled=enabled, attributes=dict.fromkeys(sorted(names), "x")
        ),
        st.integers(0, 9_999),
        st.sampled_from(["CONFIRMED", "UNCONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"]),
        st.booleans(),
        st.sets(st.sampled_from(["email", "phone_number", "name", "custom:a"])),
    ),
    max_size=80,
    unique_by=lambda one: one.sub,
)


def drawn(users: Sequence[User], size: int, groups: Mapping[str, tuple[str, ...]] | None = None) -> Sample:
    sample = Sample(size)
    for one in users:
        sample.look_at(one, (groups or {}).get(one.sub, ()))
    return sample


@given(people, st.integers(0, 50))
def test_every_kind_that_there_is_takes_part_whatever_the_size(users: list[User], size: int) -> None:
    sample = drawn(users, size)
    chosen = sample.users()
    there = set().union(*(traits_of(one, ()) for one in users))
    assert set().union(*(traits_of(one, ()) for one in chosen)) == there
    assert sample.kinds_left_out == 0
    assert len({one.sub for one in chosen}) == len(chosen) >= min(size, len(users))


def test_each_group_sends_somebody_and_a_full_sample_says_who_is_left_out() -> None:
    users = [somebody(number) for number in range(3 * MOST)]
    groups = {one.sub: (f"group{number}",) for number, one in enumerate(users)}
    sample = drawn(users, 10, groups)
    assert len(sample.users()) == MOST
    assert sample.kinds_left_out == 3 * MOST - MOST
    few = drawn(users[:50], 10, groups)
    assert {name for one in few.users() for name in groups[one.sub]} == {f"group{number}" for number in range(50)}


def test_federated_users_are_counted_and_take_no_part() -> None:
    sample = drawn([somebody(1, status="EXTERNAL_PROVIDER"), somebody(2)], 10)
    assert (sample.federated, sample.local) == (1, 1)
    assert [one.sub for one in sample.users()] == ["sub-0002"]


def test_canaries_are_of_every_status_before_there_are_two_of_one() -> None:
    users = [somebody(number, status="CONFIRMED") for number in range(20)]
    users += [somebody(100, status="RESET_REQUIRED"), somebody(101, enabled=False)]
    found = canaries(users, 4)
    assert {(one.status, one.enabled) for one in found} >= {("CONFIRMED", True), ("RESET_REQUIRED", True)}
    assert any(not one.enabled for one in found)
    assert len(found) == 4
    assert OF_EACH >= 1


@pytest.mark.parametrize(
    ("restored", "walk", "removed", "objectives", "status"),
    [
        ("COMPLETE", WALK, True, MET, DrillStatus.PASSED),
        ("PARTIAL", WALK, True, MET, DrillStatus.PARTIAL),
        ("COMPLETE", WALK, True, (Objective(3.0, 2.0), MET[1]), DrillStatus.PARTIAL),
        ("COMPLETE", {"walked": 3, "failed": 1}, True, MET, DrillStatus.FAILED),
        ("COMPLETE", None, True, MET, DrillStatus.FAILED),
        ("COMPLETE", WALK, False, MET, DrillStatus.FAILED),
        ("FAILED", None, True, MET, DrillStatus.FAILED),
        (None, None, True, MET, DrillStatus.FAILED),
    ],
)
def test_the_verdict(
    restored: str | None,
    walk: dict[str, int] | None,
    removed: bool,
    objectives: tuple[Objective, Objective],
    status: DrillStatus,
) -> None:
    found, problems = verdict(restored, walk, removed, objectives)
    assert found is status
    assert bool(problems) is (status is not DrillStatus.PASSED)


def test_an_objective_that_could_not_be_measured_is_missed() -> None:
    assert Objective(None, 5.0).met is False
    assert Objective(9.0, None).met is None


def test_the_time_of_the_whole_pool_is_what_was_not_waiting_and_what_quotas_make_of_everybody() -> None:
    assert extrapolated_hours(3_600, 0.25, 10.0) == 10.75
    assert extrapolated_hours(60, 1.0, 2.0) == 2.0, "quotas did not slow the drill down as much as they might"


def test_the_bill() -> None:
    assert bill(1_000, "ESSENTIALS")["dollars_at_most"] == 15.0
    assert bill(1_000, "a plan of tomorrow")["dollars_at_most"] == 20.0


def test_the_worst_drill_is_the_runs_status() -> None:
    drills = [{"status": status, "report": "s3://x"} for status in ("PASSED", "FAILED", "PARTIAL")]
    assert summary("run", drills, [])["status"] == "FAILED"
    assert summary("run", drills[:1], [])["report"] == "s3://x"
    assert summary("run", [], ["pool"])["status"] == "SWEPT"


def test_what_is_asked_for_goes_over_the_stacks_objectives() -> None:
    request = DrillRequest.of(
        {"user_pool_id": "us-east-1_AbCdEfGhI", "objectives": {"recovery_time_hours": None}},
        REGIONS,
        Objectives(26, 24),
    )
    assert request.objectives == Objectives(26, None)
    assert DrillRequest.from_state(request.to_state()) == request


def test_everybody_is_tried_by_import_where_the_pool_takes_one_unless_told_otherwise() -> None:
    asked = {"user_pool_id": "us-east-1_AbCdEfGhI", "users": "all"}
    verifying = {"AutoVerifiedAttributes": ["email"]}
    request = DrillRequest.of(asked, REGIONS, Objectives())
    assert request.credentials_for(verifying) == "import-job"
    assert request.credentials_for({}) == "reset"
    told = DrillRequest.of({**asked, "credentials": "temporary"}, REGIONS, Objectives())
    assert told.credentials_for(verifying) == "temporary"
    sample = DrillRequest.of({"user_pool_id": "us-east-1_AbCdEfGhI"}, REGIONS, Objectives())
    assert sample.credentials_for(verifying) == "reset"
    with pytest.raises(InvalidRequest, match="sample_size"):
        DrillRequest.of({**asked, "sample_size": 3}, REGIONS, Objectives())
