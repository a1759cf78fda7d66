"""Five thousand people in fifty groups: more than a page, a part of a plan, or anybody would check by hand."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, crowd, named

USERS = 5_000
GROUPS = tuple(f"group{number:02d}" for number in range(50))


@pytest.fixture(scope="module")
def source(deployed: Deployed) -> str:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, crowd(USERS, GROUPS), named(*GROUPS))
    return pool


@pytest.fixture(scope="module")
def backup(deployed: Deployed, source: str) -> Json:
    return deployed.backup(source)


@pytest.fixture(scope="module")
def target(deployed: Deployed, source: str, backup: Json) -> tuple[str, Json]:
    """The pool that was restored into, and the result."""
    pool = deployed.pool(ORIGINAL_SUB)
    return pool, deployed.restore(f"{source}/latest", pool)


def test_a_backup_counts_everybody(backup: Json) -> None:
    assert backup["status"] == "COMPLETE"
    assert backup["counts"] == {"users": USERS, "groups": len(GROUPS), "memberships": 3 * USERS}
    assert backup["warnings"] == []


def test_a_restore_counts_everybody(target: tuple[str, Json]) -> None:
    _, restore = target
    assert restore["status"] == "COMPLETE"
    assert restore["counts"] == {"created": USERS, "updated": 0, "skipped": 0, "deferred": 0, "failed": 0}


def test_the_report_has_every_membership_and_no_difference(deployed: Deployed, target: tuple[str, Json]) -> None:
    report = deployed.document(target[1]["report"])
    assert report["counts"]["membership"] == {"created": 3 * USERS}
    assert report["verification"]["undeclared_differences"] == {}


def test_nobody_of_them_is_locked_out(deployed: Deployed, target: tuple[str, Json]) -> None:
    users = deployed.users(target[0])
    assert Counter(user.status for user in users.values()) == {"CONFIRMED": USERS}
    assert {name for name, user in users.items() if not user.enabled} == {
        f"person{number:05d}" for number in range(0, USERS, 20)
    }


def test_each_has_their_own_old_sub_and_address(deployed: Deployed, source: str, target: tuple[str, Json]) -> None:
    before, after = deployed.users(source), deployed.users(target[0])
    assert {name: user.attributes[f"custom:{ORIGINAL_SUB}"] for name, user in after.items()} == {
        name: user.sub for name, user in before.items()
    }
    assert {name: user.attributes["email"] for name, user in after.items()} == {
        name: user.attributes["email"] for name, user in before.items()
    }


def test_each_is_in_their_own_three_groups(deployed: Deployed, source: str, target: tuple[str, Json]) -> None:
    assert deployed.memberships(target[0]) == deployed.memberships(source)
