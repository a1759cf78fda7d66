"""A user as others write it: `cbr` (cognito-backup-restore) and the AWS CLI. What their files of a million weigh can be
computed without running them; `peers.py` checks the former against a file that `cbr` has written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from textwrap import indent
from typing import Any

DATES = ("UserCreateDate", "UserLastModifiedDate")
#: Around the users and between them: those of JSONStream.stringify().
OPEN, BETWEEN, CLOSE = "[\n", "\n,\n", "\n]\n"


def cbr_bytes(user: Mapping[str, Any]) -> int:
    """Bytes of one user in cbr's file, with what stands between it and the next."""
    written = {**user, **{name: _javascript(user[name]) for name in DATES}}
    return len(json.dumps(written, separators=(",", ":"), ensure_ascii=False).encode()) + len(BETWEEN)


def cli_bytes(user: Mapping[str, Any]) -> int:
    """Bytes of one user in what `aws cognito-idp list-users --output json` prints: four spaces a level, the second
    within `Users`, ISO 8601 dates with microseconds, and ASCII alone."""
    written = {**user, **{name: _moment(user[name]).isoformat(timespec="microseconds") for name in DATES}}
    return len(indent(json.dumps(written, indent=4), " " * 8)) + len(",\n")


def _moment(seconds: float | datetime) -> datetime:
    return seconds if isinstance(seconds, datetime) else datetime.fromtimestamp(seconds, UTC)


def _javascript(seconds: float | datetime) -> str:
    """As Date.toJSON() writes it."""
    return _moment(seconds).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
