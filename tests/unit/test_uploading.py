"""A file is put to a pre-signed address, and nobody is told the address: it lets in whoever has it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from poolsafe.adapters.web import PublicWeb
from poolsafe.errors import PoolsafeError, Rejected, ServiceUnavailable

KMS = {"x-amz-server-side-encryption": "aws:kms"}
SECRET = "X-Amz-Signature=c0ffee"
FILE = "cognito:username,email\nzoë,zoe@example.com\n".encode()


@dataclass
class Storage:
    """What answers at an address, with which status, and what it was sent."""

    url: str
    status: int = 200
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def storage() -> Iterator[Storage]:
    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.requests.append((self.command, self.path, headers, content))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests say nothing while all is well."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Storage(f"http://127.0.0.1:{server.server_port}/pool/import-1?{SECRET}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def whole_text(error: BaseException) -> str:
    """All that a log could show of an error, causes included."""
    told = [error]
    while (
        inner := told[-1].__cause__ or (None if told[-1].__suppress_context__ else told[-1].__context__)
    ) is not None:
        told.append(inner)
    return " ".join(f"{one} {one!r} {getattr(one, '__notes__', '')}" for one in told)


def test_a_file_is_put_as_it_is_with_the_headers_that_were_signed(storage: Storage) -> None:
    PublicWeb().upload(storage.url, FILE, KMS)
    [(method, path, headers, content)] = storage.requests
    assert (method, path, content) == ("PUT", f"/pool/import-1?{SECRET}", FILE)
    assert {name: value for name, value in headers.items() if name.startswith("x-amz-")} == KMS
    assert headers["content-length"] == str(len(FILE))
    assert "transfer-encoding" not in headers


@pytest.mark.parametrize("status", [400, 403, 404, 411])
def test_an_upload_that_is_refused_is_told_by_its_status(storage: Storage, status: int) -> None:
    storage.status = status
    with pytest.raises(Rejected) as refused:
        PublicWeb().upload(storage.url, FILE, KMS)
    assert (refused.value.operation, refused.value.code) == ("PUT", f"HTTP {status}")
    assert str(refused.value) == f"PUT: HTTP {status}"


@pytest.mark.parametrize("status", [500, 503])
def test_an_upload_that_fails_there_can_be_tried_again(storage: Storage, status: int) -> None:
    storage.status = status
    with pytest.raises(ServiceUnavailable, match=f"^PUT: HTTP {status}\\.$"):
        PublicWeb().upload(storage.url, FILE, KMS)
    storage.status = 200
    PublicWeb().upload(storage.url, FILE, KMS)
    assert [content for *_, content in storage.requests] == [FILE, FILE]


def test_an_upload_to_where_nobody_listens_can_be_tried_again(storage: Storage) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        port = closed.server_port
    with pytest.raises(ServiceUnavailable, match=r"^PUT: no answer"):
        PublicWeb().upload(f"http://127.0.0.1:{port}/?{SECRET}", FILE, KMS)


def test_only_web_addresses_are_put_to() -> None:
    with pytest.raises(Rejected) as refused:
        PublicWeb().upload("file:///etc/passwd", FILE, KMS)
    assert (refused.value.operation, refused.value.code) == ("PUT", "NotAWebAddress")


@pytest.mark.parametrize("status", [403, 500])
def test_no_error_tells_the_address(storage: Storage, status: int) -> None:
    storage.status = status
    with pytest.raises(PoolsafeError) as failed:
        PublicWeb().upload(storage.url, FILE, KMS)
    assert SECRET not in whole_text(failed.value)
    assert "127.0.0.1" not in whole_text(failed.value)
    with pytest.raises(PoolsafeError) as failed:
        PublicWeb().upload(f"ftp://127.0.0.1/?{SECRET}", FILE, KMS)
    assert SECRET not in whole_text(failed.value)
