"""What EventBridge Scheduler puts into an input for the attributes of its context.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html:
`<aws.scheduler.schedule-arn>`, `<aws.scheduler.scheduled-time>` (the time the schedule told for this invocation, as in
`2022-03-22T18:59:43Z`), `<aws.scheduler.execution-id>` and `<aws.scheduler.attempt-number>`. The emulator sends the
input as it is written.

It looks every ten seconds for what is due, and each invocation is the first attempt. The time told of a `cron` is its
minute, which is when it is due; of a `rate` it is when it is sent.
"""

from __future__ import annotations

import functools
import uuid
from datetime import UTC, datetime
from typing import Any

from .operations import Json

MINUTE = 60


def tell_schedules_context() -> None:
    """Takes its place in the emulator, whose scheduler invokes targets as EventBridge does."""
    from ministack.services import eventbridge

    eventbridge._invoke_target = _telling(eventbridge._invoke_target)


def _telling(invoke: Any) -> Any:
    @functools.wraps(invoke)
    def invoked(target: Json, event: Json, rule: Json, *others: Any) -> None:
        if event.get("Source") == "aws.scheduler" and target.get("Input"):
            target = {**target, "Input": with_context(str(target["Input"]), rule, float(event["Time"]))}
        invoke(target, event, rule, *others)

    return invoked


def with_context(text: str, schedule: Json, sent: float) -> str:
    """An input with the attributes of the context in their places."""
    at = datetime.fromtimestamp(_scheduled(str(schedule["ScheduleExpression"]), sent), UTC)
    attributes = {
        "schedule-arn": str(schedule.get("Arn", "")),
        "scheduled-time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _scheduled(expression: str, sent: float) -> float:
    from ministack.services import scheduler

    once: float | None = scheduler._at_time_epoch(expression)
    if once is not None:
        return once
    return sent // MINUTE * MINUTE if expression.startswith("cron") else sent
