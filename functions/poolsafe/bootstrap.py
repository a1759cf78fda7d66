"""The composition root: settings -> adapters -> operations. Built at the first invocation, kept while warm."""

from __future__ import annotations

import json
import os
import platform
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from . import __version__
from .adapters.aws import DISPENSABLE, Role, client, cognito_regions
from .adapters.clock import SystemClock
from .adapters.cognito import CognitoUserPool
from .adapters.governed import GovernedApi, GovernedUserPool, Governor
from .adapters.html import assessment_html, comparison_html, drill_html, migration_html, restore_html
from .adapters.jsonlines import JsonLinesFormat
from .adapters.parquet import ParquetFormat
from .adapters.s3 import ObjectLock, S3Store
from .adapters.service_api import BotoService
from .adapters.threads import Threads
from .adapters.web import PublicWeb
from .adapters.yaml_text import as_yaml
from .domain.quotas import Category, share
from .domain.restore.password import unguessable
from .domain.snapshot import RestorePaths, region_of
from .domain.target import TargetPool
from .errors import Unexpected
from .operations.read_configuration import ReadConfiguration
from .operations.read_quotas import ReadQuotas
from .operations.read_usage import ReadUsage
from .operations.set_pace import SetPace
from .ports import Clock, FileFormat, ObjectStore, ServiceApi, Web, Workers
from .settings import Settings

__all__ = [
    "Application",
    "Role",
    "application",
    "as_yaml",
    "assessment_html",
    "comparison_html",
    "drill_html",
    "format_of",
    "migration_html",
    "passwords",
    "passwords_for",
    "regions",
    "restore_html",
    "versions",
]

PARQUET = ParquetFormat()
JSON_LINES = JsonLinesFormat()
FORMATS: Mapping[str, FileFormat] = {"parquet": PARQUET, "json": JSON_LINES}


@dataclass(frozen=True)
class Application:
    """The adapters of one warm function."""

    settings: Settings
    store: ObjectStore
    clock: Clock = field(default_factory=SystemClock)

    def user_pool(
        self,
        user_pool_id: str,
        quota_share: float,
        lanes: int = 1,
        role: Role | None = None,
        quotas: Mapping[str, float] | None = None,
    ) -> tuple[GovernedUserPool, Governor]:
        """A pool in its own Region, at its share of the quotas, and the governor that sees to it.

        `role` is that of the pool's account, where it is another. `quotas` are what `set_pace` found.
        """
        governor = Governor(self.rates(quota_share, lanes, quotas), self.clock)
        boto = role and client("cognito-idp", region_of(user_pool_id), role=role)
        return GovernedUserPool(CognitoUserPool(user_pool_id, boto, governor.throttled), governor), governor

    def cognito(self, region: str, quota_share: float, role: Role | None = None) -> ServiceApi:
        """All operations of Cognito in a Region, at their share of the quotas."""
        governor = Governor(self.rates(quota_share), self.clock)
        boto = role and client("cognito-idp", region, role=role)
        return GovernedApi(BotoService("cognito-idp", region, boto, governor.throttled), governor)

    def workers(self, size: int) -> Workers:
        """So many at once."""
        return Threads(size)

    def waf(self, region: str) -> ServiceApi:
        """AWS WAF in a Region."""
        return BotoService("wafv2", region)

    @property
    def bucket(self) -> ServiceApi:
        """Amazon S3 by its own operations: how the bucket is set up."""
        return BotoService("s3", self.settings.region)

    def functions(self, region: str) -> ServiceApi:
        """AWS Lambda in a Region."""
        return BotoService("lambda", region)

    def configuration(self, user_pool_id: str, quota_share: float, role: Role | None = None) -> ReadConfiguration:
        """A reader of a pool's configuration, at its share of the quotas."""
        region = region_of(user_pool_id)
        return ReadConfiguration(self.cognito(region, quota_share, role), self.waf(region), self.web, user_pool_id)

    @property
    def vault(self) -> ObjectStore:
        """The bucket, under the key for secrets, as whoever writes or gathers temporary passwords sees it."""
        return self.secrets

    @property
    def web(self) -> Web:
        return PublicWeb()

    @property
    def secrets(self) -> ObjectStore:
        """The bucket, as those see it who may read and write secrets: under the key for secrets."""
        if self.settings.secrets_key is None:
            raise Unexpected("This function has nothing to do with secrets.")
        return S3Store(self.settings.bucket, kms_key_arn=self.settings.secrets_key, lock=_lock(self.settings))

    def rates(
        self, quota_share: float, lanes: int = 1, quotas: Mapping[str, float] | None = None
    ) -> dict[Category, float]:
        """Requests per second by category for one lane. `quotas` are what `set_pace` found."""
        found = {Category(name): rate for name, rate in (quotas or {}).items()}
        return share({**self.settings.quotas, **found}, quota_share, lanes)

    def set_pace(
        self, region: str, categories: Sequence[Category], quota_share: float
    ) -> tuple[dict[str, float], list[str]]:
        """How fast a run may go, asked of AWS at its beginning: quotas to reckon with, by category, and warnings."""
        settings = self.settings
        return SetPace(
            ReadQuotas(self.dispensable("cognito-idp", region), self.dispensable("service-quotas", region), self.clock),
            ReadUsage(self.dispensable("cloudwatch", region), self.clock) if settings.watch_usage else None,
            settings.quotas,
            settings.given_quotas,
        )(categories, quota_share)

    def dispensable(self, service: str, region: str) -> ServiceApi:
        """A service that a run can do without: asked once, and given up soon."""
        return BotoService(service, region, client(service, region, DISPENSABLE))

    def target(self, paths: RestorePaths) -> TargetPool:
        """The target of a restore as it was when the restore began."""
        return TargetPool.from_document(self.target_document(paths))

    def target_document(self, paths: RestorePaths) -> dict[str, Any]:
        """What the restore knows of its target (`operations/read_target.py`)."""
        found = self.store.get(paths.target_key)
        if found is None:
            raise Unexpected(
                f"{paths.target_key} is gone: working files expire after 30 days. Start the restore again."
            )
        document: dict[str, Any] = json.loads(found.content)
        return document


def format_of(path: str) -> FileFormat:
    """The format of a file, by its extension."""
    return JSON_LINES if path.endswith(JSON_LINES.extension) else PARQUET


def regions() -> frozenset[str]:
    """Regions with Cognito user pools."""
    return cognito_regions()


def passwords(target: TargetPool) -> Callable[[], str]:
    """A maker of unguessable passwords for a pool."""
    return passwords_for(target.password_policy)


def passwords_for(policy: Mapping[str, Any]) -> Callable[[], str]:
    """A maker of unguessable passwords for a password policy of Cognito's."""
    return lambda: unguessable(policy, secrets.choice)


def versions() -> dict[str, str]:
    """What wrote a snapshot."""
    found = {"poolsafe": __version__, "python": platform.python_version()}
    for package in ("boto3", "botocore", "pyarrow"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


@cache
def application(environment: Any = None) -> Application:
    """The application of this process."""
    settings = Settings.of(os.environ if environment is None else environment)
    return Application(settings, S3Store(settings.bucket, lock=_lock(settings)))


def _lock(settings: Settings) -> ObjectLock | None:
    return ObjectLock(settings.object_lock_mode, settings.object_lock_days) if settings.object_lock_mode else None
