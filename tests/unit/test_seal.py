"""The manifest is the commit: written last, once, and only over files that are what the lanes say they wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.manifest import Manifest
from poolsafe.domain.records import User
from poolsafe.domain.requests import BackupRequest
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.errors import SealRefused
from poolsafe.operations.save_configuration import ConfigurationProgress
from poolsafe.operations.seal import Exported, seal
from poolsafe.ports import StoredObject
from poolsafe.schema_check import require
from tests.exports import PREFIX, export_to, listed, walked_groups
from tests.fakes import EveryTime, FakeClock, FakeUserPool, MemoryStore
from tests.pipeline import Machines, pool_with

REF = SnapshotRef.parse("us-east-1_Source/20261122T030000Z-3f9a1c")
STARTED_AT = "2026-11-22T03:00:00.000Z"
CONFIG = "config/user_pool.json"
CONFIGURATION = ConfigurationProgress(({"name": "user_pool", "status": "saved", "error": None},), (CONFIG,), done=True)


@dataclass
class Run:
    """A backup whose lanes are done and whose snapshot waits for its seal."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: FakeClock = field(default_factory=FakeClock)
    pool: FakeUserPool = field(default_factory=lambda: pool_with(7, groups=2, page_size=3))

    def __post_init__(self) -> None:
        self.store.put(PREFIX + CONFIG, b"{}", {"sha256": hashlib.sha256(b"{}").hexdigest()})
        export = export_to(self.store, self.pool, EveryTime(1))
        groups = walked_groups(export)
        self.exported = Exported(listed(export, groups), groups)

    def reporting(self, kind: str, **changed: Any) -> Exported:
        """What was exported, with something else said of one kind."""
        kinds = {**self.exported.kinds, kind: replace(self.exported.kinds[kind], **changed)}
        listing = replace(self.exported.listing, users=kinds["users"], memberships=kinds["memberships"])
        return Exported(listing, kinds["groups"])

    def seal(self, **changed: Any) -> Manifest:
        values: dict[str, Any] = {
            "store": self.store,
            "file_format": ParquetFormat(),
            "clock": self.clock,
            "ref": REF,
            "request": BackupRequest(REF.user_pool_id, note="before the move"),
            "exported": self.exported,
            "started_at": STARTED_AT,
            "estimated_users": 7,
            "configuration": CONFIGURATION,
            "versions": {"poolsafe": "test"},
        }
        return seal(**{**values, **changed})

    @property
    def is_sealed(self) -> bool:
        return REF.manifest_key in self.store.objects


def test_the_manifest_tells_every_file_with_its_size_rows_and_hash() -> None:
    run = Run()
    manifest = run.seal()
    assert [file.path for file in manifest.files] == [
        "config/user_pool.json",
        "groups/00-00000.parquet",
        "memberships/00-00000.parquet",
        "memberships/00-00001.parquet",
        "memberships/00-00002.parquet",
        "users/00-00000.parquet",
        "users/00-00001.parquet",
        "users/00-00002.parquet",
    ]
    assert [file.rows for file in manifest.files if file.path.startswith("users/")] == [3, 3, 1]
    assert [file.bytes for file in manifest.files] == [
        len(run.store.objects[PREFIX + file.path].content) for file in manifest.files
    ]
    assert (manifest.status, manifest.counts.users, manifest.counts.groups) == ("COMPLETE", 7, 2)
    assert manifest.note == "before the move"
    assert manifest.options == {
        "format": "parquet",
        "include": [],
        "quota_share": 0.5,
        "shards": "auto",
        "secrets": "keep",
    }


def test_the_manifest_fits_its_schema_and_reads_back_as_it_was() -> None:
    run = Run()
    manifest = run.seal()
    document = json.loads(run.store.objects[REF.manifest_key].content)
    require("manifest", document)
    assert Manifest.from_json(document) == manifest


def test_the_manifest_is_the_last_thing_written() -> None:
    machines = Machines()
    manifest = machines.backup(pool_with(7))
    key = SnapshotRef(manifest.user_pool_id, manifest.snapshot_id).manifest_key
    assert machines.store.written[-1] == key
    assert machines.store.written.count(key) == 1


def test_sealing_twice_gives_the_manifest_of_the_first_time() -> None:
    run = Run()
    first = run.seal()
    content = run.store.objects[REF.manifest_key].content
    run.clock.sleep(600)
    assert run.seal() == first
    assert run.store.objects[REF.manifest_key].content == content


def test_a_snapshot_sealed_with_other_files_is_left_as_it_is() -> None:
    run = Run()
    first = run.seal()
    content = run.store.objects[REF.manifest_key].content
    del run.store.objects[REF.manifest_key]
    other = Run(store=run.store, pool=pool_with(8, groups=2, page_size=3))
    run.store.put(REF.manifest_key, content)
    with pytest.raises(SealRefused, match=r"sealed already, with other files\. That snapshot is untouched"):
        other.seal()
    assert run.store.objects[REF.manifest_key].content == content
    assert first.counts.users == 7


def write_groups(store: MemoryStore, pool: FakeUserPool, groups: ExportProgress) -> None:
    walked_groups(export_to(store, pool))


def write_users(store: MemoryStore, pool: FakeUserPool, groups: ExportProgress) -> None:
    listed(export_to(store, pool))


def write_configuration(store: MemoryStore, pool: FakeUserPool, groups: ExportProgress) -> None:
    Machines(store=store)._configuration(pool, BackupRequest(REF.user_pool_id), REF, groups)


@pytest.mark.parametrize("write", [write_groups, write_users, write_configuration])
def test_an_invocation_that_outlives_its_run_writes_nothing_into_what_it_sealed(
    write: Callable[[MemoryStore, FakeUserPool, ExportProgress], None],
) -> None:
    run = Run()
    run.seal()
    files = dict(run.store.objects)
    with pytest.raises(SealRefused, match="another one has done its work"):
        write(run.store, pool_with(8, groups=2, page_size=3), run.exported.groups)
    assert run.store.objects == files


# What makes a seal impossible. `spoil` gets the run and the key of one of its parts.


def remove(run: Run, key: str) -> None:
    del run.store.objects[key]


def flip_a_byte(run: Run, key: str) -> None:
    found = run.store.objects[key]
    middle = len(found.content) // 2
    flipped = bytes([found.content[middle] ^ 1])
    run.store.objects[key] = StoredObject(
        found.content[:middle] + flipped + found.content[middle + 1 :], found.metadata
    )


def cut_short(run: Run, key: str) -> None:
    found = run.store.objects[key]
    run.store.objects[key] = StoredObject(found.content[:-1], found.metadata)


def overwrite_by_a_zombie(run: Run, key: str) -> None:
    """An invocation that was given up still lives, and writes its own rows, properly noted, over a part."""
    part = ParquetFormat().part(User)
    part.add([account.user for account in pool_with(3, groups=0).accounts.values()])
    content = part.finish()
    run.store.put(key, content, {"rows": "3", "sha256": hashlib.sha256(content).hexdigest()})


def swap_with_the_next(run: Run, key: str) -> None:
    following = key.replace("00-00000", "00-00001")
    objects = run.store.objects
    objects[key], objects[following] = objects[following], objects[key]


def note_other_rows(run: Run, key: str) -> None:
    found = run.store.objects[key]
    run.store.objects[key] = StoredObject(found.content, {**found.metadata, "rows": "99"})


def note_another_hash(run: Run, key: str) -> None:
    found = run.store.objects[key]
    run.store.objects[key] = StoredObject(found.content, {**found.metadata, "sha256": "0" * 64})


def note_nothing(run: Run, key: str) -> None:
    run.store.objects[key] = StoredObject(run.store.objects[key].content, {})


@pytest.mark.parametrize(
    "spoil",
    [
        remove,
        flip_a_byte,
        cut_short,
        overwrite_by_a_zombie,
        swap_with_the_next,
        note_other_rows,
        note_another_hash,
        note_nothing,
    ],
)
@pytest.mark.parametrize("kind", ["users", "memberships"])
def test_a_part_that_is_not_what_its_lane_wrote_is_not_sealed(spoil: Callable[[Run, str], None], kind: str) -> None:
    run = Run()
    spoil(run, f"{PREFIX}{kind}/00-00000.parquet")
    with pytest.raises(SealRefused, match=r"us-east-1_Source/20261122T030000Z-3f9a1c: .* stays unsealed"):
        run.seal()
    assert not run.is_sealed


@pytest.mark.parametrize("key", ["users/00-00002.parquet", "groups/00-00000.parquet", CONFIG])
def test_a_missing_file_of_any_kind_is_not_sealed_over(key: str) -> None:
    run = Run()
    remove(run, PREFIX + key)
    with pytest.raises(SealRefused, match=f"{key} was written and is not there"):
        run.seal()
    assert not run.is_sealed


def test_a_description_that_was_changed_since_is_not_sealed() -> None:
    run = Run()
    run.store.put(PREFIX + CONFIG, b"[]", run.store.objects[PREFIX + CONFIG].metadata)
    with pytest.raises(SealRefused, match=f"{CONFIG} does not hold what its writer noted"):
        run.seal()
    assert not run.is_sealed


@pytest.mark.parametrize("field_name", ["rows", "digest", "parts"])
@pytest.mark.parametrize("kind", ["users", "groups", "memberships"])
def test_a_lane_that_reports_something_else_is_not_sealed(kind: str, field_name: str) -> None:
    run = Run()
    progress = run.exported.kinds[kind]
    wrong: Any = {"rows": progress.rows + 1, "digest": "0" * 64, "parts": progress.parts - 1}[field_name]
    with pytest.raises(SealRefused):
        run.seal(exported=run.reporting(kind, **{field_name: wrong}))
    assert not run.is_sealed


def test_parts_left_by_a_run_that_died_are_not_in_the_manifest() -> None:
    run = Run()
    stale = f"{PREFIX}users/00-00003.parquet"
    run.store.put(stale, b"left behind", {"rows": "1", "sha256": "0" * 64})
    manifest = run.seal()
    assert stale.removeprefix(PREFIX) not in [file.path for file in manifest.files]


# What is worth a word.


def warnings_of(pool: FakeUserPool, **options: Any) -> tuple[str, ...]:
    return Machines().backup(pool, **options).warnings


def test_an_ordinary_pool_gives_no_warning() -> None:
    assert warnings_of(pool_with(7)) == ()


def test_a_pool_without_users_is_sealed_with_a_warning() -> None:
    machines = Machines()
    manifest = machines.backup(FakeUserPool())
    assert manifest.status == "COMPLETE"
    assert manifest.warnings == ("The pool has no users.", "The pool has no groups.")
    assert manifest.files_of("users") == []


def test_a_pool_without_groups_gives_a_warning() -> None:
    assert warnings_of(pool_with(7, groups=0)) == ("The pool has no groups.",)


@pytest.mark.parametrize(("estimated", "warned"), [(0, False), (7, False), (107, False), (108, True), (50_000, True)])
def test_a_listing_that_falls_far_short_of_the_estimate_gives_a_warning(estimated: int, warned: bool) -> None:
    warnings = Run().seal(estimated_users=estimated).warnings
    assert any(f"estimates {estimated} users, the listing gave 7" in warning for warning in warnings) is warned


@pytest.mark.parametrize(("estimated", "warned"), [(10_600, False), (10_601, True)])
def test_the_estimate_of_a_large_pool_may_be_five_percent_off(estimated: int, warned: bool) -> None:
    run = Run(pool=pool_with(10_000, groups=0, page_size=5_000))
    warnings = run.seal(estimated_users=estimated).warnings
    assert any("Cognito estimates" in warning for warning in warnings) is warned


def test_users_listed_twice_and_listings_started_again_are_told() -> None:
    run = Run()
    warnings = run.seal(exported=run.reporting("users", duplicates=4, restarts=1)).warnings
    assert "Cognito listed 4 users twice; each was saved once." in warnings
    assert "A page token was refused and the listing started again 1 times." in warnings


def test_unreadable_mfa_makes_the_snapshot_partial() -> None:
    run = Run()
    manifest = run.seal(exported=run.reporting("users", unreadable=2))
    assert manifest.status == "PARTIAL"
    assert any(warning.startswith("MFA preferences of 2 users") for warning in manifest.warnings)
