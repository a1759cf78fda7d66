"""The composition root of the Cognito triggers: small, because somebody waits. Built when asked, kept while warm."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from .adapters.aws import HURRIED, Role, client
from .adapters.clock import SystemClock
from .adapters.cognito import CognitoUserPool
from .adapters.password_check import CognitoPasswordCheck
from .adapters.s3 import S3Store
from .domain.first_sign_in.claims import may_be_claim
from .domain.first_sign_in.who_is_left import WhoIsLeft
from .domain.migration.carried_user import Carrier
from .domain.migration.settings import MigrationPaths, MigrationSettings
from .domain.snapshot import region_of
from .errors import InvalidRequest, TargetMismatch
from .operations.apply_deferred import ApplyDeferred
from .operations.hurry import Hurry
from .operations.migrate_user import MigrateUser
from .ports import Clock, ObjectStore

#: Of the five seconds that Cognito waits, in which the function may have had to start first; nothing is tried again
#: later. A call that is under way may still take its own two seconds.
BUDGET_SECONDS = 2.5
#: How long the settings of a migration, and the source's secret, are good for.
GOOD_FOR_SECONDS = 60.0


@dataclass
class Triggers:
    """What one warm function keeps between sign-ins."""

    store: ObjectStore
    sub_attribute: str
    claim: str
    clock: Clock = field(default_factory=SystemClock)
    external_id: str | None = None
    _migrations: dict[str, tuple[float, MigrationSettings, CognitoPasswordCheck]] = field(default_factory=dict)
    _deferred: dict[str, ApplyDeferred] = field(default_factory=dict)

    def hurry(self) -> Hurry:
        return Hurry(self.clock, self.clock.monotonic() + BUDGET_SECONDS)

    def migration(self, target_user_pool_id: str, hurry: Hurry) -> MigrateUser:
        """The migration into a pool. Raises TargetMismatch where none is attached."""
        settings, passwords = self._migration(target_user_pool_id, hurry)
        source = pool_of(settings.source_user_pool_id, self._role(settings))
        return MigrateUser(Carrier.of(settings), passwords, source, pool_of(target_user_pool_id), self.store, hurry)

    def deferred(self, user_pool_id: str) -> ApplyDeferred:
        """What is kept for the people of a pool."""
        if user_pool_id not in self._deferred:
            self._deferred[user_pool_id] = ApplyDeferred(
                self.store, pool_of(user_pool_id), self.sub_attribute, WhoIsLeft()
            )
        return self._deferred[user_pool_id]

    def _migration(self, target: str, hurry: Hurry) -> tuple[MigrationSettings, CognitoPasswordCheck]:
        known = self._migrations.get(target)
        if known is not None and self.clock.monotonic() < known[0]:
            return known[1:]
        found = hurry(lambda: self.store.get(MigrationPaths(target).settings_key))
        settings = MigrationSettings.from_json(found.content) if found else None
        if settings is None or not settings.is_attached:
            raise TargetMismatch(f"{target}: no migration is attached. Start MigrationStateMachine with attach.")
        passwords = CognitoPasswordCheck(settings.source_user_pool_id, settings.source_client_id, self._role(settings))
        self._migrations[target] = (self.clock.monotonic() + GOOD_FOR_SECONDS, settings, passwords)
        return settings, passwords

    def _role(self, settings: MigrationSettings) -> Role | None:
        return Role(settings.source_role_arn, self.external_id) if settings.source_role_arn else None


@cache
def pool_of(user_pool_id: str, role: Role | None = None) -> CognitoUserPool:
    return CognitoUserPool(user_pool_id, client("cognito-idp", region_of(user_pool_id), HURRIED, role))


@cache
def triggers() -> Triggers:
    """Those of this process."""
    return of(os.environ)


def of(environment: Mapping[str, str]) -> Triggers:
    """Read SNAPSHOT_BUCKET, SUB_ATTRIBUTE, ORIGINAL_SUB_CLAIM and MIGRATION_EXTERNAL_ID."""
    claim = environment["ORIGINAL_SUB_CLAIM"]
    if not may_be_claim(claim):
        raise InvalidRequest(
            "OriginalSubClaim (a parameter of the stack)", "names a claim that Cognito keeps for itself", "original_sub"
        )
    store = S3Store(environment["SNAPSHOT_BUCKET"], client("s3", config=HURRIED))
    return Triggers(
        store, environment["SUB_ATTRIBUTE"], claim, external_id=environment.get("MIGRATION_EXTERNAL_ID") or None
    )
