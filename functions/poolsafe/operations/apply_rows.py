"""Planned users through the workers, without a gap: whoever is free takes the next, and results come in order.

take rows one by one  ->  attempt  ->  told in the order of the rows, so that what is told is done from the first on
no answer              the row waits for a second attempt, and what comes after it waits to be told
second attempts        once no more rows are taken: at the end, at the deadline, or when too much waits for them
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from ..domain.records import User
from ..domain.restore.planned_user import PlannedUser
from ..errors import Retryable
from ..ports import Workers
from .restore_users import Restored, failed

#: Users whose calls went unanswered before no more are begun: it is not about them.
MAX_BROKEN = 8
#: How many rows may wait for a second attempt of one before them; then no more are begun until it was made.
MAX_HELD = 2_000
#: Create, passwords, second factors, disable.
FIXED_CALLS = 4

Restore = Callable[[PlannedUser, User | None], Restored]


@dataclass(frozen=True, slots=True)
class Row:
    """A planned user on its way: `stretch` and `position` say where in the lane's work, `part` and `number` where in
    the plan. `imported` is the user whom the CSV import made."""

    planned: PlannedUser
    imported: User | None = None
    stretch: int = 0
    position: int = 0
    part: int = 0
    number: int = 0

    @property
    def name(self) -> str:
        """What the file is called in which what became of it comes first."""
        return f"{self.part:05d}-{self.number:05d}"

    @property
    def calls(self) -> int:
        """About how many calls it takes; too many rather than too few."""
        return FIXED_CALLS + len(self.planned.groups) + len(self.planned.link_providers)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a row: `restored`, or no answer."""

    row: Row
    restored: Restored | None = None
    error: Retryable | None = None


def apply_rows(
    rows: Iterable[Row], restore: Restore, workers: Workers, must_stop: Callable[[int], bool]
) -> Generator[tuple[Row, Restored], None, None]:
    """Restore rows from the first on: each that was taken, in order, with what became of it.

    One at least is taken, and no more once `must_stop` says so of the calls that are planned for those under way. A
    user whose calls go unanswered is tried once more, and then fails alone. Of more than MAX_BROKEN all are tried as
    long as some get through. When nobody got through, the error is raised, because then it is not about one user.
    """
    left = iter(rows)
    is_first, is_over = True, False
    while not is_over:
        stream = _Stream(restore, must_stop, is_first)
        yield from stream.run(left, workers)
        is_first, is_over = False, stream.is_over


@dataclass(slots=True)
class _Stream:
    """Rows until there are no more, or until what went unanswered has to be tried again."""

    restore: Restore
    must_stop: Callable[[int], bool]
    takes_one: bool
    is_over: bool = False
    is_failing: bool = False
    calls: int = 0
    # Appended to by workers, and only its length read.
    broken: list[Row] = field(default_factory=list)
    held: deque[Attempt] = field(default_factory=deque)
    told: int = 0

    def run(self, rows: Iterator[Row], workers: Workers) -> Iterator[tuple[Row, Restored]]:
        with closing(workers.map(self._attempt, self._taken(rows))) as attempts:
            for attempt in attempts:
                self.calls -= attempt.row.calls
                self.held.append(attempt)
                yield from self._told()
        if self.held:
            yield from self._settled(workers)

    def _taken(self, rows: Iterator[Row]) -> Iterator[Row]:
        while self._may_take():
            row = next(rows, None)
            if row is None:
                self.is_over = True
                return
            self.calls += row.calls
            yield row

    def _may_take(self) -> bool:
        if self.is_failing or len(self.broken) > MAX_BROKEN or len(self.held) >= MAX_HELD:
            return False
        if self.takes_one:
            self.takes_one = False
        elif self.must_stop(self.calls):
            self.is_over = True
        return not self.is_over

    def _attempt(self, row: Row) -> Attempt:
        try:
            return Attempt(row, self.restore(row.planned, row.imported))
        except Retryable as error:
            self.broken.append(row)
            return Attempt(row, error=error)
        except BaseException:
            self.is_failing = True
            raise

    def _told(self) -> Iterator[tuple[Row, Restored]]:
        """Everybody up to the first who went unanswered."""
        while self.held and (restored := self.held[0].restored) is not None:
            self.told += 1
            yield self.held.popleft().row, restored

    def _settled(self, workers: Workers) -> Iterator[tuple[Row, Restored]]:
        """Everybody from the first who went unanswered on, after further attempts."""
        attempts = {id(attempt.row): attempt for attempt in self.held}
        unanswered = [attempt.row for attempt in self.held if attempt.error is not None]
        alone = self.told == 0 and len(unanswered) == len(self.held)
        is_last = False
        while unanswered and not is_last:
            # Where it was not about them, nobody fails for it while others come through.
            is_last = len(unanswered) <= MAX_BROKEN
            with closing(workers.map(self._attempt, unanswered)) as again:
                attempts.update((id(attempt.row), attempt) for attempt in again)
            errors = [error for row in unanswered if (error := attempts[id(row)].error) is not None]
            if len(errors) == len(unanswered) and (alone or not is_last):
                raise errors[0]
            alone = False
            unanswered = [row for row in unanswered if attempts[id(row)].error is not None]
        for attempt in map(attempts.__getitem__, (id(held.row) for held in self.held)):
            yield attempt.row, attempt.restored or failed(attempt.row.planned, type(attempt.error).__name__)
