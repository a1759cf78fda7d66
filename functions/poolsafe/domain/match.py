"""Who of the target is who of the snapshot.

    first   the old `sub`: the very same user, or one that a restore made
    then    the name that Cognito would take both for
    then    a verified address that is an alias here

Being found is not being the same person: rights and data of one must never go to another who has the name. Proven is
who has the old `sub`, and, in another pool, who has no old `sub` at all and a verified address that the user of the
snapshot had verified too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .identities import is_federated, own_identity
from .records import FORCE_CHANGE_PASSWORD, User
from .target import SIGN_IN_ATTRIBUTES, TargetPool, is_verified


@dataclass(frozen=True, slots=True)
class Twin:
    """The user of the target that stands where one of the snapshot would be.

    `groups` are known where memberships were listed. `waiting`: an earlier
    restore gave this user a temporary password or an invitation, and nobody has
    used it yet.
    """

    user: User
    proven: bool
    groups: frozenset[str] = frozenset()
    waiting: bool = False

    @property
    def is_without_password(self) -> bool:
        """Whether nobody is known to have been given a password for this user."""
        return self.user.status == FORCE_CHANGE_PASSWORD and not self.waiting


@dataclass(frozen=True, slots=True)
class Matcher:
    """Names and proofs for one restore. `provider_map` has new names of providers by the old.

    `is_own_pool`: the target is the pool that the snapshot was taken from.
    """

    target: TargetPool
    sub_attribute: str | None
    provider_map: Mapping[str, str] = field(default_factory=dict)
    is_own_pool: bool = False

    def original_sub(self, user: User) -> str:
        """The `sub` that applications stored: that of before the first restore."""
        return (self.sub_attribute and user.attributes.get(self.sub_attribute)) or user.sub

    def names(self, user: User, *, saved: bool) -> Iterator[str]:
        """What this pool knows the user by, each prefixed with its kind. Providers of a saved user may be renamed.

        A preferred username is none of these: it is given late, and whoever cannot
        have theirs is restored without it, and told.
        """
        fold, attributes = self.target.fold, user.attributes
        if is_federated(user):
            own = own_identity(user)
            renamed = own.under(self.provider_map).profile_name if saved and own else user.username
            yield f"profile:{fold(renamed)}"
            return
        if not self.target.username_attributes:
            yield f"username:{fold(user.username)}"
        named_by = self.target.sign_in_attribute(user)
        for name in SIGN_IN_ATTRIBUTES:
            is_name = name in (*self.target.username_attributes, *self.target.alias_attributes)
            if is_name and (name == named_by or is_verified(user, name)):
                yield f"{name}:{fold(attributes[name])}"

    def keys(self, saved: User) -> Iterator[str]:
        """What to look a user of the snapshot up by, the strongest first."""
        yield f"sub:{saved.sub}"
        yield f"original:{self.original_sub(saved)}"
        yield from self.names(saved, saved=True)

    def keys_of_found(self, found: User) -> Iterator[str]:
        """What a user of the target is found by."""
        yield f"sub:{found.sub}"
        if self.sub_attribute and (original := found.attributes.get(self.sub_attribute)):
            yield f"original:{original}"
        yield from self.names(found, saved=False)

    def proves(self, saved: User, found: User) -> bool:
        """Whether the target's user is this one, and not only of the same name."""
        if found.sub == saved.sub or self.has_original_sub(saved, found):
            return True
        if is_federated(saved) or is_federated(found):
            # A provider's own id is in the profile's name.
            return is_federated(saved) and is_federated(found)
        if self.is_own_pool or (self.sub_attribute and found.attributes.get(self.sub_attribute)):
            # Who has another `sub` is another person, whoever has the number or the mailbox now.
            return False
        return any(
            is_verified(saved, name)
            and is_verified(found, name)
            and saved.attributes[name].lower() == found.attributes[name].lower()
            for name in SIGN_IN_ATTRIBUTES
        )

    def has_original_sub(self, saved: User, found: User) -> bool:
        """Whether a restore made the target's user from this one."""
        return bool(self.sub_attribute) and found.attributes.get(str(self.sub_attribute)) == self.original_sub(saved)


class Directory:
    """Users that were looked up, by what they are found by. The first of each key stays."""

    def __init__(self, matcher: Matcher, found: Iterable[User] = ()) -> None:
        self._matcher = matcher
        self._users: dict[str, User] = {}
        for user in found:
            self.add(user)

    def add(self, user: User) -> None:
        for key in self._matcher.keys_of_found(user):
            self._users.setdefault(key, user)

    def find(self, saved: User) -> User | None:
        """The user of the target that one of the snapshot meets there."""
        return next((self._users[key] for key in self._matcher.keys(saved) if key in self._users), None)


class Names:
    """Names that users of the snapshot take, in the order of the plan, with the `sub` of who was first."""

    def __init__(self, matcher: Matcher, earlier: Iterable[User] = ()) -> None:
        self._matcher = matcher
        self._taken: dict[str, str] = {}
        for user in earlier:
            self.take(user)

    def take(self, user: User) -> None:
        for key in self._keys(user):
            self._taken.setdefault(key, user.sub)

    def taken_by(self, user: User) -> str | None:
        """The `sub` of the earlier user who has a name of this one's; its own where it was listed before."""
        holders = [self._taken[key] for key in self._keys(user) if key in self._taken]
        return user.sub if user.sub in holders else next(iter(holders), None)

    def _keys(self, user: User) -> Iterator[str]:
        yield f"sub:{user.sub}"
        yield from self._matcher.names(user, saved=True)
