"""What the policies of buckets see of a request, and of whom.

- Of a role's session `aws:PrincipalArn` is the ARN of the role
  (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn);
  the emulator says that of the session, so that every policy which spares a role strikes it.
- Of a write `s3:x-amz-server-side-encryption-aws-kms-key-id`, `s3:x-amz-server-side-encryption-customer-algorithm`,
  `s3:object-lock-mode` and `s3:object-lock-retain-until-date` are what the headers say, and absent without them
  (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html); of an upload in parts, what
  it was begun with.
- A bucket's policy can deny things to root of the bucket's account, but not GetBucketPolicy, PutBucketPolicy and
  DeleteBucketPolicy (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html). The emulator asks
  nothing of root.
"""

from __future__ import annotations

import functools
from typing import Any

HEADERS = {
    "x-amz-server-side-encryption-customer-algorithm": "s3:x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-aws-kms-key-id": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
}
WRITES = ("s3:PutObject", "s3:PutObjectRetention")
#: Of a bucket's policy; root of the account may always use them.
ALWAYS_ROOTS = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")


def see_conditions() -> None:
    """Takes its place in the emulator."""
    from ministack.core import iam_actions, iam_evaluator

    iam_evaluator._resolve_condition_key = _naming_roles(iam_evaluator._resolve_condition_key)
    iam_actions.s3_service_context = _seeing_headers(iam_actions.s3_service_context)
    iam_evaluator.enforce = _asking_of_root(iam_evaluator.enforce)


def _naming_roles(resolve: Any) -> Any:
    @functools.wraps(resolve)
    def resolved(key: str, context: Any) -> Any:
        found = resolve(key, context)
        return role_of(str(found)) if key.lower() == "aws:principalarn" and found else found

    return resolved


def role_of(principal: str) -> str:
    """The ARN of the role whose session that is; of anything else, itself."""
    from ministack.services import iam

    parts = principal.split(":", 5)
    if len(parts) < 6 or parts[2] != "sts" or not parts[5].startswith("assumed-role/"):
        return principal
    name = parts[5].split("/")[1]
    role = iam._roles.get_scoped(parts[4], None, name) or {}
    return str(role.get("Arn") or f"arn:aws:iam::{parts[4]}:role/{name}")


def _seeing_headers(context: Any) -> Any:
    @functools.wraps(context)
    def seen(action: str, query: Any, path: str = "", headers: Any = None, **others: Any) -> dict[str, Any]:
        found = dict(context(action, query, path, headers, **others) or {})
        if action in WRITES:
            told = {str(name).lower(): value for name, value in (_of_upload(query) or headers or {}).items()}
            found.update({key: told[header] for header, key in HEADERS.items() if told.get(header)})
        return found

    return seen


def _of_upload(query: Any) -> dict[str, Any]:
    """What an upload in parts was begun with: its parts and its completion carry no headers."""
    from ministack.services import s3

    named = (query or {}).get("uploadId")
    upload = s3._multipart_uploads.get(named[0] if isinstance(named, list) else named) if named else None
    begun: dict[str, Any] = upload["preserved_headers"] if upload and upload.get("requested_sse") else {}
    return begun


def _asking_of_root(enforce: Any) -> Any:
    @functools.wraps(enforce)
    def enforced(
        access_key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        refused = enforce(access_key, action, service, region, resource_arn, service_context)
        if refused is not None or service != "s3" or not access_key or action in ALWAYS_ROOTS:
            return refused
        return _denied_to_root(access_key, action, region, resource_arn, service_context or {})

    return enforced


def _denied_to_root(access_key: str, action: str, region: str, resource: str, told: dict[str, Any]) -> Any:
    from ministack.core import iam_evaluator, responses

    account = responses.get_account_id()
    principal = iam_evaluator.resolve_principal(access_key, account)
    found = iam_evaluator._resource_policy("s3", resource)
    if getattr(principal, "policies", ()) is not None or found is None:
        return None
    asked = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=region,
        service_context={name.lower(): value for name, value in told.items()},
    )
    decided = iam_evaluator.evaluate_resource_policy(found[0], asked)
    if decided.decision != "Deny":
        return None
    decided.principal_arn, decided.resource_policy_arn = principal.arn, resource
    return decided
