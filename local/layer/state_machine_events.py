"""State machines that put events: as their role may, with their names on the events, and failing if one is not taken.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html: the role needs events:PutEvents
on the bus; the ARNs of the execution and of the state machine are added to each entry's Resources; where EventBridge
does not take every entry the state fails with `EventBridge.FailedEntry`. The emulator does none of these.

Assumed: a role that may not is told so with `EventBridge.AccessDeniedException`.
"""

from __future__ import annotations

import contextvars
import functools
from typing import Any

from .operations import Json

PUT_EVENTS = "arn:aws:states:::events:putEvents"
ACTION = "events:PutEvents"

#: The context object of the state that is being executed.
_context: contextvars.ContextVar[Json] = contextvars.ContextVar("state")


def put_events_as_the_role() -> None:
    """Takes its place in the emulator."""
    from ministack.services import stepfunctions

    stepfunctions._execute_task = _known(stepfunctions._execute_task)
    stepfunctions._SERVICE_DISPATCH[PUT_EVENTS] = _asking(stepfunctions._SERVICE_DISPATCH[PUT_EVENTS])


def _known(execute: Any) -> Any:
    @functools.wraps(execute)
    def executed(state: Json, given: Any, execution: Any, context: Json) -> Any:
        token = _context.set(context)
        try:
            return execute(state, given, execution, context)
        finally:
            _context.reset(token)

    return executed


def _asking(put: Any) -> Any:
    @functools.wraps(put)
    def asked(resource: str, given: Json) -> Json:
        from ministack.services import stepfunctions

        machine, execution = (
            str(_context.get({}).get(name, {}).get("Id", "")) for name in ("StateMachine", "Execution")
        )
        role = str((stepfunctions._state_machines.get(machine) or {}).get("roleArn", ""))
        for entry in given.get("Entries", ()):
            bus = _bus(str(entry.get("EventBusName") or "default"))
            if not _may(role, bus):
                message = f"User: {role} is not authorized to perform: {ACTION} on resource: {bus}"
                raise stepfunctions._ExecutionError("EventBridge.AccessDeniedException", message)
        named = [
            {**entry, "Resources": [*entry.get("Resources", ()), execution, machine]} for entry in given["Entries"]
        ]
        answer: Json = put(resource, {**given, "Entries": named})
        if answer.get("FailedEntryCount"):
            raise stepfunctions._ExecutionError("EventBridge.FailedEntry", str(answer["Entries"]))
        return answer

    return asked


def _bus(name: str) -> str:
    from ministack.core import responses

    if name.startswith("arn:"):
        return name
    return f"arn:aws:events:{responses.get_region()}:{responses.get_account_id()}:event-bus/{name}"


def _may(role: str, bus: str) -> bool:
    from ministack.core import iam_evaluator, responses

    account, name = role.split(":")[4] if role else "", role.rpartition("/")[2]
    asked = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/states",
        principal_type="AssumedRole",
        principal_account=account,
        action=ACTION,
        resource_arn=bus,
        region=responses.get_region(),
    )
    decided = iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(name, account))
    return bool(decided.decision == "Allow")
