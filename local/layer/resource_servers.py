"""What an update of a resource server leaves out is set to its default: no scopes.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateResourceServer.html. The
emulator keeps them.
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed


async def resource_servers(call: Call, proceed: Proceed) -> Answer:
    if call.action == "UpdateResourceServer" and call.members.get("Scopes") is None:
        call = call.with_members(Scopes=[])
    return await proceed(call)
