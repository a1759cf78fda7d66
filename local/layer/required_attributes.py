"""Required attributes of a user that an administrator makes: what has to be there at once, and what can come later.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html (what is
required "either you should supply ... or the user should supply", in the challenge that follows a temporary password:
`new_password.py`) and .../API_RespondToAuthChallenge.html ("When you create passwordless users, you must provide values
for all required attributes").

Assumed: what is required and cannot be changed has to be there at once, an InvalidParameterException otherwise;
AdminSetUserPassword does not ask for what is missing; what is required cannot be deleted (`attribute_updates.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from .concern import Answer, Call, Proceed
from .operations import Json
from .passwordless import becomes_passwordless
from .pools import pool_of_request, values_of
from .schema_checks import CREATES, READ_ONLY


async def required_attributes(call: Call, proceed: Proceed) -> Answer:
    from ministack.services import cognito

    pool = pool_of_request(call.user_pool_id) if call.action == CREATES else None
    if pool is None or call.members.get("MessageAction") == "RESEND":
        return await proceed(call)
    given = values_of(call.members, "UserAttributes")
    username = str(call.members.get("Username", ""))
    named_by = cognito._username_alias_attribute(pool, username)
    missing = missing_of(pool, {**given, named_by: username} if named_by else given)
    if not becomes_passwordless(pool, call.members):
        missing = [name for name in missing if not _described(pool, name)["Mutable"]]
    if missing:
        return Answer.error("InvalidParameterException", missing_message(missing))
    return await proceed(call)


def missing_of(pool: Json, values: Mapping[str, str]) -> list[str]:
    """What the pool requires and is not among these attributes."""
    required = [attribute["Name"] for attribute in pool["SchemaAttributes"] if attribute.get("Required")]
    return [name for name in required if name not in READ_ONLY and not values.get(name)]


def missing_message(missing: list[str]) -> str:
    return f"Invalid attributes given, {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"


def _described(pool: Json, name: str) -> Json:
    found: Json = next(attribute for attribute in pool["SchemaAttributes"] if attribute["Name"] == name)
    return found
