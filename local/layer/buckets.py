"""Buckets made by CloudFormation: what of their properties the emulator leaves out.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
(LifecycleConfiguration, ObjectLockEnabled, ObjectLockConfiguration, ReplicationConfiguration) and the API of the same
names, which takes them: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html,
.../API_PutObjectLockConfiguration.html, .../API_PutBucketReplication.html; Object Lock comes with versioning
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html) and cannot be turned off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from .concern import Response
from .operations import Json

#: Members that the API calls otherwise than templates do.
API_NAMES = {"Rules": "Rule", "Id": "ID", "TagFilters": "Tag", "TagFilter": "Tag"}
FILTERS = ("Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
EXPIRATION = {
    "ExpirationInDays": "Days",
    "ExpirationDate": "Date",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}
TRANSITION = {"TransitionInDays": "Days", "TransitionDate": "Date", "StorageClass": "StorageClass"}
NONCURRENT_TRANSITION = {"TransitionInDays": "NoncurrentDays", "StorageClass": "StorageClass"}

Put = Callable[[str, bytes], Response]


def mend_buckets() -> None:
    """Takes its place in the emulator."""
    from ministack.services import s3
    from ministack.services.cloudformation import provisioners

    provisioners._S3_BUCKET_CONFIGURATIONS += (
        ("LifecycleConfiguration", _lifecycle, _putting(s3._put_bucket_lifecycle), s3._delete_bucket_lifecycle),
        ("ObjectLockEnabled", bool, _lock, _keep),
        ("ObjectLockConfiguration", _object_lock, _putting(s3._put_object_lock_configuration), _keep),
        ("ReplicationConfiguration", _replication, _putting(s3._put_bucket_replication), s3._delete_bucket_replication),
    )


def _putting(put: Put) -> Put:
    def putting(bucket: str, body: bytes) -> Response:
        answer = put(bucket, body)
        if answer[0] >= 400:
            raise ValueError(f"AWS::S3::Bucket {bucket}: {answer[2]!r}")
        return answer

    return putting


def _keep(_bucket: str) -> None:
    """What cannot be taken back."""


def _lock(bucket: str, enabled: bool) -> None:
    from ministack.services import s3

    if enabled and not s3._bucket_object_lock.get(bucket):
        s3._bucket_versioning[bucket] = "Enabled"
        s3._bucket_object_lock[bucket] = {"enabled": True, "default_retention": None}


def _object_lock(properties: Json) -> bytes:
    return _xml("ObjectLockConfiguration", {"ObjectLockEnabled": "Enabled", **properties})


def _replication(properties: Json) -> bytes:
    return _xml("ReplicationConfiguration", properties)


def _lifecycle(properties: Json) -> bytes:
    return _xml("LifecycleConfiguration", {"Rules": [_rule(rule) for rule in properties.get("Rules") or ()]})


def _rule(rule: Json) -> Json:
    filters = {name: rule[name] for name in FILTERS if name in rule}
    several = len(filters) > 1 or len(filters.get("TagFilters", ())) > 1
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if "NoncurrentVersionExpirationInDays" in rule:
        noncurrent = {"NoncurrentDays": rule["NoncurrentVersionExpirationInDays"]}
    told = {
        "Id": rule.get("Id"),
        "Filter": {"And": filters} if several else filters or {"Prefix": ""},
        "Status": rule["Status"],
        "Expiration": _renamed(rule, EXPIRATION) or None,
        "NoncurrentVersionExpiration": noncurrent,
        "AbortIncompleteMultipartUpload": rule.get("AbortIncompleteMultipartUpload"),
        "Transition": [_renamed(one, TRANSITION) for one in _all_of(rule, "Transition")],
        "NoncurrentVersionTransition": [
            _renamed(one, NONCURRENT_TRANSITION) for one in _all_of(rule, "NoncurrentVersionTransition")
        ],
    }
    return {name: value for name, value in told.items() if value is not None}


def _all_of(rule: Json, name: str) -> list[Json]:
    """What a template may say once, or in the plural."""
    return [*([rule[name]] if name in rule else []), *(rule.get(f"{name}s") or ())]


def _renamed(members: Json, names: dict[str, str]) -> Json:
    return {told: members[name] for name, told in names.items() if name in members}


def _xml(name: str, members: Json) -> bytes:
    from ministack.services import s3

    root = Element(name, xmlns=s3.S3_NS)
    _add(root, members)
    body: bytes = tostring(root, encoding="utf-8")
    return body


def _add(parent: Element, members: Json) -> None:
    for name, value in members.items():
        for one in value if isinstance(value, list) else [value]:
            child = SubElement(parent, API_NAMES.get(name, name))
            if isinstance(one, dict):
                _add(child, one)
            else:
                child.text = _text(one)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
