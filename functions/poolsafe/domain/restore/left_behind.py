"""Whom an earlier restore made and left before it was done with them: to be completed, or to be named."""

from __future__ import annotations

from datetime import timedelta

from ..match import Matcher, Twin
from ..records import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from .outcome import Reason

#: A restore is done with a user within this time of creating it.
UNTOUCHED = timedelta(minutes=10)


def is_unfinished(matcher: Matcher, twin: Twin, user: User) -> bool:
    """Whether a restore made this user and died before its password was set.

    It carries the old `sub`, was not touched since, and nobody was given a
    password for it: left alone, it would stay locked out. One that was
    touched may have got a temporary password from an administrator, and that
    is not ours to replace.
    """
    return twin.user.status == FORCE_CHANGE_PASSWORD and not twin.waiting and _is_as_made(matcher, twin.user, user)


def why_left_alone(matcher: Matcher, twin: Twin, user: User) -> Reason:
    """What is said of somebody who is there and is not completed.

    Confirmed and disabled is how a restore leaves whom it could not give a temporary password; but so does somebody
    who has disabled them right after it. They are named and not enabled.
    """
    found = twin.user
    if twin.is_without_password and found.sub != user.sub:
        return Reason.NO_PASSWORD
    is_disabled = found.status == CONFIRMED and user.enabled and not found.enabled
    return Reason.LEFT_DISABLED if is_disabled and _is_as_made(matcher, found, user) else Reason.EXISTS


def _is_as_made(matcher: Matcher, found: User, user: User) -> bool:
    """Whether a restore made the target's user from this one, and nobody has touched it since."""
    is_made = found.sub != user.sub and matcher.has_original_sub(user, found)
    return is_made and found.modified_at - found.created_at < UNTOUCHED
