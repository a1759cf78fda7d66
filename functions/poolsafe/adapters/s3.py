"""The snapshot bucket, through boto3."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import Rejected
from ..ports import StoredObject
from .aws import client, our_errors

#: What belongs to a snapshot, and so is locked where the stack is told to.
LOCKED = ("snapshots/", "secrets/")


@dataclass(frozen=True, slots=True)
class ObjectLock:
    """For how many days an object cannot be deleted. `mode` is GOVERNANCE or COMPLIANCE."""

    mode: str
    days: int


class S3Store:
    """The ObjectStore port on AWS.

    Encryption is the bucket's default, so no call can forget it; with `kms_key_arn`, it is that key. With `lock`, what
    belongs to a snapshot is locked as it is written.
    """

    def __init__(
        self, bucket: str, s3: Any = None, kms_key_arn: str | None = None, lock: ObjectLock | None = None
    ) -> None:
        self._bucket = bucket
        self._lock = lock
        self._client = s3 if s3 is not None else client("s3")
        # Without a bucket key, whatever the bucket's default: the key's policy looks at the object's own ARN.
        key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key_arn, "BucketKeyEnabled": False}
        self._encryption: dict[str, Any] = key if kms_key_arn else {}

    def put(
        self, key: str, content: bytes, metadata: Mapping[str, str] | None = None, content_type: str | None = None
    ) -> None:
        with our_errors("PutObject"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                Metadata=dict(metadata or {}),
                ChecksumSHA256=_checksum(content),
                **self._encryption,
                **self._locked(key),
                **({"ContentType": content_type} if content_type else {}),
            )

    def put_if_absent(self, key: str, content: bytes) -> bool:
        try:
            with our_errors("PutObject"):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    IfNoneMatch="*",
                    ChecksumSHA256=_checksum(content),
                    **self._encryption,
                    **self._locked(key),
                )
        except Rejected as error:
            if error.code == "PreconditionFailed":
                return False
            raise
        return True

    def get(self, key: str) -> StoredObject | None:
        try:
            with our_errors("GetObject"):
                answer = self._client.get_object(Bucket=self._bucket, Key=key)
                return StoredObject(answer["Body"].read(), answer["Metadata"])
        except Rejected as error:
            if error.code == "NoSuchKey":
                return None
            raise

    def keys(self, prefix: str) -> list[str]:
        keys: list[str] = []
        with our_errors("ListObjectsV2"):
            for page in self._pages(Prefix=prefix):
                keys += [entry["Key"] for entry in page.get("Contents", ())]
        return sorted(keys)

    def first_key(self, prefix: str, start: str | None = None) -> str | None:
        # S3 lists what comes after a key, never the key itself; no key of ours lies between it and the one shortened.
        after = {} if start is None else {"StartAfter": start[:-1]}
        with our_errors("ListObjectsV2"):
            answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=1, **after)
        return next((str(entry["Key"]) for entry in answer.get("Contents", ())), None)

    def last_write(self, prefix: str) -> datetime | None:
        with our_errors("ListObjectsV2"):
            pages = [page.get("Contents", ()) for page in self._pages(Prefix=prefix)]
        return max((entry["LastModified"] for page in pages for entry in page), default=None)

    def delete(self, key: str) -> None:
        with our_errors("DeleteObject"):
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def folders(self, prefix: str) -> list[str]:
        names: list[str] = []
        with our_errors("ListObjectsV2"):
            for page in self._pages(Prefix=prefix, Delimiter="/"):
                names += [entry["Prefix"][len(prefix) :].rstrip("/") for entry in page.get("CommonPrefixes", ())]
        return sorted(names)

    def url(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def _locked(self, key: str) -> dict[str, Any]:
        if self._lock is None or not key.startswith(LOCKED):
            return {}
        until = datetime.now(UTC) + timedelta(days=self._lock.days)
        return {"ObjectLockMode": self._lock.mode, "ObjectLockRetainUntilDate": until}

    def _pages(self, **arguments: Any) -> Any:
        return self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **arguments)


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
