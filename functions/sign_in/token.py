"""Trigger PreTokenGeneration: the old `sub` as a claim, and what a first sign-in gives back.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html. It runs
for every token, refreshed ones too, and once nobody is left to give anything back to, it reads nothing.
"""

from __future__ import annotations

from typing import Any

from poolsafe.domain.first_sign_in.claims import details
from poolsafe.operations.apply_deferred import Arrived, Disabled, NotKnown
from poolsafe.sign_in_bootstrap import triggers
from poolsafe.trigger import UNAVAILABLE, Event, Told, trigger

#: What Cognito itself says of who is disabled.
DISABLED = "User is disabled."


@trigger("PreTokenGeneration")
def handler(event: Event, logger: Any) -> Event:
    ours = triggers()
    if event["triggerSource"] == "TokenGeneration_ClientCredentials":
        # A machine's token, of version 3: there is no user.
        return event
    arrived = Arrived(event["userName"], event["request"].get("userAttributes") or {})
    try:
        given = ours.deferred(event["userPoolId"])(arrived, ours.hurry())
    except Disabled:
        logger.info("disabled_again")
        raise Told(DISABLED) from None
    except NotKnown as error:
        logger.error("not_known", extra={"explanation": str(error.__cause__)})
        raise Told(UNAVAILABLE) from None
    if given.did_anything:
        log = logger.warning if given.failed else logger.info
        log("given_back", extra={"groups": given.added, "refused": given.refused, "failed": given.failed})
    claims = {ours.claim: given.original_sub} if given.original_sub else {}
    if changes := details(str(event.get("version")), claims, given.groups):
        event["response"] = {**(event.get("response") or {}), **changes}
    return event
