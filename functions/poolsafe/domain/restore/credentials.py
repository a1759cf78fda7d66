"""How each restored user comes by a password, and what they get for whom the chosen way cannot work.

reset        CONFIRMED, with an unguessable password: "forgot password" works
import-job   RESET_REQUIRED, by Cognito's CSV import: "forgot password" works
temporary    FORCE_CHANGE_PASSWORD, with a password that somebody hands over
invite       FORCE_CHANGE_PASSWORD, with a password that Cognito sends
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..records import CONFIRMED, FORCE_CHANGE_PASSWORD, RESET_REQUIRED, User
from ..sign_in import passes_mfa, why_not_recoverable
from ..target import TargetPool
from .import_file import why_not_imported
from .outcome import Reason


class Credential(StrEnum):
    """The values of `credentials`."""

    RESET = "reset"
    IMPORT_JOB = "import-job"
    TEMPORARY = "temporary"
    INVITE = "invite"


class Fallback(StrEnum):
    """The values of `credentials_fallback`: two credentials that always work, or none."""

    TEMPORARY = "temporary"
    RESET = "reset"
    FAIL = "fail"


#: The status that a user with that credential ends in. Whoever has signed in since is CONFIRMED.
STATUS: Mapping[Credential, str] = {
    Credential.RESET: CONFIRMED,
    Credential.IMPORT_JOB: RESET_REQUIRED,
    Credential.TEMPORARY: FORCE_CHANGE_PASSWORD,
    Credential.INVITE: FORCE_CHANGE_PASSWORD,
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A credential, or None for a user who is to fail; `reason` is why it is not the one that was asked for."""

    credential: Credential | None
    reason: Reason | None = None


def choose(
    wanted: Credential,
    fallback: Fallback,
    user: User,
    attributes: Mapping[str, str],
    target: TargetPool,
    methods: tuple[str, ...],
) -> Chosen:
    """The credential of one user. `attributes` are those to be written, `methods` the second factors to be set."""
    if wanted in (Credential.INVITE, Credential.IMPORT_JOB) and not user.enabled:
        # Nobody who may not come in is invited, nor imported, which would leave them enabled until their turn comes;
        # enabled again, they say "forgot password".
        wanted = Credential.RESET
    reason = _why_not(wanted, user, attributes, target, methods)
    if reason is None:
        return Chosen(wanted)
    return Chosen(None if fallback is Fallback.FAIL else Credential(fallback), reason)


def mediums(attributes: Mapping[str, str], target: TargetPool) -> tuple[str, ...]:
    """How an invitation can be sent: by e-mail where there is an address, else by SMS where the pool sends any."""
    if attributes.get("email"):
        return ("EMAIL",)
    return ("SMS",) if attributes.get("phone_number") and target.sends_sms else ()


def _why_not(
    wanted: Credential, user: User, attributes: Mapping[str, str], target: TargetPool, methods: tuple[str, ...]
) -> Reason | None:
    match wanted:
        case Credential.RESET:
            return why_not_recoverable(user, target, methods)
        case Credential.IMPORT_JOB:
            # Nobody who has to reset a password can be given a second factor, so none stands in the way either.
            return (
                why_not_imported(user, attributes, target)
                or why_not_recoverable(user, target, ())
                or _why_turned_away(user, target)
            )
        case Credential.INVITE:
            return _why_turned_away(user, target) if mediums(attributes, target) else Reason.NO_ADDRESS
        case Credential.TEMPORARY:
            return None


def _why_turned_away(user: User, target: TargetPool) -> Reason | None:
    """Why MFA lets nobody in who comes without a second factor and has this user's addresses; None where it does."""
    return None if passes_mfa(user, target, ()) else Reason.RECOVERY_IS_MFA
