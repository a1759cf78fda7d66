"""The plan: every user decided, counted and written down before the first write to the target.

for each file of users in the snapshot:
    join the users that the request is about with their groups and with the listing of the target
    decide each (domain/restore/plan.py), write the decisions as planned parts, and whom to look after
then refuse the whole restore if the target cannot take it, or write plan.json
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..domain.lane import ExportProgress
from ..domain.match import Names
from ..domain.quotas import Category
from ..domain.records import Group, User
from ..domain.requests import RestoreRequest
from ..domain.restore.credentials import Credential
from ..domain.restore.notices import Notice, notices
from ..domain.restore.outcome import Kind, Outcome, Reason, Result
from ..domain.restore.plan import Planner
from ..domain.restore.plan_summary import summarise
from ..domain.restore.plan_survey import Survey
from ..domain.restore.planned_user import Action, PlannedUser
from ..domain.restore.scope import Part
from ..domain.restore.wishes import OnConflict
from ..domain.snapshot import RestorePaths
from ..errors import InvalidRequest
from ..ports import Deadline, FileFormat, ObjectStore, Where
from .brakes import brake_warnings
from .conflicts import Conflicts
from .find_holders import FindHolders
from .find_twins import FindTwins
from .forget import Forget
from .parts import PartWriter, part_keys, read_keys
from .reading import SnapshotReader, look_up
from .take_up import load_needed_groups

#: Small parts: each is a unit of work of a restore lane.
PLANNED_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Listed:
    """The target as it was before: its users, its groups, and, where somebody may join more, its memberships."""

    users: ExportProgress = field(default_factory=ExportProgress)
    groups: Mapping[str, Group] = field(default_factory=dict)
    memberships: ExportProgress = field(default_factory=ExportProgress)


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """How far the plan is: files of users read, planned parts written, counts so far.

    `starts` is the first planned part of each file of users: its users are in
    that part and those before the next file's first. `imports` is how many
    users come by Cognito's CSV import, `forgotten` how many files of an
    earlier run are emptied.
    """

    files: int = 0
    starts: tuple[int, ...] = ()
    written: Mapping[str, Any] = field(default_factory=dict)
    survey: Mapping[str, Any] = field(default_factory=dict)
    imports: int = 0
    forgotten: int = 0
    done: bool = False

    @property
    def parts(self) -> ExportProgress:
        return ExportProgress.of(self.written)

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class PlanRestore:
    """Plans one restore."""

    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    reader: SnapshotReader
    planner: Planner
    paths: RestorePaths
    request: RestoreRequest
    listed: Listed
    forget: Forget

    def advance(self, progress: PlanProgress) -> PlanProgress:
        """Carry the plan on. Raises TargetMismatch at its end, when the target cannot or must not take the users."""
        if not progress.files:
            self.forget.before_planning()
            self._require_named()
        writer = PartWriter(
            self.store,
            self.working_format,
            self.paths.planned_users,
            "users",
            PlannedUser,
            progress.parts,
            PLANNED_ROWS,
        )
        survey = Survey.from_state(progress.survey)
        total, position = len(self.reader.keys("users")), progress.files
        starts = [*progress.starts]
        while position < total:
            starts.append(writer.commit().parts)
            self._plan_file(position, survey, writer)
            position += 1
            if self.deadline.near():
                break
        written, done = writer.commit(), position == total
        if done:
            self._write_needed_groups(written)
            self._refuse_if_impossible(survey)
        parts, counted, imports = written.to_state(), survey.to_state(), survey.credentials[Credential.IMPORT_JOB]
        return PlanProgress(position, tuple(starts), parts, counted, imports, progress.forgotten, done)

    def _plan_file(self, position: int, survey: Survey, writer: PartWriter[PlannedUser]) -> None:
        planner, scope = self.planner, self.planner.wishes.scope
        everybody = self.reader.users_of_part(position)
        groups = self.reader.groups_of(everybody)
        users = [user for user in everybody if scope.selects(user, groups.get(user.sub, ()))]
        twins = FindTwins(
            self.store, self.working_format, planner, self.paths, self.listed.users, self.listed.memberships
        )
        found = twins.of(users)
        holders = FindHolders(self.store, self.working_format, self.reader, planner, self.paths, self.listed.users).of(
            users
        )
        names = Names(planner.matcher, self._planned_before(position, users))
        conflicts, failing = Conflicts(planner, self.paths), list[Outcome]()
        attention: list[Notice] = []
        for user in users:
            own, twin = groups.get(user.sub, ()), found.get(user.sub)
            holder = names.taken_by(user) or (holders.get(user.sub) if twin is None else None)
            planned = planner.decide(user, own, twin, holder)
            names.take(user)
            told = list(notices(planner, planned, user, twin, frozenset(self.listed.groups)))
            attention += told
            survey.add(planned, user, own, told, planner.target)
            writer.add([planned])
            conflict = conflicts.has_one(planned, user, twin)
            survey.conflicts += conflict
            if planned.action is Action.FAIL or conflict:
                failing.append(Outcome(Kind.USER, Result.FAILED, planned.reason, user.username, user.sub))
        self._write_rows(f"{self.paths.failing}{position:05d}", Outcome, failing)
        self._write_rows(f"{self.paths.planned_attention}{position:05d}", Notice, attention)

    def _planned_before(self, position: int, users: list[User]) -> list[User]:
        """Users of earlier files: somebody listed twice, or two whom this target cannot tell apart."""
        keys = self.reader.keys("users")[:position]
        earlier = look_up(self.store, self.reader.format_of, keys, self.planner.matcher, users)
        scope = self.planner.wishes.scope
        if not scope.is_selective:
            return earlier
        groups = self.reader.groups_of(earlier)
        return [user for user in earlier if scope.selects(user, groups.get(user.sub, ()))]

    def _require_named(self) -> None:
        """Refuse a request that names somebody, or a group, of whom the snapshot knows nothing."""
        scope = self.planner.wishes.scope
        wanted = frozenset(scope.usernames or ())
        users = (
            user
            for batch in self.reader.rows("users", User, Where("username", wanted), Where("sub", wanted))
            for user in batch
        )
        missing = wanted - {name for user in users for name in (user.username, user.sub)} if wanted else frozenset()
        outcomes = [
            Outcome(Kind.USER, Result.FAILED, Reason.NOT_IN_SNAPSHOT, username=name) for name in sorted(missing)
        ]
        self._write_rows(f"{self.paths.failing}not-in-snapshot", Outcome, outcomes)
        if missing:
            raise InvalidRequest(
                "only.usernames",
                f"names {len(missing)} who are not in the snapshot; {self.store.url(self.paths.failing)} says whom. "
                "Nothing was written. Usernames are compared letter by letter; the old sub of a user is taken as well",
                '"only": {"usernames": ["ada"]}',
            )
        lacking = (scope.groups or frozenset()) - {group.group_name for group in self._groups()}
        if lacking:
            raise InvalidRequest(
                "only.groups",
                f"names {len(lacking)} groups that are not in the snapshot: {', '.join(sorted(lacking))}",
                '"only": {"groups": ["admins"]}',
            )

    def _refuse_if_impossible(self, survey: Survey) -> None:
        survey.refuse_if_impossible(self.planner.target, self.request.max_failed_percent)
        conflicts = Conflicts(self.planner, self.paths)
        if conflicts.are_refused:
            groups = conflicts.of_groups(self._restored_groups(), self.listed.groups)
            self._write_rows(f"{self.paths.failing}groups", Outcome, groups)
            survey.refuse_conflicts(self.planner.target, len(groups), self.store.url(self.paths.failing))

    def _write_needed_groups(self, planned: ExportProgress) -> None:
        """Where only some users come back, the groups that they bring along: for RestoreGroups, and for the plan."""
        scope = self.planner.wishes.scope
        if not scope.is_selective:
            return
        keys = part_keys(self.paths.planned_users, "users", planned, self.working_format)
        needed = {
            name
            for batch in read_keys(self.store, self.working_format, keys, PlannedUser)
            for user in batch
            if user.action in (Action.CREATE, Action.UPDATE, Action.DEFER)
            for name in user.groups
        }
        self.store.put(self.paths.needed_groups_key, json.dumps(sorted(needed)).encode())

    def _restored_groups(self) -> list[Group]:
        """The groups that this restore is about; those of the selected users are known once all are planned."""
        scope = self.planner.wishes.scope
        if not scope.has(Part.GROUPS):
            return []
        needed = load_needed_groups(self.store, self.paths)
        return [group for group in self._groups() if scope.selects_group(group.group_name, needed)]

    def _groups(self) -> Iterable[Group]:
        return (group for batch in self.reader.rows("groups", Group) for group in batch)

    def _write_rows(self, key: str, row_type: type[Any], rows: list[Any]) -> None:
        if rows:
            file = self.working_format.part(row_type)
            file.add(rows)
            self.store.put(f"{key}.{self.working_format.extension}", file.finish())

    def _is_written(self, group: Group) -> bool:
        there = group.group_name in self.listed.groups and self.request.on_conflict is not OnConflict.UPDATE
        return not there and not self.planner.is_service_made(group.group_name)

    def write_summary(
        self, rates: Mapping[Category, float], progress: PlanProgress, configuration: Any, told: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Write plan.json and return it. `configuration` is what becomes of the pool itself, `told` more warnings."""
        groups, manifest = sum(map(self._is_written, self._restored_groups())), self.reader.manifest
        survey, restore_id = Survey.from_state(progress.survey), self.paths.restore_id
        summary = summarise(manifest, self.request, self.planner, restore_id, rates, survey, groups)
        summary["warnings"] = [*brake_warnings(self.store, self.request.snapshot), *summary["warnings"], *told]
        summary["configuration"] = configuration
        self.store.put(self.paths.plan_key, json.dumps(summary, indent=1).encode())
        return summary
