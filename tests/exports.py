"""Running an export to its end, hand-over after hand-over, and reading back what it committed."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.adapters.threads import Threads
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.domain.records import Group, Membership, User
from poolsafe.operations.export import Export
from poolsafe.operations.parts import part_keys, read_keys
from poolsafe.ports import Deadline, FileFormat, UserPool
from tests.fakes import MemoryStore, Never

Row = TypeVar("Row", User, Group, Membership)

PREFIX = "snapshots/us-east-1_Source/20261122T030000Z-3f9a1c/"
PARQUET = ParquetFormat()


def export_to(
    store: MemoryStore,
    pool: UserPool,
    deadline: Deadline | None = None,
    file_format: FileFormat = PARQUET,
    workers: int = 1,
) -> Export:
    return Export(pool, store, file_format, PREFIX, deadline or Never(), lambda size: Threads(min(size, workers)))


def through_state(progress: ExportProgress) -> ExportProgress:
    """As it arrives in the next invocation: through JSON."""
    state: dict[str, Any] = json.loads(json.dumps(progress.to_state()))
    return ExportProgress.of(state)


def listed(
    export: Export, groups: ExportProgress | None = None, shards: str | int = "auto", include_mfa: bool = False
) -> Listing:
    """The listing of users, and of memberships beside them where groups are given, to its end."""
    listing = Listing()
    while not listing.done:
        listing = export.users(listing, groups, shards, include_mfa)
        listing = Listing.of(json.loads(json.dumps(listing.to_state())))
    return listing


def walked(export: Export, include_mfa: bool = False) -> ExportProgress:
    """The users, to their end."""
    return listed(export, include_mfa=include_mfa).users


def walked_groups(export: Export) -> ExportProgress:
    progress = ExportProgress()
    while not progress.done:
        progress = through_state(export.groups(progress))
    return progress


def walked_memberships(export: Export, groups: ExportProgress) -> ExportProgress:
    """The memberships, to their end."""
    return listed(export, groups).memberships


def saved(export: Export, progress: ExportProgress, kind: str, row_type: type[Row]) -> list[Row]:
    """The rows of the parts that the progress speaks of."""
    keys = part_keys(export.prefix, kind, progress, export.file_format)
    return [row for batch in read_keys(export.store, export.file_format, keys, row_type) for row in batch]


def users_of(pool: UserPool, deadline: Deadline | None = None) -> list[User]:
    """The users that an export of the pool saves."""
    export = export_to(MemoryStore(), pool, deadline)
    return saved(export, walked(export), "users", User)
