"""Making room for what a plan tells of users: an earlier one of the same restore told of them in files of other names.

    at its beginning   the names and the notices of a plan that was refused are emptied
    once it stands     outcomes, differences and notices of the earlier one are emptied, and its own notices published

A plan that is refused leaves the record of the earlier run as it was, for the report of that run points at it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from ..domain.restore.difference import Difference
from ..domain.restore.notices import Notice
from ..domain.restore.outcome import Outcome
from ..domain.snapshot import RestorePaths
from ..ports import Deadline, FileFormat, ObjectStore, Workers
from .take_up import is_frozen

#: Files that are written side by side: a large restore has tens of thousands of them.
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Forget:
    """For the plan of the run that began at `started_at`. `workers` makes so many of them."""

    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    workers: Callable[[int], Workers]
    paths: RestorePaths
    started_at: str

    def before_planning(self) -> None:
        """Empty what names the users of a refused plan; there are few files of it, some for each of the snapshot's."""
        for prefix, row_type in ((self.paths.failing, Outcome), (self.paths.planned_attention, Notice)):
            for _ in self.workers(AT_ONCE).map(self._emptying(row_type), self.store.keys(prefix)):
                pass

    def once_it_stands(self, done: int) -> tuple[int, bool]:
        """Go on after `done` files; how many are done now, and whether all are."""
        if is_frozen(self.store, self.paths, self.started_at):
            # An invocation that was given up for lost and repeated: what lies there now, this plan has told.
            return done, True
        files = self._files()
        work = self.workers(AT_ONCE).map(lambda file: file[0](file[1]), files[done:])
        with closing(work):
            for _ in work:
                done += 1
                if self.deadline.near():
                    break
        return done, done >= len(files)

    def _files(self) -> Sequence[tuple[Callable[[str], None], str]]:
        """The same files however often they are asked for: nobody writes others before the plan stands."""
        paths = self.paths
        planned = self.store.keys(paths.planned_attention)
        noticed = {paths.attention + key.removeprefix(paths.planned_attention) for key in planned}
        noticed |= {*self.store.keys(paths.attention)}
        return [
            *((self._emptying(Outcome), key) for key in self.store.keys(paths.outcomes)),
            *((self._emptying(Difference), key) for key in self.store.keys(paths.differences)),
            *((self._publish, key) for key in sorted(noticed)),
        ]

    def _emptying(self, row_type: type[Any]) -> Callable[[str], None]:
        return lambda key: self.store.put(key, self.working_format.part(row_type).finish())

    def _publish(self, key: str) -> None:
        """Notices as this plan has them, which may be none."""
        planned = self.store.get(self.paths.planned_attention + key.removeprefix(self.paths.attention))
        self.store.put(key, planned.content if planned else self.working_format.part(Notice).finish())
