"""AdminSetUserMFAPreference: which factors a user may be given, and e-mail, which the emulator does not know.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserMFAPreference.html
and the types of its settings: one preferred factor at most; none can be turned off where the pool requires MFA; e-mail
and passkeys from the Essentials tier on; passkeys only with FactorConfiguration MULTI_FACTOR_WITH_USER_VERIFICATION
and beside another factor. A software token that its user never enrolled: "User does not have delivery config set to
turn on SOFTWARE_TOKEN_MFA" (https://github.com/aws/aws-sdk-js-v3/issues/4645).

Assumed: the same refusal where the attribute a code is sent to is missing, verified or not; a factor that the pool has
not switched on is an InvalidParameterException, and so is one that is preferred without being enabled; users who have
to reset their password are refused with the PasswordResetRequiredException that the page lists, unconfirmed ones with
UserNotConfirmedException; federated ones have no MFA here and are refused. A factor that is not in the request stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .auth_factors import MAIL, METHODS, PASSKEY, SMS, TOTP, TOTP_SECRET
from .concern import Answer, Call, Proceed
from .constraints import breach
from .operations import Json, Refused, tier_of
from .pools import pool_of_request, user_of

SETS = "AdminSetUserMFAPreference"
SETTINGS = {"SMSMfaSettings": SMS, "EmailMfaSettings": MAIL, "SoftwareTokenMfaSettings": TOTP}
PASSKEYS = "WebAuthnMfaSettings"
#: By factor: the setting of the pool that switches it on, and the attribute its code is sent to.
NEEDS = {
    SMS: ("SmsMfaConfiguration", "phone_number"),
    MAIL: ("EmailMfaConfiguration", "email"),
    TOTP: ("SoftwareTokenMfaConfiguration", None),
}
REFUSED_STATUSES = {
    "RESET_REQUIRED": ("PasswordResetRequiredException", "Password reset required for the user"),
    "UNCONFIRMED": ("UserNotConfirmedException", "User is not confirmed."),
    "EXTERNAL_PROVIDER": ("InvalidParameterException", "A federated user has no MFA in the user pool."),
}


async def mfa_preference(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id) if call.action == SETS else None
    user = user_of(pool, str(call.members.get("Username", ""))) if pool else None
    if pool is None or user is None:
        return await proceed(call)
    if problem := breach(SETS, call.members):
        return Answer.error("InvalidParameterException", problem)
    wanted = {method: call.members[name] for name, method in SETTINGS.items() if call.members.get(name)}
    try:
        _check(pool, user, wanted)
        _check_passkeys(pool, user, call.members.get(PASSKEYS) or {}, wanted)
    except Refused as refused:
        return Answer.error(refused.name, str(refused))
    for method, setting in wanted.items():
        _set(user, method, setting)
    return Answer(200, {})


def _check(pool: Json, user: Json, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    if user["UserStatus"] in REFUSED_STATUSES:
        raise Refused(*REFUSED_STATUSES[user["UserStatus"]])
    preferred = [method for method, setting in wanted.items() if setting.get("PreferredMfa")]
    if len(preferred) > 1:
        raise _invalid("Only one MFA method can be preferred.")
    attributes = {given["Name"]: given.get("Value") for given in user["Attributes"]}
    for method, setting in wanted.items():
        if not setting.get("Enabled"):
            if method in preferred:
                raise _invalid(f"{method} cannot be preferred: it is not enabled.")
            if setting.get("Enabled") is False and pool.get("MfaConfiguration") == "ON" and method in _methods(user):
                raise _invalid("MFA is required in the user pool: it cannot be turned off.")
            continue
        attribute = NEEDS[method][1]
        if not (user.get(TOTP_SECRET) if attribute is None else attributes.get(attribute)):
            raise _invalid(f"User does not have delivery config set to turn on {method}")
        if method == MAIL and tier_of(pool) == "LITE":
            raise _invalid("E-mail MFA is not available in the LITE tier.")
        if not is_on(pool, method):
            raise _invalid(f"The user pool has not switched on {method}.")


def _check_passkeys(pool: Json, user: Json, setting: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    if not setting.get("Enabled"):
        return
    verifying = (pool.get("WebAuthnConfiguration") or {}).get("FactorConfiguration")
    if tier_of(pool) == "LITE" or verifying != "MULTI_FACTOR_WITH_USER_VERIFICATION" or not user.get(PASSKEY):
        raise _invalid("Passkeys are not a second factor of this user in this user pool.")
    if not _methods(user) and not any(given.get("Enabled") for given in wanted.values()):
        raise _invalid("Passkey MFA needs another MFA method beside it.")


def is_on(pool: Json, method: str) -> bool:
    """Whether the pool has switched that factor on."""
    configuration = NEEDS[method][0]
    if pool.get("MfaConfiguration", "OFF") == "OFF":
        return False
    if method == TOTP:
        return bool((pool.get(configuration) or {}).get("Enabled"))
    # A pool made with MFA by SMS has said so with SmsConfiguration alone (API_CreateUserPool).
    return pool.get(configuration) is not None or (method == SMS and bool(pool.get("SmsConfiguration")))


def _set(user: Json, method: str, setting: Mapping[str, Any]) -> None:
    methods = _methods(user)
    if setting.get("Enabled") and method not in methods:
        methods.append(method)
    if setting.get("Enabled") is False and method in methods:
        methods.remove(method)
    if setting.get("PreferredMfa"):
        user["_preferred_mfa"] = method
    elif user.get("_preferred_mfa") == method and ("PreferredMfa" in setting or method not in methods):
        user["_preferred_mfa"] = ""


def _methods(user: Json) -> list[str]:
    found: list[str] = user.setdefault(METHODS, [])
    return found


def _invalid(message: str) -> Refused:
    return Refused("InvalidParameterException", message)
