"""In which order a lane restores its planned parts: rows of several places side by side, and who is imported in time.

Users who lie near each other in a snapshot may be alike: nobody of one half in a group, everybody of the other in
four. One after the other, the quota for groups would be idle during the first half, and be what the second waits for.

Where Cognito imports users, batch after batch, a lane goes through its parts twice: first, behind the import, for all
who need more than it (groups, say: AdminGetUser tells whether they are there, and they are billed as active anyway);
at last, with one listing of the target, for those whom nothing may touch, since that would bill them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from .planned_user import PlannedUser

Row = TypeVar("Row")

#: How many places of a lane's parts are worked on side by side. Their planned users are in memory together.
PLACES = 4
#: The same where nobody is called for: each time, the whole listing of the target is read. One part comes after the
#: other there, for nothing has to be busy beside something else, and each part that is met makes a file of outcomes.
PLACES_OF_LISTED = 24


class Who(Enum):
    """Which of the users of its parts a stretch is about."""

    EVERYBODY = "everybody"
    #: All but those who are imported and need nothing more.
    TOUCHED = "touched"
    #: Those.
    LISTED = "listed"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Planned parts to be worked on together, once so many batches as `after` are imported, and the target listed."""

    parts: Sequence[int]
    who: Who = Who.EVERYBODY
    after: int = 0

    def takes(self, planned: PlannedUser) -> bool:
        return self.who is Who.EVERYBODY or planned.is_only_imported == (self.who is Who.LISTED)


def work_of(lane: int, lanes: int, parts: int, batches: Sequence[int] = ()) -> list[Stretch]:
    """What a lane has to do, in order. `batches` has the planned part that each batch of an import ends before."""
    own = range(lane, parts, lanes)
    if not batches:
        return [Stretch(some) for some in stretches(own)]
    work: list[Stretch] = []
    for number, (begin, end) in enumerate(zip((0, *batches), batches, strict=False)):
        imported = [part for part in own if begin <= part < end]
        work += [Stretch(some, Who.TOUCHED, number + 1) for some in stretches(imported)]
    listed = stretches(own, PLACES_OF_LISTED)
    return work + [Stretch(some, Who.LISTED, len(batches) + 1) for some in listed]


def ready(work: Sequence[Stretch], imported: int) -> int:
    """How many stretches, from the first on, need not wait for more than so many batches."""
    return sum(stretch.after <= imported for stretch in work)


def stretches(parts: Sequence[int], places: int = PLACES) -> list[Sequence[int]]:
    """The parts of each stretch of work: up to `places` of them, as far from each other as they can be."""
    count = -(-len(parts) // places)
    return [parts[first::count] for first in range(count)]


def in_order(parts: Sequence[Sequence[Row]], who: Who) -> Iterator[tuple[int, int, Row]]:
    """The rows of some parts as they are restored: the position of its part, its number in that, and the row itself."""
    return _one_by_one(parts) if who is Who.LISTED else _in_turns(parts)


def _one_by_one(parts: Sequence[Sequence[Row]]) -> Iterator[tuple[int, int, Row]]:
    return ((position, number, row) for position, rows in enumerate(parts) for number, row in enumerate(rows))


def _in_turns(parts: Sequence[Sequence[Row]]) -> Iterator[tuple[int, int, Row]]:
    for number in range(max(map(len, parts), default=0)):
        for position, rows in enumerate(parts):
            if number < len(rows):
                yield position, number, rows[number]
