"""One stack, several Regions: the pool's id says where it is."""

from __future__ import annotations

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, named, person

ABROAD = "eu-west-1"


@pytest.fixture(scope="module")
def abroad(deployed: Deployed) -> str:
    """A pool in another Region than the stack's."""
    pool = deployed.pool("tier", region=ABROAD)
    assert pool.startswith(f"{ABROAD}_")
    verified = {"email": "ada@example.com", "email_verified": "true"}
    ada = person("ada", "staff", attributes={"custom:tier": "gold", **verified})
    people = [ada, person("bob", "staff", Enabled=False)]
    deployed.cloud.put_users(pool, people, named("staff"))
    return pool


@pytest.fixture(scope="module")
def backup(deployed: Deployed, abroad: str) -> Json:
    return deployed.backup(abroad)


def test_a_pool_of_another_region_is_backed_up_into_the_stacks_bucket(
    deployed: Deployed, abroad: str, backup: Json
) -> None:
    assert backup["status"] == "COMPLETE"
    assert backup["counts"] == {"users": 2, "groups": 1, "memberships": 2}
    assert backup["manifest"].startswith(f"s3://{deployed.bucket}/snapshots/{abroad}/")


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2"])
def test_it_is_restored_into_a_pool_of_any_region(deployed: Deployed, abroad: str, backup: Json, region: str) -> None:
    target = deployed.pool("tier", ORIGINAL_SUB, region=region)
    restore = deployed.restore(f"{abroad}/{backup['snapshot_id']}", target)
    assert (restore["status"], restore["counts"]["created"]) == ("COMPLETE", 2)
    assert restore["target_user_pool_id"].startswith(f"{region}_")
    back = deployed.users(target)
    assert {name: (user.status, user.enabled) for name, user in back.items()} == {
        "ada": ("CONFIRMED", True),
        "bob": ("FORCE_CHANGE_PASSWORD", False),
    }
    assert deployed.memberships(target) == {("staff", "ada"), ("staff", "bob")}


def test_a_pool_of_the_stacks_region_is_restored_into_another(deployed: Deployed) -> None:
    source, target = deployed.pool(), deployed.pool(ORIGINAL_SUB, region=ABROAD)
    deployed.cloud.put_users(source, [person("eve")])
    deployed.backup(source)
    assert deployed.restore(f"{source}/latest", target)["status"] == "COMPLETE"
    assert deployed.users(target).keys() == {"eve"}
