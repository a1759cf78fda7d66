"""Which pools of a Region a night is about: those named, those with a tag, or all."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain.nightly.request import NightlyRequest
from ..domain.paging import Chain
from ..errors import InvalidRequest, NotFound
from ..ports import ServiceApi

#: More would not fit into the history of one execution (25,000 events, some twenty for each pool).
MOST_POOLS = 1_000
#: What the drills of one run came to travels between states, of which each takes 256 KiB: 1 KiB for each pool.
MOST_DRILLS = 200


def find_pools(cognito: ServiceApi, request: NightlyRequest, most: int = MOST_POOLS) -> list[str]:
    """The ids, sorted. Raises InvalidRequest where there are more than one run can take."""
    found = sorted(request.user_pool_ids or _found(cognito, request))
    if len(found) > most:
        raise InvalidRequest(
            "tag" if request.tag else "all",
            f"means {len(found):,} pools, and one run takes {most:,}. Share them out by tags over several schedules",
            '"tag": "poolsafe:backup=first"',
        )
    return found


def _found(cognito: ServiceApi, request: NightlyRequest) -> Iterator[str]:
    chain = Chain()
    while not chain.finished:
        token = {"NextToken": chain.token} if chain.token else {}
        page = cognito.call("ListUserPools", MaxResults=60, **token)
        for pool in page.get("UserPools", ()):
            if request.tag is None or request.wants(_tags(cognito, pool["Id"])):
                yield str(pool["Id"])
        chain = chain.follow(page.get("NextToken") or None)


def _tags(cognito: ServiceApi, user_pool_id: str) -> dict[str, str]:
    try:
        described = cognito.call("DescribeUserPool", UserPoolId=user_pool_id)["UserPool"]
    except NotFound:
        # Deleted since it was listed.
        return {}
    return dict(described.get("UserPoolTags") or {})
