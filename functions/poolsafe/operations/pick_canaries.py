"""Some of those whom a restore has created, with what their sign-in should show."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.drill.sample import canaries
from ..domain.records import User
from ..domain.restore.outcome import Kind, Outcome, Result
from ..domain.snapshot import RestorePaths
from ..ports import FileFormat, ObjectStore, Where
from .parts import read_keys
from .reading import SnapshotReader
from .walk_sign_ins import Canary

#: Whose sign-in is walked: enough for every status, few enough for a minute.
MOST = 12
#: Of so many of the created, canaries are picked; a restore of everybody has more.
LOOKED_AT = 2_000


@dataclass(frozen=True, slots=True)
class PickCanaries:
    """For one restore."""

    store: ObjectStore
    working_format: FileFormat
    reader: SnapshotReader
    paths: RestorePaths

    def __call__(self) -> list[Canary]:
        made = self._made()
        subs = frozenset(made)
        found: dict[str, User] = {}
        for batch in self.reader.rows("users", User, Where("sub", subs)) if subs else ():
            found.update({user.sub: user for user in batch})
        chosen = canaries(found.values(), MOST)
        groups = self.reader.groups_of(chosen)
        return [Canary(user, made[user.sub], frozenset(groups.get(user.sub, ()))) for user in chosen]

    def _made(self) -> dict[str, str]:
        """New `sub` by old, of some of the created."""
        made: dict[str, str] = {}
        keys = [key for key in self.store.keys(self.paths.outcomes) if key.startswith(f"{self.paths.outcomes}users-")]
        for batch in read_keys(self.store, self.working_format, keys, Outcome):
            for outcome in batch:
                if (outcome.kind, outcome.outcome) == (Kind.USER, Result.CREATED) and outcome.sub and outcome.new_sub:
                    made[outcome.sub] = outcome.new_sub
            if len(made) >= LOOKED_AT:
                break
        return made
