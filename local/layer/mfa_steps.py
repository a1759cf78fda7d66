"""Which second step follows the right password.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html, "Details of MFA logic at
user runtime": the preferred factor; else, where MFA is required, the attribute that is not the primary way of account
recovery; a user whose only attribute is that way cannot sign in; MFA_SETUP where a software token is all that is left
(`mfa_setup.py`).

Assumed: where MFA is optional, a factor that is active without being preferred is asked for too; without
AccountRecoverySetting the primary way is SMS, which the legacy behaviour prefers; where both attributes are there and
the pool has only the factor of the primary way, that one is used; who cannot sign in is a NotAuthorizedException.
"""

from __future__ import annotations

from collections.abc import Sequence

from .auth_factors import MAIL, METHODS, SMS, TOTP
from .mfa_preference import NEEDS, is_on
from .operations import Json, Refused
from .pools import values_of

SELECTS, SETS_UP = "SELECT_MFA_TYPE", "MFA_SETUP"
WAYS = {"verified_email": MAIL, "verified_phone_number": SMS}


def next_step(pool: Json, user: Json) -> tuple[str, Sequence[str]]:
    """The challenge after the right password, and what can be chosen in it; none for somebody who is in."""
    required = pool.get("MfaConfiguration", "OFF")
    if required == "OFF":
        return "", ()
    active = [method for method in user.get(METHODS, ()) if method in NEEDS and is_on(pool, method)]
    preferred = user.get("_preferred_mfa")
    if preferred in active:
        return str(preferred), ()
    if active or required != "ON":
        return _one_of(active)
    values = values_of(user)
    reachable = [method for method in (SMS, MAIL) if values.get(NEEDS[method][1] or "")]
    primary = _primary_way(pool)
    if reachable == [primary]:
        raise Refused("NotAuthorizedException", "The only channel of the user is the one that recovers the password.")
    usable = [method for method in reachable if is_on(pool, method)]
    if found := [method for method in usable if method != primary] or usable:
        return _one_of(found)
    if not reachable:
        options = [method for method in NEEDS if method != primary and is_on(pool, method)]
    else:
        options = [TOTP] if is_on(pool, TOTP) else []
    if not options:
        raise Refused("NotAuthorizedException", "MFA is required, and no factor can be set up.")
    return SETS_UP, options


def _one_of(methods: Sequence[str]) -> tuple[str, Sequence[str]]:
    return (SELECTS, methods) if len(methods) > 1 else ("".join(methods), ())


def _primary_way(pool: Json) -> str | None:
    """The MFA method that uses the same channel as the pool's first way of account recovery."""
    mechanisms = (pool.get("AccountRecoverySetting") or {}).get("RecoveryMechanisms")
    if not mechanisms:
        return SMS
    first = min(mechanisms, key=lambda mechanism: int(mechanism["Priority"]))
    return WAYS.get(first["Name"])
