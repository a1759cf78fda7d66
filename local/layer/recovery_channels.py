"""ForgotPassword goes by the channels that the pool allows for it, and never by the one that is the user's MFA.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AccountRecoverySettingType.html
(SMS does not qualify where the user also has SMS MFA, e-mail where the user has e-mail MFA; `admin_only` leaves it to
administrators) and https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html. Whoever has
no other verified channel: InvalidParameterException (.../APIReference/API_ForgotPassword.html). `password_reset.py`
has refused those who have none at all.

Assumed: the rule about MFA holds in a pool without AccountRecoverySetting too, which some sources say uses either
channel all the same; `admin_only` is a NotAuthorizedException; an app client that hides which users exist answers as
if a code were on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .auth_factors import MAIL, METHODS, SMS
from .concern import Answer, Call, Proceed
from .operations import Json
from .pools import hides_users, pool_of_client, user_of

#: By channel: the attribute, and the MFA method that goes by it too.
CHANNELS = {"verified_email": ("email", MAIL), "verified_phone_number": ("phone_number", SMS)}


async def recovery_channels(call: Call, proceed: Proceed) -> Answer:
    client_id = str(call.members.get("ClientId", ""))
    pool = pool_of_client(client_id) if call.action == "ForgotPassword" else None
    user = user_of(pool, str(call.members.get("Username", ""))) if pool else None
    refusal = _refusal(pool, user) if pool and user else None
    if pool is None or refusal is None:
        return await proceed(call)
    if hides_users(pool, client_id):
        return Answer(200, {"CodeDeliveryDetails": {"Destination": "+***", "DeliveryMedium": "SMS"}})
    return refusal


def _refusal(pool: Json, user: Mapping[str, Any]) -> Answer | None:
    mechanisms = (pool.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms") or ()
    allowed = [mechanism["Name"] for mechanism in mechanisms] or list(CHANNELS)
    if allowed == ["admin_only"]:
        return Answer.error("NotAuthorizedException", "Contact administrator to reset password.")
    attributes = {given["Name"]: given.get("Value") for given in user["Attributes"]}
    for name, (attribute, method) in CHANNELS.items():
        is_verified = bool(attributes.get(attribute)) and attributes.get(f"{attribute}_verified") == "true"
        if name in allowed and is_verified and method not in user.get(METHODS, ()):
            return None
    return Answer.error("InvalidParameterException", "There is no verified channel to reset the password by.")
