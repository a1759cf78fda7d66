"""The manifest: the commit marker of a snapshot. No manifest, no snapshot.

It is written once, last, on condition that none exists, after every file was
read back and agreed with what its exporter reported. `schemas/manifest.json`
is its shape, `schemas/README.md` its description for readers without Poolsafe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import FormatNotSupported, SnapshotDamaged
from .configuration.model import Section

FORMAT_VERSION = 1
COMPLETE = "COMPLETE"
PARTIAL = "PARTIAL"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a snapshot. `rows` is None where rows mean nothing.

    `path` is relative to the snapshot, but that of a file of secrets is a whole key.
    """

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records the files hold."""

    users: int
    groups: int
    memberships: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything a reader needs to trust a snapshot. Times are ISO 8601 in UTC.

    `sections` say how the reading of each part of the configuration ended; a
    snapshot of before configuration was saved has none. `secrets` are the files
    of secrets, which lie under a prefix of their own.
    """

    user_pool_id: str
    snapshot_id: str
    status: str
    started_at: str
    ended_at: str
    counts: Counts
    files: tuple[File, ...]
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    warnings: tuple[str, ...] = ()
    note: str | None = None
    users_by_status: Mapping[str, int] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    secrets: tuple[File, ...] = ()
    format_version: int = FORMAT_VERSION

    def to_json(self) -> dict[str, Any]:
        document = asdict(self)
        document["window"] = {"started_at": document.pop("started_at"), "ended_at": document.pop("ended_at")}
        document = {"format_version": document.pop("format_version"), **document}
        return {**document, "sha256": own_digest(document)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Manifest:
        """Read a manifest that `require_sound` has let through."""
        values = dict(document)
        del values["sha256"]
        window = values.pop("window")
        values["counts"] = Counts(**values["counts"])
        values["files"] = tuple(File(**entry) for entry in values["files"])
        values["warnings"] = tuple(values["warnings"])
        values["sections"] = tuple(Section(**entry) for entry in values.get("sections", ()))
        values["secrets"] = tuple(File(**entry) for entry in values.get("secrets", ()))
        return cls(**values, **window)

    def files_of(self, kind: str) -> list[File]:
        """The files of `users`, `groups`, `memberships` or `config`, in order of their names."""
        return sorted((file for file in self.files if file.path.startswith(f"{kind}/")), key=lambda file: file.path)


def own_digest(document: Mapping[str, Any]) -> str:
    """The SHA-256 of the manifest itself: of its JSON without `sha256`, keys sorted, no spaces, as UTF-8."""
    rest = {name: value for name, value in document.items() if name != "sha256"}
    return hashlib.sha256(
        json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def require_sound(document: Any, where: str) -> None:
    """Refuse a manifest that this release cannot read, or that is not the one that was sealed."""
    version = document.get("format_version") if isinstance(document, Mapping) else None
    if version != FORMAT_VERSION:
        raise FormatNotSupported(
            f"snapshot: {where} has format_version {version!r}; this release reads {FORMAT_VERSION}. "
            "Restore it with the Poolsafe release that wrote it (its manifest names it under versions.poolsafe)."
        )
    if document.get("sha256") != own_digest(document):
        raise SnapshotDamaged(
            f"snapshot: {where} is damaged: its manifest does not agree with its own SHA-256. Nothing was restored "
            "from it. Restore an older snapshot, or an earlier version of manifest.json: the bucket keeps versions."
        )


def check_file(file: File, content: bytes, where: str) -> None:
    """Refuse a file that is not byte for byte what the manifest says."""
    if len(content) != file.bytes or hashlib.sha256(content).hexdigest() != file.sha256:
        raise SnapshotDamaged(
            f"snapshot: {where} is damaged: {file.path} does not have the size and SHA-256 of its manifest. "
            "Nothing was restored from it. Restore an older snapshot, or an earlier version of this object: "
            "the bucket keeps versions."
        )


def chain_digest(previous: str, sha256s: Sequence[str]) -> str:
    """One digest for a sequence of files: it travels between states instead of a list that grows with the pool."""
    digest = previous
    for sha256 in sha256s:
        digest = hashlib.sha256((digest + sha256).encode()).hexdigest()
    return digest
