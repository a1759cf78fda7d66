"""Writing down what the federated users of a live pool will miss, before they sign in to another one.

One file of the listing after the other; the same records again when a file is done twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..domain.first_sign_in.deferred import DeferredUser, deferred_key
from ..domain.identities import is_federated
from ..domain.records import Membership, User
from ..domain.target import TargetPool
from ..ports import Deadline, ObjectStore, Where
from .parts import read_keys
from .reading import FormatOf, groups_by_sub


@dataclass(frozen=True, slots=True)
class DeferProgress:
    """How many files of users are done, and how many records were written."""

    files: int = 0
    deferred: int = 0
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DeferFederated:
    """`users` and `memberships` are the files of the source's listing, `profiles` those of the target's users.

    Who has come to the target is passed over: they were given back what they had, and what was changed since is theirs.
    """

    store: ObjectStore
    format_of: FormatOf
    users: Sequence[str]
    memberships: Sequence[str]
    profiles: Sequence[str]
    source_user_pool_id: str
    target: TargetPool
    sub_attribute: str

    def __call__(self, progress: DeferProgress, deadline: Deadline) -> DeferProgress:
        files, deferred, there = progress.files, progress.deferred, self._there()
        for key in self.users[files:]:
            deferred += self._file(key, there)
            files += 1
            if deadline.near():
                break
        return DeferProgress(files, deferred, files == len(self.users))

    def _there(self) -> frozenset[str]:
        """The names of the profiles that the target has."""
        return frozenset(user.username for user in self._read(self.profiles) if is_federated(user))

    def _read(self, keys: Sequence[str]) -> Iterator[User]:
        for key in keys:
            for batch in read_keys(self.store, self.format_of(key), [key], User):
                yield from batch

    def _file(self, key: str, there: frozenset[str]) -> int:
        federated = [user for user in self._read([key]) if is_federated(user) and user.username not in there]
        groups = self._groups_of(frozenset(user.sub for user in federated))
        for user in federated:
            self._write(user, groups.get(user.sub, ()))
        return len(federated)

    def _groups_of(self, subs: frozenset[str]) -> dict[str, tuple[str, ...]]:
        batches = (
            batch
            for key in self.memberships
            for batch in read_keys(self.store, self.format_of(key), [key], Membership, Where("sub", subs))
        )
        return groups_by_sub(batches) if subs else {}

    def _write(self, user: User, groups: tuple[str, ...]) -> None:
        pool = self.target.user_pool_id
        # Cognito makes the group of a provider's users itself.
        kept = tuple(group for group in groups if not group.startswith(f"{self.source_user_pool_id}_"))
        known = {name: value for name, value in user.attributes.items() if name in self.target.attribute_names}
        original = user.attributes.get(self.sub_attribute) or user.sub
        record = DeferredUser(user.username, original, user.enabled, kept, self.target.writable(known))
        self.store.put(deferred_key(pool, user.username), record.to_json())
