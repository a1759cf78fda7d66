"""Objects encrypted with a KMS key can be read and written only by who may use the key.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html: GetObject needs kms:Decrypt on
the key, PutObject kms:GenerateDataKey, an upload in parts both; the key's policy allows it itself, or leaves it to IAM
policies (https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html); conditions see kms:ViaService and
the encryption context `aws:s3:arn`, which is the object's ARN or, with a bucket key, the bucket's. The emulator
evaluates key policies for calls of KMS; its S3 keeps the name of the key and does not ask.

Assumed: the parts of an upload are under the bucket's key. Not asked for calls that carry no signature: those the
emulator makes within itself, as for the item reader of a map.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from .concern import Response, ServiceHandler

ALGORITHM, KEY = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
COPIES = "x-amz-copy-source"
#: What is written to an object otherwise than by its content.
ASIDE = frozenset({"acl", "tagging", "retention", "legal-hold", "annotation"})


def needing_keys(s3: ServiceHandler) -> ServiceHandler:
    """The emulator's S3, asking KMS."""

    async def handler(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Response:
        bucket, _, key = path.lstrip("/").partition("/")
        signed = bool(headers.get("authorization")) or "X-Amz-Credential" in query
        if not signed or not bucket or not key:
            return await s3(method, path, headers, body, query)
        caller = headers, query
        if refused := _write_refused(method, bucket, key, caller):
            return refused
        if COPIES in headers and method == "PUT":
            source = unquote(headers[COPIES]).lstrip("/").partition("?")[0]
            if refused := _refused("kms:Decrypt", _stored(source), source, caller):
                return refused
        answer = await s3(method, path, headers, body, query)
        if method == "GET" and answer[0] in (200, 206):
            return _refused("kms:Decrypt", answer[1], f"{bucket}/{key}", caller) or answer
        return answer

    return handler


Caller = tuple[dict[str, str], dict[str, Any]]


def _write_refused(method: str, bucket: str, key: str, caller: Caller) -> Response | None:
    from ministack.services import s3

    headers, query = caller
    writes = method == "PUT" and not ASIDE & query.keys()
    if not writes and not (method == "POST" and {"uploads", "uploadId"} & query.keys()):
        return None
    wanted, _ = s3._resolve_sse_write_headers(headers, bucket)
    refused = _refused("kms:GenerateDataKey", wanted or {}, f"{bucket}/{key}", caller)
    if refused is None and "uploadId" in query:
        refused = _refused("kms:Decrypt", wanted or {}, f"{bucket}/{key}", caller)
    return refused


def _refused(action: str, told: dict[str, str], where: str, caller: Caller) -> Response | None:
    """S3's refusal to a caller who may not use the key that these headers name; None to one who may."""
    from ministack.core import iam_evaluator, responses, router
    from ministack.services import kms, s3

    told = {name.lower(): value for name, value in told.items()}
    if not told.get(ALGORITHM, "").startswith("aws:kms") or not told.get(KEY):
        return None
    key = kms._resolve_key(told[KEY])
    if key is None:
        return _error(s3, "KMS.NotFoundException", f"Key '{told[KEY]}' does not exist", 400)
    if key.get("KeyState") != "Enabled":
        return _error(s3, "KMS.DisabledException", f"{key['Arn']} is {key.get('KeyState')}.", 400)
    region = router.extract_region(*caller)
    has_bucket_key = b"<BucketKeyEnabled>true" in _encryption(s3, where.partition("/")[0])
    context = {
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "kms:CallerAccount": responses.get_account_id(),
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{where.partition('/')[0] if has_bucket_key else where}",
    }
    access_key = router.extract_access_key_id(*caller)
    denied = iam_evaluator.enforce(access_key, action, "kms", region, resource_arn=key["Arn"], service_context=context)
    if denied is None:
        return None
    principal = getattr(denied, "principal_arn", "anonymous")
    message = f"User: {principal} is not authorized to perform: {action} on resource: {key['Arn']}"
    return _error(s3, "AccessDenied", message, 403)


def _stored(where: str) -> dict[str, str]:
    """What the emulator's S3 says of the encryption of an object."""
    from ministack.services import s3

    bucket, _, key = where.partition("/")
    found = (s3._ensure_bucket(bucket) or {}).get("objects", {}).get(key)
    told: dict[str, str] = s3._stored_sse_headers(found) if found else {}
    return told


def _encryption(s3: Any, bucket: str) -> bytes:
    configured = s3._bucket_encryption.get(bucket) or b""
    return configured if isinstance(configured, bytes) else str(configured).encode()


def _error(s3: Any, name: str, message: str, status: int) -> Response:
    answer: Response = s3._error(name, message, status)
    return answer
