"""Every byte of a snapshot is read and compared before anything is restored from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poolsafe.errors import SnapshotDamaged
from poolsafe.ports import StoredObject
from tests.fakes import EveryTime
from tests.pipeline import LATEST, Machines, pool_with, target_pool

KINDS = pytest.mark.parametrize("kind", ["users", "groups", "memberships", "config"])
FORMATS = pytest.mark.parametrize("file_format", ["parquet", "json"])


def sealed(file_format: str = "parquet") -> Machines:
    machines = Machines()
    machines.backup(pool_with(9), format=file_format)
    return machines


def file_of(machines: Machines, kind: str) -> str:
    return next(key for key in machines.store.objects if f"/{kind}/" in key)


def assert_refused(machines: Machines, explanation: str) -> None:
    target = target_pool()
    with pytest.raises(SnapshotDamaged, match=explanation) as refused:
        machines.restore(target, snapshot=LATEST)
    assert "Nothing was restored" in str(refused.value)
    assert set(target.calls) == {"DescribeUserPool"}


@KINDS
@FORMATS
@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_one_changed_byte_in_any_file_is_found(kind: str, file_format: str, place: float) -> None:
    machines = sealed(file_format)
    key = file_of(machines, kind)
    content = bytearray(machines.store.objects[key].content)
    content[-1 if place == -1 else int(place * len(content))] ^= 1
    machines.store.objects[key] = StoredObject(bytes(content), machines.store.objects[key].metadata)
    assert_refused(machines, f"{kind}/.* does not have the size and SHA-256 of its manifest")


@KINDS
@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda content: content + b"\0", lambda content: b""])
def test_a_file_of_another_length_is_found(kind: str, change: Callable[[bytes], bytes]) -> None:
    machines = sealed()
    key = file_of(machines, kind)
    machines.store.objects[key] = StoredObject(change(machines.store.objects[key].content), {})
    assert_refused(machines, f"{kind}/.* does not have the size and SHA-256")


@KINDS
def test_a_missing_file_is_found(kind: str) -> None:
    machines = sealed()
    del machines.store.objects[file_of(machines, kind)]
    assert_refused(machines, f"{kind}/.* is gone")


def test_two_files_that_changed_places_are_found() -> None:
    machines = Machines(deadline=EveryTime(1))
    machines.backup(pool_with(9, page_size=3))
    first, second = [key for key in machines.store.objects if "/users/" in key][:2]
    objects = machines.store.objects
    objects[first], objects[second] = objects[second], objects[first]
    assert_refused(machines, "users/00-00000.parquet")


def test_damage_is_found_however_often_the_check_is_handed_over() -> None:
    machines = Machines(deadline=EveryTime(1))
    machines.backup(pool_with(9, page_size=2))
    *_, last = [key for key in machines.store.objects if "/users/" in key]
    del machines.store.objects[last]
    assert_refused(machines, "is gone")


def test_what_changes_after_the_check_is_not_restored_in_silence() -> None:
    """The file goes while the plan is made from it."""
    machines = sealed()
    target = target_pool()

    key = file_of(machines, "users")
    target.before = lambda operation: void(machines.store.objects.pop(key, None)) if operation == "ListUsers" else None
    with pytest.raises(KeyError):
        machines.restore(target, snapshot=LATEST)
    assert target.accounts == {}


def void(value: object) -> None:
    """For callbacks whose answer nobody wants."""
