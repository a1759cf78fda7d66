"""Listing the users of a pool in shards or in one chain, and whether the shards are to be believed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from ..domain.lane import ExportProgress
from ..domain.listing import Listing
from ..domain.paging import Chain
from ..domain.records import Page, User
from ..domain.shards import PROBE_PAGES, falls_short, filter_of, fingerprint, is_of
from ..errors import NotFound, PageTokenRefused, Rejected, Throttled
from ..ports import UserPool, Workers
from .ask_factors import ask_factors
from .parts import PartWriter
from .walks import Stop, Walks, in_lanes

#: AdminGetUserAuthFactors calls under way at once, over all shards; the governor sets their pace.
MFA_WORKERS = 16
#: What Cognito says of a user who is not there [API AdminGetUserAuthFactors].
USER_GONE = "UserNotFoundException"
#: Walks under way at once where each user is asked about: a page then takes 60 calls, and at the end of an invocation
#: all pages under way have to come to theirs.
MFA_WALKS = 2


class ExportUsers:
    """What one invocation does of it. `listing` is how far it is, `listed_last` who was put into the last part.

    With `askers`, everybody's second factors are asked for.
    """

    def __init__(
        self,
        pool: UserPool,
        listing: Listing,
        writer: PartWriter[User],
        listed_last: Iterable[str],
        askers: Callable[[int], Workers] | None,
        stop: Stop,
    ) -> None:
        self._pool = pool
        self._listing = listing
        self._writer = writer
        self._askers = askers and askers(MFA_WORKERS // min(MFA_WALKS, listing.shards))
        self._stop = stop
        self._last = list(listed_last)
        self._is_sharded = listing.shards > 1
        begins = self._is_sharded and not listing.users.begun
        self._probe = self._unfiltered() if begins else set(listing.probe)
        self._doubt = ""
        self._lock = threading.Lock()
        self._statuses = Counter(listing.users.statuses)
        self._unreadable = 0
        self._walks = Walks(
            listing.users, listing.shards, self._read, lambda user: user.sub, self._take, stop, self._last_of
        )

    def items(self) -> Iterator[Callable[[], None]]:
        """The walks to be gone on with."""
        return in_lanes(self._walks.items(), MFA_WALKS, self._stop) if self._askers else self._walks.items()

    def ended(self) -> Listing:
        """How far it is now; at its beginning again, in one chain, where the shards are not to be believed."""
        if self._doubt:
            return self._listing.in_one_chain(self._doubt)
        if self._is_sharded and self._walks.was_refused_again:
            return self._listing.in_one_chain("Cognito refused the page tokens of filters, again and again")
        users = self._walks.ended(self._writer)
        listing = replace(self._listing, users=self._counted(users), probe=tuple(sorted(self._probe)))
        if not (users.done and self._is_sharded):
            return listing
        doubt = self._doubt_of(listing)
        # Who is believed once is not asked about again, while memberships are still listed.
        return listing.in_one_chain(doubt) if doubt else replace(listing, probe=())

    def _counted(self, users: ExportProgress) -> ExportProgress:
        if not users.begun:
            return users
        return replace(
            users,
            duplicates=users.duplicates + self._walks.duplicates,
            unreadable=users.unreadable + self._unreadable,
            statuses=dict(self._statuses),
        )

    def _read(self, number: int, token: str | None) -> Page[User]:
        if not self._is_sharded:
            return self._pool.list_users(token)
        try:
            return self._pool.list_users(token, filter_of(number))
        except NotFound:
            raise
        except Rejected as error:
            self._disbelieve(f"Cognito refused the filter ({error.code})")
            return Page((), None)

    def _take(self, number: int, users: Sequence[User]) -> None:
        if self._is_sharded and not all(is_of(user.sub, number) for user in users):
            self._disbelieve("a shard listed users of another")
            return
        unreadable = 0
        if self._askers is not None:
            told = list(self._askers.map(self._with_factors, users))
            users, unreadable = [user for user, _ in told], sum(failed for _, failed in told)
        with self._lock:
            self._statuses.update(user.status for user in users)
            self._unreadable += unreadable
            if self._probe:
                self._probe.difference_update(fingerprint(user.sub) for user in users)
        self._writer.add(users)

    def _disbelieve(self, doubt: str) -> None:
        self._doubt = doubt
        self._walks.break_off()

    def _doubt_of(self, listing: Listing) -> str:
        """Why all shards together are not to be believed; empty where they are."""
        if falls_short(listing.users.rows, listing.estimated):
            return f"they gave {listing.users.rows} users, and Cognito estimates {listing.estimated}"
        # Who was there at the beginning may have been deleted since.
        missing = self._probe & self._unfiltered() if self._probe else set()
        return f"{len(missing)} users who are listed without a filter were in none of them" if missing else ""

    def _unfiltered(self) -> set[str]:
        """The fingerprints of those on the first pages without a filter, as far as tokens lead."""
        found: set[str] = set()
        chain = Chain()
        with suppress(PageTokenRefused):
            for _ in range(PROBE_PAGES):
                page = self._pool.list_users(chain.token)
                found.update(fingerprint(user.sub) for user in page.items)
                chain = chain.follow(page.token)
                if chain.finished:
                    break
        return found

    def _last_of(self, number: int) -> Iterator[str]:
        return (sub for sub in self._last if not self._is_sharded or is_of(sub, number))

    def _with_factors(self, user: User) -> tuple[User, int]:
        if self._stop.is_urgent():
            # The next invocation reads the page again.
            raise Throttled(
                "AdminGetUserAuthFactors: the users of one page could not be asked about in time, so little does "
                "Cognito let through. Start the backup again with a greater quota_share, or when others use it less."
            )
        try:
            return ask_factors(self._pool, user), 0
        except Rejected as error:
            # Gone since the page: a snapshot may have who goes while it is made, or not.
            return user, int(error.code != USER_GONE)
