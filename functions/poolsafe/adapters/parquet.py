"""Records as Parquet, with one explicit Arrow schema for each (`parquet_schema.py`).

pyarrow is imported when a file is made or read, not before: functions that
touch no file start without it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import cache, reduce
from operator import attrgetter
from types import NoneType
from typing import Any, Generic, get_args, get_type_hints

from ..ports import Row, Where
from .parquet_schema import schema

#: Rows go to the encoder in groups of about this many: a row group, and the unit of memory.
ROW_GROUP = 4_000
#: Records become Arrow's columns from so many on.
BATCH = 500
#: Or fewer, once their attributes add up to this many characters: 4,000 users could hold 400 MB.
ROW_GROUP_CHARACTERS = 16_000_000
#: Columns in which hardly a value comes twice. A dictionary of them is the column itself, and numbers besides: without
#: one, a snapshot is an eighth smaller and takes half the CPU to encode.
DISTINCT = frozenset({"username", "sub", "new_sub", "old", "new", "sign_in_name", "existing_sub", "existing_username"})


class ParquetFormat:
    """The FileFormat port in Parquet: zstd, one row group per some thousand rows."""

    extension = "parquet"

    def part(self, row_type: type[Row]) -> ParquetPart[Row]:
        return ParquetPart(row_type)

    def read(self, row_type: type[Row], content: bytes, *any_of: Where) -> Iterator[list[Row]]:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        convert = _converters(row_type)  # type: ignore[arg-type]
        names = [field.name for field in fields(row_type)]  # type: ignore[arg-type]
        wanted = [(where, pa.array(sorted(where.values), pa.string())) for where in any_of]
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            for batch in file.iter_batches(batch_size=ROW_GROUP, columns=names):
                if wanted:
                    batch = batch.filter(reduce(pc.or_, (_matches(batch, *condition) for condition in wanted)))
                if not batch.num_rows:
                    continue
                columns = [_convert(batch.column(name).to_pylist(), convert.get(name)) for name in names]
                yield [row_type(*values) for values in zip(*columns, strict=True)]

    def columns(self, content: bytes, *names: str) -> Iterator[list[tuple[str, ...]]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        with pq.ParquetFile(pa.BufferReader(content)) as file:
            for batch in file.iter_batches(batch_size=ROW_GROUP, columns=list(names)):
                yield list(zip(*(batch.column(name).to_pylist() for name in names), strict=True))

    def count(self, content: bytes) -> int:
        import pyarrow as pa
        import pyarrow.parquet as pq

        return int(pq.read_metadata(pa.BufferReader(content)).num_rows)


class ParquetPart(Generic[Row]):
    """One Parquet file being filled. Holds at most one row group in Arrow's columns beside the encoded bytes.

    Records become columns a few pages at a time: as Python objects a row group would take ten times the memory.
    """

    def __init__(self, row_type: type[Row]) -> None:
        import pyarrow.parquet as pq

        self.rows = 0
        self._schema = schema(row_type)  # type: ignore[arg-type]
        self._columns = [attrgetter(name) for name in self._schema.names]
        self._maps = [name == "attributes" for name in self._schema.names]
        self._pending: list[Row] = []
        self._batches: list[Any] = []
        self._batched = 0
        self._weight = self._characters = 0
        self._sink = io.BytesIO()
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd", **_encodings(self._schema))

    @property
    def size(self) -> int:
        return self._characters

    def add(self, rows: Iterable[Row]) -> None:
        added = list(rows)
        self._pending += added
        self.rows += len(added)
        weight = sum(map(_characters, added))
        self._weight += weight
        self._characters += weight
        if len(self._pending) >= BATCH:
            self._to_columns()
        if self._batched >= ROW_GROUP or self._weight >= ROW_GROUP_CHARACTERS:
            self._encode()

    def finish(self) -> bytes:
        self._encode()
        self._writer.close()
        return self._sink.getvalue()

    def _to_columns(self) -> None:
        import pyarrow as pa

        if not self._pending:
            return
        arrays = []
        for field, column, is_map in zip(self._schema, self._columns, self._maps, strict=True):
            values: list[Any] = list(map(column, self._pending))
            if is_map:
                values = [list(value.items()) for value in values]
            arrays.append(pa.array(values, field.type))
        self._batches.append(pa.record_batch(arrays, schema=self._schema))
        self._batched += len(self._pending)
        self._pending.clear()

    def _encode(self) -> None:
        import pyarrow as pa

        self._to_columns()
        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches).combine_chunks())
        self._batches.clear()
        self._batched = self._weight = 0


def _encodings(schema: Any) -> dict[str, Any]:
    """What ParquetWriter is told of each column: which get a dictionary, and how the others are written."""
    import pyarrow as pa

    plain = {"attributes.key_value.value": "PLAIN"}
    for field in schema:
        if field.name in DISTINCT:
            plain[field.name] = "DELTA_LENGTH_BYTE_ARRAY"
        elif pa.types.is_timestamp(field.type):
            plain[field.name] = "DELTA_BINARY_PACKED"
    columns = [path for field in schema for path in _paths(field)]
    return {
        "use_dictionary": [path for path in columns if path not in plain],
        "column_encoding": {path: plain[path] for path in columns if path in plain},
    }


def _paths(field: Any) -> list[str]:
    """The columns of a field, as Parquet names them: a map has two."""
    import pyarrow as pa

    if pa.types.is_map(field.type):
        return [f"{field.name}.key_value.{part}" for part in ("key", "value")]
    return [f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name]


def _characters(row: Any) -> int:
    return sum(map(len, getattr(row, "attributes", {}).values()))


def _matches(batch: Any, where: Where, wanted: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = batch.column(where.column)
    if where.attribute is not None:
        column = pc.map_lookup(column, where.attribute, "first")
    if where.ignore_case:
        # Python's lower case, as everywhere else: Arrow's differs for some letters, and would miss those users.
        column = pa.array([value and value.lower() for value in column.to_pylist()], pa.string())
    return pc.is_in(column, value_set=wanted)


@cache
def _converters(row_type: Any) -> dict[str, Callable[[Any], Any]]:
    """What turns Arrow's Python values into the record's own: enums, tuples and dictionaries."""
    found: dict[str, Callable[[Any], Any]] = {}
    for name, hint in get_type_hints(row_type).items():
        kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not NoneType]
        text = str(hint)
        if name == "attributes":
            found[name] = dict
        elif "tuple[" in text:
            found[name] = tuple
        elif enums := [kind for kind in kinds if isinstance(kind, type) and kind.__module__.startswith("poolsafe")]:
            found[name] = _enum_of(enums)
    return found


def _enum_of(enums: list[Any]) -> Callable[[str], Any]:
    values = {member.value: member for enum in enums for member in enum}
    return values.__getitem__


def _convert(values: list[Any], convert: Callable[[Any], Any] | None) -> list[Any]:
    return values if convert is None else [None if value is None else convert(value) for value in values]
