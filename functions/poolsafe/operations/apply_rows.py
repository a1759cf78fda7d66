"""Many planned users at once, against a deadline: what is reported as done is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from ..domain.restore.planned_user import PlannedUser
from ..errors import Retryable
from .restore_users import Restored, failed

#: Calls planned for the users under way at once. Bounds the time a hand-over has to wait for them.
MAX_CALLS_UNDER_WAY = 160
#: Users whose calls went unanswered before no more are begun: it is not about them.
MAX_BROKEN = 8
#: Create, passwords, second factors, disable.
FIXED_CALLS = 4

Restore = Callable[[PlannedUser], Restored]


def apply_rows(
    rows: Sequence[PlannedUser], restore: Restore, workers: ThreadPoolExecutor, must_stop: Callable[[], bool]
) -> list[Restored]:
    """Restore rows from the first on; what became of those that were taken, in order.

    Takes no new rows once `must_stop`, and waits for those under way. A user
    whose calls go unanswered is tried once more at the end, and then fails
    alone; when nobody got through, the error is raised, because then it is not
    about one user.
    """
    taken: list[Future[Restored]] = []
    under_way: dict[Future[Restored], int] = {}
    broken = 0
    for row in rows:
        calls = FIXED_CALLS + len(row.groups) + len(row.link_providers)
        while under_way and sum(under_way.values()) + calls > MAX_CALLS_UNDER_WAY:
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                del under_way[future]
                broken += future.exception() is not None
        if taken and (must_stop() or broken > MAX_BROKEN):
            break
        future = workers.submit(restore, row)
        under_way[future] = calls
        taken.append(future)
    wait(taken)
    return [_settle(row, future, restore, taken) for row, future in zip(rows, taken, strict=False)]


def _settle(
    row: PlannedUser, future: Future[Restored], restore: Restore, taken: Sequence[Future[Restored]]
) -> Restored:
    if not isinstance(future.exception(), Retryable):
        return future.result()
    try:
        return restore(row)
    except Retryable as error:
        if all(other.exception() is not None for other in taken):
            raise
        return failed(row, type(error).__name__)
