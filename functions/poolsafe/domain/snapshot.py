"""Where things lie in the bucket, and how snapshots and restores are named.

Ids sort by time. They derive from the execution that made them, so that a
state that runs twice names the same snapshot twice.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import InvalidRequest

POOL_ID = re.compile(r"(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d)_[0-9A-Za-z]+")
SNAPSHOT_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
LATEST = "latest"
#: What seals a snapshot, in its folder.
MANIFEST = "manifest.json"
#: The folder of all snapshots of all pools.
SNAPSHOTS = "snapshots/"


def region_of(user_pool_id: str) -> str:
    """The Region in front of the underscore: `us-east-1` of `us-east-1_AbCdEfGhI`."""
    return user_pool_id.partition("_")[0]


def run_id(execution_id: str, started_at: str) -> str:
    """The id of a snapshot or restore: `20261122T030000Z-3f9a1c`.

    `execution_id` and `started_at` come from the Step Functions context object
    ($$.Execution.Id, $$.Execution.StartTime, ISO 8601).
    """
    moment = datetime.fromisoformat(started_at).astimezone(UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{hashlib.sha256(execution_id.encode()).hexdigest()[:6]}"


def began_at(snapshot_id: str) -> datetime:
    """When a backup began: the first part of its snapshot's id."""
    return datetime.strptime(snapshot_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SnapshotRef:
    """`<user pool id>/<snapshot id>`: one snapshot, and the keys of what belongs to it."""

    user_pool_id: str
    snapshot_id: str

    @classmethod
    def parse(cls, text: str, field: str = "snapshot") -> SnapshotRef:
        """Read `us-east-1_AbCdEfGhI/latest` or `.../20261122T030000Z-3f9a1c`. Raises InvalidRequest for the field."""
        pool, slash, snapshot = text.strip().strip("/").removeprefix("snapshots/").partition("/")
        if not (slash and POOL_ID.fullmatch(pool) and (snapshot == LATEST or SNAPSHOT_ID.fullmatch(snapshot))):
            raise InvalidRequest(
                field,
                "is not '<user pool id>/<snapshot id>' nor '<user pool id>/latest'",
                '"us-east-1_AbCdEfGhI/20261122T030000Z-3f9a1c"',
            )
        return cls(pool, snapshot)

    def __str__(self) -> str:
        return f"{self.user_pool_id}/{self.snapshot_id}"

    @property
    def prefix(self) -> str:
        return f"snapshots/{self.user_pool_id}/{self.snapshot_id}/"

    @property
    def secrets_prefix(self) -> str:
        """Secrets lie apart: another prefix, another key, other readers."""
        return f"secrets/{self.user_pool_id}/{self.snapshot_id}/"

    @property
    def manifest_key(self) -> str:
        return f"{self.prefix}{MANIFEST}"


def snapshots_prefix(user_pool_id: str) -> str:
    """The folder of all snapshots of a pool."""
    return f"snapshots/{user_pool_id}/"


def shown_key(digest: str) -> str:
    """Where a dry run notes that it has shown a plan for the configuration of a live pool."""
    return f"working/shown/{digest}.json"


@dataclass(frozen=True, slots=True)
class RestorePaths:
    """What a restore leaves behind (`restores/`), and what it needs only while it runs (`working/`)."""

    restore_id: str

    @property
    def prefix(self) -> str:
        return f"restores/{self.restore_id}/"

    @property
    def plan_key(self) -> str:
        return f"{self.prefix}plan.json"

    @property
    def request_key(self) -> str:
        """What the restore was asked for: a second run with its id has to ask for the same."""
        return f"{self.prefix}request.json"

    @property
    def pool_key(self) -> str:
        """What it has made of a new pool."""
        return f"{self.prefix}pool.json"

    @property
    def id_map_key(self) -> str:
        return f"{self.prefix}id_map.json"

    @property
    def cut_over_key(self) -> str:
        return f"{self.prefix}cut_over.json"

    @property
    def config_differences_key(self) -> str:
        return f"{self.prefix}config_differences.json"

    @property
    def report_key(self) -> str:
        return f"{self.prefix}report.json"

    @property
    def html_key(self) -> str:
        """The report for people."""
        return f"{self.prefix}report.html"

    @property
    def sub_map_key(self) -> str:
        return f"{self.prefix}sub_map.parquet"

    @property
    def outcomes(self) -> str:
        return f"{self.prefix}outcomes/"

    def outcomes_of(self, planned_part: int) -> str:
        """What the names of the outcomes of one planned part begin with."""
        return f"{self.outcomes}users-{planned_part:05d}-"

    @property
    def differences(self) -> str:
        return f"{self.prefix}differences/"

    @property
    def target_key(self) -> str:
        """What is known of the target, as it was when the restore began."""
        return f"working/{self.restore_id}/target.json"

    @property
    def planned_configuration_key(self) -> str:
        """What will become of the pool itself, on its way into plan.json."""
        return f"working/{self.restore_id}/configuration.json"

    @property
    def finished_configuration_key(self) -> str:
        """What became of the pool itself, on its way into the report: it grows with the pool's app clients."""
        return f"working/{self.restore_id}/finished.json"

    @property
    def failing(self) -> str:
        """Who cannot come along, and why: a plan's failures by name."""
        return f"{self.prefix}failing/"

    @property
    def attention(self) -> str:
        """Whom somebody has to look after, and why."""
        return f"{self.prefix}attention/"

    @property
    def planned_attention(self) -> str:
        """The same, by a plan that may yet be refused."""
        return f"working/{self.restore_id}/attention/"

    @property
    def selection_key(self) -> str:
        """Whom `only` names."""
        return f"working/{self.restore_id}/selection.json"

    @property
    def needed_groups_key(self) -> str:
        """The groups of the users whom `only` names."""
        return f"working/{self.restore_id}/groups.json"

    @property
    def frozen_key(self) -> str:
        """The plan that is being applied: what a second run with this id goes on from."""
        return f"working/{self.restore_id}/frozen.json"

    def lane_key(self, lane: int) -> str:
        """How far a lane is, for a second run with this id."""
        return f"working/{self.restore_id}/lanes/{lane:02d}.json"

    @property
    def import_files(self) -> str:
        """The CSV files for Cognito's import."""
        return f"working/{self.restore_id}/import/"

    @property
    def target_imported(self) -> str:
        """The listing of the target that tells who was imported."""
        return f"working/{self.restore_id}/target-imported/"

    @property
    def credentials(self) -> str:
        """Temporary passwords, part by part: under a key of their own, and gone after a week."""
        return f"credentials/{self.restore_id}/parts/"

    @property
    def credentials_key(self) -> str:
        """All temporary passwords of the restore, for whoever hands them over."""
        return f"credentials/{self.restore_id}/temporary_passwords.csv"

    def waiting(self, user_pool_id: str) -> str:
        """Who in a pool was given a temporary password or an invitation, by any restore."""
        return f"waiting/{user_pool_id}/"

    @property
    def planned_users(self) -> str:
        return f"working/{self.restore_id}/plan/"

    @property
    def target_before(self) -> str:
        """The listing of the target that the plan was made from."""
        return f"working/{self.restore_id}/target-before/"

    @property
    def target_after(self) -> str:
        """The listing of the target that the verification reads."""
        return f"working/{self.restore_id}/target-after/"
