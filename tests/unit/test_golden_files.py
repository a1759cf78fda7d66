"""The format of a snapshot is a promise: these files were written by format version 1 and must stay what it means.

A change here is a new format version, not a new golden file.
"""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from poolsafe.adapters.jsonlines import JsonLinesFormat
from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.domain.records import Group, Membership, User
from poolsafe.schema_check import require

GOLDEN = Path(__file__).parent / "golden"
FORMAT_PAGE = Path(__file__).parents[2] / "schemas" / "README.md"

CREATED = datetime(2024, 2, 29, 23, 59, 59, 999_000, UTC)
MODIFIED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
IDENTITIES = '[{"userId":"1","providerName":"Google","primary":true}]'

ROWS: dict[str, tuple[type[Any], list[Any]]] = {
    "users": (
        User,
        [
            User("zoë", "6f0c", "CONFIRMED", True, CREATED, MODIFIED, {"email": "zoë@example.com", "name": 'a"b\n🦊'}),
            User("Google_1", "77aa", "EXTERNAL_PROVIDER", True, CREATED, MODIFIED, {"identities": IDENTITIES}),
            User("bare", "0000", "UNCONFIRMED", False, CREATED, MODIFIED, {}, ("SMS_MFA", "EMAIL_OTP"), "SMS_MFA"),
            User("asked", "0001", "RESET_REQUIRED", True, CREATED, MODIFIED, {}, (), None),
        ],
    ),
    "groups": (
        Group,
        [
            Group("admins", "May do everything", 0, "arn:aws:iam::123456789012:role/admins", CREATED, MODIFIED),
            Group("bare", None, None, None, CREATED, MODIFIED),
        ],
    ),
    "memberships": (Membership, [Membership("admins", "zoë", "6f0c")]),
}
KINDS = pytest.mark.parametrize("kind", list(ROWS))


def parquet_of(kind: str) -> bytes:
    row_type, rows = ROWS[kind]
    part = ParquetFormat().part(row_type)
    part.add(rows)
    return part.finish()


@KINDS
def test_the_parquet_schema_is_the_documented_one(kind: str) -> None:
    schema = pq.read_schema(pa.BufferReader(parquet_of(kind)))
    assert schema.to_string(show_schema_metadata=False) + "\n" == (GOLDEN / f"{kind}.schema.txt").read_text("utf-8")


@KINDS
def test_parquet_of_version_1_is_read(kind: str) -> None:
    row_type, rows = ROWS[kind]
    content = (GOLDEN / f"{kind}.parquet").read_bytes()
    assert [row for batch in ParquetFormat().read(row_type, content) for row in batch] == rows


@KINDS
def test_parquet_is_read_the_same_without_poolsafe(kind: str) -> None:
    table = pq.read_table(pa.BufferReader(parquet_of(kind))).to_pylist()
    assert [row["username" if kind != "groups" else "group_name"] for row in table] == [
        getattr(row, "username" if kind != "groups" else "group_name") for row in ROWS[kind][1]
    ]
    if kind == "users":
        assert table[0]["created_at"] == CREATED
        assert dict(table[0]["attributes"]) == {"email": "zoë@example.com", "name": 'a"b\n🦊'}


@KINDS
def test_json_lines_are_written_as_in_version_1(kind: str) -> None:
    row_type, rows = ROWS[kind]
    part = JsonLinesFormat().part(row_type)
    part.add(rows)
    assert gzip.decompress(part.finish()).decode() == (GOLDEN / f"{kind}.jsonl").read_text("utf-8")


@KINDS
def test_json_lines_of_version_1_are_read(kind: str) -> None:
    row_type, rows = ROWS[kind]
    content = gzip.compress((GOLDEN / f"{kind}.jsonl").read_bytes())
    assert [row for batch in JsonLinesFormat().read(row_type, content) for row in batch] == rows


@KINDS
def test_the_golden_lines_fit_the_published_schema(kind: str) -> None:
    for line in (GOLDEN / f"{kind}.jsonl").read_text("utf-8").splitlines():
        require(kind.removesuffix("s"), json.loads(line))


@KINDS
def test_the_format_page_names_the_columns_in_their_order(kind: str) -> None:
    section = FORMAT_PAGE.read_text("utf-8").split(f"### {kind}\n")[1].split("\n#")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    documented = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    # One row may speak of several columns of a type, so its columns need not be neighbours.
    assert sorted(documented) == sorted(pq.read_schema(pa.BufferReader(parquet_of(kind))).names)
