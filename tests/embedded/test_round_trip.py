"""Somebody of every kind, backed up and restored by the real machines: who is back, and what is said about it."""

from __future__ import annotations

import csv
import json
import re
import urllib.request
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.deployed import ORIGINAL_SUB, Account, Deployed, Json, fits
from tests.embedded.everybody import (
    CUSTOM,
    FEDERATED,
    GROUPS,
    PASSWORD,
    UNICODE,
    UNREACHABLE,
    UNSETTLED,
    Everybody,
    everybody,
)

NEW_PASSWORD = "Chosen-after-the-restore-1"
#: What it takes to read the configuration of a pool that has nothing but users and groups.
CONFIGURATION_CALLS = {
    "DescribeUserPool": 1,
    "GetUserPoolMfaConfig": 1,
    "ListUserPoolClients": 1,
    "ListIdentityProviders": 1,
    "ListResourceServers": 1,
    "GetUICustomization": 1,
    "ListTerms": 1,
    "GetUserPoolSessionConfiguration": 1,
    "GetLogDeliveryConfiguration": 1,
    "DescribeRiskConfiguration": 1,
    "ListTagsForResource": 1,
    "ListUserPoolReplicas": 1,
    "GetSigningCertificate": 1,
}
#: Who has a verified address and is not disabled: who must be able to help themselves.
WAYS_BACK = ("ada", UNICODE, "linked", "joiner", *UNSETTLED.values())


@dataclass(frozen=True)
class Moved:
    """One backup and one restore, and what was seen meanwhile."""

    source: Everybody
    target: str
    before: dict[str, Account]
    backup: Json
    backup_calls: dict[str, int]
    restore: Json
    restore_calls: dict[str, int]
    messages: list[dict[str, str]]


@pytest.fixture(scope="module")
def moved(deployed: Deployed) -> Moved:
    cloud, source = deployed.cloud, everybody(deployed)
    target = deployed.pool(*CUSTOM, ORIGINAL_SUB, AutoVerifiedAttributes=["email"])
    before = deployed.users(source.pool)
    cloud.forget()
    backup = deployed.backup(source.pool, note="before the move")
    backup_calls = cloud.calls()
    cloud.control("DELETE", "calls")
    restore = deployed.restore(f"{source.pool}/{backup['snapshot_id']}", target)
    return Moved(source, target, before, backup, backup_calls, restore, cloud.calls(), cloud.messages())


# What the machines answer


def test_a_backup_answers_exactly_the_contract(deployed: Deployed, moved: Moved) -> None:
    fits("backup.result", moved.backup)
    snapshot_id = moved.backup["snapshot_id"]
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", snapshot_id)
    assert moved.backup == {
        "status": "COMPLETE",
        "snapshot_id": snapshot_id,
        "user_pool_id": moved.source.pool,
        "manifest": f"s3://{deployed.bucket}/snapshots/{moved.source.pool}/{snapshot_id}/manifest.json",
        "counts": {
            "users": len(moved.source.people),
            "groups": len(GROUPS) + 1,
            "memberships": sum(len(person["Groups"]) for person in moved.source.people),
        },
        "warnings": [],
    }


def test_a_restore_answers_exactly_the_contract(deployed: Deployed, moved: Moved) -> None:
    fits("restore.result", moved.restore)
    restore_id = moved.restore["restore_id"]
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{6}", restore_id)
    assert moved.restore == {
        "status": "COMPLETE",
        "restore_id": restore_id,
        "target_user_pool_id": moved.target,
        "counts": {"created": len(moved.source.local), "updated": 0, "skipped": 0, "deferred": 1, "failed": 0},
        "report": f"s3://{deployed.bucket}/restores/{restore_id}/report.json",
    }


def test_the_manifest_is_what_its_schema_says_and_keeps_the_note(deployed: Deployed, moved: Moved) -> None:
    manifest = deployed.document(moved.backup["manifest"])
    fits("manifest", manifest)
    assert manifest["note"] == "before the move"
    assert manifest["counts"] == moved.backup["counts"]
    statuses = Counter(person.get("UserStatus", "CONFIRMED") for person in moved.source.people)
    assert manifest["users_by_status"] == dict(statuses)


def test_a_snapshot_is_its_manifest_and_the_files_it_names(deployed: Deployed, moved: Moved) -> None:
    prefix = moved.backup["manifest"].removesuffix("manifest.json").removeprefix(f"s3://{deployed.bucket}/")
    files = [file["path"] for file in deployed.document(moved.backup["manifest"])["files"]]
    assert sorted(deployed.keys(prefix)) == sorted(prefix + path for path in (*files, "manifest.json"))


def test_the_description_of_the_pool_is_kept(deployed: Deployed, moved: Moved) -> None:
    saved = deployed.document(moved.backup["manifest"].replace("manifest.json", "config/user_pool.json"))
    described = deployed.idp(moved.source.pool).describe_user_pool(UserPoolId=moved.source.pool)["UserPool"]
    assert saved.keys() == described.keys()
    assert (saved["Id"], saved["SchemaAttributes"]) == (moved.source.pool, described["SchemaAttributes"])


# Who is back


def test_every_local_user_is_back_and_nobody_else(deployed: Deployed, moved: Moved) -> None:
    assert deployed.users(moved.target).keys() == {person["Username"] for person in moved.source.local}


@pytest.mark.parametrize("username", ["ada", "awkward", "bare", "by-phone", "linked", "long", "unverified", UNICODE])
def test_attributes_are_back_as_they_were_with_the_old_sub_beside_them(
    deployed: Deployed, moved: Moved, username: str
) -> None:
    saved = dict(moved.source.attributes(username))
    sub = saved.pop("sub")
    saved.pop("identities", None)
    back = deployed.users(moved.target)[username]
    assert dict(back.attributes) == {**saved, f"custom:{ORIGINAL_SUB}": sub}
    assert back.sub != sub


def test_everybodys_attributes_are_back(deployed: Deployed, moved: Moved) -> None:
    for username, back in deployed.users(moved.target).items():
        saved = dict(moved.source.attributes(username))
        saved.pop("identities", None)
        assert dict(back.attributes) == {f"custom:{ORIGINAL_SUB}": saved.pop("sub"), **saved}, username


def test_nobody_is_left_to_change_a_password_they_do_not_have(deployed: Deployed, moved: Moved) -> None:
    """Who cannot be reached has a temporary password, where somebody can read it; the others are CONFIRMED."""
    users = deployed.users(moved.target)
    waiting = {name for name, user in users.items() if user.status == "FORCE_CHANGE_PASSWORD"}
    assert waiting == UNREACHABLE
    assert {user.status for name, user in users.items() if name not in waiting} == {"CONFIRMED"}
    content = deployed.content(deployed.document(moved.restore["report"])["files"]["temporary_passwords"]).decode()
    handed = {row["username"]: row["temporary_password"] for row in csv.DictReader(content.splitlines())}
    assert handed.keys() == waiting
    assert len(set(handed.values())) == len(waiting)


def test_who_was_disabled_is_disabled_and_nobody_else(deployed: Deployed, moved: Moved) -> None:
    disabled = {username for username, user in deployed.users(moved.target).items() if not user.enabled}
    assert disabled == {"disabled", "disabled-and-unconfirmed"}


def test_groups_are_back_with_description_and_precedence(deployed: Deployed, moved: Moved) -> None:
    assert deployed.groups(moved.target) == GROUPS


def test_memberships_are_back(deployed: Deployed, moved: Moved) -> None:
    assert deployed.memberships(moved.target) == moved.source.memberships
    assert sum(username == "joiner" for _, username in moved.source.memberships) == 100


def test_a_federated_user_is_not_made_a_local_one(deployed: Deployed, moved: Moved) -> None:
    assert FEDERATED not in deployed.users(moved.target)
    assert moved.source.service_made not in deployed.groups(moved.target)


def test_the_pool_that_was_backed_up_is_as_it_was(deployed: Deployed, moved: Moved) -> None:
    assert deployed.users(moved.source.pool) == moved.before


# What it took


def test_no_message_was_sent(moved: Moved) -> None:
    assert moved.messages == []


def test_a_backup_reads_pages_and_never_a_user_by_name(moved: Moved) -> None:
    assert moved.backup_calls == {
        **CONFIGURATION_CALLS,
        # A listing asks how many users there are, to list many in shards.
        "DescribeUserPool": 3,
        "ListUsers": 1,
        "ListGroups": 2,
        "ListUsersInGroup": len(GROUPS) + 1,
    }


def test_a_restore_calls_once_for_each_thing_it_makes(moved: Moved) -> None:
    """Configuration is read and compared; none of it is written."""
    made = len(moved.source.local)
    listed = {"ListUsers": 2, "ListGroups": 3, "ListUsersInGroup": len(GROUPS)}
    assert moved.restore_calls == {
        **CONFIGURATION_CALLS,
        **listed,
        # What the target offers is read once more, before anything is planned.
        **dict.fromkeys(("GetUserPoolMfaConfig", "ListIdentityProviders"), 2),
        # And at the beginning of each of two listings.
        "DescribeUserPool": 4,
        "CreateGroup": len(GROUPS),
        "AdminCreateUser": made,
        "AdminSetUserPassword": made - len(UNREACHABLE),
        "AdminAddUserToGroup": len(moved.source.memberships),
        "AdminDisableUser": 2,
    }


# What is said about it


def test_the_report_counts_everything_and_tells_every_difference(deployed: Deployed, moved: Moved) -> None:
    report = deployed.document(moved.restore["report"])
    fits("restore.report", report)
    fits("plan", report["plan"])
    assert report["plan"]["configuration"]["action"] == "compare"
    made, lost = len(moved.source.local), len(UNSETTLED) + 1 + len(UNREACHABLE)
    assert report["status"] == "COMPLETE"
    assert report["snapshot"] == f"{moved.source.pool}/{moved.backup['snapshot_id']}"
    assert report["counts"] == {
        "user": {"created": made, "deferred": 1},
        "group": {"created": len(GROUPS), "skipped": 1},
        "membership": {"created": len(moved.source.memberships), "deferred": 1, "skipped": 1},
        "link": {},
        "mfa": {},
    }
    assert report["failures"] == {}
    assert report["verification"] == {
        "passed": True,
        "declared_differences": {
            "sub": made,
            "created_at": made,
            "original_sub": made,
            "status": lost,
            "links": 1,
            "service_made_group": 1,
        },
        "undeclared_differences": {},
        "users_asked_about_again": 0,
    }
    assert report["not_restorable"]


def test_the_plan_foresaw_what_was_lost_and_who_is_billed(deployed: Deployed, moved: Moved) -> None:
    plan = deployed.document(moved.restore["report"])["plan"]
    made = len(moved.source.local)
    assert plan["users"] == {"create": made, "update": 0, "skip": 0, "defer": 1, "fail": 0}
    assert plan["credentials"] == {
        "reset": made - len(UNREACHABLE),
        "import-job": 0,
        "temporary": len(UNREACHABLE),
        "invite": 0,
    }
    assert plan["unreachable"] == {"no_recovery_channel": len(UNREACHABLE)}
    assert {row["username"] for row in deployed.rows(_prefix(moved) + "attention/")} == UNREACHABLE | {"linked"}
    assert (plan["users_billed_as_active"], plan["messages"]) == (made, 0)
    assert plan["declared_losses"]["passwords"] == made
    assert plan["declared_losses"]["federated_users_until_they_sign_in"] == 1
    assert plan["declared_losses"]["links_to_providers"] == 1
    assert [warning.partition(" ")[0] for warning in plan["warnings"]] == [str(len(UNREACHABLE))] * 2


def test_every_file_that_the_report_names_is_there(deployed: Deployed, moved: Moved) -> None:
    report = deployed.document(moved.restore["report"])
    for name, place in report["files"].items():
        assert deployed.keys(place.removeprefix(f"s3://{deployed.bucket}/")), name


def test_the_sub_map_leads_from_every_old_sub_to_the_new(deployed: Deployed, moved: Moved) -> None:
    mapped = {(row["username"], row["old"]): row["new"] for row in deployed.rows(_prefix(moved) + "sub_map.parquet")}
    back = deployed.users(moved.target)
    assert mapped == {(name, moved.before[name].sub): user.sub for name, user in back.items()}


def test_everybody_every_group_and_every_membership_has_one_outcome(deployed: Deployed, moved: Moved) -> None:
    rows = deployed.rows(_prefix(moved) + "outcomes/")
    users = [row["username"] for row in rows if row["kind"] == "user"]
    groups = [row["group_name"] for row in rows if row["kind"] == "group"]
    memberships = [(row["group_name"], row["username"]) for row in rows if row["kind"] == "membership"]
    assert sorted(users) == sorted(person["Username"] for person in moved.source.people)
    assert sorted(groups) == sorted([*GROUPS, moved.source.service_made])
    assert sorted(memberships) == sorted(
        (group, person["Username"]) for person in moved.source.people for group in person["Groups"]
    )
    assert {row["outcome"] for row in rows} == {"created", "deferred", "skipped"}


def _prefix(moved: Moved) -> str:
    return f"restores/{moved.restore['restore_id']}/"


# Whether they can get in


@pytest.fixture(scope="module")
def app(deployed: Deployed, moved: Moved) -> str:
    """An app client of the restored pool."""
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = deployed.idp(moved.target).create_user_pool_client(
        UserPoolId=moved.target, ClientName="app", ExplicitAuthFlows=flows
    )
    return str(client["UserPoolClient"]["ClientId"])


@pytest.mark.parametrize("username", WAYS_BACK)
def test_whoever_forgot_the_password_gets_a_code_and_signs_in(
    deployed: Deployed, moved: Moved, app: str, username: str
) -> None:
    cognito = deployed.idp(moved.target)
    cognito.forgot_password(ClientId=app, Username=username)
    code = _code_mailed_to(deployed, moved.source.attributes(username)["email"])
    cognito.confirm_forgot_password(ClientId=app, Username=username, ConfirmationCode=code, Password=NEW_PASSWORD)
    assert "AccessToken" in _sign_in(cognito, app, username, NEW_PASSWORD)["AuthenticationResult"]


def test_the_old_password_is_not_the_new_one(deployed: Deployed, moved: Moved, app: str) -> None:
    with pytest.raises(ClientError) as refused:
        _sign_in(deployed.idp(moved.target), app, "disabled", PASSWORD)
    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_who_is_disabled_gets_no_code(deployed: Deployed, moved: Moved, app: str) -> None:
    with pytest.raises(ClientError) as refused:
        deployed.idp(moved.target).forgot_password(ClientId=app, Username="disabled")
    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_who_has_no_address_gets_in_with_a_password_that_an_administrator_sets(
    deployed: Deployed, moved: Moved, app: str
) -> None:
    cognito = deployed.idp(moved.target)
    cognito.admin_set_user_password(UserPoolId=moved.target, Username="bare", Password=NEW_PASSWORD, Permanent=True)
    assert "AccessToken" in _sign_in(cognito, app, "bare", NEW_PASSWORD)["AuthenticationResult"]


def _sign_in(cognito: Any, app: str, username: str, password: str) -> Json:
    answer: Json = cognito.initiate_auth(
        ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": username, "PASSWORD": password}
    )
    return answer


def _code_mailed_to(deployed: Deployed, address: str) -> str:
    """The code in the last mail to somebody, from the emulator's mailbox."""
    with urllib.request.urlopen(f"{deployed.cloud.endpoint}/_ministack/ses/messages", timeout=10) as answer:  # noqa: S310
        mails = [mail for account in json.load(answer)["messages"].values() for mail in account]
    *_, last = [mail["BodyText"] or mail["BodyHtml"] for mail in mails if address in mail["To"]]
    [code] = re.findall(r"\b\d{6}\b", last)
    return str(code)
