"""The calls that bring a pool to what is wanted: after all of them none remain, whatever is wanted."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from poolsafe.domain.configuration.differences import differences
from poolsafe.domain.configuration.model import Configuration
from poolsafe.operations.read_configuration import ReadConfiguration
from tests.fake_cognito import ACCOUNT, FakeCognito, FakeWaf
from tests.unit.configurations import OLD_ID
from tests.unit.created_pools import Shop, plus

POOL_SETTINGS: dict[str, list[Any]] = {
    "DeletionProtection": ["ACTIVE", "INACTIVE"],
    "DeviceConfiguration": [None, {"ChallengeRequiredOnNewDevice": False}],
    "UserAttributeUpdateSettings": [{"AttributesRequireVerificationBeforeUpdate": []}],
    "SmsAuthenticationMessage": [None, "Your code: {####}"],
    "AutoVerifiedAttributes": [[], ["phone_number", "email"]],
    "LambdaConfig": [{}, {"PostConfirmation": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:a"}],
    "UserPoolTags": [{}, {"a": "b"}],
}


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """The rich pool with other settings and without some of its sections, or of their entries."""
    told = copy.deepcopy(plus())
    for name, values in POOL_SETTINGS.items():
        if draw(st.booleans()):
            value = draw(st.sampled_from(values))
            told["user_pool"].pop(name, None)
            if value is not None:
                told["user_pool"][name] = value
    if "UserPoolTags" in told["user_pool"]:
        told["tags"] = told["user_pool"]["UserPoolTags"]
    kept = draw(st.integers(1, 4))
    told["clients"] = told["clients"][:kept]
    ids = {client["ClientId"] for client in told["clients"]}
    for section in ("branding", "terms", "risk", "ui_customization"):
        told[section] = [one for one in told[section] if one.get("ClientId", "ALL") in ids | {"ALL"}]
    if draw(st.booleans()):
        told["log_delivery"] = {"LogConfigurations": []}
    if draw(st.booleans()):
        told["mfa"] = {"MfaConfiguration": "OFF"}
        told["user_pool"]["MfaConfiguration"] = "OFF"
    return told


@settings(max_examples=12)
@given(configurations())
def test_after_all_steps_no_steps_remain(told: dict[str, Any]) -> None:
    with Shop(told, people=0) as shop:
        snapshot = f"{OLD_ID}/{shop.backup()['snapshot_id']}"
        shop.cognito.domains.clear()
        result = shop.create("first", snapshot=snapshot)
        key = f"restores/{result['restore_id']}/pool.json"
        record = shop.machines.document(key)
        assert not record["todo_met"]
        # As if nothing was on record but the pool and its clients.
        record["sections_done"] = []
        shop.machines.store.put(key, json.dumps(record).encode())
        shop.forget()
        shop.create("second", snapshot=snapshot, restore_id=result["restore_id"])
    assert shop.cognito.writes == []


@settings(max_examples=12)
@given(configurations(), configurations())
def test_any_pool_is_brought_to_any_configuration(wanted: dict[str, Any], before: dict[str, Any]) -> None:
    """What is more in the live pool is left; all that is wanted is there."""
    with Shop(wanted, people=0) as shop:
        shop.backup()
        state = shop.cognito.pools[OLD_ID]
        other = FakeCognito()
        other.put(before)
        state.clients.update(
            {name: told for name, told in other.pools[OLD_ID].clients.items() if name in state.clients}
        )
        # What is more in the live pool is left, tags too: whether that is a difference is another matter.
        for name in POOL_SETTINGS.keys() - {"UserPoolTags"}:
            state.description.pop(name, None)
            if name in before["user_pool"]:
                state.description[name] = copy.deepcopy(before["user_pool"][name])
        shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
        shop.overwrite(OLD_ID, allow_source_pool=True)
        now = ReadConfiguration(shop.cognito, FakeWaf(), shop.cognito.web, OLD_ID).everything()
    same = {client["ClientId"]: client["ClientId"] for client in wanted["clients"]}
    found = differences(Configuration(wanted), now, same, ())
    assert found == []
