"""The role of an import job, and the lines it writes to CloudWatch Logs.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html, "Creating
the CloudWatch Logs IAM role" and "Viewing the results": group, stream and the three kinds of line, which name users by
line number and hold nothing of theirs. A role that cannot be assumed, has not the permissions or is gone fails the job.

Assumed: the four permissions of the documented policy are all needed, and looked at when the job begins; conditions of
the trust policy are not looked at.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from .operations import Json

SERVICE = "cognito-idp.amazonaws.com"
#: Permission, and whether it is for a stream rather than for the group.
NEEDED = {
    "logs:CreateLogGroup": False,
    "logs:DescribeLogStreams": False,
    "logs:CreateLogStream": True,
    "logs:PutLogEvents": True,
}
NO_ROLE = "The CloudWatch Logs role cannot be assumed, or has not the permissions it needs."


def can_write(pool: Json, job: Json) -> bool:
    """Whether Cognito can write the job's log with the role that the job names."""
    from ministack.core import iam_evaluator
    from ministack.services import iam

    role_arn = job["CloudWatchLogsRoleArn"]
    account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    role = iam._roles.get_scoped(account, None, name)
    if role is None or not _trusts_cognito(role["AssumeRolePolicyDocument"]):
        return False
    group, stream = log_of(pool, job)
    home = pool["Arn"].split(":")
    arn = f"arn:aws:logs:{home[3]}:{home[4]}:log-group:{group}"
    policies = iam_evaluator._gather_role_policies(name, account)
    contexts = [
        iam_evaluator.EvalContext(
            principal_arn=role_arn,
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=f"{arn}:log-stream:{stream}" if in_stream else arn,
            region=home[3],
        )
        for action, in_stream in NEEDED.items()
    ]
    return all(iam_evaluator.evaluate(context, policies).decision == "Allow" for context in contexts)


def write(pool: Json, job: Json, lines: Sequence[str]) -> None:
    """Within a request, whose account and Region the log is in. What is there already is not made again."""
    from ministack.services import cloudwatch_logs

    group, stream = log_of(pool, job)
    named = {"logGroupName": group, "logStreamName": stream}
    cloudwatch_logs._create_log_group(named)
    cloudwatch_logs._create_log_stream(named)
    at = int(time.time() * 1000)
    cloudwatch_logs._put_log_events({**named, "logEvents": [{"timestamp": at, "message": line} for line in lines]})


def log_of(pool: Json, job: Json) -> tuple[str, str]:
    return f"/aws/cognito/userpools/{pool['Id']}/{pool['Name']}", f"{job['JobId']}/{job['JobName']}"


def _trusts_cognito(document: str | Json) -> bool:
    trust = json.loads(document) if isinstance(document, str) else document
    statements = trust.get("Statement") or []
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") or {}
        services = principal.get("Service") if isinstance(principal, dict) else None
        trusted = [services] if isinstance(services, str) else services or []
        if statement.get("Effect") == "Allow" and SERVICE in trusted:
            return True
    return False
