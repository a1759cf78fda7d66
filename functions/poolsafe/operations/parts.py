"""Writing a long listing as numbered files, and reading them back.

    writer = PartWriter(...)            continues at part number progress.parts
    writer.add(rows)                    puts a part into the bucket whenever one is full; from any thread
    progress = writer.commit()          the rest, before a hand-over, when nobody adds any more

A part is in the bucket before its progress is returned; an invocation that dies
returns none, and the next one writes the same part names again.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic

from ..domain.lane import ExportProgress, part_path
from ..errors import Retryable
from ..ports import FileFormat, ObjectStore, Part, Row, Where

#: A part is full at this many rows, or at this many characters of attributes: a reader holds all of them at once, some
#: twice, so they and not the compressed bytes are what counts.
MAX_ROWS = 50_000
MAX_CHARACTERS = 64_000_000


class PartWriter(Generic[Row]):
    """Fills and commits the parts of one kind in one lane. One part is filled at a time, whoever adds.

    `before_put` may refuse a part. `late` is told of a part that the bucket did not take for the moment: its rows are
    kept for the commit. Without it, whoever added the last of them meets with the error.
    """

    def __init__(
        self,
        store: ObjectStore,
        file_format: FileFormat,
        prefix: str,
        kind: str,
        row_type: type[Row],
        progress: ExportProgress,
        max_rows: int = MAX_ROWS,
        before_put: Callable[[], None] = lambda: None,
        late: Callable[[Retryable], None] | None = None,
    ) -> None:
        self._store = store
        self._format = file_format
        self._prefix = prefix
        self._kind = kind
        self._row_type = row_type
        self._max_rows = max_rows
        self._before_put = before_put
        self._late = late
        self._progress = progress
        self._next = progress.parts
        self._filled: dict[int, tuple[int, bytes]] = {}
        self._put_parts: dict[int, tuple[int, str]] = {}
        self._part: Part[Row] = file_format.part(row_type)
        self._lock = threading.Lock()

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows; put the part into the bucket when it is full, while others fill the next."""
        with self._lock:
            self._part.add(rows)
            is_full = self._part.rows >= self._max_rows or self._part.size >= MAX_CHARACTERS
            full = self._begin_next() if is_full else None
        if full is None:
            return
        try:
            self._put(*full)
        except Retryable as error:
            if self._late is None:
                raise
            self._late(error)

    def commit(self) -> ExportProgress:
        """Put what is pending into the bucket and return the progress that says so.

        Also what could not be put before.
        """
        if self._part.rows:
            self._put(*self._begin_next())
        for number in sorted(self._filled):
            self._upload(number)
        for number in range(self._progress.parts, self._next):
            self._progress = self._progress.committed(*self._put_parts.pop(number))
        return self._progress

    def _begin_next(self) -> tuple[int, Part[Row]]:
        """The number of the part that was filled, and the part."""
        filled = self._next, self._part
        self._next, self._part = self._next + 1, self._format.part(self._row_type)
        return filled

    def _put(self, number: int, part: Part[Row]) -> None:
        self._filled[number] = part.rows, part.finish()
        self._upload(number)

    def _upload(self, number: int) -> None:
        rows, content = self._filled[number]
        sha256 = hashlib.sha256(content).hexdigest()
        path = part_path(self._kind, self._progress.lane, number, self._format.extension)
        self._before_put()
        self._store.put(self._prefix + path, content, {"rows": str(rows), "sha256": sha256})
        self._put_parts[number] = rows, sha256
        del self._filled[number]


def read_keys(
    store: ObjectStore, file_format: FileFormat, keys: Sequence[str], row_type: type[Row], *any_of: Where
) -> Iterator[list[Row]]:
    """The rows of some files that any condition is true of, in batches. Raises KeyError for a key that is not there."""
    for key in keys:
        found = store.get(key)
        if found is None:
            raise KeyError(key)
        yield from file_format.read(row_type, found.content, *any_of)


def read_columns(
    store: ObjectStore, file_format: FileFormat, keys: Iterable[str], *names: str
) -> Iterator[tuple[str, ...]]:
    """The values of some columns of some files, row by row. Raises KeyError for a key that is not there."""
    for key in keys:
        found = store.get(key)
        if found is None:
            raise KeyError(key)
        for batch in file_format.columns(found.content, *names):
            yield from batch


def part_keys(prefix: str, kind: str, progress: ExportProgress, file_format: FileFormat) -> list[str]:
    """The keys of the parts that a lane committed. Others of that name pattern are leavings of a run that died."""
    return [prefix + part_path(kind, progress.lane, part, file_format.extension) for part in range(progress.parts)]
