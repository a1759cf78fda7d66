"""A pool made anew from a snapshot, through the real machines: what comes back, what does not, and who has to know."""

from __future__ import annotations

import json
from typing import Any

import pytest

from poolsafe import bootstrap
from poolsafe.domain.configuration.record import MARK
from poolsafe.domain.restore.outcome import Outcome
from poolsafe.operations.parts import read_keys
from poolsafe.schema_check import require
from tests.fake_cognito import ACCOUNT, FakeCognito, FakeWaf, refused
from tests.fakes import EveryTime
from tests.pipeline import pool_with
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.configurations import OLD_ID
from tests.unit.created_pools import (
    ADMIN_ROLE,
    APPLE,
    KIOSK,
    KIOSK_TOO,
    MOBILE,
    RESTORED,
    WEB,
    WEB_ACL,
    WEB_SECRET,
    WITH_APPLE,
    Shop,
    documents,
    plain,
    plus,
    second_secret,
    todos,
)

#: Domains of the new pool: those of the old belong to it.
FREE = {"override": {"domain": "customers-restored"}}
ADMIN_CALLS = ("CreateGroup", "AdminCreateUser", "AdminSetUserPassword", "AdminAddUserToGroup")


def report_of(shop: Shop, result: dict[str, Any]) -> dict[str, Any]:
    report: dict[str, Any] = shop.file(result["restore_id"], "report.json")
    return report


def restored(told: dict[str, Any] | None = None, **options: Any) -> tuple[Shop, dict[str, Any]]:
    """The rich pool backed up and made anew; the result."""
    with Shop(plus() if told is None else told) as shop:
        shop.backup()
        return shop, shop.create(**options)


def unexplained(shop: Shop, result: dict[str, Any]) -> list[Any]:
    return [one for one in shop.file(result["restore_id"], "config_differences.json") if one["because"] is None]


def refusal(shop: Shop, **options: Any) -> ExecutionFailed:
    with shop, pytest.raises(ExecutionFailed) as failed:
        shop.create(**options)
    return failed.value


@pytest.mark.parametrize("told", [documents, plus, plain])
def test_a_pool_is_made_that_differs_in_nothing_unexplained(told: Any) -> None:
    shop, result = restored(told(), create_pool=FREE)
    report = report_of(shop, result)
    require("restore.result", result)
    require("restore.report", report)
    assert unexplained(shop, result) == []
    assert report["configuration"]["undeclared"] == {}
    assert report["verification"]["passed"]
    assert result["target_user_pool_id"] == shop.new_id
    assert result["counts"]["created"] == 3
    assert {account.user.attributes["email"] for account in shop.cognito.user_pool(shop.new_id).accounts.values()} == {
        f"user{number}@example.com" for number in range(3)
    }


@pytest.mark.parametrize("told", [documents, plain])
def test_what_a_restore_writes_down_fits_its_schemas(told: Any) -> None:
    shop, result = restored(told())
    for name, schema in (("pool.json", "pool"), ("id_map.json", "id_map"), ("cut_over.json", "cut_over")):
        require(schema, shop.file(result["restore_id"], name))
    require("plan", shop.file(result["restore_id"], "plan.json"))


def test_a_pool_that_lacks_something_is_never_called_complete() -> None:
    assert restored(plain())[1]["status"] == "COMPLETE"
    shop, result = restored()
    assert result["status"] == "PARTIAL"
    assert report_of(shop, result)["configuration"]["gaps"] > 0


def test_every_section_comes_back() -> None:
    shop, _ = restored(create_pool=FREE)
    old, new = shop.cognito.pools[OLD_ID], shop.new
    assert len(new.clients) == len(old.clients) == 4
    assert new.providers.keys() == old.providers.keys()
    assert new.resource_servers.keys() == old.resource_servers.keys()
    assert len(new.branding) == len(old.branding) == 2
    assert len(new.terms) == len(new.risk) - 1 == 1
    assert new.mfa == old.mfa
    assert new.log_delivery == old.log_delivery
    assert new.ui.keys() == {"ALL", *(name for name, told in new.clients.items() if told["ClientName"] == "mobile app")}
    assert new.description["Domain"] == "customers-restored"


def test_the_order_is_that_in_which_things_rest_upon_each_other() -> None:
    shop, _ = restored(create_pool=FREE)
    first = {name: shop.cognito.history.index(name) for name in shop.cognito.history}
    order = [
        *("CreateUserPool", "CreateUserPoolDomain", "CreateResourceServer", "CreateIdentityProvider"),
        *("CreateUserPoolClient", "SetUserPoolMfaConfig", "SetUICustomization", "CreateManagedLoginBranding"),
        *("CreateTerms", "SetRiskConfiguration", "SetLogDeliveryConfiguration", "CreateGroup", "AdminCreateUser"),
    ]
    assert sorted(order, key=first.__getitem__) == order
    last_user = max(number for number, name in enumerate(shop.cognito.history) if name in ADMIN_CALLS)
    assert shop.cognito.history[last_user + 1 :][0] == "UpdateUserPool"


def test_no_trigger_is_attached_before_the_users_are_back() -> None:
    shop, _ = restored()
    users: Any = shop.cognito.user_pool(shop.new_id)
    assert users.triggered == []
    assert shop.new.description["LambdaConfig"] == shop.cognito.pools[OLD_ID].description["LambdaConfig"]
    *before, last = [
        *shop.cognito.sent("CreateUserPool"),
        *shop.cognito.sent("UpdateUserPool"),
    ]
    assert not any(members.get("LambdaConfig") for members in before)
    assert last["LambdaConfig"]


def test_protection_comes_last_of_all() -> None:
    shop, _ = restored()
    protected = [members["DeletionProtection"] for members in shop.cognito.sent("UpdateUserPool")]
    assert protected[-1] == "ACTIVE"
    assert set(protected[:-1]) <= {"INACTIVE"}
    assert [members["DeletionProtection"] for members in shop.cognito.sent("CreateUserPool")] == ["INACTIVE"]
    assert shop.cognito.history[-1] == "UpdateUserPool"


def test_mfa_is_off_when_the_pool_is_made_and_as_it_was_in_the_end() -> None:
    shop, _ = restored()
    assert [members["MfaConfiguration"] for members in shop.cognito.sent("CreateUserPool")] == ["OFF"]
    assert shop.new.description["MfaConfiguration"] == "OPTIONAL"


@pytest.mark.parametrize("mfa", ["ON", "OPTIONAL", "OFF"])
def test_mfa_comes_back_in_every_mode(mfa: str) -> None:
    policies = {**documents()["user_pool"]["Policies"], "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}}
    settings = {"MfaConfiguration": mfa, "Policies": policies}
    told = documents(
        user_pool=settings, mfa={"MfaConfiguration": mfa, "SoftwareTokenMfaConfiguration": {"Enabled": True}}
    )
    shop, result = restored(told)
    assert unexplained(shop, result) == []
    assert shop.new.mfa["MfaConfiguration"] == shop.new.description["MfaConfiguration"] == mfa


def test_the_confidential_client_keeps_its_secret_and_gets_a_new_id() -> None:
    shop, result = restored()
    new_id = shop.file(result["restore_id"], "pool.json")["clients"][WEB]
    assert new_id != WEB
    assert [secret.value for secret in shop.new.secrets[new_id]] == [WEB_SECRET]
    assert shop.new.secrets.keys() == {new_id}


def test_two_clients_of_one_name_are_two_clients() -> None:
    shop, result = restored()
    clients = shop.file(result["restore_id"], "pool.json")["clients"]
    assert clients.keys() == {WEB, MOBILE, KIOSK, KIOSK_TOO}
    assert len(set(clients.values())) == 4
    assert shop.new.clients[clients[KIOSK]]["AnalyticsConfiguration"]
    assert "AnalyticsConfiguration" not in shop.new.clients[clients[KIOSK_TOO]]


def test_a_pool_keeps_its_tags_and_is_marked_with_its_restore() -> None:
    shop, result = restored()
    assert shop.new.description["UserPoolTags"] == {"team": "identity", MARK: result["restore_id"]}


def test_tags_of_aws_itself_are_nobody_elses_to_set() -> None:
    """A pool that CloudFormation made has them, and Cognito refuses whoever sends them."""
    shop, _ = restored()
    assert "aws:cloudformation:stack-name" in shop.cognito.pools[OLD_ID].description["UserPoolTags"]
    sent = [members.get("UserPoolTags", {}) for _, members in shop.cognito.calls]
    assert not [name for tags in sent for name in tags if name.startswith("aws:")]


def test_the_old_pool_is_only_read() -> None:
    shop, _ = restored()
    assert not [
        operation
        for operation, members in shop.cognito.calls
        if members.get("UserPoolId") == OLD_ID and not operation.startswith(("Describe", "Get", "List"))
    ]


# What has to be done by a person.


def test_a_domain_that_the_old_pool_still_has_is_to_do() -> None:
    shop, result = restored()
    found = todos(report_of(shop, result)["configuration"])
    assert ("domains", "customers-login", "domain_taken") in found
    assert ("domains", "auth.example.com", "domain_taken") in found
    assert "CreateUserPoolDomain" not in shop.cognito.operations


def test_a_domain_of_another_account_is_to_do_when_it_is_refused() -> None:
    told = documents(domains=[], user_pool={"Domain": None, "CustomDomain": None}, ui_customization=[])
    with Shop(told) as shop:
        shop.backup()
        shop.cognito.taken = frozenset({"gone-already"})
        result = shop.create(create_pool={"override": {"domain": "gone-already"}})
    (item,) = [one for one in report_of(shop, result)["configuration"]["todo"] if one["section"] == "domains"]
    assert (item["name"], item["why"], item["code"]) == ("gone-already", "domain_taken", "InvalidParameterException")


def test_a_domain_that_is_free_is_taken_over() -> None:
    with Shop() as shop:
        shop.backup()
        shop.cognito.domains.clear()
        result = shop.create()
    assert shop.cognito.domains["customers-login"]["UserPoolId"] == shop.new_id
    assert shop.cognito.domains["auth.example.com"]["UserPoolId"] == shop.new_id
    assert not [why for _, _, why in todos(report_of(shop, result)["configuration"]) if why == "domain_taken"]
    assert unexplained(shop, result) == []


def test_apples_key_is_told_to_nobody_so_the_provider_is_to_do_and_clients_go_without_it() -> None:
    told = documents(identity_providers=[*documents()["identity_providers"], APPLE])
    told["clients"][0]["SupportedIdentityProviders"].append("SignInWithApple")
    shop, result = restored(told)
    found = todos(report_of(shop, result)["configuration"])
    assert ("identity_providers", "SignInWithApple", "secret_not_known") in found
    assert ("clients", WEB, "provider_not_made") in found
    new_id = shop.file(result["restore_id"], "pool.json")["clients"][WEB]
    assert shop.new.clients[new_id]["SupportedIdentityProviders"] == ["COGNITO", "Okta", "Partner-OIDC"]
    assert unexplained(shop, result) == []
    assert len(WITH_APPLE) == len(shop.new.providers) + 1


def test_a_trigger_of_another_account_is_to_do() -> None:
    elsewhere = "arn:aws:lambda:us-east-1:999999999999:function:pre-sign-up"
    shop, result = restored(documents(user_pool={"LambdaConfig": {"PreSignUp": elsewhere}}))
    found = todos(report_of(shop, result)["configuration"])
    assert ("user_pool", "LambdaConfig.PreSignUp", "other_account") in found
    assert not shop.new.description["LambdaConfig"]
    assert unexplained(shop, result) == []


def test_a_trigger_that_cognito_refuses_is_to_do_and_the_rest_is_set() -> None:
    with Shop() as shop:
        shop.backup()

        def refuse(operation: str) -> None:
            if operation == "UpdateUserPool" and shop.cognito.user_pool(shop.new_id).accounts and not refusals:
                refusals.append(operation)
                refused({operation: "InvalidParameterException"})(operation)

        refusals: list[str] = []
        shop.cognito.before = refuse
        result = shop.create()
    found = todos(report_of(shop, result)["configuration"])
    assert ("user_pool", "LambdaConfig", "refused") in found
    assert (shop.new.description["LambdaConfig"], shop.new.description["DeletionProtection"]) == ({}, "ACTIVE")
    assert unexplained(shop, result) == []


def test_a_client_whose_secret_is_not_in_the_snapshot_gets_a_new_one_and_that_is_to_do() -> None:
    with Shop() as shop:
        shop.backup(secrets="redact")
        result = shop.create()
    found = todos(report_of(shop, result)["configuration"])
    assert ("clients", WEB, "secret_not_known") in found
    assert ("identity_providers", "Partner-OIDC", "secret_not_known") in found
    new_id = shop.file(result["restore_id"], "pool.json")["clients"][WEB]
    assert WEB_SECRET not in [secret.value for secret in shop.new.secrets[new_id]]
    assert unexplained(shop, result) == []


def test_what_became_of_the_pool_does_not_travel_between_states_because_it_grows_with_its_clients() -> None:
    with Shop() as shop:
        shop.backup(secrets="redact")
        result = shop.create()
        [answer] = [told for name, _, told in shop.machines.executions[-1].payloads if name == "FinishPool"]
    told = report_of(shop, result)["configuration"]
    assert answer == {"todo": len(told["todo"]), "gaps": told["gaps"]}
    assert answer["todo"] > answer["gaps"] > 0


def test_a_second_secret_is_to_do() -> None:
    shop = Shop()
    second_secret(shop, WEB)
    with shop:
        shop.backup()
        result = shop.create()
    assert ("clients", WEB, "second_secret") in todos(report_of(shop, result)["configuration"])


def test_a_role_that_may_not_be_passed_is_left_out_and_to_do() -> None:
    """AccessDenied at a call that passes a role is about the role."""
    with Shop() as shop:
        shop.backup()

        def deny(operation: str) -> None:
            if operation == "SetUserPoolMfaConfig" and not denied:
                denied.append(operation)
                refused({operation: "AccessDeniedException"})(operation)

        denied: list[str] = []
        shop.cognito.before = deny
        result = shop.create()
    assert ("mfa", "SmsMfaConfiguration", "refused") in todos(report_of(shop, result)["configuration"])
    assert shop.new.description["MfaConfiguration"] == "OPTIONAL"


def test_a_permission_that_is_lacking_otherwise_stops_the_restore() -> None:
    shop = Shop()
    with shop:
        shop.backup()
    shop.cognito.before = refused({"CreateResourceServer": "AccessDeniedException"})
    assert refusal(shop).error == "AccessDenied"


def test_a_section_that_was_not_saved_is_to_do() -> None:
    shop = Shop()
    shop.cognito.before = refused({"GetLogDeliveryConfiguration": "SomethingNewException"})
    with shop:
        manifest = shop.backup()
        shop.cognito.before = lambda operation: None
        result = shop.create(snapshot=f"{OLD_ID}/{manifest['snapshot_id']}")
    (item,) = [one for one in report_of(shop, result)["configuration"]["todo"] if one["section"] == "log_delivery"]
    assert (item["why"], item["code"]) == ("section_not_saved", "SomethingNewException")
    assert unexplained(shop, result) == []


def test_the_web_acl_is_associated_before_the_pool_is_called_done() -> None:
    shop = Shop()
    waf = shop.machines.wafs["us-east-1"]
    waf.call("AssociateWebACL", WebACLArn=WEB_ACL, ResourceArn=shop.cognito.pools[OLD_ID].description["Arn"])
    with shop:
        shop.backup()
        shop.create()
    assert waf.associations[shop.new.description["Arn"]] == WEB_ACL


def test_a_web_acl_that_is_gone_is_to_do() -> None:
    shop = Shop()
    waf = shop.machines.wafs["us-east-1"]
    waf.call("AssociateWebACL", WebACLArn=WEB_ACL, ResourceArn=shop.cognito.pools[OLD_ID].description["Arn"])
    with shop:
        shop.backup()
        waf.acls = frozenset()
        result = shop.create()
    assert ("external", "web_acl", "refused") in todos(report_of(shop, result)["configuration"])


def test_a_pool_in_another_region_leaves_behind_what_belongs_to_the_first() -> None:
    with Shop() as shop:
        shop.backup()
        result = shop.create(create_pool={"region": "eu-west-1"})
    assert result["target_user_pool_id"].startswith("eu-west-1_")
    assert not shop.cognito.named(RESTORED)
    found = todos(report_of(shop, result)["configuration"])
    assert ("user_pool", "LambdaConfig.PreSignUp", "other_region") in found
    assert not shop.machines.cognitos["eu-west-1"].named(RESTORED)[0].description["LambdaConfig"]
    assert unexplained(shop, result) == []


# Groups, and the old sub.


def test_a_groups_role_is_mapped_or_kept() -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/new-admins"
    for role_map, expected in (({}, ADMIN_ROLE), ({ADMIN_ROLE: other}, other)):
        shop, result = restored(plain(), role_map=role_map)
        assert shop.cognito.user_pool(shop.new_id).group_records["admins"].role_arn == expected
        assert result["status"] == "COMPLETE"


def test_the_place_for_the_old_sub_is_added_where_it_is_missing() -> None:
    shop, _ = restored(plain())
    schema = {told["Name"]: told for told in shop.new.description["SchemaAttributes"]}
    assert (schema["custom:original_sub"]["Mutable"], schema["custom:original_sub"]["Required"]) == (False, False)
    kept = [account.user.attributes for account in shop.cognito.user_pool(shop.new_id).accounts.values()]
    assert {attributes["custom:original_sub"] for attributes in kept} == {"sub-0", "sub-1", "sub-2"}


@pytest.mark.parametrize(("wanted", "added"), [("custom:was", {"custom:was"}), (None, set())])
def test_the_place_for_the_old_sub_is_the_one_that_was_asked_for(wanted: str | None, added: set[str]) -> None:
    shop, _ = restored(plain(), sub_attribute=wanted)
    names = {told["Name"] for told in shop.new.description["SchemaAttributes"]}
    assert {name for name in names if name.startswith("custom:")} == added


# A dry run.


def test_a_dry_run_writes_nothing() -> None:
    shop, result = restored(dry_run=True)
    assert result["status"] == "DRY_RUN"
    assert result["target_user_pool_id"] is None
    assert shop.cognito.writes == []
    assert not shop.cognito.named(RESTORED)
    plan = shop.file(result["restore_id"], "plan.json")
    require("plan", plan)
    assert plan["configuration"]["action"] == "create"
    assert plan["configuration"]["makes"]["clients"] == 4
    assert ("domains", "customers-login", "domain_taken") in todos(plan["configuration"])
    assert plan["users"]["create"] == 3


def test_a_restore_does_what_its_plan_said() -> None:
    shop, result = restored()
    plan = shop.file(result["restore_id"], "plan.json")
    assert plan["configuration"]["makes"]["clients"] == len(shop.new.clients)
    assert plan["configuration"]["makes"]["identity_providers"] == len(shop.new.providers)
    assert plan["users"]["create"] == result["counts"]["created"]


# What is refused before anything is written.


def test_a_name_in_use_is_refused() -> None:
    shop = Shop()
    shop.cognito.call("CreateUserPool", PoolName=RESTORED)
    with shop:
        shop.backup()
    failed = refusal(shop)
    assert failed.error == "InvalidRequest"
    assert "create_pool.pool_name: is in use by us-east-1_Made" in failed.cause
    assert len(shop.cognito.named(RESTORED)) == 1
    assert shop.cognito.writes == []


def test_a_name_that_another_restore_uses_says_how_to_go_on_with_it() -> None:
    with Shop() as shop:
        shop.backup()
        first = shop.create()
    failed = refusal(shop)
    assert f"To go on with the restore that made it, give its id: restore_id {first['restore_id']}" in failed.cause


def test_a_name_in_use_is_found_on_any_page() -> None:
    shop = Shop()
    for number in range(4):
        shop.cognito.call("CreateUserPool", PoolName=RESTORED if number == 3 else f"other {number}")
    with shop:
        shop.backup()
    shop.cognito._page_sizes = iter([0, 1, 1, 0, 2, 9, 9, 9])  # type: ignore[assignment]
    assert "is in use by" in refusal(shop).cause


def test_a_snapshot_of_before_configuration_was_saved_makes_no_pool() -> None:
    machines = Deployed()
    with machines:
        manifest = machines.backup(pool_with(2, pool_id=OLD_ID))
        key = f"snapshots/{OLD_ID}/{manifest.snapshot_id}/manifest.json"
        old = {**manifest.to_json(), "sections": [], "secrets": []}
        del old["sha256"]
        _reseal(machines, key, old)
        with pytest.raises(ExecutionFailed, match="InvalidRequest") as failed:
            machines.create_pool(RESTORED, snapshot=f"{OLD_ID}/latest")
    assert "create_pool: needs the configuration, and snapshot" in failed.value.cause
    assert machines.cognitos["us-east-1"].writes == []


def _reseal(machines: Deployed, key: str, document: dict[str, Any]) -> None:
    from poolsafe.domain.manifest import own_digest

    document["sha256"] = own_digest(document)
    machines.store.put(key, json.dumps(document).encode())


def test_overrides_that_contradict_the_snapshot_are_refused() -> None:
    shop = Shop()
    with shop:
        shop.backup()
    failed = refusal(shop, create_pool={"override": {"alias_attributes": ["email"]}})
    assert "create_pool.override.alias_attributes: does not go with the username_attributes" in failed.cause
    failed = refusal(shop, create_pool={"override": {"required_attributes": ["custom:tenant"]}})
    assert "create_pool.override.required_attributes: names" in failed.cause
    assert shop.cognito.writes == []


# Overrides: the plan says who cannot come along.


def failing(shop: Shop, restore_id: str) -> dict[str | None, str | None]:
    keys = [key for key in shop.machines.store.objects if key.startswith(f"restores/{restore_id}/failing/")]
    rows = read_keys(shop.machines.store, bootstrap.PARQUET, keys, Outcome)
    return {row.username: row.reason for batch in rows for row in batch}


def by_name(*names: str, **settings: Any) -> Shop:
    """A pool that signs in by username, with these users; those with an @ have that e-mail address."""
    shop = Shop(plain(**settings), people=0)
    for name in names:
        email: dict[str, Any] = {"email": name} if "@" in name else {}
        shop.source.add(name.partition("@")[0], **email)
    return shop


def test_names_that_differ_by_case_alone_collide_in_a_pool_that_does_not_see_it() -> None:
    shop = by_name("Ada", "ada", "bob")
    with shop:
        shop.backup()
        result = shop.create(create_pool={"override": {"case_sensitive": False}}, dry_run=True, max_failed_percent=50)
    assert failing(shop, result["restore_id"]) == {"ada": "name_collides"}
    plan = shop.file(result["restore_id"], "plan.json")
    assert (plan["users"]["create"], plan["users"]["fail"]) == (2, 1)
    assert plan["configuration"]["overrides"] == ["case_sensitive"]


def test_users_without_an_address_cannot_come_along_where_it_is_the_name() -> None:
    shop = by_name("ada@example.com", "bob", "eve@example.com")
    with shop:
        shop.backup()
        override = {"username_attributes": ["email"]}
        dry = shop.create(create_pool={"override": override}, dry_run=True, max_failed_percent=50)
        result = shop.create(create_pool={"override": override}, max_failed_percent=50)
    assert failing(shop, dry["restore_id"]) == {"bob": "no_sign_in_attribute"}
    assert shop.new.description["UsernameAttributes"] == ["email"]
    assert (result["counts"]["created"], result["counts"]["failed"]) == (2, 1)


def test_too_many_who_cannot_come_along_stop_the_restore_before_a_pool_is_made() -> None:
    shop = by_name("Ada", "ada")
    with shop:
        shop.backup()
    failed = refusal(shop, create_pool={"override": {"case_sensitive": False}})
    assert failed.error == "TargetMismatch"
    assert shop.cognito.writes == []


def test_users_without_a_required_attribute_are_named() -> None:
    shop = by_name("ada@example.com", "bob")
    with shop:
        shop.backup()
        override = {"required_attributes": ["email"]}
        result = shop.create(create_pool={"override": override}, dry_run=True, max_failed_percent=50)
    assert failing(shop, result["restore_id"]) == {"bob": "required_attribute_missing:email"}


def test_an_override_is_an_explained_difference() -> None:
    shop = by_name("ada", "bob")
    with shop:
        shop.backup()
        result = shop.create(create_pool={"override": {"case_sensitive": False, "alias_attributes": ["email"]}})
    assert shop.new.description["UsernameConfiguration"] == {"CaseSensitive": False}
    assert shop.new.description["AliasAttributes"] == ["email"]
    assert unexplained(shop, result) == []


# Quotas, and going on.


def test_the_quota_of_pools_leaves_nothing_behind() -> None:
    shop = Shop()
    with shop:
        shop.backup()
    shop.cognito.max_pools = 1
    failed = refusal(shop)
    assert failed.error == "PoolIncomplete"
    assert "CreateUserPool was refused with LimitExceededException" in failed.cause
    assert "no pool yet, 0 app clients" in failed.cause
    assert shop.cognito.writes == []


def test_a_quota_half_way_stops_with_what_exists_on_record_and_a_second_run_goes_on() -> None:
    shop = Shop()
    with shop:
        shop.backup()
    shop.cognito.max_clients = 2
    failed = refusal(shop)
    assert failed.error == "PoolIncomplete"
    (restore_id,) = {key.split("/")[1] for key in shop.machines.store.objects if key.startswith("restores/")}
    record = shop.file(restore_id, "pool.json")
    require("pool", record)
    assert record["user_pool_id"] == shop.new_id
    assert set(record["clients"].values()) == shop.new.clients.keys()
    assert len(record["clients"]) == 2
    assert f"restore_id {restore_id}" in failed.cause
    shop.cognito.max_clients = 10
    with shop:
        snapshot = json.loads(shop.machines.store.objects[f"restores/{restore_id}/request.json"].content)["snapshot"]
        result = shop.create("a second run", restore_id=restore_id, snapshot=snapshot)
    assert (result["restore_id"], result["target_user_pool_id"]) == (restore_id, record["user_pool_id"])
    assert shop.cognito.operations.count("CreateUserPool") == 1
    assert shop.cognito.operations.count("CreateUserPoolClient") == len(shop.new.clients) == 4
    assert unexplained(shop, result) == []


def test_a_redrive_goes_on_as_well() -> None:
    shop = Shop()
    with shop:
        shop.backup()
    shop.cognito.max_clients = 1
    refusal(shop)
    shop.cognito.max_clients = 10
    with shop:
        shop.machines.executions[-1].redrive()
    assert len(shop.new.clients) == 4
    assert shop.cognito.operations.count("CreateUserPoolClient") == 4


def test_a_finished_restore_that_is_run_again_makes_nothing_twice() -> None:
    with Shop() as shop:
        manifest = shop.backup()
        snapshot = f"{OLD_ID}/{manifest['snapshot_id']}"
        first = shop.create(snapshot=snapshot)
        shop.forget()
        second = shop.create("again", snapshot=snapshot, restore_id=first["restore_id"])
    assert second["target_user_pool_id"] == first["target_user_pool_id"]
    assert not [name for name in shop.cognito.history if name.startswith(("Create", "AdminCreate"))]
    assert second["counts"]["skipped"] == 3


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"create_pool": {"override": {"domain": "another"}}}, "create_pool"),
        ({"role_map": {ADMIN_ROLE: f"{ADMIN_ROLE}2"}}, "role_map"),
        ({"sub_attribute": "custom:other"}, "sub_attribute"),
    ],
)
def test_a_restore_goes_on_with_the_same_request_alone(changed: dict[str, Any], named: str) -> None:
    shop = Shop()
    with shop:
        snapshot = f"{OLD_ID}/{shop.backup()['snapshot_id']}"
        first = shop.create(snapshot=snapshot)
        shop.forget()
    failed = refusal(shop, snapshot=snapshot, restore_id=first["restore_id"], **changed)
    assert f"restore_id: belongs to a restore that was asked for otherwise: {named}" in failed.cause
    assert shop.cognito.writes == []


def test_how_fast_a_restore_goes_on_may_change() -> None:
    with Shop() as shop:
        snapshot = f"{OLD_ID}/{shop.backup()['snapshot_id']}"
        first = shop.create(snapshot=snapshot)
        again = shop.create("b", snapshot=snapshot, restore_id=first["restore_id"], quota_share=1, max_failed_percent=5)
    assert again["restore_id"] == first["restore_id"]


def test_a_restore_that_nobody_knows_is_refused() -> None:
    shop = Shop()
    with shop:
        shop.backup()
    failed = refusal(shop, restore_id="20200101T000000Z-abcdef")
    assert "restore_id: names no restore that lies in this stack's bucket" in failed.cause
    assert shop.cognito.writes == []


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_hand_overs_end_in_the_same_pool(steps: int) -> None:
    with Shop(plus(), Deployed(deadline=EveryTime(steps))) as shop:
        shop.backup()
        result = shop.create(create_pool=FREE)
    assert unexplained(shop, result) == []
    assert len(shop.new.clients) == 4
    assert shop.cognito.operations.count("CreateUserPool") == 1
    assert shop.cognito.operations.count("CreateUserPoolClient") == 4


def test_a_pool_is_made_while_pages_are_short_and_empty() -> None:
    machines = Deployed(cognitos={"us-east-1": FakeCognito(page_sizes=(1, 0, 2))}, wafs={"us-east-1": FakeWaf()})
    with Shop(plus(), machines) as shop:
        shop.backup()
        result = shop.create(create_pool=FREE)
    assert unexplained(shop, result) == []
