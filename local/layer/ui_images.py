"""The logo of the classic hosted UI: kept, and to be fetched where its `ImageUrl` says.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUICustomization.html, and
.../API_UICustomizationType.html for `ImageUrl`, which needs no permission to fetch: it is in the page's HTML. At most
131,072 bytes (`constraints.py`). GetUICustomization answers with the pool's own for a client without one; the emulator
does that.

Assumed: a Set without ImageFile takes the image away, as one without CSS takes the CSS away.
"""

from __future__ import annotations

import base64
import os

from .concern import Answer, Call, Proceed
from .controls import App, Receive, Scope, Send
from .operations import kept, new_id
from .pools import pool_anywhere, pool_of_request

PATH = "/_poolsafe/images/"


async def ui_images(call: Call, proceed: Proceed) -> Answer:
    answer = await proceed(call)
    pool = pool_of_request(call.user_pool_id)
    if call.action != "SetUICustomization" or not answer.succeeded or pool is None:
        return answer
    shown = dict(answer.members["UICustomization"])
    images = kept(pool, "ui_images")
    for name in [name for name, image in images.items() if image["ClientId"] == shown["ClientId"]]:
        del images[name]
    if call.members.get("ImageFile"):
        name = f"{new_id()}.png"
        images[name] = {"ClientId": shown["ClientId"], "Content": call.members["ImageFile"]}
        shown["ImageUrl"] = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}{PATH}{pool['Id']}/{name}"
        pool["_ui_customizations"][shown["ClientId"]]["ImageUrl"] = shown["ImageUrl"]
    return Answer(answer.status, {"UICustomization": shown}, answer.headers)


def with_images(app: App) -> App:
    """The application with the images beside it."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await app(scope, receive, send)
            return
        pool_id, _, name = scope["path"].removeprefix(PATH).partition("/")
        try:
            content = base64.b64decode(kept(pool_anywhere(pool_id), "ui_images")[name]["Content"])
            status, kind = 200, b"image/png"
        except KeyError:
            content, status, kind = b"no such image", 404, b"text/plain"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": content})

    return served
