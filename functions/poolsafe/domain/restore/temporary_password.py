"""Temporary passwords, for whoever hands them over."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from types import SimpleNamespace


@dataclass(frozen=True, slots=True)
class TemporaryPassword:
    """One row. `sign_in_name` is what the person types: a username, an e-mail address or a phone number."""

    username: str
    sign_in_name: str
    temporary_password: str


#: A cell that begins with one of these is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[TemporaryPassword]) -> bytes:
    """All of them as CSV (RFC 4180, UTF-8). No cell begins like a formula: such a one has an apostrophe before it."""
    lines: list[str] = []
    writer = csv.writer(SimpleNamespace(write=lines.append))
    writer.writerow(("username", "sign_in_name", "temporary_password"))
    writer.writerows(map(_safe, map(astuple, rows)))
    return "".join(lines).encode()


def _safe(cells: tuple[str, ...]) -> list[str]:
    return [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]
