"""Doing it again: a dry run changes nothing, a second restore neither, and what is there already stays as it is."""

from __future__ import annotations

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, fits, named, person

GROUPS = ("staff", "guests")


@pytest.fixture(scope="module")
def snapshot(deployed: Deployed) -> str:
    """Three people and two groups, saved."""
    pool = deployed.pool("tier")
    people = [
        person("ada", "staff", attributes={"email": "ada@example.com", "custom:tier": "gold"}),
        person("bob", "staff", "guests", Enabled=False),
        person("eve", "guests", UserStatus="FORCE_CHANGE_PASSWORD"),
    ]
    deployed.cloud.put_users(pool, people, [{"GroupName": "staff", "Description": "as saved"}, *named("guests")])
    return f"{pool}/{deployed.backup(pool)['snapshot_id']}"


def test_a_dry_run_tells_what_it_would_do_and_does_none_of_it(deployed: Deployed, snapshot: str) -> None:
    target = deployed.pool("tier", ORIGINAL_SUB)
    deployed.cloud.forget()
    result = deployed.restore(snapshot, target, dry_run=True)
    assert deployed.writes() == {}
    assert deployed.users(target) == {}
    assert deployed.groups(target) == {}
    fits("restore.result", result)
    assert result["status"] == "DRY_RUN"
    assert result["counts"] == {"created": 3, "updated": 0, "skipped": 0, "deferred": 0, "failed": 0}
    report = deployed.document(result["report"])
    fits("restore.report", report)
    assert report["status"] == "DRY_RUN"
    assert report["plan"]["dry_run"] is True
    assert report["plan"]["memberships"]["create"] == 4


def test_a_dry_run_foresees_what_the_restore_then_does(deployed: Deployed, snapshot: str) -> None:
    target = deployed.pool("tier", ORIGINAL_SUB)
    deployed.cloud.put_users(target, [person("ada")])
    foreseen = deployed.restore(snapshot, target, dry_run=True)
    done = deployed.restore(snapshot, target)
    assert (
        foreseen["counts"]
        == done["counts"]
        == {
            "created": 2,
            "updated": 0,
            "skipped": 1,
            "deferred": 0,
            "failed": 0,
        }
    )


def test_with_fail_somebody_in_the_target_stops_the_restore_before_the_first_write(
    deployed: Deployed, snapshot: str
) -> None:
    target = deployed.pool("tier", ORIGINAL_SUB)
    deployed.cloud.put_users(target, [person("ada")], named("staff"))
    deployed.cloud.forget()
    request = {"snapshot": snapshot, "target_user_pool_id": target, "on_conflict": "fail"}
    refusal = deployed.refused("restore", request)
    assert refusal.error == "TargetMismatch"
    assert "1 users and 1 groups" in refusal.message
    assert deployed.writes() == {}
    place = next(word for word in refusal.message.split() if word.startswith("s3://"))
    named_there = deployed.rows(place.removeprefix(f"s3://{deployed.bucket}/"))
    assert {(row["kind"], row["username"] or row["group_name"]) for row in named_there} == {
        ("user", "ada"),
        ("group", "staff"),
    }


def test_a_second_restore_changes_nothing(deployed: Deployed, snapshot: str) -> None:
    target = deployed.pool("tier", ORIGINAL_SUB)
    deployed.restore(snapshot, target)
    seen = _everything(deployed, target)
    deployed.cloud.forget()
    again = deployed.restore(snapshot, target)
    assert deployed.writes() == {}
    assert _everything(deployed, target) == seen
    assert again["status"] == "COMPLETE"
    assert again["counts"] == {"created": 0, "updated": 0, "skipped": 3, "deferred": 0, "failed": 0}
    assert deployed.document(again["report"])["verification"]["passed"] is True


def test_who_is_there_already_is_not_touched_and_the_difference_is_told(deployed: Deployed, snapshot: str) -> None:
    """Not even if the snapshot knows better: not attributes, groups, state or password."""
    target = deployed.pool("tier", ORIGINAL_SUB)
    old_sub = deployed.users(snapshot.partition("/")[0])["ada"].sub
    changed = {"email": "another@example.com", "custom:tier": "none", f"custom:{ORIGINAL_SUB}": old_sub}
    there = person("ada", attributes=changed, Enabled=False)
    deployed.cloud.put_users(target, [there], [{"GroupName": "staff", "Description": "as it is now"}])
    before = deployed.users(target)["ada"]
    result = deployed.restore(snapshot, target)
    assert (result["counts"]["created"], result["counts"]["skipped"]) == (2, 1)
    assert deployed.users(target)["ada"] == before
    assert deployed.groups(target)["staff"] == {"Description": "as it is now"}
    assert ("staff", "ada") not in deployed.memberships(target)
    assert result["status"] == "PARTIAL"
    differing = deployed.rows(f"restores/{result['restore_id']}/differences/")
    assert [row["username"] for row in differing if row["difference"] == "skipped_differs"] == ["ada"]


def test_a_stranger_of_the_same_name_gets_nothing_of_the_other_and_is_not_mapped(
    deployed: Deployed, snapshot: str
) -> None:
    target = deployed.pool("tier", ORIGINAL_SUB)
    deployed.cloud.put_users(target, [person("ada", attributes={"email": "stranger@example.com"})])
    before = deployed.users(target)["ada"]
    result = deployed.restore(snapshot, target)
    assert deployed.users(target)["ada"] == before
    assert not [group for group, username in deployed.memberships(target) if username == "ada"]
    assert result["counts"]["skipped"] == 1
    folder = f"restores/{result['restore_id']}/"
    assert "ada" not in {row["username"] for row in deployed.rows(f"{folder}sub_map.parquet")}
    [outcome] = [
        row for row in deployed.rows(f"{folder}outcomes/") if (row["kind"], row["username"]) == ("user", "ada")
    ]
    assert (outcome["outcome"], outcome["reason"], outcome["new_sub"]) == ("skipped", "name_exists", None)


def test_a_password_that_somebody_chose_since_survives_the_next_restore(deployed: Deployed, snapshot: str) -> None:
    target, chosen = deployed.pool("tier", ORIGINAL_SUB), "Chosen-since-then-1"
    deployed.restore(snapshot, target)
    cognito = deployed.idp(target)
    cognito.admin_set_user_password(UserPoolId=target, Username="ada", Password=chosen, Permanent=True)
    deployed.restore(snapshot, target)
    app = cognito.create_user_pool_client(
        UserPoolId=target, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    )["UserPoolClient"]["ClientId"]
    answer = cognito.initiate_auth(
        ClientId=app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "ada", "PASSWORD": chosen}
    )
    assert "AccessToken" in answer["AuthenticationResult"]


def test_a_restore_of_a_restored_pool_keeps_the_first_sub(deployed: Deployed, snapshot: str) -> None:
    second, third = (deployed.pool("tier", ORIGINAL_SUB) for _ in range(2))
    deployed.restore(snapshot, second)
    deployed.backup(second)
    deployed.restore(f"{second}/latest", third)
    first = deployed.users(snapshot.partition("/")[0])
    assert {name: user.attributes[f"custom:{ORIGINAL_SUB}"] for name, user in deployed.users(third).items()} == {
        name: user.sub for name, user in first.items()
    }


def test_a_restore_into_the_source_itself_brings_back_only_who_is_gone(deployed: Deployed) -> None:
    pool = deployed.pool()
    deployed.cloud.put_users(pool, [person("ada", "staff"), person("bob", "staff")], named("staff"))
    deployed.backup(pool)
    deployed.idp(pool).admin_delete_user(UserPoolId=pool, Username="bob")
    ada = deployed.users(pool)["ada"]
    result = deployed.restore(f"{pool}/latest", pool, allow_source_pool=True)
    assert (result["status"], result["counts"]["created"], result["counts"]["skipped"]) == ("COMPLETE", 1, 1)
    assert deployed.users(pool)["ada"] == ada
    assert deployed.memberships(pool) == {("staff", "ada"), ("staff", "bob")}


def test_two_backups_of_one_pool_are_two_snapshots_and_latest_is_the_newer(deployed: Deployed) -> None:
    pool, target = deployed.pool(), deployed.pool()
    deployed.cloud.put_users(pool, [person("ada")])
    first = deployed.backup(pool)
    deployed.cloud.put_users(pool, [person("bob")])
    second = deployed.backup(pool)
    assert first["snapshot_id"] != second["snapshot_id"]
    assert (first["counts"]["users"], second["counts"]["users"]) == (1, 2)
    deployed.restore(f"{pool}/latest", target)
    latest = max(first["snapshot_id"], second["snapshot_id"])
    assert deployed.users(target).keys() == ({"ada", "bob"} if latest == second["snapshot_id"] else {"ada"})


def test_a_target_without_room_for_the_old_sub_gets_everything_else(deployed: Deployed, snapshot: str) -> None:
    target = deployed.pool("tier")
    result = deployed.restore(snapshot, target)
    assert result["status"] == "COMPLETE"
    assert dict(deployed.users(target)["ada"].attributes) == {"email": "ada@example.com", "custom:tier": "gold"}
    warnings = deployed.document(result["report"])["plan"]["warnings"]
    assert [warning for warning in warnings if "custom:original_sub" in warning]


def test_users_named_by_their_address_are_matched_by_it(deployed: Deployed) -> None:
    source, target = (deployed.pool(ORIGINAL_SUB, UsernameAttributes=["email"]) for _ in range(2))
    for name in ("ada", "bob"):
        address = f"{name}@example.com"
        deployed.idp(source).admin_create_user(
            UserPoolId=source,
            Username=address,
            UserAttributes=[{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}],
            MessageAction="SUPPRESS",
        )
    deployed.backup(source)
    for created, skipped in ((2, 0), (0, 2)):
        result = deployed.restore(f"{source}/latest", target)
        assert (result["status"], result["counts"]["created"], result["counts"]["skipped"]) == (
            "COMPLETE",
            created,
            skipped,
        )
    back = deployed.users(target)
    assert {user.attributes["email"] for user in back.values()} == {"ada@example.com", "bob@example.com"}
    assert all(username == user.sub for username, user in back.items())


def _everything(deployed: Deployed, pool: str) -> Json:
    return {
        "users": deployed.users(pool),
        "groups": deployed.groups(pool),
        "memberships": deployed.memberships(pool),
    }
