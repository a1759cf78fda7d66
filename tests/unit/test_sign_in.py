"""Whether a restored user gets in: by "forgot password", and past MFA. Decided before anything is written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.records import CONFIRMED, User
from poolsafe.domain.restore.outcome import Reason
from poolsafe.domain.sign_in import SecondFactors, passes_mfa, second_factors, why_not_recoverable
from poolsafe.domain.target import TargetPool
from tests.fakes import START
from tests.pipeline import target_pool
from tests.unit.restores import SMS_AND_MAIL, mfa, target_of

SMS, MAIL, TOTP, PASSKEY = "SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"
#: Attributes by what they are called here: `mail` and `phone` are verified, `mail?` and `phone?` are not.
HAS = {
    "mail": {"email": "ada@example.com", "email_verified": "true"},
    "mail?": {"email": "ada@example.com", "email_verified": "false"},
    "phone": {"phone_number": "+12065550100", "phone_number_verified": "true"},
    "phone?": {"phone_number": "+12065550100"},
    "flag": {"email_verified": "true"},
}
MAIL_FIRST, PHONE_FIRST = ("verified_email", "verified_phone_number"), ("verified_phone_number", "verified_email")
ONLY_SMS = {"SmsMfaConfiguration": SMS_AND_MAIL["SmsMfaConfiguration"]}
ONLY_MAIL: dict[str, Any] = {"EmailMfaConfiguration": {}}
ONLY_TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}


def user(*has: str, methods: tuple[str, ...] | None = None, preferred: str | None = None) -> User:
    attributes: dict[str, str] = {}
    for name in has:
        attributes |= HAS[name]
    return User("ada", "old", CONFIRMED, True, START, START, attributes, methods, preferred)


def pool(mode: str = "OFF", recovery: tuple[str, ...] = (), **settings: Any) -> TargetPool:
    """With second factors by SMS and e-mail, unless `settings` say which."""
    configured = {"MfaConfiguration": mode, **settings} if settings else mfa(mode)
    return target_of(target_pool(mfa=configured, recovery=recovery))


# "Forgot password"


@pytest.mark.parametrize(
    ("recovery", "has", "methods", "reason"),
    [
        ((), ["mail"], (), None),
        ((), ["phone"], (), None),
        ((), [], (), Reason.NO_RECOVERY_CHANNEL),
        ((), ["mail?", "phone?"], (), Reason.NO_RECOVERY_CHANNEL),
        ((), ["flag"], (), Reason.NO_RECOVERY_CHANNEL),
        (("admin_only",), ["mail", "phone"], (), Reason.ADMIN_ONLY_RECOVERY),
        (("verified_email",), ["mail"], (), None),
        (("verified_email",), ["phone"], (), Reason.NO_RECOVERY_CHANNEL),
        (("verified_email",), ["mail?", "phone"], (), Reason.NO_RECOVERY_CHANNEL),
        (("verified_phone_number",), ["mail", "phone"], (), None),
        (("verified_phone_number",), ["mail"], (), Reason.NO_RECOVERY_CHANNEL),
        (MAIL_FIRST, ["mail"], (MAIL,), Reason.RECOVERY_IS_MFA),
        (MAIL_FIRST, ["mail", "phone"], (MAIL,), None),
        (MAIL_FIRST, ["mail", "phone"], (SMS,), None),
        (MAIL_FIRST, ["mail", "phone"], (SMS, MAIL), Reason.RECOVERY_IS_MFA),
        (MAIL_FIRST, ["mail", "phone?"], (MAIL,), Reason.RECOVERY_IS_MFA),
        (("verified_email",), ["mail", "phone"], (MAIL,), Reason.RECOVERY_IS_MFA),
        ((), ["phone"], (SMS,), Reason.RECOVERY_IS_MFA),
        ((), ["phone"], (TOTP,), None),
    ],
)
def test_forgot_password_needs_a_verified_channel_that_recovers_and_is_no_second_factor(
    recovery: tuple[str, ...], has: list[str], methods: tuple[str, ...], reason: Reason | None
) -> None:
    assert why_not_recoverable(user(*has), pool(recovery=recovery), methods) is reason


def test_no_code_goes_to_a_phone_from_a_pool_that_sends_no_text_messages() -> None:
    silent = target_of(target_pool())
    assert why_not_recoverable(user("phone"), silent, ()) is Reason.NO_RECOVERY_CHANNEL
    assert why_not_recoverable(user("mail", "phone"), silent, ()) is None


# What a restored user has for MFA


@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
@pytest.mark.parametrize(
    ("saved", "has", "set_"),
    [
        ((SMS,), ["phone"], (SMS,)),
        ((SMS,), ["phone?"], (SMS,)),
        ((SMS, MAIL), ["mail", "phone"], (SMS, MAIL)),
        ((MAIL, TOTP, PASSKEY), ["mail", "phone"], (MAIL,)),
        ((SMS, MAIL), ["mail", "phone?"], (SMS, MAIL)),
    ],
)
def test_the_factors_of_the_snapshot_that_have_an_address_are_set(
    mode: str, saved: tuple[str, ...], has: list[str], set_: tuple[str, ...]
) -> None:
    assert second_factors(user(*has, methods=saved), pool(mode)) == SecondFactors(set_)


@pytest.mark.parametrize(
    ("saved", "has", "settings"),
    [
        ((SMS,), ["mail", "phone"], ONLY_MAIL),
        ((MAIL,), ["mail", "phone"], ONLY_SMS),
        ((SMS,), ["mail"], {}),
        ((TOTP,), ["mail", "phone"], {}),
        ((TOTP,), ["mail", "phone"], ONLY_TOTP),
        ((PASSKEY,), ["mail", "phone"], {}),
        ((), ["mail", "phone"], {}),
        (None, ["mail", "phone"], {}),
    ],
)
def test_a_factor_that_the_target_lacks_or_no_administrator_sets_is_not_set(
    saved: tuple[str, ...] | None, has: list[str], settings: dict[str, Any]
) -> None:
    assert second_factors(user(*has, methods=saved), pool("OPTIONAL", **settings)) == SecondFactors()


def test_nobody_has_a_factor_where_mfa_is_off() -> None:
    assert second_factors(user("mail", "phone", methods=(SMS, MAIL), preferred=SMS), pool("OFF")) == SecondFactors()


@pytest.mark.parametrize(("preferred", "kept"), [(SMS, SMS), (MAIL, MAIL), (TOTP, None), (None, None)])
def test_the_preferred_factor_stays_preferred_where_it_is_set(preferred: str | None, kept: str | None) -> None:
    saved = user("mail", "phone", methods=(SMS, MAIL, TOTP), preferred=preferred)
    assert second_factors(saved, pool("OPTIONAL")) == SecondFactors((SMS, MAIL), kept)


# A pool that requires MFA: who has the right password and no factor is asked over a channel that recovers nothing,
# or enrols; whose only address recovers the password is let in by nothing.


@pytest.mark.parametrize(
    ("recovery", "has", "settings", "passes"),
    [
        (MAIL_FIRST, ["mail"], {}, False),
        (MAIL_FIRST, ["mail?"], {}, False),
        (MAIL_FIRST, ["phone"], {}, True),
        (MAIL_FIRST, ["mail", "phone"], {}, True),
        (PHONE_FIRST, ["phone"], {}, False),
        (PHONE_FIRST, ["mail"], {}, True),
        ((), ["phone"], {}, False),
        ((), ["mail"], {}, True),
        (("admin_only",), ["mail"], {}, True),
        (MAIL_FIRST, ["mail"], ONLY_TOTP, False),
        (MAIL_FIRST, [], ONLY_TOTP, True),
        (MAIL_FIRST, ["mail", "phone"], ONLY_TOTP, True),
        (MAIL_FIRST, [], {}, True),
        (MAIL_FIRST, [], ONLY_MAIL, False),
        (PHONE_FIRST, [], ONLY_MAIL, True),
        (MAIL_FIRST, ["phone"], ONLY_MAIL, False),
        (MAIL_FIRST, ["mail", "phone"], ONLY_MAIL, True),
        (MAIL_FIRST, ["mail", "phone"], ONLY_SMS, True),
    ],
)
def test_mfa_lets_nobody_in_whose_only_channel_is_recoverys_or_who_can_enrol_in_nothing(
    recovery: tuple[str, ...], has: list[str], settings: dict[str, Any], passes: bool
) -> None:
    assert passes_mfa(user(*has), pool("ON", recovery, **settings), ()) is passes


@pytest.mark.parametrize("mode", ["OFF", "OPTIONAL"])
def test_where_mfa_is_not_required_everybody_passes(mode: str) -> None:
    assert passes_mfa(user("mail"), pool(mode, MAIL_FIRST), ())


def test_with_a_factor_of_their_own_everybody_passes() -> None:
    assert passes_mfa(user("mail"), pool("ON", MAIL_FIRST), (MAIL,))


@pytest.mark.parametrize(
    ("recovery", "has", "settings", "given_"),
    [
        (MAIL_FIRST, ["mail"], {}, (MAIL,)),
        (PHONE_FIRST, ["phone"], {}, (SMS,)),
        ((), ["phone"], {}, (SMS,)),
        (MAIL_FIRST, ["mail?"], {}, ()),
        (MAIL_FIRST, ["mail"], ONLY_SMS, ()),
        (MAIL_FIRST, ["mail"], ONLY_TOTP, ()),
        (MAIL_FIRST, ["mail", "phone"], {}, ()),
        (MAIL_FIRST, ["phone"], {}, ()),
        (MAIL_FIRST, [], {}, ()),
    ],
)
def test_a_factor_is_given_to_whom_mfa_would_lock_out_where_the_address_is_verified_and_the_factor_offered(
    recovery: tuple[str, ...], has: list[str], settings: dict[str, Any], given_: tuple[str, ...]
) -> None:
    expected = SecondFactors(given_, given=bool(given_))
    assert second_factors(user(*has, methods=()), pool("ON", recovery, **settings)) == expected


def test_the_address_that_is_given_as_a_factor_no_longer_recovers_the_password() -> None:
    target, ada = pool("ON", MAIL_FIRST), user("mail")
    assert why_not_recoverable(ada, target, second_factors(ada, target).methods) is Reason.RECOVERY_IS_MFA


@given(
    has=st.sets(st.sampled_from([*HAS])),
    methods=st.none() | st.sets(st.sampled_from([SMS, MAIL, TOTP, PASSKEY])).map(tuple),
    mode=st.sampled_from(["OFF", "OPTIONAL", "ON"]),
    recovery=st.sampled_from([(), ("admin_only",), ("verified_email",), MAIL_FIRST, PHONE_FIRST]),
    settings=st.sampled_from([{}, ONLY_SMS, ONLY_MAIL, ONLY_TOTP]),
)
def test_whatever_is_set_the_target_offers_and_there_is_an_address_for_it(
    has: set[str], methods: tuple[str, ...] | None, mode: str, recovery: tuple[str, ...], settings: dict[str, Any]
) -> None:
    target, ada = pool(mode, recovery, **settings), user(*sorted(has), methods=methods)
    factors = second_factors(ada, target)
    assert {*factors.methods} <= target.factors & {SMS, MAIL}
    assert SMS not in factors.methods or ada.attributes.get("phone_number")
    assert MAIL not in factors.methods or ada.attributes.get("email")
    assert factors.preferred in (None, *factors.methods)
    assert not factors.given or (mode == "ON" and len(factors.methods) == 1)
