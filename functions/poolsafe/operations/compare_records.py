"""Comparing users, groups and memberships, file by file, in memory that does not hold them.

for each kind
    digests of all that is before
    for each file of after: who is not before is added; whose content has another digest may have changed:
        look into those files of before that have them, and say what differs
    digests of all that is after
    for each file of before: who is not after is removed

Each file that is looked at leaves one file of differences, always of the same name, so that a file which is looked at
twice is told once. An invocation hands over between two files; the next one makes its digests anew. Somebody whom a
listing told twice is counted twice where they are on one side alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..domain.compare.change import Change, Kind, Side
from ..domain.compare.digests import Digests, digest
from ..domain.compare.paths import ComparisonPaths
from ..domain.compare.records import GroupRecords, MembershipRecords, Pools, Records, UserRecords, first_sub
from ..domain.compare.tally import Tally
from ..domain.records import User
from ..ports import Deadline, FileFormat, ObjectStore, Part, Where
from .compare_sides import ComparedSide

#: What is compared, in this order: each kind from the one side, then from the other.
STEPS = tuple(
    (kind, side) for kind in (Kind.USERS, Kind.GROUPS, Kind.MEMBERSHIPS) for side in (Side.AFTER, Side.BEFORE)
)


@dataclass(frozen=True, slots=True)
class CompareProgress:
    """The step, how many of its files are done, and what was counted: numbers and names of attributes."""

    step: int = 0
    files: int = 0
    tally: Mapping[str, Any] = field(default_factory=dict)
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return {"step": self.step, "files": self.files, "tally": dict(self.tally), "done": self.done}


@dataclass(frozen=True, slots=True)
class CompareRecords:
    """Compares two sides. `knows_mfa`: both were asked for second factors."""

    store: ObjectStore
    file_format: FileFormat
    paths: ComparisonPaths
    sides: Mapping[Side, ComparedSide]
    pools: Pools
    knows_mfa: bool

    def __call__(self, progress: CompareProgress, deadline: Deadline) -> CompareProgress:
        """Carry on after the files that are done, until all are or the deadline is near."""
        tally = Tally.from_state(progress.tally)
        for step in range(progress.step, len(STEPS)):
            kind, side = STEPS[step]
            first = progress.files if step == progress.step else 0
            files = range(first, len(self.sides[side].files[kind]))
            if not files:
                continue
            records = self._records(kind)
            others = self._digests(records, Side.BEFORE if side is Side.AFTER else Side.AFTER)
            for file in files:
                self._file(records, side, file, others, tally)
                if deadline.near():
                    return CompareProgress(step, file + 1, tally.to_state())
        return replace(progress, step=len(STEPS), files=0, tally=tally.to_state(), done=True)

    def _records(self, kind: Kind) -> Records:
        if kind is Kind.USERS:
            return UserRecords(self.pools, self.knows_mfa)
        if kind is Kind.GROUPS:
            return GroupRecords(self.pools)
        return MembershipRecords(self.pools, {} if self.pools.are_one else {side: self._older(side) for side in Side})

    def _digests(self, records: Records, side: Side) -> Digests:
        found, there = Digests(), self.sides[side]
        for file in range(len(there.files[records.kind])):
            for batch in there.rows(records.kind, file, records.row_type):
                for row in batch:
                    found.add(digest(records.key(row, side)), digest(records.content(row)), file)
        return found

    def _older(self, side: Side) -> Digests:
        """Who has an older `sub`, and which."""
        found, there = Digests(), self.sides[side]
        for file in range(len(there.files[Kind.USERS])):
            for batch in there.rows(Kind.USERS, file, User):
                for user in batch:
                    if (older := first_sub(user)) != user.sub:
                        found.add(digest(user.sub), digest(older))
        return found

    def _file(self, records: Records, side: Side, file: int, others: Digests, tally: Tally) -> None:
        part: Part[Change] = self.file_format.part(Change)

        def note(found: Iterable[list[Change]]) -> None:
            for changes in found:
                tally.add(changes)
                part.add(changes)

        changed: dict[str, Any] = {}
        to_look_into: set[int] = set()
        for batch in self.sides[side].rows(records.kind, file, records.row_type):
            alone = []
            for row in batch:
                key = records.key(row, side)
                there = others.find(digest(key))
                if not there:
                    alone.append([records.alone(row, side)])
                elif side is Side.AFTER and digest(records.content(row)) not in {one.content for one in there}:
                    changed.setdefault(key, row)
                    to_look_into.update(one.file for one in there)
            note(alone)
        for other in sorted(to_look_into):
            note(self._changes(records, other, changed))
        # A digest is not the key: whoever was not found was never before.
        note([records.alone(row, side)] for row in changed.values())
        if part.rows:
            self.store.put(f"{self.paths.differences}{records.kind}-{side}-{file:05d}.parquet", part.finish())

    def _changes(self, records: Records, file: int, changed: dict[str, Any]) -> Iterable[list[Change]]:
        """What differs of those who may have changed, and are in this file of before; they are taken out."""
        conditions = [Where(*wanted) for wanted in records.wanted(changed)]
        for batch in self.sides[Side.BEFORE].rows(records.kind, file, records.row_type, *conditions):
            for row in batch:
                after = changed.pop(records.key(row, Side.BEFORE), None)
                if after is not None:
                    yield list(records.changes(row, after))
