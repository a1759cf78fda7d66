"""What is known of MFA, how it is known, and what knowing more costs."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from ..configuration.model import Configuration, SectionName
from ..quotas import Category
from .mfa_sample import MfaSample, interval
from .settings import mfa_mode
from .sizes import local_users
from .survey import Fact, UserSurvey
from .traits import METHODS, Channel


class Basis(StrEnum):
    """How the use of MFA is known."""

    #: The snapshot was taken with `include: ["mfa"]`, so every user was asked.
    EXACT = "exact"
    SAMPLED = "sampled"
    #: Nobody was asked: only SMS set the legacy way is told by ListUsers [API UserType].
    UNKNOWN = "unknown"


def mfa_report(
    configuration: Configuration, survey: UserSurvey, sample: MfaSample | None, rates: Mapping[Category, float]
) -> dict[str, Any]:
    """`use` has `users`, or for a sample between `low` and `high` (95 %), by method."""
    local, known = local_users(survey), survey.fact(Fact.MFA_KNOWN)
    sampled = sample if sample is not None and sample.asked else None
    basis = Basis.EXACT if known == local else Basis.SAMPLED if sampled else Basis.UNKNOWN
    offered = offered_factors(configuration)
    return {
        "mode": mfa_mode(configuration),
        "offered": offered,
        "basis": basis.value,
        "users_known": sampled.asked if sampled and basis is Basis.SAMPLED else known,
        "use": _use(survey, sampled, basis, local),
        "recovery_channel_is_only_mfa_channel": _locked(configuration, survey, offered),
        "asking_everybody": {
            "users_billed_as_active": local,
            "minutes": round(local / rates[Category.USER_READ] / 60, 2),
            "note": "AdminGetUserAuthFactors, one call per user: a backup with include: [mfa] does it.",
        },
    }


def offered_factors(configuration: Configuration) -> list[str]:
    """The factors that the pool is set up for, as UserMFASettingList names them, and WEB_AUTHN."""
    mfa = configuration.mapping(SectionName.MFA)
    passkeys = (mfa.get("WebAuthnConfiguration") or {}).get(
        "FactorConfiguration"
    ) == "MULTI_FACTOR_WITH_USER_VERIFICATION"
    found = {
        "SMS_MFA": bool(mfa.get("SmsMfaConfiguration") or configuration.user_pool.get("SmsConfiguration")),
        "EMAIL_OTP": bool(mfa.get("EmailMfaConfiguration")),
        "SOFTWARE_TOKEN_MFA": bool((mfa.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled")),
        "WEB_AUTHN": passkeys,
    }
    return [name for name, is_offered in found.items() if is_offered]


def _use(survey: UserSurvey, sample: MfaSample | None, basis: Basis, local: int) -> list[dict[str, Any]]:
    """One row for each method, and one for none; a user may have several."""
    if basis is Basis.SAMPLED and sample:
        found, asked = {**sample.methods, "none": sample.none}, sample.asked
    else:
        found, asked = {**survey.methods, "none": survey.fact(Fact.MFA_NONE)}, survey.fact(Fact.MFA_KNOWN)
    rows = []
    for method in sorted(METHODS | found.keys()):
        count = found.get(method, 0)
        if basis is Basis.SAMPLED:
            low, high = interval(count, asked, local)
        else:
            low, high = count, count if basis is Basis.EXACT else local
        rows.append({"method": method, "users": count, "low": low, "high": high})
    return rows


def _locked(configuration: Configuration, survey: UserSurvey, offered: list[str]) -> dict[str, int]:
    """Users who could not reset a password: known ones, and the most that the unknown ones could add."""
    sms, email = "SMS_MFA" in offered, "EMAIL_OTP" in offered
    possible = {Channel.EMAIL: email, Channel.PHONE: sms, Channel.BOTH: sms and email}
    unknown = sum(survey.mfa_unknown[channel] for channel, is_possible in possible.items() if is_possible)
    known = survey.fact(Fact.LOCKED_CHANNEL)
    return {"known": known, "at_most": known + (0 if mfa_mode(configuration) == "OFF" else unknown)}
