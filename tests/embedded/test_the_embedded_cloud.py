"""Our layer round the emulator does what its modules say: the other tests here rest on it."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud

MakePool = Callable[..., str]


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def users(count: int) -> list[dict[str, Any]]:
    return [{"Username": f"user{number}"} for number in range(count)]


def test_users_that_no_api_can_make_are_put_into_a_pool(cloud: Cloud, idp: Any, make_pool: MakePool) -> None:
    pool = make_pool()
    federated = {
        "Username": "Google_1",
        "UserStatus": "EXTERNAL_PROVIDER",
        "UserCreateDate": 1_000_000_000,
        "Attributes": [{"Name": "identities", "Value": "[]"}],
        "Groups": ["editors"],
    }
    cloud.put_users(pool, [federated], groups=[{"GroupName": "editors"}])

    (listed,) = idp.list_users(UserPoolId=pool)["Users"]
    assert listed["UserStatus"] == "EXTERNAL_PROVIDER"
    assert listed["UserCreateDate"].timestamp() == 1_000_000_000
    assert {attribute["Name"] for attribute in listed["Attributes"]} == {"identities", "sub"}
    (member,) = idp.list_users_in_group(UserPoolId=pool, GroupName="editors")["Users"]
    assert member["Username"] == "Google_1"


def test_calls_are_counted_by_action(cloud: Cloud, idp: Any, make_pool: MakePool) -> None:
    idp.list_users(UserPoolId=make_pool())
    assert cloud.calls() == {"CreateUserPool": 1, "ListUsers": 1}


def test_requests_to_s3_are_counted_as_they_are_billed(cloud: Cloud) -> None:
    s3, name = cloud.client("s3"), f"counted-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    cloud.forget()
    s3.put_object(Bucket=name, Key="a", Body=b"")
    s3.list_objects_v2(Bucket=name)
    s3.list_object_versions(Bucket=name)
    s3.get_object(Bucket=name, Key="a")
    s3.head_object(Bucket=name, Key="a")
    s3.get_bucket_versioning(Bucket=name)
    s3.delete_object(Bucket=name, Key="a")
    assert cloud.s3_requests() == {"PUT": 1, "LIST": 2, "GET": 3, "DELETE": 1}
    cloud.forget()
    assert cloud.s3_requests() == {}


def test_an_invitation_is_noted_and_a_suppressed_one_is_none(cloud: Cloud, idp: Any, make_pool: MakePool) -> None:
    pool, email = make_pool(), [{"Name": "email", "Value": "anna@example.com"}]
    idp.admin_create_user(UserPoolId=pool, Username="anna", UserAttributes=email, MessageAction="SUPPRESS")
    assert cloud.messages() == []

    idp.admin_create_user(UserPoolId=pool, Username="berta", UserAttributes=email)
    assert {message["evidence"] for message in cloud.messages()} == {"delivered", "documented"}


def test_a_throttled_call_can_be_repeated(cloud: Cloud, idp: Any, make_pool: MakePool) -> None:
    pool = make_pool()
    with cloud.faults({"action": "ListUsers", "error": "TooManyRequestsException", "times": 2}):
        assert idp.list_users(UserPoolId=pool)["Users"] == []  # the client repeats it
    assert cloud.calls()["ListUsers"] == 3


def test_an_empty_page_leads_on_to_the_users_it_left_out(cloud: Cloud, idp: Any, make_pool: MakePool) -> None:
    pool = make_pool()
    cloud.put_users(pool, users(70))
    with cloud.faults({"action": "ListUsers", "empty_page": True, "times": 2, "after": 1}):
        pages = [len(page["Users"]) for page in idp.get_paginator("list_users").paginate(UserPoolId=pool)]
    assert pages == [60, 0, 0, 10]


def test_a_call_can_take_effect_and_still_be_answered_with_an_error(
    cloud: Cloud, idp: Any, make_pool: MakePool
) -> None:
    pool = make_pool()
    with cloud.faults({"action": "AdminCreateUser", "kill_after": True}):
        # The client repeats it and meets its own first attempt.
        assert refusal(lambda: idp.admin_create_user(UserPoolId=pool, Username="anna")) == "UsernameExistsException"


def test_a_fault_that_is_not_understood_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="manners"), cloud.faults({"action": "ListUsers"}):
        pass


@pytest.mark.parametrize(
    "attribute",
    [
        {"Name": "custom:unknown", "Value": "1"},
        {"Name": "name", "Value": "x" * 2049},
        {"Name": "identities", "Value": "[]"},
        {"Name": "sub", "Value": "1"},
    ],
    ids=lambda attribute: attribute["Name"],
)
def test_attributes_are_held_to_the_schema(idp: Any, make_pool: MakePool, attribute: dict[str, str]) -> None:
    pool = make_pool()
    code = refusal(lambda: idp.admin_create_user(UserPoolId=pool, Username="anna", UserAttributes=[attribute]))
    assert code == "InvalidParameterException"


def test_an_immutable_attribute_is_set_once(idp: Any, make_pool: MakePool) -> None:
    pool = make_pool(Schema=[{"Name": "origin", "AttributeDataType": "String", "Mutable": False}])
    origin = [{"Name": "custom:origin", "Value": "old"}]
    idp.admin_create_user(UserPoolId=pool, Username="anna", UserAttributes=origin)
    code = refusal(lambda: idp.admin_update_user_attributes(UserPoolId=pool, Username="anna", UserAttributes=origin))
    assert code == "InvalidParameterException"


def test_a_case_insensitive_pool_knows_one_anna(idp: Any, make_pool: MakePool) -> None:
    pool = make_pool()
    created = idp.admin_create_user(UserPoolId=pool, Username="Anna")["User"]
    assert created["Username"] == "anna"
    assert refusal(lambda: idp.admin_create_user(UserPoolId=pool, Username="ANNA")) == "UsernameExistsException"
    assert idp.admin_get_user(UserPoolId=pool, Username="aNNa")["Username"] == "anna"


def test_a_case_sensitive_pool_knows_two(idp: Any, make_pool: MakePool) -> None:
    pool = make_pool(UsernameConfiguration={"CaseSensitive": True})
    idp.admin_create_user(UserPoolId=pool, Username="Anna")
    idp.admin_create_user(UserPoolId=pool, Username="anna")


def test_a_user_joins_at_most_a_hundred_groups(cloud: Cloud, idp: Any, make_pool: MakePool) -> None:
    pool, names = make_pool(), [f"group{number}" for number in range(101)]
    cloud.put_users(pool, [{"Username": "anna", "Groups": names[:100]}], [{"GroupName": name} for name in names])
    join = {"UserPoolId": pool, "Username": "anna"}
    idp.admin_add_user_to_group(GroupName=names[0], **join)
    assert refusal(lambda: idp.admin_add_user_to_group(GroupName=names[100], **join)) == "LimitExceededException"


def test_a_group_without_a_precedence_has_none(idp: Any, make_pool: MakePool) -> None:
    pool = make_pool()
    idp.create_group(UserPoolId=pool, GroupName="editors")
    (group,) = idp.list_groups(UserPoolId=pool)["Groups"]
    assert not group.keys() & {"Precedence", "Description", "RoleArn"}


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        ({"UserStatus": "FORCE_CHANGE_PASSWORD"}, "NotAuthorizedException"),
        ({"UserStatus": "EXTERNAL_PROVIDER"}, "NotAuthorizedException"),
        ({"Enabled": False}, "NotAuthorizedException"),
        ({"Attributes": [{"Name": "email", "Value": "anna@example.com"}]}, "InvalidParameterException"),
    ],
    ids=["forced to change it", "federated", "disabled", "unverified"],
)
def test_not_everybody_may_reset_a_password(
    cloud: Cloud, idp: Any, make_pool: MakePool, user: dict[str, Any], answer: str
) -> None:
    pool = make_pool()
    verified = [{"Name": "email", "Value": "anna@example.com"}, {"Name": "email_verified", "Value": "true"}]
    cloud.put_users(
        pool, [{"Username": "anna", "Attributes": verified, **user}, {**users(1)[0], "Attributes": verified}]
    )
    client = idp.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"]

    assert refusal(lambda: idp.forgot_password(ClientId=client, Username="anna")) == answer
    assert cloud.messages() == []
    idp.forgot_password(ClientId=client, Username="user0")
    assert cloud.messages()


FUNCTION = """
import boto3

class OurError(Exception): ...

def handler(event, context):
    if "fail" in event:
        raise OurError("not today")
    if "import" in event:
        __import__(event["import"])
    if "pool" in event:
        boto3.client("cognito-idp").list_users(UserPoolId=event["pool"])
"""


@pytest.fixture(scope="module")
def function(cloud: Cloud, outputs: dict[str, str]) -> Callable[..., Any]:
    """A function of our own beside the deployed ones, with their layers and a role that may do anything."""
    lambdas = cloud.client("lambda")
    deployed = lambdas.list_functions()["Functions"][0]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("probe.py", FUNCTION)
    lambdas.create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Role=_role(cloud, "probe", "lambda.amazonaws.com"),
        Handler="probe.handler",
        Timeout=30,
        Layers=[layer["Arn"] for layer in deployed["Layers"]],
        Code={"ZipFile": archive.getvalue()},
    )

    def invoke(**event: Any) -> Any:
        return json.loads(lambdas.invoke(FunctionName="probe", Payload=json.dumps(event))["Payload"].read())

    return invoke


def test_a_function_reports_the_class_of_what_it_raised(function: Callable[..., Any]) -> None:
    answer = function(fail=True)
    assert (answer["errorType"], answer["errorMessage"]) == ("OurError", "not today")


@pytest.mark.parametrize("module", ["boto3", "aws_lambda_powertools", "jsonschema", "pyarrow.parquet"])
def test_a_function_finds_what_is_in_its_layers(function: Callable[..., Any], module: str) -> None:
    assert function(**{"import": module}) is None


def test_a_function_does_not_find_what_is_installed_beside_the_emulator(function: Callable[..., Any]) -> None:
    assert function(**{"import": "hypercorn"})["errorType"] == "ModuleNotFoundError"


def test_a_function_can_be_killed_in_the_middle_of_a_call(
    cloud: Cloud, make_pool: MakePool, function: Callable[..., Any]
) -> None:
    pool = make_pool()
    with cloud.faults({"action": "ListUsers", "kill_caller": True}):
        assert function(pool=pool)["errorType"] == "Runtime.ExitError"
    assert function(pool=pool) is None


def test_the_bucket_refuses_a_role_that_comes_without_tls(cloud: Cloud, outputs: dict[str, str]) -> None:
    role = _role(cloud, "reader", "*")
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    s3 = cloud.client("s3", keys=keys)
    s3.list_objects_v2(Bucket=outputs["SnapshotBucketName"])

    def without_tls(request: Any, **_: Any) -> None:
        request.headers["x-forwarded-proto"] = "http"

    s3.meta.events.register("before-send.s3", without_tls)
    assert refusal(lambda: s3.list_objects_v2(Bucket=outputs["SnapshotBucketName"])) == "AccessDenied"


def _role(cloud: Cloud, name: str, trusted: str) -> str:
    """A role that may do anything; returns its ARN."""
    principal = {"AWS": trusted} if trusted == "*" else {"Service": trusted}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="anything", PolicyDocument=_policy(anything))
    return str(role["Arn"])


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
