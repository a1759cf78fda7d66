"""A pool that exists: its configuration is compared, and written over only after somebody was shown what changes."""

from __future__ import annotations

from typing import Any

import pytest

from poolsafe.domain.configuration.differences import MISSING
from poolsafe.schema_check import require
from tests.step_functions import ExecutionFailed
from tests.unit.configurations import OLD_ID
from tests.unit.created_pools import RESTORED, Shop, documents, plus, todos

LIVE = {"target_user_pool_id": OLD_ID, "allow_source_pool": True}


def changed_since_its_backup(told: Any = documents) -> Shop:
    """The pool itself, as somebody left it after a backup."""
    shop = Shop(told())
    with shop:
        shop.backup()
    state = shop.cognito.pools[OLD_ID]
    state.description["DeviceConfiguration"] = {"ChallengeRequiredOnNewDevice": False}
    state.description["DeletionProtection"] = "INACTIVE"
    state.clients["2client2mobile"]["PreventUserExistenceErrors"] = "LEGACY"
    del state.providers["Okta"]
    state.clients["1client1web"]["SupportedIdentityProviders"] = ["COGNITO"]
    state.resource_servers["https://api.example.com/orders"]["Name"] = "other"
    return shop


def refusal(shop: Shop, target: str, **options: Any) -> ExecutionFailed:
    with shop, pytest.raises(ExecutionFailed) as failed:
        shop.overwrite(target, **options)
    return failed.value


def differences(shop: Shop, result: dict[str, Any]) -> set[tuple[str, str, str]]:
    plan = shop.file(result["restore_id"], "plan.json")
    require("plan", plan)
    return {(one["section"], one["name"], one["member"]) for one in plan["configuration"]["differences"]}


def test_a_restore_of_users_compares_the_configuration_and_writes_none_of_it() -> None:
    shop = changed_since_its_backup()
    with shop:
        result = shop.machines.start("restore", {"snapshot": f"{OLD_ID}/latest", **LIVE})
    found = differences(shop, result)
    assert ("user_pool", "protection", "DeletionProtection") in found
    assert ("user_pool", "settings", "DeviceConfiguration") in found
    assert ("clients", "2client2mobile", "PreventUserExistenceErrors") in found
    assert ("identity_providers", "Okta", MISSING) in found
    assert ("resource_servers", "https://api.example.com/orders", "Name") in found
    assert shop.cognito.writes == []


def test_a_pool_that_did_not_change_differs_in_nothing() -> None:
    with Shop(plus()) as shop:
        shop.backup()
        result = shop.machines.start("restore", {"snapshot": f"{OLD_ID}/latest", **LIVE})
    assert differences(shop, result) == set()


def test_a_live_pool_is_written_over_only_after_a_dry_run() -> None:
    failed = refusal(changed_since_its_backup(), OLD_ID, allow_source_pool=True)
    assert failed.error == "InvalidRequest"
    assert "only.sections: names config, which overwrites settings of a pool that exists" in failed.cause
    assert '\\"dry_run\\": true' in failed.cause


def test_what_a_dry_run_showed_is_written_and_nothing_else() -> None:
    shop = changed_since_its_backup()
    with shop:
        shown = shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
        assert shop.cognito.writes == []
        result = shop.overwrite(OLD_ID, allow_source_pool=True)
    assert shown["status"] == "DRY_RUN"
    assert len(differences(shop, shown)) > 4
    state = shop.cognito.pools[OLD_ID]
    assert state.description["DeviceConfiguration"] == documents()["user_pool"]["DeviceConfiguration"]
    assert state.description["DeletionProtection"] == "ACTIVE"
    assert "Okta" in state.providers
    assert state.clients["1client1web"]["SupportedIdentityProviders"] == ["COGNITO", "Okta", "Partner-OIDC"]
    assert state.clients["2client2mobile"]["PreventUserExistenceErrors"] == "ENABLED"
    assert len(state.clients) == 4
    report = shop.file(result["restore_id"], "report.json")
    require("restore.report", report)
    assert report["configuration"]["undeclared"] == {}
    assert not {"CreateUserPool", "CreateUserPoolClient", "CreateGroup"} & set(shop.cognito.operations)
    assert "AdminCreateUser" not in shop.cognito.history


def test_a_pool_that_changed_since_the_dry_run_is_not_written_over() -> None:
    shop = changed_since_its_backup()
    with shop:
        shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
    shop.cognito.pools[OLD_ID].description["SmsAuthenticationMessage"] = "changed meanwhile {####}"
    failed = refusal(shop, OLD_ID, allow_source_pool=True)
    assert failed.error == "InvalidRequest"
    assert "only.sections" in failed.cause
    assert shop.cognito.writes == []


def test_a_change_elsewhere_does_not_undo_what_was_shown() -> None:
    """Users come and go; their number is no setting."""
    shop = changed_since_its_backup()
    with shop:
        shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
        shop.source.add("newcomer", email="new@example.com")
        shop.overwrite(OLD_ID, allow_source_pool=True)


def test_a_second_dry_run_shows_what_is_new() -> None:
    shop = changed_since_its_backup()
    with shop:
        shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
        shop.cognito.pools[OLD_ID].description["SmsAuthenticationMessage"] = "changed meanwhile {####}"
        shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
        shop.overwrite(OLD_ID, allow_source_pool=True)
    assert shop.cognito.writes


def test_updates_send_the_whole_object() -> None:
    """UpdateUserPool resets what is left out: nothing that is not in the snapshot's way is lost."""
    shop = changed_since_its_backup()
    before = dict(shop.cognito.pools[OLD_ID].description)
    with shop:
        shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
        shop.overwrite(OLD_ID, allow_source_pool=True)
    after = shop.cognito.pools[OLD_ID].description
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert changed <= {"LastModifiedDate", "DeviceConfiguration", "DeletionProtection", "UserPoolTags"} | {
        # Told twice; the template says which holds.
        *("VerificationMessageTemplate", "AdminCreateUserConfig", "EmailVerificationMessage"),
        # Cognito's own.
        *("Status", "EstimatedNumberOfUsers"),
    }


def test_what_only_a_new_pool_can_change_is_to_do() -> None:
    shop = changed_since_its_backup()
    with shop:
        made = shop.cognito.call("CreateUserPool", PoolName="other", UsernameConfiguration={"CaseSensitive": True})
        target = made["UserPool"]["Id"]
        shop.forget()
        shown = shop.overwrite(target, dry_run=True)
    found = todos(shop.file(shown["restore_id"], "plan.json")["configuration"])
    assert ("user_pool", "UsernameConfiguration", "immutable") in found
    assert ("user_pool", "UsernameAttributes", "immutable") in found
    assert shop.cognito.writes == []


def test_the_configuration_of_a_copy_is_brought_up_to_date() -> None:
    """Clients have other ids there, and are known by their names where those are unique."""
    shop = Shop(plus(clients=plus()["clients"][:3], terms=[], branding=[]))
    with shop:
        shop.backup()
        shop.cognito.domains.clear()
        shop.create()
        target = shop.new_id
        (mobile,) = [one for one in shop.new.clients.values() if one["ClientName"] == "mobile app"]
        mobile["PreventUserExistenceErrors"] = "LEGACY"
        shop.forget()
        shown = shop.overwrite(target, dry_run=True)
        assert ("clients", "2client2mobile", "PreventUserExistenceErrors") in differences(shop, shown)
        shop.overwrite(target)
    assert len(shop.new.clients) == 3
    assert shop.cognito.operations.count("UpdateUserPoolClient") == 1
    assert "CreateUserPoolClient" not in shop.cognito.operations
    assert len(shop.cognito.named(RESTORED)) == 1


def test_what_only_the_live_pool_has_is_left_and_is_no_failure() -> None:
    shop = changed_since_its_backup()
    shop.cognito.call("CreateUserPoolClient", UserPoolId=OLD_ID, ClientName="newer")
    with shop:
        shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
        shop.overwrite(OLD_ID, allow_source_pool=True)
    assert len(shop.cognito.pools[OLD_ID].clients) == 5
