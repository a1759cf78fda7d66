"""What the migration trigger answers, to Cognito and to people.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html ("Migrate user
response parameters"). `finalUserStatus` that is left alone means RESET_REQUIRED; `username` is for pools whose users
may sign in by an alias; no alias is ever taken from anybody (`forceAliasCreation`), and no message is sent.
"""

from __future__ import annotations

from typing import Any

from ..records import CONFIRMED
from .carried_user import CarriedUser, Why

#: Told to somebody whose password was right, and whom something keeps that the owner has to mend.
MOVED_LATER = "This account could not be moved. Please contact support."
#: The source's own words [DG amazon-cognito-user-pools-authentication-flow, "Lockout behavior"].
LOCKED_OUT = "Password attempts exceeded"


def answer_for(carried: CarriedUser) -> dict[str, Any]:
    """The members of the event's response."""
    named = {} if carried.username is None else {"username": carried.username}
    return {
        "userAttributes": {**carried.attributes, **named},
        "finalUserStatus": None if carried.must_reset else CONFIRMED,
        "messageAction": "SUPPRESS",
        "desiredDeliveryMediums": [],
        "forceAliasCreation": False,
        "enableSMSMFA": carried.texts_codes,
    }


def sentence_for(why: Why, *, is_proven: bool) -> str | None:
    """What to say beyond Cognito's own "incorrect username or password"; None for nothing.

    `is_proven`: a password was typed. Only whoever knew it learns that there is something to mend.
    """
    if why is Why.LOCKED_OUT:
        return LOCKED_OUT
    return MOVED_LATER if is_proven and why.is_for_the_owner else None
