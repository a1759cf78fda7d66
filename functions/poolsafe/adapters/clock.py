"""The real clock, and the deadline of a Lambda invocation."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any


class SystemClock:
    """The Clock port."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class LambdaDeadline:
    """The Deadline port over a Lambda context: near once less than `reserve_seconds` are left."""

    def __init__(self, context: Any, reserve_seconds: float) -> None:
        self._context = context
        self._reserve_ms = reserve_seconds * 1000

    def near(self, ahead: float = 0) -> bool:
        return bool(self._context.get_remaining_time_in_millis() <= self._reserve_ms + ahead * 1000)
