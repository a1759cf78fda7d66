"""The largest document that each function may answer with, for ten million users in the largest pool that Cognito has.

By function; shapes are those of the handlers, made by their own classes where these have one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from poolsafe.domain.compare.change import Kind as Compared
from poolsafe.domain.compare.tally import HOWS
from poolsafe.domain.configuration.model import Section, SectionName, SectionStatus
from poolsafe.domain.drill.request import DrillRequest
from poolsafe.domain.drill.verdict import DrillStatus, Objective, verdict
from poolsafe.domain.lane import ExportProgress, Walk
from poolsafe.domain.lanes import MAX_LANES
from poolsafe.domain.listing import Listing
from poolsafe.domain.manifest import File
from poolsafe.domain.paging import Chain
from poolsafe.domain.quotas import DOCUMENTED, Category
from poolsafe.domain.restore.outcome import Kind, Reason, Result
from poolsafe.domain.restore.plan_survey import Survey
from poolsafe.domain.shards import PROBE_PAGES, SHARDS, walks_at
from poolsafe.operations.compare_records import STEPS, CompareProgress
from poolsafe.operations.find_pools import MOST_DRILLS, MOST_POOLS
from poolsafe.operations.import_files import BATCHES, WriteProgress
from poolsafe.operations.plan_restore import PlanProgress
from poolsafe.operations.restore_lane import RestoreProgress
from poolsafe.operations.save_configuration import ConfigurationProgress
from poolsafe.operations.verify_target import VerifyProgress
from poolsafe.operations.weigh_losses import KINDS, WeighProgress
from tests.architecture.payloads import Rounds

USERS = 10_000_000
FILES = 1_500
POOL = "ap-southeast-1_AbCdEfGhI"
RUN = "20261127T030000Z-3f9a1c"
KEY = f"s3://{'b' * 63}/restores/{RUN}/report.json"
TEXT = "x" * 400
#: A page token. Up to 131,072 characters are allowed [API ListUsersInGroup]; those seen have some hundreds
#: (docs/unverified.md).
TOKEN = "t" * 2_000
#: Names that users, clients and attributes may have.
NAMES = 60


def _counts(prefix: str, number: int = NAMES) -> Mapping[str, int]:
    return {f"{prefix}{index:03d}{'n' * 25}": USERS for index in range(number)}


def exported(walks: int = 0) -> dict[str, Any]:
    """One kind of records, so many walks of which are under way."""
    chain = Chain(TOKEN, "d" * 16, USERS, USERS)
    return ExportProgress(
        begun=USERS,
        walks=tuple(Walk(number, chain) for number in range(walks)),
        parts=FILES,
        rows=USERS,
        digest="d" * 64,
        duplicates=USERS,
        groups_gone=USERS,
        unreadable=USERS,
        statuses=_counts("STATUS", 10),
        restarts=9,
        done=not walks,
    ).to_state()


def every_walk() -> dict[str, Any]:
    """A listing in shards, and walks of groups beside them: as many in all as the whole quota needs."""
    in_all = walks_at(DOCUMENTED[Category.USER_LIST])
    users, members = (ExportProgress.of(exported(walks)) for walks in (SHARDS, in_all - SHARDS))
    return Listing(users, members, SHARDS, USERS, ("f" * 16,) * PROBE_PAGES * 60, TEXT).to_state()


def _listed() -> dict[str, Any]:
    """The same, done: no walk is under way."""
    records = ExportProgress.of(exported())
    return Listing(records, records, SHARDS, USERS, doubt=TEXT, done=True).to_state()


def _written() -> dict[str, Any]:
    """Import files, each with the planned part that it ends before and how many rows it has."""
    many = (USERS,) * 2 * BATCHES
    return WriteProgress(part=USERS, files=2 * BATCHES, batches=many, rows=many, pending=USERS, done=True).to_state()


def _export() -> dict[str, Any]:
    return {"user_pool_id": POOL, "prefix": KEY, "format": "parquet", "quota_share": 0.05, "include_mfa": True}


def _result() -> dict[str, Any]:
    """Of a backup and of a restore: what other machines take from either is in it."""
    return {
        "status": "COMPLETE",
        "snapshot_id": RUN,
        "restore_id": RUN,
        "user_pool_id": POOL,
        "target_user_pool_id": POOL,
        "manifest": KEY,
        "report": KEY,
        "counts": _counts("count", 10),
        "warnings": [TEXT] * 40,
    }


def _restored(lane: int) -> dict[str, Any]:
    counts = {kind.value: dict.fromkeys(Result, USERS) for kind in Kind}
    return RestoreProgress(lane, USERS, USERS, counts, dict.fromkeys(Reason, USERS), done=True).to_state()


def _survey() -> dict[str, Any]:
    counted = Survey()
    for one in fields(counted):
        is_counter = isinstance(getattr(counted, one.name), Counter)
        setattr(counted, one.name, Counter(_counts(one.name)) if is_counter else USERS)
    return counted.to_state()


def _planned() -> dict[str, Any]:
    starts = tuple(range(1_000_000, 1_000_000 + FILES))
    written = ExportProgress.of(exported()).to_state()
    return PlanProgress(FILES, starts, written, _survey(), USERS, USERS, done=True).to_state()


def _request() -> dict[str, Any]:
    """A request as a state has it. `only` is not in it: whom it names lies in the bucket."""
    return {
        "user_pool_id": POOL,
        "note": TEXT,
        "dry_run": False,
        "create_pool": {
            "pool_name": "p" * 128,
            "tags": {f"{number:03d}{'k' * 125}": "v" * 256 for number in range(50)},
        },
        "provider_map": {f"{number:03d}{'p' * 29}": "q" * 32 for number in range(300)},
        "scope": {"only_config": False},
    }


def _target() -> dict[str, Any]:
    return {
        "user_pool_id": POOL,
        **dict.fromkeys(("before", "after", "imported"), _export()),
        "sub_attribute": "custom:" + "s" * 20,
        "is_listed": True,
        "is_written": True,
        "joins_existing": True,
        "done": True,
    }


def _job(**more: Any) -> dict[str, Any]:
    job = {"file": 99, "files": 99, "job_id": "import-" + "j" * 48, "waits": 288, "wait_seconds": 300}
    return {**job, "started": True, "ended": True, "work": False, "done": True, **more}


def _compared() -> dict[str, Any]:
    counts = {kind.value: dict.fromkeys((how.value for how in HOWS[kind]), USERS) for kind in Compared}
    of_each = {kind.value: _counts("custom:", 70) for kind in Compared}
    return CompareProgress(len(STEPS), FILES, {"counts": counts, "fields": of_each}, done=True).to_state()


def _sections() -> dict[str, Any]:
    """As many files as a pool may have clients, by and large [DG quotas: 1,000]; secrets are one file."""
    sections = tuple(asdict(Section(name, SectionStatus.FAILED, TEXT)) for name in SectionName)
    files = tuple(f"config/{name}{'f' * 40}.json" for name in SectionName)
    secrets = (asdict(File(f"secrets/{POOL}/{RUN}/client_secrets.json", USERS, "d" * 64)),)
    return ConfigurationProgress(sections, files, secrets, (TEXT,) * 40, done=True).to_state()


def _assessed() -> dict[str, Any]:
    """`UserSurvey.to_state` promises to stay below this, and a test holds it to that."""
    return {"cells": "c" * 100_000}


def _drill() -> dict[str, Any]:
    """One that failed in every way."""
    missed = Objective(1234.5678, 1234.5)
    return {
        "user_pool_id": POOL,
        "drill_id": RUN,
        "status": DrillStatus.FAILED,
        "problems": verdict("FAILED", None, removed=False, objectives=(missed, missed))[1],
        "recovery_point": missed.to_report(),
        "recovery_time": missed.to_report(),
        "report": KEY,
        "html": KEY,
    }


def answers() -> dict[str, Any]:
    """By the function's logical id, and by the machine's substitution where a state runs one."""
    started = {"started_at": "2026-11-27T03:00:00.000Z", "request": _request()}
    lanes = [_restored(lane) for lane in range(MAX_LANES)]
    loss = {"kind": "memberships", "before": USERS, "gone": USERS}
    listed = {"is_live": True, "pool_exists": True, "asks_users": True, "export": _export()}
    pool_ids = [{"user_pool_id": POOL, "drill_id": RUN} for _ in range(MOST_POOLS)]
    night = {"user_pool_id": POOL, "status": "COMPLETE", "snapshot_id": RUN, "error": "e" * 40}
    return {
        "BackupCheckRequestFunction": {**started, "snapshot_id": RUN, "export": _export()},
        "BackupDescribePoolFunction": {
            "estimated_users": USERS,
            "quotas": dict.fromkeys(Category, 12345.678),
            "warnings": [TEXT] * 4,
        },
        "BackupExportUsersFunction": Rounds(every_walk(), _listed()),
        "BackupExportGroupsFunction": exported(),
        "BackupExportConfigurationFunction": _sections(),
        "BackupWeighLossesFunction": WeighProgress(
            RUN, len(KINDS), 99, USERS, USERS, (loss,) * len(KINDS), (TEXT,), done=True
        ).to_state(),
        "BackupSealSnapshotFunction": _result(),
        "RestoreCheckRequestFunction": {
            **started,
            "restore_id": RUN,
            "is_planned": False,
            "quotas": dict.fromkeys(Category, 12345.678),
            "warnings": [TEXT] * 4,
            "lanes": lanes,
            "lane_count": MAX_LANES,
        },
        "RestoreVerifySnapshotFunction": {"files": FILES, "done": True},
        "RestorePlanPoolFunction": _target(),
        "RestorePlanRestoreFunction": _planned(),
        "RestoreMakePoolFunction": _target(),
        "RestoreRestoreGroupsFunction": _restored(0),
        "RestoreWriteImportFunction": _written(),
        "RestoreStartImportFunction": _job(),
        "RestoreCheckImportFunction": _job(),
        "RestoreRestoreUsersFunction": _restored(0),
        "RestoreVerifyTargetFunction": VerifyProgress(FILES, _counts("d"), _counts("u"), USERS, done=True).to_state(),
        "RestoreFinishPoolFunction": {"todo": USERS, "gaps": USERS},
        "RestoreReportRestoreFunction": _result(),
        "AssessCheckRequestFunction": {**started, **listed, "assessment_id": RUN},
        "AssessReadConfigurationFunction": {"sections": len(SectionName)},
        "AssessSurveyUsersFunction": {"files": FILES, "survey": _assessed(), "done": True},
        "AssessSampleMfaFunction": _counts("sample", 20),
        "AssessReportAssessmentFunction": _result(),
        "CompareCheckRequestFunction": {**started, **listed, "comparison_id": RUN, "sides": _counts("side", 8)},
        "CompareReadConfigurationFunction": {"sections": len(SectionName)},
        "CompareCompareRecordsFunction": _compared(),
        "CompareCompareSettingsFunction": _counts("setting", 40),
        "CompareReportComparisonFunction": {**_result(), "fields": _compared()},
        "NightlyCheckRequestFunction": {
            "run_id": RUN,
            "night": "2026-11-27",
            "started_at": started["started_at"],
            "quota_share": 0.05,
            "pools": [{"user_pool_id": POOL}] * MOST_POOLS,
        },
        "NightlyTakeNightFunction": {"taken": "yes", "attempt": 99},
        "NightlyNoteNightFunction": night,
        "NightlySummarizeFunction": {**_result(), "pools": [night] * MOST_POOLS},
        "DrillCheckRequestFunction": {
            "request": DrillRequest(tag="poolsafe:" + "t" * 200).to_state(),
            "run_id": RUN,
            "started_at": started["started_at"],
            "pools": pool_ids[:MOST_DRILLS],
        },
        "DrillSweepScratchPoolsFunction": {"removed": [POOL] * MOST_DRILLS},
        "DrillPlanDrillFunction": {"restore": _request()},
        "DrillWalkSignInsFunction": {
            **dict.fromkeys(("walked", "as_they_should", "disabled_refused", "failed"), USERS),
            "problems": [TEXT] * 20,
        },
        "DrillRemoveScratchPoolFunction": {"removed": True},
        "DrillReportDrillFunction": _drill(),
        "DrillSummarizeFunction": {"drills": [_drill()] * MOST_DRILLS, "scratch_pools_removed": [POOL] * MOST_DRILLS},
        "VerifyCheckRequestFunction": {"job": {"verification_id": RUN, "pools": [POOL] * MOST_POOLS}},
        "VerifyVerifySnapshotsFunction": {**_counts("done", 8), "last": f"{POOL}/{RUN}", "done": True},
        "VerifyReportVerificationFunction": _result(),
        "RetentionCheckRequestFunction": {
            "job": {"retention_id": RUN, "policy": _counts("keep", 8), "pools": [POOL] * MOST_POOLS},
            "mark": {"hold": None, "release": None, "note": TEXT},
            "is_mark": False,
        },
        "RetentionRetainSnapshotsFunction": {**_counts("done", 8), "last": POOL, "done": True},
        "RetentionReportRetentionFunction": _result(),
        "RetentionMarkSnapshotFunction": _result(),
        "MigrationCheckRequestFunction": {
            **started,
            "run_id": RUN,
            "action": "finish",
            "lists_source": True,
            "is_dry_run": False,
            "export": _export(),
            "target_export": _export(),
            "backup": {"user_pool_id": POOL, "quota_share": 0.05, "note": TEXT},
            "restore": _request(),
        },
        "MigrationDeferFederatedFunction": {"files": FILES, "deferred": USERS, "done": True},
        "MigrationComparePoolsFunction": _counts("compared", 40),
        "MigrationEndMigrationFunction": _result(),
        "MigrationAttachTriggersFunction": _result(),
        "MigrationDetachTriggersFunction": _result(),
        "MigrationReportMigrationFunction": _result(),
        "WatchLookFunction": {**_result(), "problems": [TEXT] * 100},
        "BackupStateMachine": _result(),
        "RestoreStateMachine": _result(),
    }
