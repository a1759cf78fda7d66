"""Federated users: no API creates them, and a local user in their place would lock them out for good."""

from __future__ import annotations

import json

import pytest

from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER
from poolsafe.domain.restore.outcome import Kind, Reason, Result
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, Machines, target_pool
from tests.unit.restores import outcomes_of, restored

GOOGLE = json.dumps([{"userId": "1076", "providerName": "Google", "providerType": "Google", "primary": True}])
LINKED = json.dumps([{"userId": "1076", "providerName": "Google", "providerType": "Google", "primary": False}])


def test_federated_users_are_deferred_and_never_made_into_local_users() -> None:
    source, target = FakeUserPool(), target_pool()
    source.add("Google_1076", status=EXTERNAL_PROVIDER, identities=GOOGLE, groups=("staff",))
    machines, result = restored(source, target)
    assert target.accounts == {}
    assert target.calls["AdminCreateUser"] == 0
    assert result["counts"]["deferred"] == 1
    assert result["status"] == "COMPLETE"
    outcome = outcomes_of(machines, result, Kind.USER)["Google_1076"]
    assert (outcome.outcome, outcome.reason) == (Result.DEFERRED, Reason.FEDERATED)
    membership = outcomes_of(machines, result, Kind.MEMBERSHIP)["Google_1076"]
    assert (membership.outcome, membership.reason) == (Result.DEFERRED, Reason.USER_FEDERATED)


@pytest.mark.parametrize("username", ["Google_1076", "google_1076"])
def test_a_profile_that_a_password_made_confirmed_is_still_deferred(username: str) -> None:
    source, target = FakeUserPool(), target_pool()
    source.add(username, status=CONFIRMED, identities=GOOGLE)
    _, result = restored(source, target)
    assert target.accounts == {}
    assert result["counts"]["deferred"] == 1


def test_a_local_user_whose_provider_the_target_lacks_comes_back_without_the_link() -> None:
    source, target = FakeUserPool(), target_pool()
    source.add("alice", identities=LINKED, email="alice@example.com")
    machines, result = restored(source, target)
    assert target.accounts["alice"].user.attributes == {
        "email": "alice@example.com",
        "custom:original_sub": source.accounts["alice"].user.sub,
    }
    assert machines.plan(result)["declared_losses"]["links_to_providers"] == 1
    assert machines.report(result)["verification"]["declared_differences"]["links"] == 1


@pytest.mark.parametrize("identities", ["not json", "{}", "[1]", "null", "", '[{"userId": 1}]'])
def test_identities_that_cannot_be_read_make_nobody_federated(identities: str) -> None:
    source, target = FakeUserPool(), target_pool()
    source.add("alice", identities=identities)
    restored(source, target)
    assert "alice" in target.accounts


def test_a_local_user_comes_back_beside_a_federated_one_with_the_same_address() -> None:
    """Cognito keeps both (aws-amplify/amplify-js#3899): a profile's address is no sign-in name.

    The profile is in the target already because its owner has signed in since.
    """
    source = FakeUserPool(username_attributes=("email",))
    source.add("6f0c", email="alice@example.com", email_verified="true")
    target = target_pool(username_attributes=("email",))
    target.add("Google_1076", status=EXTERNAL_PROVIDER, identities=GOOGLE, email="alice@example.com")
    machines, result = restored(source, target)
    assert result["counts"]["created"] == 1
    assert [account.user.attributes["email"] for account in target.accounts.values()] == ["alice@example.com"] * 2
    assert machines.report(result)["verification"]["passed"]


def test_a_federated_profile_in_the_target_hides_no_local_user_from_the_verification() -> None:
    """Both have the same address, and the profile is listed after the local user."""
    source = FakeUserPool(username_attributes=("email",))
    source.add("6f0c", email="alice@example.com", groups=("staff",))
    target = target_pool(username_attributes=("email",))
    machines = Machines(
        before_verification=lambda: void(target.add("Google_1", status=EXTERNAL_PROVIDER, email="alice@example.com"))
    )
    machines.backup(source)
    result = machines.restore(target, snapshot=LATEST)
    assert machines.report(result)["verification"]["passed"]
    assert machines.report(result)["verification"]["users_asked_about_again"] == 0


def void(value: object) -> None:
    """For callbacks whose answer nobody wants."""
