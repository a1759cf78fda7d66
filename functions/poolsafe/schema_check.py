"""Checking documents against the JSON Schemas of `schemas/`."""

from __future__ import annotations

import difflib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from .errors import InvalidRequest


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads(files("poolsafe").joinpath("schemas", f"{name}.json").read_text("utf-8"))
    return Draft202012Validator(schema)


def require(name: str, document: Any) -> None:
    """Raise InvalidRequest for the first problem: it names the field, the problem and an example."""
    problems = sorted(_validator(name).iter_errors(document), key=_order)
    if problems:
        raise _explain(problems[0], _validator(name).schema)


def _order(error: Any) -> tuple[int, bool, str]:
    """The outermost first, and a misspelled field before the one that it leaves missing."""
    return len(error.path), error.validator != "additionalProperties", str(error.path)


def _explain(error: Any, schema: dict[str, Any]) -> InvalidRequest:
    field = ".".join(map(str, error.absolute_path))
    example = json.dumps(schema.get("examples", [{}])[0])
    known = error.schema.get("properties", {})
    match error.validator:
        case "additionalProperties":
            unknown = sorted(set(error.instance) - set(known))[0]
            near = difflib.get_close_matches(unknown, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known fields are {', '.join(sorted(known))}"
            return InvalidRequest(_join(field, unknown), f"is not a known field{hint}", example)
        case "required":
            missing = next(name for name in error.validator_value if name not in error.instance)
            return InvalidRequest(_join(field, missing), "is missing", example)
        case "type" if not field:
            return InvalidRequest("input", f"must be a JSON {error.validator_value}", example)
        case "type":
            wanted = error.validator_value
            kinds = wanted if isinstance(wanted, str) else " or ".join(wanted)
            return InvalidRequest(field, f"must be of type {kinds}", example)
        case "enum":
            values = ", ".join(json.dumps(value) for value in error.validator_value)
            return InvalidRequest(field, f"must be one of {values}", example)
        case "const":
            return InvalidRequest(field, f"must be {json.dumps(error.validator_value)}", example)
        case "not":
            return InvalidRequest(field, error.schema.get("description", "is not possible"), example)
        case _:
            return InvalidRequest(field or "input", f"does not fit: {error.validator} {error.validator_value}", example)


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
