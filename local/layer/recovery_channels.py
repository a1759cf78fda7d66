"""A code to reset a password goes by one channel: of those that the pool allows, and never the one that is the MFA.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AccountRecoverySettingType.html
(SMS does not qualify where the user also has SMS MFA, e-mail where the user has e-mail MFA; `admin_only` leaves it to
administrators; without the setting, the legacy behaviour prefers SMS to e-mail), .../API_RecoveryOptionType.html (a
smaller Priority comes first) and https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html.
Whoever has no other verified channel: InvalidParameterException (.../APIReference/API_ForgotPassword.html).
`password_reset.py` has refused those who have none at all.

Assumed: the rule about MFA holds in a pool without AccountRecoverySetting too, which some sources say uses either
channel all the same; `admin_only` is a NotAuthorizedException; an app client that hides which users exist answers as
if a code were on its way; a pool without SmsConfiguration, which can send no text message, goes on to the next
channel, and where there is none the answer is that of an invitation (`invitations.py`); AdminResetUserPassword goes by
the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import auth_factors
from .concern import Answer, Call, Proceed
from .inbox import ADDRESS, MAIL, NO_TEXTS, SMS
from .names import is_true
from .operations import Json, Refused
from .pools import hides_users, pool_of_client, pool_of_request, user_of, values_of

FORGETS, RESETS = "ForgotPassword", "AdminResetUserPassword"
#: By mechanism, in the order of the legacy behaviour: the medium, and the MFA method that goes by it too.
CHANNELS = {"verified_phone_number": (SMS, auth_factors.SMS), "verified_email": (MAIL, auth_factors.MAIL)}
HIDDEN = Answer(200, {"CodeDeliveryDetails": {"Destination": "+***", "DeliveryMedium": "SMS"}})


async def recovery_channels(call: Call, proceed: Proceed) -> Answer:
    client_id = str(call.members.get("ClientId", ""))
    pool = pool_of_client(client_id) if call.action == FORGETS else None
    if call.action == RESETS:
        pool = pool_of_request(call.user_pool_id)
    user = user_of(pool, str(call.members.get("Username", ""))) if pool else None
    if pool is None or user is None:
        return await proceed(call)
    try:
        medium = medium_of(pool, user)
    except Refused as refused:
        hides = call.action == FORGETS and hides_users(pool, client_id)
        return HIDDEN if hides else Answer.error(refused.name, str(refused))
    answer = await proceed(call)
    if not answer.succeeded or call.action == RESETS:
        return answer
    attribute = ADDRESS[medium]
    shown = {
        "Destination": masked(medium, values_of(user)[attribute]),
        "DeliveryMedium": medium,
        "AttributeName": attribute,
    }
    return Answer(answer.status, {"CodeDeliveryDetails": shown}, answer.headers)


def medium_of(pool: Json, user: Mapping[str, Any]) -> str:
    """By which medium a user's code goes. Refused where by none."""
    mechanisms = (pool.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms") or ()
    allowed = [one["Name"] for one in sorted(mechanisms, key=lambda one: int(one["Priority"]))] or list(CHANNELS)
    if allowed == ["admin_only"]:
        raise Refused("NotAuthorizedException", "Contact administrator to reset password.")
    values = values_of(user)
    usable = [
        medium
        for medium, method in (CHANNELS[name] for name in allowed if name in CHANNELS)
        if values.get(ADDRESS[medium]) and is_true(values.get(f"{ADDRESS[medium]}_verified"))
        if method not in user.get(auth_factors.METHODS, ())
    ]
    if not usable:
        raise Refused("InvalidParameterException", "There is no verified channel to reset the password by.")
    sendable = [medium for medium in usable if medium == MAIL or pool.get("SmsConfiguration")]
    if not sendable:
        raise Refused("InvalidParameterException", NO_TEXTS)
    return sendable[0]


def masked(medium: str, address: str) -> str:
    """As Cognito tells where it sent something."""
    from ministack.services import cognito

    if medium == SMS:
        return f"+{'*' * max(len(address) - 5, 0)}{address[-4:]}"
    return str(cognito._masked_destination(address))
