"""What every ObjectStore does: the one in memory, and S3 as the embedded cloud plays it."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.cloud import Cloud
from poolsafe.adapters.s3 import S3Store
from poolsafe.errors import NotFound, Rejected
from poolsafe.ports import ObjectStore


@pytest.mark.parametrize("content", [b"", b"bytes", bytes(range(256)) * 4096], ids=["empty", "small", "a megabyte"])
def test_what_was_put_comes_back_byte_for_byte(store: ObjectStore, content: bytes) -> None:
    store.put("snapshots/a", content)
    found = store.get("snapshots/a")
    assert found is not None
    assert found.content == content


def test_the_metadata_comes_back_too(store: ObjectStore) -> None:
    store.put("with", b"1", {"rows": "60", "sha256": "0f" * 32})
    store.put("without", b"2")
    with_metadata, without = store.get("with"), store.get("without")
    assert with_metadata is not None
    assert without is not None
    assert dict(with_metadata.metadata) == {"rows": "60", "sha256": "0f" * 32}
    assert dict(without.metadata) == {}


def test_what_is_not_there_is_none(store: ObjectStore) -> None:
    store.put("here/and", b"")
    for key in ("there", "here", "here/", "here/and/there", "HERE/AND"):
        assert store.get(key) is None


def test_a_second_put_overwrites_content_and_metadata(store: ObjectStore) -> None:
    store.put("key", b"first", {"rows": "1", "only": "first"})
    store.put("key", b"second", {"rows": "2"})
    found = store.get("key")
    assert found is not None
    assert (found.content, dict(found.metadata)) == (b"second", {"rows": "2"})


def test_put_if_absent_writes_once(store: ObjectStore) -> None:
    assert store.put_if_absent("manifest.json", b"first") is True
    assert store.put_if_absent("manifest.json", b"second") is False
    found = store.get("manifest.json")
    assert found is not None
    assert found.content == b"first"


def test_put_if_absent_does_not_touch_what_put_wrote(store: ObjectStore) -> None:
    store.put("manifest.json", b"first", {"rows": "1"})
    assert store.put_if_absent("manifest.json", b"second") is False
    found = store.get("manifest.json")
    assert found is not None
    assert (found.content, dict(found.metadata)) == (b"first", {"rows": "1"})


def test_of_many_that_put_if_absent_one_wins(store: ObjectStore) -> None:
    with ThreadPoolExecutor(8) as writers:
        won = list(writers.map(lambda number: store.put_if_absent("key", bytes([number])), range(16)))
    found = store.get("key")
    assert found is not None
    assert won.count(True) == 1
    assert found.content == bytes([won.index(True)])


def test_keys_are_those_below_the_prefix_and_sorted(store: ObjectStore) -> None:
    for key in ("b/2", "a/2", "a/10", "a/sub/1", "ab", "a"):
        store.put(key, b"")
    assert store.keys("a/") == ["a/10", "a/2", "a/sub/1"]
    assert store.keys("a") == ["a", "a/10", "a/2", "a/sub/1", "ab"]
    assert store.keys("c") == []


def test_more_than_a_thousand_keys_are_all_listed(store: ObjectStore) -> None:
    keys = [f"many/{number:04d}" for number in range(1_005)]
    with ThreadPoolExecutor(16) as writers:
        list(writers.map(lambda key: store.put(key, b""), reversed(keys)))
    assert store.keys("many/") == keys


def test_folders_are_the_names_right_below_the_prefix(store: ObjectStore) -> None:
    for key in ("pool/b/manifest.json", "pool/a/users/1", "pool/a/manifest.json", "pool/file", "pools/c/x", "d"):
        store.put(key, b"")
    assert store.folders("pool/") == ["a", "b"]
    assert store.folders("pool/a/") == ["users"]
    assert store.folders("nothing/") == []


def test_more_than_a_thousand_folders_are_all_listed(store: ObjectStore) -> None:
    names = [f"{number:04d}" for number in range(1_005)]
    with ThreadPoolExecutor(16) as writers:
        list(writers.map(lambda name: store.put(f"pool/{name}/manifest.json", b""), reversed(names)))
    assert store.folders("pool/") == names


def test_keys_are_taken_literally(store: ObjectStore) -> None:
    keys = ["odd/a b", "odd/a+b", "odd/a%20b", "odd/ü 名"]
    for key in keys:
        store.put(key, key.encode())
    assert store.keys("odd/") == sorted(keys)
    for key in keys:
        found = store.get(key)
        assert found is not None
        assert found.content == key.encode()


def test_a_url_names_bucket_and_key(store: ObjectStore) -> None:
    url = store.url("snapshots/x/manifest.json")
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    assert (scheme, key) == ("s3", "snapshots/x/manifest.json")
    assert bucket


def test_a_bucket_that_is_not_there_is_an_error_and_not_an_absent_object(bare_cloud: Cloud) -> None:
    store = S3Store("no-such-bucket-anywhere", bare_cloud.client("s3"))
    with pytest.raises(Rejected) as refused:
        store.get("key")
    assert refused.value.code == "NoSuchBucket"
    assert not isinstance(refused.value, NotFound)


@pytest.mark.parametrize("write", ["put", "put_if_absent"])
def test_what_is_sent_carries_its_sha256_so_that_s3_can_refuse_what_arrives_otherwise(
    bare_cloud: Cloud, write: str
) -> None:
    s3 = bare_cloud.client("s3")
    s3.create_bucket(Bucket=f"contract-{write.replace('_', '-')}")
    sent: list[str] = []

    def look(request: Any, **_: object) -> None:
        sent.append(request.headers["x-amz-checksum-sha256"].decode())

    s3.meta.events.register("before-send.s3.PutObject", look)
    getattr(S3Store(f"contract-{write.replace('_', '-')}", s3), write)("key", b"content")
    assert sent == [base64.b64encode(hashlib.sha256(b"content").digest()).decode()]


def test_what_arrives_otherwise_than_it_was_sent_is_refused(bare_cloud: Cloud) -> None:
    s3 = bare_cloud.client("s3")
    s3.create_bucket(Bucket="contract-checksums")

    def corrupt(request: Any, **_: object) -> None:
        request.data = b"corrupted on its way"

    s3.meta.events.register("before-sign.s3.PutObject", corrupt)
    with pytest.raises(Rejected):
        S3Store("contract-checksums", s3).put("key", b"what was meant to go")
    assert S3Store("contract-checksums", bare_cloud.client("s3")).get("key") is None
