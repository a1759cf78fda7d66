"""Whether a pool takes a user at all, whatever their password."""

from __future__ import annotations

from collections.abc import Mapping

from ..records import User
from ..target import TargetPool
from .outcome import Reason


def why_not_taken(target: TargetPool, user: User, attributes: Mapping[str, str]) -> str | None:
    """Why no call can make this user there, with the attributes it is about; None where one can."""
    if target.sign_in_name(user) is None:
        return Reason.NO_SIGN_IN_ATTRIBUTE
    if target.takes_for_an_alias(user.username):
        return Reason.USERNAME_LIKE_ALIAS
    if missing := target.missing_required(attributes):
        return f"{Reason.REQUIRED_ATTRIBUTE_MISSING}:{','.join(missing)}"
    if long := target.too_long(attributes):
        return f"{Reason.ATTRIBUTE_TOO_LONG}:{','.join(long)}"
    return None
