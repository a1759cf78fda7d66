"""The CSV file of a user import: its columns, and how it is taken apart.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html, "Formatting
the CSV file" and "Adding password hashes to your CSV file". The order of GetCSVHeader is the one of its sample; custom
attributes stand behind `updated_at` (https://gist.github.com/mnanchev/b350b70303514958392ecbbefbaa4b38). A job with a
hashing algorithm and a file without `password_hash` fails; "unable to parse" fails a job, not a row.

Assumed: developer-only attributes have a column; GetCSVHeader does not name `password_hash`, as its sample does not,
though the console's template does, so the column is let pass in any file. 100 MB are 100,000,000 bytes. A line ends
with LF, CR or CRLF, and nothing makes a line end part of a value. A backslash escapes a comma and nothing else, so no
value but the last of a row can end with one. Too many rows, a row that is too long, another header and a file without
rows fail the job before the first user is made; another number of values than columns fails the row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .import_settings import ImportSettings
from .operations import Json

USERNAME, MFA, HASH = "cognito:username", "cognito:mfa_enabled", "password_hash"
#: Of a row, in characters.
ROW_LENGTH = 16_000
#: Cognito's own to set.
NO_COLUMN = frozenset({"sub", "identities"})


class Unreadable(Exception):
    """The whole file is refused; the message is the job's, and tells nothing of what is in the file."""


@dataclass(frozen=True, slots=True)
class Row:
    """One user's line. `values` by column; None where there are more or fewer than columns."""

    line: int
    values: Mapping[str, str] | None


def columns(pool: Json, settings: ImportSettings) -> list[str]:
    names = [attribute["Name"] for attribute in pool["SchemaAttributes"] if attribute["Name"] not in NO_COLUMN]
    return [*names, *([HASH] if settings.password_hash_in_header else []), MFA, USERNAME]


def rows_of(content: bytes, pool: Json, settings: ImportSettings, *, has_hashes: bool) -> list[Row]:
    """The rows of an uploaded file. Unreadable where the job fails for it."""
    if len(content) > settings.max_bytes:
        raise Unreadable("The CSV file is too large.")
    try:
        lines = re.split(r"\r\n|\n|\r", content.decode())
    except UnicodeDecodeError:
        raise Unreadable("Unable to parse the CSV file: it is not in UTF-8.") from None
    while lines and not lines[-1]:
        lines.pop()
    header = _values(lines[0]) if lines else []
    if not _is_header(header, columns(pool, settings), has_hashes=has_hashes):
        raise Unreadable("Unable to parse the CSV file: its header is not the user pool's.")
    if len(lines) == 1:
        raise Unreadable("The CSV file holds no users.")
    if len(lines) - 1 > settings.max_rows:
        raise Unreadable("The CSV file holds too many users.")
    if any(len(line) > ROW_LENGTH for line in lines):
        raise Unreadable("Unable to parse the CSV file: a row is too long.")
    return [_row(number, header, line) for number, line in enumerate(lines[1:], 2)]


def _is_header(header: list[str], wanted: list[str], *, has_hashes: bool) -> bool:
    if has_hashes and HASH not in header:
        return False
    return len(set(header)) == len(header) and {*header} - {HASH} == {*wanted} - {HASH}


def _row(number: int, header: list[str], line: str) -> Row:
    values = _values(line)
    return Row(number, dict(zip(header, values, strict=True)) if len(values) == len(header) else None)


def _values(line: str) -> list[str]:
    return [value.replace("\\,", ",").strip() for value in re.split(r"(?<!\\),", line)]
