"""Imports of users from CSV files, in memory: the rules of `local/layer/import_*.py`, with its sources and assumptions.

A job's file comes by `FakeWeb.upload` to the address that CreateUserImportJob gave. How far a job is changes when it is
described: at the first time it is InProgress with half of its rows worked off, and at the `describes_until_done`-th it
is at its end. A job that nobody describes ends by itself, with the first import call after `unwatched_seconds`. With
`rows_per_second` it is the clock that decides instead.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from poolsafe.adapters.aws import translate
from poolsafe.domain.records import CONFIRMED, RESET_REQUIRED, User
from poolsafe.domain.target import TargetPool
from poolsafe.errors import Rejected, ServiceUnavailable
from tests.fake_names import ADDRESSES, BOOLEANS, FORMS, is_of_its_type, lowered, names_of, says_verified
from tests.fakes import PASSWORDLESS, Account, FakeClock, FakeUserPool

Members = dict[str, Any]

USERNAME, MFA = "cognito:username", "cognito:mfa_enabled"
ENCRYPTION = ("x-amz-server-side-encryption", "aws:kms")
CREATED, PENDING, IN_PROGRESS = "Created", "Pending", "InProgress"
SUCCEEDED, FAILED, EXPIRED = "Succeeded", "Failed", "Expired"
IMPORTED, SKIPPED, NOT_IMPORTED = "ImportedUsers", "SkippedUsers", "FailedUsers"
#: How long an address takes a file, and how long a job can be started.
URL_SECONDS, START_SECONDS = 899, 24 * 3600
ROW_CHARACTERS, FILE_BYTES, VALUE_BYTES, USERNAME_CHARACTERS = 16_000, 100_000_000, 2048, 128
JOBS_PER_POOL = 1_000
BIRTHDATE = re.compile(r"(0[1-9]|1[0-2])/(0[1-9]|[12]\d|3[01])/\d{4}", re.ASCII)


def _no_row(username: str) -> bool:
    """The `fail_rows` of an import that works."""
    return False


@dataclass
class ImportJob:
    """`told` is what Cognito tells of it (UserImportJobType); the rest is how it is done here. Rows are by column."""

    told: Members
    pool: FakeUserPool
    created: float
    started: float = 0.0
    content: bytes | None = None
    rows: list[Mapping[str, str] | None] = field(default_factory=list)
    done: int = 0
    described: int = 0

    @property
    def is_active(self) -> bool:
        return self.told["Status"] in (PENDING, IN_PROGRESS)

    def end(self, status: str, message: str, clock: FakeClock) -> None:
        self.told.update(Status=status, CompletionDate=clock.now().isoformat(), CompletionMessage=message)
        self.content, self.rows = None, []


@dataclass
class FakeImports:
    """The import jobs of one account.

    A row whose username `fail_rows` holds for fails with an internal error. `job_ends` is "Succeeded", or "Failed" with
    the second half of the rows never looked at. `is_busy` is somebody else's job that is active in the account;
    `refuse_uploads` are the next uploads that are answered with HTTP 503.
    """

    fail_rows: Callable[[str], bool] = _no_row
    job_ends: str = SUCCEEDED
    describes_until_done: int = 2
    unwatched_seconds: float = 600
    rows_per_second: float | None = None
    max_rows: int = 500_000
    refuse_uploads: int = 0
    is_busy: bool = False
    jobs: dict[str, ImportJob] = field(default_factory=dict)

    def is_importing(self, pool_id: str) -> bool:
        return any(job.is_active for job in self._jobs_of(pool_id))

    def create(self, pool: FakeUserPool, members: Members, region: str, clock: FakeClock) -> ImportJob:
        """CreateUserImportJob."""
        assert "PasswordHashingAlgorithm" not in members, "no hashes are imported here"
        self._settle(clock)
        if len(self._jobs_of(pool.user_pool_id)) >= JOBS_PER_POOL:
            _refuse("CreateUserImportJob", "LimitExceededException")
        job_id = f"import-{len(self.jobs):010d}"
        told = {
            "JobName": members["JobName"],
            "JobId": job_id,
            "UserPoolId": pool.user_pool_id,
            "PreSignedUrl": f"https://{region}.example.net/{pool.user_pool_id}/{job_id}?X-Amz-Signature={uuid.uuid4()}",
            "CreationDate": clock.now().isoformat(),
            "Status": CREATED,
            "CloudWatchLogsRoleArn": members["CloudWatchLogsRoleArn"],
            IMPORTED: 0,
            SKIPPED: 0,
            NOT_IMPORTED: 0,
        }
        self.jobs[job_id] = ImportJob(told, pool, clock.monotonic())
        return self.jobs[job_id]

    def start(self, pool: FakeUserPool, job_id: str, clock: FakeClock) -> Members:
        """StartUserImportJob."""
        job = self._job("StartUserImportJob", pool, job_id, clock)
        is_busy = self.is_busy or any(other.is_active for other in self.jobs.values())
        if (
            job.told["Status"] != CREATED
            or job.content is None
            or not pool._described().get("AutoVerifiedAttributes")
            or is_busy
        ):
            _refuse("StartUserImportJob", "PreconditionNotMetException")
        job.told.update(Status=PENDING, StartDate=clock.now().isoformat())
        job.started = clock.monotonic()
        return job.told

    def describe(self, pool: FakeUserPool, job_id: str, clock: FakeClock) -> Members:
        """DescribeUserImportJob."""
        job = self._job("DescribeUserImportJob", pool, job_id, clock)
        if job.is_active:
            job.described += 1
            if self.rows_per_second is not None:
                self._go_on(job, self.rows_per_second, clock)
                return job.told
            self._begin(job)
            if job.described >= self.describes_until_done:
                self._finish(job, clock)
        return job.told

    def newest_first(self, pool: FakeUserPool, clock: FakeClock) -> list[Members]:
        """What ListUserImportJobs tells."""
        self._settle(clock)
        return [job.told for job in reversed(self._jobs_of(pool.user_pool_id))]

    def take(self, job: ImportJob, content: bytes, headers: Mapping[str, str], clock: FakeClock) -> None:
        """A PUT to the job's address, answered as Amazon S3 does. Until the job is started the last file counts."""
        if self.refuse_uploads:
            self.refuse_uploads -= 1
            raise ServiceUnavailable("PUT: HTTP 503.")
        signed = {name.lower(): value for name, value in headers.items() if name.lower().startswith("x-amz-")}
        if signed != dict([ENCRYPTION]) or clock.monotonic() - job.created >= URL_SECONDS:
            raise Rejected("PUT", "HTTP 403")
        if job.told["Status"] == CREATED:
            job.content = content

    def _jobs_of(self, pool_id: str) -> list[ImportJob]:
        return [job for job in self.jobs.values() if job.pool.user_pool_id == pool_id]

    def _job(self, operation: str, pool: FakeUserPool, job_id: str, clock: FakeClock) -> ImportJob:
        self._settle(clock)
        job = self.jobs.get(job_id)
        if job is None or job.pool is not pool:
            _refuse(operation, "ResourceNotFoundException")
        return job

    def _settle(self, clock: FakeClock) -> None:
        """End what has been left alone for long enough."""
        for job in self.jobs.values():
            if job.told["Status"] == CREATED and clock.monotonic() - job.created >= START_SECONDS:
                job.told["Status"], job.content = EXPIRED, None
            if job.is_active and self.rows_per_second is not None:
                self._go_on(job, self.rows_per_second, clock)
            elif job.is_active and clock.monotonic() - job.started >= self.unwatched_seconds:
                self._begin(job)
                self._finish(job, clock)

    def _begin(self, job: ImportJob) -> None:
        if job.told["Status"] != PENDING:
            return
        job.told["Status"] = IN_PROGRESS
        job.rows = list(_rows(job.content or b"", header(job.pool), self.max_rows))
        self._work(job, len(job.rows) // 2)

    def _go_on(self, job: ImportJob, speed: float, clock: FakeClock) -> None:
        if job.told["Status"] == PENDING:
            job.told["Status"] = IN_PROGRESS
            job.rows = list(_rows(job.content or b"", header(job.pool), self.max_rows))
        until = int((clock.monotonic() - job.started) * speed)
        self._work(job, max(job.done, min(until, len(job.rows))))
        if until >= len(job.rows):
            self._finish(job, clock)

    def _finish(self, job: ImportJob, clock: FakeClock) -> None:
        if not job.is_active:
            return
        if not job.rows:
            job.end(FAILED, "Unable to parse the CSV file.", clock)
        elif self.job_ends == FAILED:
            job.end(FAILED, "The import failed with an internal error.", clock)
        else:
            self._work(job, len(job.rows))
            if job.told[SKIPPED] + job.told[NOT_IMPORTED] > job.told[IMPORTED]:
                job.end(FAILED, "Too many users have failed or been skipped during the import.", clock)
            else:
                job.end(SUCCEEDED, "The import job completed.", clock)

    def _work(self, job: ImportJob, until: int) -> None:
        described = job.pool._described()
        target = TargetPool.of(described)
        taken = {name for account in job.pool.accounts.values() for name in _names(target, account.user)}
        for row in job.rows[job.done : until]:
            job.told[self._outcome(job.pool, described, target, taken, row)] += 1
        job.done = until

    def _outcome(
        self,
        pool: FakeUserPool,
        described: Mapping[str, Any],
        target: TargetPool,
        taken: set[str],
        row: Mapping[str, str] | None,
    ) -> str:
        if row is None or not _is_good(described, target, row):
            return NOT_IMPORTED
        user = _user(described, target, row, pool.clock.now())
        if taken & {target.fold(row[USERNAME]), *_names(target, user)}:
            return SKIPPED
        if self.fail_rows(row[USERNAME]):
            return NOT_IMPORTED
        pool.accounts[user.username] = Account(user)
        taken.update(_names(target, user))
        return IMPORTED


def _names(target: TargetPool, user: User) -> Iterator[str]:
    yield target.fold(user.username)
    yield from names_of(target, user)


def header(pool: FakeUserPool) -> list[str]:
    """What GetCSVHeader tells: every attribute that is not Cognito's own to set, and two columns beside them."""
    names = [told["Name"] for told in pool._described()["SchemaAttributes"]]
    return [*(name for name in names if name not in ("sub", "identities")), MFA, USERNAME]


def _rows(content: bytes, columns: list[str], max_rows: int) -> Iterator[Mapping[str, str] | None]:
    """A row with more or fewer values than columns is None; a file that is refused as a whole has no rows."""
    try:
        lines = re.split(r"\r\n|\n|\r", content.decode())
    except UnicodeDecodeError:
        return
    while lines and not lines[-1]:
        lines.pop()
    named = _values(lines[0]) if lines else []
    is_whole = len(content) <= FILE_BYTES and len(lines) - 1 <= max_rows
    if not is_whole or sorted(named) != sorted(columns) or any(len(line) > ROW_CHARACTERS for line in lines):
        return
    for line in lines[1:]:
        values = _values(line)
        yield dict(zip(named, values, strict=True)) if len(values) == len(named) else None


def _values(line: str) -> list[str]:
    return [value.replace("\\,", ",").strip() for value in re.split(r"(?<!\\),", line)]


def _is_good(described: Mapping[str, Any], target: TargetPool, row: Mapping[str, str]) -> bool:
    """Whether a user can be made of a row."""
    name = row[USERNAME]
    if any(len(value) > 1 and value[0] == value[-1] == '"' for value in row.values()):
        return False
    if not 0 < len(name) <= USERNAME_CHARACTERS or any(unicodedata.category(sign)[0] not in "LMSNP" for sign in name):
        return False
    wrong = {"ON": "false", "OFF": "true"}.get(described.get("MfaConfiguration", "OFF"))
    if row[MFA].lower() not in ("", *BOOLEANS) or row[MFA].lower() == wrong:
        return False
    if not all(_fits(told, row[told["Name"]]) for told in described["SchemaAttributes"] if told["Name"] in row):
        return False
    if any(says_verified(row, address) and not FORMS[address].fullmatch(row[address]) for address in ADDRESSES):
        return False
    if not any(says_verified(row, address) for address in described.get("AutoVerifiedAttributes") or ()):
        return False
    return _fits_as_a_name(described, target, row)


def _fits(attribute: Mapping[str, Any], value: str) -> bool:
    if not value:
        return not attribute.get("Required")
    if len(value.encode()) > VALUE_BYTES:
        return False
    if attribute["Name"] == "birthdate":
        return BIRTHDATE.fullmatch(value) is not None
    # An address has to look like one where it is verified.
    if attribute["Name"] not in ADDRESSES and not is_of_its_type(attribute, value):
        return False
    limits = attribute.get("StringAttributeConstraints") or {}
    return int(limits.get("MinLength", 0)) <= len(value) <= int(limits.get("MaxLength", VALUE_BYTES))


def _fits_as_a_name(described: Mapping[str, Any], target: TargetPool, row: Mapping[str, str]) -> bool:
    """The name is an address where addresses are names, and the column of that address the same or empty."""
    name = row[USERNAME]
    if described.get("UsernameAttributes"):
        named_by = _named_by(described, name)
        return named_by is not None and target.fold(row[named_by]) in ("", target.fold(name))
    return not any(
        FORMS[alias].fullmatch(name) for alias in described.get("AliasAttributes") or () if alias in ADDRESSES
    )


def _named_by(described: Mapping[str, Any], name: str) -> str | None:
    """Which attribute the value of `cognito:username` is, in a pool where addresses are names."""
    return next((one for one in described.get("UsernameAttributes") or () if FORMS[one].fullmatch(name)), None)


def _user(described: Mapping[str, Any], target: TargetPool, row: Mapping[str, str], now: datetime) -> User:
    """The user of a row that is good. A birthdate stays as the file has it, and the MFA column leaves no preference."""
    kinds = {told["Name"]: told.get("AttributeDataType", "String") for told in described["SchemaAttributes"]}
    attributes = {
        name: value.lower() if kinds[name] == "Boolean" else value
        for name, value in row.items()
        if value and name in kinds
    }
    if named_by := _named_by(described, row[USERNAME]):
        attributes[named_by] = row[USERNAME]
    sub = str(uuid.uuid4())
    username = sub if described.get("UsernameAttributes") else target.fold(row[USERNAME])
    first = ((described.get("Policies") or {}).get("SignInPolicy") or {}).get("AllowedFirstAuthFactors") or ()
    is_usable = any(attributes.get(PASSWORDLESS.get(factor, "")) for factor in first)
    status = CONFIRMED if is_usable else RESET_REQUIRED
    return User(username, sub, status, True, now, now, lowered(target, attributes))


def _refuse(operation: str, code: str) -> NoReturn:
    raise translate(operation, code, 400)
