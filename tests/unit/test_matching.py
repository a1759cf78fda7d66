"""Who of the target is who of the snapshot: found by what is strongest, and proven by what nobody else can have."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.match import Directory, Matcher, Names
from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, User
from tests.fakes import START
from tests.pipeline import target_pool
from tests.unit.restores import MARK, target_of

MAIL, PHONE = "ada@example.com", "+12065550100"
VERIFIED = {"email": MAIL, "email_verified": "true"}
BY_PHONE = {"phone_number": PHONE, "phone_number_verified": "true"}
BOTH = ("email", "phone_number")


def matcher(sub_attribute: str | None = MARK, providers: dict[str, str] | None = None, **options: Any) -> Matcher:
    return Matcher(target_of(target_pool(**options)), sub_attribute, providers or {})


def user(username: str, sub: str, status: str = CONFIRMED, **attributes: str) -> User:
    named = {name.replace("__", ":"): value for name, value in attributes.items()}
    return User(username, sub, status, True, START, START, named)


def profile(username: str, sub: str, provider: str = "Google", status: str = EXTERNAL_PROVIDER, **more: str) -> User:
    own = [{"userId": username.partition("_")[2], "providerName": provider, "primary": True}]
    return user(username, sub, status, identities=json.dumps(own), **more)


ADA = user("ada", "old", **VERIFIED)


def found(matcher: Matcher, saved: User, there: Iterable[User]) -> str | None:
    """The `sub` of whom a user of the snapshot meets in the target."""
    twin = Directory(matcher, there).find(saved)
    return None if twin is None else twin.sub


# Found


def test_the_old_sub_comes_before_the_mark_of_a_restore_before_the_name_before_a_verified_alias() -> None:
    saved = user("ada", "old", **VERIFIED, custom__original_sub="first")
    strongest_first = [
        user("renamed", "old"),
        user("moved", "by mark", custom__original_sub="first"),
        user("ada", "by name"),
        user("lovelace", "by alias", **VERIFIED),
    ]
    by = matcher(alias_attributes=("email",))
    for rank, twin in enumerate(strongest_first):
        assert found(by, saved, reversed(strongest_first[rank:])) == twin.sub
    assert found(by, saved, [user("bob", "another", email="bob@example.com", email_verified="true")]) is None


def test_who_was_restored_before_is_found_by_the_first_sub_and_not_by_the_second() -> None:
    saved = user("ada", "second", custom__original_sub="first")
    assert found(matcher(), saved, [user("x", "new", custom__original_sub="first")]) == "new"
    assert found(matcher(), saved, [user("x", "new", custom__original_sub="second")]) is None


def test_a_mark_counts_for_nothing_where_no_attribute_takes_the_old_sub() -> None:
    assert found(matcher(sub_attribute=None), ADA, [user("x", "new", custom__original_sub="old")]) is None


@pytest.mark.parametrize(
    ("options", "there", "is_found"),
    [
        ({}, {"email": MAIL, "email_verified": "true"}, False),
        ({"alias_attributes": ("email",)}, {"email": MAIL, "email_verified": "true"}, True),
        ({"alias_attributes": ("email",)}, {"email": MAIL, "email_verified": "false"}, False),
        ({"alias_attributes": ("email",)}, {"email": MAIL}, False),
        ({"alias_attributes": ("email",), "case_sensitive": False}, {"email": "Ada@Example.com"}, False),
        (
            {"alias_attributes": ("email",), "case_sensitive": False},
            {"email": "Ada@Example.com", "email_verified": "true"},
            True,
        ),
        ({"alias_attributes": ("email",)}, {"email": "Ada@Example.com", "email_verified": "true"}, False),
        ({"alias_attributes": ("phone_number",)}, {"email": MAIL, "email_verified": "true"}, False),
    ],
)
def test_an_address_names_somebody_where_it_is_an_alias_and_verified(
    options: dict[str, Any], there: dict[str, str], is_found: bool
) -> None:
    assert found(matcher(**options), ADA, [user("another", "new", **there)]) == ("new" if is_found else None)


def test_a_preferred_username_makes_nobody_somebody_else() -> None:
    """It is given late: who cannot have theirs is restored without it."""
    saved, there = user("ada", "old", preferred_username="lady"), [user("x", "new", preferred_username="lady")]
    assert found(matcher(alias_attributes=("preferred_username",)), saved, there) is None
    assert found(matcher(), saved, there) is None


@pytest.mark.parametrize(("case_sensitive", "expected"), [(False, "new"), (True, None)])
def test_letter_case_tells_names_apart_where_the_target_does(case_sensitive: bool, expected: str | None) -> None:
    assert found(matcher(case_sensitive=case_sensitive), user("ADA", "old"), [user("ada", "new")]) == expected


@pytest.mark.parametrize("verified", ["true", "false"])
def test_where_addresses_are_usernames_users_meet_by_address_and_usernames_mean_nothing(verified: str) -> None:
    by = matcher(username_attributes=("email",))
    saved = user("6f0c", "old", email=MAIL, email_verified=verified)
    assert found(by, saved, [user("77aa", "new", email=MAIL, email_verified=verified)]) == "new"
    assert found(by, saved, [user("6f0c", "new", email="bob@example.com")]) is None


def test_where_both_addresses_are_usernames_either_of_them_meets_once_it_is_verified() -> None:
    by = matcher(username_attributes=BOTH)
    saved = user("6f0c", "old", **VERIFIED, **BY_PHONE)
    assert found(by, saved, [user("a", "by phone", **BY_PHONE)]) == "by phone"
    assert found(by, saved, [user("a", "by mail", **VERIFIED)]) == "by mail"
    # An address that is neither verified nor what its holder is named by is nobody's name.
    assert found(by, saved, [user("a", "new", **BY_PHONE | {"phone_number": "+1206"}, email=MAIL)]) is None


# Federated profiles


def test_a_federated_profile_never_stands_for_a_local_user_nor_the_other_way_round() -> None:
    by = matcher(username_attributes=("email",))
    local, federated = user("6f0c", "local", **VERIFIED), profile("Google_1", "federated", **VERIFIED)
    assert found(by, local, [federated]) is None
    assert found(by, federated, [local]) is None
    assert found(matcher(), profile("Google_1", "old"), [user("Google_1", "signed up under that name")]) is None


def test_a_profile_is_found_under_its_providers_new_name() -> None:
    saved, there = profile("Google_1", "old"), [profile("GoogleToo_1", "new", provider="GoogleToo")]
    assert found(matcher(providers={"Google": "GoogleToo"}), saved, there) == "new"
    assert found(matcher(), saved, there) is None
    # Names of the target are new ones already.
    swapped = matcher(providers={"Google": "GoogleToo", "GoogleToo": "Google"})
    assert found(swapped, saved, [profile("Google_1", "other"), *there]) == "new"


def test_a_profile_that_a_password_made_confirmed_is_one_all_the_same() -> None:
    assert found(matcher(), profile("google_1", "old", status=CONFIRMED), [user("google_1", "new")]) is None


# Proven


@pytest.mark.parametrize(
    ("twin", "proven"),
    [
        (user("renamed", "old"), True),
        (user("ada", "new", custom__original_sub="old"), True),
        (user("ada", "new", **VERIFIED), True),
        (user("ada", "new", email="ADA@example.com", email_verified="True"), True),
        (user("ada", "new"), False),
        (user("ada", "new", email=MAIL), False),
        (user("ada", "new", email=MAIL, email_verified="false"), False),
        (user("ada", "new", email="attacker@example.com", email_verified="true"), False),
        (user("ada", "new", email_verified="true"), False),
        (user("ada", "new", custom__original_sub="another"), False),
        (user("ada", "new", custom__original_sub=""), False),
        (profile("Google_1", "new", **VERIFIED), False),
    ],
)
def test_a_name_proves_nothing_and_an_address_only_when_both_have_it_verified(twin: User, proven: bool) -> None:
    assert matcher().proves(ADA, twin) is proven


@pytest.mark.parametrize("attributes", [{}, {"email": MAIL}, {"email": MAIL, "email_verified": "false"}])
def test_who_had_no_verified_address_is_proven_by_none(attributes: dict[str, str]) -> None:
    """Anybody may claim an address: only the provider of the pool's mail has checked it."""
    assert not matcher().proves(user("ada", "old", **attributes), user("ada", "new", **VERIFIED))


def test_a_phone_number_proves_as_an_address_does() -> None:
    assert matcher().proves(user("ada", "old", **BY_PHONE), user("ada", "new", **BY_PHONE))
    assert not matcher().proves(user("ada", "old", **BY_PHONE), user("ada", "new", phone_number=PHONE))


def test_a_profile_of_the_same_provider_and_subject_is_proven_by_its_name() -> None:
    assert matcher().proves(profile("Google_1", "old"), profile("Google_1", "new"))
    assert not matcher().proves(profile("Google_1", "old"), user("Google_1", "new", **VERIFIED))


# Two of the snapshot that are one in the target


def test_of_two_with_one_name_the_first_has_it_and_the_second_is_told_whose_it_is() -> None:
    names = Names(matcher(case_sensitive=False), [user("Ada", "first")])
    assert names.taken_by(user("ada", "second")) == "first"
    assert names.taken_by(user("bob", "third")) is None
    names.take(user("bob", "third"))
    assert names.taken_by(user("BOB", "fourth")) == "third"


def test_a_phone_number_collides_as_an_address_does() -> None:
    names = Names(matcher(username_attributes=BOTH), [user("a", "first", **VERIFIED, **BY_PHONE)])
    assert names.taken_by(user("b", "second", email="b@example.com", email_verified="true", **BY_PHONE)) == "first"
    assert names.taken_by(user("c", "third", **BY_PHONE | {"phone_number_verified": "false"}, **VERIFIED)) == "first"
    assert names.taken_by(user("d", "fourth", email="d@example.com", phone_number=PHONE)) is None


def test_who_is_listed_again_is_told_by_their_own_sub_even_where_another_has_the_name() -> None:
    names = Names(matcher(case_sensitive=False), [user("Ada", "first"), user("ada", "second")])
    assert names.taken_by(user("ada", "second")) == "second"


def test_a_profile_takes_no_name_of_a_local_user() -> None:
    names = Names(matcher(username_attributes=("email",)), [profile("Google_1", "first", **VERIFIED)])
    assert names.taken_by(user("6f0c", "second", **VERIFIED)) is None
    assert names.taken_by(profile("google_1", "third", provider="google")) is None
    assert (
        Names(matcher(case_sensitive=False), [profile("Google_1", "first")]).taken_by(
            profile("GOOGLE_1", "third", provider="GOOGLE")
        )
        == "first"
    )


def test_two_profiles_that_become_one_by_renaming_collide() -> None:
    by = matcher(providers={"Old": "Google"})
    names = Names(by, [profile("Google_1", "first")])
    assert names.taken_by(profile("Old_1", "second", provider="Old")) == "first"


def test_a_flag_is_read_whatever_its_case() -> None:
    by = matcher(alias_attributes=("email",))
    assert found(by, replace(ADA, attributes={"email": MAIL, "email_verified": "True"}), [user("x", "new", **VERIFIED)])
