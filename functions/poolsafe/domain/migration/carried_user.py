"""Whether somebody of the source may come along at sign-in, and as what: pure.

The name that was typed has to be the user's own, in both pools. A pool that names users by their address must not take
somebody else's for a username of the source that only looks like it: whoever registered `ada@example.com` as a mere
username would otherwise become the owner of that address (alias take-over).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from ..identities import is_federated
from ..records import CONFIRMED, FORCE_CHANGE_PASSWORD, SMS_MFA, User
from ..sign_in import why_not_recoverable
from ..target import SIGN_IN_ATTRIBUTES, TargetPool, is_verified
from .settings import MigrationSettings

#: [API AdminCreateUser]: Username, 1 to 128 characters.
MAX_USERNAME = 128


class Why(StrEnum):
    """Why somebody is not carried over."""

    UNKNOWN = "unknown"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - no password
    LOCKED_OUT = "locked_out"
    MALFORMED = "malformed"
    DISABLED = "disabled"
    STATUS = "status"
    FEDERATED = "federated"
    CHALLENGE = "challenge"
    NAME = "name_of_somebody_else"
    TAKEN = "address_taken_in_target"
    NO_RECOVERY = "no_verified_address"
    ATTRIBUTE_UNKNOWN = "attribute_not_in_target"
    ATTRIBUTE_TOO_LONG = "attribute_too_long"
    ATTRIBUTE_REQUIRED = "attribute_required_by_target"

    @property
    def is_for_the_owner(self) -> bool:
        """Whether the user did nothing wrong: somebody has to mend a pool."""
        return self in FOR_THE_OWNER


FOR_THE_OWNER = frozenset(
    {Why.TAKEN, Why.ATTRIBUTE_UNKNOWN, Why.ATTRIBUTE_TOO_LONG, Why.ATTRIBUTE_REQUIRED, Why.NO_RECOVERY, Why.NAME}
)


class NotCarried(Exception):
    """This user is not carried over. `attributes` names attributes, never their values.

    `user` is what a log may call somebody whom the source knows (`domain/first_sign_in/deferred.py`, `pseudonym`).
    """

    def __init__(self, why: Why, *attributes: str) -> None:
        super().__init__(why.value)
        self.why, self.attributes = why, attributes
        self.user: str | None = None


@dataclass(frozen=True, slots=True)
class CarriedUser:
    """Somebody as they will be in the target. `username` is None where the pool makes one up itself.

    `texts_codes`: a code by SMS was a second factor, and can be one again.
    """

    username: str | None
    original_sub: str
    attributes: dict[str, str]
    must_reset: bool
    texts_codes: bool = False


@dataclass(frozen=True, slots=True)
class Carrier:
    """The rules of one migration."""

    settings: MigrationSettings
    source: TargetPool
    target: TargetPool

    @classmethod
    def of(cls, settings: MigrationSettings) -> Carrier:
        return cls(settings, settings.source_pool, settings.target_pool)

    def require_standing(self, user: User, *, may_be_new: bool) -> None:
        """Refuse whom the source would not let in either. `may_be_new`: with a temporary password that was right."""
        if is_federated(user):
            raise NotCarried(Why.FEDERATED)
        if not user.enabled:
            raise NotCarried(Why.DISABLED)
        if user.status != CONFIRMED and not (may_be_new and user.status == FORCE_CHANGE_PASSWORD):
            raise NotCarried(Why.STATUS)

    def carried(self, typed: str, user: User, *, must_reset: bool) -> CarriedUser:
        """The user in the target. Raises NotCarried."""
        target = self.target
        if self.source.fold(typed) not in map(self.source.fold, self._names_in_source(user)):
            raise NotCarried(Why.NAME)
        self._require_own_name(typed, user)
        attributes = self._attributes(user)
        for why, found in (
            (Why.ATTRIBUTE_UNKNOWN, target.unknown(attributes)),
            (Why.ATTRIBUTE_TOO_LONG, target.too_long(attributes)),
            (Why.ATTRIBUTE_REQUIRED, target.missing_required(attributes)),
        ):
            if found:
                raise NotCarried(why, *found)
        if must_reset and why_not_recoverable(replace(user, attributes=attributes), target, ()) is not None:
            raise NotCarried(Why.NO_RECOVERY)
        username = None if target.username_attributes else user.username
        texts = SMS_MFA in (user.mfa_methods or ()) and SMS_MFA in target.factors and "phone_number" in attributes
        # Not for who has to reset: the code of a forgotten password would not go to the phone then.
        return CarriedUser(username, self.original_sub(user), attributes, must_reset, texts and not must_reset)

    def addresses_that_name(self, typed: str, carried: CarriedUser) -> Iterator[str]:
        """Addresses that would name the user in the target beside what was typed, which nobody there has."""
        target, attributes = self.target, carried.attributes
        for name in SIGN_IN_ATTRIBUTES:
            value = attributes.get(name)
            is_alias = name in target.alias_attributes and attributes.get(f"{name}_verified", "").lower() == "true"
            if value and (is_alias or name in target.username_attributes) and target.fold(value) != target.fold(typed):
                yield value

    def is_same(self, carried: CarriedUser, found: User) -> bool:
        """Whether a user of the target is this one, brought by another sign-in of theirs."""
        return found.attributes.get(self.settings.sub_attribute) == carried.original_sub

    def original_sub(self, user: User) -> str:
        """The one that applications stored: that of before the first move."""
        return user.attributes.get(self.settings.sub_attribute) or user.sub

    def _names_in_source(self, user: User) -> Iterator[str]:
        source = self.source
        if not source.username_attributes:
            yield user.username
        for name in SIGN_IN_ATTRIBUTES:
            value = user.attributes.get(name)
            if value and (
                name in source.username_attributes or (name in source.alias_attributes and is_verified(user, name))
            ):
                yield value
        if "preferred_username" in source.alias_attributes and user.attributes.get("preferred_username"):
            yield user.attributes["preferred_username"]

    def _require_own_name(self, typed: str, user: User) -> None:
        """The typed name has to lead to this user in the target too."""
        target, attributes = self.target, user.attributes
        if target.username_attributes:
            owned = [
                attributes.get(name)
                for name in target.username_attributes
                if is_verified(user, name) or name in self.source.username_attributes
            ]
        else:
            if target.takes_for_an_alias(user.username):
                raise NotCarried(Why.NAME)
            aliases = [name for name in SIGN_IN_ATTRIBUTES if name in target.alias_attributes]
            owned = [user.username, *(attributes.get(name) for name in aliases if is_verified(user, name))]
            if "preferred_username" in target.alias_attributes:
                owned.append(attributes.get("preferred_username"))
        if target.fold(typed) not in {target.fold(name) for name in owned if name}:
            raise NotCarried(Why.NAME)

    def _attributes(self, user: User) -> dict[str, str]:
        """Everything that the source tells, flags exactly as they were, and the old `sub`."""
        kept = {name: value for name, value in user.attributes.items() if name not in self.settings.dropped}
        attributes = self.target.writable(kept)
        attributes[self.settings.sub_attribute] = self.original_sub(user)
        return attributes
