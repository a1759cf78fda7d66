"""Federated users: kept for their first sign-in, or made local and linked before it, and never taken for anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.first_sign_in.deferred import DeferredUser, deferred_key
from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, User
from poolsafe.domain.restore.outcome import Kind
from poolsafe.domain.restore.plan import Planner
from poolsafe.domain.restore.planned_user import Action
from poolsafe.domain.restore.wishes import Federated, Wishes
from tests.fakes import START, EveryTime, FakeUserPool
from tests.pipeline import LATEST, target_pool
from tests.step_functions import Deployed
from tests.unit.restores import MARK, ended, outcomes_of, planner


@pytest.fixture
def machines() -> Iterator[Deployed]:
    with Deployed() as deployed:
        yield deployed


def told(provider: str, user_id: str, primary: bool = True) -> dict[str, Any]:
    return {"userId": user_id, "providerName": provider, "providerType": provider, "primary": primary}


def add(source: FakeUserPool, username: str, *more: dict[str, Any], **options: Any) -> User:
    """A profile `<Provider>_<id>`."""
    provider, _, user_id = username.partition("_")
    identities = json.dumps([told(provider, user_id), *more])
    return source.add(username, status=EXTERNAL_PROVIDER, identities=identities, **options)


def restored(machines: Deployed, source: FakeUserPool, target: FakeUserPool, **options: Any) -> dict[str, Any]:
    machines.backup(source)
    result: dict[str, Any] = machines.restore(target, snapshot=LATEST, **options)
    return result


def kept(machines: Deployed) -> list[DeferredUser]:
    keys = [key for key in machines.store.objects if key.startswith("deferred/")]
    return [DeferredUser.from_json(machines.store.objects[key].content) for key in keys]


# defer


def test_what_the_first_sign_in_gives_back_is_kept_under_a_name_that_names_nobody(machines: Deployed) -> None:
    source, target = FakeUserPool(), target_pool(custom=("custom:tenant",))
    user = add(
        source,
        "Google_1076",
        groups=("staff", "us-east-1_Source_Google"),
        enabled=False,
        email="ada@example.com",
        custom__tenant="blue",
    )
    result = restored(machines, source, target)
    assert kept(machines) == [
        DeferredUser(
            username="Google_1076",
            original_sub=user.sub,
            enabled=False,
            groups=("staff",),
            attributes={"email": "ada@example.com", "custom:tenant": "blue", MARK: user.sub},
        )
    ]
    [key] = [key for key in machines.store.objects if key.startswith("deferred/")]
    assert key == deferred_key("us-east-1_Target", "google_1076")
    assert not [word for word in ("Google", "1076", user.sub) if word in key]
    assert (target.accounts, set(target.group_records)) == ({}, {"staff"})
    assert (result["status"], result["counts"]["deferred"]) == ("COMPLETE", 1)


def test_every_pool_and_every_name_has_a_key_of_its_own() -> None:
    names = [("us-east-1_A", "Google_1"), ("us-east-1_B", "Google_1"), ("us-east-1_A", "Google_2")]
    assert len({deferred_key(*name) for name in names}) == 3
    assert deferred_key("us-east-1_A", "GOOGLE_1") == deferred_key("us-east-1_A", "google_1")


def test_a_record_is_read_as_it_was_written() -> None:
    record = DeferredUser("Zoë_🦊", "sub", True, ("a", "b"), {"name": 'Zoë "é"\n'})
    assert DeferredUser.from_json(record.to_json()) == record


def test_a_record_is_of_the_profile_that_the_new_provider_will_make(machines: Deployed) -> None:
    source = FakeUserPool()
    add(source, "Google_1076")
    restored(machines, source, target_pool(), provider_map={"Google": "GoogleToo"})
    assert [record.username for record in kept(machines)] == ["GoogleToo_1076"]
    assert [*machines.store.keys("deferred/")] == [deferred_key("us-east-1_Target", "GoogleToo_1076")]


def test_a_dry_run_keeps_nothing(machines: Deployed) -> None:
    source = FakeUserPool()
    add(source, "Google_1076")
    restored(machines, source, target_pool(), dry_run=True)
    assert kept(machines) == []


def test_who_has_signed_in_since_is_there_and_not_deferred(machines: Deployed) -> None:
    source, target = FakeUserPool(), target_pool(providers=("Google",))
    add(source, "Google_1076", groups=("staff",), custom__original_sub="")
    add(target, "Google_1076")
    result = restored(machines, source, target)
    assert (ended(machines, result, "Google_1076"), kept(machines)) == (("skipped", "exists"), [])
    again = machines.restore(target, snapshot=LATEST, on_conflict="update")
    assert ended(machines, again, "Google_1076") == ("updated", "exists")
    assert target.accounts["Google_1076"].groups == ["staff"]


# skip


def test_with_skip_they_are_left_out_and_nothing_is_kept(machines: Deployed) -> None:
    source, target = FakeUserPool(), target_pool()
    add(source, "Google_1076", groups=("staff",))
    result = restored(machines, source, target, federated_users="skip")
    assert (ended(machines, result, "Google_1076"), kept(machines)) == (("skipped", "federated"), [])
    assert outcomes_of(machines, result, Kind.MEMBERSHIP)["Google_1076"].reason == "user_federated"
    assert result["status"] == "COMPLETE"


# link


def test_with_link_a_local_user_is_made_and_linked_and_never_has_the_profiles_name(machines: Deployed) -> None:
    source, target = FakeUserPool(), target_pool(providers=("Google",))
    user = add(source, "Google_1076", groups=("staff",), email="ada@example.com", email_verified="true")
    result = restored(machines, source, target, federated_users="link")
    [account] = target.accounts.values()
    assert account.user.username == user.sub
    assert not [name for name in target.accounts if name.lower().startswith("google_")]
    [link] = json.loads(account.user.attributes["identities"])
    assert (link["providerName"], link["userId"], link["primary"]) == ("Google", "1076", False)
    assert (account.user.status, account.groups, account.user.attributes[MARK]) == (CONFIRMED, ["staff"], user.sub)
    assert (ended(machines, result, "Google_1076"), kept(machines)) == (("created", "federated"), [])
    assert (result["status"], target.messages) == ("COMPLETE", [])
    assert [(row.old, row.new) for row in machines.sub_map(result)] == [(user.sub, account.user.sub)]


def test_with_link_the_provider_may_have_another_name(machines: Deployed) -> None:
    source, target = FakeUserPool(), target_pool(providers=("GoogleToo",))
    add(source, "Google_1076")
    restored(machines, source, target, federated_users="link", provider_map={"Google": "GoogleToo"})
    [account] = target.accounts.values()
    assert json.loads(account.user.attributes["identities"])[0]["providerName"] == "GoogleToo"


@pytest.mark.parametrize(
    ("options", "attributes"),
    [
        ({"providers": ()}, {}),
        ({"providers": ("Google",), "username_attributes": ("phone_number",)}, {}),
        ({"providers": ("Google",), "required": ("name",)}, {}),
        ({"providers": ("Google",), "max_lengths": {"name": 3}}, {"name": "Augusta"}),
    ],
    ids=["no such provider", "no name to sign in by", "a required attribute", "too long"],
)
def test_who_cannot_be_linked_is_deferred(
    machines: Deployed, options: dict[str, Any], attributes: dict[str, str]
) -> None:
    source, target = FakeUserPool(), target_pool(**options)
    add(source, "Google_1076", **attributes)
    result = restored(machines, source, target, federated_users="link")
    assert (ended(machines, result, "Google_1076"), len(kept(machines))) == (("deferred", "federated"), 1)
    assert target.accounts == {}


def linking() -> Planner:
    return planner(wishes=Wishes(federated_users=Federated.LINK), providers=tuple(f"P{n}" for n in range(9)))


def test_a_profile_is_one_identity_and_its_own() -> None:
    source = FakeUserPool()
    user = add(source, "P0_1", told("P1", "2", primary=False))
    planned = linking().decide(user, ())
    assert (planned.action, planned.link_providers, planned.link_user_ids) == (Action.CREATE, ("P0",), ("1",))


def test_no_local_user_gets_more_links_than_cognito_takes() -> None:
    identities = json.dumps([told(f"P{number}", str(number), primary=False) for number in range(7)])
    local = User("ada", "old", CONFIRMED, True, START, START, {"identities": identities})
    assert linking().decide(local, ()).link_providers == ("P0", "P1", "P2", "P3", "P4")


@pytest.mark.parametrize("username", ["P0_1", "p0_1"])
def test_a_profile_that_a_password_made_confirmed_is_no_local_user(username: str) -> None:
    user = User(username, "old", CONFIRMED, True, START, START, {"identities": json.dumps([told("P0", "1")])})
    planned = planner().decide(user, ())
    assert (planned.action, planned.sign_in_name) == (Action.DEFER, "P0_1")
    linked = linking().decide(user, ())
    assert (linked.action, linked.sign_in_name) == (Action.CREATE, "old")


def test_a_profile_whose_identity_nobody_tells_is_deferred_under_its_name() -> None:
    user = User("Google_1", "old", EXTERNAL_PROVIDER, True, START, START, {})
    for wish in (Federated.DEFER, Federated.LINK):
        planned = planner(wishes=Wishes(federated_users=wish), providers=("Google",)).decide(user, ())
        assert (planned.action, planned.sign_in_name) == (Action.DEFER, "Google_1")


def test_who_comes_in_through_a_provider_needs_no_way_to_their_password() -> None:
    source = FakeUserPool()
    user = replace(add(source, "P0_1", email="a@example.com"), mfa_methods=("SMS_MFA",))
    planned = linking().decide(user, ())
    assert (planned.credential, planned.credential_reason, planned.mfa_methods) == ("reset", None, ())


def test_a_local_user_keeps_the_address_that_a_linked_one_has_too(machines: Deployed) -> None:
    """Local users come first: the address is how they sign in, and the other has a provider."""
    source, target = (
        FakeUserPool(username_attributes=("email",)),
        target_pool(username_attributes=("email",), providers=("Google",)),
    )
    add(source, "Google_1076", email="ada@example.com", email_verified="true")
    local = source.add("6f0c", email="ada@example.com", email_verified="true")
    result = restored(machines, source, target, federated_users="link", max_failed_percent=100)
    [account] = target.accounts.values()
    assert account.user.attributes[MARK] == local.sub
    assert ended(machines, result, "6f0c") == ("created", None)
    assert (ended(machines, result, "Google_1076"), len(kept(machines))) == (("deferred", "federated"), 1)


def test_of_two_profiles_with_one_address_the_first_is_linked_and_the_other_deferred(machines: Deployed) -> None:
    source, target = (
        FakeUserPool(page_size=1),
        target_pool(alias_attributes=("email",), providers=("Google", "Facebook")),
    )
    first = add(source, "Google_1", email="ada@example.com", email_verified="true")
    add(source, "Facebook_2", email="ada@example.com", email_verified="true")
    add(source, "Facebook_3", email="bob@example.com", email_verified="true")
    machines.deadline = EveryTime(1)
    result = restored(machines, source, target, federated_users="link")
    assert {name: ended(machines, result, name)[0] for name in source.accounts} == {
        "Google_1": "created",
        "Facebook_2": "deferred",
        "Facebook_3": "created",
    }
    assert first.sub in target.accounts
    again = machines.restore(target, snapshot=LATEST, federated_users="link")
    assert {name: ended(machines, again, name)[0] for name in source.accounts} == {
        "Google_1": "skipped",
        "Facebook_2": "deferred",
        "Facebook_3": "skipped",
    }


def test_somebody_of_the_target_keeps_the_address_that_a_linked_one_would_have(machines: Deployed) -> None:
    source, target = FakeUserPool(), target_pool(alias_attributes=("email",), providers=("Google",))
    add(source, "Google_1", email="ada@example.com", email_verified="true")
    target.add("ada", email="ada@example.com", email_verified="true")
    result = restored(machines, source, target, federated_users="link")
    assert ended(machines, result, "Google_1") == ("deferred", "federated")
    assert set(target.accounts) == {"ada"}
    assert result["status"] == "COMPLETE"
