"""A pool made anew from its snapshot: what is refused, what is left to do, and a run that stops half-way."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.embedded import rich_pool
from tests.embedded.deployed import PASSED_ROLES, Deployed, Json, Refusal, fits, named, person

REFUSES = 'def handler(event, context):\n    raise ValueError("nobody")\n'
ELSEWHERE = "arn:aws:lambda:us-east-1:999999999999:function:theirs"
ABROAD = "arn:aws:lambda:eu-west-1:000000000000:function:abroad"
NEW_ROLE, KEPT_ROLE = PASSED_ROLES
#: Nobody has it any more, so no group can get it.
OLD_ROLE = "arn:aws:iam::000000000000:role/group-old"
#: Which section could not be read, by its operation.
UNKNOWN = {"action": "GetLogDeliveryConfiguration", "error": "InternalFailureOfSomeKind", "times": None}
NOT_IN_TIER = {"action": "GetLogDeliveryConfiguration", "error": "FeatureUnavailableInTierException", "times": None}
CLIENTS = ("web", "mobile", "machine")


@pytest.fixture(scope="module")
def plain(deployed: Deployed) -> str:
    """The snapshot of a pool of which everything can come back: three clients, five users, one of whom has e-mail."""
    pool = deployed.pool("tier", UserPoolTags={"team": "shop"})
    idp = deployed.idp(pool)
    idp.create_resource_server(UserPoolId=pool, Identifier="api", Name="API", Scopes=[])
    for name in CLIENTS:
        idp.create_user_pool_client(UserPoolId=pool, ClientName=name, GenerateSecret=name == "machine")
    ada = person("ada", "staff", attributes={"email": "ada@example.com", "custom:tier": "gold"})
    others = [person(name) for name in ("Ada", "bob", "carl", "dora")]
    deployed.cloud.put_users(pool, [ada, *others], named("staff"))
    return f"{pool}/{deployed.backup(pool)['snapshot_id']}"


def create(snapshot: str, name: str, **options: Any) -> Json:
    """A request that makes a pool; `region` and `override` go where they belong."""
    inner = {key: options.pop(key) for key in ("region", "override") if key in options}
    return {"snapshot": snapshot, "create_pool": {"pool_name": name, **inner}, **options}


def pools_named(deployed: Deployed, name: str, region: str = "us-east-1") -> list[str]:
    pages = deployed.cloud.client("cognito-idp", region=region).get_paginator("list_user_pools")
    return [
        pool["Id"]
        for page in pages.paginate(PaginationConfig={"PageSize": 60})
        for pool in page["UserPools"]
        if pool["Name"] == name
    ]


def clients_of(deployed: Deployed, pool: str) -> list[str]:
    told = deployed.idp(pool).list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    return sorted(client["ClientName"] for client in told)


def described(deployed: Deployed, pool: str) -> Json:
    told: Json = deployed.idp(pool).describe_user_pool(UserPoolId=pool)["UserPool"]
    return told


def stopped(deployed: Deployed, request: Json) -> tuple[Refusal, str]:
    """Start a restore that has to fail; what it said, and its restore id."""
    execution = deployed.cloud.begin(deployed.machine("restore"), request)
    refusal = deployed.failed(execution)
    found = re.search(r'"restore_id\\*": ?\\*"([^"\\]+)', json.dumps(deployed.history(execution), default=str))
    return refusal, found.group(1) if found else ""


def assert_one_whole_pool(deployed: Deployed, snapshot: str, name: str, result: Json) -> None:
    assert result["status"] == "COMPLETE"
    assert pools_named(deployed, name) == [result["target_user_pool_id"]]
    assert clients_of(deployed, result["target_user_pool_id"]) == sorted(CLIENTS)
    source = snapshot.partition("/")[0]
    assert deployed.users(result["target_user_pool_id"]).keys() == deployed.users(source).keys()
    configuration = deployed.document(result["report"])["configuration"]
    assert (configuration["undeclared"], configuration["gaps"], configuration["clients"]) == ({}, 0, len(CLIENTS))


# Bad input


def test_a_name_in_use_is_refused_with_the_pool_that_has_it(deployed: Deployed, plain: str) -> None:
    owner = plain.partition("/")[0]
    refusal, restore_id = stopped(deployed, create(plain, "pool"))
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith("create_pool.pool_name: ")
    assert "is in use by us-east-1_" in refusal.message
    assert "restore_id" not in refusal.message
    assert deployed.writes() == {}
    name = f"only-{uuid.uuid4()}"
    deployed.idp(owner).create_user_pool(PoolName=name)
    refusal, _ = stopped(deployed, create(plain, name))
    assert pools_named(deployed, name)[0] in refusal.message
    assert restore_id


def test_a_name_that_another_restore_gave_leads_to_that_restore(deployed: Deployed, plain: str) -> None:
    first = deployed.run("restore", create(plain, "given-before", only={"sections": ["config"]}))
    deployed.cloud.forget()
    refusal, _ = stopped(deployed, create(plain, "given-before", only={"sections": ["config"]}))
    assert refusal.error == "InvalidRequest"
    assert first["target_user_pool_id"] in refusal.message
    assert f"restore_id {first['restore_id']}" in refusal.message
    assert deployed.writes() == {}
    again = create(plain, "given-before", only={"sections": ["config"]}, restore_id=first["restore_id"])
    second = deployed.run("restore", again)
    assert second == first
    assert deployed.writes() == {}, "it is done already"
    other = deployed.refused("restore", {**again, "only": {"sections": ["config"]}, "sub_attribute": None})
    assert other.error == "InvalidRequest"
    assert other.message.startswith("restore_id: ")
    assert "sub_attribute" in other.message


def test_a_snapshot_without_configuration_makes_no_pool_and_still_restores_users(deployed: Deployed) -> None:
    source, target = deployed.pool(), deployed.pool("original_sub")
    deployed.cloud.put_users(source, [person("ada")])
    snapshot = deployed.without_configuration(deployed.backup(source))
    deployed.cloud.forget()
    over = {"snapshot": snapshot, "target_user_pool_id": target, "only": {"sections": ["config"]}}
    for request, field in ((create(snapshot, "none"), "create_pool"), (over, "only.sections")):
        refusal = deployed.refused("restore", request)
        assert refusal.error == "InvalidRequest"
        assert refusal.message.startswith(f"{field}: ")
        assert "earlier release" in refusal.message
    assert deployed.writes() == {}
    restored = deployed.restore(snapshot, target)
    assert (restored["status"], restored["counts"]["created"]) == ("COMPLETE", 1)
    assert deployed.document(restored["report"])["plan"]["configuration"] == {"action": "none"}


@pytest.mark.parametrize(
    ("changed", "field", "problem"),
    [
        (
            {"override": {"username_attributes": ["email"], "alias_attributes": ["email"]}},
            "create_pool.override",
            "a pool has one or the other",
        ),
        ({"override": {"required_attributes": ["custom:tier"]}}, "create_pool.override.required_attributes", "custom"),
        ({"override": {"colour": "red"}}, "create_pool.override.colour", ""),
        ({"region": "xx-north-1"}, "create_pool.region", "no Cognito user pools"),
        ({"target_user_pool_id": "us-east-1_AbCdEfGhI"}, "create_pool", "both given"),
        ({"create_pool": None}, "target_user_pool_id", "is missing"),
        ({"restore_id": "20200101T000000Z-000000"}, "restore_id", "names no restore"),
    ],
    ids=["two-sign-ins", "required-custom", "unknown-override", "region", "both", "neither", "restore-id"],
)
def test_what_contradicts_itself_is_refused_by_field(
    deployed: Deployed, plain: str, changed: Json, field: str, problem: str
) -> None:
    request = create(plain, "never-made", **changed)
    refusal = deployed.refused("restore", {name: value for name, value in request.items() if value is not None})
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith(f"{field}: ")
    assert problem in refusal.message
    assert "Example" in refusal.message
    assert deployed.writes() == {}
    assert pools_named(deployed, "never-made") == []


def test_an_override_that_contradicts_the_pool_says_what_to_give_up(deployed: Deployed) -> None:
    source = deployed.pool(UsernameAttributes=["email"])
    backup = deployed.backup(source)
    deployed.cloud.forget()
    request = create(f"{source}/{backup['snapshot_id']}", "never-made", override={"alias_attributes": ["email"]})
    refusal = deployed.refused("restore", request)
    assert refusal.error == "InvalidRequest"
    assert refusal.message.startswith("create_pool.override.alias_attributes: ")
    assert '"username_attributes": []' in refusal.message
    assert deployed.writes() == {}


@pytest.mark.parametrize(
    ("override", "who", "reason"),
    [
        ({"username_attributes": ["email"]}, {"Ada", "bob", "carl", "dora"}, "no_sign_in_attribute"),
        ({"required_attributes": ["email"]}, {"Ada", "bob", "carl", "dora"}, "required_attribute_missing:email"),
        ({"case_sensitive": False}, {"ada", "Ada"}, "name_collides"),
    ],
    ids=["e-mail", "required", "case"],
)
def test_an_override_that_contradicts_the_data_names_who_is_left_behind(
    deployed: Deployed, plain: str, override: Json, who: set[str], reason: str
) -> None:
    deployed.cloud.forget()
    refusal, restore_id = stopped(deployed, create(plain, "never-made", override=override))
    assert refusal.error == "TargetMismatch"
    failing = deployed.rows(f"restores/{restore_id}/failing/")
    assert {row["reason"] for row in failing} == {reason}
    # Of two who become one, the first comes along.
    assert {row["username"] for row in failing} <= who
    assert len(failing) == (1 if reason == "name_collides" else len(who))
    assert f"{reason} ({len(failing)} users)" in refusal.message
    assert f"{len(failing)} of 5 users" in refusal.message
    assert not [name for name in ("Ada", "bob", "carl", "dora") if name in refusal.message]
    assert deployed.writes() == {}
    assert pools_named(deployed, "never-made") == []


def test_an_override_that_loses_few_enough_is_carried_out(deployed: Deployed, plain: str) -> None:
    result = deployed.run(
        "restore", create(plain, "without-case", override={"case_sensitive": False}, max_failed_percent=20)
    )
    assert result["status"] == "PARTIAL"
    assert (result["counts"]["created"], result["counts"]["failed"]) == (4, 1)
    pool = described(deployed, result["target_user_pool_id"])
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    assert deployed.document(result["report"])["configuration"]["undeclared"] == {}


def test_a_dry_run_writes_nothing_and_tells_all(deployed: Deployed, dressed: Dressed) -> None:
    deployed.cloud.forget()
    result = deployed.run("restore", create(dressed.snapshot, "dry", dry_run=True))
    fits("restore.result", result)
    assert (result["status"], result["target_user_pool_id"], result["counts"]["created"]) == ("DRY_RUN", None, 2)
    assert deployed.writes() == {}
    assert pools_named(deployed, "dry") == []
    report = deployed.document(result["report"])
    fits("restore.report", report)
    plan = deployed.document(f"restores/{result['restore_id']}/plan.json")
    fits("plan", plan)
    assert report["plan"] == plan
    configuration = plan["configuration"]
    assert (configuration["action"], configuration["pool_name"], configuration["region"]) == (
        "create",
        "dry",
        "us-east-1",
    )
    assert configuration["makes"] == {
        "clients": 1,
        "identity_providers": 0,
        "resource_servers": 1,
        "domains": 0,
        "ui_customization": 0,
        "branding": 0,
        "terms": 0,
        "sessions": 2,
        "risk": 0,
    }
    assert {(todo["name"], todo["why"]) for todo in configuration["todo"]} == {
        ("LambdaConfig.PreSignUp", "needs_permission"),
        ("LambdaConfig.PostConfirmation", "other_account"),
        ("LambdaConfig.PostAuthentication", "other_region"),
        ("dressed", "domain_taken"),
    }


# Stopped half-way


def test_a_quota_of_clients_stops_the_run_and_the_same_restore_goes_on(deployed: Deployed, plain: str) -> None:
    request = create(plain, "quota-of-clients")
    quota = {"action": "CreateUserPoolClient", "error": "LimitExceededException", "after": 2, "times": None}
    with deployed.cloud.faults(quota):
        refusal, restore_id = stopped(deployed, request)
    assert refusal.error == "PoolIncomplete"
    [pool] = pools_named(deployed, "quota-of-clients")
    assert len(clients_of(deployed, pool)) == 2
    record = deployed.document(f"restores/{restore_id}/pool.json")
    fits("pool", record)
    assert (record["user_pool_id"], len(record["clients"])) == (pool, 2)
    assert "clients" not in record["sections_done"]
    for told in (pool, "2 app clients", f"restore_id {restore_id}", "CreateUserPoolClient", "LimitExceededException"):
        assert told in refusal.message
    assert deployed.users(pool) == {}
    made = record["clients"]
    result = deployed.run("restore", {**request, "restore_id": restore_id})
    assert result["restore_id"] == restore_id
    assert_one_whole_pool(deployed, plain, "quota-of-clients", result)
    record = deployed.document(f"restores/{restore_id}/pool.json")
    assert made.items() <= record["clients"].items(), "those that were made are kept"
    assert deployed.cloud.calls()["CreateUserPool"] == 1


def test_a_half_made_pool_that_somebody_deleted_is_made_anew_and_whole(deployed: Deployed, plain: str) -> None:
    request = create(plain, "cleaned-up")
    quota = {"action": "CreateUserPoolClient", "error": "LimitExceededException", "after": 2, "times": None}
    with deployed.cloud.faults(quota):
        _, restore_id = stopped(deployed, request)
    [half] = pools_named(deployed, "cleaned-up")
    deployed.idp(half).delete_user_pool(UserPoolId=half)
    result = deployed.run("restore", {**request, "restore_id": restore_id})
    assert result["target_user_pool_id"] != half
    assert_one_whole_pool(deployed, plain, "cleaned-up", result)
    servers = deployed.idp(result["target_user_pool_id"]).list_resource_servers(
        UserPoolId=result["target_user_pool_id"], MaxResults=50
    )["ResourceServers"]
    assert [server["Identifier"] for server in servers] == ["api"]


def test_a_quota_of_pools_leaves_nothing_and_says_so(deployed: Deployed, plain: str) -> None:
    request = create(plain, "quota-of-pools", only={"sections": ["config"]})
    deployed.cloud.forget()
    with deployed.cloud.faults({"action": "CreateUserPool", "error": "LimitExceededException", "times": None}):
        refusal, restore_id = stopped(deployed, request)
    assert refusal.error == "PoolIncomplete"
    assert "no pool yet" in refusal.message
    assert set(deployed.writes()) == {"CreateUserPool"}
    assert pools_named(deployed, "quota-of-pools") == []
    record = deployed.document(f"restores/{restore_id}/pool.json")
    assert (record["user_pool_id"], record["clients"], record["sections_done"]) == (None, {}, [])
    result = deployed.run("restore", {**request, "restore_id": restore_id})
    assert result["status"] == "COMPLETE"
    assert pools_named(deployed, "quota-of-pools") == [result["target_user_pool_id"]]


@pytest.mark.parametrize(
    ("action", "after"), [("CreateUserPool", 0), ("CreateUserPoolClient", 1), ("UpdateUserPool", 0)]
)
def test_a_function_that_was_killed_makes_no_second_pool_and_no_second_client(
    deployed: Deployed, plain: str, action: str, after: int
) -> None:
    name = f"killed-at-{action}"
    with deployed.cloud.faults({"action": action, "after": after, "kill_caller": True}):
        result = deployed.run("restore", create(plain, name))
        assert deployed.cloud.control("GET", "faults") == []
    assert_one_whole_pool(deployed, plain, name, result)
    assert deployed.cloud.calls()["CreateUserPool"] == 1
    assert deployed.cloud.calls()["CreateUserPoolClient"] == len(CLIENTS)


#: Everything that changes the configuration of a pool of every kind.
WRITING = (
    "CreateUserPool",
    "CreateUserPoolDomain",
    "CreateResourceServer",
    "CreateIdentityProvider",
    "CreateUserPoolClient",
    "SetUserPoolMfaConfig",
    "SetUICustomization",
    "CreateManagedLoginBranding",
    "CreateTerms",
    "SetUserPoolSessionConfiguration",
    "SetUserPoolClientSessionConfiguration",
    "SetRiskConfiguration",
    "SetLogDeliveryConfiguration",
    "UpdateUserPool",
)


def test_no_answer_that_was_lost_makes_anything_twice_or_leaves_it_out(deployed: Deployed) -> None:
    """Botocore's own retry would make another: who hears of an outage has to look what is there before asking again."""
    rich = rich_pool.make(deployed.cloud, "shop-lost-answers", "shop-of-lost-answers")
    backup = deployed.backup(rich.user_pool_id)
    snapshot = f"{rich.user_pool_id}/{backup['snapshot_id']}"
    request = create(snapshot, "lost-answers", override={"domain": "lost-answers"})
    with deployed.cloud.faults(*({"action": action, "kill_after": True} for action in WRITING)):
        result = deployed.run("restore", request)
        assert deployed.cloud.control("GET", "faults") == [], "every one of them struck"
    assert result["status"] == "COMPLETE"
    assert pools_named(deployed, "lost-answers") == [result["target_user_pool_id"]]
    assert clients_of(deployed, result["target_user_pool_id"]) == sorted(rich.clients)
    configuration = deployed.document(result["report"])["configuration"]
    assert (configuration["undeclared"], configuration["gaps"], configuration["clients"]) == ({}, 0, 4)
    assert {todo["why"] for todo in configuration["todo"]} == {"needs_permission"}


# Configuration that was saved in part


def test_a_section_that_fails_makes_the_snapshot_partial_and_the_copy_has_a_thing_to_do(deployed: Deployed) -> None:
    source = deployed.pool()
    with deployed.cloud.faults(UNKNOWN):
        backup = deployed.backup(source)
    assert backup["status"] == "PARTIAL"
    assert [warning for warning in backup["warnings"] if "Section" in warning] == [
        "Section log_delivery of the configuration could not be read (InternalFailureOfSomeKind). This makes the "
        "snapshot PARTIAL."
    ]
    sections = deployed.document(backup["manifest"])["sections"]
    assert {"name": "log_delivery", "status": "failed", "error": "InternalFailureOfSomeKind"} in sections
    result = deployed.run("restore", create(f"{source}/{backup['snapshot_id']}", "from-a-part"))
    assert result["status"] == "PARTIAL"
    report = deployed.document(result["report"])
    [todo] = report["configuration"]["todo"]
    assert (todo["section"], todo["why"], todo["code"]) == (
        "log_delivery",
        "section_not_saved",
        "InternalFailureOfSomeKind",
    )
    assert report["configuration"]["undeclared"] == {}


def test_a_feature_that_the_tier_lacks_is_recorded_and_makes_nothing_partial(deployed: Deployed) -> None:
    source = deployed.pool()
    with deployed.cloud.faults(NOT_IN_TIER):
        backup = deployed.backup(source)
    assert backup["status"] == "COMPLETE"
    sections = deployed.document(backup["manifest"])["sections"]
    assert {
        "name": "log_delivery",
        "status": "not_offered",
        "error": "FeatureUnavailableInTierException",
    } in sections
    result = deployed.run("restore", create(f"{source}/{backup['snapshot_id']}", "of-a-lower-tier"))
    assert result["status"] == "COMPLETE"


def test_secrets_that_were_left_out_are_made_anew_or_left_to_do(deployed: Deployed) -> None:
    source = deployed.pool()
    idp = deployed.idp(source)
    details = {"client_id": "x", "client_secret": "y", "authorize_scopes": "openid", "attributes_request_method": "GET"}
    idp.create_identity_provider(
        UserPoolId=source,
        ProviderName="Partner",
        ProviderType="OIDC",
        ProviderDetails={**details, "oidc_issuer": "https://partner.example.com"},
        AttributeMapping={},
    )
    providers = ["COGNITO", "Partner"]
    old = idp.create_user_pool_client(
        UserPoolId=source, ClientName="web", GenerateSecret=True, SupportedIdentityProviders=providers
    )["UserPoolClient"]
    backup = deployed.backup(source, secrets="redact")
    result = deployed.run("restore", create(f"{source}/{backup['snapshot_id']}", "redacted"))
    assert result["status"] == "PARTIAL"
    configuration = deployed.document(result["report"])["configuration"]
    assert {(todo["name"], todo["why"]) for todo in configuration["todo"]} == {
        ("Partner", "secret_not_known"),
        (old["ClientId"], "secret_not_known"),
        (old["ClientId"], "provider_not_made"),
    }
    assert configuration["undeclared"] == {}
    new = result["target_user_pool_id"]
    [client] = deployed.idp(new).list_user_pool_clients(UserPoolId=new)["UserPoolClients"]
    told = deployed.idp(new).describe_user_pool_client(UserPoolId=new, ClientId=client["ClientId"])["UserPoolClient"]
    assert told["ClientSecret"] != old["ClientSecret"]
    assert told["SupportedIdentityProviders"] == ["COGNITO"]


# What lies outside Cognito


@dataclass(frozen=True)
class Dressed:
    """A pool with triggers here and elsewhere, a web ACL, roles, a domain, MFA for everybody, and protection."""

    pool: str
    snapshot: str
    trigger: str
    web_acl: str


@pytest.fixture(scope="module")
def dressed(deployed: Deployed) -> Dressed:
    trigger = rich_pool.trigger_function(deployed.cloud, "refuses", REFUSES)
    for role in PASSED_ROLES:
        trust = {"Effect": "Allow", "Principal": {"Service": "cognito-idp.amazonaws.com"}, "Action": "sts:AssumeRole"}
        deployed.cloud.client("iam").create_role(
            RoleName=role.rpartition("/")[2],
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
        )
    pool = deployed.pool(
        DeletionProtection="ACTIVE",
        UserPoolTags={"team": "shop"},
        LambdaConfig={"PreSignUp": trigger, "PostConfirmation": ELSEWHERE, "PostAuthentication": ABROAD},
    )
    idp = deployed.idp(pool)
    idp.create_user_pool_client(UserPoolId=pool, ClientName="web")
    scopes = [{"ScopeName": "read", "ScopeDescription": "Read"}]
    idp.create_resource_server(UserPoolId=pool, Identifier="api", Name="API", Scopes=scopes)
    idp.create_user_pool_domain(UserPoolId=pool, Domain="dressed")
    totp = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": "ON"}
    idp.set_user_pool_mfa_config(UserPoolId=pool, **totp)
    visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "x"}
    waf = deployed.cloud.client("wafv2")
    acl = waf.create_web_acl(Name="dressed", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visible)[
        "Summary"
    ]["ARN"]
    waf.associate_web_acl(WebACLArn=acl, ResourceArn=described(deployed, pool)["Arn"])
    groups: list[Json] = [
        {"GroupName": "staff", "RoleArn": OLD_ROLE, "Precedence": 1},
        {"GroupName": "guests", "RoleArn": KEPT_ROLE},
        {"GroupName": "plain"},
    ]
    deployed.cloud.put_users(pool, [person("ada", "staff"), person("bob", "guests")], groups)
    return Dressed(pool, f"{pool}/{deployed.backup(pool)['snapshot_id']}", trigger, acl)


@pytest.fixture(scope="module")
def copy(deployed: Deployed, dressed: Dressed) -> Json:
    return deployed.run("restore", create(dressed.snapshot, "dressed-copy", role_map={OLD_ROLE: NEW_ROLE}))


def test_what_is_elsewhere_is_to_do_and_makes_the_restore_partial(deployed: Deployed, copy: Json) -> None:
    assert copy["status"] == "PARTIAL"
    configuration = deployed.document(copy["report"])["configuration"]
    todos = {todo["name"]: todo for todo in configuration["todo"]}
    assert {name: todo["why"] for name, todo in todos.items()} == {
        "LambdaConfig.PreSignUp": "needs_permission",
        "LambdaConfig.PostConfirmation": "other_account",
        "LambdaConfig.PostAuthentication": "other_region",
        "dressed": "domain_taken",
    }
    assert ELSEWHERE in todos["LambdaConfig.PostConfirmation"]["do"]
    assert ABROAD in todos["LambdaConfig.PostAuthentication"]["do"]
    assert (configuration["gaps"], configuration["undeclared"]) == (3, {})


def test_everybody_is_back_although_the_trigger_refuses_everybody(
    deployed: Deployed, dressed: Dressed, copy: Json
) -> None:
    pool = copy["target_user_pool_id"]
    assert deployed.users(pool).keys() == {"ada", "bob"}
    assert described(deployed, pool)["LambdaConfig"] == {"PreSignUp": dressed.trigger}


def test_protection_mfa_and_tags_are_those_of_the_original(deployed: Deployed, copy: Json) -> None:
    pool = described(deployed, copy["target_user_pool_id"])
    assert (pool["DeletionProtection"], pool["MfaConfiguration"]) == ("ACTIVE", "ON")
    mfa = deployed.idp(pool["Id"]).get_user_pool_mfa_config(UserPoolId=pool["Id"])
    assert mfa["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert pool["UserPoolTags"] == {"team": "shop", "poolsafe:restore-id": copy["restore_id"]}


def test_the_web_acl_is_associated_again_and_still_with_the_original(
    deployed: Deployed, dressed: Dressed, copy: Json
) -> None:
    waf = deployed.cloud.client("wafv2")
    for pool in (dressed.pool, copy["target_user_pool_id"]):
        acl = waf.get_web_acl_for_resource(ResourceArn=described(deployed, pool)["Arn"])["WebACL"]
        assert acl["ARN"] == dressed.web_acl


def test_roles_of_groups_are_mapped_where_the_map_names_them(deployed: Deployed, copy: Json) -> None:
    groups = deployed.groups(copy["target_user_pool_id"])
    assert {name: group.get("RoleArn") for name, group in groups.items()} == {
        "staff": NEW_ROLE,
        "guests": KEPT_ROLE,
        "plain": None,
    }
    report = deployed.document(copy["report"])
    assert report["verification"]["undeclared_differences"] == {}
    assert report["counts"]["group"] == {"created": 3}


def test_a_role_that_is_gone_fails_its_group_and_who_was_in_it_and_nobody_else(
    deployed: Deployed, dressed: Dressed
) -> None:
    result = deployed.run("restore", create(dressed.snapshot, "without-roles"))
    assert result["status"] == "PARTIAL"
    assert result["counts"]["created"] == 2
    assert deployed.groups(result["target_user_pool_id"]).keys() == {"guests", "plain"}
    assert deployed.memberships(result["target_user_pool_id"]) == {("guests", "bob")}


def test_triggers_and_protection_come_after_the_users(deployed: Deployed, dressed: Dressed) -> None:
    """Stopped in front of the first user: the pool is whole but for what would be in the users' way."""
    override, roles = {"domain": "before-users"}, {OLD_ROLE: NEW_ROLE}
    request = create(dressed.snapshot, "before-users", override=override, role_map=roles)
    with deployed.cloud.faults({"action": "AdminCreateUser", "error": "AccessDeniedException", "times": None}):
        refusal, restore_id = stopped(deployed, request)
    assert refusal.error == "AccessDenied"
    [pool] = pools_named(deployed, "before-users")
    told = described(deployed, pool)
    assert (told.get("LambdaConfig", {}), told["DeletionProtection"]) == ({}, "INACTIVE")
    assert told["Domain"] == "before-users"
    assert deployed.groups(pool).keys() == {"staff", "guests", "plain"}
    result = deployed.run("restore", {**request, "restore_id": restore_id})
    assert result["target_user_pool_id"] == pool
    assert deployed.users(pool).keys() == {"ada", "bob"}
    told = described(deployed, pool)
    assert (told["LambdaConfig"], told["DeletionProtection"]) == ({"PreSignUp": dressed.trigger}, "ACTIVE")
    assert pools_named(deployed, "before-users") == [pool]


def test_a_copy_in_another_region_says_what_cannot_go_along(deployed: Deployed, dressed: Dressed) -> None:
    result = deployed.run(
        "restore", create(dressed.snapshot, "abroad", region="eu-west-1", role_map={OLD_ROLE: NEW_ROLE})
    )
    pool = result["target_user_pool_id"]
    assert pool.startswith("eu-west-1_")
    assert pools_named(deployed, "abroad", "eu-west-1") == [pool]
    assert deployed.users(pool).keys() == {"ada", "bob"}
    configuration = deployed.document(result["report"])["configuration"]
    whys = {todo["name"]: todo["why"] for todo in configuration["todo"]}
    assert whys["LambdaConfig.PreSignUp"] == "other_region"
    assert whys["LambdaConfig.PostConfirmation"] == "other_account"
    assert whys["LambdaConfig.PostAuthentication"] == "needs_permission"
    assert whys["web_acl"] == "other_region"
    assert configuration["undeclared"] == {}
    told = described(deployed, pool)
    assert told["LambdaConfig"] == {"PostAuthentication": ABROAD}
    ids = deployed.document(deployed.document(result["report"])["files"]["id_map"])
    assert ids["user_pool_id"] == {"old": dressed.pool, "new": pool}
    assert "eu-west-1" in json.dumps(ids["issuer"])
