"""An execution that was stopped begins no state any more, also inside a Map.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html. The emulator stops
between the states of the machine itself, and lets the items of a Map go on to their end.
"""

from __future__ import annotations

import functools
from typing import Any

from .operations import Json


def stop_in_maps() -> None:
    """Takes its place in the emulator."""
    from ministack.services import stepfunctions

    stepfunctions._execute_task = _unless_stopped(stepfunctions._execute_task)
    stepfunctions._fail_execution = _once(stepfunctions._fail_execution)


def _unless_stopped(execute: Any) -> Any:
    @functools.wraps(execute)
    def executed(state: Json, given: Any, execution: Any, context: Json) -> Any:
        from ministack.services import stepfunctions

        if execution and execution.get("status") == "ABORTED":
            # Whatever catches it begins no task either.
            raise stepfunctions._ExecutionError("States.Aborted", "The execution was stopped.")
        return execute(state, given, execution, context)

    return executed


def _once(fail: Any) -> Any:
    """What was stopped has ended, and does not fail afterwards."""

    @functools.wraps(fail)
    def failed(execution: Json, *told: Any) -> None:
        if execution["status"] != "ABORTED":
            fail(execution, *told)

    return failed
