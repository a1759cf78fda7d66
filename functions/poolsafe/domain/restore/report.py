"""The verdict on a restore, and the report that explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .difference import Skipped
from .outcome import Kind, Result, user_counts

COMPLETE = "COMPLETE"
PARTIAL = "PARTIAL"
FAILED = "FAILED"
DRY_RUN = "DRY_RUN"

NOT_RESTORABLE = (
    "Passwords, TOTP secrets, passkeys, remembered devices and refresh tokens: Cognito gives them to nobody. "
    "Users get a new password in the way that credentials says, and enrol again.",
    "Second factors other than SMS and e-mail: their users enrol anew. Remembered devices are forgotten.",
    "sub: Cognito makes a new one. sub_map.parquet maps the old to the new.",
    "Status and dates: a restored user has the status of its credential, and is created and modified now.",
    "Federated users: no API creates them. They come back when they sign in, or as local users that are linked.",
)


@dataclass(frozen=True, slots=True)
class Run:
    """All that the states of a restore have counted."""

    counts: Mapping[str, Mapping[str, int]]
    failures: Mapping[str, int]
    declared: Mapping[str, int]
    undeclared: Mapping[str, int]
    asked_again: int
    configuration: Mapping[str, Any] | None = None

    @property
    def undeclared_configuration(self) -> Mapping[str, int]:
        """Settings that differ and nobody knows why, by section."""
        undeclared: Mapping[str, int] = (self.configuration or {}).get("undeclared", {})
        return undeclared

    @property
    def gaps(self) -> int:
        """Things of the configuration that could not be made, and sections that could not be read back."""
        told = self.configuration or {}
        return int(told.get("gaps", 0)) + len(told.get("not_compared", ()))

    @property
    def failed(self) -> int:
        """Failed users, groups and memberships."""
        return sum(counts.get(Result.FAILED, 0) for counts in self.counts.values())

    def too_many_failed(self, max_failed_percent: float) -> bool:
        """Whether the failed users are more than the request allows."""
        users = user_counts({kind: dict(counts) for kind, counts in self.counts.items()})
        return users[Result.FAILED] * 100 > max_failed_percent * sum(users.values())

    def status(self, max_failed_percent: float) -> str:
        """COMPLETE is never said over a failure or an undeclared difference."""
        if self.undeclared or self.undeclared_configuration or self.too_many_failed(max_failed_percent):
            return FAILED
        return PARTIAL if self.failed or self.declared.get(Skipped.DIFFERS) or self.gaps else COMPLETE


def restore_report(
    plan: Mapping[str, Any], run: Run, status: str, started_at: str, ended_at: str, files: Mapping[str, str]
) -> dict[str, Any]:
    """The report as `schemas/restore.report.json`."""
    return {
        "status": status,
        "restore_id": plan["restore_id"],
        "snapshot": plan["snapshot"],
        "target_user_pool_id": plan["target_user_pool_id"],
        "window": {"started_at": started_at, "ended_at": ended_at},
        "counts": {kind.value: dict(run.counts.get(kind, {})) for kind in Kind},
        "failures": dict(run.failures),
        "verification": {
            "passed": not (run.undeclared or run.undeclared_configuration),
            "declared_differences": dict(run.declared),
            "undeclared_differences": dict(run.undeclared),
            "users_asked_about_again": run.asked_again,
        },
        "configuration": dict(run.configuration) if run.configuration else None,
        "plan": dict(plan),
        "not_restorable": list(NOT_RESTORABLE),
        "files": dict(files),
    }


def dry_run_report(plan: Mapping[str, Any], started_at: str, ended_at: str, files: Mapping[str, str]) -> dict[str, Any]:
    """The report of a restore that only planned."""
    return {
        "status": DRY_RUN,
        "restore_id": plan["restore_id"],
        "snapshot": plan["snapshot"],
        "target_user_pool_id": plan["target_user_pool_id"],
        "window": {"started_at": started_at, "ended_at": ended_at},
        "plan": dict(plan),
        "not_restorable": list(NOT_RESTORABLE),
        "files": dict(files),
    }


def planned_counts(plan: Mapping[str, Any]) -> dict[str, int]:
    """The result's `counts` as a dry run foresees them."""
    users = plan["users"]
    return {
        "created": users["create"],
        "updated": users["update"],
        "skipped": users["skip"],
        "deferred": users["defer"],
        "failed": users["fail"],
    }
