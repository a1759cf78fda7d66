"""What cannot be meant is refused by name, with the field and a way out, before anything is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, named, person

NOWHERE = "us-east-1_Nowhere000"


@pytest.fixture(scope="module")
def source(deployed: Deployed) -> str:
    pool = deployed.pool("tier")
    people = [
        person("ada", "staff", attributes={"custom:tier": "gold", "email": "ada@example.com"}),
        person("bob", attributes={"custom:tier": "none"}),
    ]
    deployed.cloud.put_users(pool, people, named("staff"))
    return pool


@pytest.fixture(scope="module")
def snapshot(deployed: Deployed, source: str) -> str:
    return f"{source}/{deployed.backup(source)['snapshot_id']}"


@pytest.fixture
def target(deployed: Deployed) -> str:
    return deployed.pool("tier", ORIGINAL_SUB)


def copied(deployed: Deployed, snapshot: str, change: Callable[[str, bytes], bytes | None]) -> str:
    """The snapshot of a pool that never was, with its files changed; None leaves one out."""
    *_, snapshot_id = snapshot.split("/")
    pool = f"us-east-1_Copy{abs(hash(change)) % 10**9}"
    for key in deployed.keys(f"snapshots/{snapshot}/"):
        path = key.removeprefix(f"snapshots/{snapshot}/")
        content = change(path, deployed.content(key))
        if content is not None:
            deployed.put(f"snapshots/{pool}/{snapshot_id}/{path}", content)
    return f"{pool}/{snapshot_id}"


def in_place(deployed: Deployed, source: str, change: Callable[[str, bytes], bytes | None]) -> str:
    """A snapshot of its own whose files were changed after the seal."""
    snapshot = f"{source}/{deployed.backup(source)['snapshot_id']}"
    for key in deployed.keys(f"snapshots/{snapshot}/"):
        path, content = key.removeprefix(f"snapshots/{snapshot}/"), deployed.content(key)
        changed = change(path, content)
        if changed is None:
            deployed.delete(key)
        elif changed != content:
            deployed.put(key, changed)
    return snapshot


def assert_untouched(deployed: Deployed, target: str) -> None:
    assert deployed.writes() == {}
    assert deployed.users(target) == {}
    assert deployed.groups(target) == {}


# Inputs of a backup


@pytest.mark.parametrize(
    ("request_", "field", "problem"),
    [
        ({"user_pool": "us-east-1_x"}, "user_pool", "did you mean user_pool_id?"),
        ({}, "user_pool_id", "is missing"),
        ({"user_pool_id": 7}, "user_pool_id", "must be of type string"),
        ({"user_pool_id": "not a pool"}, "user_pool_id", "is not a user pool id"),
        ({"user_pool_id": "xx-north-1_AbCdEfGhI"}, "user_pool_id", "xx-north-1"),
        ({"user_pool_id": NOWHERE, "format": "csv"}, "format", "must be one of"),
        ({"user_pool_id": NOWHERE, "quota_share": 0}, "quota_share", "does not fit"),
        ({"user_pool_id": NOWHERE, "include": ["passwords"]}, "include.0", "must be one of"),
        (["us-east-1_AbCdEfGhI"], "input", "must be a JSON object"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_a_backup_names_the_field_the_problem_and_an_example(
    deployed: Deployed, request_: Any, field: str, problem: str
) -> None:
    refusal = deployed.refused("backup", request_)
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith(f"{field}: ")
    assert problem in refusal.message
    assert '"us-east-1_AbCdEfGhI"' in refusal.message or "Example" in refusal.message
    assert deployed.cloud.calls() == {}


def test_a_backup_of_a_pool_that_is_not_there_says_where_it_looked(deployed: Deployed) -> None:
    refusal = deployed.refused("backup", {"user_pool_id": NOWHERE})
    assert refusal.error == "PoolNotFound"
    assert refusal.message.startswith(f"user_pool_id: {NOWHERE} does not exist in us-east-1")
    assert deployed.keys(f"snapshots/{NOWHERE}/") == []


def test_a_pool_is_looked_for_in_the_region_of_its_id(deployed: Deployed, source: str) -> None:
    elsewhere = source.replace("us-east-1", "eu-west-1")
    refusal = deployed.refused("backup", {"user_pool_id": elsewhere})
    assert refusal.error == "PoolNotFound"
    assert "eu-west-1" in refusal.message


# Inputs of a restore


@pytest.mark.parametrize(
    ("options", "field", "problem"),
    [
        ({"dryrun": True}, "dryrun", "did you mean dry_run?"),
        ({"dry_run": "yes"}, "dry_run", "must be of type boolean"),
        ({"credentials": "hashes"}, "credentials", "must be one of"),
        ({"credentials": "invite"}, "credentials", "has to be said twice"),
        ({"credentials": "import-job"}, "credentials", "verifies neither"),
        ({"only": {"sections": ["config", "users"]}}, "only.sections", "names config beside others"),
        ({"only": {"usernames": ["nobody"]}}, "only.usernames", "names 1 who are not in the snapshot"),
        ({"only": {"groups": ["nothing"]}}, "only.groups", "not in the snapshot"),
        ({"credentials_fallback": "none"}, "credentials_fallback", "must be one of"),
        ({"snapshot": "yesterday"}, "snapshot", "is not '<user pool id>/<snapshot id>'"),
        ({"target_user_pool_id": "here"}, "target_user_pool_id", "is not a user pool id"),
        ({"target_user_pool_id": "xx-north-1_AbCdEfGhI"}, "target_user_pool_id", "xx-north-1"),
        ({"max_failed_percent": 101}, "max_failed_percent", "does not fit"),
        ({"sub_attribute": "custom:nowhere"}, "sub_attribute", "does not have"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else None,
)
def test_a_restore_names_the_field_the_problem_and_an_example(
    deployed: Deployed, snapshot: str, target: str, options: Json, field: str, problem: str
) -> None:
    deployed.cloud.forget()
    request = {"snapshot": snapshot, "target_user_pool_id": target, **options}
    refusal = deployed.refused("restore", request)
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith(f"{field}: ")
    assert problem in refusal.message
    assert "Example: " in refusal.message
    assert_untouched(deployed, target)


def test_a_restore_into_the_source_has_to_be_meant(deployed: Deployed, snapshot: str, source: str) -> None:
    before = deployed.users(source)
    refusal = deployed.refused("restore", {"snapshot": snapshot, "target_user_pool_id": source})
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith("target_user_pool_id: ")
    assert '"allow_source_pool": true' in refusal.message
    assert deployed.users(source) == before


def test_a_target_that_is_not_there_is_told_by_its_field(deployed: Deployed, snapshot: str) -> None:
    refusal = deployed.refused("restore", {"snapshot": snapshot, "target_user_pool_id": NOWHERE})
    assert refusal.error == "PoolNotFound"
    assert refusal.message.startswith(f"target_user_pool_id: {NOWHERE} does not exist")


# Snapshots


def test_a_pool_without_snapshots_is_told_apart_from_a_wrong_snapshot(
    deployed: Deployed, snapshot: str, target: str
) -> None:
    pool, _, snapshot_id = snapshot.partition("/")
    deployed.cloud.forget()
    nothing = deployed.refused("restore", {"snapshot": f"{NOWHERE}/latest", "target_user_pool_id": target})
    wrong = deployed.refused("restore", {"snapshot": f"{pool}/20200101T000000Z-000000", "target_user_pool_id": target})
    assert (nothing.error, wrong.error) == ("SnapshotNotFound", "SnapshotNotFound")
    assert f"no snapshot of {NOWHERE}" in nothing.message
    assert snapshot_id in wrong.message, "the newest ones that are there"
    assert_untouched(deployed, target)


def test_what_was_never_sealed_is_no_snapshot(deployed: Deployed, snapshot: str, target: str) -> None:
    unsealed = copied(deployed, snapshot, lambda path, content: None if path == "manifest.json" else content)
    deployed.cloud.forget()
    for name in (unsealed, f"{unsealed.partition('/')[0]}/latest"):
        refusal = deployed.refused("restore", {"snapshot": name, "target_user_pool_id": target})
        assert refusal.error == "SnapshotNotFound"
    assert_untouched(deployed, target)


def test_a_snapshot_that_was_put_under_another_pool_is_refused(deployed: Deployed, snapshot: str, target: str) -> None:
    moved = copied(deployed, snapshot, lambda _, content: content)
    deployed.cloud.forget()
    refusal = deployed.refused("restore", {"snapshot": moved, "target_user_pool_id": target})
    assert refusal.error == "SnapshotDamaged"
    assert snapshot in refusal.message
    assert_untouched(deployed, target)


@pytest.mark.parametrize("kind", ["users", "groups", "memberships", "config"])
def test_one_changed_byte_stops_a_restore_before_it_begins(
    deployed: Deployed, source: str, target: str, kind: str
) -> None:
    def flip(path: str, content: bytes) -> bytes:
        if not path.startswith(kind):
            return content
        at = max(len(content) - 9, 0)
        return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]

    damaged = in_place(deployed, source, flip)
    deployed.cloud.forget()
    refusal = deployed.refused("restore", {"snapshot": damaged, "target_user_pool_id": target})
    assert refusal.error == "SnapshotDamaged"
    assert f"{kind}/" in refusal.message
    assert_untouched(deployed, target)


def test_a_missing_file_stops_a_restore_before_it_begins(deployed: Deployed, source: str, target: str) -> None:
    damaged = in_place(deployed, source, lambda path, content: None if path.startswith("memberships/") else content)
    deployed.cloud.forget()
    refusal = deployed.refused("restore", {"snapshot": damaged, "target_user_pool_id": target})
    assert refusal.error == "SnapshotDamaged"
    assert "memberships/" in refusal.message
    assert "is gone" in refusal.message
    assert_untouched(deployed, target)


def test_a_manifest_that_was_edited_is_refused(deployed: Deployed, source: str, target: str) -> None:
    def fewer_users(path: str, content: bytes) -> bytes:
        if path != "manifest.json":
            return content
        document = json.loads(content)
        document["counts"]["users"] -= 1
        return json.dumps(document).encode()

    damaged = in_place(deployed, source, fewer_users)
    deployed.cloud.forget()
    refusal = deployed.refused("restore", {"snapshot": damaged, "target_user_pool_id": target})
    assert refusal.error == "SnapshotDamaged"
    assert "manifest" in refusal.message
    assert_untouched(deployed, target)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_version_is_refused_by_its_number(
    deployed: Deployed, source: str, target: str, version: Any
) -> None:
    def renumber(path: str, content: bytes) -> bytes:
        return (
            json.dumps({**json.loads(content), "format_version": version}).encode()
            if path == "manifest.json"
            else content
        )

    other = in_place(deployed, source, renumber)
    deployed.cloud.forget()
    refusal = deployed.refused("restore", {"snapshot": other, "target_user_pool_id": target})
    assert refusal.error == "FormatNotSupported"
    assert repr(version) in refusal.message
    assert_untouched(deployed, target)


# Targets that do not fit


def test_a_target_that_lacks_a_custom_attribute_is_told_which(deployed: Deployed, snapshot: str) -> None:
    target = deployed.pool(ORIGINAL_SUB)
    deployed.cloud.forget()
    refusal = deployed.refused("restore", {"snapshot": snapshot, "target_user_pool_id": target})
    assert refusal.error == "TargetMismatch"
    assert "custom:tier (2 users)" in refusal.message
    assert "add-custom-attributes" in refusal.message
    assert_untouched(deployed, target)


def test_a_target_that_requires_what_users_do_not_have_is_told_how_many(deployed: Deployed, snapshot: str) -> None:
    email = [{"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True}]
    target = deployed.pool("tier", ORIGINAL_SUB, Schema=email)
    deployed.cloud.forget()
    refusal = deployed.refused("restore", {"snapshot": snapshot, "target_user_pool_id": target})
    assert refusal.error == "TargetMismatch"
    assert "1 of 2 users" in refusal.message
    assert "required_attribute_missing:email" in refusal.message
    assert_untouched(deployed, target)


def test_the_same_target_takes_the_others_when_that_is_allowed(deployed: Deployed, snapshot: str) -> None:
    email = [{"Name": "email", "AttributeDataType": "String", "Required": True, "Mutable": True}]
    target = deployed.pool("tier", ORIGINAL_SUB, Schema=email)
    result = deployed.restore(snapshot, target, max_failed_percent=50)
    assert result["status"] == "PARTIAL"
    assert (result["counts"]["created"], result["counts"]["failed"]) == (1, 1)
    assert deployed.users(target).keys() == {"ada"}
    assert deployed.document(result["report"])["failures"] == {"user: required_attribute_missing:email": 1}


def test_a_target_that_signs_in_by_what_users_do_not_have_is_refused(deployed: Deployed, snapshot: str) -> None:
    target = deployed.pool("tier", ORIGINAL_SUB, UsernameAttributes=["phone_number"])
    deployed.cloud.forget()
    refusal = deployed.refused("restore", {"snapshot": snapshot, "target_user_pool_id": target})
    assert refusal.error == "TargetMismatch"
    assert "no_sign_in_attribute (2 users)" in refusal.message
    assert_untouched(deployed, target)


# Nothing is no reason to fail


def test_an_empty_pool_is_backed_up_with_a_warning_and_restored(deployed: Deployed) -> None:
    source, target = deployed.pool(), deployed.pool()
    backup = deployed.backup(source)
    assert backup["status"] == "COMPLETE"
    assert backup["counts"] == {"users": 0, "groups": 0, "memberships": 0}
    assert backup["warnings"] == ["The pool has no users.", "The pool has no groups."]
    restore = deployed.restore(f"{source}/latest", target)
    assert restore["status"] == "COMPLETE"
    assert set(restore["counts"].values()) == {0}
    assert "The snapshot has no users." in deployed.document(restore["report"])["plan"]["warnings"]
    assert deployed.users(target) == {}


def test_a_pool_without_groups_is_backed_up_and_restored(deployed: Deployed) -> None:
    source, target = deployed.pool(), deployed.pool()
    deployed.cloud.put_users(source, [person("ada")])
    assert deployed.backup(source)["warnings"] == ["The pool has no groups."]
    assert deployed.restore(f"{source}/latest", target)["counts"]["created"] == 1


def test_a_pool_with_groups_and_nobody_in_it_is_backed_up_and_restored(deployed: Deployed) -> None:
    source, target = deployed.pool(), deployed.pool()
    deployed.cloud.put_users(source, [], named("staff", "guests"))
    assert deployed.backup(source)["counts"] == {"users": 0, "groups": 2, "memberships": 0}
    assert deployed.restore(f"{source}/latest", target)["status"] == "COMPLETE"
    assert deployed.groups(target) == {"staff": {}, "guests": {}}
