"""Whether two pools are fit for migration at sign-in, and what becomes of the target's triggers: pure."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from poolsafe.domain.migration.attachment import (
    Trigger,
    client_warnings,
    require_askable,
    require_attributes,
    require_groups,
    require_movable,
    require_nobody_can_write,
    require_source_client,
    require_sub_attribute,
    source_warnings,
    with_triggers,
    without_triggers,
)
from poolsafe.domain.migration.settings import OnMfa
from poolsafe.domain.target import TargetPool
from poolsafe.errors import InvalidRequest, TargetMismatch

OURS = {Trigger.USER_MIGRATION: "arn:move", Trigger.TOKEN: "arn:token"}
VERSIONED = "PreTokenGenerationConfig"
ORIGINAL_SUB = "custom:original_sub"
ARN = "arn:aws:cognito-idp:us-east-1:111111111111:userpool/us-east-1_Old"


def pool(**told: Any) -> TargetPool:
    return TargetPool.of({"Id": "us-east-1_Target", **told})


def attribute(name: str, **told: Any) -> dict[str, Any]:
    return {"Name": name, "AttributeDataType": "String", "Mutable": True, **told}


def described(config: dict[str, Any] | None = None, tier: str = "ESSENTIALS") -> dict[str, Any]:
    return {"Id": "us-east-1_Target", "LambdaConfig": config or {}, "UserPoolTier": tier}


def test_attaching_keeps_the_other_triggers_and_detaching_leaves_what_is_not_ours() -> None:
    before = {"PreSignUp": "arn:theirs"}
    attached = with_triggers(described(before), OURS)
    assert attached == {
        "PreSignUp": "arn:theirs",
        "UserMigration": "arn:move",
        "PreTokenGeneration": "arn:token",
        VERSIONED: {"LambdaVersion": "V2_0", "LambdaArn": "arn:token"},
    }
    assert with_triggers(described(attached), OURS) == attached
    assert without_triggers(described(attached), OURS) == before
    theirs = {"UserMigration": "arn:theirs", VERSIONED: {"LambdaVersion": "V1_0", "LambdaArn": "arn:theirs"}}
    assert without_triggers(described(theirs), OURS) == theirs


def test_one_trigger_is_detached_without_the_other() -> None:
    attached = with_triggers(described(), OURS)
    left = without_triggers(described(attached), {Trigger.USER_MIGRATION: "arn:move"})
    assert left.keys() == {"PreTokenGeneration", VERSIONED}


def test_a_plan_without_access_token_customization_gets_the_first_version() -> None:
    assert with_triggers(described(tier="LITE"), OURS)[VERSIONED]["LambdaVersion"] == "V1_0"


@pytest.mark.parametrize(
    "theirs",
    [
        {"UserMigration": "arn:theirs"},
        {"PreTokenGeneration": "arn:theirs"},
        {VERSIONED: {"LambdaVersion": "V2_0", "LambdaArn": "arn:theirs"}},
    ],
)
def test_the_function_of_somebody_else_is_never_replaced(theirs: dict[str, Any]) -> None:
    with pytest.raises(TargetMismatch, match="arn:theirs"):
        with_triggers(described(theirs), OURS)


@pytest.mark.parametrize("allowed", [[ARN], [f"{ARN[:-3]}*"], ["other", ARN]])
def test_a_source_that_the_stack_names_may_be_asked(allowed: list[str]) -> None:
    require_askable(ARN, allowed)


@pytest.mark.parametrize("allowed", [[], [ARN.replace("Old", "Older")], [ARN.replace("us-east-1:", "eu-west-1:")]])
def test_a_source_that_the_stack_does_not_name_is_refused_with_its_arn(allowed: list[str]) -> None:
    with pytest.raises(InvalidRequest, match=ARN):
        require_askable(ARN, allowed)


@pytest.mark.parametrize("maximum", [None, "36", "2048"])
def test_a_place_that_holds_a_sub_will_do(maximum: str | None) -> None:
    limits = {"StringAttributeConstraints": {"MaxLength": maximum}} if maximum else {}
    require_sub_attribute(pool(SchemaAttributes=[attribute(ORIGINAL_SUB, **limits)]), ORIGINAL_SUB)


@pytest.mark.parametrize(
    "schema", [[], [attribute(ORIGINAL_SUB, StringAttributeConstraints={"MaxLength": "35"})]], ids=["none", "short"]
)
def test_a_target_without_a_place_for_the_old_sub_is_refused(schema: list[dict[str, Any]]) -> None:
    with pytest.raises(TargetMismatch, match="OriginalSubAttribute"):
        require_sub_attribute(pool(SchemaAttributes=schema), ORIGINAL_SUB)


@pytest.mark.parametrize(("mutable", "writes", "is_refused"), [
    (True, [ORIGINAL_SUB], True),
    (True, ["email"], False),
    (True, None, False),
    (False, [ORIGINAL_SUB], False),
])  # fmt: skip
def test_nobody_may_be_able_to_claim_the_sub_of_somebody_else(
    mutable: bool, writes: list[str] | None, is_refused: bool
) -> None:
    target = pool(SchemaAttributes=[attribute(ORIGINAL_SUB, Mutable=mutable)])
    clients = [{"ClientId": "app", "WriteAttributes": writes}]
    with pytest.raises(TargetMismatch, match="app") if is_refused else nullcontext():
        require_nobody_can_write(target, ORIGINAL_SUB, clients)


def test_an_attribute_is_left_behind_on_purpose_or_not_at_all() -> None:
    source, target = pool(SchemaAttributes=[attribute("custom:a"), attribute("custom:b")]), pool()
    with pytest.raises(TargetMismatch, match="custom:a, custom:b"):
        require_attributes(source, target, ())
    with pytest.raises(TargetMismatch, match="custom:b"):
        require_attributes(source, target, ("custom:a",))
    assert require_attributes(source, target, ("custom:a", "custom:b")) == []
    with pytest.raises(InvalidRequest, match="custom:c"):
        require_attributes(source, target, ("custom:a", "custom:b", "custom:c"))


def test_what_the_target_asks_for_beyond_the_source_is_a_warning() -> None:
    source = pool(SchemaAttributes=[attribute("name")])
    target = pool(SchemaAttributes=[attribute("name", Required=True)])
    [warning] = require_attributes(source, target, ())
    assert "name" in warning


def test_groups_have_to_be_there_but_for_those_that_cognito_makes() -> None:
    require_groups(["staff", "us-east-1_Old_Okta"], ["staff"], "us-east-1_Old")
    with pytest.raises(TargetMismatch, match=r"7 groups .* and 2 more"):
        require_groups([f"group{number}" for number in range(7)], [], "us-east-1_Old")


@pytest.mark.parametrize("flow", ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"])
def test_a_client_of_the_source_that_can_be_asked_will_do(flow: str) -> None:
    require_source_client({"ClientId": "ask", "ExplicitAuthFlows": [flow]}, "ask")


@pytest.mark.parametrize("client", [None, {"ClientId": "ask", "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}, {}])
def test_a_client_of_the_source_that_cannot_be_asked_is_refused(client: dict[str, Any] | None) -> None:
    with pytest.raises(InvalidRequest, match="source_client_id"):
        require_source_client(client, "ask")


def app(name: str, *flows: str, hides: bool = True, **told: Any) -> dict[str, Any]:
    shows = "ENABLED" if hides else "LEGACY"
    return {"ClientId": name, "ExplicitAuthFlows": [*flows], "PreventUserExistenceErrors": shows, **told}


def test_apps_that_hide_the_password_or_show_who_exists_are_named() -> None:
    good = app("good", "ALLOW_USER_PASSWORD_AUTH")
    assert [*client_warnings(pool(), [good, app("managed", AllowedOAuthFlowsUserPoolClient=True)])] == []
    [hidden] = client_warnings(pool(), [good, app("srp", "ALLOW_USER_SRP_AUTH")])
    assert "srp" in hidden
    assert "good" not in hidden
    [shown] = client_warnings(pool(), [good, app("talks", "ALLOW_USER_PASSWORD_AUTH", hides=False)])
    assert "talks" in shown
    with pytest.raises(TargetMismatch, match="ALLOW_USER_PASSWORD_AUTH"):
        [*client_warnings(pool(), [app("srp", "ALLOW_USER_SRP_AUTH")])]


def test_a_source_that_requires_a_second_factor_moves_nobody_or_everybody_by_a_new_password() -> None:
    required, plain = pool(MfaConfiguration="ON"), pool()
    with pytest.raises(InvalidRequest, match="on_mfa"):
        require_movable(required, OnMfa.REFUSE)
    for on_mfa in OnMfa:
        require_movable(plain, on_mfa)
        assert [*source_warnings(plain, plain, on_mfa)] == []
    assert "new password" in next(source_warnings(required, plain, OnMfa.RESET))


def test_names_that_the_other_pool_does_not_know_are_a_warning() -> None:
    by_mail, plain = pool(UsernameAttributes=["email"]), pool()
    assert "no name in the source" in next(source_warnings(plain, by_mail, OnMfa.RESET))
    assert "no alias in the target" in next(source_warnings(by_mail, plain, OnMfa.RESET))
    with_alias = pool(AliasAttributes=["email"])
    assert [*source_warnings(by_mail, with_alias, OnMfa.RESET)] == []
    assert [*source_warnings(with_alias, by_mail, OnMfa.RESET)] == []
