"""What surrounds every handler: logs, metrics, the deadline, and errors that tell nothing about anybody."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from . import bootstrap
from .adapters.clock import LambdaDeadline
from .errors import PoolsafeError, Unexpected
from .metrics import NAMESPACE, Metric
from .ports import Deadline

Event = dict[str, Any]

#: Time kept to commit the last part and return, in seconds.
RESERVE_SECONDS = 60


class Invocation:
    """One call of a state: its adapters, its deadline, and where to count and log."""

    def __init__(
        self, application: bootstrap.Application, deadline: Deadline, logger: Logger, metrics: Metrics
    ) -> None:
        self.application = application
        self.deadline = deadline
        self.logger = logger
        self._metrics = metrics

    def count(self, metric: Metric, value: float) -> None:
        """Add to a metric of this invocation."""
        self._metrics.add_metric(name=metric.value, unit=MetricUnit.Count, value=value)


def state(
    job: str, name: str, reserve_seconds: float = RESERVE_SECONDS
) -> Callable[[Callable[[Event, Invocation], Event]], Callable[[Event, Any], Event]]:
    """Make a Lambda handler of a function that takes the event and an Invocation.

    Poolsafe's own errors leave as they are: their names and messages are made
    for people. Anything else leaves as Unexpected with the kind of exception and
    the place, because an exception's text may quote a user's data.
    """

    def decorate(handle: Callable[[Event, Invocation], Event]) -> Callable[[Event, Any], Event]:
        @functools.wraps(handle)
        def handler(event: Event, context: Any) -> Event:
            logger = Logger(service=job)
            metrics = Metrics(namespace=NAMESPACE, service=job)
            logger.append_keys(state=name, request_id=getattr(context, "aws_request_id", None))
            deadline = LambdaDeadline(context, reserve_seconds)
            try:
                answer = handle(event, Invocation(bootstrap.application(), deadline, logger, metrics))
            except PoolsafeError as error:
                logger.warning("stopped", extra={"error": type(error).__name__, "explanation": str(error)})
                raise error.with_traceback(None) from None
            except Exception as error:
                place = traceback.extract_tb(error.__traceback__)[-1]
                unexpected = Unexpected(
                    f"{type(error).__name__} in {Path(place.filename).name}, {place.name}, line {place.lineno}"
                )
                logger.error("defect", extra={"explanation": str(unexpected)})
                raise unexpected from None
            finally:
                if metrics.metric_set:
                    metrics.flush_metrics()
            logger.info("finished", extra={"done": answer.get("done")})
            return answer

        return handler

    return decorate
