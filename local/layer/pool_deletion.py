"""Pools that cannot be deleted: those protected against it, and those that still have a domain.

Sources: `DeletionProtection` in
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html; of the domain
https://github.com/hashicorp/terraform-provider-aws/issues/16479 and https://github.com/rebuy-de/aws-nuke/issues/330,
which quote the message: the API reference is silent.
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .pools import pool_of_request


async def pool_deletion(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id) if call.action == "DeleteUserPool" else None
    if pool is not None and pool.get("DeletionProtection") == "ACTIVE":
        message = "The user pool cannot be deleted because deletion protection is activated."
        return Answer.error("InvalidParameterException", message)
    if pool is not None and (pool.get("Domain") or pool.get("CustomDomain")):
        message = "User pool cannot be deleted. It has a domain configured that should be deleted first."
        return Answer.error("InvalidParameterException", message)
    return await proceed(call)
