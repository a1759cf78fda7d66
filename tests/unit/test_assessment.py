"""Can this pool be migrated, and how? Five pools made differently get five answers, each with its numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.assessment.recommend import RULES, Case, counts, decide
from poolsafe.domain.assessment.settings import SETTINGS, Change
from poolsafe.domain.assessment.target import target_report
from poolsafe.schema_check import require
from tests.unit.assessments import (
    NOW,
    POOL_ID,
    REPLICABLE,
    SES,
    SRP_CLIENT,
    Pool,
    configuration,
    federated,
    five_pools,
    user,
)


def way(pool: Pool) -> str:
    return str(pool.report()["recommendation"]["way"])


@pytest.mark.parametrize("expected", five_pools())
def test_five_pools_get_five_recommendations(expected: str) -> None:
    assert way(five_pools()[expected]) == expected


@pytest.mark.parametrize(
    ("pool", "taken"),
    [
        ("federation_only", {"federation": 200}),
        ("reset", {"reset": 300}),
        ("first_sign_in", {"first_sign_in": 200_000}),
        ("mix", {"federation": 30_000, "first_sign_in": 50_000, "reset": 20_000}),
        ("in_place", {"nothing_to_do": 50}),
    ],
)
def test_the_counts_say_how_many_users_take_which_way(pool: str, taken: dict[str, int]) -> None:
    found = five_pools()[pool].report()["recommendation"]["counts"]
    assert {part: count for part, count in found.items() if count} == taken


cases = st.builds(
    Case,
    federated=st.integers(0, 10**6),
    local=st.integers(0, 10**6),
    reachable=st.just(0),
    dormant=st.just(0),
    unable_reachable=st.just(0),
    unable_unreachable=st.just(0),
    mail_days=st.none() | st.integers(0, 1000),
    source_exists=st.booleans(),
    verdicts=st.frozensets(st.sampled_from(["in_place", "new_pool", "replication"])),
)


@given(cases, st.data())
def test_every_case_gets_an_answer_whose_parts_are_all_users(case: Case, data: st.DataObject) -> None:
    unable = data.draw(st.integers(0, case.local))
    reachable = data.draw(st.integers(0, case.local - unable))
    unable_reachable = data.draw(st.integers(0, unable))
    case = replace(
        case,
        reachable=reachable + unable_reachable,
        dormant=data.draw(st.integers(0, reachable)),
        unable_reachable=unable_reachable,
        unable_unreachable=unable - unable_reachable,
    )
    decided, because = decide(case)
    taken = counts(decided, case)
    assert because
    assert sum(taken.values()) == case.users
    assert min(taken.values()) >= 0
    assert taken["first_sign_in"] == 0 or case.source_exists


def test_the_last_rule_always_holds() -> None:
    assert RULES[-1][2](Case(0, 0, 0, 0, 0, 0, None, True, ()))


def test_region_availability_is_what_replication_is_for() -> None:
    pool = Pool([user(1)], configuration(**REPLICABLE), changes=("region_availability", "tier"))
    report = pool.report()
    assert report["recommendation"]["way"] == "replication"
    assert (report["replication"]["eligibility"], report["replication"]["serves_better"]) == ("ready", True)


def test_a_pool_that_is_not_ready_for_replication_is_told_what_to_change_first() -> None:
    report = Pool([user(1)], configuration(UserPoolTier="LITE"), changes=("region_availability",)).report()
    assert report["replication"]["eligibility"] == "after_changes"
    assert "Feature plan Essentials or Plus" in report["recommendation"]["steps"][0]


def test_moving_to_another_region_is_not_what_replication_is_for() -> None:
    report = Pool([user(1)], configuration(EmailConfiguration=SES, **REPLICABLE), changes=("region",)).report()
    assert report["recommendation"]["way"] == "reset"
    assert report["replication"]["serves_better"] is False


def test_one_setting_that_needs_a_new_pool_decides_over_ten_that_do_not() -> None:
    changes = ("password_policy", "mfa", "case_sensitivity")
    assert way(Pool([user(1)], configuration(EmailConfiguration=SES), changes=changes)) == "reset"


def test_sms_that_was_never_on_need_not_be_switched_off_by_a_new_pool() -> None:
    assert way(Pool([user(1)], changes=("switch_off_sms",))) == "in_place"
    sms = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
    assert way(Pool([user(1)], configuration(SmsConfiguration=sms), changes=("switch_off_sms",))) != "in_place"


def test_a_pool_that_is_gone_cannot_be_asked_for_passwords() -> None:
    pool = five_pools()["first_sign_in"]
    pool.options["source_exists"] = False
    report = pool.report()["recommendation"]
    assert report["way"] == "reset"
    assert (report["counts"]["reset"], report["counts"]["unreachable"]) == (150_000, 50_000)


def test_the_daily_limit_of_cognitos_sender_rules_a_reset_out() -> None:
    small = [user(n) for n in range(51)]
    assert way(Pool(small)) == "first_sign_in"
    assert way(Pool(small[:50])) == "reset"
    assert way(Pool(small, configuration(EmailConfiguration=SES))) == "reset"


def test_a_few_local_administrators_do_not_change_that_a_pool_is_federated() -> None:
    report = Pool([user(0), *(federated(n) for n in range(1, 200))]).report()["recommendation"]
    assert report["way"] == "federation_only"
    assert (report["counts"]["federation"], report["counts"]["reset"]) == (199, 1)


def test_users_who_cannot_sign_in_are_not_left_to_migrate_by_signing_in() -> None:
    pool = five_pools()["first_sign_in"]
    pool.users[1] = user(1, enabled=False)
    pool.users[2] = user(2, email=False, status="FORCE_CHANGE_PASSWORD")
    found = pool.report()["recommendation"]["counts"]
    assert (found["first_sign_in"], found["reset"], found["unreachable"]) == (196_000, 2_000, 2_000)


def test_a_client_with_srp_alone_and_required_mfa_are_named_as_risks() -> None:
    pool = five_pools()["first_sign_in"]
    pool.configuration = configuration({"clients": [SRP_CLIENT], "mfa": {"MfaConfiguration": "ON"}})
    risks = " ".join(pool.report()["recommendation"]["risks"])
    assert "1 app client" in risks
    assert "MFA is required" in risks
    assert "old pool must stay alive" in risks


@pytest.mark.parametrize(
    ("client", "state"),
    [
        (SRP_CLIENT, "must_change"),
        ({"ClientId": "c"}, "must_change"),
        ({"ClientId": "c", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]}, "ready"),
        ({"ClientId": "c", "ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH"]}, "ready"),
        ({"ClientId": "c", "AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthFlows": ["code"]}, "ready"),
        (
            {
                "ClientId": "c",
                "AllowedOAuthFlowsUserPoolClient": True,
                "AllowedOAuthFlows": ["code"],
                "SupportedIdentityProviders": ["Okta"],
            },
            "not_needed",
        ),
        (
            {"ClientId": "c", "AllowedOAuthFlowsUserPoolClient": True, "AllowedOAuthFlows": ["client_credentials"]},
            "not_needed",
        ),
    ],
)
def test_a_client_is_ready_when_it_sends_the_password(client: dict[str, Any], state: str) -> None:
    report = Pool([], configuration({"clients": [client]}, Domain="shop")).report()
    assert [one["first_sign_in"] for one in report["clients"]] == [state]


def test_the_hours_of_a_reset_are_those_of_the_slowest_quota() -> None:
    survey_of = [user(n) for n in range(100)]
    [reset] = [one for one in Pool(survey_of, times=540).report()["ways"] if one["way"] == "reset"]
    # 54,000 passwords at half of 30 a second.
    assert reset["hours"] == reset["hours_by_quota"]["UserAccountRecovery"] == 1.0
    assert reset["users_billed_as_active"] == 54_000


def test_a_csv_import_bills_those_in_groups_alone_and_nobody_knows_how_long_it_takes() -> None:
    [job] = [one for one in five_pools()["reset"].report()["ways"] if one["way"] == "import-job"]
    assert (job["hours"], job["users_billed_as_active"]) == (None, 0)


def test_every_setting_that_people_ask_about_is_in_the_table_once() -> None:
    assert [setting.change for setting in SETTINGS] == list(dict.fromkeys(setting.change for setting in SETTINGS))
    assert {setting.change for setting in SETTINGS} == set(Change)


def test_what_the_api_cannot_update_needs_a_new_pool() -> None:
    import boto3

    shapes = boto3.client("cognito-idp", "us-east-1").meta.service_model
    fixed = set(shapes.shape_for("CreateUserPoolRequest").members) - set(
        shapes.shape_for("UpdateUserPoolRequest").members
    )
    assert fixed == {"AliasAttributes", "UsernameAttributes", "Schema", "UsernameConfiguration"}


def test_the_request_takes_exactly_the_changes_that_the_table_knows() -> None:
    from tests.architecture.repository import ROOT

    schema = json.loads((ROOT / "schemas/assess.request.json").read_text("utf-8"))
    assert schema["properties"]["intended_changes"]["items"]["enum"] == [change.value for change in Change]


EMAIL = {"Name": "email", "AttributeDataType": "String", "Required": True}
TEAM = {"Name": "custom:team", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "20"}}


@pytest.mark.parametrize(
    ("source", "target", "setting", "can_take"),
    [
        ({}, {"UsernameConfiguration": {"CaseSensitive": False}}, "Case sensitivity", True),
        ({"SchemaAttributes": [TEAM]}, {}, "Attribute", True),
        ({}, {"SchemaAttributes": [EMAIL]}, "Required attribute", False),
        ({}, {"UsernameAttributes": ["email"]}, "Username attributes", False),
        (
            {"UsernameAttributes": ["email"]},
            {"UsernameAttributes": ["email", "phone_number"]},
            "Username attributes",
            True,
        ),
        ({"AliasAttributes": ["email"]}, {}, "Aliases", True),
        (
            {"SchemaAttributes": [TEAM]},
            {"SchemaAttributes": [TEAM | {"StringAttributeConstraints": {"MaxLength": "5"}}]},
            "Length of custom:team",
            True,
        ),
        (
            {"SchemaAttributes": [TEAM]},
            {"SchemaAttributes": [TEAM | {"AttributeDataType": "Number"}]},
            "Type of custom:team",
            False,
        ),
        (
            {"SchemaAttributes": [TEAM]},
            {"SchemaAttributes": [TEAM | {"Mutable": False}]},
            "Mutability of custom:team",
            True,
        ),
    ],
)
def test_the_target_is_compared_setting_by_setting(
    source: dict[str, Any], target: dict[str, Any], setting: str, can_take: bool
) -> None:
    report = target_report({"Id": POOL_ID, **source}, {"Id": "us-east-1_Target", **target})
    assert [one["setting"] for one in report["differences"]] == [setting]
    assert report["can_take"] is can_take


def test_a_target_made_like_the_source_takes_everybody() -> None:
    pool = {"Id": POOL_ID, "SchemaAttributes": [EMAIL, TEAM], "AliasAttributes": ["email"]}
    assert target_report(pool, pool) == {"user_pool_id": POOL_ID, "can_take": True, "differences": []}


def test_an_immutable_time_is_given_from_outside() -> None:
    assert five_pools()["reset"].report()["assessed_at"] == NOW.isoformat()


Make = Callable[[], Pool]


@pytest.mark.parametrize("make", [*(lambda p=p: p for p in five_pools().values()), lambda: Pool([])])
def test_every_report_fits_its_schema(make: Make) -> None:
    require("assess.report", make().report())


@pytest.mark.parametrize("request_", [{"user_pool_id": POOL_ID, "mfa_sample": 1001}, {"snapshot": ""}])
def test_a_request_that_is_out_of_bounds_is_refused(request_: dict[str, Any]) -> None:
    from poolsafe.errors import InvalidRequest

    with pytest.raises(InvalidRequest):
        require("assess.request", request_)
