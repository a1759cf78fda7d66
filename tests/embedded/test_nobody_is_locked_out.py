"""Every kind of pool, every way to a password, every kind of person: after the restore, each walks in by every name.

Who gets in how is found out at the door alone. It has to be what the restore said before it began.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, fits
from tests.embedded.matrix import (
    ADDRESSES,
    CREDENTIALS,
    EMAIL_OTP,
    ESSAY,
    GROUPS,
    KINDS,
    PASSKEY,
    SMS_MFA,
    TIER,
    TOTP,
    UNREACHABLE,
    Person,
    people,
)
from tests.embedded.matrix_pools import fill, make_pool
from tests.embedded.sign_ins import NEW_PASSWORD
from tests.embedded.walked import Seen, counted, restore_and_walk

RUNS = [(kind, credential) for kind in KINDS for credential in CREDENTIALS]
Saved = tuple[str, dict[str, Person]]
STATUS = {
    "reset": "CONFIRMED",
    "import-job": "RESET_REQUIRED",
    "temporary": "FORCE_CHANGE_PASSWORD",
    "invite": "FORCE_CHANGE_PASSWORD",
}
#: Factors that an administrator can set, and where they go to.
CHANNELS = {SMS_MFA: "phone_number", EMAIL_OTP: "email"}
#: Whoever comes by these has to choose a password before anything else can be given to them.
PASSWORD_FIRST = ("import-job", "invite")


@pytest.fixture(scope="module")
def saved(deployed: Deployed) -> Callable[[str], Saved]:
    """A pool of that kind with everybody in it, saved once; the snapshot, and the people by their `sub`."""
    known: dict[str, Saved] = {}

    def save(name: str) -> Saved:
        if name not in known:
            kind = KINDS[name]
            pool = make_pool(deployed, kind)
            by_sub = fill(deployed, pool, kind, people(kind))
            known[name] = f"{pool}/{deployed.backup(pool, include=['mfa'])['snapshot_id']}", by_sub
        return known[name]

    return save


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: f"{run[0]}, {run[1]}")
def seen(request: pytest.FixtureRequest, deployed: Deployed, saved: Callable[[str], Saved]) -> Seen:
    name, credential = request.param
    kind = KINDS[name]
    return restore_and_walk(deployed, *saved(name), make_pool(deployed, kind), kind, credential)


# What came back


def test_everybody_is_back_and_a_federated_user_waits_for_their_first_sign_in(seen: Seen) -> None:
    fits("restore.result", seen.result)
    counts = {"created": len(seen.people), "updated": 0, "skipped": 0, "deferred": 1, "failed": 0}
    assert (seen.result["status"], seen.result["counts"]) == ("COMPLETE", counts)
    assert seen.back.keys() == seen.people.keys()
    [waiting] = seen.deferred
    name = f"{seen.kind.provider['ProviderName']}_Ext-7"
    assert waiting["username"] in (name, name.lower())
    assert (waiting["groups"], waiting["attributes"]["custom:tier"]) == (["staff"], "x")


def test_attributes_and_verified_flags_are_exactly_as_they_were(seen: Seen) -> None:
    for key, person in seen.people.items():
        is_imported = seen.given[key] == "import-job"
        lost = {"preferred_username"} if _loses_alias(seen, person) else set()
        wanted = {name: value for name, value in person.attributes.items() if name not in lost}
        assert _told(seen.back[key].attributes, is_imported) == _told(wanted, is_imported), key


def test_states_groups_and_links_are_as_they_were(seen: Seen) -> None:
    people = seen.people.items()
    assert {key: user.enabled for key, user in seen.back.items()} == {key: person.enabled for key, person in people}
    assert seen.groups == GROUPS
    assert seen.memberships == {(group, key) for key, person in people for group in person.groups}
    links = {key: json.loads(user.attributes.get("identities", "[]")) for key, user in seen.back.items()}
    named = {key: [(one["providerName"], one["userId"]) for one in found] for key, found in links.items() if found}
    assert named == {"linked": [(seen.kind.provider["ProviderName"], "42")]}


def test_nobody_is_sent_anything_but_one_invitation_where_that_was_asked_for(seen: Seen) -> None:
    invited = {seen.usernames[key] for key, credential in seen.given.items() if credential == "invite"}
    assert bool(invited) is (seen.credential == "invite")
    assert Counter(message["username"] for message in seen.inbox) == Counter(invited)
    assert {message["cause"] for message in seen.inbox} <= {"AdminCreateUser"}
    sent = Counter((message["evidence"], message["cause"]) for message in seen.messages)
    assert sent["documented", "AdminCreateUser"] == len(invited)
    assert not seen.messages or seen.credential == "invite"
    assert seen.plan["messages"] == len(invited)


# Who gets in


def test_everybody_walks_in_and_who_could_not_as_asked_was_named_before(seen: Seen) -> None:
    unreachable = seen.noticed("unreachable")
    assert {key: way.by for key, way in seen.ways.items()} == {
        key: "fallback" if key in unreachable else "asked" for key in seen.people
    }
    assert unreachable == _unreachable(seen)
    assert seen.plan["unreachable"] == dict(Counter(unreachable.values()))


def test_everybody_has_the_status_of_their_way_in(seen: Seen) -> None:
    asked = dict.fromkeys(seen.people, seen.credential)
    if seen.credential in PASSWORD_FIRST:
        asked |= {key: "reset" for key, person in seen.people.items() if not person.enabled}
    assert seen.given == {**asked, **dict.fromkeys(_unreachable(seen), "temporary")}
    assert {key: user.status for key, user in seen.back.items()} == {
        key: STATUS[credential] for key, credential in seen.given.items()
    }
    assert seen.handed == {seen.usernames[key] for key, given in seen.given.items() if given == "temporary"}
    assert {given: number for given, number in seen.plan["credentials"].items() if number} == dict(
        Counter(seen.given.values())
    )


def test_a_code_goes_to_a_verified_address_that_is_no_second_factor(seen: Seen) -> None:
    for key, way in seen.ways.items():
        person = seen.people[key]
        taken = {CHANNELS[factor] for factor in _factors_back(seen, person)}
        usable = [person.address[name] for name, is_so in person.verified.items() if is_so and name not in taken]
        assert way.code_to is None or way.code_to in usable, key
        assert (way.code_to is None) is (NEW_PASSWORD in way.first), key


def test_by_every_name_the_second_factor_is_asked_for_that_came_back_and_no_other(seen: Seen) -> None:
    for key, way in seen.ways.items():
        factors = _factors_back(seen, seen.people[key])
        asked = ("SELECT_MFA_TYPE", EMAIL_OTP) if len(factors) > 1 else factors
        assert {*way.later.values()} == {asked}, key
        assert way.first in ((), (NEW_PASSWORD, *asked)), key


def test_who_is_disabled_is_shut_out_until_they_are_enabled(seen: Seen) -> None:
    told = {key: way.told for key, way in seen.ways.items() if not seen.people[key].enabled}
    assert told == {key: {"NotAuthorizedException"} for key in ("disabled", "disabled-unverified", "disabled-texts")}


def test_all_that_somebody_has_to_do_is_on_the_list_and_counted(seen: Seen) -> None:
    unreachable = _unreachable(seen)
    for key, person in seen.people.items():
        lost = {*person.factors} & {*CHANNELS} - {*_factors_back(seen, person)}
        expected: dict[tuple[str, str | None], bool] = {
            ("temporary_password", None): seen.given[key] == "temporary",
            ("unreachable", unreachable.get(key)): key in unreachable,
            ("enrol_totp", None): TOTP in person.factors,
            ("enrol_passkey", None): PASSKEY in person.factors,
            ("no_preferred_username", None): _loses_alias(seen, person),
            **{("mfa_not_restored", factor): True for factor in lost},
        }
        found = [(what, detail) for who, what, detail in seen.attention.elements() if who == key]
        assert sorted(found, key=str) == sorted((notice for notice in expected if expected[notice]), key=str), key
    assert seen.plan["attention"] == counted(seen.attention)


def _unreachable(seen: Seen) -> dict[str, str]:
    """For whom the credential cannot work, of those who are in this pool."""
    return {key: reason for key, reason in UNREACHABLE[seen.credential].items() if key in seen.people}


def _factors_back(seen: Seen, person: Person) -> tuple[str, ...]:
    if seen.given[person.key] in PASSWORD_FIRST:
        return ()
    return tuple(factor for factor in person.factors if factor in CHANNELS)


def _loses_alias(seen: Seen, person: Person) -> bool:
    is_alias = "preferred_username" in person.more and "preferred_username" in seen.kind.aliases
    return is_alias and seen.given[person.key] == "invite"


def _told(attributes: Mapping[str, str], is_imported: bool) -> dict[str, str]:
    """What can be compared: a date of birth is the same in either form, and an import says of both addresses whether
    they are verified."""
    told = {name: value for name, value in attributes.items() if name not in (f"custom:{ORIGINAL_SUB}", "identities")}
    if "/" in told.get("birthdate", ""):
        month, day, year = told["birthdate"].split("/")
        told["birthdate"] = f"{year}-{month}-{day}"
    return {**({f"{name}_verified": "false" for name in ADDRESSES} if is_imported else {}), **told}


# Pools that cannot reach everybody

SOME = (Person("mail", True), Person("phone", None, True), Person("both", True, True), Person("half", False, True))
BY_ADMINISTRATORS: Json = {"AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}}
#: By what the target is like: whom "forgot password" does not reach there, and why.
SILENT: dict[str, tuple[Json, dict[str, str]]] = {
    "no text messages": ({}, dict.fromkeys(("phone", "half"), "no_recovery_channel")),
    "administrators reset": (
        BY_ADMINISTRATORS,
        dict.fromkeys(("mail", "phone", "both", "half"), "admin_only_recovery"),
    ),
}


@pytest.fixture(scope="module")
def some(deployed: Deployed) -> Saved:
    kind = KINDS["usernames"]
    pool = make_pool(deployed, kind)
    by_sub = fill(deployed, pool, kind, SOME)
    return f"{pool}/{deployed.backup(pool)['snapshot_id']}", by_sub


@pytest.mark.parametrize("credential", ["reset", "import-job"])
@pytest.mark.parametrize("target", SILENT)
def test_whom_a_pool_cannot_send_a_code_to_is_handed_a_password(
    deployed: Deployed, some: Saved, target: str, credential: str
) -> None:
    settings, unreachable = SILENT[target]
    verifies: Json = {"AutoVerifiedAttributes": [*ADDRESSES], "UsernameConfiguration": {"CaseSensitive": False}}
    pool = deployed.pool(TIER, ESSAY, ORIGINAL_SUB, **verifies, **settings)
    seen = restore_and_walk(deployed, *some, pool, KINDS["usernames"], credential)
    assert (seen.result["status"], seen.messages) == ("COMPLETE", [])
    assert seen.noticed("unreachable") == unreachable
    assert {key: way.by for key, way in seen.ways.items()} == {
        person.key: "fallback" if person.key in unreachable else "asked" for person in SOME
    }
