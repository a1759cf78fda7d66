"""Which snapshot is meant, and which are not to be seen: readers know only what was sealed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from poolsafe.domain.manifest import Manifest, own_digest
from poolsafe.domain.records import User
from poolsafe.errors import (
    FormatNotSupported,
    PoolNotFound,
    PoolsafeError,
    Rejected,
    SnapshotDamaged,
    SnapshotNotFound,
)
from poolsafe.ports import StoredObject
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with, target_pool

Document = dict[str, Any]


def manifest_key(manifest: Manifest) -> str:
    return f"snapshots/{manifest.user_pool_id}/{manifest.snapshot_id}/manifest.json"


def partial(machines: Machines) -> Manifest:
    """A snapshot in which somebody's MFA could not be read."""
    pool = pool_with(3)

    def refuse(operation: str) -> None:
        if operation == "AdminGetUserAuthFactors":
            raise Rejected(operation, "InvalidParameterException")

    pool.before = refuse
    return machines.backup(pool, include=["mfa"])


def restored_from(machines: Machines, snapshot: str) -> str:
    """The snapshot that a restore read."""
    found: str = machines.plan(machines.restore(target_pool(), snapshot=snapshot, dry_run=True))["snapshot"]
    return found


def refusal(machines: Machines, snapshot: str, error: type[PoolsafeError]) -> str:
    """How a restore is refused; the target must not have seen a write."""
    target = target_pool()
    with pytest.raises(error) as refused:
        machines.restore(target, snapshot=snapshot)
    assert target.accounts == {}
    assert not set(target.calls) - {"DescribeUserPool", "ListUsers", "ListGroups"}
    return str(refused.value)


def test_latest_is_the_newest_complete_snapshot() -> None:
    machines = Machines()
    machines.backup(pool_with(1))
    newest = machines.backup(pool_with(2))
    assert restored_from(machines, LATEST) == f"us-east-1_Source/{newest.snapshot_id}"


def test_latest_passes_over_a_partial_snapshot() -> None:
    machines = Machines()
    complete = machines.backup(pool_with(1))
    assert partial(machines).status == "PARTIAL"
    assert restored_from(machines, LATEST) == f"us-east-1_Source/{complete.snapshot_id}"


def test_latest_ignores_what_was_never_sealed() -> None:
    machines = Machines()
    sealed = machines.backup(pool_with(1))
    unsealed = machines.backup(pool_with(2))
    del machines.store.objects[manifest_key(unsealed)]
    assert restored_from(machines, LATEST) == f"us-east-1_Source/{sealed.snapshot_id}"


def test_latest_ignores_folders_that_are_no_snapshots() -> None:
    machines = Machines()
    sealed = machines.backup(pool_with(1))
    machines.store.put("snapshots/us-east-1_Source/zzz-my-notes/manifest.json", b"{}")
    assert restored_from(machines, LATEST) == f"us-east-1_Source/{sealed.snapshot_id}"


def test_latest_means_the_pool_that_was_named() -> None:
    machines = Machines()
    mine = machines.backup(pool_with(1))
    machines.backup(pool_with(1, pool_id="us-east-1_Source2"))
    assert restored_from(machines, LATEST) == f"us-east-1_Source/{mine.snapshot_id}"


def test_a_snapshot_may_be_named_by_its_id_however_old_or_partial_it_is() -> None:
    machines = Machines()
    older, newer = partial(machines), machines.backup(pool_with(2))
    for manifest in (older, newer):
        name = f"us-east-1_Source/{manifest.snapshot_id}"
        assert restored_from(machines, name) == restored_from(machines, f"snapshots/{name}/") == name


def test_a_pool_with_partial_snapshots_only_has_no_latest() -> None:
    machines = Machines()
    partial(machines)
    message = refusal(machines, LATEST, SnapshotNotFound)
    assert message == (
        "snapshot: us-east-1_Source has no COMPLETE snapshot, only 1 PARTIAL. "
        "To restore a PARTIAL one, name it by its id."
    )


@pytest.mark.parametrize("name", ["latest", "20261122T030000Z-3f9a1c"])
def test_a_pool_without_snapshots_is_told_so(name: str) -> None:
    message = refusal(Machines(), f"us-east-1_Source/{name}", SnapshotNotFound)
    assert message.startswith(
        "snapshot: no snapshot of us-east-1_Source lies in this stack's bucket. Check the pool id"
    )


def test_a_snapshot_that_is_not_there_is_refused_with_those_that_are() -> None:
    machines = Machines()
    sealed = [machines.backup(pool_with(1)).snapshot_id for _ in range(4)]
    message = refusal(machines, "us-east-1_Source/20200101T000000Z-000000", SnapshotNotFound)
    assert message.startswith("snapshot: us-east-1_Source/20200101T000000Z-000000 does not exist or was never sealed")
    assert f"Newest sealed snapshots: {sealed[3]}, {sealed[2]}, {sealed[1]}. Or use {LATEST}." in message


def test_a_snapshot_without_its_manifest_is_no_snapshot() -> None:
    machines = Machines()
    sealed, unsealed = machines.backup(pool_with(1)), machines.backup(pool_with(1))
    del machines.store.objects[manifest_key(unsealed)]
    message = refusal(machines, f"us-east-1_Source/{unsealed.snapshot_id}", SnapshotNotFound)
    assert "never sealed" in message
    assert sealed.snapshot_id in message


# Manifests that are not what was sealed.


def sealed(machines: Machines) -> Manifest:
    return machines.backup(pool_with(5))


def change_manifest(machines: Machines, manifest: Manifest, change: Callable[[Document], None], resign: bool) -> None:
    document = machines.document(manifest_key(manifest))
    change(document)
    if resign:
        document["sha256"] = own_digest(document)
    machines.store.objects[manifest_key(manifest)] = StoredObject(json.dumps(document).encode(), {})


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["counts"].update(users=4),
        lambda document: document["files"].pop(),
        lambda document: document["files"][0].update(sha256="0" * 64),
        lambda document: document.update(status="PARTIAL"),
        lambda document: document.update(sha256="0" * 64),
        lambda document: document.pop("sha256"),
        lambda document: document.update(note="changed"),
        lambda document: document.update(unknown=1),
    ],
)
def test_a_manifest_that_was_changed_is_damaged(change: Callable[[Document], None]) -> None:
    machines = Machines()
    manifest = sealed(machines)
    change_manifest(machines, manifest, change, resign=False)
    message = refusal(machines, LATEST, SnapshotDamaged)
    assert "does not agree with its own SHA-256" in message
    assert "Restore an older snapshot" in message


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"not json"])
def test_a_manifest_that_is_no_json_is_damaged(content: bytes) -> None:
    machines = Machines()
    machines.store.objects[manifest_key(sealed(machines))] = StoredObject(content, {})
    assert "its manifest.json is not JSON" in refusal(machines, LATEST, SnapshotDamaged)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_version_is_refused_with_the_way_to_read_it(version: object) -> None:
    machines = Machines()
    change_manifest(machines, sealed(machines), lambda document: document.update(format_version=version), resign=True)
    message = refusal(machines, LATEST, FormatNotSupported)
    assert f"has format_version {version!r}; this release reads 1" in message
    assert "the Poolsafe release that wrote it" in message


@pytest.mark.parametrize("content", [b"[]", b"null", b'"text"', b"{}"])
def test_json_that_is_no_manifest_is_not_read_as_one(content: bytes) -> None:
    machines = Machines()
    machines.store.objects[manifest_key(sealed(machines))] = StoredObject(content, {})
    refusal(machines, LATEST, FormatNotSupported)


def test_the_manifest_of_another_snapshot_is_not_taken_for_this_one() -> None:
    machines = Machines()
    first, second = sealed(machines), sealed(machines)
    machines.store.objects[manifest_key(second)] = machines.store.objects[manifest_key(first)]
    message = refusal(machines, f"us-east-1_Source/{second.snapshot_id}", SnapshotDamaged)
    assert f"holds the manifest of us-east-1_Source/{first.snapshot_id}" in message


def test_a_manifest_that_anybody_could_sign_still_has_to_add_up() -> None:
    machines = Machines()
    change_manifest(machines, sealed(machines), lambda document: document["counts"].update(users=99), resign=True)
    assert "its files of users do not add up to its counts" in refusal(machines, LATEST, SnapshotDamaged)


def test_the_rows_that_a_manifest_tells_have_to_be_there() -> None:
    machines = Machines()
    manifest = sealed(machines)

    def add_a_row(document: Document) -> None:
        (file,) = (file for file in document["files"] if file["path"].startswith("users/"))
        file["rows"] += 1
        document["counts"]["users"] += 1

    change_manifest(machines, manifest, add_a_row, resign=True)
    assert "does not hold 6 rows" in refusal(machines, LATEST, SnapshotDamaged)


def test_files_that_the_manifest_does_not_name_are_not_part_of_the_snapshot() -> None:
    machines = Machines()
    manifest = sealed(machines)
    folder = manifest_key(manifest).removesuffix("manifest.json")
    machines.store.put(f"{folder}users/00-00001.parquet", b"left by an attempt that died")
    target = target_pool()
    assert machines.restore(target, snapshot=LATEST)["counts"]["created"] == 5
    assert len(machines.rows(manifest, "users", User)) == 5


def test_a_target_that_does_not_exist_is_named_by_its_field() -> None:
    def absent(operation: str) -> None:
        raise PoolNotFound("us-east-1_Target does not exist in us-east-1 of this account.")

    machines = Machines()
    sealed(machines)
    with pytest.raises(PoolNotFound, match=r"^target_user_pool_id: us-east-1_Target does not exist"):
        machines.restore(FakeUserPool("us-east-1_Target", before=absent), snapshot=LATEST)
