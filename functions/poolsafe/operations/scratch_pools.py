"""Finding and removing scratch pools: by their tag, and by nothing else.

Whoever may delete pools may delete no other: IAM asks for the same tag (the template's condition on aws:ResourceTag).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain.configuration.scratch import SCRATCH_TAG
from ..domain.drill.paths import POOL_PREFIX
from ..domain.paging import Chain
from ..errors import NotFound
from ..ports import ServiceApi


@dataclass(frozen=True, slots=True)
class ScratchPool:
    """One that lies in a Region."""

    user_pool_id: str
    name: str
    created_at: datetime


def scratch_pools(cognito: ServiceApi) -> Iterator[ScratchPool]:
    """All that carry the tag. Their names are looked at first: each pool that is described counts against a quota."""
    chain = Chain()
    while not chain.finished:
        token = {"NextToken": chain.token} if chain.token else {}
        page = cognito.call("ListUserPools", MaxResults=60, **token)
        for listed in page.get("UserPools", ()):
            if listed["Name"].startswith(POOL_PREFIX) and SCRATCH_TAG in _described(cognito, listed["Id"]):
                yield ScratchPool(listed["Id"], listed["Name"], datetime.fromisoformat(listed["CreationDate"]))
        chain = chain.follow(page.get("NextToken") or None)


def remove(cognito: ServiceApi, pool: ScratchPool) -> None:
    """Delete a pool; one that is gone is removed already."""
    with suppress(NotFound):
        cognito.call("DeleteUserPool", UserPoolId=pool.user_pool_id)


def _described(cognito: ServiceApi, user_pool_id: str) -> dict[str, Any]:
    """The tags of a pool; none where it is gone."""
    try:
        pool = cognito.call("DescribeUserPool", UserPoolId=user_pool_id)["UserPool"]
    except NotFound:
        return {}
    return dict(pool.get("UserPoolTags") or {})
