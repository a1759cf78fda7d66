"""Asking a pool, or a snapshot of one, whether and how it can be migrated. Writes nothing to any pool.

its configuration; its users, file by file (domain/assessment/survey.py)
if asked for: some users' MFA methods, one AdminGetUserAuthFactors each
then: collisions over all users, and the report
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from ..domain.assessment.collisions import CollisionCounter, Collisions
from ..domain.assessment.mfa_sample import MfaSample, sample_users
from ..domain.assessment.survey import UserSurvey
from ..domain.configuration.model import Configuration, Section
from ..domain.configuration.secrets import take_out
from ..domain.records import Membership, User
from ..errors import Rejected, Unexpected
from ..ports import Deadline, ObjectStore, UserPool, Where
from .ask_factors import ask_factors
from .parts import read_keys
from .reading import FormatOf


@dataclass(frozen=True, slots=True)
class Material:
    """The files of users and memberships that an assessment reads, and how many groups the pool has."""

    users: Sequence[str]
    memberships: Sequence[str]
    groups: int


@dataclass(frozen=True, slots=True)
class SurveyProgress:
    """How many files of users are surveyed, and what was counted."""

    files: int = 0
    survey: dict[str, Any] = field(default_factory=dict)
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


def keep_configuration(store: ObjectStore, key: str, configuration: Configuration) -> None:
    """Write a live pool's configuration for the states that follow, without its secrets."""
    documents = {name: take_out(document)[0] for name, document in configuration.documents.items()}
    sections = [section.to_state() for section in configuration.sections]
    store.put(key, json.dumps({"documents": documents, "sections": sections}, ensure_ascii=False).encode())


def kept_configuration(store: ObjectStore, key: str) -> Configuration:
    found = store.get(key)
    if found is None:
        raise Unexpected(f"{key} is gone: working files expire after 30 days. Start again.")
    document = json.loads(found.content)
    return Configuration(document["documents"], tuple(Section(**section) for section in document["sections"]))


@dataclass(frozen=True, slots=True)
class Assess:
    """Reads what was listed or saved."""

    store: ObjectStore
    format_of: FormatOf
    material: Material

    def survey(self, progress: SurveyProgress, moment: datetime, deadline: Deadline) -> SurveyProgress:
        """Carry the survey on, file by file."""
        survey = UserSurvey.from_state(progress.survey) if progress.survey else UserSurvey(moment)
        for key in self.material.users[progress.files :]:
            users = [user for batch in self._users([key]) for user in batch]
            groups = self._groups_of(frozenset(user.sub for user in users))
            for user in users:
                survey.add(user, groups[user.sub])
            progress = replace(progress, files=progress.files + 1)
            if deadline.near():
                break
        done = progress.files == len(self.material.users)
        return SurveyProgress(progress.files, survey.to_state(), done)

    def sample(self, pool: UserPool, size: int) -> MfaSample:
        """Ask some users for their MFA methods; a retry asks the same ones."""
        sample = MfaSample()
        for user in sample_users((user for batch in self._users(self.material.users) for user in batch), size):
            try:
                sample.add(ask_factors(pool, user).mfa_methods or ())
            except Rejected:
                continue
        return sample

    def collisions(self) -> Collisions | None:
        """None where there are too many users to count."""
        counter = CollisionCounter()
        try:
            for batch in self._users(self.material.users):
                for user in batch:
                    counter.add(user)
        except OverflowError:
            return None
        return counter.counted()

    def _users(self, keys: Sequence[str]) -> Iterator[list[User]]:
        for key in keys:
            yield from read_keys(self.store, self.format_of(key), [key], User)

    def _groups_of(self, subs: frozenset[str]) -> Counter[str]:
        found: Counter[str] = Counter()
        for key in self.material.memberships:
            for batch in read_keys(self.store, self.format_of(key), [key], Membership, Where("sub", subs)):
                found.update(membership.sub for membership in batch)
        return found
