"""Buckets and schedules of a template are what the template says: the tests of ours rest on it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


@contextmanager
def deployed(cloud: Cloud, **resources: Any) -> Iterator[str]:
    """A stack of those resources; the name that a parameter called Name has in it."""
    stacks, name = cloud.client("cloudformation"), f"services-{uuid.uuid4().hex[:8]}"
    template = {"Parameters": {"Name": {"Type": "String"}}, "Resources": resources}
    parameters = [{"ParameterKey": "Name", "ParameterValue": name}]
    capabilities = ["CAPABILITY_IAM"]
    stacks.create_stack(
        StackName=name, TemplateBody=json.dumps(template), Parameters=parameters, Capabilities=capabilities
    )
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    try:
        yield name
    finally:
        stacks.delete_stack(StackName=name)


def bucket(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Ref": "Name"}, **properties}}


def test_a_bucket_has_the_lifecycle_of_its_template(cloud: Cloud) -> None:
    rules = [
        {"Id": "working", "Status": "Enabled", "Prefix": "working/", "ExpirationInDays": 30},
        {
            "Id": "all",
            "Status": "Disabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 90}],
        },
    ]
    with deployed(cloud, Bucket=bucket(LifecycleConfiguration={"Rules": rules})) as name:
        told = cloud.client("s3").get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert told == [
        {"ID": "working", "Status": "Enabled", "Filter": {"Prefix": "working/"}, "Expiration": {"Days": 30}},
        {
            "ID": "all",
            "Status": "Disabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
        },
    ]


def test_a_bucket_of_a_template_can_lock_its_objects(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    locking = {"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}}}
    with deployed(cloud, Bucket=bucket(ObjectLockEnabled=True, ObjectLockConfiguration=locking)) as name:
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        told = s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
        assert told == {"ObjectLockEnabled": "Enabled", **locking}
        locks = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        version = s3.put_object(Bucket=name, Key="own", Body=b"", **locks)["VersionId"]
        s3.put_object(Bucket=name, Key="default", Body=b"")
        assert s3.head_object(Bucket=name, Key="own")["ObjectLockRetainUntilDate"] == until
        assert s3.head_object(Bucket=name, Key="default")["ObjectLockMode"] == "GOVERNANCE"
        bypass = {"BypassGovernanceRetention": True}
        assert refusal(lambda: s3.delete_object(Bucket=name, Key="own", VersionId=version, **bypass)) == "AccessDenied"


def test_a_bucket_has_the_replication_of_its_template(cloud: Cloud) -> None:
    destination = {"Bucket": {"Fn::GetAtt": ["Target", "Arn"]}, "StorageClass": "STANDARD_IA"}
    rule = {"Id": "all", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": "snapshots/"}}
    deletes = {"DeleteMarkerReplication": {"Status": "Disabled"}}
    replication = {
        "Role": "arn:aws:iam::000000000000:role/any",
        "Rules": [{**rule, **deletes, "Destination": destination}],
    }
    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    target = {"Type": "AWS::S3::Bucket", "Properties": versioned}
    with deployed(cloud, Target=target, Bucket=bucket(**versioned, ReplicationConfiguration=replication)) as name:
        told = cloud.client("s3").get_bucket_replication(Bucket=name)["ReplicationConfiguration"]
    (only,) = told["Rules"]
    assert (only["ID"], only["Filter"], only["Destination"]["StorageClass"]) == (
        "all",
        {"Prefix": "snapshots/"},
        "STANDARD_IA",
    )


def test_a_schedule_tells_its_target_the_time_it_is_for(cloud: Cloud) -> None:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    template = '{"at": "<aws.scheduler.scheduled-time>", "attempt": <aws.scheduler.attempt-number>}'
    arn = {"Fn::GetAtt": ["Queue", "Arn"]}
    schedule = {
        "ScheduleExpression": f"at({at})",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/any", "Input": template},
    }
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}}
    made = {"Type": "AWS::Scheduler::Schedule", "Properties": schedule}
    with deployed(cloud, Queue=queue, Schedule=made) as name:
        queues = cloud.client("sqs")
        url = queues.get_queue_url(QueueName=name)["QueueUrl"]
        (message,) = queues.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert json.loads(message["Body"]) == {"at": f"{at}Z", "attempt": 1}
