"""The backup machine on pools that are stored nowhere, whose listings behave as badly as they may."""

from __future__ import annotations

import json

import pytest

from tests.embedded.deployed import Deployed, Json

BAD_MANNERS = {"short_pages": 0.2, "empty_pages": 0.2, "duplicates": 0.3, "token_lifetime_s": 3600}
#: Enough for shards.
MANY = 10_500


def subs(deployed: Deployed, pool: str, backup: Json) -> list[str]:
    return [row["sub"] for row in deployed.rows(f"snapshots/{pool}/{backup['snapshot_id']}/users/")]


def test_everybody_is_in_the_backup_once_whatever_the_pages_do(deployed: Deployed) -> None:
    pool = deployed.cloud.synthetic_pool(3_000, groups=5, memberships_per_user=1, seed=8)
    with deployed.cloud.limits(pages=BAD_MANNERS, quotas={"UserList": 200}):
        backup = deployed.backup(pool)
    assert backup["status"] == "COMPLETE"
    assert backup["counts"] == {"users": 3_000, "groups": 5, "memberships": 3_000}


def test_many_are_listed_in_shards_and_everybody_is_there_once(deployed: Deployed) -> None:
    pool = deployed.cloud.synthetic_pool(MANY, groups=20, memberships_per_user=1, seed=9)
    with deployed.cloud.limits(pages={"short_pages": 0.1, "duplicates": 0.1, "token_lifetime_s": 3600}):
        execution = deployed.cloud.begin(deployed.machine("backup"), {"user_pool_id": pool})
        backup = deployed.cloud.finish(execution)
    assert backup["counts"] == {"users": MANY, "groups": 20, "memberships": MANY}
    found = subs(deployed, pool, backup)
    assert len(found) == len({*found}) == MANY
    assert [told for told in backup["warnings"] if "one chain" in told] == []
    left = (event.get("stateExitedEventDetails", {}) for event in deployed.history(execution))
    [output, *_] = [json.loads(details["output"]) for details in left if details.get("name") == "ExportUsers"]
    assert output["listing"]["progress"]["shards"] == 16


@pytest.mark.parametrize(
    ("pages", "factor", "doubt"),
    [
        ({"lying_filter": "strangers"}, 1.0, "a shard listed users of another"),
        ({"lying_filter": "omits"}, 1.0, "without a filter were in none of them"),
        ({}, 3.0, f"they gave {MANY} users, and Cognito estimates {3 * MANY}"),
    ],
)
def test_shards_that_do_not_hold_together_are_not_believed(
    deployed: Deployed, pages: Json, factor: float, doubt: str
) -> None:
    pool = deployed.cloud.synthetic_pool(MANY, seed=10, estimate_factor=factor)
    with deployed.cloud.limits(pages=pages):
        backup = deployed.backup(pool)
    assert (backup["status"], backup["counts"]["users"]) == ("COMPLETE", MANY)
    found = subs(deployed, pool, backup)
    assert len(found) == len({*found}) == MANY
    assert [told for told in backup["warnings"] if doubt in told], backup["warnings"]
