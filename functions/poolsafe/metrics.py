"""The names of Poolsafe's metrics, so that functions, alarms and tests agree on them."""

from __future__ import annotations

from enum import StrEnum

NAMESPACE = "Poolsafe"


class Metric(StrEnum):
    """CloudWatch metrics. Their only dimension is `service`, never a pool's or a user's name."""

    USERS_EXPORTED = "UsersExported"
    SNAPSHOTS_SEALED = "SnapshotsSealed"
    BACKUPS_FAILED = "BackupsFailed"
    BACKUPS_PARTIAL = "BackupsPartial"
    DRILLS_PASSED = "DrillsPassed"
    DRILLS_FAILED = "DrillsFailed"
    OBJECTIVES_MISSED = "ObjectivesMissed"
    SNAPSHOTS_DAMAGED = "SnapshotsDamaged"
    SNAPSHOTS_SUSPICIOUS = "SnapshotsSuspicious"
    SNAPSHOTS_REMOVED = "SnapshotsRemoved"
    USERS_RESTORED = "UsersRestored"
    USERS_FAILED = "UsersFailed"
    REQUESTS = "Requests"
    THROTTLES = "Throttles"
    # Gauges: what the hourly look found, not what has happened since.
    BACKUP_AGE_HOURS = "BackupAgeHours"
    DRILL_AGE_DAYS = "DrillAgeDays"
    POOLS_VANISHED = "PoolsVanished"
    BUCKET_RISKS = "BucketRisks"
