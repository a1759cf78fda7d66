"""The pool that a restore has made before, or the name being free for it to make one."""

from __future__ import annotations

from typing import Any

from ..domain.configuration.record import MARK
from ..domain.paging import Chain
from ..errors import InvalidRequest, NotFound
from ..ports import ServiceApi


def find_pool(cognito: ServiceApi, pool_name: str, restore_id: str) -> dict[str, Any] | None:
    """DescribeUserPool's answer for the pool that carries this restore's mark, or None where the name is free.

    Cognito lets many pools have one name; a restore does not add to them,
    because nobody could tell them apart. Raises InvalidRequest.
    """
    others = []
    for pool_id in _pools_named(cognito, pool_name):
        try:
            described: dict[str, Any] = cognito.call("DescribeUserPool", UserPoolId=pool_id)["UserPool"]
        except NotFound:
            continue
        if (described.get("UserPoolTags") or {}).get(MARK) == restore_id:
            return described
        others.append(described)
    if others:
        other = others[0]
        made_by = (other.get("UserPoolTags") or {}).get(MARK)
        hint = f" To go on with the restore that made it, give its id: restore_id {made_by}." if made_by else ""
        raise InvalidRequest(
            "create_pool.pool_name",
            f"is in use by {other['Id']}. Choose another, or restore into that pool with target_user_pool_id.{hint}",
            '"create_pool": {"pool_name": "shop-restored"}',
        )
    return None


def _pools_named(cognito: ServiceApi, pool_name: str) -> list[str]:
    found: list[str] = []
    chain = Chain()
    while not chain.finished:
        token = {"NextToken": chain.token} if chain.token else {}
        answer = cognito.call("ListUserPools", MaxResults=60, **token)
        found += [entry["Id"] for entry in answer.get("UserPools", ()) if entry["Name"] == pool_name]
        chain = chain.follow(answer.get("NextToken") or None)
    return found
