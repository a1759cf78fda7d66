"""What the states that have to do with the pool itself need of their event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from poolsafe import bootstrap
from poolsafe.domain.configuration.desired import Desired
from poolsafe.domain.configuration.model import Configuration
from poolsafe.domain.configuration.override import Override
from poolsafe.domain.configuration.todo import Why
from poolsafe.domain.configuration.wanted import Place
from poolsafe.domain.manifest import Manifest
from poolsafe.domain.requests import RestoreRequest
from poolsafe.domain.snapshot import RestorePaths, region_of
from poolsafe.entrypoint import Event, Invocation
from poolsafe.operations.load_configuration import has_configuration, load_configuration
from poolsafe.operations.make_pool import MakePool, load_record
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.operations.plan_pool import PlannedPool, PlanPool
from poolsafe.operations.read_configuration import ReadConfiguration
from poolsafe.ports import ServiceApi


@dataclass(frozen=True, slots=True)
class ConfigurationJob:
    """One restore, as PlanPool, MakePool and FinishPool see it."""

    invocation: Invocation
    request: RestoreRequest
    paths: RestorePaths
    manifest: Manifest

    @classmethod
    def of(cls, event: Event, invocation: Invocation) -> ConfigurationJob:
        """Read `request` and `restore_id` of the event, and the manifest they point at."""
        request = RestoreRequest.from_state(event["request"])
        manifest = read_manifest(invocation.application.store, request.snapshot)
        return cls(invocation, request, RestorePaths(event["restore_id"]), manifest)

    @property
    def application(self) -> bootstrap.Application:
        return self.invocation.application

    @property
    def region(self) -> str:
        """Where the target is, or is to be."""
        if self.request.create_pool is not None:
            return self.request.create_pool.region
        return region_of(str(self.request.target_user_pool_id))

    @property
    def cognito(self) -> ServiceApi:
        return self.application.cognito(self.region, self.request.quota_share)

    def plan(self) -> PlannedPool:
        """Decide what becomes of the pool; begins the record of this restore."""
        store, request = self.application.store, self.request
        plan = PlanPool(self.cognito, store, self.paths, self.application.settings.account)
        if request.create_pool is not None:
            return plan.new_pool(self.source(), request.create_pool, request.sub_attribute)
        target_id = str(request.target_user_pool_id)
        if not has_configuration(self.manifest):
            described = self.application.target_document(self.paths)["user_pool"]
            return PlannedPool(described, True, {"action": "none"})
        return plan.existing_pool(self.source(), self.reader(target_id), request, self.invocation.deadline)

    def source(self) -> Configuration:
        """The snapshot's configuration; with its secrets where the target's is written."""
        secrets = self.application.secrets if self.request.changes_configuration else None
        return load_configuration(self.application.store, secrets, self.manifest)

    def reader(self, user_pool_id: str) -> ReadConfiguration:
        return self.application.configuration(user_pool_id, self.request.quota_share)

    def maker(self, sub_attribute: str | None = None) -> MakePool:
        """Makes or changes the pool of this restore's record."""
        application = self.application
        return MakePool(
            self.cognito,
            application.waf(self.region),
            self.reader,
            application.store,
            self.paths,
            self.invocation.deadline,
            sub_attribute,
            load_record(application.store, self.paths),
            self.request.create_pool.tags if self.request.create_pool else {},
        )

    def desired(self) -> Desired:
        """What the pool is to be, as PlanPool found it: domains that were taken then are left."""
        created = self.request.create_pool
        taken = tuple(
            todo for todo in load_record(self.application.store, self.paths).planned if todo.why is Why.DOMAIN_TAKEN
        )
        place = Place(self.region, self.application.settings.account)
        return Desired.of(self.source(), created.override if created else Override(), place, taken)

    def listings(self, user_pool_id: str | None) -> dict[str, Any]:
        """The target's id, and how it is listed: before, after, and when users were imported."""
        listing = {
            "user_pool_id": user_pool_id,
            "format": "parquet",
            "quota_share": self.request.quota_share,
            "include_mfa": False,
            "shards": "auto",
        }
        return {
            "user_pool_id": user_pool_id,
            "before": {**listing, "prefix": self.paths.target_before},
            "after": {**listing, "prefix": self.paths.target_after},
            "imported": {**listing, "prefix": self.paths.target_imported},
        }
