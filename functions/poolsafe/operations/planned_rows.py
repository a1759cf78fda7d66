"""The planned users of a lane, read as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..domain.lane import ExportProgress
from ..domain.records import User
from ..domain.restore.order import Stretch, Who, in_order
from ..domain.restore.planned_user import PlannedUser
from ..domain.snapshot import RestorePaths
from ..ports import Deadline, FileFormat, ObjectStore
from .apply_rows import Row
from .parts import part_keys, read_keys


@dataclass(slots=True)
class PlannedRows:
    """The rows of some stretches, from `stretch` and `row` on, where it stands also when it is left.

    `imported` tells which of some planned users Cognito's import has made, by old `sub`, which takes
    `seconds_to_find` for a stretch.
    """

    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    paths: RestorePaths
    planned: ExportProgress
    imported: Callable[[Sequence[PlannedUser]], Mapping[str, User]]
    work: Sequence[Stretch]
    stretch: int
    row: int
    seconds_to_find: float = 0.0

    def __iter__(self) -> Iterator[Row]:
        while self.stretch < len(self.work):
            for row in self._read(self.work[self.stretch])[self.row :]:
                self.row += 1
                yield row
            self.stretch, self.row = self.stretch + 1, 0
            # A stretch may have nobody in it, and the next ones too.
            if self.deadline.near(self._seconds_to_begin()):
                return

    def _seconds_to_begin(self) -> float:
        next_one = self.work[self.stretch : self.stretch + 1]
        return self.seconds_to_find if any(stretch.who is Who.LISTED for stretch in next_one) else 0

    def _read(self, stretch: Stretch) -> list[Row]:
        keys = part_keys(self.paths.planned_users, "users", self.planned, self.working_format)
        parts = [[row for batch in self._batches(keys[part]) for row in batch] for part in stretch.parts]
        taken = [(place, number, user) for place, number, user in in_order(parts, stretch.who) if stretch.takes(user)]
        made = self.imported([user for _, _, user in taken]) if stretch.who is Who.LISTED else {}
        return [
            Row(user, made.get(user.sub), self.stretch, position, stretch.parts[place], number)
            for position, (place, number, user) in enumerate(taken)
        ]

    def _batches(self, key: str) -> Iterator[list[PlannedUser]]:
        return read_keys(self.store, self.working_format, [key], PlannedUser)
