"""One restore, what it said, and everybody's walk into the pool it filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from tests.embedded.deployed import ORIGINAL_SUB, Account, Deployed, Json
from tests.embedded.matrix import Kind, Person
from tests.embedded.sign_ins import Door, HandedOut, handed_out, refusal

#: Whose key is not known: the federated user of each pool.
FEDERATED = "federated"
#: What the way of somebody begins with who does not get in.
SHUT_OUT = "shut out"
Attention = Counter[tuple[str, str, str | None]]


@dataclass(frozen=True)
class Way:
    """How somebody got in: `asked` as the request says, by the `fallback`, or not, with the refusal (`shut out: ...`).

    `code_to` is where a code to reset the password came to; `first` are the challenges of the first sign-in with a
    password that was given, `later` those afterwards, by each name; `told` what was said while they were disabled.
    """

    by: str
    code_to: str | None = None
    first: tuple[str, ...] = ()
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told: frozenset[str | None] = frozenset()


@dataclass(frozen=True)
class Walker:
    """Tries the door of one pool for people, with what the restore gave them."""

    door: Door
    idp: Any
    kind: Kind
    credential: str
    handed: Mapping[str, HandedOut]
    invited: Mapping[str, str]

    def way_of(self, person: Person, username: str) -> Way:
        told: set[str | None] = set()
        if not person.enabled:
            told = {refusal(lambda: self._asked(person, username)), self._while_disabled(username)} - {"nothing"}
            self.idp.admin_enable_user(UserPoolId=self.door.pool, Username=username)
        try:
            way = self._asked(person, username)
        except (ClientError, KeyError):
            way = self._fallback(username)
        if way.by.startswith(SHUT_OUT):
            return way
        try:
            later = {name: self.door.come_in(name) for name in self._names(person, username)}
        except ClientError as refused:
            return _shut_out(refused)
        return replace(way, later=later, told=frozenset(told))

    def _asked(self, person: Person, username: str) -> Way:
        """KeyError where nobody was given a password."""
        names = self._names(person, username)
        if self.credential == "temporary":
            row = self.handed[username]
            assert row.sign_in_name in names
            return Way("asked", first=self.door.come_in(row.sign_in_name, row.password))
        if self.credential == "invite" and person.enabled:
            return Way("asked", first=self.door.come_in(names[0], self.invited[username]))
        return Way("asked", code_to=self.door.forget_password(names[-1]))

    def _fallback(self, username: str) -> Way:
        row = self.handed.get(username)
        if row is None:
            return Way(f"{SHUT_OUT}: nothing was given")
        try:
            return Way("fallback", first=self.door.come_in(row.sign_in_name, row.password))
        except ClientError as refused:
            return _shut_out(refused)

    def _while_disabled(self, username: str) -> str | None:
        row = self.handed.get(username)
        return refusal(lambda: self.door.come_in(row.sign_in_name, row.password)) if row else "nothing"

    def _names(self, person: Person, username: str) -> list[str]:
        """An alias that nobody can have before they accept their invitation is none."""
        lost = {person.more.get("preferred_username")} if self.credential == "invite" and person.enabled else set()
        return [name for name in person.names(self.kind, username) if name not in lost]


def _shut_out(refused: ClientError) -> Way:
    return Way(f"{SHUT_OUT}: {refused.response['Error']['Code']}")


@dataclass(frozen=True)
class Seen:
    """One restore: what it said, what was there right after it, and everybody's way in. By the people's keys."""

    kind: Kind
    credential: str
    people: Mapping[str, Person]
    result: Json
    report: Json
    back: Mapping[str, Account]
    usernames: Mapping[str, str]
    groups: Mapping[str, Json]
    memberships: set[tuple[str, str]]
    attention: Attention
    given: Mapping[str, str]
    handed: set[str]
    deferred: list[Json]
    messages: list[dict[str, str]]
    inbox: list[dict[str, str]]
    ways: Mapping[str, Way]
    door: Door

    @property
    def plan(self) -> Json:
        plan: Json = self.report["plan"]
        return plan

    @property
    def target(self) -> str:
        return self.door.pool

    def noticed(self, attention: str) -> dict[str, str | None]:
        """Who is on the list for that, and the detail."""
        return {key: detail for key, what, detail in self.attention if what == attention}


def attention_of(deployed: Deployed, result: Json, keys: Mapping[str, str]) -> Attention:
    """The list of whom somebody has to look after; `keys` are people's, by their old `sub`."""
    rows = deployed.rows(f"restores/{result['restore_id']}/attention/")
    return Counter((keys.get(row["sub"], FEDERATED), row["attention"], row["detail"]) for row in rows)


def counted(attention: Iterable[tuple[str, str, str | None]]) -> dict[str, int]:
    """How many people there are on the list, by what for."""
    return dict(Counter(what for _, what in {(key, what) for key, what, _ in attention}))


def restore_and_walk(
    deployed: Deployed, snapshot: str, people: Mapping[str, Person], target: str, kind: Kind, credential: str
) -> Seen:
    """Restore a snapshot of these people, by `sub`, and walk in as each."""
    cloud, idp = deployed.cloud, deployed.idp(target)
    cloud.forget()
    asked = {"credentials": credential, **({"send_messages": True} if credential == "invite" else {})}
    result = deployed.restore(snapshot, target, **asked)
    messages, inbox = cloud.messages(), cloud.control("GET", "inbox")
    report, users = deployed.document(result["report"]), deployed.users(target)
    keys = {sub: person.key for sub, person in people.items()}
    key_of = {
        username: keys.get(user.attributes.get(f"custom:{ORIGINAL_SUB}", ""), username)
        for username, user in users.items()
    }
    usernames = {key: username for username, key in key_of.items()}
    handed = handed_out(deployed, report)
    invited = {message["username"]: message["secret"] for message in inbox}
    walker = Walker(Door.of(cloud, idp, target), idp, kind, credential, handed, invited)
    return Seen(
        kind=kind,
        credential=credential,
        people={person.key: person for person in people.values()},
        result=result,
        report=report,
        back={key_of[username]: user for username, user in users.items()},
        usernames=usernames,
        # That of the provider is Cognito's own.
        groups={name: told for name, told in deployed.groups(target).items() if not name.startswith(f"{target}_")},
        memberships={(group, key_of[username]) for group, username in deployed.memberships(target)},
        attention=attention_of(deployed, result, keys),
        given={
            keys[row["sub"]]: row["credential"]
            for row in deployed.rows(f"restores/{result['restore_id']}/outcomes/")
            if row["kind"] == "user" and row["sub"] in keys
        },
        handed={*handed},
        deferred=[deployed.document(key) for key in deployed.keys(f"deferred/{target}/")],
        messages=messages,
        inbox=inbox,
        ways={person.key: walker.way_of(person, usernames[person.key]) for person in people.values()},
        door=walker.door,
    )
