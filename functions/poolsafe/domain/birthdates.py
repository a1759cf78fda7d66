"""Dates of birth, which the API takes as YYYY-MM-DD and Cognito's import as mm/dd/yyyy [DG user pool import tool].

An imported user may keep the form of the file (docs/unverified.md), so a snapshot can hold either.
"""

from __future__ import annotations

import re
from datetime import date

ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
OF_A_FILE = re.compile(r"(?P<month>\d{2})/(?P<day>\d{2})/(?P<year>\d{4})")


def iso(value: str) -> str | None:
    """As the API takes it; None for what is neither form, or no day."""
    found = ISO.fullmatch(value) or OF_A_FILE.fullmatch(value)
    written = f"{found['year']}-{found['month']}-{found['day']}" if found else ""
    try:
        date.fromisoformat(written)
    except ValueError:
        return None
    return written


def of_a_file(value: str) -> str | None:
    """As a file for an import has it; None for what is no such day."""
    written = iso(value)
    if written is None:
        return None
    year, month, day = written.split("-")
    return f"{month}/{day}/{year}"
