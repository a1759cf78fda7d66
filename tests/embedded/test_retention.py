"""The retention machine: what the policy does not keep is gone, and what somebody holds or a restore reads is not."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from poolsafe.domain.manifest import own_digest
from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, fits, person

AS_POLICY = {"keep_last": 1}


@pytest.fixture
def pool(deployed: Deployed) -> str:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [person(f"user{number:02d}") for number in range(20)])
    return pool


def aged(deployed: Deployed, pool: str, days: int) -> str:
    """A snapshot as it would be, had it been made so many days ago; its id."""

    saved = deployed.backup(pool)
    old = f"snapshots/{pool}/{saved['snapshot_id']}/"
    moment = datetime.now(UTC) - timedelta(days=days)
    name = f"{moment:%Y%m%dT%H%M%SZ}-{days % 4096:06x}"
    for key in deployed.keys(old):
        content = deployed.content(key)
        if key.endswith("/manifest.json"):
            document = json.loads(content)
            document["snapshot_id"] = name
            document["sha256"] = own_digest(document)
            content = json.dumps(document).encode()
        deployed.put(f"snapshots/{pool}/{name}/{key.removeprefix(old)}", content)
        deployed.delete(key)
    return name


def sealed(deployed: Deployed, pool: str) -> list[str]:
    keys = deployed.keys(f"snapshots/{pool}/")
    return sorted(key.split("/")[2] for key in keys if key.endswith("/manifest.json"))


def retain(deployed: Deployed, pool: str, **options: object) -> Json:
    result = deployed.run("retention", {"user_pool_ids": [pool], "dry_run": False, **options})
    fits("retention.result", result)
    return result


def plan_of(deployed: Deployed, result: Json) -> Json:
    [plan] = deployed.document(result["report"])["pools"]
    return dict(plan)


def test_the_stacks_policy_keeps_the_last_three_and_one_a_day(deployed: Deployed, pool: str) -> None:
    old = [aged(deployed, pool, days) for days in (4000, 3000, 2000)]
    today = [deployed.backup(pool)["snapshot_id"] for _ in range(4)]
    shown = deployed.run("retention", {"user_pool_ids": [pool]})
    assert (shown["status"], shown["counts"]["removed"]) == ("DRY_RUN", 1), "the stack's own default"
    assert len(sealed(deployed, pool)) == 7
    result = retain(deployed, pool)
    assert plan_of(deployed, result)["removed"] == today[:1]
    assert sealed(deployed, pool) == sorted([*old, *today[1:]])
    gone = f"snapshots/{pool}/{today[0]}/"
    assert deployed.keys(gone) == []
    versions = deployed.cloud.client("s3").list_object_versions(Bucket=deployed.bucket, Prefix=gone)
    assert versions["Versions"], "and can be had back"


def test_another_policy_is_shown_and_never_applied(deployed: Deployed, pool: str) -> None:
    for _ in range(3):
        deployed.backup(pool)
    shown = retain(deployed, pool, dry_run=True, policy=AS_POLICY)
    assert (shown["status"], shown["counts"]["removed"]) == ("DRY_RUN", 2)
    refused = deployed.refused("retention", {"policy": AS_POLICY, "dry_run": False})
    assert (refused.error, refused.message[:7]) == ("InvalidRequest", "policy:")
    assert len(sealed(deployed, pool)) == 3


def test_a_hold_is_kept_and_a_release_gives_it_up(deployed: Deployed, pool: str) -> None:
    ids = [deployed.backup(pool)["snapshot_id"] for _ in range(4)]
    held = {"hold": f"{pool}/{ids[0]}", "note": "audit"}
    result = deployed.run("retention", held)
    fits("retention.result", result)
    assert result["status"] == "HELD"
    assert retain(deployed, pool)["counts"]["removed"] == 0
    assert deployed.run("retention", {"release": f"{pool}/{ids[0]}"})["status"] == "RELEASED"
    assert retain(deployed, pool)["counts"]["removed"] == 1
    assert sealed(deployed, pool) == ids[1:]


def test_a_mass_deletion_is_braked_warned_of_and_released_by_a_person(deployed: Deployed, pool: str) -> None:
    good = [deployed.backup(pool)["snapshot_id"] for _ in range(2)]
    for number in range(12):
        deployed.idp(pool).admin_delete_user(UserPoolId=pool, Username=f"user{number:02d}")
    saved = deployed.backup(pool)
    assert saved["status"] == "COMPLETE"
    assert "12 of 20 users (60 %)" in saved["warnings"][0]
    later = [deployed.backup(pool) for _ in range(4)]
    assert not [warning for one in later for warning in one["warnings"] if "Suspicious" in warning]
    result = retain(deployed, pool)
    assert result["counts"]["braked"] == 1
    assert plan_of(deployed, result)["braked_by"] == [saved["snapshot_id"]]
    assert sealed(deployed, pool)[:3] == [*good, saved["snapshot_id"]]
    dry = deployed.restore(f"{pool}/latest", deployed.pool(ORIGINAL_SUB), dry_run=True)
    assert "12 of 20 users" in deployed.document(dry["report"])["plan"]["warnings"][0]
    deployed.run("retention", {"release": f"{pool}/{saved['snapshot_id']}", "note": "planned"})
    assert retain(deployed, pool)["counts"]["braked"] == 0
    assert len(sealed(deployed, pool)) == 3


def test_a_snapshot_that_a_restore_reads_stays_until_the_restore_has_ended(deployed: Deployed, pool: str) -> None:
    ids = [deployed.backup(pool)["snapshot_id"] for _ in range(4)]
    target = deployed.pool(ORIGINAL_SUB)
    fault = {"action": "ListUsers", "user_pool_id": target, "latency_ms": 300, "times": 1_000}
    request = {"snapshot": f"{pool}/{ids[0]}", "target_user_pool_id": target}
    with deployed.cloud.faults(fault):
        running = deployed.cloud.begin(deployed.machine("restore"), request)
        for _ in range(600):
            if deployed.keys(f"readers/{pool}/{ids[0]}/"):
                break
            time.sleep(0.05)
        assert retain(deployed, pool)["counts"]["removed"] == 0
    deployed.cloud.finish(running, seconds=300)
    assert retain(deployed, pool)["counts"]["removed"] == 1
    refused = deployed.refused("restore", {"snapshot": f"{pool}/{ids[0]}", "target_user_pool_id": target})
    assert refused.error == "SnapshotNotFound"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({"policy": {"keep_last": 0}, "dry_run": True}, "policy"),
        ({"policy": {"keep_last": -1}, "dry_run": True}, "policy.keep_last"),
        ({"policy": {"keep_within": "soon"}, "dry_run": True}, "keep_within"),
        ({"hold": "us-east-1_AbCdEfGhI/latest"}, "hold"),
        ({"hold": "us-east-1_AbCdEfGhI/20261122T030000Z-3f9a1c", "dry_run": True}, "dry_run"),
        ({"release": "everything"}, "release"),
        ({"note": "nothing"}, "note"),
        ({"user_pool_ids": ["nonsense"]}, "user_pool_ids"),
        ({"keep": 3}, "keep"),
    ],
)
def test_an_input_that_cannot_be_meant_names_its_field(deployed: Deployed, request_: Json, field: str) -> None:
    found = deployed.refused("retention", request_)
    assert found.error == "InvalidRequest"
    assert found.message.startswith(field)
