"""What a user is to a migration: where it exists, what reaches it, whether it can sign in. One user at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from ..identities import identities_of, is_federated
from ..records import EXTERNAL_PROVIDER, WEB_AUTHN, User
from ..sign_in import CHANNEL_OF_METHOD
from ..target import SIGN_IN_ATTRIBUTES, is_verified

OTHER = "(other)"
#: [API UserType]; anything else counts as OTHER, so that nothing unforeseen is copied into a report.
STATUSES = frozenset(
    {"UNCONFIRMED", "CONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", EXTERNAL_PROVIDER}
    | {"ARCHIVED", "COMPROMISED", "UNKNOWN"}
)
#: [API AdminGetUserAuthFactors]: what UserMFASettingList may hold, and what stands for a passkey.
METHODS = frozenset({"SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", WEB_AUTHN})
EMAIL_LIKE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE_LIKE = re.compile(r"\+[1-9]\d{6,14}")


class Kind(StrEnum):
    """Where a user exists."""

    #: A password (or passwordless factor) in this pool alone.
    LOCAL = "local"
    #: A local user that one or more providers are linked to.
    LINKED = "linked"
    #: A profile that belongs to a provider: no password here.
    FEDERATED = "federated"


class Age(StrEnum):
    """Time since the later of creation and last change."""

    MONTH = "up_to_30_days"
    QUARTER = "31_to_90_days"
    HALF = "91_to_180_days"
    YEAR = "181_to_365_days"
    OLDER = "over_365_days"


LIMITS: Mapping[Age, int] = {Age.MONTH: 30, Age.QUARTER: 90, Age.HALF: 180, Age.YEAR: 365}


class Channel(StrEnum):
    """The verified addresses of a user: what "forgot password" can reach [DG managing-users-passwords]."""

    NONE = "none"
    EMAIL = "email"
    PHONE = "phone_number"
    BOTH = "both"


class Ability(StrEnum):
    """Whether the user can sign in as things are."""

    ABLE = "able"
    UNABLE = "unable"


#: No password works in these without something happening first [DG signing-up-users-in-your-app].
CANNOT_SIGN_IN = frozenset({"UNCONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "ARCHIVED", "COMPROMISED"})

PASSWORD_KINDS = (Kind.LOCAL, Kind.LINKED)


def kind_of(user: User) -> Kind:
    """Federated profiles may be linked too, and stay federated."""
    if is_federated(user):
        return Kind.FEDERATED
    return Kind.LINKED if any(providers_of(user)) else Kind.LOCAL


def ability_of(user: User) -> Ability:
    return Ability.ABLE if user.enabled and user.status not in CANNOT_SIGN_IN else Ability.UNABLE


def channel_of(user: User) -> Channel:
    """The verified addresses; a flag without an address counts for nothing."""
    email, phone = (is_verified(user, name) for name in SIGN_IN_ATTRIBUTES)
    if email and phone:
        return Channel.BOTH
    return Channel.EMAIL if email else Channel.PHONE if phone else Channel.NONE


def locks_recovery(channel: Channel, methods: tuple[str, ...]) -> bool:
    """Whether every verified channel serves as MFA, and nothing else does. A passkey changes nothing: no code goes
    over it, and it need not be a second factor."""
    factors = [method for method in methods if method != WEB_AUTHN]
    if channel is Channel.NONE or not factors:
        return False
    verified = {"email", "phone_number"} if channel is Channel.BOTH else {channel.value}
    return all(method in CHANNEL_OF_METHOD for method in factors) and verified <= {
        CHANNEL_OF_METHOD[method] for method in factors
    }


def providers_of(user: User) -> Iterator[str]:
    """The providers in `identities`; the user's own one first."""
    for identity in sorted(identities_of(user), key=lambda identity: not identity.is_primary):
        # 32 characters is the most a provider's name has [DG quotas]; longer is something else.
        yield identity.provider if 0 < len(identity.provider) <= 32 else OTHER
