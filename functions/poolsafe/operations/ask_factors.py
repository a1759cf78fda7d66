"""Asking Cognito how one user signs in beside a password, which no listing tells.

Each answer is taken to bill its user as active this month (docs/unverified.md, "Users"), so nobody is asked unless
whoever started the machine asked for it.
"""

from __future__ import annotations

from dataclasses import replace

from ..domain.records import SMS_MFA, WEB_AUTHN, User
from ..ports import UserPool


def ask_factors(pool: UserPool, user: User) -> User:
    """The listed user with its second factors, the preferred one, and its passkey. Raises Rejected.

    MFA by SMS that was set the legacy way is told by the listing alone [API UserType]; it counts where nothing was set
    the other way.
    """
    told = pool.factors_of(user.username)
    is_legacy = SMS_MFA in (user.mfa_methods or ()) and not {*told.methods} - {WEB_AUTHN}
    methods = (SMS_MFA, *told.methods) if is_legacy else told.methods
    return replace(user, mfa_methods=methods, preferred_mfa=told.preferred)
