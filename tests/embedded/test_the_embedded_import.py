"""What the embedded cloud adds to the emulator for imports of users, devices and MFA: see `local/layer`. No stack."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import Cloud, running

Json = dict[str, Any]
KMS = {"x-amz-server-side-encryption": "aws:kms"}
ROLE = "arn:aws:iam::000000000000:role/import"
STANDARD = [
    *("name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture"),
    *("website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number"),
    *("phone_number_verified", "address", "updated_at"),
]
ALWAYS = ["cognito:mfa_enabled", "cognito:username"]
ADA = {"cognito:username": "ada", "email": "ada@example.com", "email_verified": "TRUE"}
LOG_PERMISSIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
NEW_PASSWORD = "Abcdef-12345"
CODE = "654321"
MAIL = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/a@example.com"}
SMS = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms", "ExternalId": "x"}
TOO_MANY = "Too many users have failed or been skipped during the import."


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """A bare cloud of these tests' own, with a role for import jobs."""
    with running() as cloud:
        make_role(cloud, "import")
        yield cloud


@pytest.fixture(scope="module")
def idp(cloud: Cloud) -> Any:
    return cloud.client("cognito-idp")


@pytest.fixture(autouse=True)
def as_documented(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.control("DELETE", "import")


def make_role(cloud: Cloud, name: str, service: str = "cognito-idp.amazonaws.com") -> None:
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    logs = {"Effect": "Allow", "Action": LOG_PERMISSIONS, "Resource": "arn:aws:logs:*:*:log-group:/aws/cognito/*"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    policy = json.dumps({**document, "Statement": [logs]})
    iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=policy)


def make(idp: Any, **settings: Any) -> str:
    wanted = {"PoolName": "people", "AutoVerifiedAttributes": ["email"], **settings}
    return str(idp.create_user_pool(**wanted)["UserPool"]["Id"])


def app(idp: Any, pool: str, **settings: Any) -> str:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
    made = idp.create_user_pool_client(UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows, **settings)
    return str(made["UserPoolClient"]["ClientId"])


def refusal(call: Callable[..., object], **members: Any) -> str:
    """The name of the exception that a call is answered with."""
    with pytest.raises(ClientError) as refused:
        call(**members)
    return str(refused.value.response["Error"]["Code"])


def csv(header: list[str], *rows: Mapping[str, str]) -> bytes:
    """A file whose values are already escaped."""
    lines = [header, *([row.get(column, "") for column in header] for row in rows)]
    return "".join(",".join(line) + "\n" for line in lines).encode()


def created(idp: Any, pool: str, **settings: Any) -> Json:
    wanted = {"JobName": "restore", "CloudWatchLogsRoleArn": ROLE, **settings}
    job: Json = idp.create_user_import_job(UserPoolId=pool, **wanted)["UserImportJob"]
    return job


def put(url: str, content: bytes, headers: Mapping[str, str] = KMS, method: str = "PUT") -> tuple[int, str]:
    """The status and the error code that an upload is answered with."""
    request = urllib.request.Request(url, data=content, method=method, headers=dict(headers))  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, ""
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode().partition("<Code>")[2].partition("</Code>")[0]


def uploaded(idp: Any, pool: str, content: bytes, **settings: Any) -> Json:
    """Members that name a job whose file is there."""
    job = created(idp, pool, **settings)
    assert put(job["PreSignedUrl"], content) == (200, "")
    return {"UserPoolId": pool, "JobId": job["JobId"]}


def described(idp: Any, named: Json) -> Json:
    job: Json = idp.describe_user_import_job(**named)["UserImportJob"]
    return job


def run(idp: Any, pool: str, content: bytes, **settings: Any) -> Json:
    """A job from its creation to its end."""
    named = uploaded(idp, pool, content, **settings)
    idp.start_user_import_job(**named)
    for _ in range(10):
        job = described(idp, named)
        if "CompletionDate" in job:
            return job
    raise AssertionError(job)


def run_rows(idp: Any, pool: str, *rows: Mapping[str, str], **settings: Any) -> Json:
    header = idp.get_csv_header(UserPoolId=pool)["CSVHeader"]
    return run(idp, pool, csv(header, *rows), **settings)


def counts(job: Json) -> tuple[int, int, int]:
    return job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"]


def user(idp: Any, pool: str, name: str) -> tuple[str, str, dict[str, str]]:
    """Username, status and attributes."""
    found = idp.admin_get_user(UserPoolId=pool, Username=name)
    return (
        found["Username"],
        found["UserStatus"],
        {given["Name"]: given["Value"] for given in found["UserAttributes"] if given["Name"] != "sub"},
    )


def log_lines(cloud: Cloud, pool: str, job: Json) -> list[str]:
    group, stream = f"/aws/cognito/userpools/{pool}/people", f"{job['JobId']}/{job['JobName']}"
    events = cloud.client("logs").get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
    return [event["message"] for event in events["events"]]


def anybody(cloud: Cloud) -> Any:
    """Cognito as an app without credentials sees it."""
    config = Config(signature_version=UNSIGNED)
    return boto3.client("cognito-idp", region_name="us-east-1", endpoint_url=cloud.endpoint, config=config)


def sign_in(client: str, name: str, password: str) -> Json:
    parameters = {"USERNAME": name, "PASSWORD": password}
    return {"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}


@contextmanager
def imports(cloud: Cloud, **settings: Any) -> Iterator[None]:
    cloud.control("PUT", "import", settings)
    try:
        yield
    finally:
        cloud.control("DELETE", "import")


# The header


def test_the_header_names_every_attribute_of_the_pool_but_sub(idp: Any) -> None:
    pool = make(idp, Schema=[{"Name": "tier", "AttributeDataType": "String", "Mutable": True}])
    told = idp.get_csv_header(UserPoolId=pool)
    assert told["CSVHeader"] == [*STANDARD, "custom:tier", *ALWAYS]
    assert told["UserPoolId"] == pool


def test_an_unknown_pool_has_no_header_and_no_jobs(idp: Any) -> None:
    nowhere = {"UserPoolId": "us-east-1_nowhere"}
    one = {**nowhere, "JobId": "import-abc"}
    assert refusal(idp.get_csv_header, **nowhere) == "ResourceNotFoundException"
    assert refusal(idp.list_user_import_jobs, **nowhere, MaxResults=1) == "ResourceNotFoundException"
    assert refusal(idp.describe_user_import_job, **one) == "ResourceNotFoundException"
    assert refusal(idp.start_user_import_job, **one) == "ResourceNotFoundException"


# Jobs


def test_a_job_is_created_with_a_url_and_counts_of_nothing(idp: Any) -> None:
    pool = make(idp)
    job = created(idp, pool)
    assert {"JobName": "restore", "Status": "Created", "CloudWatchLogsRoleArn": ROLE}.items() <= job.items()
    assert counts(job) == (0, 0, 0)
    assert job["JobId"].startswith("import-")
    assert {"StartDate", "CompletionDate", "CompletionMessage", "PasswordHashingAlgorithm"}.isdisjoint(job)
    assert described(idp, {"UserPoolId": pool, "JobId": job["JobId"]}) == job


def test_jobs_are_listed_last_created_first_and_in_pages(idp: Any) -> None:
    pool = make(idp)
    ids = [created(idp, pool)["JobId"] for _ in range(3)]
    page = idp.list_user_import_jobs(UserPoolId=pool, MaxResults=2)
    rest = idp.list_user_import_jobs(UserPoolId=pool, MaxResults=2, PaginationToken=page["PaginationToken"])
    assert [job["JobId"] for job in page["UserImportJobs"] + rest["UserImportJobs"]] == ids[::-1]
    assert "PaginationToken" not in rest


def test_requests_are_held_to_the_model(idp: Any) -> None:
    pool = make(idp)
    assert refusal(created, idp=idp, pool=pool, JobName="a/b") == "InvalidParameterException"
    assert refusal(created, idp=idp, pool=pool, CloudWatchLogsRoleArn="x" * 20) == "InvalidParameterException"
    assert refusal(idp.describe_user_import_job, UserPoolId=pool, JobId="job") == "InvalidParameterException"
    assert refusal(idp.describe_user_import_job, UserPoolId=pool, JobId="import-no") == "ResourceNotFoundException"


def test_a_job_goes_from_pending_by_in_progress_to_its_end(idp: Any) -> None:
    pool = make(idp)
    named = uploaded(idp, pool, csv([*STANDARD, *ALWAYS], ADA, {**ADA, "cognito:username": "bob"}))
    started = idp.start_user_import_job(**named)["UserImportJob"]
    assert (started["Status"], counts(started)) == ("Pending", (0, 0, 0))
    assert "StartDate" in started
    working, ended = described(idp, named), described(idp, named)
    assert (working["Status"], counts(working)) == ("InProgress", (1, 0, 0))
    assert "CompletionDate" not in working
    assert (ended["Status"], counts(ended)) == ("Succeeded", (2, 0, 0))
    assert ended["CompletionDate"] >= ended["StartDate"] >= ended["CreationDate"]
    assert described(idp, named) == ended
    assert refusal(idp.start_user_import_job, **named) == "PreconditionNotMetException"


def test_a_job_without_a_file_does_not_start(idp: Any) -> None:
    pool = make(idp)
    named = {"UserPoolId": pool, "JobId": created(idp, pool)["JobId"]}
    assert refusal(idp.start_user_import_job, **named) == "PreconditionNotMetException"
    assert described(idp, named)["Status"] == "Created"


def test_a_pool_that_verifies_nothing_by_itself_takes_no_import(idp: Any) -> None:
    pool = make(idp, AutoVerifiedAttributes=[])
    named = uploaded(idp, pool, csv([*STANDARD, *ALWAYS], ADA))
    assert refusal(idp.start_user_import_job, **named) == "PreconditionNotMetException"


def test_one_job_is_active_in_an_account_whatever_the_pool_and_region(cloud: Cloud, idp: Any) -> None:
    content = csv([*STANDARD, *ALWAYS], ADA)
    abroad, stranger = (
        cloud.client("cognito-idp", region="eu-west-1"),
        cloud.client("cognito-idp", keys={"AccessKeyId": "123456789012", "SecretAccessKey": "test"}),
    )
    first, second, third = (uploaded(each, make(each), content) for each in (idp, abroad, stranger))
    idp.start_user_import_job(**first)
    assert refusal(abroad.start_user_import_job, **second) == "PreconditionNotMetException"
    stranger.start_user_import_job(**third)
    assert refusal(idp.stop_user_import_job, **second) == "ResourceNotFoundException"
    described(idp, first)
    assert refusal(abroad.start_user_import_job, **second) == "PreconditionNotMetException"
    described(idp, first)
    abroad.start_user_import_job(**second)
    abroad.stop_user_import_job(**second)


def test_a_pool_is_not_changed_while_an_import_is_going_on(idp: Any) -> None:
    pool = make(idp)
    named = uploaded(idp, pool, csv([*STANDARD, *ALWAYS], ADA))
    idp.start_user_import_job(**named)
    attribute = {"Name": "x", "AttributeDataType": "String"}
    assert refusal(idp.update_user_pool, UserPoolId=pool) == "UserImportInProgressException"
    assert refusal(idp.delete_user_pool, UserPoolId=pool) == "UserImportInProgressException"
    adding = {"UserPoolId": pool, "CustomAttributes": [attribute]}
    assert refusal(idp.add_custom_attributes, **adding) == "UserImportInProgressException"
    idp.stop_user_import_job(**named)
    idp.update_user_pool(UserPoolId=pool, AutoVerifiedAttributes=["email"])


def test_a_stopped_job_keeps_what_it_imported_and_cannot_go_on(idp: Any) -> None:
    pool = make(idp)
    named = uploaded(idp, pool, csv([*STANDARD, *ALWAYS], ADA, {**ADA, "cognito:username": "bob"}))
    assert refusal(idp.stop_user_import_job, **named) == "PreconditionNotMetException"
    idp.start_user_import_job(**named)
    described(idp, named)
    assert idp.stop_user_import_job(**named)["UserImportJob"]["Status"] == "Stopping"
    stopped = described(idp, named)
    assert (stopped["Status"], counts(stopped)) == ("Stopped", (1, 0, 0))
    assert stopped["CompletionMessage"] == "The Import Job was stopped by the developer."
    assert [found["Username"] for found in idp.list_users(UserPoolId=pool)["Users"]] == ["ada"]
    assert refusal(idp.start_user_import_job, **named) == "PreconditionNotMetException"
    assert refusal(idp.stop_user_import_job, **named) == "PreconditionNotMetException"


def test_a_job_that_is_not_started_expires(cloud: Cloud, idp: Any) -> None:
    named = uploaded(idp, make(idp), csv([*STANDARD, *ALWAYS], ADA))
    with imports(cloud, start_within_seconds=0):
        assert described(idp, named)["Status"] == "Expired"
    assert refusal(idp.start_user_import_job, **named) == "PreconditionNotMetException"


def test_a_job_that_nobody_describes_ends_by_itself(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    named = uploaded(idp, pool, csv([*STANDARD, *ALWAYS], ADA))
    idp.start_user_import_job(**named)
    with imports(cloud, unwatched_seconds=0):
        for _ in range(2):
            idp.list_users(UserPoolId=pool)
    assert idp.list_user_import_jobs(UserPoolId=pool, MaxResults=1)["UserImportJobs"][0]["Status"] == "Succeeded"


@pytest.mark.parametrize("wrong", ["gone", "untrusted", "powerless"])
def test_a_role_that_cannot_write_the_log_fails_the_job(cloud: Cloud, idp: Any, wrong: str) -> None:
    pool = make(idp)
    if wrong != "gone":
        make_role(cloud, wrong, "lambda.amazonaws.com" if wrong == "untrusted" else "cognito-idp.amazonaws.com")
    if wrong == "powerless":
        cloud.client("iam").delete_role_policy(RoleName=wrong, PolicyName="logs")
    job = run_rows(idp, pool, ADA, CloudWatchLogsRoleArn=f"arn:aws:iam::000000000000:role/{wrong}")
    assert (job["Status"], counts(job)) == ("Failed", (0, 0, 0))


def test_who_creates_a_job_has_to_be_allowed_to_pass_its_role(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    iam = cloud.client("iam")
    iam.create_user(UserName="clerk")
    keys = iam.create_access_key(UserName="clerk")["AccessKey"]
    clerk = cloud.client("cognito-idp", keys=keys)
    allowed = [{"Effect": "Allow", "Action": "cognito-idp:*", "Resource": "*"}]
    for code, added in (("AccessDeniedException", {}), ("", {"Action": "iam:PassRole", "Resource": ROLE})):
        statements = [*allowed, {"Effect": "Allow", **added}] if added else allowed
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName="clerk", PolicyName="import", PolicyDocument=document)
        if code:
            assert refusal(created, idp=clerk, pool=pool) == code
        else:
            assert created(clerk, pool)["Status"] == "Created"


# The upload


def test_an_upload_needs_the_header_that_the_url_is_signed_for(idp: Any) -> None:
    url = created(idp, make(idp))["PreSignedUrl"]
    assert put(url, b"x", headers={}) == (403, "SignatureDoesNotMatch")
    assert put(url, b"x", headers={"x-amz-server-side-encryption": "AES256"}) == (403, "SignatureDoesNotMatch")
    assert put(url, b"x", headers={**KMS, "x-amz-acl": "private"}) == (403, "AccessDenied")
    assert put(url, b"x", method="POST") == (403, "SignatureDoesNotMatch")
    assert put(url[:-1], b"x") == (403, "SignatureDoesNotMatch")
    assert put(url, b"x") == (200, "")


def test_an_upload_tells_how_long_it_is(idp: Any) -> None:
    url = urlsplit(created(idp, make(idp))["PreSignedUrl"])
    connection = HTTPConnection(url.netloc, timeout=10)
    connection.request("PUT", f"{url.path}?{url.query}", body=iter([b"x"]), headers=KMS, encode_chunked=True)
    assert connection.getresponse().status == 501
    connection.close()


def test_a_url_lives_for_fifteen_minutes(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    assert "X-Amz-Expires=899" in created(idp, pool)["PreSignedUrl"]
    with imports(cloud, url_seconds=0):
        assert put(created(idp, pool)["PreSignedUrl"], b"x") == (403, "AccessDenied")


def test_uploads_are_refused_on_demand(cloud: Cloud, idp: Any) -> None:
    url = created(idp, make(idp))["PreSignedUrl"]
    with imports(cloud, refuse_uploads=1):
        assert put(url, b"x") == (503, "SlowDown")
        assert put(url, b"x") == (200, "")


# The file


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(csv([*STANDARD, ALWAYS[0]], ADA), id="a column is missing"),
        pytest.param(csv([*STANDARD, *ALWAYS, "sub"], ADA), id="a column too many"),
        pytest.param(csv([*STANDARD, "name", *ALWAYS], ADA), id="a column twice"),
        pytest.param(b"\xef\xbb\xbf" + csv([*STANDARD, *ALWAYS], ADA), id="byte order mark"),
        pytest.param(csv([*STANDARD, *ALWAYS], ADA).decode().encode("utf-16"), id="not UTF-8"),
        pytest.param(csv([f'"{name}"' for name in (*STANDARD, *ALWAYS)]), id="header in quotation marks"),
        pytest.param(csv([*STANDARD, *ALWAYS], ADA, {**ADA, "name": "x" * 16_000}), id="a row too long"),
        pytest.param(csv([*STANDARD, *ALWAYS]), id="no rows"),
        pytest.param(b"", id="empty"),
    ],
)
def test_a_file_that_cannot_be_read_fails_the_job_and_makes_nobody(idp: Any, content: bytes) -> None:
    pool = make(idp)
    job = run(idp, pool, content)
    assert (job["Status"], counts(job)) == ("Failed", (0, 0, 0))
    assert idp.list_users(UserPoolId=pool)["Users"] == []


def test_a_file_has_a_greatest_size_and_number_of_rows(cloud: Cloud, idp: Any) -> None:
    content = csv([*STANDARD, *ALWAYS], ADA, {**ADA, "cognito:username": "bob"})
    assert cloud.control("GET", "import")["max_rows"] == 500_000
    assert cloud.control("GET", "import")["max_bytes"] == 100_000_000
    for limit, enough in (("max_rows", 2), ("max_bytes", len(content))):
        for size, status in ((enough, "Succeeded"), (enough - 1, "Failed")):
            with imports(cloud, **{limit: size}):
                assert run(idp, make(idp), content)["Status"] == status


def test_columns_stand_in_any_order(idp: Any) -> None:
    pool = make(idp)
    assert counts(run(idp, pool, csv([*ALWAYS, *STANDARD[::-1]], ADA))) == (1, 0, 0)
    assert user(idp, pool, "ada")[2]["email"] == "ada@example.com"


def test_a_comma_is_escaped_and_nothing_else_is(idp: Any) -> None:
    pool = make(idp)
    hostile = {"name": "  Lovelace\\, Ada  ", "nickname": 'the "A" 🎩', "profile": "a\\b\\\\c"}
    swallowed = {**ADA, "cognito:username": "bob", "name": "ends\\"}
    job = run_rows(idp, pool, {**ADA, **hostile}, swallowed)
    assert counts(job) == (1, 0, 1)
    found = user(idp, pool, "ada")[2]
    assert (found["name"], found["nickname"], found["profile"]) == ("Lovelace, Ada", 'the "A" 🎩', "a\\b\\\\c")


# The rows


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"cognito:username": ""}, id="no username"),
        pytest.param({"cognito:username": "ada lovelace"}, id="space in the username"),
        pytest.param({"cognito:username": "a" * 129}, id="username too long"),
        pytest.param({"email_verified": ""}, id="not verified"),
        pytest.param({"email_verified": "yes"}, id="not a boolean"),
        pytest.param({"email": ""}, id="verified but missing"),
        pytest.param({"email": "nobody"}, id="verified but no address"),
        pytest.param(
            {"email_verified": "FALSE", "phone_number": "+15550100", "phone_number_verified": "TRUE"},
            id="only what the pool does not verify",
        ),
        pytest.param({"phone_number": "0555", "phone_number_verified": "TRUE"}, id="no phone number"),
        pytest.param({"family_name": ""}, id="required"),
        pytest.param({"birthdate": "1985-02-01"}, id="birthdate as the API has it"),
        pytest.param({"birthdate": "2/1/1985"}, id="birthdate without zeros"),
        pytest.param({"birthdate": "02/30/1985"}, id="no such day"),
        pytest.param({"updated_at": "2026-01-01T00:00:00Z"}, id="not epoch seconds"),
        pytest.param({"custom:tier": "platinum"}, id="too long for the schema"),
        pytest.param({"custom:age": "200"}, id="too large for the schema"),
        pytest.param({"custom:age": "old"}, id="no number"),
        pytest.param({"name": "🎩" * 600}, id="more than 2,048 bytes"),
        pytest.param({"name": '"Ada"'}, id="in quotation marks"),
        pytest.param({"cognito:mfa_enabled": "TRUE"}, id="MFA in a pool without"),
        pytest.param({"name": "Ada,Lovelace"}, id="a value too many"),
    ],
)
def test_a_wrong_row_fails_and_the_job_goes_on(cloud: Cloud, idp: Any, strict_pool: str, wrong: Json) -> None:
    good = {**ADA, "family_name": "Lovelace"}
    names = [f"{wrong.get('cognito:username') or 'ada'}{len(wrong)}", "b", "c"]
    others = [{**good, "cognito:username": name} for name in names[1:]]
    job = run_rows(idp, strict_pool, {**good, **wrong}, *others)
    assert (job["Status"], counts(job)) == ("Succeeded", (2, 0, 1))
    lines = log_lines(cloud, strict_pool, job)
    assert [line.split(" - ")[0] for line in lines] == [
        "[FAILED] Line Number 2",
        "[SUCCEEDED] Line Number 3",
        "[SUCCEEDED] Line Number 4",
    ]
    assert "example.com" not in "".join(lines)
    for name in names[1:]:
        idp.admin_delete_user(UserPoolId=strict_pool, Username=name)


@pytest.fixture(scope="module")
def strict_pool(idp: Any) -> str:
    schema: list[Json] = [
        {"Name": "family_name", "Required": True},
        {"Name": "tier", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "4"}},
        {"Name": "age", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "150"}},
    ]
    return make(idp, Schema=schema)


def test_who_is_there_already_is_skipped(cloud: Cloud, idp: Any) -> None:
    pool = make(idp, AliasAttributes=["email"])
    run_rows(idp, pool, ADA)
    new = {"cognito:username": "bob", "email": "bob@example.com", "email_verified": "TRUE"}
    more = {**new, "cognito:username": "cy", "email": "cy@example.com"}
    same_name, same_alias = {**ADA, "email": "other@example.com"}, {**ADA, "cognito:username": "other"}
    job = run_rows(idp, pool, new, same_name, same_alias, more)
    assert (job["Status"], counts(job)) == ("Succeeded", (2, 2, 0))
    assert log_lines(cloud, pool, job)[1] == "[SKIPPED] Line Number 3 - The user already exists."


def test_a_row_is_skipped_for_another_of_the_same_file(idp: Any) -> None:
    pool = make(idp)
    job = run_rows(idp, pool, ADA, {**ADA, "name": "again"})
    assert counts(job) == (1, 1, 0)
    assert "name" not in user(idp, pool, "ada")[2]


def test_too_many_failures_fail_the_job_and_keep_the_users(idp: Any) -> None:
    pool = make(idp)
    job = run_rows(idp, pool, ADA, {"cognito:username": "b"}, {"cognito:username": "c"})
    assert (job["Status"], job["CompletionMessage"], counts(job)) == ("Failed", TOO_MANY, (1, 0, 2))
    assert user(idp, pool, "ada")[1] == "RESET_REQUIRED"


def test_mfa_is_as_the_pool_requires_it(idp: Any) -> None:
    pool = make(idp)
    totp = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
    idp.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration="ON", **totp)
    values = {"a": "true", "b": "", "c": "false"}
    rows = [{**ADA, "cognito:username": name, "cognito:mfa_enabled": value} for name, value in values.items()]
    assert counts(run_rows(idp, pool, *rows)) == (2, 0, 1)


# The users


def test_a_user_is_made_as_documented_and_told_nothing(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    idp.create_group(UserPoolId=pool, GroupName="staff")
    cloud.forget()
    run_rows(idp, pool, {**ADA, "birthdate": "02/01/1985", "updated_at": "1471453471"})
    found = {**ADA, "email_verified": "true", "birthdate": "02/01/1985", "updated_at": "1471453471"}
    del found["cognito:username"]
    assert user(idp, pool, "ada") == ("ada", "RESET_REQUIRED", found)
    listed = idp.list_users(UserPoolId=pool)["Users"][0]
    assert listed["Enabled"] is True
    assert idp.admin_list_groups_for_user(UserPoolId=pool, Username="ada")["Groups"] == []
    assert cloud.messages() == []


def test_a_birthdate_may_be_stored_otherwise(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    with imports(cloud, birthdates="iso"):
        run_rows(idp, pool, {**ADA, "birthdate": "02/01/1985"})
    assert user(idp, pool, "ada")[2]["birthdate"] == "1985-02-01"


def test_names_are_lower_case_where_case_does_not_matter(idp: Any) -> None:
    pool = make(idp, UsernameConfiguration={"CaseSensitive": False})
    job = run_rows(idp, pool, {**ADA, "cognito:username": "Ada"}, {**ADA, "cognito:username": "ADA"})
    assert counts(job) == (1, 1, 0)
    assert idp.list_users(UserPoolId=pool)["Users"][0]["Username"] == "ada"
    sensitive = make(idp, UsernameConfiguration={"CaseSensitive": True})
    assert counts(run_rows(idp, sensitive, ADA, {**ADA, "cognito:username": "Ada"})) == (2, 0, 0)


def test_an_app_need_not_know_how_a_name_was_written(cloud: Cloud, idp: Any) -> None:
    pool = make(idp, UsernameConfiguration={"CaseSensitive": False})
    client = app(idp, pool)
    run_rows(idp, pool, {**ADA, "cognito:username": "Ada"})
    idp.admin_set_user_password(UserPoolId=pool, Username="ADA", Password=NEW_PASSWORD, Permanent=True)
    own = anybody(cloud)
    assert own.initiate_auth(**sign_in(client, "aDA", NEW_PASSWORD))["AuthenticationResult"]["IdToken"]
    own.forgot_password(ClientId=client, Username="ADA")
    sensitive = make(idp, UsernameConfiguration={"CaseSensitive": True})
    other = app(idp, sensitive)
    run_rows(idp, sensitive, ADA)
    assert refusal(own.initiate_auth, **sign_in(other, "Ada", NEW_PASSWORD)) == "UserNotFoundException"


def test_an_address_that_is_the_username_gives_a_uuid(idp: Any) -> None:
    pool = make(idp, UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    own, wrong = {**ADA, "cognito:username": "Ada@example.com"}, {**ADA, "cognito:username": "ada"}
    assert counts(run_rows(idp, pool, own, {**own, "email": "x@example.com"}, wrong)) == (1, 0, 2)
    name, _, attributes = user(idp, pool, "ada@example.com")
    assert len(name) == 36
    assert attributes["email"] == "ada@example.com"
    assert counts(run_rows(idp, pool, own)) == (0, 1, 0)


def test_a_phone_number_that_is_the_username_gives_a_uuid(idp: Any) -> None:
    pool = make(idp, UsernameAttributes=["phone_number"], AutoVerifiedAttributes=["phone_number"])
    number = "+12345550100"
    row = {"cognito:username": number, "phone_number": number, "phone_number_verified": "TRUE"}
    assert counts(run_rows(idp, pool, row)) == (1, 0, 0)
    assert len(user(idp, pool, number)[0]) == 36


def test_a_name_that_could_be_an_alias_fails(idp: Any) -> None:
    pool = make(idp, AliasAttributes=["email"])
    assert counts(run_rows(idp, pool, {**ADA, "cognito:username": "ada@example.com"})) == (0, 0, 1)


def test_who_can_sign_in_by_a_code_is_confirmed_without_a_password(cloud: Cloud, idp: Any) -> None:
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = make(idp, Policies=factors)
    client = app(idp, pool)
    run_rows(idp, pool, ADA)
    assert user(idp, pool, "ada")[1] == "CONFIRMED"
    assert refusal(anybody(cloud).initiate_auth, **sign_in(client, "ada", "any-Thing-1")) == "NotAuthorizedException"


# Signing in


@pytest.mark.parametrize(
    ("hiding", "error"), [("LEGACY", "PasswordResetRequiredException"), ("ENABLED", "NotAuthorizedException")]
)
def test_an_imported_user_resets_the_password_and_signs_in(cloud: Cloud, idp: Any, hiding: str, error: str) -> None:
    pool = make(idp)
    client = app(idp, pool, PreventUserExistenceErrors=hiding)
    run_rows(idp, pool, ADA)
    own = anybody(cloud)
    assert refusal(own.initiate_auth, **sign_in(client, "ada", "any-Thing-1")) == error
    admin = {**sign_in(client, "ada", "x"), "UserPoolId": pool, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    assert refusal(idp.admin_initiate_auth, **admin) == error
    own.forgot_password(ClientId=client, Username="ada")
    new = {"ClientId": client, "Username": "ada", "ConfirmationCode": CODE, "Password": NEW_PASSWORD}
    own.confirm_forgot_password(**new)
    assert user(idp, pool, "ada")[1] == "CONFIRMED"
    assert own.initiate_auth(**sign_in(client, "ada", NEW_PASSWORD))["AuthenticationResult"]["IdToken"]
    assert refusal(own.initiate_auth, **sign_in(client, "ada", "other")) == "NotAuthorizedException"


def test_a_password_set_by_an_administrator_ends_the_reset(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    run_rows(idp, pool, ADA)
    idp.admin_set_user_password(UserPoolId=pool, Username="ada", Password=NEW_PASSWORD, Permanent=True)
    assert anybody(cloud).initiate_auth(**sign_in(client, "ada", NEW_PASSWORD))["AuthenticationResult"]["IdToken"]


def test_a_password_hash_lets_in_who_knows_the_password(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    digest = hashlib.pbkdf2_hmac("sha256", b"Right-1234", b"salt" * 4, 1000)
    told = [base64.b64encode(part).decode().rstrip("=") for part in (b"salt" * 4, digest)]
    header = [*STANDARD, *ALWAYS, "password_hash"]
    people = {"ada": f"$pbkdf2-sha256$1000${told[0]}${told[1]}", "bob": "", "cy": "$2b$10$x"}
    rows = [{**ADA, "cognito:username": name, "password_hash": value} for name, value in people.items()]
    job = run(idp, pool, csv(header, *rows), PasswordHashingAlgorithm="PBKDF2_SHA256")
    assert (counts(job), job["PasswordHashingAlgorithm"]) == ((2, 0, 1), "PBKDF2_SHA256")
    assert [user(idp, pool, name)[1] for name in ("ada", "bob")] == ["CONFIRMED", "RESET_REQUIRED"]
    own = anybody(cloud)
    assert refusal(own.initiate_auth, **sign_in(client, "ada", "Wrong-1234")) == "NotAuthorizedException"
    for _ in range(2):
        assert own.initiate_auth(**sign_in(client, "ada", "Right-1234"))["AuthenticationResult"]["IdToken"]


def test_a_job_with_an_algorithm_needs_the_column(idp: Any) -> None:
    pool = make(idp)
    assert run_rows(idp, pool, ADA, PasswordHashingAlgorithm="BCRYPT")["Status"] == "Failed"


# On demand


def test_a_job_is_as_slow_as_it_is_told_to_be(cloud: Cloud, idp: Any) -> None:
    named = uploaded(idp, make(idp), csv([*STANDARD, *ALWAYS], ADA, {**ADA, "cognito:username": "bob"}))
    with imports(cloud, delay_seconds=3600):
        idp.start_user_import_job(**named)
        assert [described(idp, named)["Status"] for _ in range(3)] == ["Pending"] * 3
    with imports(cloud, rows_per_second=0.0001):
        assert [(job["Status"], counts(job)) for job in (described(idp, named) for _ in range(3))] == (
            [("InProgress", (0, 0, 0))] * 3
        )
    with imports(cloud, rows_per_second=1e9):
        assert (described(idp, named)["Status"]) == "Succeeded"


def test_rows_fail_on_demand_and_a_job_ends_or_gives_up_so(cloud: Cloud, idp: Any) -> None:
    rows = [{**ADA, "cognito:username": f"u{number}"} for number in range(6)]
    expected: list[tuple[Json, str, tuple[int, int, int]]] = [
        ({"fail_every": 3}, "Succeeded", (4, 0, 2)),
        ({"finish_as_failed": True}, "Failed", (6, 0, 0)),
        ({"fail_every": 2, "give_up_after": 1}, "Failed", (1, 0, 1)),
    ]
    for settings, status, found in expected:
        with imports(cloud, **settings):
            job = run_rows(idp, make(idp), *rows)
        assert (job["Status"], counts(job)) == (status, found)


def test_an_error_strikes_the_start_of_a_job(cloud: Cloud, idp: Any) -> None:
    named = uploaded(idp, make(idp), csv([*STANDARD, *ALWAYS], ADA))
    with cloud.faults({"action": "StartUserImportJob", "error": "TooManyRequestsException", "times": 1}):
        plain = boto3.client(
            "cognito-idp",
            region_name="us-east-1",
            endpoint_url=cloud.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}),
        )
        assert refusal(plain.start_user_import_job, **named) == "TooManyRequestsException"
    idp.start_user_import_job(**named)
    idp.stop_user_import_job(**named)


# Devices and factors


def test_devices_are_listed_and_forgotten(cloud: Cloud, idp: Any) -> None:
    pool = make(idp, DeviceConfiguration={"DeviceOnlyRememberedOnUserPrompt": True})
    named = {"UserPoolId": pool, "Username": "ada"}
    assert refusal(idp.admin_list_devices, **named) == "UserNotFoundException"
    cloud.put_users(pool, [{"Username": "ada"}])
    assert idp.admin_list_devices(**named)["Devices"] == []
    cloud.control("PUT", "devices", {**named, "Devices": [{}, {}]})
    page = idp.admin_list_devices(**named, Limit=1)
    rest = idp.admin_list_devices(**named, PaginationToken=page["PaginationToken"])
    one = {**named, "DeviceKey": page["Devices"][0]["DeviceKey"]}
    assert idp.admin_get_device(**one)["Device"] == page["Devices"][0]
    idp.admin_forget_device(**one)
    assert idp.admin_list_devices(**named)["Devices"] == rest["Devices"]
    assert refusal(idp.admin_forget_device, **one) == "ResourceNotFoundException"


def test_a_pool_that_remembers_no_devices_lists_none(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    cloud.put_users(pool, [{"Username": "ada"}])
    refused = refusal(idp.admin_list_devices, UserPoolId=pool, Username="ada")
    assert refused == "InvalidUserPoolConfigurationException"


def test_factors_are_what_a_user_can_sign_in_with(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    named = {"UserPoolId": pool, "Username": "ada"}
    assert refusal(idp.admin_get_user_auth_factors, **named) == "UserNotFoundException"
    run_rows(idp, pool, ADA)
    told = idp.admin_get_user_auth_factors(**named)
    assert {name for name in told if name != "ResponseMetadata"} == {"Username"}
    idp.admin_set_user_password(**named, Password=NEW_PASSWORD, Permanent=True)
    cloud.control("PUT", "factors", {**named, "SoftwareToken": True, "Passkey": True})
    told = idp.admin_get_user_auth_factors(**named)
    assert told["ConfiguredUserAuthFactors"] == ["PASSWORD", "WEB_AUTHN", "SOFTWARE_TOKEN"]
    assert told["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


# MFA preferences


def mfa_pool(idp: Any, required: str = "OPTIONAL", **settings: Any) -> str:
    pool = make(idp, EmailConfiguration=MAIL, SmsConfiguration=SMS, **settings)
    factors = {
        "SmsMfaConfiguration": {"SmsConfiguration": SMS},
        "EmailMfaConfiguration": {"Message": "{####}", "Subject": "code"},
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
    }
    idp.set_user_pool_mfa_config(UserPoolId=pool, MfaConfiguration=required, **factors)
    return pool


def attributes(**values: str) -> list[Json]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def test_preferences_are_kept_where_the_user_has_the_channel(cloud: Cloud, idp: Any) -> None:
    pool = mfa_pool(idp)
    reachable = attributes(email="a@example.com", phone_number="+12345550100")
    cloud.put_users(pool, [{"Username": "ada", "Attributes": reachable}, {"Username": "bob"}])
    on, preferred = {"Enabled": True}, {"Enabled": True, "PreferredMfa": True}
    prefer = idp.admin_set_user_mfa_preference
    ada, bob = ({"UserPoolId": pool, "Username": name} for name in ("ada", "bob"))
    prefer(**ada, SMSMfaSettings=on, EmailMfaSettings=preferred)
    told = idp.admin_get_user(**ada)
    assert (told["UserMFASettingList"], told["PreferredMfaSetting"]) == (["SMS_MFA", "EMAIL_OTP"], "EMAIL_OTP")
    prefer(**ada, EmailMfaSettings={"Enabled": False})
    told = idp.admin_get_user(**ada)
    assert (told["UserMFASettingList"], told["PreferredMfaSetting"]) == (["SMS_MFA"], "")
    for setting in ("SMSMfaSettings", "EmailMfaSettings", "SoftwareTokenMfaSettings"):
        assert refusal(prefer, **bob, **{setting: on}) == "InvalidParameterException"
    both = {"SMSMfaSettings": preferred, "EmailMfaSettings": preferred}
    assert refusal(prefer, **ada, **both) == "InvalidParameterException"
    assert refusal(prefer, **ada, SoftwareTokenMfaSettings=on) == "InvalidParameterException"
    cloud.control("PUT", "factors", {**ada, "SoftwareToken": True})
    prefer(**ada, SoftwareTokenMfaSettings=preferred)
    assert idp.admin_get_user(**ada)["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"


def test_a_preference_waits_until_the_password_is_reset(cloud: Cloud, idp: Any) -> None:
    pool = mfa_pool(idp)
    people = {"ada": "RESET_REQUIRED", "bob": "UNCONFIRMED", "cy": "FORCE_CHANGE_PASSWORD"}
    mail = attributes(email="a@example.com")
    cloud.put_users(pool, [{"Username": n, "UserStatus": s, "Attributes": mail} for n, s in people.items()])
    wanted = {"UserPoolId": pool, "EmailMfaSettings": {"Enabled": True}}
    prefer = idp.admin_set_user_mfa_preference
    assert refusal(prefer, **wanted, Username="ada") == "PasswordResetRequiredException"
    assert refusal(prefer, **wanted, Username="bob") == "UserNotConfirmedException"
    prefer(**wanted, Username="cy")


def test_mfa_is_not_turned_off_where_it_is_required_nor_on_where_the_pool_has_none(cloud: Cloud, idp: Any) -> None:
    mail = attributes(email="a@example.com")
    prefer = idp.admin_set_user_mfa_preference
    for pool in (mfa_pool(idp, "ON"), make(idp)):
        cloud.put_users(pool, [{"Username": "ada", "Attributes": mail}])
    assert refusal(prefer, UserPoolId=pool, Username="ada", EmailMfaSettings={"Enabled": True}) == (
        "InvalidParameterException"
    )
    pool = mfa_pool(idp, "ON")
    cloud.put_users(pool, [{"Username": "ada", "Attributes": mail}])
    prefer(UserPoolId=pool, Username="ada", EmailMfaSettings={"Enabled": True})
    off = {"UserPoolId": pool, "Username": "ada", "EmailMfaSettings": {"Enabled": False}}
    assert refusal(prefer, **off) == "InvalidParameterException"


# Signing in with MFA


def member(name: str, **values: str) -> Json:
    return {"Username": name, "Password": NEW_PASSWORD, "Attributes": attributes(**values)}


def answer_of(code: Json, name: str, **responses: str) -> Json:
    return {
        "ClientId": code["ClientId"],
        "ChallengeName": code["ChallengeName"],
        "Session": code["Session"],
        "ChallengeResponses": {"USERNAME": name, **responses},
    }


def test_a_preferred_factor_is_asked_for_and_proves_its_channel(cloud: Cloud, idp: Any) -> None:
    pool = mfa_pool(idp)
    client, own = app(idp, pool), anybody(cloud)
    cloud.put_users(pool, [member("ada", email="a@example.com"), member("bob", email="b@example.com")])
    preferred = {"Enabled": True, "PreferredMfa": True}
    idp.admin_set_user_mfa_preference(UserPoolId=pool, Username="ada", EmailMfaSettings=preferred)
    asked = {**own.initiate_auth(**sign_in(client, "ada", NEW_PASSWORD)), "ClientId": client}
    assert (asked["ChallengeName"], "AuthenticationResult" in asked) == ("EMAIL_OTP", False)
    respond = own.respond_to_auth_challenge
    assert refusal(respond, **answer_of(asked, "ada", EMAIL_OTP_CODE="0")) == "CodeMismatchException"
    assert respond(**answer_of(asked, "ada", EMAIL_OTP_CODE=CODE))["AuthenticationResult"]["IdToken"]
    assert refusal(respond, **answer_of(asked, "ada", EMAIL_OTP_CODE=CODE)) == "NotAuthorizedException"
    assert user(idp, pool, "ada")[2]["email_verified"] == "true"
    assert own.initiate_auth(**sign_in(client, "bob", NEW_PASSWORD))["AuthenticationResult"]["IdToken"]


@pytest.mark.parametrize(
    ("recovery", "values", "challenge"),
    [
        ("verified_email", {"phone_number": "+12345550100"}, "SMS_MFA"),
        ("verified_email", {"email": "a@example.com", "phone_number": "+12345550100"}, "SMS_MFA"),
        ("verified_phone_number", {"email": "a@example.com", "phone_number": "+12345550100"}, "EMAIL_OTP"),
        ("admin_only", {"email": "a@example.com", "phone_number": "+12345550100"}, "SELECT_MFA_TYPE"),
        ("verified_email", {}, "MFA_SETUP"),
        ("verified_phone_number", {"phone_number": "+12345550100"}, "NotAuthorizedException"),
        ("verified_email", {"email": "a@example.com"}, "NotAuthorizedException"),
    ],
)
def test_required_mfa_uses_what_does_not_recover_the_password(
    cloud: Cloud, idp: Any, recovery: str, values: dict[str, str], challenge: str
) -> None:
    pool = mfa_pool(idp, "ON", AccountRecoverySetting={"RecoveryMechanisms": [{"Name": recovery, "Priority": 1}]})
    client, own = app(idp, pool), anybody(cloud)
    cloud.put_users(pool, [member("ada", **values)])
    if challenge.endswith("Exception"):
        assert refusal(own.initiate_auth, **sign_in(client, "ada", NEW_PASSWORD)) == challenge
        return
    asked = {**own.initiate_auth(**sign_in(client, "ada", NEW_PASSWORD)), "ClientId": client}
    assert asked["ChallengeName"] == challenge
    if challenge == "SELECT_MFA_TYPE":
        chosen = own.respond_to_auth_challenge(**answer_of(asked, "ada", ANSWER="EMAIL_OTP"))
        assert chosen["ChallengeName"] == "EMAIL_OTP"


# Recovery


def test_a_password_is_not_recovered_by_the_channel_of_mfa(cloud: Cloud, idp: Any) -> None:
    pool = mfa_pool(idp)
    client = app(idp, pool)
    mail = attributes(email="a@example.com", email_verified="true")
    phone = attributes(phone_number="+12345550100", phone_number_verified="true")
    cloud.put_users(pool, [{"Username": "ada", "Attributes": mail}, {"Username": "bob", "Attributes": mail + phone}])
    for name in ("ada", "bob"):
        idp.admin_set_user_mfa_preference(UserPoolId=pool, Username=name, EmailMfaSettings={"Enabled": True})
    forgot = anybody(cloud).forgot_password
    assert refusal(forgot, ClientId=client, Username="ada") == "InvalidParameterException"
    forgot(ClientId=client, Username="bob")
    hiding = app(idp, pool, PreventUserExistenceErrors="ENABLED")
    forgot(ClientId=hiding, Username="ada")


@pytest.mark.parametrize(
    ("mechanism", "error"),
    [("verified_phone_number", "InvalidParameterException"), ("admin_only", "NotAuthorizedException")],
)
def test_a_password_is_recovered_by_the_channels_of_the_pool(
    cloud: Cloud, idp: Any, mechanism: str, error: str
) -> None:
    pool = make(idp, AccountRecoverySetting={"RecoveryMechanisms": [{"Name": mechanism, "Priority": 1}]})
    client = app(idp, pool)
    mail = attributes(email="a@example.com", email_verified="true")
    cloud.put_users(pool, [{"Username": "ada", "Attributes": mail}])
    assert refusal(anybody(cloud).forgot_password, ClientId=client, Username="ada") == error


def test_a_temporary_password_is_not_forgotten(cloud: Cloud, idp: Any) -> None:
    pool = make(idp)
    client = app(idp, pool)
    mail = attributes(email="a@example.com", email_verified="true")
    idp.admin_create_user(UserPoolId=pool, Username="ada", UserAttributes=mail, MessageAction="SUPPRESS")
    assert refusal(anybody(cloud).forgot_password, ClientId=client, Username="ada") == "NotAuthorizedException"
