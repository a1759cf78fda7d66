"""Which resource a permission has to be for, where the emulator does not see it and asks for `*`.

A request that tags a pool names it by its ARN, and that is the resource: the column "Resource types" of
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html says userpool for
TagResource, UntagResource and ListTagsForResource. `*` is right for the actions without a resource type:
CreateUserPool, ListUserPools and DescribeUserPoolDomain.

Of AWS WAF, AssociateWebACL, GetWebACLForResource and ListResourcesForWebACL are for the web ACL, DisassociateWebACL for
`*`: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html. Assumed: where a pool has no web ACL,
for one of the account's.

Tags of user pools can be conditions (`aws:ResourceTag`):
https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html.
"""

from __future__ import annotations

import functools
import json
from typing import Any

COGNITO, WAF = "cognito-idp", "wafv2"


def see_resources_in_bodies() -> None:
    """Takes its place in the emulator, which looks the function up for each request."""
    from ministack.core import iam_actions, iam_evaluator

    iam_actions.extract_resource_arn = _seeing(iam_actions.extract_resource_arn)
    iam_evaluator._resolve_condition_key = _telling_tags(iam_evaluator._resolve_condition_key)


def _seeing(extract: Any) -> Any:
    @functools.wraps(extract)
    def extracted(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],
        region: str,
        account: str,
    ) -> str:
        found: str = extract(service, method, path, headers, body, query, region, account)
        if service not in (COGNITO, WAF) or found != "*":
            return found
        try:
            members = json.loads(body or b"{}")
            named = str(members.get("ResourceArn", ""))
        except (ValueError, AttributeError):
            return found
        if service == COGNITO:
            return named or found
        if members.get("WebACLArn"):
            return str(members["WebACLArn"])
        if headers.get("x-amz-target", "").endswith(".GetWebACLForResource"):
            return _web_acl_of(named) or f"arn:aws:wafv2:{region}:{account}:regional/webacl/none/none"
        return found

    return extracted


def _telling_tags(resolve: Any) -> Any:
    @functools.wraps(resolve)
    def resolved(key: str, context: Any) -> Any:
        prefix, _, name = key.partition("/")
        arn = str(context.resource_arn)
        if prefix.lower() != "aws:resourcetag" or f":{COGNITO}:" not in arn or ":userpool/" not in arn:
            return resolve(key, context)
        return _tags_of_pool(arn).get(name)

    return resolved


def _tags_of_pool(arn: str) -> dict[str, str]:
    from ministack.services import cognito

    _, _, _, region, account, resource = arn.split(":", 5)
    pool = cognito._user_pools.get_scoped(account, region, resource.partition("/")[2]) or {}
    return dict(pool.get("UserPoolTags") or {})


def _web_acl_of(resource: str) -> str | None:
    from ministack.services import waf

    arn: str | None = waf._associations.get(resource)
    return arn
