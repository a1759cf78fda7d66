"""How often each Cognito action was called: to show what a job costs, and that it made no call it should not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .concern import Answer, Call, Proceed


class Calls:
    """Counts every call as it comes in, answered or refused. `GET` reads them, `DELETE` starts again from nothing.

    Counted by action, `{"ListUsers": 12}`, and by outcome, `{"ListUsers TooManyRequestsException": 3}`, errors only.
    """

    def __init__(self) -> None:
        self._actions: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        self._actions[call.action] += 1
        answer = await proceed(call)
        if not answer.succeeded:
            self._errors[f"{call.action} {answer.members.get('__type', answer.status)}"] += 1
        return answer

    def control(self, method: str, _body: Any) -> dict[str, dict[str, int]]:
        counted = {"actions": dict(self._actions), "errors": dict(self._errors)}
        if method == "DELETE":
            self._actions.clear()
            self._errors.clear()
        return counted
