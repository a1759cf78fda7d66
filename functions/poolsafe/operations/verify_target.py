"""Comparing what came back with the snapshot itself, not with the plan.

for each file of users in the snapshot:
    join with memberships, outcomes, and the second listing of the target
    compare (domain/restore/diff.py)
    ask Cognito again about whoever seems wrong: listings lag, AdminGetUser does not
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..domain.identities import as_local, is_federated
from ..domain.lane import ExportProgress
from ..domain.records import Group, Membership, User
from ..domain.restore.diff import Expected, Found, compare_groups, compare_user
from ..domain.restore.difference import Difference
from ..domain.restore.outcome import Kind, Outcome, Reason, Result
from ..domain.restore.plan import Planner
from ..domain.restore.scope import Part
from ..domain.snapshot import RestorePaths
from ..errors import Rejected
from ..ports import Deadline, FileFormat, ObjectStore, UserPool, Where
from .parts import part_keys, read_keys
from .plan_restore import PlanProgress
from .reading import SnapshotReader, groups_by_sub
from .take_up import load_needed_groups

#: More users than this that seem wrong in one file are not a lagging listing.
MAX_ASKED_AGAIN = 1_000
#: Of this many users in one file the second factors are read back; setting them was answered with success.
MAX_FACTORS_READ = 200


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
class Ended:
    """What the outcomes say of one user."""

    outcome: Outcome
    undone: list[str]
    unlinked: list[str]
    mfa_done: bool


@dataclass(frozen=True, slots=True)
class VerifyTarget:
    """Compares the target with the snapshot."""

    pool: UserPool
    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    reader: SnapshotReader
    planner: Planner
    paths: RestorePaths
    readback: Readback
    planned: PlanProgress

    def advance(self, progress: VerifyProgress) -> VerifyProgress:
        """Carry the comparison on, file by file; the groups go with the first."""
        total, position = len(self.reader.keys("users")), progress.files
        declared, undeclared = Counter(progress.declared), Counter(progress.undeclared)
        asked = progress.asked_again
        while True:
            differences: list[Difference] = []
            if position == 0 and self.planner.wishes.scope.has(Part.GROUPS):
                differences += self._groups()
            if position < total:
                found, again = self._users(position)
                differences += found
                asked += again
            self._write(position, differences)
            for difference in differences:
                (undeclared if difference.fails else declared)[difference.difference] += 1
            position += 1
            if position >= total or self.deadline.near():
                break
        return VerifyProgress(position, dict(declared), dict(undeclared), asked, done=position >= total)

    def _users(self, position: int) -> tuple[list[Difference], int]:
        everybody = self.reader.users_of_part(position)
        groups = self.reader.groups_of(everybody)
        scope = self.planner.wishes.scope
        users = {user.sub: user for user in everybody if scope.selects(user, groups.get(user.sub, ()))}
        ended = self._outcomes(frozenset(users), position)
        back = self._read_back(frozenset(one.outcome.new_sub for one in ended.values() if one.outcome.new_sub))
        differences: list[Difference] = []
        asked = factors_read = 0
        for user in users.values():
            end = ended.get(user.sub)
            expected = Expected(
                user,
                frozenset(groups.get(user.sub, ())),
                end.outcome if end else None,
                frozenset(end.undone) if end else frozenset(),
                frozenset(end.unlinked) if end else frozenset(),
                bool(end and end.mfa_done),
            )
            found = back.get(end.outcome.new_sub or "") if end else None
            told = list(compare_user(self.planner, expected, found))
            if any(one.may_be_a_lag for one in told) and asked < MAX_ASKED_AGAIN:
                asked += 1
                told = list(compare_user(self.planner, expected, self._ask(user, end, found)))
            elif found and expected.mfa_done and factors_read < MAX_FACTORS_READ:
                factors_read += 1
                told = list(compare_user(self.planner, expected, self._with_factors(found)))
            differences += told
        return differences, asked

    def _ask(self, user: User, end: Ended | None, found: Found | None) -> Found | None:
        """The user as AdminGetUser tells it; nobody where it tells of another one of that name."""
        local = as_local(user) if is_federated(user) else user
        name = found.user.username if found else self.planner.target.sign_in_name(local) or local.username
        try:
            told = self.pool.get_user(name)
            if end is None or told.sub != end.outcome.new_sub:
                return None
            return Found(told, frozenset(group.group_name for group in self.pool.groups_of(told.username)))
        except Rejected:
            return None

    def _with_factors(self, found: Found) -> Found:
        """With the second factors, which listings do not tell."""
        try:
            told = self.pool.get_user(found.user.username)
        except Rejected:
            return found
        return replace(found, user=replace(found.user, mfa_methods=told.mfa_methods or ()))

    def _read_back(self, subs: frozenset[str]) -> dict[str, Found]:
        """The users of the target with these subs, and their groups, as they were listed again."""
        conditions = Where("sub", subs)
        user_keys = part_keys(self.paths.target_after, "users", self.readback.users, self.working_format)
        member_keys = part_keys(self.paths.target_after, "memberships", self.readback.memberships, self.working_format)
        groups = groups_by_sub(read_keys(self.store, self.working_format, member_keys, Membership, conditions))
        return {
            user.sub: Found(user, frozenset(groups.get(user.sub, ())))
            for batch in read_keys(self.store, self.working_format, user_keys, User, conditions)
            for user in batch
        }

    def _outcomes(self, subs: frozenset[str], position: int) -> dict[str, Ended]:
        """How the users of one file ended, by old `sub`."""
        parts = range(self.planned.starts[position], [*self.planned.starts, self.planned.parts.parts][position + 1])
        users: dict[str, Outcome] = {}
        undone: dict[str, list[str]] = defaultdict(list)
        unlinked: dict[str, list[str]] = defaultdict(list)
        mfa_done: set[str] = set()
        keys = [key for part in parts for key in self.store.keys(self.paths.outcomes_of(part))]
        for batch in read_keys(self.store, self.working_format, keys, Outcome, Where("sub", subs)):
            for outcome in batch:
                if outcome.sub is None:
                    continue
                if outcome.kind is Kind.USER:
                    if outcome.reason != Reason.LISTED_TWICE or outcome.sub not in users:
                        users[outcome.sub] = outcome
                elif outcome.outcome is Result.FAILED and outcome.kind is Kind.MEMBERSHIP:
                    undone[outcome.sub].append(str(outcome.group_name))
                elif outcome.outcome is Result.FAILED and outcome.kind is Kind.LINK:
                    unlinked[outcome.sub].append(str(outcome.provider))
                elif outcome.kind is Kind.MFA and outcome.outcome is Result.CREATED:
                    mfa_done.add(outcome.sub)
        return {sub: Ended(outcome, undone[sub], unlinked[sub], sub in mfa_done) for sub, outcome in users.items()}

    def _groups(self) -> list[Difference]:
        keys = [key for key in self.store.keys(self.paths.outcomes) if key.startswith(f"{self.paths.outcomes}groups-")]
        outcomes = {
            outcome.group_name: outcome
            for batch in read_keys(self.store, self.working_format, keys, Outcome)
            for outcome in batch
            if outcome.group_name
        }
        back_keys = part_keys(self.paths.target_after, "groups", self.readback.groups, self.working_format)
        back = {
            group.group_name: group
            for batch in read_keys(self.store, self.working_format, back_keys, Group)
            for group in batch
        }
        needed = load_needed_groups(self.store, self.paths)
        differences: list[Difference] = []
        asked = 0
        for group in (group for batch in self.reader.rows("groups", Group) for group in batch):
            if not self.planner.wishes.scope.selects_group(group.group_name, needed):
                continue
            told = list(compare_groups(self.planner, [group], back, outcomes))
            if asked < MAX_ASKED_AGAIN and any(difference.fails for difference in told):
                asked += 1
                told = list(compare_groups(self.planner, [group], self._ask_group(group.group_name), outcomes))
            differences += told
        return differences

    def _ask_group(self, group_name: str) -> dict[str, Group]:
        try:
            return {group_name: self.pool.get_group(group_name)}
        except Rejected:
            return {}

    def _write(self, position: int, differences: list[Difference]) -> None:
        if differences:
            file = self.working_format.part(Difference)
            file.add(differences)
            name = f"{position:05d}.{self.working_format.extension}"
            self.store.put(self.paths.differences + name, file.finish())
