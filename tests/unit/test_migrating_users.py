"""Somebody whom the target does not know signs in: who comes along and as what, and what stays behind of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from poolsafe.domain.first_sign_in.deferred import DeferredUser, deferred_key_of_sub, deferred_prefix
from poolsafe.domain.migration.answer import LOCKED_OUT, MOVED_LATER, answer_for
from poolsafe.domain.migration.carried_user import FOR_THE_OWNER, CarriedUser, NotCarried, Why
from poolsafe.domain.migration.password_answer import PasswordAnswer, Verdict
from poolsafe.domain.migration.settings import OnMfa
from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, RESET_REQUIRED
from poolsafe.errors import (
    AccessDenied,
    NotFound,
    PoolNotFound,
    PoolsafeError,
    Rejected,
    ServiceUnavailable,
    Throttled,
)
from poolsafe.operations.hurry import Hurry
from poolsafe.trigger import BUSY, UNAVAILABLE, Told
from sign_in import user_migration
from tests.fakes import FakeClock, FakeUserPool
from tests.pipeline import target_pool
from tests.unit.moving import BUDGET, MAIL, MFA, OLD_SUB, PASSWORD, SUB, TARGET, FakeTriggers, Log, Moving, event_of


@dataclass
class Handling:
    """The handler of the trigger over fakes."""

    monkeypatch: pytest.MonkeyPatch

    def __call__(self, moving: Moving, event: dict[str, Any]) -> dict[str, Any]:
        self.monkeypatch.setattr(user_migration, "triggers", lambda: FakeTriggers(moving))
        return user_migration.handler(event, None)

    def told(self, moving: Moving, event: dict[str, Any]) -> str:
        """The sentence for whoever signs in, which nothing else comes along with."""
        with pytest.raises(Told) as told:
            self(moving, event)
        assert told.value.__cause__ is None
        assert told.value.__context__ is None or told.value.__suppress_context__
        return str(told.value)


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Handling:
    return Handling(monkeypatch)


@dataclass
class Fails:
    """A `before` that fails for one operation, `times` times."""

    operation: str
    error: Exception
    times: int = 10**6
    failed: int = 0

    def __call__(self, operation: str) -> None:
        if operation == self.operation and self.failed < self.times:
            self.failed += 1
            raise self.error


# The password.


def test_the_right_password_brings_somebody_along_with_everything_they_had() -> None:
    moving = Moving(FakeUserPool(custom=("custom:tenant",)), target_pool(custom=("custom:tenant",)))
    moving.add(**MAIL, name="Alice", custom__tenant="north")
    carried = moving.sign_in()
    wanted = {**MAIL, "name": "Alice", "custom:tenant": "north", SUB: OLD_SUB}
    assert carried == CarriedUser("alice", OLD_SUB, wanted, must_reset=False, texts_codes=False)
    assert moving.passwords.asked == [("alice", PASSWORD)]
    assert moving.store.written == []


def test_a_wrong_password_brings_nobody_along_and_nothing_of_them_is_read() -> None:
    moving = Moving()
    moving.add(**MAIL, groups=("staff",))
    assert moving.refused(password="Not-the-password-1").why is Why.WRONG_PASSWORD
    assert moving.source.calls == {}


def test_somebody_who_is_locked_out_is_told_so_in_the_words_of_the_source(handle: Handling, log: Log) -> None:
    moving = Moving()
    moving.add(**MAIL, groups=("staff",))
    moving.passwords.answers["alice"] = PasswordAnswer(Verdict.LOCKED_OUT)
    assert moving.refused().why is Why.LOCKED_OUT
    assert handle.told(moving, event_of("Authentication")) == LOCKED_OUT == "Password attempts exceeded"
    assert [(line["level"], line["why"]) for line in log.lines] == [("INFO", "locked_out")]
    moving.require_nothing_written()


def test_nothing_is_told_of_a_password_that_was_forgotten_whatever_the_source_says_of_it() -> None:
    moving = Moving()
    moving.add(**MAIL)
    moving.passwords.answers["alice"] = PasswordAnswer(Verdict.LOCKED_OUT)
    assert moving.forget().must_reset
    assert moving.passwords.asked == []


# Whom the source would not let in either.

IDENTITIES = json.dumps([{"userId": "1076", "providerName": "Google", "providerType": "Google", "primary": True}])
RIGHT = PasswordAnswer(Verdict.RIGHT)
#: By case: the user's name and what they are, and why they are refused although the password was right.
KEPT_OUT: Mapping[str, tuple[str, dict[str, Any], Why]] = {
    "disabled": ("alice", {"enabled": False}, Why.DISABLED),
    "unconfirmed": ("alice", {"status": "UNCONFIRMED"}, Why.STATUS),
    "reset required": ("alice", {"status": RESET_REQUIRED}, Why.STATUS),
    "temporary password": ("alice", {"status": FORCE_CHANGE_PASSWORD}, Why.STATUS),
    "archived": ("alice", {"status": "ARCHIVED"}, Why.STATUS),
    "compromised": ("alice", {"status": "COMPROMISED"}, Why.STATUS),
    "unknown status": ("alice", {"status": "UNKNOWN"}, Why.STATUS),
    "federated": ("Google_1076", {"status": EXTERNAL_PROVIDER, "identities": IDENTITIES}, Why.FEDERATED),
    "federated with a password": ("Google_1076", {"identities": IDENTITIES}, Why.FEDERATED),
}


@pytest.mark.parametrize("case", KEPT_OUT)
def test_whom_the_source_would_not_let_in_stays_behind_even_with_the_right_password(case: str) -> None:
    name, known, why = KEPT_OUT[case]
    moving = Moving()
    moving.add(name, groups=("staff",), **MAIL, **known)
    moving.passwords.answers[name] = RIGHT
    assert moving.refused(name).why is why
    with pytest.raises(NotCarried) as refused:
        moving.forget(name)
    assert refused.value.why is why
    moving.require_nothing_written()


def test_somebody_unknown_stays_behind() -> None:
    moving = Moving()
    assert moving.refused("nobody").why is Why.WRONG_PASSWORD
    with pytest.raises(NotCarried) as refused:
        moving.forget("nobody")
    assert refused.value.why is Why.UNKNOWN


@pytest.mark.parametrize("source", ["Authentication", "ForgotPassword"])
def test_nobody_learns_from_the_answer_who_exists(source: str, handle: Handling) -> None:
    """All answers are the question itself, to the letter."""
    answers = set()
    for name, known, _ in KEPT_OUT.values():
        for is_right in (True, False):
            moving = Moving()
            moving.add(name, groups=("staff",), **MAIL, **known)
            moving.passwords.answers[name] = RIGHT if is_right else PasswordAnswer(Verdict.WRONG)
            asked = event_of(source, name)
            answers.add(json.dumps(handle(moving, json.loads(json.dumps(asked)))).replace(name, "?"))
            assert json.dumps(asked).replace(name, "?") in answers
            moving.require_nothing_written()
    moving = Moving()
    moving.add("carol", groups=("staff",), **MAIL)
    answers.add(json.dumps(handle(moving, event_of(source, "nobody"))).replace("nobody", "?"))
    if source == "Authentication":
        moving.passwords.answers["carol"] = PasswordAnswer(Verdict.WRONG)
        answers.add(json.dumps(handle(moving, event_of(source, "carol"))).replace("carol", "?"))
        moving.passwords.answers["carol"] = PasswordAnswer(Verdict.CHALLENGED, "CUSTOM_CHALLENGE")
        answers.add(json.dumps(handle(moving, event_of(source, "carol"))).replace("carol", "?"))
    assert len(answers) == 1
    moving.require_nothing_written()


def test_whoever_has_forgotten_the_password_learns_nothing_of_what_the_owner_has_to_mend(
    handle: Handling, log: Log
) -> None:
    moving = Moving()
    moving.add(email="alice@example.com", email_verified="false")
    event = event_of("ForgotPassword", password=None)
    assert handle(moving, json.loads(json.dumps(event))) == event
    assert [(line["level"], line["why"]) for line in log.lines] == [("ERROR", "no_verified_address")]


# Challenges.

RESETS, STAYS, REFUSED = "must_reset", "CONFIRMED", "refused"
FACTORS = ("SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "MFA_SETUP")
OUTCOMES: Mapping[tuple[str, OnMfa], str] = {
    **{(factor, OnMfa.RESET): RESETS for factor in FACTORS},
    **{(factor, OnMfa.TRUST_PASSWORD): STAYS for factor in FACTORS},
    **{(factor, OnMfa.REFUSE): REFUSED for factor in FACTORS},
    ("NEW_PASSWORD_REQUIRED", OnMfa.RESET): RESETS,
    ("NEW_PASSWORD_REQUIRED", OnMfa.TRUST_PASSWORD): RESETS,
    ("NEW_PASSWORD_REQUIRED", OnMfa.REFUSE): REFUSED,
    **{("CUSTOM_CHALLENGE", on_mfa): REFUSED for on_mfa in OnMfa},
    **{("DEVICE_SRP_AUTH", on_mfa): REFUSED for on_mfa in OnMfa},
    **{("OF_A_LATER_YEAR", on_mfa): REFUSED for on_mfa in OnMfa},
}


@pytest.mark.parametrize(("challenge", "on_mfa"), OUTCOMES)
def test_a_challenge_means_what_the_owner_said_it_means(challenge: str, on_mfa: OnMfa, handle: Handling) -> None:
    moving = Moving(on_mfa=on_mfa)
    status = FORCE_CHANGE_PASSWORD if challenge == "NEW_PASSWORD_REQUIRED" else CONFIRMED
    moving.add(**MAIL, status=status)
    moving.passwords.answers["alice"] = PasswordAnswer(Verdict.CHALLENGED, challenge)
    outcome = OUTCOMES[challenge, on_mfa]
    answer = handle(moving, event_of("Authentication"))["response"]
    if outcome == REFUSED:
        assert moving.refused().why is Why.CHALLENGE
        assert set(answer.values()) == {None}
    else:
        assert moving.sign_in().must_reset is (outcome == RESETS)
        assert answer["finalUserStatus"] == (None if outcome == RESETS else "CONFIRMED")


@pytest.mark.parametrize("factor", FACTORS)
def test_a_second_factor_excuses_no_status_that_a_temporary_password_would(factor: str) -> None:
    moving = Moving()
    moving.add(**MAIL, status=FORCE_CHANGE_PASSWORD)
    moving.passwords.answers["alice"] = PasswordAnswer(Verdict.CHALLENGED, factor)
    assert moving.refused().why is Why.STATUS


@pytest.mark.parametrize("password", [PASSWORD, "Not-the-password-1"])
@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
def test_a_source_whose_second_factors_are_refused_is_not_made_to_send_a_code(mode: str, password: str) -> None:
    moving = Moving(FakeUserPool(mfa={**MFA, "MfaConfiguration": mode}), on_mfa=OnMfa.REFUSE)
    moving.with_factors(moving.add(**MAIL, phone_number="+12065550100", groups=("staff",)), "SMS_MFA")
    assert moving.refused(password=password).why is Why.CHALLENGE
    assert moving.passwords.asked == []


def test_nobody_is_asked_about_before_their_password_where_the_source_has_no_second_factors() -> None:
    moving = Moving(on_mfa=OnMfa.REFUSE)
    moving.add(**MAIL)
    assert moving.refused(password="Not-the-password-1").why is Why.WRONG_PASSWORD
    assert moving.source.calls["AdminGetUser"] == 0


def test_somebody_without_a_second_factor_comes_along_where_those_of_others_are_refused() -> None:
    moving = Moving(FakeUserPool(mfa=MFA), on_mfa=OnMfa.REFUSE)
    moving.add(**MAIL)
    assert moving.sign_in().username == "alice"
    assert moving.refused(password="Not-the-password-1").why is Why.WRONG_PASSWORD


def test_a_source_that_asks_everybody_for_a_second_factor_is_not_made_to_send_a_code_to_who_never_chose_one() -> None:
    """MFA is required: who has no preference but a phone number is sent a code too [DG user-pool-settings-mfa]."""
    moving = Moving(FakeUserPool(mfa={**MFA, "MfaConfiguration": "ON"}), on_mfa=OnMfa.REFUSE)
    moving.add(**MAIL, phone_number="+12065550100", phone_number_verified="true")
    moving.passwords.answers["alice"] = PasswordAnswer(Verdict.CHALLENGED, "SMS_MFA")
    assert moving.refused().why is Why.CHALLENGE
    assert moving.passwords.asked == []


PHONE: dict[str, Any] = {"phone_number": "+12065550100", "phone_number_verified": "true"}


@pytest.mark.parametrize(
    ("on_mfa", "of_target", "attributes", "texts"),
    [
        (OnMfa.TRUST_PASSWORD, MFA, PHONE, True),
        (OnMfa.RESET, MFA, PHONE, False),
        (OnMfa.TRUST_PASSWORD, None, PHONE, False),
        (OnMfa.TRUST_PASSWORD, {"MfaConfiguration": "ON", "EmailMfaConfiguration": {}}, PHONE, False),
        (OnMfa.TRUST_PASSWORD, MFA, {}, False),
    ],
)
def test_codes_by_text_message_go_on_where_they_can_and_do_not_take_the_way_to_a_new_password(
    on_mfa: OnMfa, of_target: Mapping[str, Any] | None, attributes: dict[str, str], texts: bool, handle: Handling
) -> None:
    moving = Moving(FakeUserPool(mfa=MFA), target_pool(mfa=of_target), on_mfa=on_mfa)
    moving.with_factors(moving.add(**MAIL, **attributes), "SMS_MFA")
    assert handle(moving, event_of("Authentication"))["response"]["enableSMSMFA"] is texts


# Names.


@pytest.mark.parametrize(
    ("typed", "password"), [("a" * 300, PASSWORD), ("a" * 129, PASSWORD), ("", PASSWORD), ("alice", "")]
)
def test_what_no_user_can_have_typed_is_refused_before_anybody_is_asked(typed: str, password: str) -> None:
    moving = Moving(FakeUserPool(mfa=MFA), on_mfa=OnMfa.REFUSE)
    moving.add(**MAIL)
    if typed:
        moving.add(typed)
    assert moving.refused(typed, password).why is Why.MALFORMED
    assert (moving.passwords.asked, moving.source.calls, moving.target.calls) == ([], {}, {})


@pytest.mark.parametrize("typed", ["a" * 300, "a" * 129, ""])
def test_a_name_that_no_user_can_have_is_refused_where_the_password_was_forgotten(typed: str) -> None:
    moving = Moving()
    with pytest.raises(NotCarried) as refused:
        moving.forget(typed)
    assert refused.value.why is Why.MALFORMED
    assert moving.source.calls == {}


def test_the_longest_name_comes_along() -> None:
    moving = Moving()
    moving.add("a" * 128, **MAIL)
    assert moving.sign_in("a" * 128).username == "a" * 128


ADA = "ada@example.com"
#: What a user of the source has who is named like an address that is not, or not provably, theirs.
NOT_THEIRS: Mapping[str, dict[str, str]] = {
    "no address": {},
    "unverified address": {"email": ADA, "email_verified": "false"},
    "address without a flag": {"email": ADA},
    "another address": {"email": "mallory@example.com", "email_verified": "true"},
    "a flag without an address": {"email_verified": "true"},
}


@pytest.mark.parametrize("case", NOT_THEIRS)
def test_nobody_becomes_the_owner_of_an_address_by_having_it_as_a_mere_username(
    case: str, handle: Handling, log: Log
) -> None:
    moving = Moving(FakeUserPool(), target_pool(username_attributes=("email",)))
    moving.add(ADA, groups=("staff",), **NOT_THEIRS[case])
    assert moving.refused(ADA).why is Why.NAME
    assert handle.told(moving, event_of("Authentication", ADA)) == MOVED_LATER
    assert ADA not in log.text
    with pytest.raises(NotCarried):
        moving.forget(ADA)
    moving.require_nothing_written()


def test_whoever_has_proved_that_an_address_is_theirs_keeps_it_as_their_name() -> None:
    moving = Moving(FakeUserPool(), target_pool(username_attributes=("email",)))
    moving.add(ADA, email=ADA, email_verified="true")
    carried = moving.sign_in(ADA)
    assert (carried.username, carried.attributes["email"]) == (None, ADA)


def test_an_address_that_names_somebody_in_both_pools_need_not_be_verified() -> None:
    moving = Moving(FakeUserPool(username_attributes=("email",)), target_pool(username_attributes=("email",)))
    moving.add("6f0c", email=ADA, email_verified="false")
    assert moving.sign_in(ADA).attributes == {"email": ADA, "email_verified": "false", SUB: OLD_SUB}


def test_an_alias_that_somebody_proved_names_them_where_addresses_are_usernames() -> None:
    moving = Moving(FakeUserPool(alias_attributes=("email",)), target_pool(username_attributes=("email",)))
    moving.add("ada", email=ADA, email_verified="true")
    assert moving.sign_in(ADA).username is None


def test_a_username_that_names_nobody_in_the_target_is_not_moved() -> None:
    moving = Moving(FakeUserPool(alias_attributes=("email",)), target_pool(username_attributes=("email",)))
    moving.add("ada", email=ADA, email_verified="true", groups=("staff",))
    assert moving.refused("ada").why is Why.NAME


@pytest.mark.parametrize("case", ["unverified address", "another address", "no address"])
def test_a_username_that_looks_like_an_alias_of_the_target_is_nobodys(case: str) -> None:
    moving = Moving(FakeUserPool(), target_pool(alias_attributes=("email",)))
    moving.add(ADA, groups=("staff",), **NOT_THEIRS[case])
    assert moving.refused(ADA).why is Why.NAME


def test_the_sub_is_no_name_to_sign_in_by() -> None:
    moving = Moving()
    moving.add(**MAIL, groups=("staff",))
    moving.passwords.answers[OLD_SUB] = RIGHT
    assert moving.refused(OLD_SUB).why is Why.NAME


def test_somebody_who_signs_in_by_a_verified_alias_keeps_username_and_alias() -> None:
    moving = Moving(FakeUserPool(alias_attributes=("email",)), target_pool(alias_attributes=("email",)))
    moving.add("ada", email=ADA, email_verified="true")
    carried = moving.sign_in(ADA)
    assert (carried.username, carried.attributes["email"]) == ("ada", ADA)
    assert answer_for(carried)["userAttributes"]["username"] == "ada"
    assert answer_for(carried)["forceAliasCreation"] is False


def test_somebody_who_signs_in_by_a_preferred_username_keeps_it() -> None:
    moving = Moving(
        FakeUserPool(alias_attributes=("preferred_username",)), target_pool(alias_attributes=("preferred_username",))
    )
    moving.add("6f0c", preferred_username="countess")
    carried = moving.sign_in("countess")
    assert (carried.username, carried.attributes["preferred_username"]) == ("6f0c", "countess")


def test_a_preferred_username_that_is_no_alias_in_the_target_brings_nobody_along() -> None:
    moving = Moving(FakeUserPool(alias_attributes=("preferred_username",)))
    moving.add("6f0c", preferred_username="countess", groups=("staff",))
    assert moving.refused("countess").why is Why.NAME


@pytest.mark.parametrize(("case_sensitive", "comes"), [(True, False), (False, True)])
def test_names_are_compared_as_the_target_compares_them(case_sensitive: bool, comes: bool) -> None:
    moving = Moving(FakeUserPool(case_sensitive=False), target_pool(case_sensitive=case_sensitive))
    moving.add(**MAIL, groups=("staff",))
    moving.passwords.answers["ALICE"] = RIGHT
    if comes:
        assert moving.sign_in("ALICE").username == "alice"
    else:
        assert moving.refused("ALICE").why is Why.NAME


# Addresses that somebody of the target has.


def two_with_one_address(**of_target: Any) -> Moving:
    """`ada` has moved already and has the alias; `bob` has the same address and signs in by his username."""
    moving = Moving(FakeUserPool(alias_attributes=("email",)), target_pool(alias_attributes=("email",)))
    moving.target.add("ada", email=ADA, email_verified="true", **of_target)
    moving.add("bob", email=ADA, email_verified="true", groups=("staff",))
    return moving


def test_no_verified_alias_is_taken_from_who_has_it_in_the_target(handle: Handling, log: Log) -> None:
    moving = two_with_one_address(custom__original_sub="another-old-sub")
    assert moving.refused("bob").why is Why.TAKEN
    assert handle.told(moving, event_of("Authentication", "bob")) == MOVED_LATER
    assert [(line["level"], line["why"]) for line in log.lines] == [("ERROR", "address_taken_in_target")]
    assert ADA not in log.text
    with pytest.raises(NotCarried) as refused:
        moving.forget("bob")
    assert refused.value.why is Why.TAKEN
    moving.require_nothing_written()
    assert moving.target.calls.keys() == {"AdminGetUser"}


def test_somebody_without_an_old_sub_in_the_target_is_somebody_else() -> None:
    assert two_with_one_address().refused("bob").why is Why.TAKEN


def test_an_address_that_another_sign_in_of_the_same_person_brought_is_their_own() -> None:
    moving = two_with_one_address(custom__original_sub=OLD_SUB)
    assert moving.sign_in("bob").username == "bob"


def test_an_address_that_is_not_verified_names_nobody_and_takes_nothing() -> None:
    moving = two_with_one_address(custom__original_sub="another-old-sub")
    moving.add("bob", email=ADA, email_verified="false")
    assert moving.sign_in("bob").attributes == {"email": ADA, "email_verified": "false", SUB: OLD_SUB}
    assert moving.target.calls == {}


def test_the_other_address_of_who_signs_in_by_one_is_not_taken_either() -> None:
    pools = {"alias_attributes": ("email", "phone_number")}
    moving = Moving(FakeUserPool(**pools), target_pool(**pools))  # type: ignore[arg-type]
    moving.target.add("someone", **PHONE)
    moving.add("bob", email=ADA, email_verified="true", groups=("staff",), **PHONE)
    assert moving.refused(ADA).why is Why.TAKEN


def test_the_other_address_is_not_taken_where_addresses_are_usernames() -> None:
    pools = {"username_attributes": ("email", "phone_number")}
    moving = Moving(FakeUserPool(**pools), target_pool(**pools))  # type: ignore[arg-type]
    moving.target.add("someone", **PHONE)
    moving.add("bob", email=ADA, email_verified="true", groups=("staff",), **PHONE)
    assert moving.refused(ADA).why is Why.TAKEN


# Attributes.

#: By case: the source's pool, the target's, what the user has, why they stay, and the attribute that is named.
UNFIT: Mapping[str, tuple[dict[str, Any], dict[str, Any], dict[str, str], Why, str]] = {
    "unknown": ({"custom": ("custom:a",)}, {}, {"custom__a": "of alice"}, Why.ATTRIBUTE_UNKNOWN, "custom:a"),
    "too long": ({}, {"max_lengths": {"name": 7}}, {"name": "of alice"}, Why.ATTRIBUTE_TOO_LONG, "name"),
    "required": ({}, {"required": ("nickname",)}, {}, Why.ATTRIBUTE_REQUIRED, "nickname"),
    "required and empty": ({}, {"required": ("nickname",)}, {"nickname": ""}, Why.ATTRIBUTE_REQUIRED, "nickname"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_somebody_whom_the_target_has_no_place_for_stays_and_the_owner_hears_why(
    case: str, handle: Handling, log: Log
) -> None:
    source, target, known, why, named = UNFIT[case]
    moving = Moving(FakeUserPool(**source), target_pool(**target))
    moving.add(**MAIL, groups=("staff",), **known)
    refused = moving.refused()
    assert (refused.why, refused.attributes) == (why, (named,))
    assert handle.told(moving, event_of("Authentication")) == MOVED_LATER
    (line,) = log.lines
    assert (line["level"], line["message"], line["why"]) == ("ERROR", "refused", why.value)
    assert line["attributes"] == [named]
    assert "of alice" not in log.text
    moving.require_nothing_written()


def test_an_attribute_is_as_long_as_the_target_takes() -> None:
    moving = Moving(target=target_pool(max_lengths={"name": 8}))
    moving.add(**MAIL, name="of alice")
    assert moving.sign_in().attributes["name"] == "of alice"


def test_attributes_that_are_left_behind_on_purpose_keep_nobody() -> None:
    source = FakeUserPool(custom=("custom:a",))
    moving = Moving(source, target_pool(max_lengths={"name": 7}), dropped=("custom:a", "name"))
    moving.add(**MAIL, custom__a="x", name="of alice")
    assert moving.sign_in().attributes == {**MAIL, SUB: OLD_SUB}


@pytest.mark.parametrize(
    "known", [{}, {"email": ADA}, {"email": ADA, "email_verified": "false"}, {"email_verified": "true"}, PHONE]
)
def test_whoever_must_choose_a_password_and_could_not_be_sent_a_code_stays(known: dict[str, str]) -> None:
    """A phone number does not help: the target sends no text messages."""
    moving = Moving()
    moving.add(groups=("staff",), **known)
    with pytest.raises(NotCarried) as refused:
        moving.forget()
    assert refused.value.why is Why.NO_RECOVERY
    moving.passwords.answers["alice"] = PasswordAnswer(Verdict.CHALLENGED, "SOFTWARE_TOKEN_MFA")
    assert moving.refused().why is Why.NO_RECOVERY


def test_whoever_keeps_the_password_needs_no_address() -> None:
    moving = Moving()
    moving.add()
    assert moving.sign_in() == CarriedUser("alice", OLD_SUB, {SUB: OLD_SUB}, must_reset=False)


def test_an_address_that_is_left_behind_recovers_no_password() -> None:
    moving = Moving(dropped=("email", "email_verified"))
    moving.add(groups=("staff",), **MAIL)
    with pytest.raises(NotCarried) as refused:
        moving.forget()
    assert refused.value.why is Why.NO_RECOVERY
    moving.require_nothing_written()


@pytest.mark.parametrize("flag", ["true", "false", "True", ""])
@pytest.mark.parametrize("address", ["email", "phone_number"])
def test_an_address_is_as_verified_as_it_was(address: str, flag: str) -> None:
    moving = Moving()
    value = {"email": ADA, "phone_number": "+12065550100"}[address]
    moving.add(**{address: value, f"{address}_verified": flag})
    assert moving.sign_in().attributes == {address: value, f"{address}_verified": flag, SUB: OLD_SUB}


def test_an_address_of_which_nothing_was_said_comes_without_a_flag() -> None:
    moving = Moving()
    moving.add(email=ADA)
    assert moving.sign_in().attributes == {"email": ADA, SUB: OLD_SUB}


def test_a_flag_without_an_address_stays_behind_because_cognito_refuses_it() -> None:
    moving = Moving()
    moving.add(email_verified="true", phone_number_verified="false")
    assert moving.sign_in().attributes == {SUB: OLD_SUB}


def test_what_cognito_sets_itself_stays_behind() -> None:
    moving = Moving()
    linked = json.dumps([{"userId": "1", "providerName": "Google", "providerType": "Google", "primary": False}])
    moving.add(identities=linked, **MAIL)
    assert moving.sign_in().attributes == {**MAIL, SUB: OLD_SUB}


def test_the_old_sub_is_that_of_before_the_first_move() -> None:
    moving = Moving(FakeUserPool(custom=(SUB,)))
    moving.add(custom__original_sub="the-very-first", groups=("staff",))
    carried = moving.sign_in()
    assert (carried.original_sub, carried.attributes[SUB]) == ("the-very-first", "the-very-first")
    assert moving.store.written == [deferred_key_of_sub(TARGET, "the-very-first")]


def test_an_empty_old_sub_is_none() -> None:
    moving = Moving(FakeUserPool(custom=(SUB,)))
    moving.add(custom__original_sub="")
    assert moving.sign_in().attributes[SUB] == OLD_SUB


# Groups.


def test_groups_are_written_down_under_the_old_sub_before_the_answer() -> None:
    moving = Moving()
    moving.add(groups=("staff", "readers"), **MAIL)
    carried = moving.sign_in()
    assert moving.store.written == [deferred_key_of_sub(TARGET, OLD_SUB)]
    kept = DeferredUser.from_json(moving.store.objects[moving.store.written[0]].content)
    assert kept == DeferredUser("alice", OLD_SUB, True, ("staff", "readers"), {})
    assert carried.username == "alice"


def test_there_is_no_answer_before_the_groups_are_written_down(handle: Handling) -> None:
    moving = Moving()
    moving.add(groups=("staff",), **MAIL)
    moving.store.before = Fails("PutObject", AccessDenied("PutObject: AccessDenied."))
    assert handle.told(moving, event_of("Authentication")) == UNAVAILABLE


def test_the_groups_of_who_has_forgotten_the_password_are_written_down_too() -> None:
    moving = Moving()
    moving.add(groups=("staff",), **MAIL)
    moving.forget()
    assert moving.store.written == [deferred_key_of_sub(TARGET, OLD_SUB)]


def test_three_attempts_of_one_sign_in_end_like_one() -> None:
    moving = Moving()
    moving.add(groups=("staff",), **MAIL)
    answers = [moving.sign_in() for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert moving.store.objects.keys() == {deferred_key_of_sub(TARGET, OLD_SUB)}


def test_neither_the_records_name_nor_the_log_tells_who_it_is(handle: Handling, log: Log) -> None:
    moving = Moving(FakeUserPool(alias_attributes=("email",)), target_pool(alias_attributes=("email",)))
    moving.add(groups=("staff",), name="Alice Liddell", **MAIL)
    for source in ("Authentication", "ForgotPassword"):
        for typed in ("alice", MAIL["email"]):
            handle(moving, event_of(source, typed))
            handle(moving, event_of(source, "nobody"))
    handle(moving, event_of("Authentication", password="Not-the-password-1"))
    assert len(log.lines) == 9
    (key,) = moving.store.objects
    assert key.startswith(deferred_prefix(TARGET))
    for word in ("alice", "Liddell", "nobody", OLD_SUB, PASSWORD, "Not-the-password-1", "staff"):
        assert word not in key
        assert word not in log.text


# A source that does not answer.

GONE = NotFound("AdminGetUser", "ResourceNotFoundException")
DENIED = AccessDenied("AdminGetUser: AccessDeniedException. The function's role must allow this.")
SLOW = Throttled("AdminGetUser: TooManyRequestsException.")
AWAY = ServiceUnavailable("AdminGetUser: InternalErrorException (HTTP 500).")
#: By case: which fake fails, in what and how; the sentence, and the log line's level, message and error.
TROUBLES: Mapping[str, tuple[str, str, PoolsafeError, str, tuple[str, str, str | None]]] = {
    "check throttled": ("passwords", "AdminInitiateAuth", SLOW, BUSY, ("WARNING", "throttled", None)),
    "source throttled": ("source", "AdminGetUser", SLOW, BUSY, ("WARNING", "throttled", None)),
    "groups throttled": ("source", "AdminListGroupsForUser", SLOW, BUSY, ("WARNING", "throttled", None)),
    "target throttled": ("target", "AdminGetUser", SLOW, BUSY, ("WARNING", "throttled", None)),
    "store throttled": ("store", "PutObject", Throttled("PutObject: SlowDown."), BUSY, ("WARNING", "throttled", None)),
    "check gone": (
        *("passwords", "AdminInitiateAuth", PoolNotFound("us-east-1_Source is not there any more."), UNAVAILABLE),
        ("ERROR", "stopped", "PoolNotFound"),
    ),
    "source gone": ("source", "AdminGetUser", GONE, UNAVAILABLE, ("ERROR", "stopped", "PoolNotFound")),
    "check denied": ("passwords", "AdminInitiateAuth", DENIED, UNAVAILABLE, ("ERROR", "stopped", "AccessDenied")),
    "source denied": ("source", "AdminGetUser", DENIED, UNAVAILABLE, ("ERROR", "stopped", "AccessDenied")),
    "groups denied": ("source", "AdminListGroupsForUser", DENIED, UNAVAILABLE, ("ERROR", "stopped", "AccessDenied")),
    "target denied": ("target", "AdminGetUser", DENIED, UNAVAILABLE, ("ERROR", "stopped", "AccessDenied")),
    "source away": ("source", "AdminGetUser", AWAY, UNAVAILABLE, ("ERROR", "stopped", "ServiceUnavailable")),
    "check misused": (
        *("passwords", "AdminInitiateAuth", Rejected("AdminInitiateAuth", "InvalidParameterException"), UNAVAILABLE),
        ("ERROR", "stopped", "Rejected"),
    ),
}


@pytest.mark.parametrize("case", TROUBLES)
def test_a_pool_that_does_not_answer_is_told_in_one_sentence_and_one_line(
    case: str, handle: Handling, log: Log
) -> None:
    which, operation, error, sentence, (level, message, name) = TROUBLES[case]
    moving = Moving(FakeUserPool(alias_attributes=("email",)), target_pool(alias_attributes=("email",)))
    moving.add(groups=("staff",), **MAIL)
    getattr(moving, which).before = Fails(operation, error)
    assert handle.told(moving, event_of("Authentication")) == sentence
    (line,) = log.lines
    assert (line["level"], line["message"], line.get("error")) == (level, message, name)
    assert line["explanation"]
    assert (line["trigger"], line["user_pool_id"], line["client_id"]) == ("UserMigration", TARGET, "app")
    assert "alice" not in log.text
    moving.require_nothing_written()


def test_a_defect_is_told_by_its_place_and_without_its_text(handle: Handling, log: Log) -> None:
    moving = Moving()
    moving.add(groups=("staff",), **MAIL)
    moving.source.before = Fails("AdminGetUser", KeyError("alice@example.com"))
    assert handle.told(moving, event_of("Authentication")) == UNAVAILABLE
    (line,) = log.lines
    assert (line["level"], line["message"]) == ("ERROR", "defect")
    assert line["explanation"].startswith("KeyError in test_migrating_users.py")
    assert "alice" not in log.text
    moving.require_nothing_written()


def test_a_trigger_source_that_nobody_knows_moves_nobody(handle: Handling, log: Log) -> None:
    moving = Moving()
    moving.add(groups=("staff",), **MAIL)
    assert handle.told(moving, event_of("OfALaterYear")) == MOVED_LATER
    assert [line["message"] for line in log.lines] == ["unknown_source"]
    assert (moving.passwords.asked, moving.source.calls) == ([], {})


def test_only_who_knew_the_password_learns_that_there_is_something_to_mend() -> None:
    """And nobody who did something wrong is sent to support."""
    assert FOR_THE_OWNER.isdisjoint(
        {Why.UNKNOWN, Why.WRONG_PASSWORD, Why.LOCKED_OUT, Why.MALFORMED, Why.DISABLED, Why.STATUS, Why.FEDERATED}
    )


# Trying again.


@pytest.mark.parametrize(
    ("which", "operation"),
    [
        ("passwords", "AdminInitiateAuth"),
        ("source", "AdminGetUser"),
        ("source", "AdminListGroupsForUser"),
        ("target", "AdminGetUser"),
        ("store", "PutObject"),
    ],
)
def test_what_was_throttled_for_a_moment_is_asked_again(which: str, operation: str) -> None:
    moving = Moving(FakeUserPool(alias_attributes=("email",)), target_pool(alias_attributes=("email",)))
    moving.add(groups=("staff",), **MAIL)
    failing = Fails(operation, SLOW, times=3)
    getattr(moving, which).before = failing
    assert moving.sign_in().username == "alice"
    assert failing.failed == 3
    assert moving.clock.seconds == pytest.approx(0.1 + 0.2 + 0.4)


def test_nothing_is_tried_again_when_the_time_is_over() -> None:
    moving = Moving()
    moving.add(**MAIL)
    failing = Fails("AdminInitiateAuth", SLOW)
    moving.passwords.before = failing
    with pytest.raises(Throttled):
        moving.sign_in()
    assert failing.failed == 5
    assert moving.clock.seconds < BUDGET


def test_all_calls_of_a_sign_in_share_its_time() -> None:
    moving = Moving()
    moving.add(**MAIL)
    moving.passwords.before = Fails("AdminInitiateAuth", SLOW, times=4)
    failing = Fails("AdminGetUser", SLOW)
    moving.source.before = failing
    with pytest.raises(Throttled):
        moving.sign_in()
    assert moving.clock.seconds < BUDGET
    assert failing.failed == 4


@pytest.mark.parametrize("error", [DENIED, GONE, PoolNotFound("gone"), Rejected("X", "InvalidParameterException")])
def test_what_would_fail_again_is_not_tried_again(error: PoolsafeError) -> None:
    clock, failing = FakeClock(), Fails("call", error)
    with pytest.raises(type(error)):
        Hurry(clock, BUDGET)(lambda: failing("call"))
    assert (failing.failed, clock.seconds) == (1, 0.0)


def test_a_hurry_is_over_from_its_moment_on() -> None:
    clock = FakeClock()
    hurry = Hurry(clock, BUDGET)
    seen = []
    for seconds in (0.0, 2.4, 0.1, 1.0):
        clock.sleep(seconds)
        seen.append(hurry.is_over)
    assert seen == [False, False, True, True]
    assert hurry(lambda: "answered at once") == "answered at once"
