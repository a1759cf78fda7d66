"""Comparing what was exported with the snapshot before: whether an unusual share of it has vanished.

for each kind, in as many passes as keep the memory flat
    a hash of each that was exported and falls into this pass
    of those that the snapshot before has and that fall into it: how many are not among them

Only the columns that tell who a record is are read. An invocation hands over between two passes. A backup never fails
for this: what cannot be compared, whatever the matter is with the snapshot before, is said in a warning. Of hashes, 44
bits are kept: of ten million losses, one is not seen because somebody who is there has the same.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from zlib import crc32

from ..domain.lane import ExportProgress
from ..domain.retention.brake import Brake, Loss
from ..domain.retention.places import brake_key
from ..domain.snapshot import SnapshotRef
from ..errors import Retryable, SnapshotDamaged
from ..ports import Deadline, FileFormat, ObjectStore
from .open_snapshot import read_manifest, sealed_newest_first
from .parts import part_keys, read_columns
from .reading import FormatOf, SnapshotReader

#: Each kind, and who a record is: a user who was made again under the same name is somebody else. The last column of
#: each is the one that passes are told apart by.
KINDS: Mapping[str, tuple[str, ...]] = {
    "users": ("sub",),
    "groups": ("group_name",),
    "memberships": ("group_name", "sub"),
}
#: How many hashes one pass holds, of 4 bytes each; each pass reads all files of a kind once more.
KEYS_AT_ONCE = 1_000_000
BUCKETS, REST = 1 << 12, (1 << 32) - 1

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeighProgress:
    """How many kinds are done, how many passes over the next one, and what those counted; then the warnings.

    `compared_with` is the id of the snapshot before: while a backup runs, there may come to be another.
    """

    compared_with: str | None = None
    kinds: int = 0
    passes: int = 0
    before: int = 0
    gone: int = 0
    losses: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class WeighLosses:
    """For one snapshot that is about to be sealed. `brake_percent` is from which share on a loss is unusual."""

    store: ObjectStore
    file_format: FileFormat
    format_of: FormatOf
    ref: SnapshotRef
    brake_percent: float
    deadline: Deadline
    keys_at_once: int = KEYS_AT_ONCE

    def advance(self, progress: WeighProgress, exported: Mapping[str, ExportProgress]) -> WeighProgress:
        """Carry on until done or the deadline is near; puts the brake on where it has to be. May run twice."""
        compared_with = progress.compared_with
        warnings: tuple[str, ...] = ()
        try:
            compared_with = compared_with or self._before()
            if compared_with is None:
                return replace(progress, done=True)
            progress = replace(progress, compared_with=compared_with)
            manifest = read_manifest(self.store, SnapshotRef(self.ref.user_pool_id, compared_with))
            reader = SnapshotReader(self.store, manifest, self.format_of)
            while progress.kinds < len(KINDS):
                progress = self._weighed(progress, reader, exported)
                if self.deadline.near():
                    return progress
        except Retryable:
            raise
        except Exception as error:  # another key, an archive, a damage: the next snapshot is needed all the more
            named = f", {compared_with}" if compared_with else ""
            warnings = (
                f"This snapshot could not be compared with the one before{named} ({type(error).__name__}), so nobody "
                "knows whether much has vanished. VerifyStateMachine says what is wrong with that one.",
            )
        if compared_with and progress.losses:
            brake = Brake(compared_with, tuple(Loss(**loss) for loss in progress.losses), self.brake_percent)
            self.store.put_if_absent(brake_key(self.ref), brake.to_json())
            warnings = (*warnings, brake.warning)
        return replace(progress, warnings=warnings, done=True)

    def _before(self) -> str | None:
        """The newest sealed one that is older."""
        sealed = sealed_newest_first(self.store, self.ref.user_pool_id)
        return next((snapshot_id for snapshot_id in sealed if snapshot_id < self.ref.snapshot_id), None)

    def _weighed(
        self, progress: WeighProgress, reader: SnapshotReader, exported: Mapping[str, ExportProgress]
    ) -> WeighProgress:
        """One pass over one kind."""
        kind = list(KINDS)[progress.kinds]
        saved = [(self.format_of(key), key) for key in reader.keys(kind)]
        now = [(self.file_format, key) for key in part_keys(self.ref.prefix, kind, exported[kind], self.file_format)]
        passes = math.ceil(exported[kind].rows / self.keys_at_once) or 1
        there = Hashes()
        if any(file.rows for file in reader.manifest.files_of(kind)):
            there.add_all(self._hashes(now, kind, progress.passes, passes))
        before, gone = progress.before, progress.gone
        for value in self._hashes(saved, kind, progress.passes, passes):
            before += 1
            gone += value not in there
        if progress.passes + 1 < passes:
            return replace(progress, passes=progress.passes + 1, before=before, gone=gone)
        if before != sum(file.rows or 0 for file in reader.manifest.files_of(kind)):
            raise SnapshotDamaged(f"snapshot: {progress.compared_with} has not as many {kind} as its manifest says.")
        loss = Loss(kind, before, gone)
        losses = (*progress.losses, asdict(loss)) if loss.is_unusual(self.brake_percent) else progress.losses
        return WeighProgress(progress.compared_with, progress.kinds + 1, losses=losses)

    def _hashes(self, files: Iterable[tuple[FileFormat, str]], kind: str, number: int, passes: int) -> Iterator[int]:
        """Of each row that falls into a pass. Good for this process alone: Python seeds its hashes anew in each."""
        for file_format, path in files:
            keys = read_columns(self.store, file_format, [path], *KINDS[kind])
            yield from map(hash, keys if passes == 1 else _of_pass(keys, number, passes))


def _of_pass(keys: Iterable[Key], number: int, passes: int) -> Iterator[Key]:
    # CRC-32 is the same in the next invocation, and spreads well enough.
    return (key for key in keys if crc32(key[-1].encode("utf-8", "surrogatepass")) % passes == number)


@dataclass(slots=True)
class Hashes:
    """A set of hashes of 44 bits, which takes 4 bytes for each: a bucket is sorted by itself, once all are in."""

    _buckets: dict[int, array[int]] = field(default_factory=lambda: defaultdict(lambda: array("I")))

    def add_all(self, hashes: Iterable[int]) -> None:
        buckets = self._buckets
        for value in hashes:
            buckets[value % BUCKETS].append(value // BUCKETS & REST)
        for number, bucket in buckets.items():
            buckets[number] = array("I", sorted(bucket))

    def __contains__(self, value: int) -> bool:
        bucket, rest = self._buckets.get(value % BUCKETS, ()), value // BUCKETS & REST
        at = bisect_left(bucket, rest)
        return at < len(bucket) and bucket[at] == rest
