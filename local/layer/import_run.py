"""An import job on its way: Pending, InProgress, then Succeeded, Failed or Stopped; Expired if it was never started.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html: the
statuses, the message of a job that was stopped and the one of a job with too many failures, that a row that fails does
not end the job, that the file is deleted when the job has completed or expired (at 24 hours, of "24-48").

How far a job is changes when it is described, by one status a time, so that somebody who polls sees it InProgress
whatever the clock does; a job that nobody describes ends with some later call.

Assumed: the job fails with "too many" where more rows failed or were skipped than were imported, after all of them were
looked at (published: 14 imported, 32 failed, https://github.com/aws-solutions/
cognito-user-profiles-export-reference-architecture/issues/9). The messages of other ends are ours: nothing may decide
by them. Stopping keeps what was imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .import_file import Row, Unreadable, rows_of
from .import_logs import NO_ROLE, can_write, write
from .import_rows import NO_MATCH, row_problem
from .import_settings import ImportSettings
from .import_users import Names, attributes_of, make_user
from .operations import Json, kept, now

CREATED, PENDING, IN_PROGRESS, STOPPING = "Created", "Pending", "InProgress", "Stopping"
STOPPED, SUCCEEDED, FAILED, EXPIRED = "Stopped", "Succeeded", "Failed", "Expired"
ACTIVE = frozenset({PENDING, IN_PROGRESS, STOPPING})

TOO_MANY = "Too many users have failed or been skipped during the import."
WAS_STOPPED = "The Import Job was stopped by the developer."
ALL_DONE = "The import job completed."
INTERNAL = "The import failed with an internal error."

IMPORTED, SKIPPED, NOT_IMPORTED = "ImportedUsers", "SkippedUsers", "FailedUsers"
LABELS = {IMPORTED: "SUCCEEDED", SKIPPED: "SKIPPED", NOT_IMPORTED: "FAILED"}


@dataclass(slots=True)
class Job:
    """`shown` is what Cognito tells of it (UserImportJobType); the rest is how it is done here."""

    shown: Json
    query: str
    upload_until: float
    content: bytes | None = None
    rows: list[Row] = field(default_factory=list)
    done: int = 0
    began: float = 0.0
    problem: str = ""

    @property
    def status(self) -> str:
        return str(self.shown["Status"])

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    def end(self, status: str, message: str) -> None:
        self.shown.update(Status=status, CompletionDate=now(), CompletionMessage=message)
        self.content, self.rows = None, []


def jobs_of(pool: Json) -> dict[str, Job]:
    """The pool's import jobs by id, oldest first."""
    return kept(pool, "import_jobs")


def start(job: Job) -> None:
    job.shown.update(Status=PENDING, StartDate=now())


def stop(job: Job) -> None:
    if job.status == PENDING:
        job.end(STOPPED, WAS_STOPPED)
    else:
        job.shown["Status"] = STOPPING


def advance(pool: Json, job: Job, settings: ImportSettings, *, described: bool) -> None:
    """Takes the job as far as it is due, within a request of the pool's account and Region."""
    if job.status == CREATED and now() - job.shown["CreationDate"] >= settings.start_within_seconds:
        job.shown["Status"], job.content = EXPIRED, None
    if not job.is_active:
        return
    waited = now() - job.shown["StartDate"]
    may_change = described or waited >= settings.unwatched_seconds
    if job.status == PENDING and may_change and waited >= settings.delay_seconds:
        _begin(pool, job, settings)
    elif job.status == STOPPING and may_change:
        job.end(STOPPED, WAS_STOPPED)
    elif job.status == IN_PROGRESS:
        _work(pool, job, settings, may_end=may_change)


def _begin(pool: Json, job: Job, settings: ImportSettings) -> None:
    job.shown["Status"], job.began = IN_PROGRESS, now()
    if not can_write(pool, job.shown):
        job.problem = NO_ROLE
        return
    try:
        algorithm = job.shown.get("PasswordHashingAlgorithm")
        job.rows = rows_of(job.content or b"", pool, settings, has_hashes=algorithm is not None)
    except Unreadable as unreadable:
        job.problem = str(unreadable)
    if settings.rows_per_second is None:
        _import(pool, job, settings, len(job.rows) // 2)


def _work(pool: Json, job: Job, settings: ImportSettings, *, may_end: bool) -> None:
    if job.problem:
        if may_end:
            job.end(FAILED, job.problem)
        return
    if settings.rows_per_second is not None:
        _import(pool, job, settings, min(len(job.rows), int((now() - job.began) * settings.rows_per_second)))
    elif may_end:
        _import(pool, job, settings, len(job.rows))
    if not may_end:
        return
    if _gives_up(job, settings):
        job.end(FAILED, TOO_MANY)
    elif job.done == len(job.rows):
        _finish(job, settings)


def _finish(job: Job, settings: ImportSettings) -> None:
    if settings.finish_as_failed:
        job.end(FAILED, INTERNAL)
    elif job.shown[SKIPPED] + job.shown[NOT_IMPORTED] > job.shown[IMPORTED]:
        job.end(FAILED, TOO_MANY)
    else:
        job.end(SUCCEEDED, ALL_DONE)


def _gives_up(job: Job, settings: ImportSettings) -> bool:
    limit = settings.give_up_after
    return limit is not None and job.shown[SKIPPED] + job.shown[NOT_IMPORTED] >= limit


def _import(pool: Json, job: Job, settings: ImportSettings, until: int) -> None:
    """The rows that were not yet looked at, up to that number of them in all."""
    if until <= job.done:
        return
    names, lines = Names(pool), []
    while job.done < until and not _gives_up(job, settings):
        row = job.rows[job.done]
        job.done += 1
        outcome, why = _outcome(pool, job, row, names, settings)
        job.shown[outcome] += 1
        lines.append(f"[{LABELS[outcome]}] Line Number {row.line} - {why}")
    write(pool, job.shown, lines)


def _outcome(pool: Json, job: Job, row: Row, names: Names, settings: ImportSettings) -> tuple[str, str]:
    """What became of a row: which of the counts, and the reason in the log."""
    algorithm = job.shown.get("PasswordHashingAlgorithm")
    if row.values is None:
        return NOT_IMPORTED, NO_MATCH
    if problem := row_problem(pool, row.values, algorithm):
        return NOT_IMPORTED, problem
    attributes = attributes_of(pool, row.values, settings.birthdates)
    if not names.are_free(row.values["cognito:username"], attributes):
        return SKIPPED, "The user already exists."
    if settings.fail_every and job.done % settings.fail_every == 0:
        return NOT_IMPORTED, INTERNAL
    make_user(pool, row.values, attributes, algorithm)
    names.take(row.values["cognito:username"], attributes)
    return IMPORTED, "The import succeeded."
