"""What Step Functions tells of a state that failed and was caught: `{"Error": ..., "Cause": ...}`.

`Cause` is JSON where a Lambda failed (`errorType`, `errorMessage`), and where a run inside did: then it has that run's
own `Error` and `Cause` [https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html].
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def error_of(failure: Mapping[str, Any]) -> str:
    """The name of the error; of a run inside, that run's own, or, where it has none, how it ended."""
    cause = _cause(failure)
    return str(cause.get("Error") or cause.get("errorType") or cause.get("Status") or failure.get("Error") or "Unknown")


def explanation_of(failure: Mapping[str, Any]) -> str | None:
    """What was said of it: made for people, and never about anybody (`errors.py`)."""
    cause = _cause(failure)
    said = cause.get("errorMessage") or _cause(cause).get("errorMessage")
    return str(said) if said else None


def _cause(failure: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        cause = json.loads(failure.get("Cause") or "{}")
    except ValueError:
        return {}
    return cause if isinstance(cause, dict) else {}
