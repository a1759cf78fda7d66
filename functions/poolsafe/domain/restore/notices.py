"""Whom somebody has to look after when the restore is done, found before it begins: `attention/*.parquet`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ..identities import is_federated, links_of
from ..match import Twin
from ..records import SOFTWARE_TOKEN_MFA, WEB_AUTHN, User
from ..sign_in import CHANNEL_OF_METHOD, passes_mfa
from .credentials import Credential
from .outcome import Reason
from .plan import Planner
from .planned_user import Action, PlannedUser
from .scope import Part


class Attention(StrEnum):
    """What there is to do for a user, or what they have to do themselves."""

    #: Somebody has to hand over the temporary password.
    TEMPORARY_PASSWORD = "temporary_password"  # noqa: S105
    #: The way back that was asked for does not work for them; `detail` is why.
    UNREACHABLE = "unreachable"
    ENROL_TOTP = "enrol_totp"
    ENROL_PASSKEY = "enrol_passkey"
    #: A second factor that the snapshot knows and the restore cannot set; `detail` is which.
    MFA_NOT_RESTORED = "mfa_not_restored"
    #: An alias that nobody can have before they accept their invitation.
    NO_PREFERRED_USERNAME = "no_preferred_username"
    #: A value that Cognito takes from nobody, such as a malformed date of birth; `detail` is the attribute.
    ATTRIBUTE_LOST = "attribute_lost"
    #: Their only address became their second factor, for they could not come in otherwise.
    MFA_GIVEN = "mfa_given"
    #: The password will be right, and MFA will not let them through: they need an address, or another factor.
    MFA_LOCKS_OUT = "mfa_locks_out"
    #: A linked identity whose provider the target does not have, or one more than five; `detail` is the provider.
    LINK_NOT_RESTORED = "link_not_restored"
    #: They are there, enabled by the snapshot and disabled in the target; nobody is enabled again unasked.
    STILL_DISABLED = "still_disabled"
    #: Made by an earlier restore that gave them a password or an invitation; it was not used yet, and stays.
    WAITING = "waiting"
    #: Made by an earlier restore that gave them no password, as far as is known, and touched since.
    NO_PASSWORD = "no_password"  # noqa: S105
    #: A group that the target lacks and the request leaves out; `detail` is its name.
    GROUP_MISSING = "group_missing"


@dataclass(frozen=True, slots=True)
class Notice:
    """One row of `attention/*.parquet`."""

    username: str
    sub: str
    attention: Attention
    detail: str | None = None


def notices(
    planner: Planner, planned: PlannedUser, user: User, twin: Twin | None, groups_there: frozenset[str]
) -> Iterator[Notice]:
    """Everything to be known about one planned user. `groups_there` are the groups that the target has."""

    def notice(attention: Attention, detail: str | None = None) -> Notice:
        return Notice(user.username, user.sub, attention, detail)

    if planned.action in (Action.CREATE, Action.UPDATE, Action.DEFER) and not planner.wishes.scope.has(Part.GROUPS):
        yield from (notice(Attention.GROUP_MISSING, name) for name in planned.groups if name not in groups_there)
    if planned.action is Action.CREATE and not is_federated(user):
        yield from _of_created(planner, planned, user, notice)
    elif twin is not None and planned.action in (Action.UPDATE, Action.SKIP):
        if twin.waiting:
            yield notice(Attention.WAITING)
        if planned.reason == Reason.NO_PASSWORD:
            yield notice(Attention.NO_PASSWORD)
        if planner.wishes.sets_mfa_of_existing and twin.proven:
            yield from (
                notice(Attention.MFA_NOT_RESTORED, method)
                for method in user.mfa_methods or ()
                if method in CHANNEL_OF_METHOD and method not in planned.mfa_methods
            )
        is_disabled = twin.proven and user.enabled and not twin.user.enabled
        if is_disabled and (planner.wishes.updates_users or planned.reason == Reason.LEFT_DISABLED):
            yield notice(Attention.STILL_DISABLED)


def _of_created(planner: Planner, planned: PlannedUser, user: User, notice: Callable[..., Notice]) -> Iterator[Notice]:
    if planned.credential == Credential.TEMPORARY:
        yield notice(Attention.TEMPORARY_PASSWORD)
    if planned.credential_reason:
        yield notice(Attention.UNREACHABLE, planned.credential_reason)
    if "birthdate" in user.attributes and "birthdate" not in planned.attributes:
        yield notice(Attention.ATTRIBUTE_LOST, "birthdate")
    invited = planned.credential == Credential.INVITE and user.attributes.get("preferred_username")
    if invited and planner.lost_to_invitation(user, "preferred_username"):
        yield notice(Attention.NO_PREFERRED_USERNAME)
    if planned.mfa_methods and planner.second_factors(user).given:
        yield notice(Attention.MFA_GIVEN)
    if not passes_mfa(user, planner.target, planned.mfa_methods):
        yield notice(Attention.MFA_LOCKS_OUT)
    for method in user.mfa_methods or ():
        if method == SOFTWARE_TOKEN_MFA:
            yield notice(Attention.ENROL_TOTP)
        elif method == WEB_AUTHN:
            yield notice(Attention.ENROL_PASSKEY)
        elif method not in planned.mfa_methods or planned.credential == Credential.IMPORT_JOB:
            # Who was imported has to choose a password before Cognito takes a second factor.
            yield notice(Attention.MFA_NOT_RESTORED, method)
    restored = {identity.profile_name for identity in planned.links}
    for identity in links_of(user):
        if identity.under(planner.wishes.provider_map).profile_name not in restored:
            yield notice(Attention.LINK_NOT_RESTORED, identity.provider)
