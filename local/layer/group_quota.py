"""A user belongs to at most 100 groups; the next is a LimitExceededException.

https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html ("Groups that each user can belong to").
That joining a group again is no further group is assumed.
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .pools import pool_of_request, user_of

GROUPS_PER_USER = 100


async def group_quota(call: Call, proceed: Proceed) -> Answer:
    if call.action == "AdminAddUserToGroup" and (pool := pool_of_request(call.user_pool_id)):
        groups = (user_of(pool, call.members.get("Username", "")) or {}).get("_groups", ())
        if len(groups) >= GROUPS_PER_USER and call.members.get("GroupName") not in groups:
            return Answer.error("LimitExceededException", f"A user belongs to at most {GROUPS_PER_USER} groups.")
    return await proceed(call)
