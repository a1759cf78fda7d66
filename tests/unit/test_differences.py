"""One user or group that came back, compared with what was saved: each difference is declared, or must not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from poolsafe.domain.records import FORCE_CHANGE_PASSWORD, Group, User
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.diff import Expected, Found, compare_groups, compare_user
from poolsafe.domain.restore.difference import Declared, Difference, Skipped, Undeclared
from poolsafe.domain.restore.outcome import Kind, Outcome, Reason, Result
from poolsafe.domain.restore.plan import Planner
from poolsafe.domain.restore.scope import Part, Scope
from poolsafe.domain.restore.wishes import OnConflict, Wishes
from tests.fakes import START
from tests.unit.restores import mfa, planner

LATER = datetime(2026, 11, 23, tzinfo=UTC)
SAVED = User("alice", "old", "CONFIRMED", True, START, START, {"email": "alice@example.com", "email_verified": "true"})
BACK = replace(
    SAVED, sub="new", created_at=LATER, modified_at=LATER, attributes={**SAVED.attributes, "custom:original_sub": "old"}
)
CREATED = Outcome(Kind.USER, Result.CREATED, None, "alice", "old", "new")
GOOGLE = '[{"userId":"1076","providerName":"Google","primary":false}]'
ALWAYS = {(Declared.SUB, None), (Declared.CREATED_AT, None), (Declared.ORIGINAL_SUB, "custom:original_sub")}


def compared(
    saved: User = SAVED,
    back: User | None = BACK,
    *,
    groups: tuple[str, ...] = (),
    back_groups: tuple[str, ...] = (),
    failed_groups: tuple[str, ...] = (),
    failed_links: tuple[str, ...] = (),
    outcome: Outcome | None = CREATED,
    mfa_done: bool = False,
    planner: Planner = planner(),  # noqa: B008 - frozen
) -> set[tuple[Declared | Skipped | Undeclared, str | None]]:
    """Each difference with its field."""
    found = None if back is None else Found(back, frozenset(back_groups))
    expected = Expected(saved, frozenset(groups), outcome, frozenset(failed_groups), frozenset(failed_links), mfa_done)
    return {(told.difference, told.field) for told in compare_user(planner, expected, found)}


def with_attributes(user: User, **attributes: str | None) -> User:
    named = {name.replace("__", ":"): value for name, value in attributes.items()}
    kept = {**user.attributes, **named}
    return replace(user, attributes={name: value for name, value in kept.items() if value is not None})


def test_a_user_that_came_back_right_has_a_new_sub_and_new_dates_and_nothing_else() -> None:
    assert compared(groups=("a", "b"), back_groups=("b", "a")) == ALWAYS


@pytest.mark.parametrize(
    ("arguments", "difference"),
    [
        ({"outcome": None}, (Undeclared.NO_OUTCOME, None)),
        ({"back": None}, (Undeclared.MISSING, None)),
        ({"back": replace(BACK, enabled=False)}, (Undeclared.ENABLED, None)),
        ({"saved": replace(SAVED, enabled=False)}, (Undeclared.ENABLED, None)),
        ({"back": replace(BACK, status=FORCE_CHANGE_PASSWORD)}, (Undeclared.STATUS, FORCE_CHANGE_PASSWORD)),
        (
            {"saved": replace(SAVED, status="UNCONFIRMED"), "back": replace(BACK, status="UNCONFIRMED")},
            (Undeclared.STATUS, "UNCONFIRMED"),
        ),
        ({"back": with_attributes(BACK, email="other@example.com")}, (Undeclared.ATTRIBUTE, "email")),
        ({"back": with_attributes(BACK, email_verified="false")}, (Undeclared.ATTRIBUTE, "email_verified")),
        ({"saved": with_attributes(SAVED, name="Alice")}, (Undeclared.ATTRIBUTE, "name")),
        ({"back": with_attributes(BACK, name="")}, (Undeclared.ATTRIBUTE, "name")),
        ({"back": with_attributes(BACK, email="ALICE@example.com")}, (Undeclared.ATTRIBUTE, "email")),
        (
            {"back": with_attributes(BACK, custom__original_sub="wrong")},
            (Undeclared.ORIGINAL_SUB, "custom:original_sub"),
        ),
        ({"back": with_attributes(BACK, custom__original_sub=None)}, (Undeclared.ORIGINAL_SUB, "custom:original_sub")),
        ({"groups": ("staff",)}, (Undeclared.MEMBERSHIP_MISSING, "staff")),
        ({"back_groups": ("admins",)}, (Undeclared.MEMBERSHIP_EXTRA, "admins")),
    ],
)
def test_each_difference_that_must_not_be_is_found(
    arguments: dict[str, Any], difference: tuple[Undeclared, str | None]
) -> None:
    found = compared(**arguments)
    assert {told for told in found if isinstance(told[0], Undeclared)} == {difference}


@pytest.mark.parametrize(
    ("arguments", "difference"),
    [
        ({}, (Declared.SUB, None)),
        ({}, (Declared.CREATED_AT, None)),
        ({}, (Declared.ORIGINAL_SUB, "custom:original_sub")),
        ({"saved": replace(SAVED, status="RESET_REQUIRED")}, (Declared.STATUS, "RESET_REQUIRED")),
        ({"saved": with_attributes(SAVED, identities=GOOGLE)}, (Declared.LINKS, "Google")),
        ({"saved": replace(SAVED, mfa_methods=("SMS_MFA",))}, (Declared.MFA, "mfa")),
        ({"back": replace(BACK, username="6f0c")}, (Declared.USERNAME, None)),
        ({"groups": ("us-east-1_Source_Google",)}, (Declared.SERVICE_MADE_GROUP, "us-east-1_Source_Google")),
        (
            {"planner": planner(case_sensitive=False), "back": with_attributes(BACK, email="ALICE@example.com")},
            (Declared.CASE, "email"),
        ),
    ],
)
def test_each_difference_that_cognito_makes_unavoidable_is_declared(
    arguments: dict[str, Any], difference: tuple[Declared, str | None]
) -> None:
    found = compared(**arguments)
    assert difference in found
    assert not [told for told in found if isinstance(told[0], Undeclared)]


def test_a_flag_that_stands_by_no_address_is_no_difference_and_a_lost_address_is_missed_with_its_flag() -> None:
    assert compared(back=with_attributes(BACK, phone_number_verified="true")) == ALWAYS
    lost = {(Undeclared.ATTRIBUTE, "email"), (Undeclared.ATTRIBUTE, "email_verified")}
    assert compared(back=with_attributes(BACK, email=None)) == ALWAYS | lost


WAITING = replace(BACK, status=FORCE_CHANGE_PASSWORD)


@pytest.mark.parametrize("credential", Credential)
@pytest.mark.parametrize("status", ["CONFIRMED", FORCE_CHANGE_PASSWORD, "RESET_REQUIRED", "UNCONFIRMED"])
def test_a_status_is_that_of_the_credential_or_of_somebody_who_has_signed_in_since(
    credential: Credential, status: str
) -> None:
    right = {
        Credential.RESET: "CONFIRMED",
        Credential.IMPORT_JOB: "RESET_REQUIRED",
        Credential.TEMPORARY: FORCE_CHANGE_PASSWORD,
        Credential.INVITE: FORCE_CHANGE_PASSWORD,
    }[credential]
    found = compared(back=replace(BACK, status=status), outcome=replace(CREATED, credential=credential.value))
    if status == "CONFIRMED":
        assert found == ALWAYS
    elif status == right:
        assert found == ALWAYS | {(Declared.STATUS, "CONFIRMED")}
    else:
        assert found == ALWAYS | {(Undeclared.STATUS, status)}


LINKED = with_attributes(SAVED, identities=GOOGLE)


def test_a_link_is_there_under_its_providers_new_name_or_missed() -> None:
    there = planner(providers=("Google",))
    mapped = planner(wishes=Wishes(provider_map={"Google": "GoogleToo"}), providers=("GoogleToo",))
    renamed = GOOGLE.replace("Google", "GoogleToo")
    assert compared(LINKED, with_attributes(BACK, identities=GOOGLE), planner=there) == ALWAYS
    assert compared(LINKED, with_attributes(BACK, identities=renamed), planner=mapped) == ALWAYS
    assert compared(LINKED, planner=there) == ALWAYS | {(Undeclared.LINK_MISSING, "Google")}
    assert compared(LINKED, planner=there, failed_links=("Google",)) == ALWAYS
    assert compared(LINKED) == ALWAYS | {(Declared.LINKS, "Google")}


def test_a_second_factor_that_was_set_is_there_or_missed() -> None:
    offering = planner(mfa=mfa("OPTIONAL"))
    saved = replace(SAVED, mfa_methods=("EMAIL_OTP", "SOFTWARE_TOKEN_MFA"))
    cases = {("EMAIL_OTP",): set(), (): {(Undeclared.MFA, "mfa")}, None: set()}
    for methods, missed in cases.items():
        back = replace(BACK, mfa_methods=methods)
        found = compared(saved, back, planner=offering, mfa_done=True)
        assert found == ALWAYS | {(Declared.MFA, "mfa")} | missed
    assert compared(saved, replace(BACK, mfa_methods=()), planner=offering) == ALWAYS | {(Declared.MFA, "mfa")}


@pytest.mark.parametrize(
    ("saved", "back", "difference"),
    [
        ({"birthdate": "1815-12-10"}, {"birthdate": "12/10/1815"}, (Declared.FORM, "birthdate")),
        ({"name": ""}, {}, (Declared.FORM, "name")),
        ({}, {"name": ""}, (Undeclared.ATTRIBUTE, "name")),
        ({"birthdate": "1815-12-10"}, {"birthdate": "10/12/1815"}, (Undeclared.ATTRIBUTE, "birthdate")),
        (
            {"phone_number": "+12065550100"},
            {"phone_number": "+12065550100", "phone_number_verified": "false"},
            (Declared.FORM, "phone_number_verified"),
        ),
        (
            {"phone_number": "+12065550100"},
            {"phone_number": "+12065550100", "phone_number_verified": "true"},
            (Undeclared.ATTRIBUTE, "phone_number_verified"),
        ),
    ],
)
def test_what_an_import_says_otherwise_is_a_matter_of_form_and_nothing_else_is(
    saved: dict[str, str], back: dict[str, str], difference: tuple[Any, str]
) -> None:
    assert compared(with_attributes(SAVED, **saved), with_attributes(BACK, **back)) == ALWAYS | {difference}


def test_an_alias_that_nobody_invited_can_have_is_declared() -> None:
    alias: dict[str, Any] = {"alias_attributes": ("preferred_username",)}
    saved = with_attributes(SAVED, preferred_username="lady")
    invite = planner(wishes=Wishes(Credential.INVITE), **alias)
    invited = replace(CREATED, credential=Credential.INVITE.value)
    lacks = (Declared.PREFERRED_USERNAME, "preferred_username")
    assert lacks in compared(saved, WAITING, outcome=invited, planner=invite)
    # Who got another credential than the one that was asked for has no reason to lack it.
    assert (Undeclared.ATTRIBUTE, "preferred_username") in compared(saved, planner=invite)
    assert (Undeclared.ATTRIBUTE, "preferred_username") in compared(saved, planner=planner(**alias))


def test_case_excuses_no_other_difference() -> None:
    found = compared(back=with_attributes(BACK, email="BOB@example.com"), planner=planner(case_sensitive=False))
    assert (Undeclared.ATTRIBUTE, "email") in found


def test_an_old_sub_that_the_snapshot_held_already_is_compared_like_any_attribute() -> None:
    saved = with_attributes(SAVED, custom__original_sub="older")
    assert (Undeclared.ATTRIBUTE, "custom:original_sub") in compared(saved=saved)
    back = with_attributes(BACK, custom__original_sub="older")
    assert compared(saved, back) == ALWAYS - {(Declared.ORIGINAL_SUB, "custom:original_sub")}


def test_without_a_sub_attribute_the_old_sub_is_a_difference() -> None:
    assert (Undeclared.ATTRIBUTE, "custom:original_sub") in compared(planner=planner(sub_attribute=None))


def test_a_membership_that_was_reported_as_failed_is_not_missed_twice() -> None:
    assert compared(groups=("staff",), failed_groups=("staff",)) == ALWAYS


def test_groups_that_the_target_makes_for_its_own_providers_are_not_extra() -> None:
    assert compared(back_groups=("us-east-1_Target_Google",)) == ALWAYS


@pytest.mark.parametrize("result", [Result.SKIPPED, Result.DEFERRED, Result.FAILED])
@pytest.mark.parametrize("back", [None, replace(BACK, enabled=False)])
def test_users_that_were_not_restored_have_told_so_in_their_outcome(result: Result, back: User | None) -> None:
    assert compared(back=back, outcome=replace(CREATED, outcome=result)) == set()


EXISTED = Outcome(Kind.USER, Result.SKIPPED, Reason.EXISTS, "alice", "old", "new")


@pytest.mark.parametrize(
    ("arguments", "differs"),
    [
        ({}, False),
        ({"back": with_attributes(BACK, email="changed@since.org")}, False),
        ({"groups": ("staff",), "back_groups": ("staff", "joined-since")}, False),
        ({"groups": ("us-east-1_Source_Google",)}, False),
        ({"groups": ("staff",), "failed_groups": ("staff",)}, False),
        ({"groups": ("staff",)}, True),
        ({"back": replace(BACK, enabled=False)}, True),
        ({"saved": replace(SAVED, enabled=False)}, True),
    ],
)
def test_a_user_that_was_there_before_is_told_where_its_rights_differ(arguments: dict[str, Any], differs: bool) -> None:
    """A group it lacks, or enabled against the snapshot: nobody undoes that here, and nobody hides it."""
    assert compared(**arguments, outcome=EXISTED) == ({(Skipped.DIFFERS, "user")} if differs else set())


def test_a_user_that_was_there_before_and_is_gone_is_missed() -> None:
    assert compared(back=None, outcome=EXISTED) == {(Undeclared.MISSING, "user")}


UPDATED = replace(EXISTED, outcome=Result.UPDATED)
MEMBERS, PEOPLE_ALONE = (Scope(frozenset({part})) for part in (Part.MEMBERSHIPS, Part.USERS))


@pytest.mark.parametrize("outcome", [EXISTED, UPDATED])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, set()),
        ({"back": with_attributes(BACK, name="since")}, set()),
        ({"saved": with_attributes(SAVED, name="Alice")}, {(Undeclared.ATTRIBUTE, "name")}),
        ({"saved": with_attributes(SAVED, email_verified="false")}, {(Declared.KEPT, "email_verified")}),
        ({"saved": replace(SAVED, enabled=False)}, {(Undeclared.ENABLED, "enabled"), (Skipped.DIFFERS, "user")}),
        ({"back": replace(BACK, enabled=False)}, {(Skipped.DIFFERS, "user")}),
        ({"groups": ("staff",)}, {(Undeclared.MEMBERSHIP_MISSING, "staff")}),
        ({"groups": ("staff",), "failed_groups": ("staff",)}, set()),
        ({"back_groups": ("since",)}, set()),
        ({"saved": LINKED}, {(Skipped.DIFFERS, "user")}),
    ],
)
def test_what_an_update_should_have_written_is_missed_and_what_it_leaves_is_not(
    arguments: dict[str, Any], expected: set[Any], outcome: Outcome
) -> None:
    updating = planner(wishes=Wishes(on_conflict=OnConflict.UPDATE), providers=("Google",))
    found = compared(**arguments, outcome=outcome, planner=updating)
    kept = {(Declared.KEPT, "name")} if (Undeclared.ATTRIBUTE, "name") in expected else set()
    assert found == expected | kept


@pytest.mark.parametrize(
    ("scope", "arguments", "expected"),
    [
        (MEMBERS, {"groups": ("staff",)}, {(Undeclared.MEMBERSHIP_MISSING, "staff")}),
        (MEMBERS, {"saved": replace(SAVED, enabled=False)}, set()),
        (MEMBERS, {"saved": LINKED}, set()),
        (PEOPLE_ALONE, {"groups": ("staff",)}, set()),
        (PEOPLE_ALONE, {"saved": replace(SAVED, enabled=False)}, {(Skipped.DIFFERS, "user")}),
        (PEOPLE_ALONE, {"saved": LINKED}, {(Skipped.DIFFERS, "user")}),
    ],
)
def test_what_the_request_leaves_out_is_not_compared(scope: Scope, arguments: dict[str, Any], expected: Any) -> None:
    partial = planner(wishes=Wishes(scope=scope), providers=("Google",))
    assert compared(**arguments, outcome=EXISTED, planner=partial) == expected


def test_a_difference_names_the_user_and_the_field_and_never_a_value() -> None:
    expected = Expected(SAVED, frozenset(), CREATED)
    found = Found(with_attributes(BACK, email="secret@example.com"), frozenset())
    told = [difference for difference in compare_user(planner(), expected, found) if difference.fails]
    assert told == [Difference(Undeclared.ATTRIBUTE, "alice", "old", None, "email")]
    assert "secret" not in repr(told)


# Groups.

STAFF = Group("staff", "People", 3, "arn:aws:iam::123456789012:role/staff", START, START)


def group_outcome(result: Result) -> dict[str, Outcome]:
    return {"staff": Outcome(Kind.GROUP, result, group_name="staff")}


@pytest.mark.parametrize(
    ("back", "outcomes", "expected"),
    [
        ({"staff": replace(STAFF, created_at=LATER)}, group_outcome(Result.CREATED), []),
        ({}, group_outcome(Result.CREATED), [(Undeclared.GROUP_MISSING, None)]),
        ({"staff": STAFF}, {}, [(Undeclared.NO_OUTCOME, None)]),
        ({}, group_outcome(Result.SKIPPED), []),
        ({}, group_outcome(Result.FAILED), []),
        (
            {"staff": replace(STAFF, description=None)},
            group_outcome(Result.CREATED),
            [(Undeclared.GROUP_CHANGED, "description")],
        ),
        (
            {"staff": replace(STAFF, precedence=0)},
            group_outcome(Result.CREATED),
            [(Undeclared.GROUP_CHANGED, "precedence")],
        ),
        (
            {"staff": replace(STAFF, role_arn=None)},
            group_outcome(Result.CREATED),
            [(Undeclared.GROUP_CHANGED, "role_arn")],
        ),
        ({"staff": replace(STAFF, precedence=0)}, group_outcome(Result.SKIPPED), []),
    ],
)
def test_groups_are_compared_where_the_restore_made_them(
    back: dict[str, Group], outcomes: dict[str, Outcome], expected: list[tuple[Undeclared, str | None]]
) -> None:
    found = list(compare_groups(planner(), [STAFF], back, outcomes))
    assert [(told.difference, told.field) for told in found] == expected
    assert {told.group_name for told in found} <= {"staff"}


@pytest.mark.parametrize("precedence", [(0, None), (None, 0)])
def test_no_precedence_and_precedence_zero_differ(precedence: tuple[int | None, int | None]) -> None:
    saved, back = (replace(STAFF, precedence=value) for value in precedence)
    (told,) = compare_groups(planner(), [saved], {"staff": back}, group_outcome(Result.CREATED))
    assert told.difference is Undeclared.GROUP_CHANGED


def test_a_group_that_cognito_makes_itself_is_a_declared_difference() -> None:
    made = replace(STAFF, group_name="us-east-1_Source_Google")
    (told,) = compare_groups(planner(), [made], {}, {})
    assert told == Difference(Declared.SERVICE_MADE_GROUP, group_name="us-east-1_Source_Google")
