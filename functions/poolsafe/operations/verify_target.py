"""Comparing what came back with the snapshot itself, not with the plan.

for each file of users in the snapshot:
    join with memberships, outcomes, and the second listing of the target
    compare (domain/diff.py)
    ask Cognito again about whoever seems wrong: listings lag, AdminGetUser does not
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..domain.diff import Difference, Expected, Found, compare_groups, compare_user
from ..domain.lane import ExportProgress
from ..domain.outcome import Kind, Outcome, Reason, Result
from ..domain.plan import Planner
from ..domain.records import Group, Membership, User
from ..domain.snapshot import RestorePaths
from ..errors import Rejected
from ..ports import Deadline, FileFormat, ObjectStore, UserPool, Where
from .parts import part_keys, read_keys
from .plan_restore import PlanProgress
from .reading import SnapshotReader, counterparts, groups_by_sub

#: More users than this that seem wrong in one file are not a lagging listing.
MAX_ASKED_AGAIN = 1_000


@dataclass(frozen=True, slots=True)
class VerifyProgress:
    """How far the comparison is; counts of differences by name; how many users were asked about again."""

    files: int = 0
    declared: Mapping[str, int] = field(default_factory=dict)
    undeclared: Mapping[str, int] = field(default_factory=dict)
    asked_again: int = 0
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Readback:
    """The second listing of the target: progress of each kind."""

    users: ExportProgress
    groups: ExportProgress
    memberships: ExportProgress


@dataclass(frozen=True, slots=True)
class VerifyTarget:
    """Compares the target with the snapshot."""

    pool: UserPool
    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline

    def advance(
        self,
        reader: SnapshotReader,
        planner: Planner,
        paths: RestorePaths,
        readback: Readback,
        planned: PlanProgress,
        progress: VerifyProgress,
    ) -> VerifyProgress:
        """Carry the comparison on, file by file; the groups go with the first."""
        total, position = len(reader.keys("users")), progress.files
        declared, undeclared = Counter(progress.declared), Counter(progress.undeclared)
        asked = progress.asked_again
        while True:
            differences: list[Difference] = []
            if position == 0:
                differences += self._groups(reader, planner, paths, readback)
            if position < total:
                parts = range(planned.starts[position], [*planned.starts, planned.parts.parts][position + 1])
                found, again = self._users(reader, planner, paths, readback, position, parts)
                differences += found
                asked += again
            self._write(paths, position, differences)
            for difference in differences:
                (undeclared if difference.fails else declared)[difference.difference] += 1
            position += 1
            if position >= total or self.deadline.near():
                break
        return VerifyProgress(position, dict(declared), dict(undeclared), asked, done=position >= total)

    def _users(
        self,
        reader: SnapshotReader,
        planner: Planner,
        paths: RestorePaths,
        readback: Readback,
        position: int,
        planned_parts: range,
    ) -> tuple[list[Difference], int]:
        users = reader.users_of_part(position)
        subs = frozenset(user.sub for user in users)
        groups = groups_by_sub(reader.rows("memberships", Membership, Where("sub", subs)))
        outcomes, failed_groups = self._outcomes(paths, subs, planned_parts)
        identities = frozenset(name for user in users if (name := planner.target.identity(user)) is not None)
        target_keys = part_keys(paths.target_after, "users", readback.users, self.working_format)
        twins = counterparts(self.store, lambda _: self.working_format, target_keys, planner.target, identities)
        member_keys = part_keys(paths.target_after, "memberships", readback.memberships, self.working_format)
        back_groups = groups_by_sub(
            read_keys(
                self.store,
                self.working_format,
                member_keys,
                Membership,
                Where("sub", frozenset(twin.sub for twin in twins.values())),
            )
        )
        differences: list[Difference] = []
        asked = 0
        for user in {user.sub: user for user in users}.values():
            expected = Expected(
                user,
                frozenset(groups.get(user.sub, ())),
                outcomes.get(user.sub),
                frozenset(failed_groups.get(user.sub, ())),
            )
            twin = twins.get(planner.target.identity(user) or "")
            found = Found(twin, frozenset(back_groups.get(twin.sub, ()))) if twin else None
            told = list(compare_user(planner, expected, found))
            if asked < MAX_ASKED_AGAIN and not all(difference.is_declared for difference in told):
                asked += 1
                told = list(compare_user(planner, expected, self._ask(planner, user)))
            differences += told
        return differences, asked

    def _ask(self, planner: Planner, user: User) -> Found | None:
        try:
            told = self.pool.get_user(planner.target.sign_in_name(user) or user.username)
            return Found(told, frozenset(self.pool.groups_of(told.username)))
        except Rejected:
            return None

    def _outcomes(
        self, paths: RestorePaths, subs: frozenset[str], planned_parts: range
    ) -> tuple[dict[str, Outcome], dict[str, list[str]]]:
        users: dict[str, Outcome] = {}
        failed: dict[str, list[str]] = defaultdict(list)
        keys = [key for part in planned_parts for key in self.store.keys(paths.outcomes_of(part))]
        for batch in read_keys(self.store, self.working_format, keys, Outcome, Where("sub", subs)):
            for outcome in batch:
                if outcome.sub is None:
                    continue
                if outcome.kind is Kind.USER:
                    if outcome.reason != Reason.LISTED_TWICE or outcome.sub not in users:
                        users[outcome.sub] = outcome
                elif outcome.kind is Kind.MEMBERSHIP and outcome.outcome is Result.FAILED and outcome.group_name:
                    failed[outcome.sub].append(outcome.group_name)
        return users, failed

    def _groups(
        self, reader: SnapshotReader, planner: Planner, paths: RestorePaths, readback: Readback
    ) -> list[Difference]:
        keys = [key for key in self.store.keys(paths.outcomes) if key.startswith(f"{paths.outcomes}groups-")]
        outcomes = {
            outcome.group_name: outcome
            for batch in read_keys(self.store, self.working_format, keys, Outcome)
            for outcome in batch
            if outcome.group_name
        }
        back_keys = part_keys(paths.target_after, "groups", readback.groups, self.working_format)
        back = {
            group.group_name: group
            for batch in read_keys(self.store, self.working_format, back_keys, Group)
            for group in batch
        }
        differences: list[Difference] = []
        asked = 0
        for group in (group for batch in reader.rows("groups", Group) for group in batch):
            told = list(compare_groups(planner, [group], back, outcomes))
            if asked < MAX_ASKED_AGAIN and any(difference.fails for difference in told):
                asked += 1
                told = list(compare_groups(planner, [group], self._ask_group(group.group_name), outcomes))
            differences += told
        return differences

    def _ask_group(self, group_name: str) -> dict[str, Group]:
        try:
            return {group_name: self.pool.get_group(group_name)}
        except Rejected:
            return {}

    def _write(self, paths: RestorePaths, position: int, differences: list[Difference]) -> None:
        if differences:
            file = self.working_format.part(Difference)
            file.add(differences)
            name = f"{position:05d}.{self.working_format.extension}"
            self.store.put(paths.differences + name, file.finish())
