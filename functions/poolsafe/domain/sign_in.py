"""How a restored user gets in: by which channel a forgotten password is reset, and what MFA asks afterwards.

Sources: [API ForgotPassword], [API AccountRecoverySettingType], [DG user-pool-settings-mfa]: a code to recover the
password never goes over the channel that is the user's second factor; where MFA is required, a user without a
preference is asked over a channel that is not the pool's first way of recovery, and enrols where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .records import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA, User
from .restore.outcome import Reason
from .target import OFF, ON, TargetPool, is_verified

#: Second factors that go over a channel which could also be the one of "forgot password".
CHANNEL_OF_METHOD: Mapping[str, str] = {SMS_MFA: "phone_number", EMAIL_OTP: "email"}
METHOD_OF_CHANNEL: Mapping[str, str] = {channel: method for method, channel in CHANNEL_OF_METHOD.items()}


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What a restored user has for MFA. `given` is True where the snapshot knows of none and the pool requires one."""

    methods: tuple[str, ...] = ()
    preferred: str | None = None
    given: bool = False


def second_factors(user: User, target: TargetPool) -> SecondFactors:
    """Those of the snapshot that an administrator can set and the target offers.

    Where MFA is required and Cognito would let this user in by no way at all,
    because the only address is what recovers the password too, that verified
    address becomes the second factor: a password has to come otherwise then.
    """
    if target.mfa_mode == OFF:
        return SecondFactors()
    methods = tuple(
        method
        for method in user.mfa_methods or ()
        if method in target.factors and user.attributes.get(CHANNEL_OF_METHOD.get(method, ""))
    )
    if methods:
        return SecondFactors(methods, user.preferred_mfa if user.preferred_mfa in methods else None)
    if passes_mfa(user, target, ()):
        return SecondFactors()
    verified = [METHOD_OF_CHANNEL[channel] for channel in METHOD_OF_CHANNEL if is_verified(user, channel)]
    possible = tuple(method for method in verified if method in target.factors)[:1]
    return SecondFactors(possible, given=bool(possible))


def factors_of_existing(saved: User, found: User, target: TargetPool) -> SecondFactors:
    """Those of the snapshot for somebody who is there; none that would take their only way to a new password."""
    factors = second_factors(saved, target)
    locks = why_not_recoverable(found, target, factors.methods) is Reason.RECOVERY_IS_MFA
    return SecondFactors() if factors.given or locks else factors


def passes_mfa(user: User, target: TargetPool, methods: tuple[str, ...]) -> bool:
    """Whether somebody with the right password gets past MFA, or can enrol, when `methods` are set."""
    if target.mfa_mode != ON or methods:
        return True
    first = METHOD_OF_CHANNEL.get(target.recovery[0]) if target.recovery else None
    reachable = [method for method, channel in CHANNEL_OF_METHOD.items() if user.attributes.get(channel)]
    if reachable == [first]:
        return False
    if any(method in target.factors for method in reachable):
        return True
    return SOFTWARE_TOKEN_MFA in target.factors or (not reachable and bool(target.factors - {first}))


def why_not_recoverable(user: User, target: TargetPool, methods: tuple[str, ...]) -> Reason | None:
    """Why "forgot password" does not work for this user; None where it does."""
    if not target.recovery:
        return Reason.ADMIN_ONLY_RECOVERY
    verified = [channel for channel in target.recovery if is_verified(user, channel) and target.sends_to(channel)]
    if not verified:
        return Reason.NO_RECOVERY_CHANNEL
    if all(METHOD_OF_CHANNEL[channel] in methods for channel in verified):
        return Reason.RECOVERY_IS_MFA
    return None
