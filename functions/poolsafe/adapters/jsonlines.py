"""Records as JSON Lines, gzip: one object a line, the same names as the Parquet columns.

Times are ISO 8601 in UTC, to the millisecond. For readers that have no Parquet.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Generic

from ..ports import Row, Where

BATCH = 4_000
MOMENTS = ("created_at", "modified_at")


class JsonLinesFormat:
    """The FileFormat port in JSON Lines."""

    extension = "jsonl.gz"

    def part(self, row_type: type[Row]) -> JsonLinesPart[Row]:
        return JsonLinesPart()

    def read(self, row_type: type[Row], content: bytes, *any_of: Where) -> Iterator[list[Row]]:
        names = {field.name for field in fields(row_type)}  # type: ignore[arg-type]
        batch: list[Row] = []
        with gzip.open(io.BytesIO(content), "rt", encoding="utf-8") as lines:
            for line in lines:
                document = json.loads(line)
                if not any_of or any(_matches(document, where) for where in any_of):
                    batch.append(row_type(**{name: _value(name, document.get(name)) for name in names}))
                if len(batch) == BATCH:
                    yield batch
                    batch = []
        if batch:
            yield batch

    def columns(self, content: bytes, *names: str) -> Iterator[list[tuple[str, ...]]]:
        with gzip.open(io.BytesIO(content), "rt", encoding="utf-8") as lines:
            while batch := [json.loads(line) for line in islice(lines, BATCH)]:
                yield [tuple(document[name] for name in names) for document in batch]

    def count(self, content: bytes) -> int:
        with gzip.open(io.BytesIO(content), "rb") as lines:
            return sum(1 for _ in lines)


class JsonLinesPart(Generic[Row]):
    """One file being filled; compressed as it grows."""

    def __init__(self) -> None:
        self.rows = self._written = 0
        self._sink = io.BytesIO()
        # A fixed time in the header: the same rows are the same bytes, so a part written twice is one part.
        self._gzip = gzip.GzipFile(fileobj=self._sink, mode="wb", mtime=0)

    @property
    def size(self) -> int:
        return self._written

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            line: str = json.dumps(asdict(row), default=_moment, ensure_ascii=False)  # type: ignore[call-overload]
            self._gzip.write(line.encode() + b"\n")
            self._written += len(line)
            self.rows += 1

    def finish(self) -> bytes:
        self._gzip.close()
        return self._sink.getvalue()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _value(name: str, value: Any) -> Any:
    if name in MOMENTS:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


def _matches(document: dict[str, Any], where: Where) -> bool:
    value = document.get(where.column)
    if where.attribute is not None:
        value = (value or {}).get(where.attribute)
    if where.ignore_case and value is not None:
        value = value.lower()
    return value in where.values
