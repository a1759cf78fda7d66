"""Hearing of throttles that botocore retries by itself and nobody else would see."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .aws import THROTTLES

#: Where a request's context says when its last attempt was sent.
SENT = "poolsafe_sent"


def hear_throttles(cognito: Any, on_throttle: Callable[[str, float], None]) -> None:
    """Call `on_throttle` for every throttled attempt of a client: its operation, and how many seconds ago it was sent.

    botocore makes a request of its own for each attempt, and its context is that of the call.
    """

    def sending(request: Any = None, **_: Any) -> None:
        request.context[SENT] = time.monotonic()

    def attempted(response: Any = None, operation: Any = None, request_dict: Any = None, **_: Any) -> None:
        if response is not None and response[1].get("Error", {}).get("Code") in THROTTLES:
            now = time.monotonic()
            on_throttle(operation.name, now - request_dict["context"].get(SENT, now))

    service = cognito.meta.service_model.service_id.hyphenize()
    cognito.meta.events.register(f"request-created.{service}", sending)
    cognito.meta.events.register(f"needs-retry.{service}", attempted)
