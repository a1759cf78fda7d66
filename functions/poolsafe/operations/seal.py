"""The commit of a snapshot.

    for each part that the lanes say they wrote:
        read it back; bytes, rows and SHA-256 must be what its writer noted
    the chain of hashes and the sums of rows must be what the lanes reported
    then, and only then: write the manifest, on condition that none is there

Running it twice ends in the same manifest. Parts left by an invocation that
died and was replaced are not in the manifest, so they are not in the snapshot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..domain.configuration.model import Section, SectionStatus
from ..domain.lane import ExportProgress
from ..domain.listing import Listing
from ..domain.manifest import COMPLETE, PARTIAL, Counts, File, Manifest, chain_digest
from ..domain.requests import BackupRequest
from ..domain.shards import falls_short
from ..domain.snapshot import SnapshotRef
from ..errors import SealRefused
from ..ports import Clock, FileFormat, ObjectStore
from .note_reader import is_going
from .open_snapshot import read_manifest
from .parts import part_keys
from .save_configuration import ConfigurationProgress


@dataclass(frozen=True, slots=True)
class Exported:
    """What the exporting states report."""

    listing: Listing
    groups: ExportProgress

    @property
    def kinds(self) -> dict[str, ExportProgress]:
        return {"users": self.listing.users, "groups": self.groups, "memberships": self.listing.memberships}


def seal(
    store: ObjectStore,
    file_format: FileFormat,
    clock: Clock,
    ref: SnapshotRef,
    request: BackupRequest,
    exported: Exported,
    started_at: str,
    estimated_users: int,
    configuration: ConfigurationProgress,
    versions: Mapping[str, str],
    warnings: Sequence[str] = (),
) -> Manifest:
    """Check everything and write the manifest. Raises SealRefused, and then no manifest is there.

    `warnings` are those of the states before.
    """
    files = [_config_file(store, ref, path) for path in configuration.files]
    secrets = tuple(File(**file) for file in configuration.secrets)
    _require_secrets(store, ref, secrets)
    sections = tuple(Section(**section) for section in configuration.sections)
    for kind, progress in exported.kinds.items():
        files += _checked_parts(store, file_format, ref, kind, progress)
    counts = Counts(**{kind: progress.rows for kind, progress in exported.kinds.items()})
    unreadable = exported.listing.users.unreadable
    manifest = Manifest(
        user_pool_id=ref.user_pool_id,
        snapshot_id=ref.snapshot_id,
        status=PARTIAL if unreadable or _failed(sections) else COMPLETE,
        started_at=started_at,
        ended_at=clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        counts=counts,
        files=tuple(sorted(files, key=lambda file: file.path)),
        options=_options(request),
        versions=versions,
        warnings=(
            *warnings,
            *_warnings(counts, exported, estimated_users, unreadable),
            *_configuration_warnings(request, sections),
            *configuration.warnings,
        ),
        note=request.note,
        users_by_status=exported.listing.users.statuses,
        sections=sections,
        secrets=secrets,
    )
    if is_going(store, ref):
        raise _refused(ref, "nobody wrote to it for a day, and retention has begun to remove it")
    content = json.dumps(manifest.to_json(), indent=1, ensure_ascii=False).encode()
    if store.put_if_absent(ref.manifest_key, content):
        return manifest
    return _sealed_before(store, ref, manifest)


def _sealed_before(store: ObjectStore, ref: SnapshotRef, ours: Manifest) -> Manifest:
    """An earlier attempt of this state got through: its manifest stands, if it seals the same files."""
    theirs = read_manifest(store, ref)
    if theirs.files != ours.files:
        raise SealRefused(
            f"snapshot {ref}: it is sealed already, with other files. That snapshot is untouched. "
            "Start a new backup; it gets an id of its own."
        )
    return theirs


def _checked_parts(
    store: ObjectStore, file_format: FileFormat, ref: SnapshotRef, kind: str, progress: ExportProgress
) -> list[File]:
    files = []
    for key in part_keys(ref.prefix, kind, progress, file_format):
        path = key.removeprefix(ref.prefix)
        found = store.get(key)
        if found is None:
            raise _refused(ref, f"{path} was written and is not there")
        sha256 = hashlib.sha256(found.content).hexdigest()
        if found.metadata.get("sha256") != sha256:
            raise _refused(ref, f"{path} does not hold what its writer noted")
        rows = file_format.count(found.content)
        if found.metadata.get("rows") != str(rows):
            raise _refused(ref, f"{path} does not hold as many rows as its writer noted")
        files.append(File(path, len(found.content), sha256, rows))
    if sum(file.rows or 0 for file in files) != progress.rows:
        raise _refused(ref, f"lane {progress.lane} of {kind} reported another number of rows than its files hold")
    if chain_digest("", [file.sha256 for file in files]) != progress.digest:
        raise _refused(ref, f"lane {progress.lane} of {kind} wrote other files than those that lie there")
    return files


def _config_file(store: ObjectStore, ref: SnapshotRef, path: str) -> File:
    found = store.get(ref.prefix + path)
    if found is None:
        raise _refused(ref, f"{path} was written and is not there")
    sha256 = hashlib.sha256(found.content).hexdigest()
    if found.metadata.get("sha256") != sha256:
        raise _refused(ref, f"{path} does not hold what its writer noted")
    return File(path, len(found.content), sha256)


def _require_secrets(store: ObjectStore, ref: SnapshotRef, secrets: Sequence[File]) -> None:
    """They are there. Whether they are what was written only their writer and a restore can read."""
    there = set(store.keys(ref.secrets_prefix)) if secrets else set()
    for file in secrets:
        if file.path not in there:
            raise _refused(ref, f"{file.path} was written and is not there")


def _failed(sections: Sequence[Section]) -> list[Section]:
    return [section for section in sections if section.status == SectionStatus.FAILED]


def _refused(ref: SnapshotRef, problem: str) -> SealRefused:
    return SealRefused(
        f"snapshot {ref}: {problem}. It stays unsealed, so nothing will ever be restored from it. "
        "Start the backup again; older snapshots are untouched."
    )


def _options(request: BackupRequest) -> dict[str, Any]:
    options = request.to_state()
    del options["user_pool_id"], options["note"]
    return options


def _configuration_warnings(request: BackupRequest, sections: Sequence[Section]) -> list[str]:
    warnings = [
        f"Section {section.name} of the configuration could not be read ({section.error}). This makes the snapshot "
        "PARTIAL."
        for section in _failed(sections)
    ]
    if unknown := [section.name for section in sections if section.status == SectionStatus.NOT_KNOWN]:
        warnings.append(f"The boto3 in use does not know how to read {', '.join(unknown)}; deploy a newer Poolsafe.")
    if request.secrets == "redact":
        warnings.append("Secrets of app clients and identity providers were left out, as asked for (secrets: redact).")
    return warnings


def _warnings(counts: Counts, exported: Exported, estimated_users: int, unreadable: int) -> list[str]:
    warnings = []
    if not counts.users:
        warnings.append("The pool has no users.")
    if not counts.groups:
        warnings.append("The pool has no groups.")
    if falls_short(counts.users, estimated_users):
        warnings.append(
            f"Cognito estimates {estimated_users} users, the listing gave {counts.users}. The estimate lags; if the "
            "next backup differs as much, compare both with what you expect."
        )
    warnings += exported.listing.warnings
    if duplicates := exported.listing.users.duplicates:
        warnings.append(f"Cognito listed {duplicates} users twice; each was saved once.")
    if gone := exported.listing.memberships.groups_gone:
        warnings.append(
            f"{gone} groups were deleted while the backup ran; they are in it, with no members or only some of them."
        )
    if restarts := sum(progress.restarts for progress in exported.kinds.values()):
        warnings.append(f"A page token was refused and the listing started again {restarts} times.")
    if unreadable:
        warnings.append(
            f"MFA preferences of {unreadable} users could not be read; they were saved without. This makes the "
            "snapshot PARTIAL."
        )
    return warnings
