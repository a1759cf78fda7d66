"""Addresses that a service gave: the logo of a login page to fetch, a pre-signed one to upload a file to."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException

from ..errors import Rejected, ServiceUnavailable

TIMEOUT_SECONDS = 10
#: 100 MB, the largest file of an import.
UPLOAD_SECONDS = 240


class PublicWeb:
    """The Web port. No address is ever told: a pre-signed one lets in whoever has it."""

    def fetch(self, url: str, max_bytes: int) -> bytes:
        _require_address("GET", url)
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                content: bytes = answer.read(max_bytes + 1)
        except (urllib.error.URLError, HTTPException, TimeoutError) as error:
            raise ServiceUnavailable(f"GET: no answer ({type(error).__name__}).") from None
        if len(content) > max_bytes:
            raise Rejected("GET", "TooLarge")
        return content

    def upload(self, url: str, content: bytes, headers: Mapping[str, str]) -> None:
        _require_address("PUT", url)
        request = urllib.request.Request(url, content, dict(headers), method="PUT")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=UPLOAD_SECONDS):  # noqa: S310
                pass
        except urllib.error.HTTPError as error:
            error.close()
            if error.code >= 500:
                raise ServiceUnavailable(f"PUT: HTTP {error.code}.") from None
            raise Rejected("PUT", f"HTTP {error.code}") from None
        except (urllib.error.URLError, HTTPException, TimeoutError) as error:
            raise ServiceUnavailable(f"PUT: no answer ({type(error).__name__}).") from None


def _require_address(method: str, url: str) -> None:
    if not url.startswith(("https://", "http://")):
        raise Rejected(method, "NotAWebAddress")
