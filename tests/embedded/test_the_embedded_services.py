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

from local.cloud import Cloud, ExecutionFailed


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


# Policies


ANYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


def make_role(cloud: Cloud, trust: dict[str, Any], action: str, resource: str = "*", path: str = "/") -> str:
    """A role that may do that; returns its ARN."""
    iam, name = cloud.client("iam"), f"services-{uuid.uuid4().hex[:8]}"
    document = {"Version": "2012-10-17", "Statement": [trust]}
    made = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(document))
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(allowed))
    return str(made["Role"]["Arn"])


@pytest.fixture(scope="module")
def spared(cloud: Cloud) -> str:
    return make_role(cloud, ANYBODY, "s3:*", path="/a/path/")


@pytest.fixture(scope="module")
def clients(cloud: Cloud, spared: str) -> dict[str, Any]:
    """S3 as a role that policies here spare, as another, and as root."""

    def session(role: str) -> Any:
        taken = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="session")
        return cloud.client("s3", keys=taken["Credentials"])

    return {"spared": session(spared), "other": session(make_role(cloud, ANYBODY, "s3:*")), "root": cloud.client("s3")}


def guarded(cloud: Cloud, condition: dict[str, Any], action: str = "s3:PutObject") -> str:
    """A bucket whose policy denies everybody an action on that condition."""
    s3, name = cloud.client("s3"), f"guarded-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{name}/*"}
    statements = [{**deny, "Condition": condition}]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    return name


def who_may_put(clients: dict[str, Any], bucket: str, **settings: Any) -> set[str]:
    may = set()
    for name, client in clients.items():
        try:
            client.put_object(Bucket=bucket, Key="key", Body=b"", **settings)
            may.add(name)
        except ClientError as refused:
            assert refused.response["Error"]["Code"] == "AccessDenied"
    return may


@pytest.mark.parametrize("operator", ["ArnNotEquals", "ArnNotLike", "StringNotEquals"])
def test_a_bucket_denies_its_content_to_all_but_one_role(
    cloud: Cloud, clients: dict[str, Any], spared: str, operator: str
) -> None:
    assert who_may_put(clients, guarded(cloud, {operator: {"aws:PrincipalArn": spared}})) == {"spared"}


def test_root_can_take_back_a_policy_that_denies_it_everything(cloud: Cloud, clients: dict[str, Any]) -> None:
    bucket = guarded(cloud, {"Bool": {"aws:SecureTransport": "true"}}, "s3:*")
    assert who_may_put(clients, bucket) == set()
    clients["root"].delete_bucket_policy(Bucket=bucket)
    assert who_may_put(clients, bucket) == set(clients)


KEY_ID = "s3:x-amz-server-side-encryption-aws-kms-key-id"


@pytest.mark.parametrize(
    ("condition", "without", "right", "wrong"),
    [
        ({"StringNotEqualsIfExists": {KEY_ID: "right"}}, False, True, False),
        ({"StringNotEquals": {KEY_ID: "right"}, "Null": {KEY_ID: "false"}}, True, True, False),
        ({"Null": {KEY_ID: "true"}}, False, True, True),
        ({"Null": {"s3:object-lock-mode": "false"}}, True, True, True),
    ],
)
def test_a_bucket_sees_the_key_that_a_write_names(
    cloud: Cloud, condition: dict[str, Any], without: bool, right: bool, wrong: bool
) -> None:
    keys = [cloud.client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    bucket = guarded(cloud, json.loads(json.dumps(condition).replace('"right"', json.dumps(keys[0]))))
    root = {"root": cloud.client("s3")}
    encrypted: list[dict[str, Any]] = [{"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} for key in keys]
    found = [bool(who_may_put(root, bucket, **settings)) for settings in ({}, *encrypted)]
    assert found == [without, right, wrong]


def test_an_upload_in_parts_has_the_key_it_was_begun_with(cloud: Cloud) -> None:
    s3, key = cloud.client("s3"), cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    bucket = guarded(cloud, {"StringNotEqualsIfExists": {KEY_ID: key}})
    upload: dict[str, Any] = {"Bucket": bucket, "Key": "key"}
    assert refusal(lambda: s3.create_multipart_upload(**upload)) == "AccessDenied"
    begun = s3.create_multipart_upload(**upload, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    upload["UploadId"] = begun["UploadId"]
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"one")["ETag"]}
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    assert s3.head_object(Bucket=bucket, Key="key")["SSEKMSKeyId"] == key


def test_a_bucket_sees_the_lock_that_a_write_names(cloud: Cloud) -> None:
    bucket, root = guarded(cloud, {"Null": {"s3:object-lock-mode": "true"}}), {"root": cloud.client("s3")}
    locks = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(days=1)}
    assert [bool(who_may_put(root, bucket, **settings)) for settings in ({}, locks)] == [False, True]


# State machines


@pytest.mark.parametrize(
    ("allowed", "outcome"),
    [
        ("arn:aws:events:us-east-1:000000000000:event-bus/default", "SUCCEEDED"),
        ("arn:aws:events:us-east-1:000000000000:event-bus/other", "EventBridge.AccessDeniedException"),
    ],
)
def test_a_state_machine_puts_events_as_its_role_may(cloud: Cloud, allowed: str, outcome: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    entry = {"Source": "test", "DetailType": "any", "Detail": {"one": 1}, "EventBusName": "default"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": [entry]}}
    definition = {"StartAt": "Put", "States": {"Put": {**task, "End": True}}}
    made = cloud.client("stepfunctions").create_state_machine(
        name=f"puts-{uuid.uuid4().hex[:8]}",
        definition=json.dumps(definition),
        roleArn=make_role(cloud, trust, "events:PutEvents", allowed),
    )
    try:
        cloud.run(made["stateMachineArn"], {})
        ended = "SUCCEEDED"
    except ExecutionFailed as failed:
        ended = failed.error
    assert ended == outcome


def test_a_state_machine_of_a_template_tells_how_it_logs(cloud: Cloud) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    group = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Group", "Arn"]}}}
    properties = {
        "StateMachineName": {"Ref": "Name"},
        "RoleArn": make_role(cloud, trust, "logs:*"),
        "DefinitionString": json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}),
        "LoggingConfiguration": {"Level": "ERROR", "IncludeExecutionData": False, "Destinations": [group]},
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    with deployed(cloud, Group={"Type": "AWS::Logs::LogGroup"}, Machine=machine) as name:
        machines = cloud.client("stepfunctions")
        arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
        told = machines.describe_state_machine(stateMachineArn=arn)["loggingConfiguration"]
    assert (told["level"], told["includeExecutionData"]) == ("ERROR", False)
    assert told["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"].startswith("arn:aws:logs:")
