"""Who was imported: told by the target's own listing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..domain.lane import ExportProgress
from ..domain.match import Directory, Matcher
from ..domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from ..domain.restore.credentials import Credential
from ..domain.restore.planned_user import PlannedUser
from ..domain.snapshot import RestorePaths
from ..ports import FileFormat, ObjectStore
from .find_or_make import CLOCK_SKEW
from .parts import part_keys
from .reading import look_up

#: What it takes to look some 50,000 users up in one file of the listing; 0.9 s of a CPU were measured.
SECONDS_A_FILE = 1.0


@dataclass(frozen=True, slots=True)
class FindImported:
    """Who of some planned users is in the target now: what a job reports is not asked."""

    store: ObjectStore
    working_format: FileFormat
    matcher: Matcher
    paths: RestorePaths
    listed: ExportProgress
    since: datetime

    @property
    def seconds(self) -> float:
        """How long it takes to find the users of one stretch, at most."""
        return SECONDS_A_FILE * self.listed.parts

    def __call__(self, planned: Sequence[PlannedUser]) -> dict[str, User]:
        """The users of the target that the import made of these, by old `sub`."""
        saved = [_as_saved(user) for user in planned if user.credential == Credential.IMPORT_JOB]
        if not saved:
            return {}
        keys = part_keys(self.paths.target_imported, "users", self.listed, self.working_format)
        rows = look_up(self.store, lambda _: self.working_format, keys, self.matcher, saved)
        directory = Directory(self.matcher, (user for user in rows if self._is_imported(user)))
        found = {user.sub: directory.find(user) for user in saved}
        return {
            user.sub: twin
            for user in saved
            if (twin := found[user.sub]) is not None and self.matcher.proves(user, twin)
        }

    def _is_imported(self, user: User) -> bool:
        # Who waits for a password, or is disabled for the moment of getting one, was made otherwise.
        is_ready = user.enabled and user.status != FORCE_CHANGE_PASSWORD
        return is_ready and user.created_at >= self.since - CLOCK_SKEW


def _as_saved(planned: PlannedUser) -> User:
    """A planned user, as one of the snapshot is looked up."""
    never = datetime.min.replace(tzinfo=UTC)
    return User(planned.username, planned.sub, CONFIRMED, planned.enabled, never, never, planned.attributes)
