"""Hearing of throttles that botocore retries by itself and nobody else would see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .aws import THROTTLES


def hear_throttles(cognito: Any, on_throttle: Callable[[str], None]) -> None:
    """Call `on_throttle` with the operation of every throttled attempt of a client."""

    def attempt(response: Any = None, operation: Any = None, **_: Any) -> None:
        if response is not None and response[1].get("Error", {}).get("Code") in THROTTLES:
            on_throttle(operation.name)

    cognito.meta.events.register(f"needs-retry.{cognito.meta.service_model.service_id.hyphenize()}", attempt)
