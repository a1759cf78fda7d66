"""What an import of users does: the fake that the fast tests run on, and Cognito as the embedded cloud plays it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from local.cloud import Cloud
from poolsafe.adapters.service_api import BotoService
from poolsafe.adapters.web import PublicWeb
from poolsafe.domain.records import CONFIRMED, RESET_REQUIRED
from poolsafe.errors import NotFound, Rejected
from poolsafe.ports import ServiceApi, UserPool, Web
from tests.contract.conftest import MakePool, embedded_pool
from tests.fake_cognito import FakeCognito
from tests.fakes import STANDARD, FakeUserPool

KMS = {"x-amz-server-side-encryption": "aws:kms"}
ROLE = "arn:aws:iam::000000000000:role/import"
PASSWORD = "Unguessable-0123456789"
LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
Counts = tuple[int, int, int]


@dataclass(frozen=True)
class Importing:
    """A user pool that users are imported into."""

    api: ServiceApi
    web: Web
    pool: UserPool

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        return self.api.call(operation, UserPoolId=self.pool.user_pool_id, **members)

    def create(self, name: str = "restore") -> dict[str, Any]:
        job: dict[str, Any] = self.call("CreateUserImportJob", JobName=name, CloudWatchLogsRoleArn=ROLE)[
            "UserImportJob"
        ]
        return job

    def uploaded(self, content: bytes) -> str:
        """The id of a new job whose file is there."""
        job = self.create()
        self.web.upload(job["PreSignedUrl"], content, KMS)
        return str(job["JobId"])

    def start(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.call("StartUserImportJob", JobId=job_id)["UserImportJob"]
        return job

    def describe(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.call("DescribeUserImportJob", JobId=job_id)["UserImportJob"]
        return job

    def end(self, job_id: str) -> dict[str, Any]:
        while (job := self.describe(job_id))["Status"] in ("Pending", "InProgress"):
            pass
        return job

    def run(self, *rows: Mapping[str, str]) -> dict[str, Any]:
        """Import these rows; the job at its end."""
        job_id = self.uploaded(self.file(*rows))
        self.start(job_id)
        return self.end(job_id)

    def file(self, *rows: Mapping[str, str]) -> bytes:
        header = self.call("GetCSVHeader")["CSVHeader"]
        lines = [",".join(header), *(",".join(row.get(column, "") for column in header) for row in rows)]
        return "".join(f"{line}\n" for line in lines).encode()


MakeImporting = Callable[..., Importing]


@pytest.fixture(scope="session")
def import_cloud(bare_cloud: Cloud) -> Cloud:
    """The embedded cloud with a role that Cognito may log an import with."""
    iam = bare_cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "cognito-idp.amazonaws.com"}, "Action": "sts:AssumeRole"}
    logs = {"Effect": "Allow", "Action": LOGS, "Resource": "arn:aws:logs:*:*:log-group:/aws/cognito/*"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    iam.create_role(RoleName="import", AssumeRolePolicyDocument=json.dumps(document))
    policy = json.dumps({**document, "Statement": [logs]})
    iam.put_role_policy(RoleName="import", PolicyName="logs", PolicyDocument=policy)
    return bare_cloud


@pytest.fixture(params=["fake", "embedded cloud"])
def make(request: pytest.FixtureRequest) -> MakeImporting:
    """Makes pools of one account, with verified e-mail addresses unless told otherwise."""
    if request.param == "fake":
        cognito = FakeCognito(adopted={})

        def fake(**options: Any) -> Importing:
            pool = FakeUserPool(f"us-east-1_Import{len(cognito.adopted)}", **{"auto_verified": ("email",), **options})
            cognito.adopted = {**cognito.adopted, pool.user_pool_id: pool}
            return Importing(cognito, cognito.web, pool)

        return fake
    cloud = request.getfixturevalue("import_cloud")
    make_pool: MakePool = embedded_pool(cloud)
    api = BotoService("cognito-idp", "us-east-1", cloud.client("cognito-idp"))
    return lambda **options: Importing(api, PublicWeb(), make_pool(**{"auto_verified": ("email",), **options}))


def person(username: str, /, **columns: str) -> dict[str, str]:
    """A row that makes a user. Column `custom__x` means `custom:x`."""
    address = {"email": f"{username}@example.com", "email_verified": "TRUE"}
    named = {column.replace("__", ":"): told for column, told in columns.items()}
    return {"cognito:username": username, **address, **named}


GOOD = (person("good1"), person("good2"))


def counts(job: Mapping[str, Any]) -> Counts:
    return job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"]


def code_of(call: Callable[..., object], *arguments: Any) -> str:
    """What a call is refused with."""
    with pytest.raises(Rejected) as refused:
        call(*arguments)
    return refused.value.code


# The header


def test_the_header_names_what_a_user_may_have(make: MakeImporting) -> None:
    importing = make(custom=("custom:tier", "custom:team"))
    told = importing.call("GetCSVHeader")
    own = ["custom:team", "custom:tier"]
    assert told["UserPoolId"] == importing.pool.user_pool_id
    assert sorted(told["CSVHeader"]) == sorted([*STANDARD[1:], *own, "cognito:mfa_enabled", "cognito:username"])
    assert told["CSVHeader"][-2:] == ["cognito:mfa_enabled", "cognito:username"]


# Jobs


def test_a_new_job_has_an_address_and_has_done_nothing(make: MakeImporting) -> None:
    job = make().create("a-name")
    assert (job["JobName"], job["Status"], job["CloudWatchLogsRoleArn"]) == ("a-name", "Created", ROLE)
    assert job["JobId"].startswith("import-")
    assert job["PreSignedUrl"].startswith("http")
    assert datetime.fromisoformat(job["CreationDate"]).tzinfo is not None
    assert counts(job) == (0, 0, 0)
    assert not {"StartDate", "CompletionDate", "CompletionMessage"} & job.keys()


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-amz-server-side-encryption": "AES256"}, {**KMS, "x-amz-meta-a": "b"}],
    ids=["none", "another key", "one too many"],
)
def test_only_what_was_signed_is_uploaded(make: MakeImporting, headers: dict[str, str]) -> None:
    importing = make()
    job = importing.create()
    assert code_of(importing.web.upload, job["PreSignedUrl"], importing.file(*GOOD), headers) == "HTTP 403"
    assert code_of(importing.start, job["JobId"]) == "PreconditionNotMetException"


def test_an_address_that_nobody_was_given_takes_nothing(make: MakeImporting) -> None:
    importing = make()
    url = importing.create()["PreSignedUrl"]
    assert code_of(importing.web.upload, f"{url}0", importing.file(*GOOD), KMS) == "HTTP 403"


def test_a_job_without_a_file_cannot_start(make: MakeImporting) -> None:
    importing = make()
    job_id = importing.create()["JobId"]
    assert code_of(importing.start, job_id) == "PreconditionNotMetException"
    assert importing.describe(job_id)["Status"] == "Created"


def test_no_job_starts_in_a_pool_that_verifies_no_address(make: MakeImporting) -> None:
    importing = make(auto_verified=())
    assert code_of(importing.start, importing.uploaded(importing.file(*GOOD))) == "PreconditionNotMetException"


def test_a_job_that_is_not_there_is_not_found(make: MakeImporting) -> None:
    importing, other = make(), make()
    for job_id in ("import-nothing", other.create()["JobId"]):
        for call in (importing.start, importing.describe):
            with pytest.raises(NotFound):
                call(job_id)


def test_a_job_goes_from_pending_by_in_progress_to_its_end(make: MakeImporting) -> None:
    importing = make()
    job_id = importing.uploaded(importing.file(*GOOD))
    started = importing.start(job_id)
    assert (started["Status"], counts(started)) == ("Pending", (0, 0, 0))
    working, ended = importing.describe(job_id), importing.describe(job_id)
    assert (working["Status"], counts(working)) == ("InProgress", (1, 0, 0))
    assert (ended["Status"], counts(ended)) == ("Succeeded", (2, 0, 0))
    created, began, completed = (
        datetime.fromisoformat(ended[name]) for name in ("CreationDate", "StartDate", "CompletionDate")
    )
    assert created <= began <= completed
    assert importing.describe(job_id) == ended
    assert code_of(importing.start, job_id) == "PreconditionNotMetException"


def test_one_job_is_active_in_an_account(make: MakeImporting) -> None:
    importing, other = make(), make()
    first = importing.uploaded(importing.file(*GOOD))
    second, third = (one.uploaded(one.file(*GOOD)) for one in (importing, other))
    importing.start(first)
    assert code_of(importing.start, second) == "PreconditionNotMetException"
    assert code_of(other.start, third) == "PreconditionNotMetException"
    importing.end(first)
    other.start(third)
    assert other.end(third)["Status"] == "Succeeded"


def test_the_last_file_counts_until_the_job_has_started(make: MakeImporting) -> None:
    importing = make()
    job = importing.create()
    importing.web.upload(job["PreSignedUrl"], b"nothing", KMS)
    importing.web.upload(job["PreSignedUrl"], importing.file(*GOOD), KMS)
    importing.start(job["JobId"])
    importing.web.upload(job["PreSignedUrl"], b"nothing", KMS)
    assert counts(importing.end(job["JobId"])) == (2, 0, 0)


def test_jobs_are_listed_last_created_first_and_in_pages(make: MakeImporting) -> None:
    importing = make()
    ids = [importing.create(f"job-{number}")["JobId"] for number in range(3)]
    page = importing.call("ListUserImportJobs", MaxResults=2)
    rest = importing.call("ListUserImportJobs", MaxResults=2, PaginationToken=page["PaginationToken"])
    assert [job["JobId"] for job in page["UserImportJobs"] + rest["UserImportJobs"]] == ids[::-1]
    assert [job["JobName"] for job in page["UserImportJobs"]] == ["job-2", "job-1"]
    assert "PaginationToken" not in rest


# Users


def test_an_imported_user_has_its_attributes_and_has_to_reset_the_password(make: MakeImporting) -> None:
    importing = make(custom=("custom:tier",))
    name = "  Lovelace\\, Ada  "
    row = person("ada", name=name, custom__tier="gold", birthdate="12/10/1815", updated_at="1700000000")
    assert counts(importing.run(row, person("bob", phone_number_verified="FALSE"))) == (2, 0, 0)
    ada = importing.pool.get_user("ada")
    assert (ada.username, ada.status, ada.enabled, ada.mfa_methods) == ("ada", RESET_REQUIRED, True, ())
    assert dict(ada.attributes) == {
        "email": "ada@example.com",
        "email_verified": "true",
        "name": "Lovelace, Ada",
        "custom:tier": "gold",
        "birthdate": "12/10/1815",
        "updated_at": "1700000000",
    }
    assert importing.pool.get_user("bob").attributes["phone_number_verified"] == "false"
    assert importing.pool.groups_of("ada") == []
    assert ada.sub != importing.pool.get_user("bob").sub
    importing.pool.set_password("ada", PASSWORD)
    assert importing.pool.get_user("ada").status == CONFIRMED


def test_who_is_there_is_skipped_and_not_touched(make: MakeImporting) -> None:
    importing = make()
    before = importing.pool.create_user("ada", {"name": "Ada"}, PASSWORD)
    assert counts(importing.run(person("ada"), *GOOD)) == (2, 1, 0)
    found = importing.pool.get_user("ada")
    assert (found.sub, found.status, dict(found.attributes)) == (before.sub, before.status, {"name": "Ada"})


def test_who_is_in_a_file_twice_is_imported_once(make: MakeImporting) -> None:
    importing = make()
    assert counts(importing.run(*GOOD, GOOD[0])) == (2, 1, 0)


def test_whose_alias_is_taken_is_skipped(make: MakeImporting) -> None:
    importing = make(alias_attributes=("email",))
    importing.pool.create_user("ada", {"email": "ada@example.com", "email_verified": "true"}, PASSWORD)
    assert counts(importing.run({**person("ada"), "cognito:username": "countess"}, *GOOD)) == (2, 1, 0)
    assert importing.pool.get_user("ada@example.com").username == "ada"


@pytest.mark.parametrize(
    "row",
    [
        person("bad", email_verified="FALSE"),
        person("bad", email_verified=""),
        person("bad", email=""),
        person("bad", email="no address"),
        person("bad", email_verified="yes"),
        person("bad", cognito__username=""),
        person("bad", cognito__username="two words"),
        person("bad", cognito__username="x" * 129),
        person("bad", cognito__mfa_enabled="TRUE"),
        person("bad", cognito__mfa_enabled="perhaps"),
        person("bad", birthdate="1815-12-10"),
        person("bad", updated_at="yesterday"),
        person("bad", name='"Ada"'),
        person("bad", name="Lovelace, Ada"),
        person("bad", name="x" * 11),
        person("bad", nickname="x" * 2049),
        person("bad", locale=""),
    ],
    ids=[
        *("not verified", "no flag", "no address", "no such address", "no flag but yes", "no name", "two names"),
        *("long name", "mfa is off", "no mfa value", "date of the API", "no number", "quoted", "a value too many"),
        *("too long for the schema", "too long", "required"),
    ],
)
def test_a_row_that_makes_no_user_fails_alone(make: MakeImporting, row: dict[str, str]) -> None:
    importing = make(required=("locale",), max_lengths={"name": 10})
    good = [{**one, "locale": "en"} for one in GOOD]
    job = importing.run({"locale": "en", **row}, *good)
    assert (job["Status"], counts(job)) == ("Succeeded", (2, 0, 1))
    assert {user.username for user in importing.pool.list_users(None).items} == {"good1", "good2"}


def test_a_job_that_imports_less_than_it_leaves_out_has_failed(make: MakeImporting) -> None:
    importing = make()
    job = importing.run(person("bad1", email_verified=""), person("bad2", email_verified=""), GOOD[0])
    assert (job["Status"], counts(job)) == ("Failed", (1, 0, 2))
    assert importing.pool.get_user("good1").status == RESET_REQUIRED


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: content.splitlines(keepends=True)[0],
        lambda content: content.replace(b"cognito:username", b"username", 1),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"good1", b"\xff", 1),
        lambda content: content + b"x" * 16_001 + b"\n",
    ],
    ids=["empty", "nobody", "another column", "byte order mark", "not UTF-8", "a row too long"],
)
def test_a_file_that_cannot_be_read_fails_the_job_and_makes_nobody(
    make: MakeImporting, change: Callable[[bytes], bytes]
) -> None:
    importing = make()
    job_id = importing.uploaded(change(importing.file(*GOOD)))
    importing.start(job_id)
    job = importing.end(job_id)
    assert (job["Status"], counts(job)) == ("Failed", (0, 0, 0))
    assert importing.pool.list_users(None).items == ()


def test_where_an_address_is_the_username_the_real_one_is_a_uuid(make: MakeImporting) -> None:
    importing = make(username_attributes=("email",), case_sensitive=False)
    row = person("ada", cognito__username="Ada@Example.com")
    wrong = [
        person("bob", cognito__username="bob"),
        person("eve", cognito__username="eve@example.com", email="other@example.com"),
        # What is verified has to be there.
        person("kim", cognito__username="kim@example.com", email=""),
    ]
    good = [person(name, cognito__username=f"{name}@example.com") for name in ("good1", "good2")]
    assert counts(importing.run(row, *good, *wrong)) == (3, 0, 3)
    found = importing.pool.get_user("ada@example.com")
    assert (found.username, found.status) == (found.sub, RESET_REQUIRED)
    assert dict(found.attributes) == {"email": "ada@example.com", "email_verified": "true"}


def test_a_pool_that_requires_mfa_wants_it_said_or_left_open(make: MakeImporting) -> None:
    importing = make(mfa={"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": True}})
    rows = [person(f"user{value}", cognito__mfa_enabled=value) for value in ("TRUE", "", "FALSE")]
    assert counts(importing.run(*rows)) == (2, 0, 1)
