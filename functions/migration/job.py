"""What every state of a migration run needs of its event: the request, the two pools, and where things lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.migration.attachment import Trigger
from poolsafe.domain.migration.request import MigrationRequest
from poolsafe.domain.migration.settings import MigrationPaths
from poolsafe.entrypoint import Event, Invocation
from poolsafe.operations.attach_triggers import AttachTriggers, Side
from poolsafe.operations.parts import part_keys


@dataclass(frozen=True, slots=True)
class MigrationJob:
    """One run, as its states see it."""

    application: bootstrap.Application
    request: MigrationRequest
    run_id: str

    @classmethod
    def of(cls, event: Event, invocation: Invocation) -> MigrationJob:
        """Read `request` and `run_id`."""
        return cls(invocation.application, MigrationRequest.from_state(event["request"]), event["run_id"])

    @property
    def paths(self) -> MigrationPaths:
        return MigrationPaths(self.request.target_user_pool_id)

    @property
    def target(self) -> Side:
        return self._side(self.request.target_user_pool_id)

    @property
    def source(self) -> Side:
        request = self.request
        external_id = self.application.settings.external_id
        role = bootstrap.Role(request.source_role_arn, external_id) if request.source_role_arn else None
        return self._side(str(request.source_user_pool_id), role)

    @property
    def triggers(self) -> AttachTriggers:
        settings = self.application.settings
        functions = {Trigger.USER_MIGRATION: settings.user_migration_function, Trigger.TOKEN: settings.token_function}
        lambdas = self.application.functions(settings.region)
        return AttachTriggers(
            self.target,
            lambdas,
            self.application.store,
            functions,
            settings.account,
            settings.sub_attribute,
            settings.migration_sources,
        )

    def listed(self, event: Event, pool: str, kind: str, state: str) -> list[str]:
        """The files of a listing, of the progress that its states left."""
        progress = ExportProgress.of(event["listed"][state])
        return part_keys(self.paths.listing(self.run_id, pool), kind, progress, bootstrap.PARQUET)

    def export(self, pool: str, user_pool_id: str) -> dict[str, Any]:
        """What the exporting states are told."""
        return {
            "user_pool_id": user_pool_id,
            "prefix": self.paths.listing(self.run_id, pool),
            "format": "parquet",
            "quota_share": self.request.quota_share,
            "include_mfa": False,
            "shards": "auto",
        }

    def _side(self, user_pool_id: str, role: bootstrap.Role | None = None) -> Side:
        pool, _ = self.application.user_pool(user_pool_id, self.request.quota_share, role=role)
        return Side(self.application.configuration(user_pool_id, self.request.quota_share, role), pool)
