"""AdminSetUserMFAPreference in a fake user pool: the rules of `local/layer/mfa_preference.py`, with its sources.

Only what the UserPool port can ask for is here: no factor is ever turned off, and none is a software token or passkey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from poolsafe.domain.records import EMAIL_OTP, EXTERNAL_PROVIDER, RESET_REQUIRED, SMS_MFA, User
from poolsafe.errors import Rejected

SETS = "AdminSetUserMFAPreference"
#: By factor: the setting of the pool that switches it on, and the attribute its code is sent to.
NEEDS = {SMS_MFA: ("SmsMfaConfiguration", "phone_number"), EMAIL_OTP: ("EmailMfaConfiguration", "email")}
REFUSED_STATUSES = {
    RESET_REQUIRED: "PasswordResetRequiredException",
    "UNCONFIRMED": "UserNotConfirmedException",
    EXTERNAL_PROVIDER: "InvalidParameterException",
}


def with_factors(
    user: User, described: Mapping[str, Any], mfa: Mapping[str, Any], methods: Sequence[str], preferred: str | None
) -> User:
    """The user with those factors beside the ones it has. `mfa` is what GetUserPoolMfaConfig tells."""
    if user.status in REFUSED_STATUSES:
        _refuse(REFUSED_STATUSES[user.status])
    found, now_preferred = list(user.mfa_methods or ()), user.preferred_mfa
    for method in (method for method in methods if method in NEEDS):
        if not (_is_on(described, mfa, method) and user.attributes.get(NEEDS[method][1])):
            _refuse("InvalidParameterException")
        if method not in found:
            found.append(method)
        if method == preferred:
            now_preferred = method
        elif method == now_preferred:
            now_preferred = None
    return replace(user, mfa_methods=tuple(found), preferred_mfa=now_preferred)


def _is_on(described: Mapping[str, Any], mfa: Mapping[str, Any], method: str) -> bool:
    if mfa.get("MfaConfiguration", "OFF") == "OFF" or (method == EMAIL_OTP and described.get("UserPoolTier") == "LITE"):
        return False
    # A pool made with MFA by SMS has said so with SmsConfiguration alone [API CreateUserPool].
    return mfa.get(NEEDS[method][0]) is not None or (method == SMS_MFA and bool(described.get("SmsConfiguration")))


def _refuse(code: str) -> NoReturn:
    raise Rejected(SETS, code)
