"""The verify machine: damage of any kind is found and named, everything is read once in 28 days, nothing is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from poolsafe.domain.rolling import DAYS, is_due
from poolsafe.domain.snapshot import SNAPSHOT_ID, SnapshotRef
from tests.embedded.deployed import Deployed, Json, fits, named, person

TODAY = datetime(2026, 11, 22, 5, tzinfo=UTC)


@pytest.fixture
def saved(deployed: Deployed) -> Json:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [person("ada", "staff")], named("staff"))
    deployed.idp(pool).create_user_pool_client(UserPoolId=pool, ClientName="app", GenerateSecret=True)
    return deployed.backup(pool)


def folder(saved: Json) -> str:
    return f"snapshots/{saved['user_pool_id']}/{saved['snapshot_id']}/"


def name(saved: Json) -> str:
    return f"{saved['user_pool_id']}/{saved['snapshot_id']}"


def verify(deployed: Deployed, saved: Json, **options: Any) -> Json:
    result = deployed.run("verify", {"user_pool_ids": [saved["user_pool_id"]], **options})
    fits("verify.result", result)
    return result


def test_sound_snapshots_are_found_sound_and_left_alone(deployed: Deployed, saved: Json) -> None:
    before = {key: deployed.content(key) for key in deployed.keys(folder(saved))}
    deployed.put(f"snapshots/{saved['user_pool_id']}/20200101T000000Z-000000/users/00-00000.parquet", b"left")
    result = verify(deployed, saved, read="all")
    assert result["status"] == "COMPLETE"
    assert result["counts"] == {"snapshots": 1, "read": 1, "unsealed": 1, "damaged": 0}
    assert {key: deployed.content(key) for key in deployed.keys(folder(saved))} == before


def delete(deployed: Deployed, key: str) -> None:
    deployed.delete(key)


@pytest.mark.parametrize("kind", ["users", "groups", "memberships", "config", "secrets"])
def test_a_file_that_is_gone_is_found_without_reading_anything(deployed: Deployed, saved: Json, kind: str) -> None:
    prefix = folder(saved).replace("snapshots/", "secrets/") if kind == "secrets" else f"{folder(saved)}{kind}/"
    key = deployed.keys(prefix)[0]
    delete(deployed, key)
    result = verify(deployed, saved, read="none")
    assert (result["status"], result["counts"]["damaged"]) == ("DAMAGED", 1)
    [found] = result["damaged"]
    assert (found["snapshot"], found["error"]) == (name(saved), "SnapshotDamaged")
    assert key in found["explanation"]
    assert deployed.document(result["report"])["damaged"] == [found]


def test_a_byte_that_changed_is_found_on_the_day_the_snapshot_is_read_and_not_before(
    deployed: Deployed, saved: Json
) -> None:
    key = deployed.keys(f"{folder(saved)}users/")[0]
    content = bytearray(deployed.content(key))
    content[len(content) // 2] ^= 1
    deployed.put(key, bytes(content))
    ref = SnapshotRef(saved["user_pool_id"], saved["snapshot_id"])
    days = [TODAY + timedelta(days=number) for number in range(DAYS)]
    [due] = [day for day in days if is_due(ref, day)]
    other = next(day for day in days if day != due)
    for day, status in ((other, "COMPLETE"), (due, "DAMAGED")):
        assert verify(deployed, saved, scheduled_at=day.strftime("%Y-%m-%dT%H:%M:%SZ"))["status"] == status


def test_a_manifest_that_was_changed_is_found(deployed: Deployed, saved: Json) -> None:
    key = f"{folder(saved)}manifest.json"
    deployed.put(key, deployed.content(key).replace(b'"users": 1', b'"users": 2'))
    assert verify(deployed, saved, read="none")["counts"]["damaged"] == 1


def test_without_names_all_snapshots_of_the_bucket_are_looked_at(deployed: Deployed, saved: Json) -> None:
    everything = deployed.run("verify", {"read": "none"})
    sealed = [
        key
        for key in deployed.keys("snapshots/")
        if key.endswith("/manifest.json") and SNAPSHOT_ID.fullmatch(key.split("/")[2])
    ]
    assert everything["counts"]["snapshots"] == len(sealed) >= 1


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"user_pool_ids": ["nonsense"]}, "user_pool_ids"),
        ({"read": "some"}, "read"),
        ({"scheduled_at": "today"}, "scheduled_at"),
        ({"pool": "x"}, "pool"),
    ],
)
def test_an_input_that_cannot_be_meant_names_its_field(deployed: Deployed, request_: Json, field: str) -> None:
    found = deployed.refused("verify", request_)
    assert found.error == "InvalidRequest"
    assert found.message.startswith(field)
