"""Migration at sign-in on the embedded cloud: what people meet, through an app of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.embedded.deployed import Deployed, person
from tests.embedded.migrations import CLAIM, PASSWORD, Move, claims, moving, refused

HIDDEN = ("NotAuthorizedException", "Incorrect username or password.")
BY_MAIL = {"email": "ada@example.com", "email_verified": "true"}


@pytest.fixture(scope="module")
def move(deployed: Deployed, idp: Any, own: Any) -> Move:
    """Two pools, and the triggers attached by the machine."""
    made = moving(deployed, idp, own, custom=("plan",), UsernameConfiguration={"CaseSensitive": False})
    made.put(groups=("staff", "admins"))
    made.attach()
    return made


def test_a_first_sign_in_with_the_old_password_makes_the_user_and_tells_the_old_sub_and_groups(move: Move) -> None:
    ada = person("ada", "staff", "admins", attributes={**BY_MAIL, "custom:plan": "gold"})
    move.put(ada)
    old_sub = ada["Attributes"][0]["Value"]

    answer = move.sign_in("ada")

    for kind in ("IdToken", "AccessToken"):
        told = claims(answer, kind)
        assert told[CLAIM] == old_sub
        assert sorted(told["cognito:groups"]) == ["admins", "staff"]
    made = move.deployed.users(move.target)["ada"]
    assert (made.status, made.enabled) == ("CONFIRMED", True)
    assert made.attributes == {**BY_MAIL, "custom:plan": "gold", "custom:original_sub": old_sub}
    assert made.sub != old_sub
    assert {group for group, name in move.deployed.memberships(move.target) if name == "ada"} == {"staff", "admins"}
    assert move.records() == []
    assert move.deployed.cloud.messages() == []


def test_a_second_sign_in_does_not_ask_the_source(move: Move) -> None:
    move.put(person("bea", "staff", attributes={"email": "bea@example.com", "email_verified": "true"}))
    move.sign_in("bea")
    assert move.asked() == {"AdminInitiateAuth": 1, "AdminGetUser": 1, "AdminListGroupsForUser": 2}
    move.deployed.cloud.forget()

    again = move.sign_in("bea")

    assert claims(again)["cognito:groups"] == ["staff"]
    assert claims(again)[CLAIM]
    assert move.asked() == {}
    assert [called["source"] for called in move.deployed.cloud.triggers(move.target)] == [
        "TokenGeneration_Authentication"
    ]


def test_a_wrong_password_is_refused_and_leaves_no_trace(move: Move) -> None:
    move.put(person("cyd", "staff", attributes=BY_MAIL))
    before = move.names()
    assert refused(move.sign_in, "cyd", "Something-else-1") == HIDDEN
    assert move.names() == before
    assert move.records() == []


def test_a_forgotten_password_works_end_to_end(move: Move) -> None:
    move.put(person("dee", "admins", attributes={"email": "dee@example.com", "email_verified": "true"}))

    move.own.forgot_password(ClientId=move.client, Username="dee")
    [message] = move.deployed.cloud.inbox("dee@example.com")
    move.own.confirm_forgot_password(
        ClientId=move.client, Username="dee", ConfirmationCode=message["secret"], Password="Chosen-anew-1"
    )
    answer = move.sign_in("dee", "Chosen-anew-1")

    assert claims(answer)["cognito:groups"] == ["admins"]
    assert claims(answer)[CLAIM]
    assert move.deployed.users(move.target)["dee"].status == "CONFIRMED"
    assert refused(move.sign_in, "dee", PASSWORD) == HIDDEN


def test_fifty_first_sign_ins_at_once_make_one_user(move: Move) -> None:
    move.put(person("eve", "staff", attributes={"email": "eve@example.com", "email_verified": "true"}))

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: move.sign_in("eve"), range(50)))

    assert len({claims(answer)["sub"] for answer in answers}) == 1
    assert [name for name in move.names() if name.startswith("eve")] == ["eve"]
    assert claims(move.sign_in("eve"))["cognito:groups"] == ["staff"]
    assert move.records() == []


@pytest.mark.parametrize(
    "told",
    [
        {"Enabled": False},
        {"UserStatus": "UNCONFIRMED"},
        {"UserStatus": "RESET_REQUIRED"},
        {"UserStatus": "EXTERNAL_PROVIDER"},
    ],
    ids=["disabled", "unconfirmed", "reset-required", "federated"],
)
def test_whoever_the_source_would_not_let_in_is_refused_as_nobody_is(move: Move, told: dict[str, Any]) -> None:
    name = "-".join(map(str, told.values())).lower()
    move.put(person(name, "staff", attributes=BY_MAIL, **told))
    assert refused(move.sign_in, name) == refused(move.sign_in, "nobody-at-all") == HIDDEN
    move.deployed.cloud.forget()
    move.own.forgot_password(ClientId=move.client, Username=name)
    assert move.deployed.cloud.control("GET", "inbox") == []
    assert name not in move.names()
    assert move.records() == []
