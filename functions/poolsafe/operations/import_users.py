"""Cognito's own import: CSV files from the plan, one job at a time, and no trust in a job's word.

    write    the planned users as files that Cognito takes (import_files.py): each is a batch
    start    a job for one file: the one an earlier attempt started, or create, upload, start
    check    until it has ended; a job that made nobody stops the restore
             meanwhile the lanes give those of earlier batches what no file can (domain/restore/order.py)
    then     the target is listed, and who is not in it was not imported, whatever the job says

Only one job may be active in an account [DG cognito-user-pools-using-import-tool]; while another is, this one waits.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..domain.snapshot import RestorePaths
from ..errors import ImportFailed, NotFound, PoolNotFound, Rejected, Unexpected
from ..ports import Clock, ObjectStore, ServiceApi, Web

#: Cognito's statuses of a job [API UserImportJobType].
CREATED, SUCCEEDED = "Created", "Succeeded"
UNDER_WAY = frozenset({"Pending", "InProgress", "Stopping"})
#: An upload address is good for 15 minutes [API CreateUserImportJob]; it is not used in the last of them.
ADDRESS_LASTS = timedelta(minutes=14)
ENCRYPTED = {"x-amz-server-side-encryption": "aws:kms"}
#: What StartUserImportJob says while another job is active, or without a file.
NOT_NOW = "PreconditionNotMetException"
#: Seconds between two looks at a job: each time twice as long.
FIRST_WAIT, LONGEST_WAIT = 5, 600
#: Five minutes each: for a day in all, somebody else's jobs may go first.
MOST_WAITS = 288
FULL_PAGE = 60


def ask(cognito: ServiceApi, user_pool_id: str, operation: str, **members: Any) -> dict[str, Any]:
    """One call about a pool's imports. Raises PoolNotFound where the pool, or the job that is named, is not there."""
    try:
        return cognito.call(operation, UserPoolId=user_pool_id, **members)
    except NotFound:
        job = f", or its import job {members['JobId']}," if "JobId" in members else ""
        raise PoolNotFound(f"The target {user_pool_id}{job} is gone. Start a new restore.") from None


def import_key(paths: RestorePaths, number: int) -> str:
    return f"{paths.import_files}{number:05d}.csv"


@dataclass(frozen=True, slots=True)
class ImportJobs:
    """The jobs of one restore. `logs_role_arn` is the role that Cognito logs with."""

    cognito: ServiceApi
    web: Web
    store: ObjectStore
    clock: Clock
    user_pool_id: str
    paths: RestorePaths
    logs_role_arn: str

    def start(self, number: int, waits: int) -> dict[str, Any]:
        """A job for one file: `{"job_id", "started", "waits"}`. Not started: another is active. Raises ImportFailed."""
        found = self.store.get(import_key(self.paths, number))
        if found is None:
            raise Unexpected(f"{import_key(self.paths, number)} is gone. Start the restore again.")
        # The same file has the same job; one of a later plan of this restore has another.
        digest = hashlib.sha256(found.content).hexdigest()[:8]
        name = f"poolsafe-{self.paths.restore_id}-{number:05d}.{digest}"
        jobs = [job for job in self._jobs() if job["JobName"] == name]
        for job in jobs:
            if job["Status"] in UNDER_WAY or job["Status"] == SUCCEEDED or job.get("ImportedUsers"):
                return {"job_id": job["JobId"], "started": True, "waits": waits}
        waiting = [job for job in jobs if self._takes_a_file(job)]
        job = waiting[0] if waiting else self._created(name)
        job_id = str(job["JobId"])
        self._upload(job["PreSignedUrl"], found.content)
        try:
            ask(self.cognito, self.user_pool_id, "StartUserImportJob", JobId=job_id)
        except Rejected as error:
            if error.code != NOT_NOW:
                raise self._failed(job_id, str(error)) from None
            if waits >= MOST_WAITS:
                raise self._failed(
                    job_id,
                    "another import job of this account has been active for a day, or keeps this one from starting",
                ) from None
            return {"job_id": job_id, "started": False, "waits": waits + 1}
        return {"job_id": job_id, "started": True, "waits": waits}

    def check(self, job_id: str, wait_seconds: int, rows: int) -> dict[str, Any]:
        """`{"ended", "wait_seconds"}` of a job with so many rows. Raises ImportFailed for one that made nobody."""
        job = ask(self.cognito, self.user_pool_id, "DescribeUserImportJob", JobId=job_id)["UserImportJob"]
        status = job["Status"]
        if status == CREATED or status in UNDER_WAY:
            return {"ended": False, "wait_seconds": self._wait(job, wait_seconds, rows)}
        if status != SUCCEEDED and not (job.get("ImportedUsers") or job.get("SkippedUsers")):
            raise self._failed(job_id, f"it ended as {status} and imported nobody")
        return {"ended": True, "wait_seconds": FIRST_WAIT}

    def _wait(self, job: Mapping[str, Any], waited: int, rows: int) -> int:
        """Twice as long as before, but no longer than the job needs at the speed it tells of (docs/unverified.md)."""
        done: int = sum(job.get(count) or 0 for count in ("ImportedUsers", "SkippedUsers", "FailedUsers"))
        wait = min(waited * 2, LONGEST_WAIT)
        if not (done and job.get("StartDate")):
            return wait
        seconds = (self.clock.now() - datetime.fromisoformat(job["StartDate"])).total_seconds()
        needed: int = math.ceil(seconds * (rows - done) / done)
        return max(FIRST_WAIT, min(wait, needed))

    def _jobs(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            answer = ask(self.cognito, self.user_pool_id, "ListUserImportJobs", MaxResults=FULL_PAGE, **token)
            found += answer.get("UserImportJobs", ())
            if not answer.get("PaginationToken"):
                return found
            token = {"PaginationToken": answer["PaginationToken"]}

    def _takes_a_file(self, job: Mapping[str, Any]) -> bool:
        age = self.clock.now() - datetime.fromisoformat(job["CreationDate"])
        return job["Status"] == CREATED and bool(job.get("PreSignedUrl")) and age < ADDRESS_LASTS

    def _created(self, name: str) -> Mapping[str, Any]:
        try:
            created = ask(
                self.cognito,
                self.user_pool_id,
                "CreateUserImportJob",
                JobName=name,
                CloudWatchLogsRoleArn=self.logs_role_arn,
            )
        except Rejected as error:
            raise self._failed("(none)", str(error)) from None
        job: Mapping[str, Any] = created["UserImportJob"]
        return job

    def _upload(self, url: str, content: bytes) -> None:
        try:
            self.web.upload(url, content, ENCRYPTED)
        except Rejected as error:
            raise self._failed("(not started)", str(error)) from None

    def _failed(self, job_id: str, what: str) -> ImportFailed:
        return ImportFailed(
            f"Import job {job_id} of {self.user_pool_id}: {what}. Groups were made, and whom earlier files brought are "
            f"there, but may lack their groups. The log group /aws/cognito/userpools/{self.user_pool_id}/ has a line "
            "for each row, by number. Mend the cause (see the user import tool in the Cognito console), then start the "
            f'restore again with the same input and "restore_id": "{self.paths.restore_id}": it gives everybody all of '
            "theirs (a redrive would find the same job ended). A new restore with other credentials does so only with "
            '"on_conflict": "update".'
        )
