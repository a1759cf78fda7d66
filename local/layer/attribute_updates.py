"""What AdminUpdateUserAttributes does beside setting values.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateUserAttributes.html
(a blank value deletes the attribute; an address or number that has to be verified before it is updated stays as it was
until then, unless the request says that it is verified), .../API_UserAttributeUpdateSettingsType.html. A new address
or number is not verified: https://docs.aws.amazon.com/cognito/latest/developerguide/
user-pool-settings-email-phone-verification.html, "Verifying updates". `messages.py` notes the code that is sent.

Assumed: the flag is set to `false` where the value really changes and the request does not say `true`; deleting an
address or number deletes its flag; an attribute that is required is not deleted, an InvalidParameterException. Not
done: the verification itself, after which the held-back value would be the user's.
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .names import ADDRESSES, is_true
from .operations import Json
from .pools import pool_of_request, put_values, user_of, values_of
from .required_attributes import missing_of
from .schema_checks import UPDATES


async def attribute_updates(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id) if call.action == UPDATES else None
    user = user_of(pool, str(call.members.get("Username", ""))) if pool else None
    if pool is None or user is None:
        return await proceed(call)
    before, given = values_of(user), values_of(call.members, "UserAttributes")
    if lost := {name for name in missing_of(pool, {**before, **given}) if name in given}:
        return Answer.error("InvalidParameterException", f"Required attributes cannot be deleted: {sorted(lost)}")
    answer = await proceed(call)
    if answer.succeeded:
        after = values_of(user)
        for name in ADDRESSES:
            if given.get(name) and given[name] != before.get(name) and not is_true(given.get(f"{name}_verified")):
                _unverified(pool, name, before, after)
        blank = {name for name, value in given.items() if not value}
        gone = blank | {f"{name}_verified" for name in blank if name in ADDRESSES}
        put_values(user, {name: value for name, value in after.items() if name not in gone})
    return answer


def _unverified(pool: Json, name: str, before: dict[str, str], after: dict[str, str]) -> None:
    held_back = (pool.get("UserAttributeUpdateSettings") or {}).get("AttributesRequireVerificationBeforeUpdate") or ()
    if name not in held_back:
        after[f"{name}_verified"] = "false"
        return
    for changed in (name, f"{name}_verified"):
        after.pop(changed, None)
        if changed in before:
            after[changed] = before[changed]
