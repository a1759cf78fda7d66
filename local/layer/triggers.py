"""The functions that a pool names as its triggers: who may call them, how long they have, and what their errors become.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html,
"Things to know about Lambda triggers": an event is answered with the same event; a function that has not answered
within five seconds is called again, and "after 3 unsuccessful attempts, the function times out" (so the guide until
2026; now Cognito "may retry"); its resource policy has to let `cognito-idp.amazonaws.com` in for the pool's ARN and
account. UnexpectedLambdaException, "... invocation failed due to error AccessDeniedException.", without that or without
the function: https://repost.aws/knowledge-center/cognito-lambda-trigger-errors and
https://github.com/boto/boto3/discussions/4080. "... failed with error <what the function raised>." is what apps meet.

Assumed: a function that raises, or dies, or meets its own time limit, is not called again, and is a
UserLambdaValidationException; a slow one runs on beside the next attempt, whose answer alone counts, and ends as an
UnexpectedLambdaException, as does a throttled one; an answer without a `response` is an InvalidLambdaResponseException.

Lambda starts as many processes as are asked for, each with a CPU of its own. This machine has a few cores, so of each
trigger of a pool so many run at once, and the time of whoever waits begins when it starts, as on Lambda.

`GET /_poolsafe/triggers`: what was called, oldest first; `DELETE` forgets. Events hold passwords, so they are not kept.
`PUT /_poolsafe/trigger-limit` with `{"Seconds": 0.5}`: a test that will not wait; `DELETE` makes it five seconds again.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from .operations import Json, Refused
from .pools import within

SECONDS, ATTEMPTS = 5.0, 3
AT_ONCE = 6
SERVICE, INVOKES = "cognito-idp.amazonaws.com", "lambda:InvokeFunction"


class NotInvoked(Refused):
    """The function was not called, or did not answer in time."""

    def __init__(self, trigger: str, error: str) -> None:
        super().__init__("UnexpectedLambdaException", f"{trigger} invocation failed due to error {error}.")


class NotUnderstood(Refused):
    """The function answered something else than the event."""

    def __init__(self) -> None:
        super().__init__("InvalidLambdaResponseException", "Unrecognizable lambda output")


@dataclass(frozen=True, slots=True)
class Event:
    """What a trigger is told: `trigger` is the member of LambdaConfig, `response` what the function is to fill in."""

    trigger: str
    source: str
    username: str
    client_id: str
    request: Json
    response: Json
    version: str = "1"

    def of(self, pool: Json) -> Json:
        return {
            "version": self.version,
            "triggerSource": self.source,
            "region": pool["Arn"].split(":")[3],
            "userPoolId": pool["Id"],
            "userName": self.username,
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": self.client_id},
            "request": self.request,
            "response": self.response,
        }


def function_of(pool: Json, trigger: str) -> str:
    """The ARN of the trigger's function; blank where the pool has none."""
    return str((pool.get("LambdaConfig") or {}).get(trigger) or "")


class Triggers:
    def __init__(self) -> None:
        self._seconds = SECONDS
        self._called: list[Json] = []
        self._late: set[asyncio.Task[Any]] = set()
        self._slots: defaultdict[tuple[str, str], asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    async def ask(self, pool: Json, event: Event, function: str | None = None) -> Json:
        """The `response` that the function gives back. Refused where there is none."""
        noted = {"source": event.source, "user_pool_id": pool["Id"], "attempts": 0, "outcome": "answered"}
        self._called.append(noted)
        try:
            async with self._slots[pool["Id"], event.trigger]:
                with within(pool):
                    return await self._ask(pool, event, function or function_of(pool, event.trigger), noted)
        except Refused as refused:
            noted["outcome"] = refused.name
            raise

    async def _ask(self, pool: Json, event: Event, function: str, noted: Json) -> Json:
        from ministack.core.concurrency import run_reentrant
        from ministack.services import lambda_svc

        record, config, _ = lambda_svc._get_func_record_for_ref(function)
        if record is None or config is None or not _lets_in(record, pool, function):
            raise NotInvoked(event.trigger, "AccessDeniedException")
        executed, told = lambda_svc._execution_record_for_config(record, config), event.of(pool)
        for _ in range(ATTEMPTS):
            noted["attempts"] += 1
            invocation = run_reentrant(lambda_svc._execute_function_with_config_scope, executed, told)
            attempt = asyncio.create_task(invocation)
            self._late.add(attempt)
            attempt.add_done_callback(self._late.discard)
            if (await asyncio.wait({attempt}, timeout=self._seconds))[0]:
                return _response(event.trigger, attempt.result())
        raise NotInvoked(event.trigger, "Socket timeout while invoking Lambda function")

    def control(self, method: str, _body: Any) -> list[Json]:
        called = list(self._called)
        if method == "DELETE":
            self._called.clear()
        return called

    def limit(self, method: str, body: Any) -> dict[str, float]:
        self._seconds = float(body["Seconds"]) if method == "PUT" else SECONDS
        return {"Seconds": self._seconds}


def _lets_in(record: Json, pool: Json, function: str) -> bool:
    """Whether the function's resource policy lets Cognito call it for that pool."""
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

    _, _, _, region, account, _ = pool["Arn"].split(":", 5)
    source = {"aws:sourcearn": pool["Arn"], "aws:sourceaccount": account}
    caller = EvalContext("*", "Service", "", INVOKES, function, region, service_context=source)
    return bool(evaluate_resource_policy(record["policy"], caller, service=SERVICE).decision == "Allow")


def _response(trigger: str, result: Json) -> Json:
    body = result.get("body")
    if result.get("throttle"):
        raise NotInvoked(trigger, "TooManyRequestsException")
    if result.get("error"):
        raised = body.get("errorMessage") if isinstance(body, dict) else body
        raise Refused("UserLambdaValidationException", f"{trigger} failed with error {raised}.")
    if not isinstance(body, dict) or not isinstance(body.get("response"), dict):
        raise NotUnderstood
    response: Json = body["response"]
    return response
