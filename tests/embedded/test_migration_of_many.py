"""A migration from its beginning to its end: 2,000 users, of whom 60 % sign in; then it is looked at, and finished."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.embedded.deployed import Deployed, Json, fits, named, person
from tests.embedded.migrations import CLAIM, PASSWORD, Move, claims, client, moving

SIZE = 2_000
GROUPS = ("staff", "readers", "writers")
#: Of every 20: who is disabled, federated, unconfirmed.
DISABLED, FEDERATED, UNCONFIRMED = 3, 7, 11


def people() -> list[Json]:
    return [_one(number) for number in range(SIZE)]


def _one(number: int) -> Json:
    name = f"person{number:05d}"
    attributes = {"email": f"{name}@example.com", "email_verified": "true", "custom:plan": f"plan-{number % 5}"}
    groups = [GROUPS[(number + step) % 3] for step in range(number % 3)]
    kind = number % 20
    if kind == FEDERATED:
        identity = f'[{{"userId":"{number}","providerName":"Okta","providerType":"OIDC","primary":true}}]'
        told = {**attributes, "identities": identity}
        return person(f"okta_{number}", *groups, attributes=told, UserStatus="EXTERNAL_PROVIDER")
    if kind == UNCONFIRMED:
        return person(name, attributes=attributes, UserStatus="UNCONFIRMED")
    return person(name, *groups, attributes=attributes, Enabled=kind != DISABLED)


@pytest.fixture(scope="module")
def crowd() -> list[Json]:
    return people()


@pytest.fixture(scope="module")
def move(deployed: Deployed, idp: Any, own: Any, crowd: list[Json]) -> Move:
    made = moving(deployed, idp, own, custom=("plan",), UsernameConfiguration={"CaseSensitive": False})
    made.put(*crowd, groups=GROUPS)
    assert made.run("status")["counts"]["migrated"] == 0
    made.attach()
    return made


def can_come(one: Json) -> bool:
    return bool(one.get("Enabled", True)) and one.get("UserStatus", "CONFIRMED") == "CONFIRMED"


def sub_of(one: Json) -> str:
    return next(str(entry["Value"]) for entry in one["Attributes"] if entry["Name"] == "sub")


def test_a_migration_of_many_is_told_right_and_ends_with_nobody_lost_or_doubled(
    cloud: Cloud, move: Move, crowd: list[Json]
) -> None:
    local = [one for one in crowd if one.get("UserStatus") != "EXTERNAL_PROVIDER"]
    federated = len(crowd) - len(local)
    assert move.attached["deferred"] == federated == SIZE // 20
    coming = [one for one in local if can_come(one)][: SIZE * 6 // 10]
    assert len(coming) == 1200

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda one: move.sign_in(one["Username"]), coming))

    for one, answer in zip(coming, answers, strict=True):
        assert claims(answer)[CLAIM] == sub_of(one)
        assert sorted(claims(answer).get("cognito:groups", [])) == sorted(one["Groups"])
    cloud.put_users(
        move.target, [person("newcomer", attributes={"email": "new@example.com", "email_verified": "true"})]
    )

    looked = move.run("status")
    fits("migration.result", looked)
    assert looked["counts"] == {
        "source": SIZE,
        "migrated": 1200,
        "not_yet": len(local) - 1200,
        "waiting": federated,
        "new": 1,
        "target": 1201,
    }
    report = move.deployed.document(looked["report"])
    fits("migration.report", report)
    missing = [one for one in local if one not in coming]
    assert report["not_yet"]["by_status"] == Counter(one.get("UserStatus", "CONFIRMED") for one in missing)
    assert report["not_yet"]["disabled"] == sum(not one.get("Enabled", True) for one in missing)
    assert sum(report["not_yet"]["by_last_change"].values()) == len(missing)
    assert [point["migrated"] for point in report["points"]] == [0, 1200]
    assert b"Moved" in move.deployed.content(looked["html"])

    cloud.forget()
    finished = move.run("finish", credentials="reset")
    fits("migration.result", finished)

    assert finished["status"] == "COMPLETE"
    assert finished["counts"]["not_yet"] == 0
    assert finished["source_can_go_at"] is not None
    users = move.deployed.users(move.target)
    assert len(users) == len(local) + 1
    subs = Counter(user.attributes.get("custom:original_sub") for user in users.values())
    assert subs == Counter(sub_of(one) for one in local) + Counter([None])
    assert {name for name, user in users.items() if not user.enabled} == {
        one["Username"] for one in local if not one.get("Enabled", True)
    }
    assert move.deployed.memberships(move.target) == {
        (group, one["Username"]) for one in local for group in one["Groups"]
    }
    assert cloud.messages() == []
    ended = move.deployed.document(finished["report"])
    fits("migration.report", ended)
    assert ended["ending"]["is_complete"]
    assert ended["ending"]["waiting"] == federated
    assert {entry["kind"] for entry in ended["ending"]["points_at_source"]} == {"app client"}
    config = move.deployed.idp(move.target).describe_user_pool(UserPoolId=move.target)["UserPool"]["LambdaConfig"]
    assert "UserMigration" not in config
    assert config["PreTokenGeneration"] == move.deployed.outputs["TokenFunctionArn"]
    # Who moved keeps the password; who was brought has to choose one.
    assert claims(move.sign_in(coming[0]["Username"]))[CLAIM] == sub_of(coming[0])
    again = move.run("finish")
    assert again["counts"] == finished["counts"]


def test_whoever_signs_in_while_the_rest_is_brought_keeps_the_password_and_is_one_user(
    cloud: Cloud, deployed: Deployed, idp: Any, own: Any
) -> None:
    move = moving(deployed, idp, own, UsernameConfiguration={"CaseSensitive": False})
    names = [f"late{number:03d}" for number in range(240)]
    move.put(
        *[person(n, "staff", attributes={"email": f"{n}@example.com", "email_verified": "true"}) for n in names],
        groups=["staff"],
    )
    move.attach()
    # A function that has to start first might come too late for everybody.
    move.put(person("first", attributes={"email": "first@example.com", "email_verified": "true"}))
    move.sign_in("first")
    request = {"action": "finish", "source_user_pool_id": move.source, "target_user_pool_id": move.target}
    got_in: list[str] = []
    with cloud.faults({"action": "AdminCreateUser", "latency_ms": 500, "times": None}):
        execution = cloud.begin(deployed.machine("migration"), request)
        while move.names() == {"first"}:
            time.sleep(0.1)
        # From the end, so that both meet in the middle: the restore creates them in their order.
        for name in reversed(names):
            try:
                move.sign_in(name)
            except ClientError:
                continue
            got_in.append(name)
        finished = cloud.finish(execution, seconds=300)

    assert finished["counts"]["not_yet"] == 0
    assert 0 < len(got_in) < len(names)
    for name in got_in:
        assert claims(move.sign_in(name))["cognito:groups"] == ["staff"]
    users = deployed.users(move.target)
    assert sorted(users) == ["first", *names]
    assert all(user.status == "CONFIRMED" for user in users.values())
    assert {name for _, name in deployed.memberships(move.target)} == {*names}


def test_what_people_changed_since_they_moved_stays_theirs_when_the_rest_is_brought(
    deployed: Deployed, idp: Any, own: Any
) -> None:
    move = moving(deployed, idp, own, custom=("plan",), UsernameConfiguration={"CaseSensitive": False})
    addresses = [{"email": f"{name}@example.com", "email_verified": "true", "custom:plan": "old"} for name in "abc"]
    move.put(
        *[person(name, "staff", attributes=told) for name, told in zip("abc", addresses, strict=True)], groups=["staff"]
    )
    move.attach()
    move.sign_in("a")
    move.sign_in("b")
    changed = [{"Name": "custom:plan", "Value": "new"}, {"Name": "email", "Value": "elsewhere@example.com"}]
    idp.admin_update_user_attributes(UserPoolId=move.target, Username="a", UserAttributes=changed)
    idp.admin_remove_user_from_group(UserPoolId=move.target, Username="a", GroupName="staff")
    idp.admin_disable_user(UserPoolId=move.target, Username="b")

    finished = move.run("finish", max_failed_percent=0)

    assert (finished["status"], finished["counts"]["not_yet"]) == ("COMPLETE", 0)
    users = deployed.users(move.target)
    assert users["a"].attributes["custom:plan"] == "new"
    assert users["a"].attributes["email"] == "elsewhere@example.com"
    assert not users["b"].enabled
    assert {name for _, name in deployed.memberships(move.target)} == {"b", "c"}


def test_a_dry_run_of_the_end_brings_nobody(deployed: Deployed, idp: Any, own: Any) -> None:
    move = moving(deployed, idp, own)
    move.put(person("ada", attributes={"email": "ada@example.com", "email_verified": "true"}))
    move.attach()
    shown = move.run("finish", dry_run=True)
    fits("migration.result", shown)
    assert (shown["status"], shown["counts"]["created"]) == ("DRY_RUN", 1)
    assert move.names() == set()
    assert claims(move.sign_in("ada"))[CLAIM]


def test_a_pool_that_is_made_as_the_readme_says_can_be_moved_to(deployed: Deployed, idp: Any, own: Any) -> None:
    """Configuration and groups restored, nobody in it; then people move through the copy of their own app."""
    source = deployed.pool("plan", AliasAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    app = client(idp, source)
    asking = client(idp, source, ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"])
    ada = person("ada", "staff", attributes={"email": "ada@example.com", "email_verified": "true"}, Password=PASSWORD)
    deployed.cloud.put_users(source, [ada], named("staff"))
    deployed.backup(source)
    made = deployed.run(
        "restore",
        {
            "snapshot": f"{source}/latest",
            "create_pool": {"pool_name": "moved-as-the-readme-says"},
            "only": {"sections": ["config", "groups"]},
        },
    )
    ids = deployed.document(made["report"].replace("report.json", "id_map.json"))
    [copied] = [one["new"] for one in ids["clients"] if one["old"] == app]
    move = Move(deployed, source, made["target_user_pool_id"], copied, own, asking)
    assert (set(deployed.groups(move.target)), move.names()) == ({"staff"}, set())
    move.attach()
    answer = move.sign_in("ada@example.com")
    assert claims(answer)["cognito:groups"] == ["staff"]
    assert claims(answer)[CLAIM]
    assert move.run("finish")["status"] == "COMPLETE"
