"""`/_poolsafe/<name>`: how tests and the demo drive this layer from outside the emulator's process."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Takes the HTTP method and the JSON body; what it returns, or what that comes to, is sent back as JSON.
Control = Callable[[str, Any], Any]

PREFIX = "/_poolsafe/"


def with_controls(app: App, controls: Mapping[str, Control]) -> App:
    """The application with our controls beside it."""

    async def controlled(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        content = await _body(receive)
        try:
            control = controls[scope["path"].removeprefix(PREFIX)]
            status, answer = 200, control(scope["method"], json.loads(content) if content else None)
            if inspect.isawaitable(answer):
                answer = await answer
        except (KeyError, TypeError, ValueError) as error:
            status, answer = 400, {"error": repr(error), "controls": sorted(controls)}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return controlled


async def _body(receive: Receive) -> bytes:
    content = b""
    while True:
        message = await receive()
        content += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return content
