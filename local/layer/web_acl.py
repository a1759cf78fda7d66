"""Web ACLs of user pools, as AWS WAF answers for them.

Sources: https://docs.aws.amazon.com/waf/latest/APIReference/API_GetWebACLForResource.html: the answer for a resource
without a web ACL has none, where the emulator has an error; WAFNonexistentItemException is for a resource that does not
exist. The permission-only actions of Cognito that go with those of WAF, on the pool:
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html.
"""

from __future__ import annotations

import json
from typing import Any

from .concern import Response, ServiceHandler
from .pools import pool_of_request

PERMISSION_OF_POOL = frozenset({"GetWebACLForResource", "AssociateWebACL", "DisassociateWebACL"})


def web_acls_of_pools(waf: ServiceHandler) -> ServiceHandler:
    """The emulator's WAF, with what concerns user pools done as AWS does it."""

    async def handler(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        arn = str(json.loads(body or b"{}").get("ResourceArn", "")) if action in PERMISSION_OF_POOL else ""
        if ":cognito-idp:" not in arn:
            return await waf(method, path, headers, body, query)
        if not _is_allowed(f"cognito-idp:{action}", arn, headers, query):
            return _denied(f"cognito-idp:{action}", arn)
        if pool_of_request(arn.rpartition("/")[2]) is None:
            return _error("WAFNonexistentItemException", f"{arn} does not exist.")
        status, told, answer = await waf(method, path, headers, body, query)
        if action != "GetWebACLForResource":
            return status, told, answer
        if status == 400 and b"WAFNonexistentItemException" in answer:
            return 200, told, b"{}"
        acl = json.loads(answer).get("WebACL", {}).get("ARN", "")
        if acl and not _is_allowed("wafv2:GetWebACL", acl, headers, query):
            return _denied("wafv2:GetWebACL", acl)
        return status, told, answer

    return handler


def _is_allowed(action: str, arn: str, headers: dict[str, str], query: dict[str, Any]) -> bool:
    from ministack.core import iam_evaluator, router

    key, region = router.extract_access_key_id(headers, query), router.extract_region(headers, query)
    return iam_evaluator.enforce(key, action, action.partition(":")[0], region, resource_arn=arn) is None


def _denied(action: str, arn: str) -> Response:
    return _error("AccessDeniedException", f"not authorized to perform: {action} on resource: {arn}")


def _error(name: str, message: str) -> Response:
    body = json.dumps({"__type": name, "Message": message, "message": message}).encode()
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, body
