"""The plan: every user decided, counted and written down before the first write to the target.

for each file of users in the snapshot:
    join its users with their groups and with the listing of the target
    decide each (domain/plan.py), write the decisions as planned parts
then refuse the whole restore if the target cannot take it, or write plan.json
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..domain.lane import ExportProgress
from ..domain.manifest import Manifest
from ..domain.outcome import Kind, Outcome, Reason, Result
from ..domain.plan import Action, PlannedUser, Planner, is_federated
from ..domain.plan_summary import summarise
from ..domain.plan_survey import CONFLICTS, Survey
from ..domain.quotas import Category
from ..domain.records import Group, Membership
from ..domain.requests import FAIL, RestoreRequest
from ..domain.snapshot import RestorePaths
from ..domain.target import TargetPool
from ..errors import InvalidRequest
from ..ports import Deadline, FileFormat, ObjectStore, Where
from .parts import PartWriter, part_keys
from .reading import FormatOf, SnapshotReader, counterparts, groups_by_sub

#: Small parts: each is a unit of work of a restore lane.
PLANNED_ROWS = 2_000
#: A sub is a UUID.
SUB_LENGTH = 36


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """How far the plan is: files of users read, planned parts written, counts so far.

    `starts` is the first planned part of each file of users: its users are in
    that part and those before the next file's first.
    """

    files: int = 0
    starts: tuple[int, ...] = ()
    written: Mapping[str, Any] = field(default_factory=dict)
    survey: Mapping[str, Any] = field(default_factory=dict)
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
    format_of: FormatOf
    deadline: Deadline

    def advance(
        self,
        manifest: Manifest,
        planner: Planner,
        paths: RestorePaths,
        listed: ExportProgress,
        request: RestoreRequest,
        progress: PlanProgress,
        groups_there: frozenset[str] = frozenset(),
    ) -> PlanProgress:
        """Carry the plan on. Raises TargetMismatch at its end, when the target cannot or must not take the users.

        `groups_there` are the groups that the target has; they matter only with `on_conflict: fail`.
        """
        reader = SnapshotReader(self.store, manifest, self.format_of)
        writer = PartWriter(
            self.store, self.working_format, paths.planned_users, "users", PlannedUser, progress.parts, PLANNED_ROWS
        )
        survey = Survey.from_state(progress.survey)
        target_keys = part_keys(paths.target_before, "users", listed, self.working_format)
        total, position = len(reader.keys("users")), progress.files
        starts = [*progress.starts]
        while position < total:
            starts.append(writer.commit().parts)
            self._plan_file(reader, planner, paths, request, target_keys, position, survey, writer)
            position += 1
            if self.deadline.near():
                break
        done = position == total
        if done:
            survey.refuse_if_impossible(planner.target, manifest.counts.users, request.max_failed_percent)
            if request.on_conflict == FAIL:
                groups = self._groups_in_conflict(reader, planner, paths, groups_there)
                survey.refuse_conflicts(planner.target, groups, self.store.url(paths.failing))
        return PlanProgress(position, tuple(starts), writer.commit().to_state(), survey.to_state(), done)

    def _plan_file(
        self,
        reader: SnapshotReader,
        planner: Planner,
        paths: RestorePaths,
        request: RestoreRequest,
        target_keys: list[str],
        position: int,
        survey: Survey,
        writer: PartWriter[PlannedUser],
    ) -> None:
        users = reader.users_of_part(position)
        subs = frozenset(user.sub for user in users)
        groups = groups_by_sub(reader.rows("memberships", Membership, Where("sub", subs)))
        identities = frozenset(name for user in users if (name := planner.target.identity(user)) is not None)
        existing = counterparts(self.store, lambda _: self.working_format, target_keys, planner.target, identities)
        # Users of earlier files: somebody listed twice, or two whom this target cannot tell apart.
        before = counterparts(self.store, self.format_of, reader.keys("users")[:position], planner.target, identities)
        planned_subs = {identity: user.sub for identity, user in before.items()}
        failing: list[Outcome] = []
        for user in users:
            identity = planner.target.identity(user)
            twin, earlier_sub = existing.get(identity or ""), planned_subs.get(identity or "")
            planned = planner.decide(user, groups.get(user.sub, ()), twin, earlier_sub)
            if identity is not None and not is_federated(user):
                planned_subs.setdefault(identity, user.sub)
            survey.add(planned, user, planner.target)
            writer.add([planned])
            if planned.action is Action.FAIL or (request.on_conflict == FAIL and planned.reason in CONFLICTS):
                failing.append(Outcome(Kind.USER, Result.FAILED, planned.reason, user.username, user.sub))
        self._write_failing(f"{paths.failing}{position:05d}", failing)

    def _groups_in_conflict(
        self, reader: SnapshotReader, planner: Planner, paths: RestorePaths, groups_there: frozenset[str]
    ) -> int:
        names = [
            group.group_name
            for batch in reader.rows("groups", Group)
            for group in batch
            if group.group_name in groups_there and not planner.is_service_made(group.group_name)
        ]
        conflicts = [Outcome(Kind.GROUP, Result.FAILED, Reason.EXISTS, group_name=name) for name in names]
        self._write_failing(f"{paths.failing}groups", conflicts)
        return len(conflicts)

    def _write_failing(self, key: str, failing: list[Outcome]) -> None:
        if failing:
            file = self.working_format.part(Outcome)
            file.add(failing)
            self.store.put(f"{key}.{self.working_format.extension}", file.finish())

    def write_summary(
        self,
        manifest: Manifest,
        request: RestoreRequest,
        planner: Planner,
        paths: RestorePaths,
        rates: Mapping[Category, float],
        progress: PlanProgress,
        configuration: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Write plan.json and return it. `configuration` is what will become of the pool itself."""
        survey = Survey.from_state(progress.survey)
        summary = summarise(manifest, request, planner, paths.restore_id, rates, survey)
        summary["configuration"] = configuration
        self.store.put(paths.plan_key, json.dumps(summary, indent=1).encode())
        return summary


def sub_attribute_of(request: RestoreRequest, target: TargetPool) -> str | None:
    """The attribute that takes the old `sub`, or None where the target has none and none was asked for."""
    wanted = request.sub_attribute
    if wanted is None:
        return None
    if target.max_lengths.get(wanted, SUB_LENGTH) < SUB_LENGTH:
        raise InvalidRequest(
            "sub_attribute",
            f"names {wanted}, which holds fewer than the {SUB_LENGTH} characters of a sub in {target.user_pool_id}. "
            "Name another, or restore without",
            '"sub_attribute": null',
        )
    if wanted in target.attribute_names:
        return wanted
    if request.sub_attribute_given:
        raise InvalidRequest(
            "sub_attribute",
            f"names {wanted}, which the schema of {target.user_pool_id} does not have. Add it to the target (aws "
            "cognito-idp add-custom-attributes, with Mutable=false), or leave it out to restore without",
            '"sub_attribute": null',
        )
    return None
