"""The hourly look: what of the bucket is a risk, which pools are overdue, and which are gone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from poolsafe.domain.watch.bucket import bucket_risks
from poolsafe.errors import NotFound
from poolsafe.operations.watch import Found, Watch, are_there
from tests.fakes import FakeClock, FakeUserPool, MemoryStore
from tests.pipeline import Machines, pool_with

POOL, OTHER = "us-east-1_Source", "us-east-1_Other"
OURS = {"ID": "forget", "Status": "Enabled", "Filter": {"Prefix": "snapshots/"}}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"Expiration": {"Days": 30}, "Filter": {"Prefix": ""}}, "expires snapshots"),
        ({"Expiration": {"Days": 30}}, "expires snapshots"),
        ({"Expiration": {"Date": "2030-01-01"}, "Prefix": "snapshots/us-east-1_A/"}, "expires snapshots"),
        ({"Expiration": {"Days": 1}, "Filter": {"And": {"Prefix": "sec", "Tags": []}}}, "expires snapshots"),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 3}, "Prefix": "secrets/"}, "forgets removed snapshots"),
        ({"Transitions": [{"Days": 1, "StorageClass": "DEEP_ARCHIVE"}], "Prefix": ""}, "DEEP_ARCHIVE"),
    ],
)
def test_a_rule_that_somebody_added_by_hand_is_a_risk(rule: dict[str, Any], said: str) -> None:
    [risk] = bucket_risks([{"ID": "save-money", "Status": "Enabled", **rule}], "Enabled", 35)
    assert risk.startswith("The lifecycle rule save-money")
    assert said in risk


@pytest.mark.parametrize(
    "rule",
    [
        {"Status": "Disabled", "Expiration": {"Days": 1}, "Filter": {"Prefix": ""}},
        {"Status": "Enabled", "Expiration": {"Days": 30}, "Filter": {"Prefix": "working/"}},
        {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        {**OURS, "Expiration": {"ExpiredObjectDeleteMarker": True}},
        {**OURS, "NoncurrentVersionExpiration": {"NoncurrentDays": 35}},
        {"Status": "Enabled", "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}], "Prefix": ""},
    ],
)
def test_a_rule_that_loses_no_snapshot_is_none(rule: dict[str, Any]) -> None:
    assert list(bucket_risks([rule], "Enabled", 35)) == []


@pytest.mark.parametrize("versioning", [None, "Suspended"])
def test_a_bucket_without_versions_is_a_risk(versioning: str | None) -> None:
    [risk] = bucket_risks([], versioning, 35)
    assert "keeps no versions" in risk


@dataclass
class Cognito:
    """DescribeUserPool of the pools that are there, with their tags."""

    there: dict[str, dict[str, str]] = field(default_factory=dict)
    region: str = "us-east-1"

    def knows(self, operation: str) -> bool:
        return True

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        if members["UserPoolId"] not in self.there:
            raise NotFound(operation, "ResourceNotFoundException")
        return {"UserPool": {"UserPoolTags": self.there[members["UserPoolId"]]}}


@dataclass
class Looks:
    """Looks at a stack, hour after hour."""

    machines: Machines = field(default_factory=Machines)
    cognito: Cognito = field(default_factory=Cognito)

    def look(self, pools: Iterable[str] = (POOL,), risks: Iterable[str] = ()) -> Found:
        watch = Watch(self.machines.store, self.machines.clock, 30, 40)
        return watch(pools, are_there(self.cognito, watch.missing(pools)), list(risks))

    def later(self, hours: float) -> None:
        self.machines.clock.sleep(hours * 3600)


@pytest.fixture
def looks() -> Looks:
    return Looks()


def test_a_pool_that_was_never_backed_up_is_overdue_from_when_it_was_first_seen(looks: Looks) -> None:
    assert looks.look().backup_age_hours == 0
    looks.later(31)
    found = looks.look()
    assert found.backup_age_hours == 31
    assert found.problems == (f"{POOL}: no COMPLETE snapshot for 31 hours.",)


def test_the_age_is_that_of_the_newest_complete_snapshot_of_the_pool_that_is_worst_off(looks: Looks) -> None:
    for name in (POOL, OTHER):
        looks.machines.backup(pool_with(3, pool_id=name))
    looks.later(5)
    looks.machines.backup(pool_with(3, pool_id=OTHER))
    looks.later(2)
    assert looks.look((POOL, OTHER)).backup_age_hours == pytest.approx(7, abs=0.01)
    assert looks.look((OTHER,)).backup_age_hours == pytest.approx(2, abs=0.01)


def test_a_partial_snapshot_makes_nothing_younger(looks: Looks) -> None:
    looks.machines.backup(pool_with(3, pool_id=POOL))
    looks.later(40)
    pool: FakeUserPool = pool_with(3, pool_id=POOL)
    manifest = looks.machines.backup(pool)
    key = f"snapshots/{POOL}/{manifest.snapshot_id}/manifest.json"
    del looks.machines.store.objects[key]
    assert looks.look().backup_age_hours == pytest.approx(40, abs=0.01)


def test_a_drill_that_failed_makes_nothing_younger(looks: Looks) -> None:
    now = looks.machines.clock.now().isoformat()
    for number, status in enumerate(("PASSED", "FAILED")):
        point = {"at": now, "status": status, "recovery_point_hours": 1, "recovery_time_hours": 1}
        looks.machines.store.put(f"drills/history/{POOL}/{number}.json", json.dumps(point).encode())
    looks.later(24 * 41)
    found = looks.look()
    assert found.drill_age_days == 41
    assert f"{POOL}: no drill for 41 days." in found.problems


def test_a_pool_that_is_gone_or_untagged_is_told_for_a_fortnight_or_until_somebody_knows(looks: Looks) -> None:
    looks.cognito.there[OTHER] = {}
    looks.look((POOL, OTHER))
    looks.later(1)
    found = looks.look(())
    assert found.vanished == 2
    assert {f"{POOL}: is gone; its snapshots stay.", f"{OTHER}: has lost its tag; its snapshots stay."} <= {
        *found.problems
    }
    Watch(looks.machines.store, looks.machines.clock, 30, 40).forget(POOL)
    assert looks.look(()).vanished == 1
    looks.later(24 * 14)
    assert looks.look(()).vanished == 0
    assert looks.look((POOL,)).pools == 1, "and it may come back"


def test_a_scratch_pool_that_goes_is_no_loss(looks: Looks) -> None:
    looks.cognito.there[OTHER] = {"poolsafe:scratch": "true"}
    looks.look((OTHER,))
    assert looks.look(()).vanished == 0


def test_a_stack_without_pools_says_so(looks: Looks) -> None:
    assert looks.look(()).problems == ("No pool of this Region has the tag: nothing is backed up.",)


def test_risks_of_the_bucket_are_problems(looks: Looks) -> None:
    found = looks.look((), ["one", "two"])
    assert found.bucket_risks == 2
    assert found.problems[:2] == ("one", "two")


def test_a_look_that_runs_twice_says_the_same() -> None:
    store, clock = MemoryStore(), FakeClock()
    watch = Watch(store, clock, 30, 40)
    first = watch((POOL,), iter(()), [])
    assert watch((POOL,), iter(()), []) == first
