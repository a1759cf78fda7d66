"""Records as Parquet, with one explicit Arrow schema for each.

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
from typing import TYPE_CHECKING, Any, Generic, get_args, get_type_hints

from ..domain.records import Group, Membership, User
from ..domain.restore.difference import Difference
from ..domain.restore.notices import Notice
from ..domain.restore.outcome import Outcome
from ..domain.restore.planned_user import PlannedUser
from ..domain.restore.sub_map import SubMapping
from ..domain.restore.temporary_password import TemporaryPassword
from ..domain.restore.waiting import Waiting
from ..ports import Row, Where

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows go to the encoder in groups of this many: a row group, and the unit of memory.
ROW_GROUP = 4_000
#: Or fewer, once their attributes add up to this many characters: 4,000 users could hold 400 MB.
ROW_GROUP_CHARACTERS = 16_000_000


@cache
def schema(row_type: Any) -> pa.Schema:
    """The Arrow schema of a record; `schemas/README.md` describes those of a snapshot."""
    import pyarrow as pa

    text, flag, moment = pa.string(), pa.bool_(), pa.timestamp("ms", tz="UTC")
    texts, attributes = pa.list_(text), pa.map_(text, text)

    def required(name: str, of: pa.DataType) -> pa.Field:
        return pa.field(name, of, nullable=False)

    return {
        User: pa.schema(
            [
                required("username", text),
                required("sub", text),
                required("status", text),
                required("enabled", flag),
                required("created_at", moment),
                required("modified_at", moment),
                required("attributes", attributes),
                ("mfa_methods", texts),
                ("preferred_mfa", text),
            ]
        ),
        Group: pa.schema(
            [
                required("group_name", text),
                ("description", text),
                ("precedence", pa.int32()),
                ("role_arn", text),
                required("created_at", moment),
                required("modified_at", moment),
            ]
        ),
        Membership: pa.schema([required("group_name", text), required("username", text), required("sub", text)]),
        PlannedUser: pa.schema(
            [
                required("username", text),
                required("sub", text),
                required("action", text),
                ("reason", text),
                ("sign_in_name", text),
                required("attributes", attributes),
                required("groups", texts),
                required("service_groups", texts),
                required("enabled", flag),
                ("existing_sub", text),
                ("existing_username", text),
                ("credential", text),
                ("credential_reason", text),
                ("preferred_username", text),
                required("mfa_methods", texts),
                ("preferred_mfa", text),
                required("link_providers", texts),
                required("link_user_ids", texts),
            ]
        ),
        Outcome: pa.schema(
            [
                required("kind", text),
                required("outcome", text),
                ("reason", text),
                ("username", text),
                ("sub", text),
                ("new_sub", text),
                ("group_name", text),
                ("credential", text),
                ("provider", text),
            ]
        ),
        Difference: pa.schema(
            [
                required("difference", text),
                ("username", text),
                ("sub", text),
                ("group_name", text),
                ("field", text),
            ]
        ),
        Notice: pa.schema(
            [required("username", text), required("sub", text), required("attention", text), ("detail", text)]
        ),
        TemporaryPassword: pa.schema(
            [required("username", text), required("sign_in_name", text), required("temporary_password", text)]
        ),
        Waiting: pa.schema([required("new_sub", text)]),
        SubMapping: pa.schema([required("username", text), required("old", text), required("new", text)]),
    }[row_type]


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

    def count(self, content: bytes) -> int:
        import pyarrow as pa
        import pyarrow.parquet as pq

        return int(pq.read_metadata(pa.BufferReader(content)).num_rows)


class ParquetPart(Generic[Row]):
    """One Parquet file being filled. Holds at most one row group of records beside the encoded bytes."""

    def __init__(self, row_type: type[Row]) -> None:
        import pyarrow.parquet as pq

        self.rows = 0
        self._schema = schema(row_type)  # type: ignore[arg-type]
        self._columns = [attrgetter(name) for name in self._schema.names]
        self._maps = [name == "attributes" for name in self._schema.names]
        self._pending: list[Row] = []
        self._weight = self._characters = 0
        self._sink = io.BytesIO()
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")

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
        if len(self._pending) >= ROW_GROUP or self._weight >= ROW_GROUP_CHARACTERS:
            self._encode()

    def finish(self) -> bytes:
        self._encode()
        self._writer.close()
        return self._sink.getvalue()

    def _encode(self) -> None:
        import pyarrow as pa

        if not self._pending:
            return
        arrays = []
        for field, column, is_map in zip(self._schema, self._columns, self._maps, strict=True):
            values: list[Any] = list(map(column, self._pending))
            if is_map:
                values = [list(value.items()) for value in values]
            arrays.append(pa.array(values, field.type))
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self._pending.clear()
        self._weight = 0


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
