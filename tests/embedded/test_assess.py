"""Can this pool be migrated, and how? Asked of real pools by the real machine, which changes none and bills nobody."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.embedded.deployed import Deployed, Json, fits, named, person

NOWHERE = "us-east-1_Nowhere000"
#: What bills whoever it is about.
ASKING = ("AdminGetUser", "AdminGetUserAuthFactors")
DAY = 86_400
NOW = time.time()
OLD = NOW - 800 * DAY
SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/a@example.com"}
#: What a page could be made to run by whoever may name things.
SCRIPT = "<script>alert(1)</script>"
EMAIL, NAME, ATTRIBUTE = "zebedee.quux@private.example", "Zebedee Quux-Nonesuch", "only-zebedee-has-this"
USERNAME, SUB = "zebedee-quux", "5eb3dee0-0000-4000-8000-7e5edee00001"
PRIVATE = (EMAIL, NAME, ATTRIBUTE, USERNAME, SUB)


def local(number: int, *groups: str, verified: bool = True, since: float = NOW, **told: Any) -> Json:
    address = {"email": f"user{number}@example.com", "email_verified": str(verified).lower()}
    return person(f"user{number}", *groups, attributes=address, UserCreateDate=since, **told)


def federated(number: int, provider: str = "Okta") -> Json:
    own = json.dumps([{"providerName": provider, "userId": str(number), "primary": "true"}])
    return person(
        f"{provider}_{number}", attributes={"identities": own}, UserStatus="EXTERNAL_PROVIDER", UserCreateDate=NOW
    )


@dataclass(frozen=True)
class Pool:
    """Something to assess, and the answer it should get: how many users take which way."""

    people: list[Json]
    taken: dict[str, int]
    settings: Json = field(default_factory=dict)
    options: Json = field(default_factory=dict)


POOLS = {
    "federation_only": Pool([federated(n) for n in range(30)], {"federation": 30}),
    "reset": Pool([local(n) for n in range(60)], {"reset": 60}, {"EmailConfiguration": SES}),
    # Cognito's own sender takes 50 messages a day, and a quarter cannot be reached at all.
    "first_sign_in": Pool(
        [local(n, verified=n % 4 != 0) for n in range(80)]
        + [local(n, Enabled=False) for n in range(80, 83)]
        + [local(n, verified=False, UserStatus="FORCE_CHANGE_PASSWORD") for n in range(83, 85)],
        {"first_sign_in": 80, "reset": 3, "unreachable": 2},
    ),
    "mix": Pool(
        [federated(n) for n in range(20)]
        + [local(n) for n in range(100, 150)]
        + [local(n, since=OLD) for n in range(200, 215)],
        {"federation": 20, "first_sign_in": 50, "reset": 15},
    ),
    "in_place": Pool(
        [local(n) for n in range(10)], {"nothing_to_do": 10}, options={"intended_changes": ["password_policy", "tier"]}
    ),
    "replication": Pool(
        [local(n) for n in range(5)], {"nothing_to_do": 5}, options={"intended_changes": ["region_availability"]}
    ),
}


@dataclass(frozen=True)
class Assessed:
    """One assessment of one pool."""

    user_pool_id: str
    result: Json
    report: Json
    page: str


@dataclass(frozen=True)
class Seen:
    """All of them by the answer that is right, and what was seen meanwhile."""

    by_way: dict[str, Assessed]
    calls: dict[str, int]
    writes: dict[str, int]
    messages: list[dict[str, str]]


def assess(deployed: Deployed, **request: Any) -> Assessed:
    result = deployed.run("assess", request)
    return Assessed(
        result["user_pool_id"], result, deployed.document(result["report"]), deployed.content(result["html"]).decode()
    )


@pytest.fixture(scope="module")
def seen(deployed: Deployed) -> Seen:
    pools = {}
    for way, pool in POOLS.items():
        pools[way] = deployed.pool(**pool.settings)
        deployed.cloud.put_users(pools[way], pool.people, named("staff"))
        deployed.idp(pools[way]).create_user_pool_client(UserPoolId=pools[way], ClientName="web")
    deployed.cloud.forget()
    found = {way: assess(deployed, user_pool_id=pools[way], **pool.options) for way, pool in POOLS.items()}
    return Seen(found, deployed.cloud.calls(), deployed.writes(), deployed.cloud.messages())


# The answer


@pytest.mark.parametrize("way", POOLS)
def test_pools_made_differently_get_different_and_right_answers(seen: Seen, way: str) -> None:
    assessed = seen.by_way[way]
    assert assessed.result["recommendation"] == way
    recommendation = assessed.report["recommendation"]
    assert recommendation["way"] == way
    assert {part: count for part, count in recommendation["counts"].items() if count} == POOLS[way].taken
    assert recommendation["answer"]
    assert recommendation["steps"]


@pytest.mark.parametrize("way", POOLS)
def test_result_and_report_are_what_their_schemas_say(deployed: Deployed, seen: Seen, way: str) -> None:
    assessed = seen.by_way[way]
    fits("assess.result", assessed.result)
    fits("assess.report", assessed.report)
    assessment_id = assessed.result["assessment_id"]
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", assessment_id)
    folder = f"s3://{deployed.bucket}/assessments/{assessment_id}/"
    assert assessed.result == {
        "status": "COMPLETE",
        "assessment_id": assessment_id,
        "user_pool_id": assessed.user_pool_id,
        "recommendation": way,
        "report": f"{folder}report.json",
        "html": f"{folder}report.html",
    }
    assert assessed.report["warnings"] == []


@pytest.mark.parametrize("way", POOLS)
def test_everybody_is_counted_by_what_they_are(seen: Seen, way: str) -> None:
    people, users = POOLS[way].people, seen.by_way[way].report["users"]
    profiles = sum(one.get("UserStatus") == "EXTERNAL_PROVIDER" for one in people)
    assert users["total"] == len(people)
    assert users["by_kind"] == {"local": len(people) - profiles, "linked": 0, "federated": profiles}
    assert users["profiles_by_provider"] == ({"Okta": profiles} if profiles else {})
    assert users["disabled"] == sum(one.get("Enabled") is False for one in people)


def test_who_can_be_reached_is_told_and_what_the_sender_takes(seen: Seen) -> None:
    reachability = seen.by_way["first_sign_in"].report["reachability"]
    assert (reachability["reachable"], reachability["unreachable"]) == (63, 22)
    assert reachability["unreachable_with_an_unverified_address"] == 22
    assert reachability["cannot_sign_in"] == {"disabled": 3, "FORCE_CHANGE_PASSWORD": 2}
    assert (reachability["messages"]["emails_a_day"], reachability["messages"]["days_to_mail_everybody"]) == (50, 2)
    assert seen.by_way["reset"].report["reachability"]["messages"]["days_to_mail_everybody"] is None


def test_activity_is_by_last_change_and_never_called_sign_in(seen: Seen) -> None:
    activity = seen.by_way["mix"].report["activity"]
    assert activity["last_sign_in_known"] is False
    assert activity["by_last_change"]["over_365_days"] == {"local": 15, "linked": 0, "federated": 0}
    assert activity["by_last_change"]["up_to_30_days"] == {"local": 50, "linked": 0, "federated": 20}


def test_the_intended_changes_are_told_with_their_verdicts(seen: Seen) -> None:
    told = {way: seen.by_way[way].report["intended_changes"] for way in ("in_place", "replication", "reset")}
    assert {row["setting"]: row["verdict"] for row in told["in_place"]} == {
        "tier": "in_place",
        "password_policy": "in_place",
    }
    assert {row["setting"]: row["verdict"] for row in told["replication"]} == {"region_availability": "replication"}
    assert told["reset"] == []


# What it costs


def test_an_assessment_writes_to_no_pool_and_sends_nothing(seen: Seen) -> None:
    assert seen.writes == {}
    assert seen.messages == []


def test_an_assessment_bills_nobody(seen: Seen) -> None:
    assert seen.calls["ListUsers"] >= len(POOLS)
    assert {action for action in seen.calls if "GetUser" in action and "GetUserPool" not in action} == set()
    for way, assessed in seen.by_way.items():
        # Of nobody everything is known.
        basis = "exact" if way == "federation_only" else "unknown"
        assert (assessed.report["mfa"]["basis"], assessed.report["mfa"]["users_known"]) == (basis, 0)


def test_a_sample_asks_exactly_so_many_and_says_that_they_are_billed(deployed: Deployed, seen: Seen) -> None:
    pool = seen.by_way["mix"].user_pool_id
    assessed = assess(deployed, user_pool_id=pool, mfa_sample=7)
    assert deployed.cloud.calls()["AdminGetUserAuthFactors"] == 7
    assert deployed.writes() == {}
    mfa = assessed.report["mfa"]
    assert (mfa["basis"], mfa["users_known"]) == ("sampled", 7)
    none = next(row for row in mfa["use"] if row["method"] == "none")
    assert (none["users"], none["high"]) == (7, 65)
    assert mfa["asking_everybody"]["users_billed_as_active"] == 65
    [warning] = assessed.report["warnings"]
    assert warning.startswith("7 users were asked")
    assert "billed as active" in warning
    assert warning in assessed.page


def test_a_sample_larger_than_the_pool_asks_each_local_user_once(deployed: Deployed, seen: Seen) -> None:
    assessed = assess(deployed, user_pool_id=seen.by_way["mix"].user_pool_id, mfa_sample=1000)
    assert deployed.cloud.calls()["AdminGetUserAuthFactors"] == 65
    assert assessed.report["mfa"]["users_known"] == 65


# The page


@pytest.mark.parametrize("way", POOLS)
def test_the_page_fetches_nothing_and_runs_nothing(seen: Seen, way: str) -> None:
    page = seen.by_way[way].page
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "<svg" in page
    assert seen.by_way[way].report["recommendation"]["answer"].replace("'", "&#39;") in page
    for fetching in (
        r"<script",
        r"<link",
        r"<iframe",
        r"<img",
        r"<object",
        r"@import",
        r"url\((?!['\"]?#)",
        r"\bon\w+\s*=",
    ):
        assert re.search(fetching, page, re.IGNORECASE) is None, fetching
    for attribute, address in re.findall(r"""\b(src|href|action|data|poster|srcset)\s*=\s*["']([^"']*)""", page):
        assert address.startswith("#"), (attribute, address)


def test_a_browser_is_told_that_it_is_a_page(deployed: Deployed, seen: Seen) -> None:
    key = seen.by_way["mix"].result["html"].removeprefix(f"s3://{deployed.bucket}/")
    told = deployed.cloud.client("s3").head_object(Bucket=deployed.bucket, Key=key)
    assert told["ContentType"] == "text/html; charset=utf-8"


def test_what_somebody_named_is_text_on_the_page(deployed: Deployed) -> None:
    """Cognito takes no such name for a pool, but somebody may edit a snapshot; a provider may have it."""
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [federated(n, SCRIPT) for n in range(3)])
    backup = deployed.backup(pool)
    renamed(deployed, backup, SCRIPT)
    for request in ({"user_pool_id": pool}, {"snapshot": f"{pool}/{backup['snapshot_id']}"}):
        assessed = assess(deployed, **request)
        assert assessed.report["users"]["profiles_by_provider"] == {SCRIPT: 3}
        assert assessed.report["user_pool_name"] == ("pool" if "user_pool_id" in request else SCRIPT)
        assert "<script" not in assessed.page.lower()
        assert "&lt;script&gt;alert(1)" in assessed.page


def renamed(deployed: Deployed, backup: Json, name: str) -> None:
    """Give the pool of a snapshot another name. Only what a restore verifies is left untrue: the file's hash."""
    place = (
        backup["manifest"].replace("manifest.json", "config/user_pool.json").removeprefix(f"s3://{deployed.bucket}/")
    )
    deployed.put(place, json.dumps({**deployed.document(place), "Name": name}).encode())


# Snapshots and targets


@pytest.fixture(scope="module")
def gone(deployed: Deployed) -> str:
    """A snapshot of a pool that is no more: 20 reachable users, 5 who are not, 2 of a provider, MFA not asked for."""
    pool = deployed.pool()
    people = [local(n, verified=n < 20) for n in range(25)] + [federated(n) for n in range(2)]
    deployed.cloud.put_users(pool, people, named("staff"))
    backup = deployed.backup(pool)
    deployed.idp(pool).delete_user_pool(UserPoolId=pool)
    return f"{pool}/{backup['snapshot_id']}"


def test_a_pool_that_is_gone_is_assessed_from_its_snapshot(deployed: Deployed, gone: str) -> None:
    assessed = assess(deployed, snapshot=gone)
    assert assessed.report["source"]["snapshot"] == gone
    assert assessed.report["source"]["pool_exists"] is False
    assert assessed.report["source"]["taken_at"] == manifest_of(deployed, gone)["window"]["ended_at"]
    recommendation = assessed.report["recommendation"]
    assert recommendation["way"] == "reset"
    assert {part: count for part, count in recommendation["counts"].items() if count} == {
        "federation": 2,
        "reset": 20,
        "unreachable": 5,
    }
    assert any("gone" in reason for reason in recommendation["reasons"])
    assert not {"ListUsers", *ASKING} & deployed.cloud.calls().keys()


def manifest_of(deployed: Deployed, snapshot: str) -> Json:
    return deployed.document(f"snapshots/{snapshot}/manifest.json")


def test_nobody_of_a_pool_that_is_gone_is_asked_for_mfa(deployed: Deployed, gone: str) -> None:
    assessed = assess(deployed, snapshot=gone, mfa_sample=10)
    assert assessed.report["mfa"]["basis"] == "unknown"
    assert not {*ASKING} & deployed.cloud.calls().keys()


def test_a_snapshot_that_knows_mfa_is_exact_and_asks_nobody(deployed: Deployed) -> None:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [local(n) for n in range(3)])
    deployed.backup(pool, include=["mfa"])
    deployed.cloud.forget()
    assessed = assess(deployed, snapshot=f"{pool}/latest", mfa_sample=3)
    assert (assessed.report["mfa"]["basis"], assessed.report["mfa"]["users_known"]) == ("exact", 3)
    assert assessed.report["source"]["pool_exists"] is True
    assert not {"ListUsers", *ASKING} & deployed.cloud.calls().keys()


@pytest.mark.parametrize("from_snapshot", [False, True])
def test_a_target_is_compared(deployed: Deployed, seen: Seen, gone: str, from_snapshot: bool) -> None:
    source = {"snapshot": gone} if from_snapshot else {"user_pool_id": seen.by_way["reset"].user_pool_id}
    like, strict = deployed.pool(), deployed.pool("tier", UsernameAttributes=["phone_number"])
    assert assess(deployed, **source, target_user_pool_id=like).report["target"] == {
        "user_pool_id": like,
        "can_take": True,
        "differences": [],
    }
    told = assess(deployed, **source, target_user_pool_id=strict).report["target"]
    assert (told["user_pool_id"], told["can_take"]) == (strict, False)
    assert {row["setting"]: row["blocks"] for row in told["differences"]} == {"Username attributes": True}
    assert deployed.users(like) == deployed.users(strict) == {}


# Bad input


@pytest.mark.parametrize(
    ("request_", "field", "problem"),
    [
        ({}, "user_pool_id", "is missing"),
        ({"user_pool_id": "not a pool"}, "user_pool_id", "is not a user pool id"),
        ({"user_pool_id": NOWHERE, "snapshot": "us-east-1_Another/latest"}, "snapshot", f"is not of {NOWHERE}"),
        ({"user_pool_id": NOWHERE, "intended_changes": ["colour"]}, "intended_changes.0", "must be one of"),
        ({"user_pool_id": NOWHERE, "mfa_sample": 1001}, "mfa_sample", "does not fit"),
        ({"user_pool_id": NOWHERE, "sample_mfa": 3}, "sample_mfa", "did you mean mfa_sample?"),
        ({"user_pool_id": NOWHERE, "target_user_pool_id": "xx-north-1_AbCdEfGhI"}, "target_user_pool_id", "xx-north-1"),
    ],
    ids=["nothing", "no-id", "of-another", "unknown-change", "too-many", "misspelt", "no-region"],
)
def test_what_cannot_be_meant_is_refused_by_field(deployed: Deployed, request_: Json, field: str, problem: str) -> None:
    refusal = deployed.refused("assess", request_)
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith(f"{field}: ")
    assert problem in refusal.message
    assert "Example" in refusal.message
    assert deployed.cloud.calls() == {}


@pytest.mark.parametrize("field", ["user_pool_id", "target_user_pool_id"])
def test_a_pool_that_is_not_there_is_named(deployed: Deployed, seen: Seen, field: str) -> None:
    request = {"user_pool_id": seen.by_way["reset"].user_pool_id, field: NOWHERE}
    refusal = deployed.refused("assess", request)
    assert refusal.error == "PoolNotFound"
    assert field in refusal.message
    assert NOWHERE in refusal.message


def test_a_snapshot_that_is_not_there_is_refused(deployed: Deployed, seen: Seen) -> None:
    refusal = deployed.refused("assess", {"snapshot": f"{seen.by_way['reset'].user_pool_id}/latest"})
    assert refusal.error == "SnapshotNotFound"


def test_a_snapshot_of_an_earlier_release_cannot_answer(deployed: Deployed) -> None:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [local(1)])
    snapshot = deployed.without_configuration(deployed.backup(pool))
    refusal = deployed.refused("assess", {"snapshot": snapshot})
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith("snapshot: ")
    assert snapshot in refusal.message
    assert "earlier release" in refusal.message


# Privacy


@pytest.fixture(scope="module")
def traces(deployed: Deployed) -> Iterator[dict[str, str]]:
    """What an assessment of somebody in particular leaves behind, as text."""
    pool = deployed.pool("note")
    attributes = {"sub": SUB, "email": EMAIL, "email_verified": "true", "name": NAME, "custom:note": ATTRIBUTE}
    deployed.cloud.put_users(pool, [person(USERNAME, "staff", attributes=attributes)], named("staff"))
    execution = deployed.cloud.begin(deployed.machine("assess"), {"user_pool_id": pool, "mfa_sample": 1})
    result = deployed.cloud.finish(execution)
    denied = {"action": "AdminGetUserAuthFactors", "error": "AccessDeniedException", "times": None}
    with deployed.cloud.faults(denied):
        failed = deployed.cloud.begin(deployed.machine("assess"), {"user_pool_id": pool, "mfa_sample": 1})
        refusal = deployed.failed(failed)
    yield {
        "history": json.dumps([deployed.history(one) for one in (execution, failed)], default=str, ensure_ascii=False),
        "result": json.dumps([result, refusal.cause], ensure_ascii=False),
        "report": deployed.content(result["report"]).decode(),
        "page": deployed.content(result["html"]).decode(),
        "log": "\n".join(deployed.log()),
    }


def test_what_is_looked_through_is_there(traces: dict[str, str]) -> None:
    for state in ("ReadConfiguration", "SurveyUsers", "SampleMfa", "ReportWithSample"):
        assert f'"name": "{state}"' in traces["history"]
    for state in ("ReadConfiguration", "SurveyUsers", "SampleMfa", "ReportAssessment"):
        assert f'"state":"{state}"' in traces["log"].replace('": "', '":"')
    assert "AccessDenied" in traces["result"]


@pytest.mark.parametrize("private", PRIVATE)
def test_nobodys_data_leaves_the_bucket(traces: dict[str, str], private: str) -> None:
    assert [where for where, text in traces.items() if private.lower() in text.lower()] == []
