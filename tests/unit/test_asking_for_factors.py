"""What a backup and an assessment learn of one user's factors, where they were told to ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poolsafe.domain.records import Factors
from poolsafe.errors import NotFound
from poolsafe.operations.ask_factors import ask_factors
from tests.fakes import FakeUserPool

SMS, TOTP, PASSKEY = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN"


@pytest.mark.parametrize(
    ("listed", "told", "methods"),
    [
        (None, Factors(), ()),
        (None, Factors((TOTP, PASSKEY), TOTP), (TOTP, PASSKEY)),
        ((SMS,), Factors(), (SMS,)),
        ((SMS,), Factors((PASSKEY,)), (SMS, PASSKEY)),
        ((SMS,), Factors((TOTP,), TOTP), (TOTP,)),
        ((SMS,), Factors((SMS,), SMS), (SMS,)),
    ],
    ids=["none", "a passkey", "legacy", "legacy and a passkey", "newer than legacy", "both ways"],
)
def test_sms_set_the_legacy_way_counts_where_nothing_newer_is_set(
    listed: tuple[str, ...] | None, told: Factors, methods: tuple[str, ...]
) -> None:
    pool = FakeUserPool()
    user = pool.add("ada", email="ada@example.com")
    pool.put(replace(user, mfa_methods=told.methods, preferred_mfa=told.preferred))
    asked = ask_factors(pool, replace(user, mfa_methods=listed))
    assert asked == replace(user, mfa_methods=methods, preferred_mfa=told.preferred)


def test_a_user_who_is_gone_is_not_found() -> None:
    pool = FakeUserPool()
    user = pool.add("ada")
    pool.accounts.clear()
    with pytest.raises(NotFound):
        ask_factors(pool, user)
