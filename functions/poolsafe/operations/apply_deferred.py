"""Giving somebody back at their first sign-in what could not be given before: groups, attributes, and being disabled.

    at most one small read; nothing more unless there is a record     (domain/first_sign_in/who_is_left.py)
    disabled first, then groups one by one, then attributes together
    what is done leaves the record; an empty one is removed, and one that only Cognito's refusals are left of is settled

May run twice, and be killed between any two calls: each of them may be made again. Being disabled is never given up:
where it cannot be done, no token is given out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ..domain.first_sign_in.deferred import DeferredUser, deferred_key, deferred_key_of_sub, deferred_prefix
from ..domain.first_sign_in.who_is_left import Ask, WhoIsLeft
from ..domain.records import EXTERNAL_PROVIDER, Group
from ..errors import PoolsafeError, Rejected
from ..ports import ObjectStore, UserPool
from .hurry import Hurry

#: The dates of a group that a lagging listing does not tell of.
UNKNOWN = datetime.fromtimestamp(0, UTC)


class SignInRefused(Exception):
    """No token may be given out."""


class Disabled(SignInRefused):
    """The user was disabled when the pool was saved, and has just been disabled again."""


class NotKnown(SignInRefused):
    """Whether the user is disabled could not be read in time."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who signs in, as the token trigger is told. `attributes` hold `cognito:user_status` too."""

    username: str
    attributes: Mapping[str, str]

    @property
    def is_federated(self) -> bool:
        return self.attributes.get("cognito:user_status") == EXTERNAL_PROVIDER


@dataclass(frozen=True, slots=True)
class GivenBack:
    """`groups`: all groups of the user, where some were added just now. `refused` and `failed` count what was not."""

    original_sub: str | None
    groups: tuple[Group, ...] | None = None
    added: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def did_anything(self) -> bool:
        return bool(self.added or self.refused or self.failed)


@dataclass(slots=True)
class ApplyDeferred:
    """For one pool, in one warm function."""

    store: ObjectStore
    pool: UserPool
    sub_attribute: str
    left: WhoIsLeft

    def __call__(self, arrived: Arrived, hurry: Hurry) -> GivenBack:
        """Raises SignInRefused."""
        original = arrived.attributes.get(self.sub_attribute) or None
        key = self._key(arrived, original)
        record = None if key is None else self._record(arrived, key, hurry)
        if key is None or record is None:
            return GivenBack(original)
        known = original or record.original_sub
        if record.is_settled:
            return GivenBack(known)
        return _Giving(self, arrived, hurry, key, record).all(known)

    def _key(self, arrived: Arrived, original_sub: str | None) -> str | None:
        """A profile's record lies by its name, also when the profile has been given its old `sub`. Nobody else's does:
        whoever signs up under the name of a profile must not get its rights."""
        if arrived.is_federated:
            return deferred_key(self.pool.user_pool_id, arrived.username)
        return original_sub and deferred_key_of_sub(self.pool.user_pool_id, original_sub)

    def _record(self, arrived: Arrived, key: str, hurry: Hurry) -> DeferredUser | None:
        try:
            asked = self.left.ask(key, hurry.clock.monotonic())
            first = {Ask.FIRST_FROM_HERE: key, Ask.FIRST_OF_ALL: None}
            prefix = deferred_prefix(self.pool.user_pool_id)
            found = hurry(lambda: self.store.first_key(prefix, first[asked])) if asked in first else None
            if not self.left.learn(asked, key, found):
                return None
            stored = hurry(lambda: self.store.get(key))
        except PoolsafeError as error:
            if arrived.is_federated:
                raise NotKnown from error
            # Nobody who migrated is disabled: they come in with fewer groups, and the next token asks again.
            return None
        return None if stored is None else DeferredUser.from_json(stored.content)


@dataclass(slots=True)
class _Giving:
    """One user's record being worked through; what is left of it is in `record`."""

    job: ApplyDeferred
    arrived: Arrived
    hurry: Hurry
    key: str
    record: DeferredUser
    refused: dict[str, str] = field(default_factory=dict)

    def all(self, original_sub: str) -> GivenBack:
        is_disabled, before = not self.record.enabled, self.record.groups
        if is_disabled:
            self._disable()
        self._add_to_groups()
        failed = len(self.record.groups) + self._write_attributes()
        self._keep()
        if is_disabled:
            raise Disabled
        added = [group for group in before if group not in self.record.groups]
        groups = self._groups_now(added) if added else None
        return GivenBack(original_sub, groups, len(added), len(self.refused), failed)

    def _disable(self) -> None:
        try:
            self.hurry(lambda: self.job.pool.disable_user(self.arrived.username))
        except PoolsafeError as error:
            raise NotKnown from error
        # Once, and not again when somebody has enabled them on purpose.
        self.record = replace(self.record, enabled=True)

    def _add_to_groups(self) -> None:
        """A group that is not there is tried again at the next token: it may have been made by then."""
        done = {group for group in self.record.groups if not self.hurry.is_over and self._is_added(group)}
        self.record = replace(self.record, groups=tuple(group for group in self.record.groups if group not in done))

    def _is_added(self, group: str) -> bool:
        try:
            self.hurry(lambda: self.job.pool.add_to_group(self.arrived.username, group))
        except PoolsafeError:
            return False
        return True

    def _write_attributes(self) -> int:
        """All together, or one by one where Cognito takes not all of them; how many could not be tried to the end."""
        wanted = self.record.to_write(self.arrived.attributes, self.job.sub_attribute)
        pending = dict(wanted)
        parts = [wanted] if wanted else []
        while parts and not self.hurry.is_over:
            part = parts.pop(0)
            try:
                self.hurry(lambda part=part: self.job.pool.update_attributes(self.arrived.username, part))  # type: ignore[misc]
            except Rejected:
                if len(part) > 1:
                    parts += [{name: value} for name, value in part.items()]
                    continue
                self.refused |= part
            except PoolsafeError:
                break
            for name in part:
                del pending[name]
        self.record = replace(self.record, attributes={**pending, **self.refused})
        return len(pending)

    def _keep(self) -> None:
        """Writes down what is left. A failure loses nothing: all of it can be done again."""
        settled = replace(self.record, is_settled=not self.record.groups and self.record.attributes == self.refused)
        with suppress(PoolsafeError):
            if settled.groups or settled.attributes:
                self.hurry(lambda: self.job.store.put(self.key, settled.to_json()))
            else:
                self.hurry(lambda: self.job.store.delete(self.key))

    def _groups_now(self, added: Sequence[str]) -> tuple[Group, ...] | None:
        """All groups, with their roles; a listing that lags does not take away what was just added."""
        try:
            listed = self.hurry(lambda: self.job.pool.groups_of(self.arrived.username))
        except PoolsafeError:
            return None
        missing = {*added} - {group.group_name for group in listed}
        return (*listed, *(Group(name, None, None, None, UNKNOWN, UNKNOWN) for name in added if name in missing))
