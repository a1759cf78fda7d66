"""What a pool says of a password. A challenge is not a sign-in: it proves the password and no more.

MFA is decided after the password was right, and so is a temporary password's NEW_PASSWORD_REQUIRED
[DG user-pool-settings-mfa, "runtime logic", steps 1 and 2].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - no password
#: Challenges that ask for a second factor.
SECOND_FACTORS = frozenset({"SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "MFA_SETUP"})


class Verdict(Enum):
    """What is known of the password."""

    RIGHT = "right"
    #: Right, and something else is asked for.
    CHALLENGED = "challenged"
    #: Wrong, or of somebody whom the pool does not let in; which of them is not told.
    WRONG = "wrong"
    #: Nothing is known: the pool answers nobody's password for this user for a while.
    LOCKED_OUT = "locked_out"


@dataclass(frozen=True, slots=True)
class PasswordAnswer:
    """`challenge` is Cognito's ChallengeName where one was made."""

    verdict: Verdict
    challenge: str | None = None

    @property
    def is_second_factor(self) -> bool:
        return self.challenge in SECOND_FACTORS

    @property
    def is_temporary_password(self) -> bool:
        return self.challenge == NEW_PASSWORD_REQUIRED
