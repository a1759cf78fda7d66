"""Metrics that services send of themselves and the emulator does not.

- Step Functions, of standard workflows: ExecutionsStarted, and when an execution ends ExecutionsSucceeded, -Failed,
  -TimedOut or -Aborted; dimension StateMachineArn
  (https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html).
- SQS: ApproximateNumberOfMessagesVisible; dimension QueueName
  (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
  AWS sends it every minute, of queues that were active in the last six hours. Here it is sent when alarms are
  evaluated, once a minute at most, and of every queue.

Assumed: Step Functions sends ones and no zeros: where nothing failed, ExecutionsFailed has no data.
"""

from __future__ import annotations

import functools
import time
from typing import Any

from .embedded_metrics import Datum, record

STATES, SQS, VISIBLE = "AWS/States", "AWS/SQS", "ApproximateNumberOfMessagesVisible"
ENDED = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
MINUTE = 60


def send_execution_metrics() -> None:
    """Takes its place in the emulator, where it tells EventBridge of executions."""
    from ministack.services import stepfunctions

    stepfunctions._emit_execution_status_event = _counting(stepfunctions._emit_execution_status_event)


def _counting(tell: Any) -> Any:
    @functools.wraps(tell)
    def told(execution: dict[str, Any]) -> None:
        from ministack.core import arn, responses

        if not execution.get("sync"):
            machine = execution["stateMachineArn"]
            spec = arn.parse_arn(machine)
            with responses.request_scope(spec.account_id, spec.region):
                record(_count(machine, ENDED[execution["status"]]))
        tell(execution)

    return told


def _count(machine: str, metric: str) -> Datum:
    return Datum(STATES, metric, "Count", {"StateMachineArn": machine}, 1.0, time.time())


def send_queue_metrics(until: float) -> None:
    """Sends how many messages each queue has: now, and for every minute until a time ahead as if nothing changed."""
    from ministack.services import cloudwatch, sqs

    now = time.time()
    for queue in list(sqs._queues.values()):
        sqs._refresh_counts(queue)
        count = float(queue["attributes"]["ApproximateNumberOfMessages"])
        dimensions = {"QueueName": str(queue["name"])}
        bucket = cloudwatch._metric_bucket((SQS, VISIBLE, cloudwatch._dims_key(dimensions)))
        bucket[:] = [point for point in bucket if point["Timestamp"] // MINUTE < now // MINUTE]  # looked ahead before
        sample = now
        while sample <= max(now, until):
            record(Datum(SQS, VISIBLE, "Count", dimensions, count, sample))
            sample += MINUTE
