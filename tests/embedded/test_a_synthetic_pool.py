"""The backup machine on a pool that is stored nowhere, whose listings behave as badly as they may."""

from __future__ import annotations

from tests.embedded.deployed import Deployed

BAD_MANNERS = {"short_pages": 0.2, "empty_pages": 0.2, "duplicates": 0.3, "token_lifetime_s": 3600}


def test_everybody_is_in_the_backup_once_whatever_the_pages_do(deployed: Deployed) -> None:
    pool = deployed.cloud.synthetic_pool(3_000, groups=5, memberships_per_user=1, seed=8)
    with deployed.cloud.limits(pages=BAD_MANNERS, quotas={"UserList": 200}):
        backup = deployed.backup(pool)
    assert backup["status"] == "COMPLETE"
    assert backup["counts"] == {"users": 3_000, "groups": 5, "memberships": 3_000}
