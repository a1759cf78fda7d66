"""Nobody's data outside of pools and bucket: not in what travels between states, not in errors, not in logs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest

from tests.architecture.repository import JOBS
from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, named, person

#: Each would be recognised anywhere, and is nowhere else.
EMAIL, PHONE = "zebedee.quux@private.example", "+15555559876"
USERNAME, NAME, SECRET = "zebedee-quux", "Zebedee Quux-Nonesuch", "Zebedees-Secret-42!"
ATTRIBUTE = "only-zebedee-has-this"
SUB = "5eb3dee0-0000-4000-8000-7e5edee00000"
#: Of an application and of an identity provider: nobody's data, and nobody's business.
CLIENT_SECRET, PROVIDER_SECRET = "TheSecretThatZebedeesShopKeeps0001", "what-zebedees-provider-knows"
PRIVATE = (
    CLIENT_SECRET,
    PROVIDER_SECRET,
    EMAIL,
    PHONE,
    USERNAME,
    NAME,
    SECRET,
    ATTRIBUTE,
    SUB,
    "Zebedee",
    "private.example",
)
#: What `domain/restore/password.py` makes: one of each class, then 36 of all; and nothing that goes on, as base64 does.
PASSWORD = re.compile(r"(?<![A-Za-z0-9+/])[A-Z][a-z][0-9][!@#%^*_+=~-][A-Za-z0-9!@#%^*_+=~-]{36}(?![A-Za-z0-9+/])")


#: Every way to a password but the default; and a part of a snapshot.
WAYS: tuple[Json, ...] = (
    {"credentials": "temporary"},
    {"credentials": "import-job"},
    {"credentials": "invite", "send_messages": True},
    {"on_conflict": "update", "only": {"groups": ["staff"]}},
)


@dataclass(frozen=True)
class Traces:
    """What executions left behind, as text. The emulator's history tells of a Map what goes in and comes out."""

    histories: tuple[str, ...]
    outputs: tuple[str, ...]
    logs: str


@pytest.fixture(scope="module")
def traces(deployed: Deployed) -> Traces:
    """A backup, a restore, one into a new pool, one that is refused and one that is stopped in the middle."""
    source, target, strict = deployed.pool("note"), deployed.pool("note", ORIGINAL_SUB), deployed.pool()
    with_secrets(deployed, source)
    attributes = {
        "sub": SUB,
        "email": EMAIL,
        "email_verified": "true",
        "phone_number": PHONE,
        "phone_number_verified": "true",
        "name": NAME,
        "custom:note": ATTRIBUTE,
    }
    people = [person(USERNAME, "staff", attributes=attributes, Password=SECRET)]
    people += [person(f"{USERNAME}-{number}", "staff", attributes={"email": EMAIL}) for number in range(3)]
    deployed.cloud.put_users(source, people, named("staff"))
    begin, finish = deployed.cloud.begin, deployed.cloud.finish
    backup = begin(deployed.machine("backup"), {"user_pool_id": source, "include": ["mfa"]})
    outputs = [finish(backup)]
    request = {"snapshot": f"{source}/latest", "target_user_pool_id": target}
    restore = begin(deployed.machine("restore"), request)
    outputs.append(finish(restore))
    again = begin(deployed.machine("restore"), request)
    outputs.append(finish(again))
    refused = begin(deployed.machine("restore"), {**request, "target_user_pool_id": strict})
    outputs.append(deployed.failed(refused).cause)
    anew = {"snapshot": f"{source}/latest", "create_pool": {"pool_name": "shop-again"}}
    created = begin(deployed.machine("restore"), anew)
    outputs.append(finish(created))
    with deployed.cloud.faults({"action": "CreateUserPoolClient", "error": "LimitExceededException", "times": None}):
        half = begin(deployed.machine("restore"), {**anew, "create_pool": {"pool_name": "half-a-shop"}})
        outputs.append(deployed.failed(half).cause)
    other = deployed.pool("note", ORIGINAL_SUB)
    with deployed.cloud.faults({"action": "AdminAddUserToGroup", "error": "AccessDeniedException", "times": None}):
        stopped = begin(deployed.machine("restore"), {**request, "target_user_pool_id": other})
        outputs.append(deployed.failed(stopped).cause)
    with deployed.cloud.faults({"action": "AdminCreateUser", "error": "InvalidParameterException", "times": None}):
        third = deployed.pool("note", ORIGINAL_SUB)
        failed = begin(deployed.machine("restore"), {**request, "target_user_pool_id": third})
        outputs.append(deployed.failed(failed).cause)
    ways = [
        begin(deployed.machine("restore"), {**request, "target_user_pool_id": verifying(deployed), **way})
        for way in WAYS
    ]
    outputs += [finish(way) for way in ways]
    executions = (backup, restore, again, refused, stopped, failed, created, half, *ways)
    return Traces(
        tuple(json.dumps(deployed.history(execution), default=str, ensure_ascii=False) for execution in executions),
        tuple(json.dumps(output, ensure_ascii=False) for output in outputs),
        "\n".join(deployed.log()),
    )


def verifying(deployed: Deployed) -> str:
    """A pool that can import and invite."""
    return deployed.pool("note", ORIGINAL_SUB, AutoVerifiedAttributes=["email"])


def with_secrets(deployed: Deployed, pool: str) -> None:
    """Give a pool an app client and an identity provider, each with a secret."""
    idp = deployed.idp(pool)
    idp.create_user_pool_client(UserPoolId=pool, ClientName="shop", ClientSecret=CLIENT_SECRET)
    details = {
        "client_id": "shop",
        "client_secret": PROVIDER_SECRET,
        "authorize_scopes": "openid",
        "oidc_issuer": "https://partner.example.com",
        "attributes_request_method": "GET",
    }
    idp.create_identity_provider(
        UserPoolId=pool, ProviderName="Partner", ProviderType="OIDC", ProviderDetails=details, AttributeMapping={}
    )


def test_what_is_looked_through_is_there(traces: Traces) -> None:
    """Otherwise the tests below would find nothing because there is nothing."""
    assert all("TaskStateEntered" in history for history in traces.histories)
    for state in ("ListTargetUsers", "PlanRestore", "VerifyTarget", "ReportRestore"):
        assert f'"name": "{state}"' in traces.histories[1]
    for state in ("ExportUsers", "SealSnapshot", "RestoreUsers", "VerifyTarget"):
        assert f'"state":"{state}"' in traces.logs.replace('": "', '":"')
    for state in ("PlanPool", "MakePool", "FinishPool"):
        assert f'"name": "{state}"' in traces.histories[6]
        assert f'"state":"{state}"' in traces.logs.replace('": "', '":"')
    assert "TargetMismatch" in traces.logs
    assert "AccessDenied" in traces.logs


@pytest.mark.parametrize("private", PRIVATE)
def test_nobodys_data_is_in_the_history_of_an_execution(traces: Traces, private: str) -> None:
    assert [number for number, history in enumerate(traces.histories) if private.lower() in history.lower()] == []


@pytest.mark.parametrize("private", PRIVATE)
def test_nobodys_data_is_in_a_result_or_in_the_cause_of_a_failure(traces: Traces, private: str) -> None:
    assert [output for output in traces.outputs if private.lower() in output.lower()] == []


@pytest.mark.parametrize("private", PRIVATE)
def test_nobodys_data_is_in_the_logs(traces: Traces, private: str) -> None:
    assert [line for line in traces.logs.splitlines() if private.lower() in line.lower()] == []


def test_no_password_that_was_made_is_anywhere(traces: Traces) -> None:
    for text in (*traces.histories, *traces.outputs, traces.logs):
        assert PASSWORD.search(text) is None


def test_metrics_carry_no_name_but_the_services(traces: Traces) -> None:
    """Embedded metrics are lines of the log; their dimensions are what CloudWatch bills and shows."""
    lines = [json.loads(line) for line in traces.logs.splitlines() if '"_aws"' in line]
    # Other tests write metrics of their own.
    embedded = [one for one in lines if one["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Poolsafe"]
    assert embedded
    for metrics in embedded:
        for directive in metrics["_aws"]["CloudWatchMetrics"]:
            assert directive["Dimensions"] == [["service"]]
        assert metrics["service"] in JOBS


def test_what_the_report_and_the_plan_say_names_nobody(deployed: Deployed, traces: Traces) -> None:
    """They are for people's eyes; who is meant is in `outcomes/`, which only the bucket's readers see."""
    results: list[Json] = [output for output in map(json.loads, traces.outputs) if "restore_id" in output]
    assert len(results) == 3 + len(WAYS)
    for result in results:
        for name in ("plan.json", "report.json"):
            text = deployed.content(f"restores/{result['restore_id']}/{name}").decode()
            assert not [private for private in PRIVATE if private.lower() in text.lower()]


def test_temporary_passwords_lie_under_credentials_alone_and_under_the_key_for_secrets(
    deployed: Deployed, traces: Traces
) -> None:
    s3 = deployed.cloud.client("s3")
    keys = deployed.keys("credentials/")
    assert {key.rpartition(".")[2] for key in keys} == {"csv", "parquet"}
    for key in keys:
        told = s3.head_object(Bucket=deployed.bucket, Key=key)
        assert told["ServerSideEncryption"] == "aws:kms"
        assert not told.get("BucketKeyEnabled")
    for key in deployed.keys(""):
        if not key.startswith("credentials/") and not key.endswith(".parquet"):
            assert PASSWORD.search(deployed.content(key).decode("utf-8", "ignore")) is None, key


def test_a_secret_is_in_no_object_but_those_of_secrets(deployed: Deployed, traces: Traces) -> None:
    found: dict[str, set[str]] = {secret: set() for secret in (CLIENT_SECRET, PROVIDER_SECRET)}
    for key in deployed.keys(""):
        content = deployed.content(key)
        for secret in found:
            if secret.encode() in content:
                found[secret].add(key.partition("/")[0])
    assert found == {CLIENT_SECRET: {"secrets"}, PROVIDER_SECRET: {"secrets"}}
