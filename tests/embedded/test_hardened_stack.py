"""The stack with every optional protection: a key of one's own, Object Lock, a replica. On a cloud of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import running
from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, named, person


@pytest.fixture(scope="module")
def hardened() -> Iterator[tuple[Deployed, Json]]:
    with running(settings={"SFN_WAIT_SCALE": "0.02"}) as cloud:
        kms, s3 = (cloud.client(service) for service in ("kms", "s3"))
        users, replica = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
        s3.create_bucket(Bucket="replica")
        s3.put_bucket_versioning(Bucket="replica", VersioningConfiguration={"Status": "Enabled"})
        told = {
            "KmsKeyArn": users,
            "ObjectLockMode": "GOVERNANCE",
            "ObjectLockDays": "40",
            "ReplicaBucketArn": "arn:aws:s3:::replica",
            "ReplicaAccount": "111111111111",
            "ReplicaKmsKeyArn": replica,
            "AlertEmail": "oncall@example.com",
        }
        cloud.deploy(told)
        yield Deployed(cloud, cloud.outputs()), told


@pytest.fixture(scope="module")
def saved(hardened: tuple[Deployed, Json]) -> Json:
    deployed, _ = hardened
    pool = deployed.pool(UserPoolTags={"poolsafe:backup": "true"})
    people = [person(f"user{number}", "staff", attributes={"email": f"u{number}@example.com"}) for number in range(5)]
    deployed.cloud.put_users(pool, people, named("staff"))
    deployed.idp(pool).create_user_pool_client(UserPoolId=pool, ClientName="app", GenerateSecret=True)
    return deployed.backup(pool)


def heads(deployed: Deployed, prefix: str) -> dict[str, Any]:
    s3 = deployed.cloud.client("s3")
    return {key: s3.head_object(Bucket=deployed.bucket, Key=key) for key in deployed.keys(prefix)}


def test_every_object_of_a_snapshot_is_locked_and_nothing_else_is(hardened: tuple[Deployed, Json], saved: Json) -> None:
    deployed, _ = hardened
    of_snapshot = {**heads(deployed, "snapshots/"), **heads(deployed, "secrets/")}
    assert len(of_snapshot) > 10
    soon, late = datetime.now(UTC) + timedelta(days=39), datetime.now(UTC) + timedelta(days=41)
    for key, told in of_snapshot.items():
        assert told["ObjectLockMode"] == "GOVERNANCE", key
        assert soon < told["ObjectLockRetainUntilDate"] < late, key
    for key, told in heads(deployed, "working/").items():
        assert "ObjectLockMode" not in told, key


def test_nothing_is_written_without_the_key_that_was_given_and_secrets_are_under_theirs(
    hardened: tuple[Deployed, Json], saved: Json
) -> None:
    deployed, told = hardened
    s3 = deployed.cloud.client("s3")
    [secret] = {one["SSEKMSKeyId"] for one in heads(deployed, "secrets/").values()}
    assert secret != told["KmsKeyArn"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=deployed.bucket, Key="other/x", Body=b"", ServerSideEncryption="AES256")


def test_a_locked_version_goes_for_nobody_and_what_retention_removes_can_be_had_back(
    hardened: tuple[Deployed, Json], saved: Json
) -> None:
    deployed, _ = hardened
    pool = saved["user_pool_id"]
    for _ in range(4):
        deployed.backup(pool)
    result = deployed.run("retention", {"user_pool_ids": [pool], "dry_run": False})
    assert result["counts"]["removed"] >= 1
    gone = f"snapshots/{pool}/{saved['snapshot_id']}/"
    assert deployed.keys(gone) == []
    s3 = deployed.cloud.client("s3")
    listed = s3.list_object_versions(Bucket=deployed.bucket, Prefix=gone)
    with deployed._breaking_glass() as free:
        for version in listed["Versions"]:
            with pytest.raises(ClientError, match="AccessDenied"):
                free.delete_object(Bucket=deployed.bucket, Key=version["Key"], VersionId=version["VersionId"])


def test_snapshots_are_replicated_and_removals_are_not(hardened: tuple[Deployed, Json]) -> None:
    deployed, told = hardened
    found = deployed.cloud.client("s3").get_bucket_replication(Bucket=deployed.bucket)["ReplicationConfiguration"]
    rules = {rule["ID"]: rule for rule in found["Rules"]}
    assert {name: rule["Filter"]["Prefix"] for name, rule in rules.items()} == {
        "snapshots": "snapshots/",
        "secrets": "secrets/",
    }
    for rule in rules.values():
        assert (rule["Status"], rule["DeleteMarkerReplication"]["Status"]) == ("Enabled", "Disabled")
        assert rule["Destination"]["Bucket"] == told["ReplicaBucketArn"]
        assert rule["Destination"]["Account"] == told["ReplicaAccount"]
        assert rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"] == told["ReplicaKmsKeyArn"]


def test_what_was_saved_comes_back_all_the_same(hardened: tuple[Deployed, Json], saved: Json) -> None:
    deployed, _ = hardened
    pool, target = saved["user_pool_id"], deployed.pool(ORIGINAL_SUB)
    assert deployed.restore(f"{pool}/latest", target)["status"] == "COMPLETE"
    assert deployed.users(target).keys() == deployed.users(pool).keys()
    assert deployed.run("drill", {"user_pool_id": pool, "sample_size": 0})["status"] == "PASSED"
    assert deployed.run("verify", {"read": "all"})["status"] == "COMPLETE"
    assert deployed.run("watch", {"tag": "poolsafe:backup=true"})["status"] == "QUIET"
