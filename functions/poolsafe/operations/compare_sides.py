"""The two sides of a comparison: a sealed snapshot, whose files are checked as they are read, or a pool's listing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.configuration.model import Configuration, SectionName
from ..domain.lane import ExportProgress
from ..domain.manifest import File, Manifest, check_file
from ..domain.snapshot import SnapshotRef
from ..errors import FormatNotSupported, SnapshotDamaged, SnapshotNotFound, Unexpected
from ..ports import FileFormat, ObjectStore, Row, Where
from .assess import kept_configuration
from .open_snapshot import find_snapshot
from .parts import part_keys
from .reading import FormatOf
from .verify_snapshot import KINDS

#: How errors of a snapshot begin: with the field of an input that has only one.
FIELD = "snapshot: "


@dataclass(frozen=True, slots=True)
class ComparedFile:
    """One file. `sealed` is what its manifest says of it; a listing has none."""

    key: str
    sealed: File | None = None


@dataclass(frozen=True, slots=True)
class ComparedSide:
    """The files of one side, by kind. `name` is that of the snapshot or of the pool."""

    store: ObjectStore
    format_of: FormatOf
    name: str
    files: Mapping[str, tuple[ComparedFile, ...]]

    def rows(self, kind: str, position: int, row_type: type[Row], *any_of: Where) -> Iterator[list[Row]]:
        """The rows of one file that any condition is true of, in batches. Raises SnapshotDamaged."""
        file = self.files[kind][position]
        yield from self.format_of(file.key).read(row_type, self._content(file), *any_of)

    def documents(self) -> dict[str, Any]:
        """The documents of a snapshot's configuration, by section. Raises SnapshotDamaged."""
        sections = {f"/{name.path}": name.value for name in SectionName}
        found = {}
        for file in self.files["config"]:
            section = next((name for path, name in sections.items() if file.key.endswith(path)), None)
            if section is not None:
                found[section] = json.loads(self._content(file))
        return found

    def _content(self, file: ComparedFile) -> bytes:
        found = self.store.get(file.key)
        if file.sealed is None:
            if found is None:
                raise Unexpected(f"{file.key} is gone: working files expire after 30 days. Start again.")
            return found.content
        if found is None:
            raise SnapshotDamaged(
                f"{FIELD}{self.name} is damaged: {file.sealed.path} is gone. Compare another snapshot, or undelete the "
                "object: the bucket keeps versions."
            )
        check_file(file.sealed, found.content, self.name)
        return found.content


def side_of_snapshot(store: ObjectStore, format_of: FormatOf, manifest: Manifest) -> ComparedSide:
    """A sealed snapshot."""
    ref = SnapshotRef(manifest.user_pool_id, manifest.snapshot_id)
    files = {
        kind: tuple(ComparedFile(ref.prefix + file.path, file) for file in manifest.files_of(kind))
        for kind in (*KINDS, "config")
    }
    return ComparedSide(store, format_of, str(ref), files)


def side_of_listing(
    store: ObjectStore, file_format: FileFormat, user_pool_id: str, prefix: str, listed: Mapping[str, Any]
) -> ComparedSide:
    """What was listed of a pool; `listed` has the progress of each kind."""
    files = {
        kind: tuple(map(ComparedFile, part_keys(prefix, kind, ExportProgress.of(listed[kind]), file_format)))
        for kind in KINDS
    }
    return ComparedSide(store, lambda path: file_format, user_pool_id, files)


def configuration_of(side: ComparedSide, manifest: Manifest | None, kept_key: str) -> Configuration:
    """The configuration of a side: of a snapshot the saved one, of a pool what was kept at `kept_key`."""
    if manifest is None:
        return kept_configuration(side.store, kept_key)
    return Configuration(side.documents(), manifest.sections)


def find_side(store: ObjectStore, wanted: SnapshotRef, field: str) -> Manifest:
    """The manifest that a field of the input means. Its errors name that field."""
    try:
        return find_snapshot(store, wanted)
    except (SnapshotNotFound, SnapshotDamaged, FormatNotSupported) as error:
        raise type(error)(f"{field}: {str(error).removeprefix(FIELD)}") from None
