"""Comparing what was exported with the snapshot before: whether an unusual share of it has vanished.

A backup never fails for it: what cannot be compared is said in a warning. Identities are kept as 64-bit hashes, so a
million users take some 100 MB; a collision hides one loss in many billions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..domain.lane import ExportProgress
from ..domain.manifest import Manifest
from ..domain.records import Group, Membership, User
from ..domain.retention.brake import Brake, Loss
from ..domain.retention.places import brake_key
from ..domain.snapshot import SnapshotRef
from ..errors import FormatNotSupported, SnapshotDamaged
from ..ports import FileFormat, ObjectStore
from .open_snapshot import read_manifest, sealed_newest_first
from .parts import part_keys, read_keys
from .reading import FormatOf, SnapshotReader

#: Each kind, its records, and who a record is: a user who was made again under the same name is somebody else.
KINDS: Mapping[str, tuple[type[Any], Callable[[Any], Any]]] = {
    "users": (User, lambda user: user.sub),
    "groups": (Group, lambda group: group.group_name),
    "memberships": (Membership, lambda member: (member.group_name, member.sub)),
}


@dataclass(frozen=True, slots=True)
class WeighLosses:
    """For one snapshot that is about to be sealed. `brake_percent` is from which share on a loss is unusual."""

    store: ObjectStore
    file_format: FileFormat
    format_of: FormatOf
    ref: SnapshotRef
    brake_percent: float

    def __call__(self, exported: Mapping[str, Sequence[ExportProgress]]) -> list[str]:
        """Warnings for the manifest; puts the brake on where it has to be. May run twice."""
        before = self._before()
        if before is None:
            return []
        try:
            reader = SnapshotReader(self.store, read_manifest(self.store, before), self.format_of)
            losses = [loss for kind in KINDS if (loss := self._loss(kind, reader, exported[kind]))]
        except (SnapshotDamaged, FormatNotSupported, KeyError, OSError, ValueError):
            return [
                f"This snapshot could not be compared with the one before, {before.snapshot_id}, so nobody knows "
                "whether much has vanished. VerifyStateMachine says what is wrong with that one."
            ]
        if not losses:
            return []
        brake = Brake(before.snapshot_id, tuple(losses), self.brake_percent)
        self.store.put_if_absent(brake_key(self.ref), brake.to_json())
        return [brake.warning]

    def _before(self) -> SnapshotRef | None:
        """The newest sealed one that is older."""
        for snapshot_id in sealed_newest_first(self.store, self.ref.user_pool_id):
            if snapshot_id < self.ref.snapshot_id:
                return SnapshotRef(self.ref.user_pool_id, snapshot_id)
        return None

    def _loss(self, kind: str, reader: SnapshotReader, lanes: Sequence[ExportProgress]) -> Loss | None:
        row_type, who = KINDS[kind]
        saved: Manifest = reader.manifest
        if not sum(file.rows or 0 for file in saved.files_of(kind)):
            return None
        there = {hash(who(row)) for row in self._exported(kind, row_type, lanes)}
        before = gone = 0
        for batch in reader.rows(kind, row_type):
            before += len(batch)
            gone += sum(hash(who(row)) not in there for row in batch)
        loss = Loss(kind, before, gone)
        return loss if loss.is_unusual(self.brake_percent) else None

    def _exported(self, kind: str, row_type: type[Any], lanes: Iterable[ExportProgress]) -> Iterator[Any]:
        for lane in lanes:
            keys = part_keys(self.ref.prefix, kind, lane, self.file_format)
            for batch in read_keys(self.store, self.file_format, keys, row_type):
                yield from batch
