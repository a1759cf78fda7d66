"""Every kind of pool, every way to a password, every kind of person: after the restore, each walks in by every name.

Who gets in how is found out at the door alone. It has to be what the restore said before it began.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded.deployed import ORIGINAL_SUB, Account, Deployed, Json, fits
from tests.embedded.matrix import (
    ADDRESSES,
    CREDENTIALS,
    EMAIL_OTP,
    FEDERATED,
    GROUPS,
    KINDS,
    PASSKEY,
    SMS_MFA,
    TOTP,
    UNREACHABLE,
    Kind,
    Person,
    fill,
    make_pool,
    people,
)
from tests.embedded.sign_ins import NEW_PASSWORD, Door, HandedOut, handed_out, refusal

RUNS = [(kind, credential) for kind in KINDS for credential in CREDENTIALS]


@dataclass(frozen=True)
class Way:
    """How somebody got in: by what was asked for or by the fallback, to where a code went, and what was asked by name
    afterwards. `shut` is what a disabled user was told before."""

    by: str
    code_to: str | None = None
    first: tuple[str, ...] = ()
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shut: frozenset[str | None] = frozenset()


@dataclass(frozen=True)
class Seen:
    """One restore: what it said, what was there right after it, and everybody's way in."""

    kind: Kind
    credential: str
    people: Mapping[str, Person]
    result: Json
    report: Json
    back: Mapping[str, Account]
    usernames: Mapping[str, str]
    groups: Mapping[str, Json]
    memberships: set[tuple[str, str]]
    attention: Counter[tuple[str, str, str | None]]
    given: Mapping[str, str]
    handed: set[str]
    deferred: list[Json]
    messages: list[dict[str, str]]
    inbox: list[dict[str, str]]
    ways: Mapping[str, Way]


@dataclass(frozen=True)
class Walker:
    """Everybody's way in after one restore."""

    door: Door
    idp: Any
    kind: Kind
    credential: str
    handed: Mapping[str, HandedOut]
    invited: Mapping[str, str]

    def way_of(self, person: Person, username: str) -> Way:
        shut: set[str | None] = set()
        if not person.enabled:
            shut = {refusal(lambda: self._asked(person, username)), self._shut(username)}
            self.idp.admin_enable_user(UserPoolId=self.door.pool, Username=username)
        try:
            way = self._asked(person, username)
        except (ClientError, KeyError):
            way = self._fallback(username)
        later = {name: self.door.come_in(name) for name in self._names(person, username)}
        return Way(way.by, way.code_to, way.first, later, frozenset(shut - {None}))

    def _asked(self, person: Person, username: str) -> Way:
        names = self._names(person, username)
        if self.credential == "temporary":
            row = self.handed[username]
            assert row.sign_in_name in names
            return Way("asked", first=self.door.come_in(row.sign_in_name, row.password))
        if self.credential == "invite" and person.enabled:
            return Way("asked", first=self.door.come_in(names[0], self.invited[username]))
        return Way("asked", self.door.forget_password(names[-1]))

    def _fallback(self, username: str) -> Way:
        row = self.handed[username]
        return Way("fallback", first=self.door.come_in(row.sign_in_name, row.password))

    def _shut(self, username: str) -> str | None:
        """What somebody is told who is disabled and has the right password."""
        row = self.handed.get(username)
        return refusal(lambda: self.door.come_in(row.sign_in_name, row.password)) if row else None

    def _names(self, person: Person, username: str) -> list[str]:
        names = person.names(self.kind, username)
        lost = self.credential == "invite" and person.enabled
        return [name for name in names if not (lost and name == person.more.get("preferred_username"))]


@pytest.fixture(scope="module")
def saved(deployed: Deployed) -> Callable[[str], tuple[str, dict[str, Person]]]:
    """A pool of that kind with everybody in it, saved once; the snapshot, and the people by their `sub`."""
    known: dict[str, tuple[str, dict[str, Person]]] = {}

    def save(name: str) -> tuple[str, dict[str, Person]]:
        if name not in known:
            kind = KINDS[name]
            pool = make_pool(deployed, kind)
            by_sub = fill(deployed, pool, kind, people(kind))
            backup = deployed.backup(pool, include=["mfa"])
            known[name] = f"{pool}/{backup['snapshot_id']}", by_sub
        return known[name]

    return save


@pytest.fixture(scope="module", params=RUNS, ids=lambda run: f"{run[0]}-{run[1]}")
def seen(
    request: pytest.FixtureRequest, deployed: Deployed, saved: Callable[[str], tuple[str, dict[str, Person]]]
) -> Seen:
    name, credential = request.param
    kind, cloud = KINDS[name], deployed.cloud
    snapshot, by_sub = saved(name)
    target = make_pool(deployed, kind)
    asked = {"credentials": credential, **({"send_messages": True} if credential == "invite" else {})}
    cloud.forget()
    result = deployed.restore(snapshot, target, **asked)
    messages, inbox = cloud.messages(), cloud.control("GET", "inbox")
    folder, report = f"restores/{result['restore_id']}/", deployed.document(result["report"])
    users = deployed.users(target)
    key_of = {
        username: by_sub[user.attributes[f"custom:{ORIGINAL_SUB}"]].key
        for username, user in users.items()
        if f"custom:{ORIGINAL_SUB}" in user.attributes
    }
    keys_by_sub = {sub: person.key for sub, person in by_sub.items()}
    usernames = {key: username for username, key in key_of.items()}
    walker = Walker(
        Door.of(cloud, deployed.idp(target), target),
        deployed.idp(target),
        kind,
        credential,
        handed_out(deployed, report),
        {message["username"]: message["secret"] for message in inbox},
    )
    return Seen(
        kind,
        credential,
        {person.key: person for person in by_sub.values()},
        result,
        report,
        {key_of.get(username, username): user for username, user in users.items()},
        usernames,
        deployed.groups(target),
        {(group, key_of.get(username, username)) for group, username in deployed.memberships(target)},
        Counter(
            (keys_by_sub.get(row["sub"], FEDERATED), row["attention"], row["detail"])
            for row in deployed.rows(f"{folder}attention/")
        ),
        {
            keys_by_sub[row["sub"]]: row["credential"]
            for row in deployed.rows(f"{folder}outcomes/")
            if row["kind"] == "user" and row["sub"] in keys_by_sub
        },
        {*walker.handed},
        [deployed.document(key) for key in deployed.keys(f"deferred/{target}/")],
        messages,
        inbox,
        {person.key: walker.way_of(person, usernames[person.key]) for person in by_sub.values()},
    )


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
        imported = seen.given[key] == "import-job"
        assert _told(seen.back[key].attributes, imported) == _told(person.attributes, imported), key


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
    assert Counter(message["username"] for message in seen.inbox) == Counter(dict.fromkeys(invited, 1))
    sent = Counter((message["evidence"], message["cause"]) for message in seen.messages)
    assert sent["documented", "AdminCreateUser"] == len(invited)
    assert {message["cause"] for message in seen.inbox} <= {"AdminCreateUser"}
    assert not seen.messages or seen.credential == "invite"
    assert _plan(seen)["messages"] == len(invited)


# Who gets in


def test_everybody_walks_in_and_who_could_not_as_asked_was_named_before(seen: Seen) -> None:
    unreachable = {key: detail for key, attention, detail in seen.attention if attention == "unreachable"}
    assert {key: "fallback" if key in unreachable else "asked" for key in seen.people} == {
        key: way.by for key, way in seen.ways.items()
    }
    assert unreachable == _here(seen, UNREACHABLE[seen.credential])
    assert _plan(seen)["unreachable"] == dict(Counter(unreachable.values()))


def test_everybody_has_the_status_of_their_way_in(seen: Seen) -> None:
    unreachable = _here(seen, UNREACHABLE[seen.credential])
    asked = {key: seen.credential for key in seen.people}
    if seen.credential == "invite":
        asked |= {key: "reset" for key, person in seen.people.items() if not person.enabled}
    assert seen.given == {**asked, **dict.fromkeys(unreachable, "temporary")}
    assert {key: user.status for key, user in seen.back.items()} == {
        key: STATUS[credential] for key, credential in seen.given.items()
    }
    assert {seen.usernames[key] for key, credential in seen.given.items() if credential == "temporary"} == seen.handed


def test_a_code_goes_to_a_verified_address_that_is_no_second_factor(seen: Seen) -> None:
    for key, way in seen.ways.items():
        person = seen.people[key]
        taken = {CHANNELS[factor] for factor in _restored_factors(seen, person)}
        usable = [person.address[name] for name, is_so in person.verified.items() if is_so and name not in taken]
        assert way.code_to is None or way.code_to in usable, key
        assert (way.code_to is None) is (NEW_PASSWORD in way.first), key


def test_by_every_name_the_second_factor_is_asked_for_that_came_back_and_no_other(seen: Seen) -> None:
    for key, way in seen.ways.items():
        factors = _restored_factors(seen, seen.people[key])
        asked = ("SELECT_MFA_TYPE", EMAIL_OTP) if len(factors) > 1 else factors
        assert {*way.later.values()} == {asked}, key
        assert way.first in ((), (NEW_PASSWORD, *asked)), key


def test_who_is_disabled_is_shut_out_until_they_are_enabled(seen: Seen) -> None:
    shut = {key: way.shut for key, way in seen.ways.items() if not seen.people[key].enabled}
    assert shut == dict.fromkeys(shut, {"NotAuthorizedException"})
    assert len(shut) == 3


def test_all_that_somebody_has_to_do_is_on_the_list_and_counted(seen: Seen) -> None:
    expected: Counter[tuple[str, str, str | None]] = Counter()
    for key, person in seen.people.items():
        given, reason = seen.given[key], UNREACHABLE[seen.credential].get(key)
        lost = [factor for factor in person.factors if factor in CHANNELS and given in ("import-job", "invite")]
        early = "preferred_username" in person.more and "preferred_username" in seen.kind.aliases and given == "invite"
        expected += Counter(
            {
                (key, "temporary_password", None): given == "temporary",
                (key, "unreachable", reason): reason is not None,
                (key, "enrol_totp", None): TOTP in person.factors,
                (key, "enrol_passkey", None): PASSKEY in person.factors,
                (key, "no_preferred_username", None): early,
                **{(key, "mfa_not_restored", factor): 1 for factor in lost},
            }
        )
    assert seen.attention == expected
    counted: Counter[str] = Counter()
    for (_, attention, _), number in seen.attention.items():
        counted[attention] += number
    assert _plan(seen)["attention"].keys() == counted.keys()


STATUS = {
    "reset": "CONFIRMED",
    "import-job": "RESET_REQUIRED",
    "temporary": "FORCE_CHANGE_PASSWORD",
    "invite": "FORCE_CHANGE_PASSWORD",
}
CHANNELS = {SMS_MFA: "phone_number", EMAIL_OTP: "email"}


def _plan(seen: Seen) -> Json:
    plan: Json = seen.report["plan"]
    return plan


def _here(seen: Seen, told: Mapping[str, str]) -> dict[str, str]:
    return {key: reason for key, reason in told.items() if key in seen.people}


def _restored_factors(seen: Seen, person: Person) -> tuple[str, ...]:
    """Nobody who has to choose a password first can be given one."""
    if seen.given[person.key] in ("import-job", "invite"):
        return ()
    return tuple(factor for factor in person.factors if factor in CHANNELS)


def _told(attributes: Mapping[str, str], imported: bool) -> dict[str, str]:
    """What can be compared: a date of birth is the same in either form, and an import says of both addresses whether
    they are verified."""
    told = {name: value for name, value in attributes.items() if name not in (f"custom:{ORIGINAL_SUB}", "identities")}
    if "/" in told.get("birthdate", ""):
        month, day, year = told["birthdate"].split("/")
        told["birthdate"] = f"{year}-{month}-{day}"
    return {**({f"{name}_verified": "false" for name in ADDRESSES} if imported else {}), **told}
