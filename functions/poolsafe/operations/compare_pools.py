"""Counting how far a migration is, from the listings of both pools; and the reports that people read.

Each look leaves a point; the report draws all points of the target. Everything is read in one Lambda, which holds 16
bytes of each user: good for some millions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..domain.first_sign_in.deferred import deferred_prefix, open_marker
from ..domain.migration.comparison import Comparison
from ..domain.migration.settings import MigrationPaths
from ..domain.records import User
from ..ports import ObjectStore
from .parts import read_keys
from .reading import FormatOf


@dataclass(frozen=True, slots=True)
class ComparePools:
    """`source` and `target` are the files of the two listings."""

    store: ObjectStore
    format_of: FormatOf
    source: Sequence[str]
    target: Sequence[str]

    def __call__(self, comparison: Comparison) -> Comparison:
        for users in self._users(self.source):
            comparison.expect(users)
        for users in self._users(self.target):
            comparison.meet(users)
        for users in self._users(self.source):
            comparison.settle(users)
        return comparison

    def _users(self, keys: Sequence[str]) -> Iterator[list[User]]:
        for key in keys:
            yield from read_keys(self.store, self.format_of(key), [key], User)


def count_deferred(store: ObjectStore, target_user_pool_id: str) -> int:
    """Records that nobody has come for yet, or that are kept for their old `sub`."""
    return len({*store.keys(deferred_prefix(target_user_pool_id))} - {open_marker(target_user_pool_id)})


def keep_point(store: ObjectStore, paths: MigrationPaths, run_id: str, point: dict[str, Any]) -> list[dict[str, Any]]:
    """Write this look down; all looks, the oldest first. A state that runs twice leaves one point."""
    store.put(paths.point_key(run_id), json.dumps(point).encode())
    found = (store.get(key) for key in store.keys(paths.points))
    return [json.loads(one.content) for one in found if one is not None]
