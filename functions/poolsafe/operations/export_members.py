"""Listing who is in which group: groups x pages, not one request per user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ..domain.lane import ExportProgress
from ..domain.records import Membership, Page
from ..errors import NotFound
from ..ports import UserPool
from .parts import PartWriter
from .walks import Stop, Walks


class ExportMembers:
    """What one invocation does of it, for the groups of these names. `listed_last` are group and `sub` of those who
    were put into the parts last."""

    def __init__(
        self,
        pool: UserPool,
        names: Sequence[str],
        progress: ExportProgress,
        writer: PartWriter[Membership],
        listed_last: Iterable[tuple[str, ...]],
        stop: Stop,
    ) -> None:
        self._pool = pool
        self._names = names
        self._gone: list[int] = []
        self._last: dict[str, list[str]] = defaultdict(list)
        for name, sub in listed_last:
            self._last[name].append(sub)
        self._writer = writer
        self._walks = Walks(
            progress,
            len(names),
            self._read,
            lambda member: member.sub,
            lambda _, members: writer.add(members),
            stop,
            lambda number: self._last[names[number]],
        )

    def items(self) -> Iterator[Callable[[], None]]:
        """The walks to be gone on with."""
        return self._walks.items()

    def ended(self) -> ExportProgress:
        """How far it is now."""
        progress = self._walks.ended(self._writer)
        return replace(progress, groups_gone=progress.groups_gone + len(self._gone)) if progress.begun else progress

    def _read(self, number: int, token: str | None) -> Page[Membership]:
        try:
            return self._pool.list_members(self._names[number], token)
        except NotFound:
            # Cognito says the same of a group that is gone and of a pool that is: only one may go on.
            self._pool.describe()
            self._gone.append(number)
            return Page((), None)
