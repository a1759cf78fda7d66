"""A request to Amazon Cognito as this layer sees it, and the shape of everything that happens to one."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

Response = tuple[int, dict[str, str], bytes]
#: What the emulator calls for every service: method, path, headers, body, query → status, headers, body.
ServiceHandler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]

TARGET_PREFIX = "AWSCognitoIdentityProviderService."


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the action's name, its members, and what the client calls itself."""

    action: str
    members: Mapping[str, Any]
    user_agent: str = ""

    @property
    def user_pool_id(self) -> str:
        return str(self.members.get("UserPoolId", ""))

    def with_members(self, **changed: Any) -> Call:
        return replace(self, members={**self.members, **changed})


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: HTTP status and the members of its JSON body. `content` is sent in place of the members, for
    answers that are too many to be made twice."""

    status: int
    members: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/x-amz-json-1.1"})
    content: bytes | None = None

    @property
    def succeeded(self) -> bool:
        return self.status == 200

    @classmethod
    def error(cls, name: str, message: str, status: int = 400) -> Answer:
        """One of Cognito's exceptions. Nearly all are HTTP 400, throttling included; internal ones are 500."""
        return cls(status, {"__type": name, "message": message})


Proceed = Callable[[Call], Awaitable[Answer]]


class Concern(Protocol):
    """One thing done to calls: answer in the emulator's place, change the call or the answer, wait, or just watch."""

    async def __call__(self, call: Call, proceed: Proceed) -> Answer: ...


def surround(emulator: ServiceHandler, concerns: Sequence[Concern]) -> ServiceHandler:
    """The emulator's Cognito with the concerns round it, the first outermost."""

    async def handler(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        async def innermost(call: Call) -> Answer:
            content = json.dumps(dict(call.members)).encode()
            targeted = {**headers, "x-amz-target": TARGET_PREFIX + call.action}
            status, answered, received = await emulator(method, path, targeted, content, query)
            return Answer(status, json.loads(received or b"{}"), answered)

        target = headers.get("x-amz-target", "")
        if not target.startswith(TARGET_PREFIX):
            return await emulator(method, path, headers, body, query)
        proceed: Proceed = innermost
        for concern in reversed(concerns):
            proceed = _inside(concern, proceed)
        call = Call(target.removeprefix(TARGET_PREFIX), json.loads(body or b"{}"), headers.get("user-agent", ""))
        answer = await proceed(call)
        content = json.dumps(dict(answer.members)).encode() if answer.content is None else answer.content
        return answer.status, dict(answer.headers), content

    return handler


def _inside(concern: Concern, proceed: Proceed) -> Proceed:
    async def call(call: Call) -> Answer:
        return await concern(call, proceed)

    return call
