"""Imports of users from CSV files: GetCSVHeader and the operations on import jobs.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserImportJob.html (also
Start..., Stop..., Describe... and GetCSVHeader), and
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html: one active job an
account, none in a pool without auto-verified attributes, none that was stopped again, last created first in a list. A
job without a file cannot be started: PreconditionNotMetException
(https://github.com/aws-amplify/amplify-js/issues/6416). 1,000 jobs a pool: .../developerguide/quotas.html. Meanwhile
UpdateUserPool, AddCustomAttributes and DeleteUserPool are a UserImportInProgressException: those three list it.

Assumed: what keeps a job from starting or stopping is a PreconditionNotMetException each time, the one that fits of
those that StartUserImportJob lists; "active" is one that is Pending, InProgress or Stopping, in any Region of the
account. Whoever creates a job needs iam:PassRole for its role, as for every role that is handed to a service.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import asdict, replace
from secrets import choice
from typing import Any

from . import import_run
from .concern import Answer, Call, Proceed
from .constraints import breach
from .import_file import columns
from .import_run import ACTIVE, CREATED, Job, advance, jobs_of
from .import_settings import ImportSettings
from .import_upload import presigned
from .operations import Json, Refused, answering, now, page
from .pools import pool_of_request

JOBS_PER_POOL = 1_000
NOT_WHILE_IMPORTING = frozenset({"UpdateUserPool", "AddCustomAttributes", "DeleteUserPool"})
DESCRIBES = "DescribeUserImportJob"


class Imports:
    """The concern, its settings (`import_settings.py`) and the way to a job from its upload (`import_upload.py`)."""

    def __init__(self) -> None:
        self.settings = ImportSettings()
        self._operations = {
            "GetCSVHeader": self._header,
            "CreateUserImportJob": self._create,
            "StartUserImportJob": self._start,
            "StopUserImportJob": self._stop,
            DESCRIBES: self._describe,
            "ListUserImportJobs": self._list,
        }
        self._answer = answering(self._operations)

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        pool = pool_of_request(call.user_pool_id)
        if pool is not None:
            self._advance_all(pool, call.members.get("JobId") if call.action == DESCRIBES else None)
            if call.action in NOT_WHILE_IMPORTING and any(job.is_active for job in jobs_of(pool).values()):
                return Answer.error("UserImportInProgressException", "The user pool has an import job running.")
        if call.action not in self._operations:
            return await proceed(call)
        if problem := breach(call.action, call.members):
            return Answer.error("InvalidParameterException", problem)
        return await self._answer(call, proceed)

    def control(self, method: str, body: Any) -> dict[str, Any]:
        if method == "PUT":
            self.settings = ImportSettings(**body)
        elif method == "DELETE":
            self.settings = ImportSettings()
        return asdict(self.settings)

    def take_refusal(self) -> bool:
        """Whether the next upload is to be refused; counts down."""
        left = self.settings.refuse_uploads
        self.settings = replace(self.settings, refuse_uploads=max(left - 1, 0))
        return left > 0

    def _advance_all(self, pool: Json, described: str | None) -> None:
        for identity, job in jobs_of(pool).items():
            advance(pool, job, self.settings, described=identity == described)

    def _header(self, pool: Json, _members: Mapping[str, Any]) -> Json:
        return {"UserPoolId": pool["Id"], "CSVHeader": columns(pool, self.settings)}

    def _create(self, pool: Json, members: Mapping[str, Any]) -> Json:
        role = members["CloudWatchLogsRoleArn"]
        if not may_pass(role):
            raise Refused("AccessDeniedException", f"not authorized to perform: iam:PassRole on resource: {role}")
        jobs = jobs_of(pool)
        if len(jobs) >= JOBS_PER_POOL:
            raise Refused("LimitExceededException", f"A user pool has at most {JOBS_PER_POOL} import jobs.")
        identity = "import-" + "".join(choice(string.ascii_letters + string.digits) for _ in range(10))
        query, url = presigned(pool, identity, self.settings.url_seconds)
        algorithm = members.get("PasswordHashingAlgorithm")
        shown = {
            "JobName": members["JobName"],
            "JobId": identity,
            "UserPoolId": pool["Id"],
            "PreSignedUrl": url,
            "CreationDate": now(),
            "Status": CREATED,
            "CloudWatchLogsRoleArn": role,
            "ImportedUsers": 0,
            "SkippedUsers": 0,
            "FailedUsers": 0,
            **({"PasswordHashingAlgorithm": algorithm} if algorithm else {}),
        }
        jobs[identity] = Job(shown, query, shown["CreationDate"] + self.settings.url_seconds)
        return {"UserImportJob": shown}

    def _start(self, pool: Json, members: Mapping[str, Any]) -> Json:
        job = _job(pool, members)
        if job.status != CREATED:
            raise _unmet(f"The import job cannot be started: it is {job.status}.")
        if job.content is None:
            raise _unmet(f"No csv file was uploaded for {members['JobId']}")
        if not pool.get("AutoVerifiedAttributes"):
            raise _unmet("The user pool has no auto-verified attributes.")
        if _active_in_account(pool):
            raise _unmet("Another import job is active in the account.")
        import_run.start(job)
        return {"UserImportJob": job.shown}

    def _stop(self, pool: Json, members: Mapping[str, Any]) -> Json:
        job = _job(pool, members)
        if job.status not in ACTIVE:
            raise _unmet(f"The import job cannot be stopped: it is {job.status}.")
        import_run.stop(job)
        return {"UserImportJob": job.shown}

    def _describe(self, pool: Json, members: Mapping[str, Any]) -> Json:
        return {"UserImportJob": _job(pool, members).shown}

    def _list(self, pool: Json, members: Mapping[str, Any]) -> Json:
        newest_first = [job.shown for job in reversed(jobs_of(pool).values())]
        shown, token = page(newest_first, members["MaxResults"], members.get("PaginationToken"))
        return {"UserImportJobs": shown, **({"PaginationToken": token} if token else {})}


def may_pass(role_arn: str) -> bool:
    """Whether the caller of the current request may hand that role to Cognito."""
    from ministack.core import iam_evaluator, responses

    key, region = iam_evaluator._verified_key.get(), responses.get_region()
    passed_to = {"iam:PassedToService": "cognito-idp.amazonaws.com"}
    denied = iam_evaluator.enforce(key, "iam:PassRole", "iam", region, resource_arn=role_arn, service_context=passed_to)
    return denied is None


def _active_in_account(pool: Json) -> bool:
    from ministack.services import cognito

    account = pool["Arn"].split(":")[4]
    pools = [other for (owner, _, _), other in cognito._user_pools.all_items() if owner == account]
    return any(job.is_active for other in pools for job in jobs_of(other).values())


def _job(pool: Json, members: Mapping[str, Any]) -> Job:
    try:
        return jobs_of(pool)[members["JobId"]]
    except KeyError:
        raise Refused("ResourceNotFoundException", f"Import job {members['JobId']} does not exist.") from None


def _unmet(message: str) -> Refused:
    return Refused("PreconditionNotMetException", message)
