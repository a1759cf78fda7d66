"""Who may say "forgot password": the rule that locks a restored pool out if it is forgotten.

The emulator lets everybody. Cognito refuses a user in FORCE_CHANGE_PASSWORD ("User password cannot be reset in the
current state", https://github.com/aws-amplify/amplify-js/issues/2955), a disabled one, and one without a verified
e-mail address or phone number
(https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgotPassword.html). An app client
that hides which users exist answers as if a code were on its way
(https://github.com/aws-amplify/amplify-js/issues/6543). That federated users are refused likewise is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .pools import hides_users, pool_of_client, user_of

NO_RESET = ("FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER")
CHANNELS = ("email", "phone_number")


async def password_reset(call: Call, proceed: Proceed) -> Answer:
    client_id = str(call.members.get("ClientId", ""))
    pool = pool_of_client(client_id) if call.action == "ForgotPassword" else None
    user = user_of(pool, call.members.get("Username", "")) if pool else None
    refusal = _refusal(user) if user else None
    if pool is None or refusal is None:
        return await proceed(call)
    if hides_users(pool, client_id):
        return Answer(200, {"CodeDeliveryDetails": {"Destination": "+***", "DeliveryMedium": "SMS"}})
    return refusal


def _refusal(user: Mapping[str, Any]) -> Answer | None:
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user["Attributes"]}
    if not user["Enabled"]:
        return Answer.error("NotAuthorizedException", "User is disabled.")
    if user["UserStatus"] in NO_RESET:
        return Answer.error("NotAuthorizedException", "User password cannot be reset in the current state.")
    if not any(attributes.get(name) and attributes.get(f"{name}_verified") == "true" for name in CHANNELS):
        return Answer.error("InvalidParameterException", "There is no verified email or phone_number to reset by.")
    return None
