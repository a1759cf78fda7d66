"""Where the CSV file of an import job is uploaded to: the presigned URL, answered as Amazon S3 does.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html: PUT, with
`x-amz-server-side-encryption: aws:kms`, within 15 minutes; awscli/examples/cognito-idp/start-user-import-job.rst of
https://github.com/aws/aws-cli: X-Amz-Expires=899, and that header among the signed ones. Hence, from
https://repost.aws/knowledge-center/s3-presigned-url-signature-mismatch: another method, another query and that header
missing or other are a SignatureDoesNotMatch. A URL past its time is an AccessDenied, and so is an `x-amz-` header that
was not signed (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html and S3's own texts); a
body in chunks, without a length, is a NotImplemented. A URL can be used more than once; the last file counts.

Assumed: a file that arrives when the job was started or has ended is accepted by S3, and nobody reads it.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .controls import App, Receive, Scope, Send
from .import_run import Job, jobs_of
from .operations import Json, now
from .pools import pool_anywhere

if TYPE_CHECKING:
    from .import_jobs import Imports

PATH = "/_poolsafe/imports/"
ENCRYPTION, KMS = "x-amz-server-side-encryption", "aws:kms"
NO_MATCH = 403, "SignatureDoesNotMatch", "The request does not match the signature you provided."
EXPIRED = 403, "AccessDenied", "Request has expired"
NOT_SIGNED = 403, "AccessDenied", "There were headers present in the request which were not signed"
NO_LENGTH = 501, "NotImplemented", "A header you provided implies functionality that is not implemented"
BUSY = 503, "SlowDown", "Please reduce your request rate."


def presigned(pool: Json, job_id: str, seconds: int) -> tuple[str, str]:
    """The query of a new URL for that job, and the URL."""
    query = urlencode(
        {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
            "X-Amz-SignedHeaders": f"host;{ENCRYPTION}",
            "X-Amz-Expires": seconds,
            "X-Amz-Signature": secrets.token_hex(32),
        }
    )
    port = os.environ["GATEWAY_PORT"]
    return query, f"http://127.0.0.1:{port}{PATH}{pool['Arn'].split(':')[4]}/{pool['Id']}/{job_id}?{query}"


def with_uploads(app: App, imports: Imports) -> App:
    """The application with the uploads beside it."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await app(scope, receive, send)
            return
        content = await _body(receive)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        refused = _stored(imports, scope, headers, content)
        status, body = (refused[0], _xml(*refused[1:])) if refused else (200, b"")
        told = [(b"content-type", b"application/xml")] if refused else [(ENCRYPTION.encode(), KMS.encode())]
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": body})

    return served


def _stored(imports: Imports, scope: Scope, headers: Mapping[str, str], content: bytes) -> tuple[int, str, str] | None:
    """Keeps the file, or tells the status, code and message of S3's refusal."""
    job = _job_of(scope["path"])
    if imports.take_refusal():
        return BUSY
    if job is None or scope["method"] != "PUT" or scope["query_string"].decode() != job.query:
        return NO_MATCH
    if now() >= job.upload_until:
        return EXPIRED
    if headers.get(ENCRYPTION) != KMS:
        return NO_MATCH
    if any(name.startswith("x-amz-") and name != ENCRYPTION for name in headers):
        return NOT_SIGNED
    if "content-length" not in headers:
        return NO_LENGTH
    if job.status == "Created":
        job.content = content
    return None


def _job_of(path: str) -> Job | None:
    try:
        _account, pool_id, job_id = path.removeprefix(PATH).split("/")
        return jobs_of(pool_anywhere(pool_id)).get(job_id)
    except (ValueError, KeyError):
        return None


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(bytes(message.get("body", b"")))
        if not message.get("more_body", False):
            return b"".join(parts)


def _xml(code: str, message: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}\n<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
