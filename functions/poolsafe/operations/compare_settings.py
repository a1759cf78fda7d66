"""Comparing two configurations, and reading back which settings differed, without their values."""

from __future__ import annotations

from typing import Any

from ..domain.compare.change import Change, Kind
from ..domain.compare.paths import ComparisonPaths
from ..domain.compare.settings import not_compared, setting_changes
from ..domain.compare.tally import Tally
from ..domain.configuration.model import Configuration
from ..ports import FileFormat, ObjectStore
from .parts import read_keys


def compare_settings(
    store: ObjectStore, file_format: FileFormat, paths: ComparisonPaths, before: Configuration, after: Configuration
) -> dict[str, Any]:
    """Write what differs; how much it is, and which sections nobody can compare."""
    tally, part = Tally(), file_format.part(Change)
    for change in setting_changes(before, after):
        tally.add([change])
        part.add([change])
    store.put(paths.settings_key, part.finish())
    return {"counts": tally.numbers()[Kind.SETTINGS], "not_compared": not_compared(before, after)}


def changed_settings(store: ObjectStore, file_format: FileFormat, paths: ComparisonPaths) -> list[dict[str, Any]]:
    """Section, thing, path and how each differs, in order: no values."""
    rows = (row for batch in read_keys(store, file_format, [paths.settings_key], Change) for row in batch)
    return [
        {
            "section": row.name.partition("/")[0],
            "name": row.name.partition("/")[2],
            "path": row.field,
            "change": row.change.value,
        }
        for row in rows
    ]
