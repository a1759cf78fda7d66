"""A target that requires MFA: whom it would lock out is known before the restore begins, and each gets in all the same.

Cognito asks for a second factor over an address that is not the pool's first way to recover a password; who has no
other address is turned away. So their address becomes their second factor, and their password is handed over.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.embedded.deployed import Deployed, Json
from tests.embedded.matrix import CREDENTIALS, EMAIL_OTP, SMS_MFA, TOTP, Kind, Person
from tests.embedded.matrix_pools import fill, make_pool
from tests.embedded.sign_ins import NEW_PASSWORD, refusal
from tests.embedded.walked import Attention, Seen, attention_of, counted, restore_and_walk

KIND = Kind(case_sensitive=False)
MAIL, PHONE = "verified_email", "verified_phone_number"
#: How the targets recover passwords.
RECOVERIES = {"e-mail, then phone": (MAIL, PHONE), "e-mail only": (MAIL,), "phone, then e-mail": (PHONE, MAIL)}
EVERYBODY = (
    Person("both", True, True),
    Person("mail", True, groups=("staff",)),
    Person("phone", None, True),
    Person("mail-unverified", False),
    Person("phone-unverified", None, False),
    Person("half-verified", False, True),
    Person("bare"),
    Person("linked", True, is_linked=True),
    Person("mails", True, True, factors=(EMAIL_OTP,)),
    Person("texts", True, True, factors=(SMS_MFA,)),
    Person("only-mails", True, factors=(EMAIL_OTP,)),
    Person("only-texts", None, True, factors=(SMS_MFA,)),
    Person("token", True, factors=(TOTP,)),
    Person("token-and-both", True, True, factors=(TOTP,)),
    Person("disabled-mail", True, enabled=False),
    Person("disabled-both", True, True, enabled=False),
)
IS_MFA, NO_CHANNEL, NOT_VERIFIED = "recovery_channel_is_mfa", "no_recovery_channel", "not_auto_verified"
ONE_ADDRESS = ("mail", "linked", "only-mails", "token", "disabled-mail")
NOBODY_VERIFIED = ("mail-unverified", "phone-unverified", "bare")
#: By recovery and credential: whom the credential cannot work for, and why. Written down by hand.
UNREACHABLE: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("e-mail, then phone", "reset"): {
        **dict.fromkeys((*ONE_ADDRESS, "only-texts"), IS_MFA),
        **dict.fromkeys(NOBODY_VERIFIED, NO_CHANNEL),
    },
    ("e-mail only", "reset"): {
        **dict.fromkeys((*ONE_ADDRESS, "mails"), IS_MFA),
        **dict.fromkeys((*NOBODY_VERIFIED, "phone", "half-verified", "only-texts"), NO_CHANNEL),
    },
    ("phone, then e-mail", "reset"): {
        **dict.fromkeys(("phone", "only-texts", "only-mails"), IS_MFA),
        **dict.fromkeys(NOBODY_VERIFIED, NO_CHANNEL),
    },
    # Nobody has a second factor before the password is theirs, so whom MFA would turn away cannot come so.
    ("e-mail, then phone", "import-job"): {
        **dict.fromkeys(ONE_ADDRESS, IS_MFA),
        **dict.fromkeys(NOBODY_VERIFIED, NOT_VERIFIED),
    },
    ("e-mail, then phone", "temporary"): {},
    ("e-mail, then phone", "invite"): {
        **dict.fromkeys((*ONE_ADDRESS, "mail-unverified"), IS_MFA),
        "bare": "no_address",
    },
}
#: Whose only address is the first way to recover a password, and who has no second factor for it.
GIVEN = {
    "e-mail, then phone": {"mail", "linked", "token", "disabled-mail"},
    "e-mail only": {"mail", "linked", "token", "disabled-mail"},
    "phone, then e-mail": {"phone"},
}
#: The same with an address that nobody verified: no factor can be given, and they are named.
LOCKED_OUT = {
    "e-mail, then phone": {"mail-unverified"},
    "e-mail only": {"mail-unverified"},
    "phone, then e-mail": {"phone-unverified"},
}


@pytest.fixture(scope="module")
def saved(deployed: Deployed) -> tuple[str, dict[str, Person]]:
    """Everybody in a pool that leaves MFA to them; the snapshot, and the people by their `sub`."""
    pool = make_pool(deployed, KIND)
    by_sub = fill(deployed, pool, KIND, EVERYBODY)
    return f"{pool}/{deployed.backup(pool, include=['mfa'])['snapshot_id']}", by_sub


def recovering(deployed: Deployed, ways: tuple[str, ...]) -> str:
    """A target that requires MFA and recovers passwords so."""
    mechanisms = [{"Name": name, "Priority": priority} for priority, name in enumerate(ways, 1)]
    return make_pool(deployed, KIND, "ON", AccountRecoverySetting={"RecoveryMechanisms": mechanisms})


@pytest.fixture(scope="module", params=UNREACHABLE, ids=", ".join)
def run(
    request: pytest.FixtureRequest, deployed: Deployed, saved: tuple[str, dict[str, Person]]
) -> tuple[str, Attention, Json, Seen]:
    """The recovery; what a dry run said, and what it wrote; and what became of it."""
    recovery, credential = request.param
    snapshot, by_sub = saved
    target = recovering(deployed, RECOVERIES[recovery])
    asked = {"credentials": credential, **({"send_messages": True} if credential == "invite" else {})}
    deployed.cloud.forget()
    dry = deployed.restore(snapshot, target, dry_run=True, **asked)
    assert deployed.writes() == {}
    foreseen = attention_of(deployed, dry, {sub: person.key for sub, person in by_sub.items()})
    plan = deployed.document(dry["report"])["plan"]
    return recovery, foreseen, plan, restore_and_walk(deployed, snapshot, by_sub, target, KIND, credential)


def test_a_dry_run_names_everybody_whom_the_restore_then_names(run: tuple[str, Attention, Json, Seen]) -> None:
    _, foreseen, plan, seen = run
    assert (seen.result["status"], seen.back.keys()) == ("COMPLETE", seen.people.keys())
    assert foreseen == seen.attention
    assert plan["attention"] == counted(foreseen)
    assert bool(seen.noticed("mfa_locks_out")) is any("will not get past MFA" in told for told in plan["warnings"])


def test_whose_only_channel_serves_both_is_named_and_is_handed_a_password(
    run: tuple[str, Attention, Json, Seen],
) -> None:
    recovery, _, _, seen = run
    wanted = UNREACHABLE[recovery, seen.credential]
    assert seen.noticed("unreachable") == wanted
    assert {key for key, given in seen.given.items() if given == "temporary"} >= {*wanted}
    assert seen.noticed("mfa_given").keys() == GIVEN[recovery]
    assert seen.noticed("mfa_locks_out").keys() == LOCKED_OUT[recovery]


def test_nobody_is_locked_out_who_is_not_named(run: tuple[str, Attention, Json, Seen]) -> None:
    recovery, _, _, seen = run
    unreachable = seen.noticed("unreachable")
    expected = {key: "fallback" if key in unreachable else "asked" for key in seen.people}
    expected |= dict.fromkeys(LOCKED_OUT[recovery], "shut out: NotAuthorizedException")
    assert {key: way.by for key, way in seen.ways.items()} == expected


def test_everybody_is_asked_for_a_second_factor(run: tuple[str, Attention, Json, Seen]) -> None:
    """By the channel that is not the first to recover the password, unless it is all that they have; who has none
    enrols a software token."""
    recovery, _, _, seen = run
    other = {MAIL: "SMS_MFA", PHONE: "EMAIL_OTP"}[RECOVERIES[recovery][0]]
    for key, way in seen.ways.items():
        person = seen.people[key]
        if key in LOCKED_OUT[recovery]:
            continue
        [asked] = {*way.later.values()}
        if key == "bare":
            assert (way.first, asked) == ((NEW_PASSWORD, "MFA_SETUP"), ("SOFTWARE_TOKEN_MFA",))
            continue
        restored = [factor for factor in person.factors if factor != TOTP and seen.given[key] in ("reset", "temporary")]
        has = {"email": "EMAIL_OTP", "phone_number": "SMS_MFA"}
        [*alone] = [has[name] for name in person.address] if len(person.address) == 1 else []
        assert asked == tuple(restored or alone or [other]), key
        assert way.first in ((), (NEW_PASSWORD, *asked)), key


def test_who_is_locked_out_gets_in_when_another_factor_is_set(
    deployed: Deployed, run: tuple[str, Attention, Json, Seen]
) -> None:
    """What the list says is to be done for them."""
    recovery, _, _, seen = run
    [key] = LOCKED_OUT[recovery]
    setting = {"mail-unverified": "EmailMfaSettings", "phone-unverified": "SMSMfaSettings"}[key]
    assert refusal(lambda: seen.door.come_in(key)) == "NotAuthorizedException"
    preferred = {setting: {"Enabled": True, "PreferredMfa": True}}
    deployed.idp(seen.target).admin_set_user_mfa_preference(UserPoolId=seen.target, Username=key, **preferred)
    assert seen.door.come_in(key) == ({"EmailMfaSettings": EMAIL_OTP, "SMSMfaSettings": SMS_MFA}[setting],)


def test_no_message_is_sent_but_invitations(run: tuple[str, Attention, Json, Seen]) -> None:
    _, _, _, seen = run
    invited = {key for key, given in seen.given.items() if given == "invite"}
    assert {message["username"] for message in seen.inbox} == invited
    assert len(seen.inbox) == len(invited)
    assert bool(seen.messages) is bool(invited)


def test_every_credential_is_looked_at() -> None:
    assert {credential for _, credential in UNREACHABLE} == {*CREDENTIALS}
