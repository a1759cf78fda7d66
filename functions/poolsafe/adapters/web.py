"""Fetching what a service gave a public address of: the logo of a login page."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException

from ..errors import Rejected, ServiceUnavailable

TIMEOUT_SECONDS = 10


class PublicWeb:
    """The Web port."""

    def fetch(self, url: str, max_bytes: int) -> bytes:
        if not url.startswith(("https://", "http://")):
            raise Rejected("GET", "NotAWebAddress")
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                content: bytes = answer.read(max_bytes + 1)
        except (urllib.error.URLError, HTTPException, TimeoutError) as error:
            raise ServiceUnavailable(f"GET: no answer ({type(error).__name__}).") from None
        if len(content) > max_bytes:
            raise Rejected("GET", "TooLarge")
        return content
