"""Walking a pool's listings into files, page by page, against a deadline.

    start at the token of the progress
    repeat: one page -> drop what was just seen -> into the part
    until a page comes without a token           -> done
    or the deadline is near                      -> commit, hand over the token

A page that is short or empty does not end a listing; only a missing token does.
Not guaranteed: a snapshot of one instant. Users who come or go during the walk
may be in it or not; Cognito has no way to freeze a pool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from ..domain.lane import ExportProgress
from ..domain.paging import Chain
from ..domain.records import Group, Membership, Page, User
from ..domain.seen import RecentlySeen
from ..errors import ListingBroken, NotFound, PageTokenRefused, Rejected
from ..ports import Deadline, FileFormat, ObjectStore, Row, UserPool
from .ask_factors import ask_factors
from .parts import PartWriter, part_keys, read_keys

#: A token lasts an hour, an invocation a quarter of that: more refusals than this are not about age.
MAX_RESTARTS = 3
#: AdminGetUserAuthFactors calls under way at once; the governor sets their pace.
MFA_WORKERS = 16


@dataclass(frozen=True, slots=True)
class Export:
    """One export into one prefix: of a snapshot, or of the target of a restore."""

    pool: UserPool
    store: ObjectStore
    file_format: FileFormat
    prefix: str
    deadline: Deadline

    def users(self, progress: ExportProgress, include_mfa: bool = False) -> ExportProgress:
        """Carry the lane of users on. With `include_mfa`, one AdminGetUserAuthFactors for each of them."""
        writer = self._writer("users", User, progress)
        seen, statuses, counts = self._seen_before(progress), Counter(progress.statuses), Counter[str]()

        def take(page: Page[User]) -> None:
            fresh = [user for user in page.items if seen.first_time(user.sub)]
            counts["duplicates"] += len(page.items) - len(fresh)
            if include_mfa:
                fresh, unreadable = self._with_mfa(fresh)
                counts["unreadable"] += unreadable
            statuses.update(user.status for user in fresh)
            writer.add(fresh)

        try:
            chain = self._walk(progress.position, self.pool.list_users, take)
        except PageTokenRefused as error:
            return _restart(progress, error)
        return replace(
            writer.commit().at(chain),
            done=chain.finished,
            duplicates=progress.duplicates + counts["duplicates"],
            unreadable=progress.unreadable + counts["unreadable"],
            statuses=dict(statuses),
        )

    def groups(self, progress: ExportProgress) -> ExportProgress:
        """Carry the listing of groups on."""
        writer = self._writer("groups", Group, progress)
        seen = RecentlySeen()

        def take(page: Page[Group]) -> None:
            writer.add(group for group in page.items if seen.first_time(group.group_name))

        try:
            chain = self._walk(progress.position, self.pool.list_groups, take)
        except PageTokenRefused as error:
            return _restart(progress, error)
        return replace(writer.commit().at(chain), done=chain.finished)

    def memberships(self, progress: ExportProgress, groups: ExportProgress) -> ExportProgress:
        """Carry the memberships on, group by group: groups x pages, not one request per user."""
        names = [
            group.group_name
            for batch in read_keys(
                self.store, self.file_format, part_keys(self.prefix, "groups", groups, self.file_format), Group
            )
            for group in batch
        ]
        writer = self._writer("memberships", Membership, progress)
        chain, position, gone = progress.position, progress.groups_done, progress.groups_gone
        try:
            while position < len(names):
                try:
                    chain = self._members(names[position], chain, writer)
                except NotFound:
                    # Cognito says the same of a group that is gone and of a pool that is: only one may go on.
                    self.pool.describe()
                    chain, gone = Chain(finished=True), gone + 1
                if chain.finished:
                    chain, position = Chain(), position + 1
                if self.deadline.near():
                    break
        except PageTokenRefused as error:
            return _restart(progress, error)
        return replace(writer.commit().at(chain), groups_done=position, groups_gone=gone, done=position == len(names))

    def _members(self, group_name: str, chain: Chain, writer: PartWriter[Membership]) -> Chain:
        """Walk one group from where the chain is. Raises NotFound when group or pool are gone."""
        seen = RecentlySeen()

        def take(page: Page[Membership]) -> None:
            writer.add(member for member in page.items if seen.first_time(member.sub))

        return self._walk(chain, lambda token: self.pool.list_members(group_name, token), take)

    def _walk(self, chain: Chain, read: Callable[[str | None], Page[Row]], take: Callable[[Page[Row]], None]) -> Chain:
        while True:
            page = read(chain.token)
            take(page)
            chain = chain.follow(page.token)
            if chain.finished or self.deadline.near():
                return chain

    def _seen_before(self, progress: ExportProgress) -> RecentlySeen:
        """Who was listed just before the hand-over: those of the last part."""
        seen = RecentlySeen()
        keys = part_keys(self.prefix, "users", progress, self.file_format)[-1:]
        for batch in read_keys(self.store, self.file_format, keys, User):
            for user in batch:
                seen.first_time(user.sub)
        return seen

    def _writer(self, kind: str, row_type: type[Row], progress: ExportProgress) -> PartWriter[Row]:
        return PartWriter(self.store, self.file_format, self.prefix, kind, row_type, progress)

    def _with_mfa(self, users: Iterable[User]) -> tuple[list[User], int]:
        def ask(user: User) -> tuple[User, int]:
            try:
                return ask_factors(self.pool, user), 0
            except Rejected:
                return user, 1

        with ThreadPoolExecutor(MFA_WORKERS) as workers:
            told = list(workers.map(ask, users))
        return [user for user, _ in told], sum(unreadable for _, unreadable in told)


def _restart(progress: ExportProgress, error: PageTokenRefused) -> ExportProgress:
    if progress.restarts >= MAX_RESTARTS:
        raise ListingBroken(
            f"{error} The listing was started {MAX_RESTARTS + 1} times and never reached its end. Nothing was sealed. "
            "Raise quota_share, so that a listing takes less than the hour a page token lasts between two hand-overs."
        ) from error
    return progress.restarted()
