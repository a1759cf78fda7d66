"""How many requests S3 answered, by the kinds that AWS bills apart.

Source: https://aws.amazon.com/s3/pricing/, "Requests & data retrievals": PUT, COPY, POST and LIST have one price, GET
and all others another, DELETE none. Not counted are calls that carry no signature: those the emulator makes within
itself.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from .concern import Response, ServiceHandler

LIST, PUT, GET, DELETE = "LIST", "PUT", "GET", "DELETE"
KINDS = {"PUT": PUT, "POST": PUT, "DELETE": DELETE}
#: How a bucket's objects, versions and uploads are listed; the rest of what is asked of a bucket are its settings.
LISTINGS = frozenset({"list-type", "versions", "uploads"})


class S3Requests:
    """Counts. `GET` reads `{"LIST": 3, "PUT": 12}`, `DELETE` starts again from nothing."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()

    def counting(self, s3: ServiceHandler) -> ServiceHandler:
        """The emulator's S3, counted."""

        async def handler(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
        ) -> Response:
            if headers.get("authorization") or "X-Amz-Credential" in query:
                self._counted[kind_of(method, path, query)] += 1
            return await s3(method, path, headers, body, query)

        return handler

    def control(self, method: str, _body: Any) -> dict[str, int]:
        counted = dict(self._counted)
        if method == "DELETE":
            self._counted.clear()
        return counted


def kind_of(method: str, path: str, query: dict[str, Any]) -> str:
    """As what a request is billed."""
    key = path.lstrip("/").partition("/")[2]
    if method == "GET" and not key and LISTINGS & query.keys():
        return LIST
    return KINDS.get(method, GET)
