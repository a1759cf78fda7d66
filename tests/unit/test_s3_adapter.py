"""The bucket through boto3: checksums on every write, conditional where order matters."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from io import BytesIO

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from poolsafe.adapters.s3 import S3Store
from poolsafe.errors import AccessDenied, Rejected, ServiceUnavailable
from poolsafe.ports import StoredObject

CONTENT = b"rows"
CHECKSUM = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client("s3", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def store(stub: Stubber) -> S3Store:
    return S3Store("bucket", stub.client)


def test_a_write_carries_its_checksum_and_what_its_writer_notes(stub: Stubber, store: S3Store) -> None:
    expected = {"Bucket": "bucket", "Key": "a", "Body": CONTENT, "Metadata": {"rows": "1"}, "ChecksumSHA256": CHECKSUM}
    stub.add_response("put_object", {}, expected)
    store.put("a", CONTENT, {"rows": "1"})


def test_a_conditional_write_writes_once(stub: Stubber, store: S3Store) -> None:
    expected = {"Bucket": "bucket", "Key": "a", "Body": CONTENT, "IfNoneMatch": "*", "ChecksumSHA256": CHECKSUM}
    stub.add_response("put_object", {}, expected)
    stub.add_client_error("put_object", "PreconditionFailed", http_status_code=412, expected_params=expected)
    assert store.put_if_absent("a", CONTENT)
    assert not store.put_if_absent("a", CONTENT)


def test_two_conditional_writes_at_once_are_tried_again_and_not_taken_for_a_refusal(
    stub: Stubber, store: S3Store
) -> None:
    """S3 answers 409 when it cannot tell yet who was first [S3 conditional writes]."""
    stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    with pytest.raises(ServiceUnavailable):
        store.put_if_absent("a", CONTENT)


@pytest.mark.parametrize(
    ("code", "status", "error"), [("AccessDenied", 403, AccessDenied), ("EntityTooLarge", 400, Rejected)]
)
def test_a_write_that_failed_is_never_taken_for_one_that_was_there(
    stub: Stubber, store: S3Store, code: str, status: int, error: type[Exception]
) -> None:
    for write in (store.put, store.put_if_absent):
        stub.add_client_error("put_object", code, http_status_code=status)
        with pytest.raises(error):
            write("a", CONTENT)


def test_an_object_comes_with_what_its_writer_noted(stub: Stubber, store: S3Store) -> None:
    body = StreamingBody(BytesIO(CONTENT), len(CONTENT))
    stub.add_response("get_object", {"Body": body, "Metadata": {"rows": "1"}}, {"Bucket": "bucket", "Key": "a"})
    assert store.get("a") == StoredObject(CONTENT, {"rows": "1"})


def test_an_object_that_is_not_there_is_none(stub: Stubber, store: S3Store) -> None:
    stub.add_client_error("get_object", "NoSuchKey", http_status_code=404)
    assert store.get("a") is None


@pytest.mark.parametrize(("code", "error"), [("AccessDenied", AccessDenied), ("NoSuchBucket", Rejected)])
def test_an_object_that_may_not_be_read_is_not_taken_for_absent(
    stub: Stubber, store: S3Store, code: str, error: type[Exception]
) -> None:
    stub.add_client_error("get_object", code, http_status_code=403)
    with pytest.raises(error):
        store.get("a")


def test_keys_of_all_pages_come_sorted(stub: Stubber, store: S3Store) -> None:
    asked = {"Bucket": "bucket", "Prefix": "users/"}
    first = {"Contents": [{"Key": "users/2"}, {"Key": "users/0"}], "IsTruncated": True, "NextContinuationToken": "more"}
    stub.add_response("list_objects_v2", first, asked)
    stub.add_response("list_objects_v2", {"Contents": [{"Key": "users/1"}]}, {**asked, "ContinuationToken": "more"})
    assert store.keys("users/") == ["users/0", "users/1", "users/2"]


def test_an_empty_prefix_has_no_keys(stub: Stubber, store: S3Store) -> None:
    stub.add_response("list_objects_v2", {"IsTruncated": False})
    assert store.keys("users/") == []


def test_folders_are_told_by_name(stub: Stubber, store: S3Store) -> None:
    asked = {"Bucket": "bucket", "Prefix": "snapshots/us-east-1_A/", "Delimiter": "/"}
    first = {
        "CommonPrefixes": [{"Prefix": "snapshots/us-east-1_A/b/"}],
        "IsTruncated": True,
        "NextContinuationToken": "m",
    }
    stub.add_response("list_objects_v2", first, asked)
    second = {
        "CommonPrefixes": [{"Prefix": "snapshots/us-east-1_A/a/"}],
        "Contents": [{"Key": "snapshots/us-east-1_A/x"}],
    }
    stub.add_response("list_objects_v2", second, {**asked, "ContinuationToken": "m"})
    assert store.folders("snapshots/us-east-1_A/") == ["a", "b"]


def test_a_place_in_the_bucket_is_told_to_people_as_a_url(store: S3Store) -> None:
    assert store.url("restores/x/report.json") == "s3://bucket/restores/x/report.json"


def test_secrets_are_written_under_their_own_key_and_nothing_else_is(stub: Stubber) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/secrets"
    store = S3Store("bucket", stub.client, kms_key_arn=key)
    expected = {
        "Bucket": "bucket",
        "Key": "a",
        "Body": CONTENT,
        "ChecksumSHA256": CHECKSUM,
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": key,
        "BucketKeyEnabled": False,
    }
    stub.add_response("put_object", {}, {**expected, "Metadata": {}})
    store.put("a", CONTENT)
    stub.add_response("put_object", {}, {**expected, "IfNoneMatch": "*"})
    assert store.put_if_absent("a", CONTENT)
