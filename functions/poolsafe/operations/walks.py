"""Walking through listings page by page, several at once, until each ends or the invocation has to.

A page that is short or empty does not end a listing; only a missing token does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import partial
from typing import Generic

from ..domain.lane import ExportProgress, Walk
from ..domain.records import Page
from ..domain.seen import RecentlySeen
from ..errors import ListingBroken, PageTokenRefused, Retryable
from ..ports import Deadline, Row
from .parts import PartWriter

#: A token lasts an hour, an invocation a quarter of that: more refusals than this are not about age.
MAX_RESTARTS = 3
#: So many of the seconds that an invocation keeps for its end may go by until what is under way is given up.
HURRY_SECONDS = 30.0
#: How many keys a walk remembers at least, to tell what is listed twice: on pages close to each other.
REMEMBERED = 3_000


class Stop:
    """Whether walks have to end now: the deadline is near, or one of them met with an error."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self.error: BaseException | None = None
        self.pages = 0

    def __call__(self) -> bool:
        return self.error is not None or self._deadline.near()

    def is_urgent(self) -> bool:
        """Whether a page under way can no longer be waited for."""
        return self._deadline.near(-HURRY_SECONDS)

    def because_of(self, error: BaseException) -> None:
        """End all walks at the end of their page."""
        self.error = error

    def raise_if_in_vain(self) -> None:
        """Raise what came in between, unless something was read: then what is left is handed over, not lost."""
        if self.error is not None and not (isinstance(self.error, Retryable) and self.pages):
            raise self.error


def in_lanes(walks: Iterator[Callable[[], None]], lanes: int, stop: Stop) -> Iterator[Callable[[], None]]:
    """The same walks in so many lanes, one after the other in each: no more of them are under way at once."""
    lock = threading.Lock()

    def lane() -> None:
        is_first = True
        while is_first or not stop():
            with lock:
                walk = next(walks, None)
            if walk is None:
                return
            walk()
            is_first = False

    return iter([lane] * lanes)


class Walks(Generic[Row]):
    """All walks of one kind of records: `count` of them, of which a progress says how far they are.

    `read` gives a page of one walk, `take` keeps those of its items that were not there a moment ago, by `key`. They
    are called from several threads at once. `before` are keys of what earlier invocations took last.
    """

    def __init__(
        self,
        progress: ExportProgress,
        count: int,
        read: Callable[[int, str | None], Page[Row]],
        key: Callable[[Row], Hashable],
        take: Callable[[int, Sequence[Row]], None],
        stop: Stop,
        before: Callable[[int], Iterable[Hashable]] = lambda _: (),
    ) -> None:
        self._progress = progress
        self._count = count
        self._read = read
        self._key = key
        self._take = take
        self._stop = stop
        self._before = before
        self._begun = progress.begun
        self._under_way = {walk.number: walk for walk in progress.walks}
        self._refused: PageTokenRefused | None = None
        self._lock = threading.Lock()
        self._is_broken_off = False
        self.duplicates = 0

    def items(self) -> Iterator[Callable[[], None]]:
        """What is to be done, one walk each: those under way, then new ones while there is time; one at least."""
        for walk in self._progress.walks:
            yield partial(self._go_on, walk)
        first = not self._progress.walks
        while self._begun < self._count and (first or not self._must_stop()):
            walk, first = Walk(self._begun), False
            self._begun += 1
            self._under_way[walk.number] = walk
            yield partial(self._go_on, walk)

    def ended(self, writer: PartWriter[Row]) -> ExportProgress:
        """What was committed, and how far the walks are. Raises ListingBroken when tokens are refused for ever."""
        if self._refused is not None:
            if self._progress.restarts >= MAX_RESTARTS:
                raise ListingBroken(
                    f"{self._refused} The listing was started {MAX_RESTARTS + 1} times and never reached its end. "
                    "Nothing was sealed. Raise quota_share, so that a listing takes less than the hour a page token "
                    "lasts between two hand-overs."
                ) from self._refused
            return self._progress.restarted()
        return writer.commit().at(self._begun, self._under_way.values(), self._count)

    @property
    def was_refused_again(self) -> bool:
        """Whether a page token was refused, and one in an earlier round too."""
        return self._refused is not None and self._progress.restarts > 0

    def break_off(self) -> None:
        """Read no more pages: what was read is not going to be kept."""
        self._is_broken_off = True

    def _must_stop(self) -> bool:
        return self._is_broken_off or self._stop()

    def _go_on(self, walk: Walk) -> None:
        try:
            self._walk(walk)
        except PageTokenRefused as error:
            self._refused = error
            self.break_off()
        except Retryable as error:
            # The others end with their page, and what all of them have is committed.
            self._stop.because_of(error)
        except BaseException as error:
            self._stop.because_of(error)
            raise

    def _walk(self, walk: Walk) -> None:
        chain, seen = walk.chain, RecentlySeen(REMEMBERED)
        for key in self._before(walk.number):
            seen.first_time(key)
        while not self._is_broken_off:
            page = self._read(walk.number, chain.token)
            fresh = [item for item in page.items if seen.first_time(self._key(item))]
            self._take(walk.number, fresh)
            chain = chain.follow(page.token)
            with self._lock:
                self._stop.pages += 1
                self.duplicates += len(page.items) - len(fresh)
                if chain.finished:
                    del self._under_way[walk.number]
                    return
                self._under_way[walk.number] = Walk(walk.number, chain)
            if self._must_stop():
                return
