"""The users of a pool in numbers: fed user by user, merged part by part, never holding who they are.

    survey = UserSurvey(moment)
    for each part of the users:  survey.add(user, how many groups it is in)
    survey = survey.merged(UserSurvey.from_state(state))

What ListUsers does not tell is not in here. `UserLastModifiedDate` is documented
as the time the profile was modified and nothing more [API UserType]; no list
operation tells the last sign-in, so age is by last change, which makes "changed
lately" a lower bound of the active users and "old" an upper bound of the dormant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import product
from typing import Any, Self

from ..records import User
from .traits import (
    EMAIL_LIKE,
    LIMITS,
    METHODS,
    OTHER,
    PHONE_LIKE,
    STATUSES,
    Ability,
    Age,
    Channel,
    Kind,
    ability_of,
    channel_of,
    kind_of,
    locks_recovery,
    providers_of,
)

#: Names kept of each kind: a pool has up to 300 providers by default and 50 custom attributes [DG quotas], and the
#: state has to stay far below Step Functions' 256 KiB however the names are spelt. Beyond it they count as OTHER.
MOST_NAMES = 400


class Fact(StrEnum):
    """What is counted beside kind, age, channel and ability. Local and linked users only, but for the first four."""

    USERS = "users"
    DISABLED = "disabled"
    MEMBERSHIPS = "memberships"
    IN_GROUPS = "in_groups"
    LOCAL_MEMBERSHIPS = "local_memberships"
    LOCAL_IN_GROUPS = "local_in_groups"
    LOCAL_DISABLED = "local_disabled"
    #: Neither disabled nor in a group: a CSV import alone is enough, so nothing bills them as active.
    LOCAL_UNTOUCHED_BY_IMPORT = "local_untouched_by_import"
    #: The username is the `sub`: what pools that sign in by e-mail or phone make [DG user-pool-settings-attributes].
    USERNAME_IS_SUB = "username_is_sub"
    USERNAME_LIKE_EMAIL = "username_like_email"
    USERNAME_LIKE_PHONE = "username_like_phone"
    EMAIL_AND_PHONE = "email_and_phone"
    #: An address is there, but none is verified: verifying it makes the user reachable.
    ADDRESS_UNVERIFIED = "address_unverified"
    NO_ADDRESS = "no_address"
    MFA_KNOWN = "mfa_known"
    MFA_NONE = "mfa_none"
    #: Every verified channel is an MFA channel and there is no other factor, so "forgot password" is refused
    #: [DG user-pool-settings-mfa].
    LOCKED_CHANNEL = "locked_channel"


@dataclass(slots=True)
class UserSurvey:
    """Counters over users. `cells` counts by `kind/age/channel/ability`, so any question over the four is a sum.

    `moment` is when the users were listed. Two surveys are merged only if they agree on it.
    """

    moment: datetime
    cells: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    #: Federated profiles and linked users by provider.
    profiles: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)
    #: Verified channels of the users whose MFA methods are not known.
    mfa_unknown: Counter[str] = field(default_factory=Counter)
    custom_attributes: Counter[str] = field(default_factory=Counter)
    most_groups: int = 0
    most_links: int = 0

    def add(self, user: User, groups: int = 0) -> None:
        """Count one user who is in so many groups."""
        kind, channel, linked_to = kind_of(user), channel_of(user), list(providers_of(user))
        age = self._age(max(user.created_at, user.modified_at))
        self.cells["/".join((kind, age, channel, ability_of(user)))] += 1
        self.created[self._age(user.created_at)] += 1
        self.statuses[user.status if user.status in STATUSES else OTHER] += 1
        self.facts[Fact.USERS] += 1
        self._tally({Fact.DISABLED: not user.enabled, Fact.MEMBERSHIPS: groups, Fact.IN_GROUPS: groups > 0})
        self.most_groups = max(self.most_groups, groups)
        for name in user.attributes:
            if name.startswith(("custom:", "dev:")):
                self.custom_attributes[_room(self.custom_attributes, name)] += 1
        if kind is Kind.FEDERATED:
            provider = linked_to[0] if linked_to else OTHER
            self.profiles[_room(self.profiles, provider)] += 1
            return
        for provider in set(linked_to):
            self.links[_room(self.links, provider)] += 1
        self.most_links = max(self.most_links, len(linked_to))
        self._add_local(user, groups, channel)

    def _add_local(self, user: User, groups: int, channel: Channel) -> None:
        email, phone = user.attributes.get("email"), user.attributes.get("phone_number")
        self._tally(
            {
                Fact.LOCAL_MEMBERSHIPS: groups,
                Fact.LOCAL_IN_GROUPS: groups > 0,
                Fact.LOCAL_DISABLED: not user.enabled,
                Fact.LOCAL_UNTOUCHED_BY_IMPORT: user.enabled and not groups,
                Fact.USERNAME_IS_SUB: user.username == user.sub,
                Fact.USERNAME_LIKE_EMAIL: bool(EMAIL_LIKE.fullmatch(user.username)),
                Fact.USERNAME_LIKE_PHONE: bool(PHONE_LIKE.fullmatch(user.username)),
                Fact.EMAIL_AND_PHONE: bool(email and phone),
                Fact.ADDRESS_UNVERIFIED: channel is Channel.NONE and bool(email or phone),
                Fact.NO_ADDRESS: not (email or phone),
            }
        )
        if user.mfa_methods is None:
            self.mfa_unknown[channel] += 1
            return
        self._tally(
            {
                Fact.MFA_KNOWN: 1,
                Fact.MFA_NONE: not user.mfa_methods,
                Fact.LOCKED_CHANNEL: locks_recovery(channel, user.mfa_methods),
            }
        )
        self.methods.update({method if method in METHODS else OTHER for method in user.mfa_methods})

    def _tally(self, counts: Mapping[Fact, int]) -> None:
        # Zeros are left out, so that a survey equals the one that its state gives back.
        self.facts.update({fact.value: int(count) for fact, count in counts.items() if count})

    def _age(self, since: datetime) -> Age:
        days = (self.moment - since).days
        return next((age for age, limit in LIMITS.items() if days <= limit), Age.OLDER)

    def count(
        self,
        kinds: tuple[Kind, ...] = tuple(Kind),
        ages: tuple[Age, ...] = tuple(Age),
        channels: tuple[Channel, ...] = tuple(Channel),
        abilities: tuple[Ability, ...] = tuple(Ability),
    ) -> int:
        """Users of any of these in each respect."""
        return sum(self.cells["/".join(cell)] for cell in product(kinds, ages, channels, abilities))

    def fact(self, fact: Fact) -> int:
        return self.facts[fact]

    def merged(self, other: UserSurvey) -> Self:
        """The survey of both. Raises ValueError when they measured age from different moments."""
        if self.moment != other.moment:
            raise ValueError("surveys of different moments cannot be merged")
        merged = type(self)(self.moment)
        for name in COUNTERS:
            into: Counter[str] = getattr(merged, name)
            for key, count in (*getattr(self, name).items(), *getattr(other, name).items()):
                into[_room(into, key)] += count
        merged.most_groups = max(self.most_groups, other.most_groups)
        merged.most_links = max(self.most_links, other.most_links)
        return merged

    def to_state(self) -> dict[str, Any]:
        """Plain counts, to travel between states: below 100 KB of JSON, however large the pool."""
        return {
            "moment": self.moment.isoformat(),
            **{name: dict(getattr(self, name)) for name in COUNTERS},
            "most_groups": self.most_groups,
            "most_links": self.most_links,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        counters = {name: Counter(state[name]) for name in COUNTERS}
        moment = datetime.fromisoformat(state["moment"])
        return cls(moment, **counters, most_groups=state["most_groups"], most_links=state["most_links"])


COUNTERS = (
    "cells",
    "facts",
    "created",
    "statuses",
    "profiles",
    "links",
    "methods",
    "mfa_unknown",
    "custom_attributes",
)


def _room(counter: Counter[str], name: str) -> str:
    return name if name in counter or len(counter) < MOST_NAMES or name == OTHER else OTHER
