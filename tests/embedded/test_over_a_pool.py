"""The configuration of a pool that exists: compared always, changed only after it was shown what would change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.embedded import rich_pool
from tests.embedded.deployed import Deployed, Json, fits, named, person
from tests.embedded.rich_pool import configuration

CONFIG = {"sections": ["config"]}
STRICT = {
    "MinimumLength": 14,
    "RequireUppercase": True,
    "RequireLowercase": True,
    "RequireNumbers": True,
    "RequireSymbols": True,
    "TemporaryPasswordValidityDays": 2,
}
#: What an update of a pool resets when it is left out.
KEPT: Json = {
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
    "AutoVerifiedAttributes": ["email"],
    "UserPoolTags": {"team": "shop"},
    "DeletionProtection": "ACTIVE",
}
#: What tells pools apart, whatever they are set to.
OWN = frozenset(
    ("Id", "Arn", "Name", "CreationDate", "LastModifiedDate", "EstimatedNumberOfUsers", "UserPoolId", "ClientId")
)


@dataclass(frozen=True)
class Original:
    """A pool with settings of every kind, and its snapshot."""

    pool: str
    snapshot: str
    trigger: str


@pytest.fixture(scope="module")
def original(deployed: Deployed) -> Original:
    trigger = rich_pool.trigger_function(deployed.cloud, "over-a-pool")
    pool = deployed.pool(
        "tier", "code", Policies={"PasswordPolicy": STRICT}, LambdaConfig={"PreSignUp": trigger}, **KEPT
    )
    idp = deployed.idp(pool)
    totp = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": "OPTIONAL"}
    idp.set_user_pool_mfa_config(UserPoolId=pool, **totp)
    idp.create_user_pool_client(UserPoolId=pool, ClientName="web", RefreshTokenValidity=7)
    idp.create_user_pool_client(UserPoolId=pool, ClientName="mobile", AuthSessionValidity=5)
    idp.create_resource_server(UserPoolId=pool, Identifier="api", Name="API", Scopes=scopes("read", "write"))
    deployed.cloud.put_users(pool, [person("ada", "staff")], named("staff"))
    return Original(pool, f"{pool}/{deployed.backup(pool)['snapshot_id']}", trigger)


@pytest.fixture
def target(deployed: Deployed) -> str:
    """A pool that is otherwise: other settings, one client of a common name, things of its own, and somebody in it."""
    pool = deployed.pool("tier", "theirs", "original_sub", UserPoolTags={"owner": "them"}, UserPoolTier="PLUS")
    idp = deployed.idp(pool)
    idp.create_user_pool_client(UserPoolId=pool, ClientName="web", RefreshTokenValidity=30)
    idp.create_user_pool_client(UserPoolId=pool, ClientName="their-own")
    idp.create_resource_server(UserPoolId=pool, Identifier="api", Name="Old", Scopes=scopes("read"))
    idp.create_resource_server(UserPoolId=pool, Identifier="their-own", Name="Theirs", Scopes=scopes("all"))
    deployed.cloud.put_users(pool, [person("eve", "guests")], named("guests"))
    deployed.cloud.forget()
    return pool


def scopes(*names: str) -> list[dict[str, str]]:
    return [{"ScopeName": name, "ScopeDescription": name} for name in names]


def request(original: Original, target: str, **options: Any) -> Json:
    return {"snapshot": original.snapshot, "target_user_pool_id": target, **options}


def settings(told: Any) -> Any:
    """What Cognito tells, without what tells two pools apart."""
    if isinstance(told, dict):
        return {name: settings(value) for name, value in told.items() if name not in OWN}
    return [settings(value) for value in told] if isinstance(told, list) else told


def shown(deployed: Deployed, original: Original, target: str) -> Json:
    """The plan of a dry run."""
    result = deployed.run("restore", request(original, target, only=CONFIG, dry_run=True))
    assert result["status"] == "DRY_RUN"
    plan = deployed.document(f"restores/{result['restore_id']}/plan.json")
    fits("plan", plan)
    configured: Json = plan["configuration"]
    return configured


def test_a_restore_compares_the_configuration_and_writes_none_of_it(
    deployed: Deployed, original: Original, target: str
) -> None:
    idp = deployed.idp(target)
    idp.add_custom_attributes(UserPoolId=target, CustomAttributes=[{"Name": "code", "AttributeDataType": "String"}])
    before = configuration(idp, target)
    deployed.cloud.forget()
    result = deployed.run("restore", request(original, target))
    assert result["status"] == "COMPLETE"
    assert {name for name in deployed.writes() if not name.startswith("Admin")} == {"CreateGroup"}
    assert settings(configuration(idp, target)) == settings(before)
    report = deployed.document(result["report"])
    assert report["configuration"] is None
    plan = report["plan"]["configuration"]
    assert (plan["action"], plan["todo"], plan["not_compared"]) == ("compare", [], [])
    found = {(one["section"], one["name"], one["member"]) for one in plan["differences"]}
    assert {section for section, _, _ in found} == {"user_pool", "mfa", "clients", "resource_servers", "tags"}
    assert {member for section, _, member in found if section == "user_pool"} >= {
        "Policies",
        "DeletionProtection",
        "LambdaConfig.PreSignUp",
        "AccountRecoverySetting",
        "AutoVerifiedAttributes",
    }
    assert all(set(one) == {"section", "name", "member", "because"} for one in plan["differences"])


def test_a_change_that_was_not_shown_is_refused(deployed: Deployed, original: Original, target: str) -> None:
    refusal = deployed.refused("restore", request(original, target, only=CONFIG))
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith("only.sections: ")
    assert '"dry_run": true' in refusal.message
    assert deployed.writes() == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda idp, pool: idp.update_user_pool(UserPoolId=pool, UserPoolTags={"owner": "others"}),
        lambda idp, pool: idp.create_user_pool_client(UserPoolId=pool, ClientName="new"),
        lambda idp, pool: idp.update_resource_server(
            UserPoolId=pool, Identifier="their-own", Name="Theirs", Scopes=scopes("more")
        ),
    ],
    ids=["a-setting", "a-client", "what-is-theirs"],
)
def test_a_pool_that_changed_since_it_was_shown_is_refused_again(
    deployed: Deployed, original: Original, target: str, change: Callable[[Any, str], Any]
) -> None:
    shown(deployed, original, target)
    change(deployed.idp(target), target)
    deployed.cloud.forget()
    refusal = deployed.refused("restore", request(original, target, only=CONFIG))
    assert refusal.error == "InvalidRequest"
    assert "changed since that dry run" in refusal.message
    assert deployed.writes() == {}


def test_what_was_shown_of_one_pool_or_snapshot_allows_nothing_for_another(
    deployed: Deployed, original: Original, target: str
) -> None:
    shown(deployed, original, target)
    newer = f"{original.pool}/{deployed.backup(original.pool)['snapshot_id']}"
    other = deployed.pool()
    deployed.cloud.forget()
    for asked in ({"snapshot": newer}, {"target_user_pool_id": other}):
        refusal = deployed.refused("restore", {**request(original, target, only=CONFIG), **asked})
        assert refusal.error == "InvalidRequest"
    assert deployed.writes() == {}


def test_what_was_shown_is_done_and_nothing_is_deleted(deployed: Deployed, original: Original, target: str) -> None:
    idp = deployed.idp(target)
    plan = shown(deployed, original, target)
    assert plan["action"] == "overwrite"
    listed = idp.list_user_pool_clients(UserPoolId=target, MaxResults=60)["UserPoolClients"]
    clients = {client["ClientName"]: client["ClientId"] for client in listed}
    kept = {(one["section"], one["name"]) for one in plan["differences"] if one["because"] == "kept"}
    assert kept == {
        ("user_pool", "schema"),
        ("clients", clients["their-own"]),
        ("resource_servers", "their-own"),
        ("tags", "tags"),
    }
    assert {one["member"] for one in plan["differences"] if one["section"] == "tags" and one["because"] is None} == {
        "team"
    }
    assert deployed.writes() == {}, "a dry run"
    result = deployed.run("restore", request(original, target, only=CONFIG))
    report = deployed.document(result["report"])
    fits("restore.report", report)
    assert (result["status"], result["target_user_pool_id"]) == ("COMPLETE", target)
    assert report["configuration"]["undeclared"] == {}
    assert report["configuration"]["explained"].keys() == {"user_pool", "clients", "resource_servers", "tags"}
    assert set(deployed.writes()) == {
        "AddCustomAttributes",
        "CreateUserPoolClient",
        "SetUserPoolMfaConfig",
        "UpdateResourceServer",
        "UpdateUserPool",
        "UpdateUserPoolClient",
    }
    source, now = configuration(idp, original.pool), configuration(idp, target)
    pool = now["user_pool"]
    for member in (
        "Policies",
        "DeletionProtection",
        "LambdaConfig",
        "AccountRecoverySetting",
        "AutoVerifiedAttributes",
    ):
        assert pool[member] == source["user_pool"][member], member
    assert pool["Name"] == "pool"
    assert {"custom:code", "custom:theirs"} <= {told["Name"] for told in pool["SchemaAttributes"]}
    assert now["mfa"] == source["mfa"]
    assert now["tags"] == {"owner": "them", "team": "shop"}
    assert now["clients"].keys() == {"web", "mobile", "their-own"}
    for name in ("web", "mobile"):
        assert settings(now["clients"][name]) == settings(source["clients"][name])
    servers = {server["Identifier"]: (server["Name"], server["Scopes"]) for server in now["resource_servers"]}
    assert servers == {"api": ("API", scopes("read", "write")), "their-own": ("Theirs", scopes("all"))}
    assert deployed.users(target).keys() == {"eve"}
    assert deployed.memberships(target) == {("guests", "eve")}


def test_what_only_a_new_pool_could_change_is_told_and_left(deployed: Deployed, original: Original) -> None:
    target = deployed.pool(UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": False})
    before = described(deployed, target)
    plan = shown(deployed, original, target)
    immutable = {todo["name"] for todo in plan["todo"] if todo["why"] == "immutable"}
    assert immutable == {"UsernameAttributes", "UsernameConfiguration"}
    result = deployed.run("restore", request(original, target, only=CONFIG))
    assert result["status"] == "PARTIAL"
    report = deployed.document(result["report"])
    assert report["configuration"]["undeclared"] == {}
    after = described(deployed, target)
    for member in ("UsernameAttributes", "UsernameConfiguration"):
        assert after[member] == before[member]
    assert after["Policies"] == described(deployed, original.pool)["Policies"]


def described(deployed: Deployed, pool: str) -> Json:
    told: Json = deployed.idp(pool).describe_user_pool(UserPoolId=pool)["UserPool"]
    return told


def test_a_change_that_was_killed_half_way_is_carried_on(deployed: Deployed, original: Original, target: str) -> None:
    shown(deployed, original, target)
    killed = [{"action": action, "kill_caller": True} for action in ("UpdateUserPool", "UpdateUserPoolClient")]
    lost = [{"action": action, "kill_after": True} for action in ("AddCustomAttributes", "CreateUserPoolClient")]
    with deployed.cloud.faults(*killed, *lost):
        result = deployed.run("restore", request(original, target, only=CONFIG))
        assert deployed.cloud.control("GET", "faults") == []
    assert result["status"] == "COMPLETE"
    idp = deployed.idp(target)
    assert configuration(idp, target)["clients"].keys() == {"web", "mobile", "their-own"}
    assert described(deployed, target)["Policies"] == described(deployed, original.pool)["Policies"]
    assert described(deployed, target)["DeletionProtection"] == "ACTIVE"


def test_the_original_itself_is_alike_and_nothing_is_written(deployed: Deployed, original: Original) -> None:
    own = request(original, original.pool, only=CONFIG, allow_source_pool=True)
    dry = deployed.run("restore", {**own, "dry_run": True})
    assert deployed.document(dry["report"])["plan"]["configuration"]["differences"] == []
    deployed.cloud.forget()
    result = deployed.run("restore", own)
    assert result["status"] == "COMPLETE"
    assert deployed.writes() == {}
