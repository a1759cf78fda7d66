"""What a group was not given, it does not have.

The emulator gives every group a precedence of 0, which is the highest there is, an empty description and an empty role.
On Cognito "the default Precedence value is null"
(https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html).
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .pools import pool_of_request

OPTIONAL = ("Description", "Precedence", "RoleArn")


async def group_defaults(call: Call, proceed: Proceed) -> Answer:
    answer = await proceed(call)
    pool = pool_of_request(call.user_pool_id)
    if call.action != "CreateGroup" or not answer.succeeded or pool is None:
        return answer
    absent = [name for name in OPTIONAL if call.members.get(name) is None]
    for name in absent:
        pool["_groups"][call.members["GroupName"]].pop(name, None)
    group = {name: value for name, value in answer.members["Group"].items() if name not in absent}
    return Answer(answer.status, {"Group": group}, answer.headers)
