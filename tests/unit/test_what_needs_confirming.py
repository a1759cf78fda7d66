"""Links, aliases and second factors: what only a confirmed user can have comes back, whatever they wait with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, User
from poolsafe.domain.restore.outcome import Kind, Outcome
from poolsafe.errors import Rejected
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, target_pool
from tests.step_functions import Deployed
from tests.unit.restores import ended, mfa
from tests.unit.test_restore_credentials import handed_out

MAIL: dict[str, Any] = {"email": "ada@example.com", "email_verified": "true"}
PHONE: dict[str, Any] = {"phone_number": "+12065550100", "phone_number_verified": "true"}


@pytest.fixture
def machines() -> Iterator[Deployed]:
    with Deployed() as deployed:
        yield deployed


class Watched(FakeUserPool):
    """A target that keeps what it was asked for in order, with how the user was then."""

    def __init__(self, **options: Any) -> None:
        self.history: list[tuple[str, str | None, bool | None]] = []
        custom = ("custom:original_sub",)
        super().__init__("us-east-1_Target", custom=custom, before=self._note, **options)

    def _note(self, operation: str) -> None:
        if operation.startswith("Admin"):
            told = next(((one.user.status, one.user.enabled) for one in self.accounts.values()), (None, None))
            self.history.append((operation, *told))

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _, _ in self.history]


def identities(*providers: str) -> str:
    return json.dumps(
        [{"userId": f"{place}", "providerName": name, "primary": False} for place, name in enumerate(providers)]
    )


def linked(user: User) -> list[tuple[str, str]]:
    told = json.loads(user.attributes.get("identities", "[]"))
    return [(one["providerName"], one["userId"]) for one in told]


def one(methods: tuple[str, ...] | None = None, preferred: str | None = None, **attributes: str) -> FakeUserPool:
    source = FakeUserPool(mfa=mfa("OPTIONAL"))
    user = source.add("ada", **MAIL | PHONE | attributes)
    source.put(replace(user, mfa_methods=methods, preferred_mfa=preferred), ("staff",))
    return source


def restored(machines: Deployed, source: FakeUserPool, target: FakeUserPool, **options: Any) -> dict[str, Any]:
    machines.backup(source, include=["mfa"])
    return machines.restore(target, snapshot=LATEST, **options)


def of_kind(machines: Deployed, result: dict[str, Any], kind: Kind) -> list[Outcome]:
    return [outcome for outcome in machines.outcomes(result) if outcome.kind is kind]


ALIAS: dict[str, Any] = {"alias_attributes": ("preferred_username",)}


def test_with_reset_an_alias_a_link_and_a_factor_follow_the_password(machines: Deployed) -> None:
    source = one(("SMS_MFA",), "SMS_MFA", preferred_username="lady", identities=identities("Google"))
    target = Watched(providers=("Google",), mfa=mfa("OPTIONAL"), **ALIAS)
    result = restored(machines, source, target)
    back = target.accounts["ada"].user
    assert (back.attributes["preferred_username"], linked(back)) == ("lady", [("Google", "0")])
    assert (back.mfa_methods, back.preferred_mfa, back.status) == (("SMS_MFA",), "SMS_MFA", CONFIRMED)
    late = ("AdminLinkProviderForUser", "AdminUpdateUserAttributes", "AdminSetUserMFAPreference")
    assert {status for operation, status, _ in target.history if operation in late} == {CONFIRMED}
    assert (result["status"], target.messages) == ("COMPLETE", [])
    assert machines.report(result)["verification"]["passed"]


@pytest.mark.parametrize("enabled", [True, False])
def test_with_temporary_who_has_such_a_thing_is_confirmed_for_a_moment_and_disabled_meanwhile(
    machines: Deployed, enabled: bool
) -> None:
    source = one(("EMAIL_OTP",), preferred_username="lady", identities=identities("Google"))
    account = source.accounts["ada"]
    account.user = replace(account.user, enabled=enabled)
    target = Watched(providers=("Google",), mfa=mfa("OPTIONAL"), **ALIAS)
    result = restored(machines, source, target, credentials="temporary")
    back = target.accounts["ada"]
    assert (back.user.status, back.user.enabled) == (FORCE_CHANGE_PASSWORD, enabled)
    assert (back.user.attributes["preferred_username"], linked(back.user)) == ("lady", [("Google", "0")])
    assert back.user.mfa_methods == ("EMAIL_OTP",)
    assert handed_out(machines, result)["ada"]["temporary_password"] == back.password
    # Whoever is confirmed and enabled has chosen a password; nobody is both on our account.
    assert (CONFIRMED, True) not in {(status, is_on) for _, status, is_on in target.history}
    assert result["status"] == "COMPLETE"


def test_who_has_nothing_of_the_kind_is_never_confirmed(machines: Deployed) -> None:
    target = Watched()
    restored(machines, one(), target, credentials="temporary")
    assert "AdminSetUserPassword" not in target.operations
    assert {status for _, status, _ in target.history} == {None, FORCE_CHANGE_PASSWORD}


def test_with_an_invitation_a_link_comes_back_and_the_alias_is_named_as_missing(machines: Deployed) -> None:
    source = one(("SMS_MFA",), preferred_username="lady", identities=identities("Google"))
    target = Watched(providers=("Google",), mfa=mfa("OPTIONAL"), **ALIAS)
    result = restored(machines, source, target, credentials="invite", send_messages=True)
    back = target.accounts["ada"].user
    assert (back.status, linked(back), back.mfa_methods) == (FORCE_CHANGE_PASSWORD, [("Google", "0")], None)
    assert "preferred_username" not in back.attributes
    assert machines.plan(result)["attention"] == {"no_preferred_username": 1, "mfa_not_restored": 1}
    assert result["status"] == "COMPLETE"


def test_a_preferred_username_that_is_no_alias_is_an_attribute_like_any_other(machines: Deployed) -> None:
    target = Watched()
    restored(machines, one(preferred_username="lady"), target)
    assert target.accounts["ada"].user.attributes["preferred_username"] == "lady"
    assert "AdminUpdateUserAttributes" not in target.operations


def test_whose_alias_a_stranger_has_comes_back_without_it_and_is_told(machines: Deployed) -> None:
    target = target_pool(**ALIAS)
    target.add("thief", preferred_username="lady")
    result = restored(machines, one(preferred_username="lady"), target, max_failed_percent=100)
    assert ended(machines, result, "ada") == ("failed", "AdminUpdateUserAttributes: AliasExistsException")
    assert result["status"] == "PARTIAL"
    assert target.accounts["ada"].user.status == CONFIRMED
    assert target.accounts["thief"].groups == []


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("credentials", ["reset", "temporary"])
def test_an_alias_that_somebody_takes_while_the_restore_runs_fails_its_user_who_gets_in_all_the_same(
    machines: Deployed, credentials: str, enabled: bool
) -> None:
    source, target = one(("SMS_MFA",), preferred_username="lady"), target_pool(mfa=mfa("OPTIONAL"), **ALIAS)
    source.accounts["ada"].user = replace(source.accounts["ada"].user, enabled=enabled)

    def take(operation: str) -> None:
        if operation == "after AdminSetUserPassword" and "thief" not in target.accounts:
            target.add("thief", preferred_username="lady")

    target.before = take
    result = restored(machines, source, target, credentials=credentials, max_failed_percent=100)
    assert ended(machines, result, "ada") == ("failed", "AdminUpdateUserAttributes: AliasExistsException")
    ada = target.accounts["ada"]
    assert (ada.groups, ada.user.mfa_methods, ada.user.enabled) == (["staff"], ("SMS_MFA",), enabled)
    handed = handed_out(machines, result)
    if credentials == "temporary":
        assert (ada.user.status, ada.password) == (FORCE_CHANGE_PASSWORD, handed["ada"]["temporary_password"])
    else:
        assert (ada.user.status, handed) == (CONFIRMED, {})
    assert result["status"] == "PARTIAL"


def test_who_was_given_no_password_does_not_wait_with_one_and_is_completed_by_the_next_restore(
    machines: Deployed,
) -> None:
    broken = ["AdminSetUserPassword"]

    def refuse(operation: str) -> None:
        if operation in broken:
            raise Rejected(operation, "InvalidPasswordException")

    target = target_pool(before=refuse, mfa=mfa("OPTIONAL"))
    result = restored(machines, one(("SMS_MFA",)), target, credentials="temporary", max_failed_percent=100)
    assert ended(machines, result, "ada") == ("failed", "AdminSetUserPassword: InvalidPasswordException")
    assert handed_out(machines, result) == {}
    broken.clear()
    again = machines.restore(target, snapshot=LATEST, credentials="temporary")
    assert ended(machines, again, "ada") == ("created", "unfinished")
    ada = target.accounts["ada"]
    assert handed_out(machines, again)["ada"]["temporary_password"] == ada.password
    assert (ada.user.status, ada.user.enabled) == (FORCE_CHANGE_PASSWORD, True)


# Links


def test_links_go_to_the_providers_new_names_and_those_that_are_gone_are_declared(machines: Deployed) -> None:
    source = one(identities=identities("Google", "Partner", "Facebook"))
    target = target_pool(providers=("GoogleToo", "Facebook"))
    result = restored(machines, source, target, provider_map={"Google": "GoogleToo"})
    assert linked(target.accounts["ada"].user) == [("GoogleToo", "0"), ("Facebook", "2")]
    assert [row.outcome for row in of_kind(machines, result, Kind.LINK)] == ["created", "created"]
    report = machines.report(result)
    assert report["counts"]["link"] == {"created": 2}
    assert report["verification"]["declared_differences"]["links"] == 1
    assert report["plan"]["links"] == 2
    assert report["plan"]["attention"] == {"link_not_restored": 1}
    assert result["status"] == "COMPLETE"


def test_no_more_than_five_links_are_made(machines: Deployed) -> None:
    providers = tuple(f"Partner{number}" for number in range(6))
    target = target_pool(providers=providers)
    result = restored(machines, one(identities=identities(*providers)), target)
    assert [name for name, _ in linked(target.accounts["ada"].user)] == [*providers[:5]]
    assert machines.report(result)["verification"]["declared_differences"]["links"] == 1
    assert result["status"] == "COMPLETE"


def test_a_link_that_cognito_refuses_fails_alone(machines: Deployed) -> None:
    """The person has signed in with the provider since: merging is not supported."""
    source, target = one(identities=identities("Google", "Facebook")), target_pool(providers=("Google", "Facebook"))
    target.add("Google_0", status="EXTERNAL_PROVIDER", identities=identities("Google").replace("false", "true"))
    result = restored(machines, source, target)
    links = {row.provider: (row.outcome, row.reason) for row in of_kind(machines, result, Kind.LINK)}
    assert links == {
        "Google": ("failed", "AdminLinkProviderForUser: InvalidParameterException"),
        "Facebook": ("created", None),
    }
    assert target.accounts["ada"].user.status == CONFIRMED
    assert (result["status"], result["counts"]["created"]) == ("PARTIAL", 1)
    assert machines.report(result)["verification"]["passed"]


# Second factors


def test_what_no_administrator_can_set_is_named_for_enrolling_anew(machines: Deployed) -> None:
    source = one(("SMS_MFA", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"), "SOFTWARE_TOKEN_MFA")
    target = target_pool(mfa=mfa("OPTIONAL"))
    result = restored(machines, source, target)
    back = target.accounts["ada"].user
    assert (back.mfa_methods, back.preferred_mfa) == (("SMS_MFA",), None)
    assert machines.plan(result)["attention"] == {"enrol_totp": 1, "enrol_passkey": 1}
    assert machines.plan(result)["declared_losses"]["software_tokens"] == 1
    assert machines.plan(result)["declared_losses"]["passkeys"] == 1
    assert (result["status"], machines.report(result)["counts"]["mfa"]) == ("COMPLETE", {"created": 1})


def test_a_factor_that_the_target_does_not_offer_is_named(machines: Deployed) -> None:
    target = target_pool()
    result = restored(machines, one(("SMS_MFA",)), target)
    assert machines.plan(result)["attention"] == {"mfa_not_restored": 1}
    assert "AdminSetUserMFAPreference" not in target.calls


def test_a_factor_that_cognito_refuses_fails_alone_and_is_not_missed_twice(machines: Deployed) -> None:
    def refuse(operation: str) -> None:
        if operation == "AdminSetUserMFAPreference":
            raise Rejected(operation, "InvalidParameterException")

    target = target_pool(mfa=mfa("OPTIONAL"), before=refuse)
    result = restored(machines, one(("SMS_MFA",)), target)
    [outcome] = of_kind(machines, result, Kind.MFA)
    assert (outcome.outcome, outcome.reason) == ("failed", "AdminSetUserMFAPreference: InvalidParameterException")
    assert (result["status"], result["counts"]["created"]) == ("PARTIAL", 1)
    assert machines.report(result)["verification"]["passed"]
