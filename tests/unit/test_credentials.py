"""How each kind of user comes by a password in each kind of pool, and what they get for whom that cannot work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.records import CONFIRMED, User
from poolsafe.domain.restore.credentials import Chosen, Credential, Fallback, choose, mediums
from poolsafe.domain.restore.outcome import Reason
from tests.fakes import START
from tests.pipeline import target_pool
from tests.unit.restores import SMS_AND_MAIL, mfa, planner, target_of

RESET, IMPORT, TEMPORARY, INVITE = Credential.RESET, Credential.IMPORT_JOB, Credential.TEMPORARY, Credential.INVITE

#: Kinds of pools.
PLAIN: dict[str, Any] = {"auto_verified": ("email",)}
ADMIN_ONLY = {**PLAIN, "recovery": ("admin_only",)}
MAIL_ONLY = {"auto_verified": ("email", "phone_number"), "recovery": ("verified_email",)}
WITH_MFA = {"auto_verified": ("email", "phone_number"), "mfa": mfa("OPTIONAL")}
MFA_ON = {**PLAIN, "recovery": ("verified_email", "verified_phone_number"), "mfa": mfa("ON")}
SMS = {"MfaConfiguration": "OFF", "SmsMfaConfiguration": SMS_AND_MAIL["SmsMfaConfiguration"]}
#: Nobody gets a code on a phone from a pool that is not set up for text messages.
TEXTING = {"auto_verified": ("phone_number",), "mfa": SMS}
NOT_AUTO = {"auto_verified": ("phone_number",)}

#: Kinds of users.
MAIL = {"email": "ada@example.com", "email_verified": "true"}
PHONE = {"phone_number": "+12065550100", "phone_number_verified": "true"}
UNVERIFIED = {"email": "ada@example.com", "email_verified": "false"}


def user(attributes: Mapping[str, str] = MAIL, username: str = "ada", **more: Any) -> User:
    return replace(User(username, "old", CONFIRMED, True, START, START, attributes), **more)


def chosen(
    credential: Credential, saved: User, fallback: Fallback = Fallback.TEMPORARY, **options: Any
) -> tuple[str | None, str | None]:
    """The credential and the reason that the plan has for a user."""
    custom = tuple(name for name in saved.attributes if name.startswith("custom:"))
    plan = planner(custom=custom, **options)
    wishes = replace(plan.wishes, credentials=credential, credentials_fallback=fallback)
    planned = replace(plan, wishes=wishes).decide(saved, ())
    return planned.credential, planned.credential_reason if planned.credential else planned.reason


@pytest.mark.parametrize("status", ["CONFIRMED", "UNCONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "UNKNOWN"])
@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("credential", [RESET, IMPORT, TEMPORARY])
def test_status_changes_nothing_and_being_disabled_only_that_nobody_is_imported(
    credential: Credential, status: str, enabled: bool
) -> None:
    """An import makes everybody enabled; whoever may not come in would be until their turn to be disabled."""
    expected = RESET if credential is IMPORT and not enabled else credential
    assert chosen(credential, user(status=status, enabled=enabled), **PLAIN) == (expected, None)


WHO = {
    "verified mail": user(),
    "verified phone": user(PHONE),
    "both": user({**MAIL, **PHONE}),
    "not verified": user(UNVERIFIED),
    "no address": user({"name": "Ada"}),
    "nothing": user({}),
    "mail is mfa": user({**MAIL}, mfa_methods=("EMAIL_OTP",)),
    "phone is mfa": user({**MAIL, **PHONE}, mfa_methods=("SMS_MFA",)),
    "both are mfa": user({**MAIL, **PHONE}, mfa_methods=("SMS_MFA", "EMAIL_OTP")),
    "totp": user(mfa_methods=("SOFTWARE_TOKEN_MFA", "WEB_AUTHN")),
}


@pytest.mark.parametrize(
    ("pool", "who", "reset", "imported"),
    [
        (PLAIN, "verified mail", None, None),
        (PLAIN, "verified phone", Reason.NO_RECOVERY_CHANNEL, Reason.NOT_AUTO_VERIFIED),
        (TEXTING, "verified phone", None, None),
        (PLAIN, "both", None, None),
        (PLAIN, "not verified", Reason.NO_RECOVERY_CHANNEL, Reason.NOT_AUTO_VERIFIED),
        (PLAIN, "no address", Reason.NO_RECOVERY_CHANNEL, Reason.NOT_AUTO_VERIFIED),
        (PLAIN, "nothing", Reason.NO_RECOVERY_CHANNEL, Reason.NOT_AUTO_VERIFIED),
        (PLAIN, "mail is mfa", None, None),
        (ADMIN_ONLY, "verified mail", Reason.ADMIN_ONLY_RECOVERY, Reason.ADMIN_ONLY_RECOVERY),
        (ADMIN_ONLY, "nothing", Reason.ADMIN_ONLY_RECOVERY, Reason.NOT_AUTO_VERIFIED),
        (MAIL_ONLY, "verified phone", Reason.NO_RECOVERY_CHANNEL, Reason.NO_RECOVERY_CHANNEL),
        (MAIL_ONLY, "both", None, None),
        (NOT_AUTO, "verified mail", None, Reason.NOT_AUTO_VERIFIED),
        (NOT_AUTO, "verified phone", Reason.NO_RECOVERY_CHANNEL, Reason.NO_RECOVERY_CHANNEL),
        (WITH_MFA, "mail is mfa", Reason.RECOVERY_IS_MFA, None),
        (WITH_MFA, "phone is mfa", None, None),
        (WITH_MFA, "both are mfa", Reason.RECOVERY_IS_MFA, None),
        (WITH_MFA, "totp", None, None),
        # Their only address becomes the factor that lets them in, so the password has to come otherwise.
        (MFA_ON, "verified mail", Reason.RECOVERY_IS_MFA, Reason.RECOVERY_IS_MFA),
        (MFA_ON, "both", None, None),
        (MFA_ON, "verified phone", None, Reason.NOT_AUTO_VERIFIED),
    ],
)
def test_for_whom_the_way_cannot_work_the_fallback_is_chosen_with_the_reason(
    pool: dict[str, Any], who: str, reset: Reason | None, imported: Reason | None
) -> None:
    for credential, reason in ((RESET, reset), (IMPORT, imported)):
        got = chosen(credential, WHO[who], **pool)
        assert got == ((credential, None) if reason is None else (TEMPORARY, reason)), credential
    assert chosen(TEMPORARY, WHO[who], **pool) == (TEMPORARY, None)


@pytest.mark.parametrize(
    ("fallback", "credential"), [(Fallback.TEMPORARY, TEMPORARY), (Fallback.RESET, RESET), (Fallback.FAIL, None)]
)
@pytest.mark.parametrize("wanted", [RESET, IMPORT])
def test_the_fallback_is_what_the_request_says(
    wanted: Credential, fallback: Fallback, credential: Credential | None
) -> None:
    reason = {RESET: Reason.NO_RECOVERY_CHANNEL, IMPORT: Reason.NOT_AUTO_VERIFIED}[wanted]
    assert chosen(wanted, user(UNVERIFIED), fallback, **PLAIN) == (credential, reason)


# Invitations


def test_who_has_an_address_is_invited_verified_or_not() -> None:
    assert chosen(INVITE, user(UNVERIFIED)) == (INVITE, None)


def test_who_has_no_address_is_not_invited() -> None:
    assert chosen(INVITE, user({"name": "Ada"})) == (TEMPORARY, Reason.NO_ADDRESS)


def test_a_phone_number_is_an_address_where_the_pool_sends_text_messages() -> None:
    assert chosen(INVITE, user(PHONE)) == (TEMPORARY, Reason.NO_ADDRESS)
    assert chosen(INVITE, user(PHONE), mfa=SMS) == (INVITE, None)
    sending = target_of(target_pool(mfa=SMS))
    assert [mediums(attributes, sending) for attributes in (MAIL, PHONE, {**MAIL, **PHONE}, {})] == [
        ("EMAIL",),
        ("SMS",),
        ("EMAIL",),
        (),
    ]


def test_nobody_is_invited_who_may_not_come_in() -> None:
    assert chosen(INVITE, user(enabled=False)) == (RESET, None)
    assert chosen(INVITE, user(UNVERIFIED, enabled=False)) == (TEMPORARY, Reason.NO_RECOVERY_CHANNEL)


def test_who_is_invited_gets_no_factor_and_no_alias_which_need_a_confirmed_user() -> None:
    plan = planner(alias_attributes=("preferred_username",), mfa=mfa("OPTIONAL"))
    saved = user({**MAIL, **PHONE, "preferred_username": "lady"}, mfa_methods=("SMS_MFA",))
    invited = replace(plan, wishes=replace(plan.wishes, credentials=INVITE)).decide(saved, ())
    assert (invited.credential, invited.mfa_methods, invited.preferred_username) == (INVITE, (), None)
    assert "preferred_username" not in invited.attributes
    reset = plan.decide(saved, ())
    assert (reset.credential, reset.mfa_methods, reset.preferred_username) == (RESET, ("SMS_MFA",), "lady")


# Rows of an import that come out otherwise than they went in

LONG = "é" * 1024  # 2,048 bytes
HOSTILE: list[tuple[str, User, Reason | None]] = [
    ("a comma", user({**MAIL, "name": "Lovelace, Ada"}), None),
    ("emoji", user({**MAIL, "name": "🦊 Ada"}), None),
    ("an apostrophe", user({**MAIL, "name": "O'Ada"}), None),
    ("a quotation mark", user({**MAIL, "name": 'The "Countess"'}), Reason.NOT_FOR_CSV),
    ("a newline", user({**MAIL, "address": "One\nTwo"}), Reason.NOT_FOR_CSV),
    ("a carriage return", user({**MAIL, "address": "One\rTwo"}), Reason.NOT_FOR_CSV),
    ("a line separator", user({**MAIL, "address": "One\u2028Two"}), Reason.NOT_FOR_CSV),
    ("a next line", user({**MAIL, "address": "One\x85Two"}), Reason.NOT_FOR_CSV),
    ("a backslash", user({**MAIL, "name": "A\\da"}), Reason.NOT_FOR_CSV),
    ("a backslash at the end", user({**MAIL, "name": "Ada\\"}), Reason.NOT_FOR_CSV),
    ("a leading space", user({**MAIL, "name": " Ada"}), Reason.NOT_FOR_CSV),
    ("a trailing space", user({**MAIL, "name": "Ada\t"}), Reason.NOT_FOR_CSV),
    ("a space inside", user({**MAIL, "name": "Ada King"}), None),
    ("a NUL", user({**MAIL, "name": "A\x00da"}), Reason.NOT_FOR_CSV),
    ("a space in the username", user(username="ada king"), Reason.NOT_FOR_CSV),
    ("a comma in the username", user(username="ada,king"), None),
    ("a birthdate of the API", user({**MAIL, "birthdate": "1815-12-10"}), None),
    ("a birthdate of an import", user({**MAIL, "birthdate": "12/10/1815"}), None),
    # It is left out, and they are told of: Cognito takes it by no way.
    ("a birthdate of neither form", user({**MAIL, "birthdate": "10.12.1815"}), None),
    ("no birthdate", user({**MAIL, "birthdate": ""}), None),
    ("a value of 2,048 bytes", user({**MAIL, "profile": LONG}), None),
    (
        "a row of 20,000 characters",
        user({**MAIL, **{f"custom:{n}": "x" * 2000 for n in range(10)}}),
        Reason.ROW_TOO_LONG,
    ),
    (
        "a row of 15,000 characters",
        user({**MAIL, **{f"custom:{n}": "x" * 1500 for n in range(10)}}),
        None,
    ),
    (
        "a row that its commas make too long",
        user({**MAIL, **{f"custom:{n}": "," * 1000 for n in range(8)}}),
        Reason.ROW_TOO_LONG,
    ),
]


@pytest.mark.parametrize(("saved", "reason"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_who_does_not_fit_into_a_file_is_not_imported_and_all_others_are(saved: User, reason: Reason | None) -> None:
    assert chosen(IMPORT, saved, **PLAIN) == ((IMPORT, None) if reason is None else (TEMPORARY, reason))
    assert chosen(RESET, saved, **PLAIN) == (RESET, None)


def test_the_name_in_the_file_is_the_one_that_the_target_knows() -> None:
    """A username with a blank is nobody's name where addresses are."""
    saved = user(username="ada king")
    assert chosen(IMPORT, saved, username_attributes=("email",), **PLAIN) == (IMPORT, None)


def test_a_choice_tells_why_it_is_not_the_one_that_was_asked_for() -> None:
    target = target_of(target_pool(recovery=("admin_only",)))
    assert choose(RESET, Fallback.FAIL, user(), MAIL, target, ()) == Chosen(None, Reason.ADMIN_ONLY_RECOVERY)
    assert choose(RESET, Fallback.RESET, user(), MAIL, target, ()) == Chosen(RESET, Reason.ADMIN_ONLY_RECOVERY)
