"""The users in numbers: counted part by part as if at once, small enough to travel, and telling of nobody."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.assessment import collisions
from poolsafe.domain.assessment.collisions import CollisionCounter, Collisions, count_collisions, folded
from poolsafe.domain.assessment.mfa import mfa_report
from poolsafe.domain.assessment.mfa_sample import MfaSample, interval, sample_users
from poolsafe.domain.assessment.survey import MOST_NAMES, UserSurvey
from poolsafe.domain.assessment.traits import Age, Channel, Kind, channel_of, locks_recovery, providers_of
from poolsafe.domain.records import User
from tests.unit import records
from tests.unit.assessments import NOW, RATES, configuration, federated, identities, surveyed, user

SMS_ON = {"mfa": {"MfaConfiguration": "ON", "SmsMfaConfiguration": {"SmsConfiguration": {}}}}


@given(st.lists(st.tuples(records.users, st.integers(0, 100)), max_size=30), st.integers(0, 30))
def test_parts_merged_are_the_whole(users: list[tuple[User, int]], cut: int) -> None:
    parts = [UserSurvey(NOW), UserSurvey(NOW)]
    whole = UserSurvey(NOW)
    for position, (one, groups) in enumerate(users):
        parts[position >= cut].add(one, groups)
        whole.add(one, groups)
    assert parts[0].merged(parts[1]) == whole


@given(st.lists(records.users, max_size=30))
def test_a_survey_comes_back_from_its_state(users: list[User]) -> None:
    survey = surveyed(users)
    assert UserSurvey.from_state(json.loads(json.dumps(survey.to_state()))) == survey


def test_surveys_of_different_moments_are_not_merged() -> None:
    with pytest.raises(ValueError, match="different moments"):
        UserSurvey(NOW).merged(UserSurvey(NOW.replace(year=2025)))


def test_the_state_stays_small_however_many_names_there_are() -> None:
    survey = UserSurvey(NOW)
    for number in range(5_000):
        survey.add(federated(number, provider=f"provider-{number:023d}"))
        survey.add(user(number, attributes={f"custom:{number:020d}": "x"}))
    assert len(survey.profiles) == MOST_NAMES + 1
    assert sum(survey.profiles.values()) == 5_000
    assert len(json.dumps(survey.to_state())) < 100_000


def test_users_are_told_apart_by_where_they_exist() -> None:
    linked = user(1, attributes={"identities": identities("Google", "Okta")})
    survey = surveyed([user(0), linked, federated(2)])
    assert [survey.count(kinds=(kind,)) for kind in Kind] == [1, 1, 1]
    assert survey.links == Counter(Google=1, Okta=1)
    assert survey.profiles == Counter(Okta=1)
    assert survey.most_links == 2


@pytest.mark.parametrize("broken", ["", "{", "[1]", '"x"', "{}", '[{"providerName": 7}]', '[{"providerName": ""}]'])
def test_broken_identities_stop_nobody(broken: str) -> None:
    assert surveyed([user(0, attributes={"identities": broken})]).count() == 1


def test_a_providers_own_profile_comes_first() -> None:
    both = json.dumps([{"providerName": "Google"}, {"providerName": "Okta", "primary": "true"}])
    assert list(providers_of(user(0, attributes={"identities": both}))) == ["Okta", "Google"]


@pytest.mark.parametrize(
    ("days", "age"), [(0, Age.MONTH), (30, Age.MONTH), (31, Age.QUARTER), (365, Age.YEAR), (366, Age.OLDER)]
)
def test_age_counts_from_the_last_change(days: int, age: Age) -> None:
    survey = surveyed([user(0, days=days)])
    assert survey.count(ages=(age,)) == 1


@pytest.mark.parametrize(
    ("attributes", "channel"),
    [
        ({}, Channel.NONE),
        ({"email": "a@b.c"}, Channel.NONE),
        ({"email_verified": "true"}, Channel.NONE),
        ({"email": "a@b.c", "email_verified": "True"}, Channel.EMAIL),
        ({"phone_number": "+491", "phone_number_verified": "true", "email": "a@b.c"}, Channel.PHONE),
        (
            {
                "email": "a@b.c",
                "email_verified": "true",
                "phone_number": "+491",
                "phone_number_verified": "true",
            },
            Channel.BOTH,
        ),
    ],
)
def test_only_a_verified_address_reaches_a_user(attributes: dict[str, str], channel: Channel) -> None:
    assert channel_of(user(0, attributes=attributes)) is channel


@pytest.mark.parametrize(
    ("channel", "methods", "locked"),
    [
        (Channel.PHONE, ("SMS_MFA",), True),
        (Channel.EMAIL, ("EMAIL_OTP",), True),
        (Channel.EMAIL, ("SMS_MFA",), False),
        (Channel.BOTH, ("SMS_MFA",), False),
        (Channel.BOTH, ("SMS_MFA", "EMAIL_OTP"), True),
        (Channel.PHONE, ("SMS_MFA", "SOFTWARE_TOKEN_MFA"), False),
        (Channel.PHONE, ("SMS_MFA", "WEB_AUTHN"), True),
        (Channel.PHONE, ("WEB_AUTHN",), False),
        (Channel.NONE, ("SMS_MFA",), False),
        (Channel.PHONE, (), False),
    ],
)
def test_recovery_is_locked_when_every_channel_serves_mfa(
    channel: Channel, methods: tuple[str, ...], locked: bool
) -> None:
    assert locks_recovery(channel, methods) is locked


def test_mfa_is_exact_when_every_user_was_asked() -> None:
    survey = surveyed([user(0, mfa_methods=()), user(1, mfa_methods=("SOFTWARE_TOKEN_MFA",))])
    report = mfa_report(configuration(), survey, MfaSample(), RATES)
    assert report["basis"] == "exact"
    use = {row["method"]: (row["users"], row["low"], row["high"]) for row in report["use"]}
    assert use["SOFTWARE_TOKEN_MFA"] == use["none"] == (1, 1, 1)


def test_a_passkey_is_a_method_of_its_own() -> None:
    asked = [
        user(0, mfa_methods=("WEB_AUTHN",)),
        user(1, mfa_methods=("SMS_MFA", "WEB_AUTHN")),
        user(2, mfa_methods=()),
    ]
    use = {row["method"]: row["users"] for row in mfa_report(configuration(), surveyed(asked), None, RATES)["use"]}
    assert use == {"EMAIL_OTP": 0, "SMS_MFA": 1, "SOFTWARE_TOKEN_MFA": 0, "WEB_AUTHN": 2, "none": 1}
    sample = MfaSample()
    for one in asked:
        sample.add(one.mfa_methods or ())
    assert (sample.methods, sample.none) == ({"WEB_AUTHN": 2, "SMS_MFA": 1}, 1)


def test_mfa_is_unknown_when_only_the_legacy_setting_is_told() -> None:
    phone = {"phone_number": "+491", "phone_number_verified": "true"}
    survey = surveyed([user(0, mfa_methods=("SMS_MFA",), attributes=phone), user(1, attributes=phone), user(2)])
    report = mfa_report(configuration(SMS_ON), survey, None, RATES)
    assert (report["basis"], report["users_known"]) == ("unknown", 1)
    assert report["recovery_channel_is_only_mfa_channel"] == {"known": 1, "at_most": 2}
    assert {row["method"]: row["high"] for row in report["use"]}["SMS_MFA"] == 3


def test_a_sample_tells_a_range() -> None:
    sample = MfaSample()
    for number in range(100):
        sample.add(("SMS_MFA",) if number < 20 else ())
    survey = surveyed(user(number) for number in range(1_000))
    report = mfa_report(configuration(), survey, MfaSample.from_state(sample.to_state()), RATES)
    [sms] = [row for row in report["use"] if row["method"] == "SMS_MFA"]
    assert (report["basis"], sms["users"]) == ("sampled", 20)
    # Wilson's interval for 20 of 100.
    assert (sms["low"], sms["high"]) == (133, 289)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 10**6))
def test_the_range_holds_what_was_found(found: int, more: int, rest: int) -> None:
    low, high = interval(found, found + more, found + more + rest)
    assert 0 <= low <= high <= found + more + rest
    assert low >= (found if found + more else 0)


def test_asking_costs_an_active_user_each_and_the_read_quota() -> None:
    survey = surveyed(user(number) for number in range(720))
    asking = mfa_report(configuration(), survey, None, RATES)["asking_everybody"]
    # 720 reads at half of 120 a second.
    assert (asking["users_billed_as_active"], asking["minutes"]) == (720, 0.2)


@given(st.permutations(range(40)), st.integers(0, 10))
def test_the_same_users_are_asked_whatever_the_order(order: list[int], size: int) -> None:
    everybody = [federated(number) if number % 5 == 0 else user(number) for number in range(40)]
    asked = sample_users(everybody, size)
    assert sample_users([everybody[number] for number in order], size) == asked
    assert len(asked) == size
    assert all(one.status == "CONFIRMED" for one in asked)


@given(st.lists(st.text(max_size=3)))
def test_collisions_are_the_values_that_came_before(values: list[str]) -> None:
    assert count_collisions(values) == len(values) - len(set(values))


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ("Anna", "aNNA", True),
        ("ÉLAN", "élan", True),
        ("ΣΑΣ", "σας", True),
        ("Straße", "STRASSE", False),  # lower case, not case folding
        ("İ", "i", False),
        ("anna", "anna ", False),
    ],
)
def test_names_collide_in_lower_case(one: str, other: str, collide: bool) -> None:
    assert count_collisions(map(folded, (one, other))) == int(collide)


def test_only_local_users_take_names_and_addresses_from_each_other() -> None:
    same = {"email": "Shared@example.com", "email_verified": "true"}
    unverified = {"email": "shared@example.com", "email_verified": "false"}
    phone = {"phone_number": "+4915112345678", "phone_number_verified": "true"}
    counter = CollisionCounter()
    for one in (
        user(0, username="Anna", attributes=same),
        user(1, username="anna", attributes={**same, "email": "shared@EXAMPLE.com"}),
        user(2, attributes=unverified),
        user(3, attributes=phone),
        user(4, attributes=phone),
        federated(5),
        federated(5),
    ):
        counter.add(one)
    assert counter.counted() == Collisions(usernames=1, emails=1, phone_numbers=1)


def test_counting_stops_at_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collisions, "MOST_USERS", 1)
    counter = CollisionCounter()
    counter.add(user(0))
    counter.add(federated(1))
    with pytest.raises(OverflowError, match="up to 1 users"):
        counter.add(user(2))


def test_a_lone_surrogate_stops_nobody() -> None:
    assert count_collisions(["\ud800", "\ud800", "a"]) == 1
