"""SetUserPoolMfaConfig: what may go together, and what it takes away.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolMfaConfig.html
(e-mail "must be in the Essentials tier or higher") and
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-email.html (e-mail as a factor requires Amazon SES).
ON or OPTIONAL without a factor in the same request is refused though the pool has one
(https://github.com/aws/aws-sdk-js/issues/4186), and so is OFF together with a factor, other than passkeys, which are
none (measured: https://github.com/go-to-k/cdkd/issues/1923).

Assumed: hence a factor that is not in the request is off afterwards; a software token that is not `Enabled` is no
factor; without MfaConfiguration the pool's is meant; passkeys that are not in the request stay; e-mail that is on with
the texts of Cognito is described as an empty object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .operations import Json, Refused, tier_of
from .pools import pool_of_request

SETS, GETS = "SetUserPoolMfaConfig", "GetUserPoolMfaConfig"
FACTORS = ("SmsMfaConfiguration", "SoftwareTokenMfaConfiguration", "EmailMfaConfiguration")


async def mfa_config(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id)
    if pool is None or call.action not in (SETS, GETS):
        return await proceed(call)
    if call.action == SETS:
        try:
            _check(pool, call.members)
        except Refused as refused:
            return Answer.error(refused.name, str(refused))
        for name in FACTORS:
            if call.members.get(name) is None:
                pool.pop(name, None)
    answer = await proceed(call)
    if not answer.succeeded or pool.get("EmailMfaConfiguration") != {}:
        return answer
    return Answer(answer.status, {**answer.members, "EmailMfaConfiguration": {}}, answer.headers)


def _check(pool: Json, members: Mapping[str, Any]) -> None:
    factors = [name for name in FACTORS if members.get(name) is not None]
    if not (members.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"):
        factors = [name for name in factors if name != "SoftwareTokenMfaConfiguration"]
    is_off = (members.get("MfaConfiguration") or pool.get("MfaConfiguration", "OFF")) == "OFF"
    if is_off and factors:
        message = "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
        raise Refused("InvalidParameterException", message)
    if not is_off and not factors:
        message = "can't disable all MFAs with a required or optional configuration."
        raise Refused("InvalidParameterException", f"Invalid MFA configuration given, {message}")
    if "EmailMfaConfiguration" in factors:
        check_mail(tier_of(pool), pool.get("EmailConfiguration") or {})


def check_mail(tier: str, configuration: Mapping[str, Any]) -> None:
    """Refused where mail cannot be a factor."""
    if tier == "LITE":
        raise Refused("FeatureUnavailableInTierException", "E-mail MFA is not available in the LITE tier.")
    if configuration.get("EmailSendingAccount") != "DEVELOPER":
        raise Refused("InvalidParameterException", "E-mail MFA needs an e-mail configuration with Amazon SES.")
