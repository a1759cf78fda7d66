"""Listing a pool into files, against a deadline.

    groups                  one walk
    users and memberships   beside each other, because they share one quota: a walk for each shard, one for each group
        at the end, are the shards to be believed? if not, the users once more in one walk

Not guaranteed: a snapshot of one instant. Users who come or go during the walk
may be in it or not; Cognito has no way to freeze a pool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from ..domain.lane import ExportProgress
from ..domain.listing import Listing
from ..domain.records import Group, Membership, User
from ..domain.shards import MAX_WALKS, SHARDED_FROM, SHARDS
from ..ports import Deadline, FileFormat, ObjectStore, Row, UserPool, Workers
from .export_members import ExportMembers
from .export_users import ExportUsers
from .parts import PartWriter, part_keys, read_columns
from .unsealed import require_unsealed
from .walks import Stop, Walks

#: So many rows before a hand-over hold what each walk took last, also one that was slow. A last part may have a few.
LISTED_LAST = 10_000


@dataclass(frozen=True, slots=True)
class Export:
    """One export into one prefix: of a snapshot, or of the target of a restore.

    `workers` makes so many of them; `walks` go on at once.
    """

    pool: UserPool
    store: ObjectStore
    file_format: FileFormat
    prefix: str
    deadline: Deadline
    workers: Callable[[int], Workers]
    walks: int = MAX_WALKS

    def groups(self, progress: ExportProgress) -> ExportProgress:
        """Carry the listing of groups on."""
        stop = Stop(self.deadline)
        writer = self._writer("groups", Group, progress, stop)
        walks = Walks(
            progress,
            1,
            lambda _, token: self.pool.list_groups(token),
            lambda group: group.group_name,
            lambda _, groups: writer.add(groups),
            stop,
        )
        for walk in walks.items():
            walk()
        stop.raise_if_in_vain()
        return walks.ended(writer)

    def users(
        self,
        listing: Listing,
        groups: ExportProgress | None = None,
        shards: str | int = "auto",
        include_mfa: bool = False,
    ) -> Listing:
        """Carry the listing of users on, and beside it that of the members of these groups, if any are given.

        `shards` is 1, 16 or "auto". With `include_mfa`, one AdminGetUserAuthFactors for each user.
        """
        if not listing.shards:
            listing = self._begun(listing, shards)
        stop = Stop(self.deadline)
        users = ExportUsers(
            self.pool,
            listing,
            self._writer("users", User, listing.users, stop),
            (sub for (sub,) in self._listed_last("users", listing.users, "sub")),
            self.workers if include_mfa else None,
            stop,
        )
        names = self._names(groups) if groups else []
        writer = self._writer("memberships", Membership, listing.memberships, stop)
        listed_last = self._listed_last("memberships", listing.memberships, "group_name", "sub")
        members = ExportMembers(self.pool, names, listing.memberships, writer, listed_last, stop)
        for _ in self.workers(self.walks).map(lambda walk: walk(), chain(users.items(), members.items())):
            pass
        stop.raise_if_in_vain()
        listing = replace(users.ended(), memberships=members.ended())
        return replace(listing, done=listing.users.done and listing.memberships.done)

    def _begun(self, listing: Listing, shards: str | int) -> Listing:
        estimated = int(self.pool.describe().get("EstimatedNumberOfUsers") or 0)
        wanted = SHARDS if estimated >= SHARDED_FROM else 1
        return replace(listing, shards=wanted if shards == "auto" else int(shards), estimated=estimated)

    def _names(self, groups: ExportProgress) -> list[str]:
        return [
            name for (name,) in read_columns(self.store, self.file_format, self._keys("groups", groups), "group_name")
        ]

    def _listed_last(self, kind: str, progress: ExportProgress, *columns: str) -> list[tuple[str, ...]]:
        """What was put into the parts last: nobody is listed twice across a hand-over either."""
        last: list[tuple[str, ...]] = []
        for key in reversed(self._keys(kind, progress)):
            last = [*read_columns(self.store, self.file_format, [key], *columns), *last]
            if len(last) >= LISTED_LAST:
                break
        return last

    def _keys(self, kind: str, progress: ExportProgress) -> list[str]:
        return part_keys(self.prefix, kind, progress, self.file_format)

    def _writer(self, kind: str, row_type: type[Row], progress: ExportProgress, stop: Stop) -> PartWriter[Row]:
        return PartWriter(
            self.store,
            self.file_format,
            self.prefix,
            kind,
            row_type,
            progress,
            before_put=partial(require_unsealed, self.store, self.prefix),
            late=stop.because_of,
        )
