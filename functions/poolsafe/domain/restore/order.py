"""In which order a lane restores its planned parts: rows of several places side by side.

Users who lie near each other in a snapshot may be alike: nobody of one half in a group, everybody of the other in
four. One after the other, the quota for groups would be idle during the first half, and be what the second waits for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Row = TypeVar("Row")

#: How many places of a lane's parts are worked on side by side. Their planned users are in memory together.
PLACES = 4


def stretches(parts: Sequence[int]) -> list[Sequence[int]]:
    """The parts of each stretch of work: up to PLACES of them, as far from each other as they can be."""
    count = -(-len(parts) // PLACES)
    return [parts[first::count] for first in range(count)]


def mixed(parts: Sequence[Sequence[Row]]) -> Iterator[tuple[int, int, Row]]:
    """The rows of some parts in turns: the position of its part, its number in that, and the row itself."""
    for number in range(max(map(len, parts), default=0)):
        for position, rows in enumerate(parts):
            if number < len(rows):
                yield position, number, rows[number]
