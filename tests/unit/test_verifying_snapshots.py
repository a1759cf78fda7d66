"""Looking at all snapshots, in as many invocations as it takes; and whose day it is."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from poolsafe import bootstrap
from poolsafe.domain.rolling import DAYS, is_due
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.operations.verify_snapshots import VerifyProgress, VerifySnapshots, damage_of
from tests.fakes import FakeUserPool, MemoryStore
from tests.step_functions import Deployed

START = datetime(2026, 1, 31, 5, tzinfo=UTC)
DAMAGE = "verifications/run/damaged/"


class Impatient:
    """Near after every look."""

    def near(self, ahead: float = 0) -> bool:
        return True


class Patient:
    def near(self, ahead: float = 0) -> bool:
        return False


@given(st.integers(0, 999_999), st.dates(datetime(2024, 1, 1).date(), datetime(2032, 1, 1).date()))  # noqa: DTZ001
def test_every_snapshot_is_read_exactly_once_in_28_days(number: int, begins: object) -> None:
    ref = SnapshotRef("us-east-1_Pool", f"20261122T030000Z-{number:06x}")
    first = datetime.fromisoformat(f"{begins}T05:00:00+00:00")
    assert sum(is_due(ref, first + timedelta(days=day)) for day in range(DAYS)) == 1


def test_the_work_of_a_day_is_about_the_same() -> None:
    refs = [SnapshotRef("us-east-1_Pool", f"20261122T030000Z-{number:06x}") for number in range(2_800)]
    days = Counter(day for ref in refs for day in range(DAYS) if is_due(ref, START + timedelta(days=day)))
    assert len(days) == DAYS
    assert all(60 <= count <= 140 for count in days.values())


def saved(store: MemoryStore, pools: int) -> list[str]:
    """A snapshot of each pool."""
    names = []
    with Deployed(store=store) as machines:
        for number in range(pools):
            pool = FakeUserPool(f"us-east-1_Pool{number}")
            pool.add("ada")
            manifest = machines.backup(pool)
            names.append(f"{manifest.user_pool_id}/{manifest.snapshot_id}")
    return names


def walk(store: MemoryStore, deadline: Impatient | Patient, is_due_: bool = True) -> tuple[VerifyProgress, int]:
    verify = VerifySnapshots(store, bootstrap.format_of, lambda ref: is_due_, DAMAGE)
    progress, invocations = VerifyProgress(), 0
    while not progress.done:
        progress, invocations = verify(VerifyProgress(**progress.to_state()), deadline), invocations + 1
        assert invocations < 200
    return progress, invocations


def test_as_many_invocations_as_it_takes_come_to_the_same_as_one() -> None:
    store = MemoryStore()
    saved(store, 3)
    at_once, one = walk(store, Patient())
    step_by_step, many = walk(store, Impatient())
    assert (at_once.snapshots, at_once.read, at_once.damaged) == (3, 3, 0)
    assert one == 1
    assert many > 3
    assert step_by_step == at_once


def test_damage_is_noted_once_for_each_snapshot_and_the_others_are_looked_at() -> None:
    store = MemoryStore()
    first, _, third = saved(store, 3)
    del store.objects[next(key for key in store.objects if key.startswith(f"snapshots/{first}/users/"))]
    broken = next(key for key in store.objects if key.startswith(f"snapshots/{third}/users/"))
    store.objects[broken] = type(store.objects[broken])(b"something else", {})
    for deadline in (Patient(), Impatient()):
        progress, _ = walk(store, deadline)
        assert (progress.snapshots, progress.read, progress.damaged) == (3, 1, 2)
        assert [found["snapshot"] for found in damage_of(store, DAMAGE)] == [first, third]
    looked, _ = walk(store, Patient(), is_due_=False)
    assert (looked.read, looked.damaged) == (0, 1)
