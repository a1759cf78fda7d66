"""The two machines as plain function calls, for tests without sockets: the same operations in the same order."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from poolsafe import bootstrap
from poolsafe.adapters.threads import Threads
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.domain.manifest import Manifest
from poolsafe.domain.quotas import DOCUMENTED
from poolsafe.domain.records import Group
from poolsafe.domain.requests import BackupRequest, RestoreRequest
from poolsafe.domain.restore.difference import Difference
from poolsafe.domain.restore.outcome import Outcome
from poolsafe.domain.restore.password import unguessable
from poolsafe.domain.restore.plan import Planner
from poolsafe.domain.restore.sub_map import SubMapping
from poolsafe.domain.snapshot import RestorePaths, SnapshotRef, region_of, run_id
from poolsafe.domain.target import TargetPool
from poolsafe.operations.check_target import require_importable, sub_attribute_of
from poolsafe.operations.defer_users import DeferUsers
from poolsafe.operations.describe_pool import describe_pool
from poolsafe.operations.export import Export
from poolsafe.operations.forget import Forget
from poolsafe.operations.load_configuration import load_configuration
from poolsafe.operations.open_snapshot import find_snapshot
from poolsafe.operations.parts import part_keys, read_keys
from poolsafe.operations.plan_pool import PlanPool
from poolsafe.operations.plan_restore import Listed, PlanProgress, PlanRestore
from poolsafe.operations.read_configuration import ReadConfiguration
from poolsafe.operations.read_target import keep_target, read_target
from poolsafe.operations.reading import SnapshotReader
from poolsafe.operations.report_restore import report_dry_run, report_restore
from poolsafe.operations.restore_groups import RestoreGroups
from poolsafe.operations.restore_lane import RestoreLane, RestoreProgress, count, count_failures
from poolsafe.operations.restore_users import RestoreUser
from poolsafe.operations.save_configuration import ConfigurationProgress, SaveConfiguration
from poolsafe.operations.seal import Exported, seal
from poolsafe.operations.verify_snapshot import verify_snapshot
from poolsafe.operations.verify_target import Readback, VerifyProgress, VerifyTarget
from poolsafe.operations.weigh_losses import WeighLosses, WeighProgress
from poolsafe.ports import Deadline, FileFormat, UserPool
from tests.fake_cognito import ACCOUNT, FakeCognito, FakeWaf
from tests.fakes import FakeClock, FakeUserPool, MemoryStore, Never

REGIONS = frozenset({"us-east-1", "eu-west-1"})
LATEST = "us-east-1_Source/latest"
CONFIG = "config/user_pool.json"


@dataclass
class Machines:
    """Runs backups and restores over fakes. Each run gets an execution id of its own unless one is given.

    `before_verification` happens between a restore's last write and its second listing of the target.
    """

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: FakeClock = field(default_factory=FakeClock)
    deadline: Deadline = field(default_factory=Never)
    before_verification: Callable[[], None] = lambda: None
    lanes: int = 1
    workers: int = 4
    runs: int = 0
    brake_percent: float = 20
    saves_configuration: bool = True

    def __post_init__(self) -> None:
        self.store.clock = self.clock

    def backup(self, pool: UserPool, execution: str | None = None, **options: Any) -> Manifest:
        """The backup machine, sealed."""
        request = BackupRequest.of({"user_pool_id": pool.user_pool_id, **options}, REGIONS)
        ref, started_at = self._name(request.user_pool_id, execution)
        file_format = bootstrap.FORMATS[request.format]
        described, _ = describe_pool(pool, "user_pool_id")
        export = self._exporting(pool, ref.prefix, file_format)
        listing, groups = self._export(export, request.shards, "mfa" in request.include)
        configuration = self._configuration(pool, request, ref, groups)
        weigh = WeighLosses(self.store, file_format, bootstrap.format_of, ref, self.brake_percent, self.deadline)
        exported = Exported(listing, groups)
        weighed = WeighProgress()
        while not weighed.done:
            weighed = WeighProgress(**json.loads(json.dumps(weigh.advance(weighed, exported.kinds).to_state())))
        return seal(
            self.store,
            file_format,
            self.clock,
            ref,
            request,
            exported,
            started_at,
            described["EstimatedNumberOfUsers"],
            configuration,
            {"poolsafe": "test"},
            weighed.warnings,
        )

    def restore(self, target: UserPool, execution: str | None = None, **options: Any) -> dict[str, Any]:
        """The restore machine; its result."""
        document = {"target_user_pool_id": target.user_pool_id, **options}
        request = RestoreRequest.of(document, REGIONS)
        manifest = find_snapshot(self.store, request.snapshot)
        document = read_target(_reader_of(target))
        pool = TargetPool.from_document(document)
        require_importable(request, pool)
        ref, started_at = self._name(target.user_pool_id, execution)
        paths = RestorePaths(ref.snapshot_id)
        keep_target(self.store, paths, document)
        state = json.loads(json.dumps(request.to_state(SnapshotRef(manifest.user_pool_id, manifest.snapshot_id))))
        request = RestoreRequest.from_state(state, request.scope.selection if request.scope.is_selective else None)
        planner = Planner(manifest.user_pool_id, pool, sub_attribute_of(request, pool), request.wishes)
        checked = 0
        while checked < len(manifest.files):
            checked = verify_snapshot(self.store, bootstrap.format_of, manifest, self.deadline, checked)
        source = load_configuration(self.store, None, manifest)
        planned = PlanPool(_cognito_of(target), self.store, paths, ACCOUNT).existing_pool(
            source, _reader_of(target), request, self.deadline
        )
        parquet = bootstrap.PARQUET
        listed = self._listing(self._exporting(target, paths.target_before), planner)
        reader = SnapshotReader(self.store, manifest, bootstrap.format_of)
        forget = Forget(self.store, parquet, self.deadline, lambda _: Threads(1), paths, started_at)
        plan = PlanRestore(self.store, parquet, self.deadline, reader, planner, paths, request, listed, forget)
        progress = PlanProgress()
        while not progress.done:
            progress = plan.advance(progress)
        plan.write_summary(DOCUMENTED, progress, planned.plan)
        forgotten, done = forget.once_it_stands(0)
        while not done:
            forgotten, done = forget.once_it_stands(forgotten)
        if request.dry_run:
            return report_dry_run(self.store, self.clock, bootstrap.restore_html, paths, started_at)
        groups = self._restore_groups(target, reader, planner, paths, listed)
        users = self._restore_users(target, planner, paths, progress, started_at)
        self.before_verification()
        after, back = self._export(self._exporting(target, paths.target_after))
        readback = Readback(after.users, back, after.memberships)
        verify = VerifyTarget(target, self.store, parquet, self.deadline, reader, planner, paths, readback, progress)
        verified = VerifyProgress()
        while not verified.done:
            verified = verify.advance(verified)
        return report_restore(
            self.store,
            self.store.with_secrets,
            parquet,
            self.clock,
            Threads(2),
            bootstrap.restore_html,
            paths,
            request,
            started_at,
            target.user_pool_id,
            [groups.to_state(), *(lane.to_state() for lane in users)],
            verified.to_state(),
        )

    # What lies in the bucket after a restore.

    def outcomes(self, result: dict[str, Any]) -> list[Outcome]:
        return self._rows(f"restores/{result['restore_id']}/outcomes/", Outcome)

    def differences(self, result: dict[str, Any]) -> list[Difference]:
        return self._rows(f"restores/{result['restore_id']}/differences/", Difference)

    def sub_map(self, result: dict[str, Any]) -> list[SubMapping]:
        return self._rows(f"restores/{result['restore_id']}/sub_map.parquet", SubMapping)

    def report(self, result: dict[str, Any]) -> dict[str, Any]:
        return self.document(f"restores/{result['restore_id']}/report.json")

    def plan(self, result: dict[str, Any]) -> dict[str, Any]:
        return self.document(f"restores/{result['restore_id']}/plan.json")

    def document(self, key: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.store.objects[key].content)
        return document

    def rows(self, manifest: Manifest, kind: str, row_type: type[Any]) -> list[Any]:
        reader = SnapshotReader(self.store, manifest, bootstrap.format_of)
        return [row for batch in reader.rows(kind, row_type) for row in batch]

    def _rows(self, prefix: str, row_type: type[Any]) -> list[Any]:
        keys = self.store.keys(prefix)
        return [row for batch in read_keys(self.store, bootstrap.PARQUET, keys, row_type) for row in batch]

    def _name(self, pool_id: str, execution: str | None) -> tuple[SnapshotRef, str]:
        self.runs += 1
        self.clock.sleep(1)
        started_at = self.clock.now().isoformat()
        return SnapshotRef(pool_id, run_id(execution or f"execution {self.runs}", started_at)), started_at

    def _exporting(self, pool: UserPool, prefix: str, file_format: FileFormat = bootstrap.PARQUET) -> Export:
        """In one thread, so that the order of calls is the same each time."""
        return Export(pool, self.store, file_format, prefix, self.deadline, lambda _: Threads(1))

    def _export(
        self, export: Export, shards: str | int = "auto", mfa: bool = False, memberships: bool = True
    ) -> tuple[Listing, ExportProgress]:
        groups, listing = ExportProgress(), Listing()
        while not groups.done:
            groups = export.groups(groups)
        while not listing.done:
            listing = export.users(listing, groups if memberships else None, shards, mfa)
        return listing, groups

    def _configuration(
        self, pool: UserPool, request: BackupRequest, ref: SnapshotRef, groups: ExportProgress
    ) -> ConfigurationProgress:
        secret_store = None if request.secrets == "redact" else self.store.with_secrets
        save = SaveConfiguration(_reader_of(pool), self.store, secret_store, ref, bootstrap.as_yaml, self.deadline)
        keys = part_keys(ref.prefix, "groups", groups, bootstrap.FORMATS[request.format])
        progress = ConfigurationProgress(done=not self.saves_configuration)
        while not progress.done:
            state = json.loads(json.dumps(progress.to_state()))
            progress = save.advance(ConfigurationProgress.of(state), lambda: self._groups(request, keys))
        return progress

    def _groups(self, request: BackupRequest, keys: list[str]) -> Iterator[Group]:
        for batch in read_keys(self.store, bootstrap.FORMATS[request.format], keys, Group):
            yield from batch

    def _listing(self, export: Export, planner: Planner) -> Listed:
        listing, groups = self._export(export, memberships=planner.wishes.joins_existing)
        keys = part_keys(export.prefix, "groups", groups, export.file_format)
        found = {g.group_name: g for batch in read_keys(self.store, export.file_format, keys, Group) for g in batch}
        return Listed(listing.users, found, listing.memberships)

    def _restore_groups(
        self, target: UserPool, reader: SnapshotReader, planner: Planner, paths: RestorePaths, listed: Listed
    ) -> RestoreProgress:
        progress = RestoreProgress()
        restore = RestoreGroups(
            target, self.store, bootstrap.PARQUET, self.deadline, reader, planner, paths, listed.groups
        )
        while not progress.done:
            row, outcomes, done = restore.advance(progress.row)
            progress = RestoreProgress(
                row=row,
                counts=count(progress.counts, outcomes),
                failures=count_failures(progress.failures, outcomes),
                done=done,
            )
        return progress

    def _restore_users(
        self, target: UserPool, planner: Planner, paths: RestorePaths, plan: PlanProgress, started_at: str
    ) -> list[RestoreProgress]:
        restore = RestoreUser(
            target,
            planner.target,
            lambda: unguessable(planner.target.password_policy, secrets.choice),
            DeferUsers(self.store, target.user_pool_id),
            planner.sub_attribute,
            datetime.fromisoformat(started_at),
            planner.wishes.credentials_fallback,
        )
        worker = RestoreLane(
            self.store,
            self.store.with_secrets,
            bootstrap.PARQUET,
            self.deadline,
            Threads(self.workers),
            lambda: 25,
            paths,
            target.user_pool_id,
            started_at,
            lambda rows: {},
        )
        done = []
        for lane in range(self.lanes):
            progress = RestoreProgress(lane)
            while not progress.done:
                progress = worker.advance(restore, plan.parts, self.lanes, progress)
            done.append(progress)
        return done


def _cognito_of(pool: UserPool) -> FakeCognito:
    """The control plane of a pool that was made as FakeUserPool."""
    assert isinstance(pool, FakeUserPool)
    return FakeCognito(region_of(pool.user_pool_id), adopted={pool.user_pool_id: pool})


def _reader_of(pool: UserPool) -> ReadConfiguration:
    cognito = _cognito_of(pool)
    return ReadConfiguration(cognito, FakeWaf(cognito.region), cognito.web, pool.user_pool_id)


def pool_with(users: int, groups: int = 3, pool_id: str = "us-east-1_Source", **options: Any) -> FakeUserPool:
    """A pool of plain users, each in one or two groups."""
    pool = FakeUserPool(pool_id, **options)
    for number in range(users):
        pool.add(
            f"user{number:05d}",
            groups=tuple({f"group{number % groups}", f"group{number % 2}"}) if groups else (),
            email=f"user{number}@example.com",
            email_verified="true",
        )
    return pool


def target_pool(**options: Any) -> FakeUserPool:
    """An empty pool with a place for the old `sub`."""
    custom = ("custom:original_sub", *options.pop("custom", ()))
    return FakeUserPool("us-east-1_Target", custom=custom, **options)
