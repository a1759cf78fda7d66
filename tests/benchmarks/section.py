"""A section of the page: what was measured, kept as JSON, so that the page can be put together from the last results.

A module of this folder that `__main__` names in its sections has `measure() -> Section`, or Markdown alone where
nothing has to hold. Each runs in a process of its own: `python -m tests.benchmarks.section <name>`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks import machine

ROOT = Path(__file__).resolve().parents[2]
#: Ignored by git, and gone with `make clean`.
RESULTS = ROOT / ".embedded" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Must:
    """Something that has to hold. `figure` and `limit` are words; `holds` decides."""

    what: str
    limit: str
    figure: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Section:
    """`text` is Markdown that begins with a heading of the second level; `figures` are for other sections; `charts`
    are SVG by file name (`<name>.svg`), which `text` may link to as `performance/<name>.svg`."""

    text: str
    musts: tuple[Must, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    charts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A section with the day it was measured, on which machine, with which versions."""

    section: Section
    date: str
    machine: str
    versions: str


def save(name: str, section: Section) -> Result:
    """Keep what was measured just now."""
    result = Result(section, f"{datetime.now(UTC):%Y-%m-%d}", machine.described(), machine.versions())
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")
    return result


def load(name: str) -> Result | None:
    """The last result of a section, or None where it was never measured here."""
    kept = RESULTS / f"{name}.json"
    if not kept.exists():
        return None
    told = json.loads(kept.read_text(encoding="utf-8"))
    section = told.pop("section")
    musts = tuple(Must(**must) for must in section.pop("musts"))
    return Result(Section(**section, musts=musts), **told)


def figures(name: str) -> Mapping[str, Any]:
    """What a section found, or nothing where it was never measured here."""
    result = load(name)
    return result.section.figures if result else {}


def main(name: str) -> None:
    """Measure a section and keep the result."""
    module = import_module(f"tests.benchmarks.{name.replace('-', '_')}")
    measured = module.measure()
    save(name, Section(measured) if isinstance(measured, str) else measured)


if __name__ == "__main__":
    main(sys.argv[1])
