"""What surrounds a Cognito trigger: logs, the moment when it has to be done, and errors that tell nothing to anybody.

Cognito shows the text of whatever a trigger raises to the person who signs in
[DG cognito-user-pools-working-with-lambda-triggers], so nothing leaves here but sentences made for them. Nothing of an
event is logged but its kind, its pool and its app client: it holds names, and at a migration a password.

Beside `entrypoint.py`, because a sign-in waits for the import of what a state of a machine may load at leisure.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from .errors import PoolsafeError, Throttled

Event = dict[str, Any]

BUSY = "Too many requests. Please try again in a moment."
UNAVAILABLE = "Sign-in is not available just now. Please try again later."


class Told(Exception):
    """A sentence for the person who signs in. Poolsafe's own, without anything of anybody's in it."""


def trigger(name: str) -> Callable[[Callable[[Event, Logger], Event]], Callable[[Event, Any], Event]]:
    """Make a trigger of a function that takes the event and a logger, and returns the event."""

    def decorate(handle: Callable[[Event, Logger], Event]) -> Callable[[Event, Any], Event]:
        @functools.wraps(handle)
        def handler(event: Event, context: Any) -> Event:
            logger = Logger(service="sign-in")
            logger.append_keys(
                trigger=name,
                source=event.get("triggerSource"),
                user_pool_id=event.get("userPoolId"),
                client_id=(event.get("callerContext") or {}).get("clientId"),
                request_id=getattr(context, "aws_request_id", None),
            )
            try:
                return handle(event, logger)
            except Told:
                raise
            except Throttled as error:
                logger.warning("throttled", extra={"explanation": str(error)})
                raise Told(BUSY) from None
            except PoolsafeError as error:
                logger.error("stopped", extra={"error": type(error).__name__, "explanation": str(error)})
                raise Told(UNAVAILABLE) from None
            except Exception as error:
                place = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{type(error).__name__} in {Path(place.filename).name}, {place.name}, line {place.lineno}"
                logger.error("defect", extra={"explanation": where})
                raise Told(UNAVAILABLE) from None

        return handler

    return decorate
