"""How far a migration is, when it ends, and what the page says of both: pure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.configuration.model import Configuration
from poolsafe.domain.match import Matcher
from poolsafe.domain.migration.comparison import Comparison, Point
from poolsafe.domain.migration.ending import ending, refresh_tokens_end
from poolsafe.domain.migration.page import migration_page
from poolsafe.domain.migration.report import migration_report, migration_result
from poolsafe.domain.records import EXTERNAL_PROVIDER, User
from poolsafe.domain.target import TargetPool

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
ORIGINAL_SUB = "custom:original_sub"
TARGET = TargetPool.of({"Id": "us-east-1_Target", "UsernameConfiguration": {"CaseSensitive": False}})
SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/migration.report.json").read_text())


def user(name: str, *, days: int = 1, **told: Any) -> User:
    plain = User(name, f"sub-{name}", "CONFIRMED", True, NOW - timedelta(days=900), NOW - timedelta(days=days), {})
    return replace(plain, **told)


def moved(one: User) -> User:
    return replace(one, sub=f"new-{one.sub}", attributes={**one.attributes, ORIGINAL_SUB: one.sub})


def compared(source: list[User], target: list[User]) -> Comparison:
    comparison = Comparison(Matcher(TARGET, ORIGINAL_SUB), NOW)
    comparison.expect(source)
    comparison.meet(target)
    comparison.settle(source)
    return comparison


def verified(address: str) -> dict[str, str]:
    return {"email": address, "email_verified": "true"}


@given(st.lists(st.sampled_from(["moved", "stays", "federated", "back", "new"]), max_size=60))
def test_every_user_is_counted_once(kinds: list[str]) -> None:
    source, target = [], []
    for number, kind in enumerate(kinds):
        one = user(f"person{number}")
        if kind in ("federated", "back"):
            one = user(f"okta_{number}", status=EXTERNAL_PROVIDER)
        if kind != "new":
            source.append(one)
        if kind in ("moved", "new"):
            target.append(moved(one) if kind == "moved" else replace(one, sub="another"))
        if kind == "back":
            target.append(replace(one, sub="another"))
    point = compared(source, target).point("now")
    assert point == Point(
        "now",
        source=len(source),
        migrated=kinds.count("moved") + kinds.count("back"),
        not_yet=kinds.count("stays"),
        waiting=kinds.count("federated"),
        new=kinds.count("new"),
        target=len(target),
    )


def test_a_name_alone_is_no_arrival_and_a_verified_address_is_one() -> None:
    ada, bob = user("ada", attributes=verified("ada@example.com")), user("bob", attributes=verified("bob@example.com"))
    namesake = replace(ada, sub="another", attributes=verified("somebody@example.com"))
    same = replace(bob, username="robert", sub="third", attributes=verified("Bob@Example.com"))
    point = compared([ada, bob], [namesake, same]).point("now")
    assert (point.migrated, point.not_yet, point.new) == (1, 1, 1)


def test_an_address_of_somebody_who_has_another_old_sub_is_no_arrival() -> None:
    ada = user("ada", attributes=verified("ada@example.com"))
    other = user("eve", attributes={**verified("ada@example.com"), ORIGINAL_SUB: "sub-of-eve"})
    assert compared([ada], [other]).point("now").not_yet == 1


def test_who_moved_twice_is_known_by_the_first_sub() -> None:
    ada = user("ada", attributes={ORIGINAL_SUB: "first"})
    arrived = user("ada", sub="third", attributes={ORIGINAL_SUB: "first"})
    assert compared([ada], [arrived]).point("now").migrated == 1


def test_who_has_not_arrived_is_told_by_status_age_and_whether_disabled() -> None:
    source = [
        user("a", days=30),
        user("b", days=31, status="UNCONFIRMED"),
        user("c", days=180, enabled=False),
        user("d", days=365),
        user("e", days=366),
    ]
    state = compared(source, []).to_state("now")
    assert state["not_yet"] == {
        "by_status": {"CONFIRMED": 4, "UNCONFIRMED": 1},
        "by_last_change": {
            "up_to_30_days": 1,
            "31_to_90_days": 1,
            "91_to_180_days": 1,
            "181_to_365_days": 1,
            "over_365_days": 1,
        },
        "disabled": 1,
    }


@pytest.mark.parametrize(
    ("clients", "days"),
    [
        ([], 0),
        ([{}], 30),
        ([{"RefreshTokenValidity": 0}], 30),
        ([{"RefreshTokenValidity": 10}, {"RefreshTokenValidity": 90}], 90),
        ([{"RefreshTokenValidity": 48, "TokenValidityUnits": {"RefreshToken": "hours"}}], 2),
        ([{"RefreshTokenValidity": 86_400, "TokenValidityUnits": {"RefreshToken": "seconds"}}], 1),
        ([{"RefreshTokenValidity": 1440, "TokenValidityUnits": {"RefreshToken": "minutes"}}], 1),
    ],
)
def test_the_source_can_go_when_its_last_refresh_token_is_worth_nothing(clients: list[Any], days: int) -> None:
    assert refresh_tokens_end(clients, NOW) == NOW + timedelta(days=days)


def configuration() -> Configuration:
    return Configuration(
        {
            "user_pool": {"LambdaConfig": {"PreSignUp": "arn:theirs"}, "DeletionProtection": "ACTIVE"},
            "clients": [{"ClientId": "app", "ClientSecret": "hidden"}],
            "domains": [{"Domain": "shop"}],
            "identity_providers": [{"ProviderName": "Okta", "ProviderDetails": {"client_secret": "hidden"}}],
            "external": [{"kind": "web_acl", "arn": "arn:acl"}, {"kind": "ses", "arn": "arn:mail"}],
        }
    )


def test_an_end_names_what_points_at_the_source_and_no_secret() -> None:
    told = ending(configuration(), Point("now", 5, 4, 0, 1, 0, 4), NOW, is_detached=True)
    assert told["is_complete"]
    assert told["source_can_go_at"] == "2026-12-22T03:00:00+00:00"
    assert [(entry["kind"], entry["name"]) for entry in told["points_at_source"]] == [
        ("app client", "app"),
        ("domain", "shop"),
        ("identity provider", "Okta"),
        ("trigger", "PreSignUp: arn:theirs"),
        ("web_acl", "arn:acl"),
        ("deletion protection", "ACTIVE"),
    ]
    assert "hidden" not in json.dumps(told)


@pytest.mark.parametrize(("missing", "is_detached"), [(1, False), (0, False)])
def test_while_somebody_is_missing_or_the_source_is_still_asked_it_cannot_go(missing: int, is_detached: bool) -> None:
    told = ending(configuration(), Point("now", 5, 5 - missing, missing, 0, 0, 4), NOW, is_detached=is_detached)
    assert (told["is_complete"], told["source_can_go_at"]) == (False, None)
    assert told["missing"]


def report(told_ending: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    point = compared([user("a"), user("b")], [moved(user("a"))])
    state = point.to_state("2026-11-22T03:00:00+00:00")
    earlier = Point("2026-11-20T03:00:00+00:00", 2, 0, 2, 0, 0, 0).to_json()
    return migration_report(
        run_id="20261122T030000Z-3f9a1c",
        action="status" if told_ending is None else "finish",
        source_user_pool_id="us-east-1_Old",
        target_user_pool_id="us-east-1_Target",
        compared=state,
        deferred=0,
        points=[earlier, state["point"]],
        ending=told_ending,
        restored=None,
        **more,
    )


def test_the_page_says_how_far_it_is_and_draws_every_look() -> None:
    page = migration_page(report())
    assert page.said == "50 % of the source's users have moved; 1 user to go."
    assert [(dot.x, dot.y) for dot in page.curve.dots] == [(0.0, 240.0), (1000.0, 120.0)]
    assert any("finish" in step for step in page.next)


def test_a_first_look_and_an_empty_source_can_be_drawn() -> None:
    told = report()
    told["points"] = [{**told["points"][0], "source": 0}]
    assert [(dot.x, dot.y) for dot in migration_page(told).curve.dots] == [(1000, 0.0)]


def test_the_page_of_an_end_says_when_the_source_can_go_or_who_is_missing() -> None:
    done = ending(configuration(), Point("now", 2, 2, 0, 0, 0, 2), NOW, is_detached=True)
    assert migration_page(report(done)).said == "Everybody is there. The source can go from 22 December 2026 on."
    half = ending(configuration(), Point("now", 2, 1, 1, 0, 0, 1), NOW, is_detached=False)
    told = report(half)
    assert told["status"] == "PARTIAL"
    assert "Not in the target yet: 1 user of the source." in migration_page(told).said
    assert migration_result(told, "s3://b/r.json", "s3://b/r.html")["source_can_go_at"] is None
