"""The compare machine: what changed in a pool since its snapshot, between two snapshots, and in the pool it went to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, fits, named, person

EMAIL, NAME, NOTE = "zebedee.quux@private.example", "Zebedee Quux-Nonesuch", "only-zebedee-has-this"
USERNAME, SUB = "zebedee-quux", "5eb3dee0-0000-4000-8000-7e5edee00001"
PRIVATE = (EMAIL, NAME, NOTE, USERNAME, SUB)
SECRET = "TheSecretThatNoComparisonEverTells01"
#: What bills whoever it is about.
ASKING = ("AdminGetUser", "AdminGetUserAuthFactors", "AdminListGroupsForUser")
NOTHING = {"added": 0, "removed": 0, "changed": 0}


def people() -> list[Json]:
    attributes = {"sub": SUB, "email": EMAIL, "email_verified": "true", "name": NAME, "custom:note": NOTE}
    return [
        person(USERNAME, "staff", attributes=attributes),
        person("ada", "staff", attributes={"email": "ada@example.com"}),
        person("bob", "staff", attributes={"email": "bob@example.com"}),
        person("cyd"),
    ]


def change(deployed: Deployed, pool: str) -> None:
    """Somebody new, somebody gone, two changed; a group new, one changed; settings too."""
    cognito = deployed.idp(pool)
    deployed.cloud.put_users(pool, [person("dee", attributes={"email": "dee@example.com"})])
    cognito.admin_delete_user(UserPoolId=pool, Username="bob")
    note = [{"Name": "custom:note", "Value": f"another {NOTE}"}]
    cognito.admin_update_user_attributes(UserPoolId=pool, Username=USERNAME, UserAttributes=note)
    cognito.admin_disable_user(UserPoolId=pool, Username="cyd")
    cognito.create_group(UserPoolId=pool, GroupName="fresh")
    cognito.update_group(UserPoolId=pool, GroupName="staff", Description="They work here", Precedence=0)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username="dee", GroupName="fresh")
    cognito.admin_remove_user_from_group(UserPoolId=pool, Username="ada", GroupName="staff")
    cognito.create_user_pool_client(UserPoolId=pool, ClientName="new", ClientSecret=SECRET)
    cognito.update_user_pool(UserPoolId=pool, DeletionProtection="ACTIVE")


COUNTS = {
    "users": {"added": 1, "removed": 1, "changed": 2},
    "groups": {"added": 1, "removed": 0, "changed": 1},
    "memberships": {"added": 1, "removed": 2},
}


@dataclass(frozen=True)
class Seen:
    """A pool that changed after a snapshot of it: before, after, and what comparing it live came to."""

    pool: str
    before: str
    after: str
    result: Json
    calls: dict[str, int]
    writes: dict[str, int]
    traces: dict[str, str]


def compare(deployed: Deployed, **request: Any) -> Json:
    result = deployed.run("compare", request)
    fits("compare.result", result)
    fits("compare.report", deployed.document(result["report"]))
    return result


@pytest.fixture(scope="module")
def seen(deployed: Deployed) -> Iterator[Seen]:
    pool = deployed.pool("note")
    deployed.cloud.put_users(pool, people(), named("staff"))
    before = f"{pool}/{deployed.backup(pool)['snapshot_id']}"
    change(deployed, pool)
    after = f"{pool}/{deployed.backup(pool)['snapshot_id']}"
    deployed.cloud.forget()
    execution = deployed.cloud.begin(deployed.machine("compare"), {"snapshot": before, "user_pool_id": pool})
    result = deployed.cloud.finish(execution)
    calls, writes = deployed.cloud.calls(), deployed.writes()
    with deployed.cloud.faults({"action": "ListUsers", "error": "AccessDeniedException", "times": None}):
        failed = deployed.cloud.begin(deployed.machine("compare"), {"snapshot": before, "user_pool_id": pool})
        refusal = deployed.failed(failed)
    traces = {
        "history": json.dumps([deployed.history(one) for one in (execution, failed)], default=str, ensure_ascii=False),
        "result": json.dumps([result, refusal.cause], ensure_ascii=False),
        "report": deployed.content(result["report"]).decode(),
        "page": deployed.content(result["html"]).decode(),
        "log": "\n".join(deployed.log()),
        "keys": "\n".join(deployed.keys("comparisons/") + deployed.keys("working/")),
    }
    yield Seen(pool, before, after, result, calls, writes, traces)


def differences(deployed: Deployed, result: Json) -> list[Json]:
    return deployed.rows(f"comparisons/{result['comparison_id']}/differences/")


def told(rows: list[Json], kind: str) -> set[tuple[Any, ...]]:
    return {
        (row["change"], row["name"], row["field"], row["before"], row["after"]) for row in rows if row["kind"] == kind
    }


# What differs


def test_what_changed_in_the_pool_since_is_counted(deployed: Deployed, seen: Seen) -> None:
    fits("compare.result", seen.result)
    folder = f"s3://{deployed.bucket}/comparisons/{seen.result['comparison_id']}/"
    assert {name: seen.result[name] for name in ("status", "before", "after", "report", "html")} == {
        "status": "DIFFERENT",
        "before": seen.before,
        "after": seen.pool,
        "report": f"{folder}report.json",
        "html": f"{folder}report.html",
    }
    counts = {kind: seen.result["counts"][kind] for kind in COUNTS}
    assert counts == COUNTS
    assert seen.result["counts"]["settings"]["added"] >= 1
    report = deployed.document(seen.result["report"])
    fits("compare.report", report)
    assert report["changed_attributes"] == {"custom:note": 1, "enabled": 1}
    assert report["changed_group_fields"] == {"description": 1, "precedence": 1}
    settings = {(one["section"], one["path"], one["change"]) for one in report["changed_settings"]}
    assert {("user_pool", "DeletionProtection", "changed"), ("clients", None, "added")} <= settings
    assert report["not_compared"] == []


def test_each_difference_is_a_row_with_its_values(deployed: Deployed, seen: Seen) -> None:
    rows = differences(deployed, seen.result)
    assert told(rows, "users") == {
        ("added", "dee", None, None, None),
        ("removed", "bob", None, None, None),
        ("changed", USERNAME, "custom:note", NOTE, f"another {NOTE}"),
        ("changed", "cyd", "enabled", "true", "false"),
    }
    assert told(rows, "groups") == {
        ("added", "fresh", None, None, None),
        ("changed", "staff", "description", None, "They work here"),
        ("changed", "staff", "precedence", None, "0"),
    }
    assert told(rows, "memberships") == {
        ("added", "fresh", "username", None, "dee"),
        ("removed", "staff", "username", "ada", None),
        ("removed", "staff", "username", "bob", None),
    }
    protection = ("changed", "user_pool/protection", "DeletionProtection", "INACTIVE", "ACTIVE")
    assert protection in told(rows, "settings")
    assert {row["sub"] for row in rows if row["name"] == USERNAME} == {SUB}


def test_two_snapshots_tell_the_same_as_the_pool_itself_and_the_other_way_round_the_opposite(
    deployed: Deployed, seen: Seen
) -> None:
    deployed.cloud.forget()
    there = compare(deployed, snapshot=seen.before, **{"with": f"{seen.pool}/latest"})
    back = compare(deployed, snapshot=seen.after, **{"with": seen.before})
    assert (there["before"], there["after"]) == (seen.before, seen.after)
    assert there["counts"] == seen.result["counts"]
    assert differences(deployed, there) == differences(deployed, seen.result)
    for kind, counts in there["counts"].items():
        swapped = {**counts, "added": counts["removed"], "removed": counts["added"]}
        assert back["counts"][kind] == swapped, kind
    assert not {name for name in deployed.cloud.calls() if name.startswith(("List", "Describe", "Admin", "Get"))} & {
        "ListUsers",
        "ListGroups",
        "DescribeUserPool",
        *ASKING,
    }


def test_a_pool_that_is_as_it_was_saved_is_equal(deployed: Deployed, seen: Seen) -> None:
    result = compare(deployed, snapshot=seen.after, user_pool_id=seen.pool)
    assert result["status"] == "EQUAL"
    assert result["counts"]["users"] == result["counts"]["settings"] == NOTHING
    assert differences(deployed, result) == []


@pytest.mark.parametrize("options", [{"format": "json"}, {"include": ["mfa"]}], ids=["json", "mfa"])
def test_how_a_snapshot_was_saved_is_no_difference(deployed: Deployed, options: Json) -> None:
    """Second factors are compared only where both sides were asked for them."""
    pool = deployed.pool("note")
    deployed.cloud.put_users(pool, people(), named("staff"))
    plain, other = (f"{pool}/{deployed.backup(pool, **how)['snapshot_id']}" for how in ({}, options))
    assert compare(deployed, snapshot=other, user_pool_id=pool)["status"] == "EQUAL"
    assert compare(deployed, snapshot=plain, **{"with": other})["status"] == "EQUAL"


def test_the_users_of_a_restored_pool_are_the_same_by_their_old_sub(deployed: Deployed, seen: Seen) -> None:
    target = deployed.pool("note", ORIGINAL_SUB)
    deployed.restore(seen.after, target)
    result = compare(deployed, snapshot=seen.after, user_pool_id=target)
    users = result["counts"]["users"]
    assert (users["added"], users["removed"]) == (0, 0)
    assert result["counts"]["groups"] == NOTHING
    assert result["counts"]["memberships"] == {"added": 0, "removed": 0}
    fields = {row["field"] for row in differences(deployed, result) if row["kind"] == "users"}
    assert not fields & {"sub", f"custom:{ORIGINAL_SUB}", "custom:note", "email"}


# What it does not do


def test_a_comparison_writes_to_no_pool_and_bills_nobody(seen: Seen) -> None:
    assert seen.writes == {}
    assert seen.calls["ListUsers"] >= 1
    assert not {*ASKING} & seen.calls.keys()


def test_what_is_looked_through_is_there(seen: Seen) -> None:
    for state in ("ReadConfiguration", "CompareRecords", "CompareSettings", "ReportComparison"):
        assert f'"name": "{state}"' in seen.traces["history"]
        assert f'"state":"{state}"' in seen.traces["log"].replace('": "', '":"')
    assert "AccessDenied" in seen.traces["result"]


@pytest.mark.parametrize("private", [*PRIVATE, SECRET])
def test_nobodys_data_leaves_the_rows(seen: Seen, private: str) -> None:
    assert [where for where, text in seen.traces.items() if private.lower() in text.lower()] == []


def test_no_secret_is_in_the_rows(deployed: Deployed, seen: Seen) -> None:
    assert SECRET not in json.dumps(differences(deployed, seen.result))


# What is refused


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ({}, "snapshot"),
        ({"snapshot": "us-east-1_AbCdEfGhI/latest"}, "with"),
        ({"snapshot": "us-east-1_A/latest", "with": "us-east-1_B/latest", "user_pool_id": "us-east-1_A"}, "with"),
        ({"snapshot": "us-east-1_A/latest", "with": "us-east-1_A/latest"}, "with"),
        ({"snapshot": "us-east-1_A/latest", "with": "nonsense"}, "with"),
        ({"snapshot": "us-east-1_A/latest", "user_pool_id": "nonsense"}, "user_pool_id"),
        ({"snapshot": "us-east-1_A/latest", "pool": "us-east-1_A"}, "pool"),
    ],
)
def test_an_input_that_cannot_be_meant_names_its_field(deployed: Deployed, request_: Json, field: str) -> None:
    found = deployed.refused("compare", request_)
    assert found.error == "InvalidRequest"
    assert found.message.startswith(field)


def test_a_snapshot_is_not_compared_with_itself_by_another_name(deployed: Deployed, seen: Seen) -> None:
    found = deployed.refused("compare", {"snapshot": f"{seen.pool}/latest", "with": seen.after})
    assert (found.error, found.message.partition(":")[0]) == ("InvalidRequest", "with")


def test_a_snapshot_that_is_not_there_is_named_with_its_field(deployed: Deployed, seen: Seen) -> None:
    gone = f"{seen.pool}/20200101T000000Z-000000"
    for request, field in (
        ({"snapshot": gone, "user_pool_id": seen.pool}, "snapshot"),
        ({"snapshot": seen.before, "with": gone}, "with"),
    ):
        found = deployed.refused("compare", request)
        assert (found.error, found.message.partition(":")[0]) == ("SnapshotNotFound", field)
        assert gone in found.message


def test_a_pool_that_vanished_is_named_with_its_field_and_its_snapshots_are_still_compared(deployed: Deployed) -> None:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [person("ada")])
    saved = deployed.backup(pool)
    first = f"{pool}/{saved['snapshot_id']}"
    deployed.backup(pool)
    deployed.idp(pool).delete_user_pool(UserPoolId=pool)
    found = deployed.refused("compare", {"snapshot": first, "user_pool_id": pool})
    assert (found.error, found.message.partition(":")[0]) == ("PoolNotFound", "user_pool_id")
    assert compare(deployed, snapshot=first, **{"with": f"{pool}/latest"})["status"] == "EQUAL"


@pytest.mark.parametrize("kind", ["users", "memberships", "config", "manifest.json"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_a_damaged_snapshot_is_not_compared(deployed: Deployed, kind: str, is_gone: bool) -> None:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [person("ada", "staff")], named("staff"))
    saved = deployed.backup(pool)
    key = deployed.keys(f"snapshots/{pool}/{saved['snapshot_id']}/{kind}")[0]
    if is_gone:
        deployed.delete(key)
    else:
        # Of the manifest it is what it says that counts.
        deployed.put(key, deployed.content(key).replace(b'"status": "COMPLETE"', b'"status": "PARTIAL"') + b" ")
    is_nowhere = is_gone and kind == "manifest.json"
    found = deployed.refused("compare", {"snapshot": f"{pool}/{saved['snapshot_id']}", "user_pool_id": pool})
    assert found.error == ("SnapshotNotFound" if is_nowhere else "SnapshotDamaged")
    assert found.message.startswith("snapshot: ")
