"""The composition root: settings -> adapters -> operations. Built at the first invocation, kept while warm."""

from __future__ import annotations

import json
import os
import platform
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from . import __version__
from .adapters.aws import cognito_regions
from .adapters.clock import SystemClock
from .adapters.cognito import CognitoUserPool
from .adapters.governed import GovernedUserPool, Governor
from .adapters.jsonlines import JsonLinesFormat
from .adapters.parquet import ParquetFormat
from .adapters.s3 import S3Store
from .domain.password import unguessable
from .domain.quotas import Category, share
from .domain.snapshot import RestorePaths
from .domain.target import TargetPool
from .errors import Unexpected
from .ports import Clock, FileFormat, ObjectStore
from .settings import Settings

PARQUET = ParquetFormat()
JSON_LINES = JsonLinesFormat()
FORMATS: Mapping[str, FileFormat] = {"parquet": PARQUET, "json": JSON_LINES}


@dataclass(frozen=True)
class Application:
    """The adapters of one warm function."""

    settings: Settings
    store: ObjectStore
    clock: Clock = field(default_factory=SystemClock)

    def user_pool(self, user_pool_id: str, quota_share: float, lanes: int = 1) -> tuple[GovernedUserPool, Governor]:
        """A pool in its own Region, at its share of the quotas, and the governor that sees to it."""
        governor = Governor(self.rates(quota_share, lanes), self.clock)
        return GovernedUserPool(CognitoUserPool(user_pool_id, on_throttle=governor.throttled), governor), governor

    def rates(self, quota_share: float, lanes: int = 1) -> dict[Category, float]:
        """Requests per second by category for one lane."""
        return share(self.settings.quotas, quota_share, lanes)

    def target(self, paths: RestorePaths) -> TargetPool:
        """The target of a restore as it was when the restore began."""
        found = self.store.get(paths.target_key)
        if found is None:
            raise Unexpected(
                f"{paths.target_key} is gone: working files expire after 30 days. Start the restore again."
            )
        return TargetPool.of(json.loads(found.content))


def format_of(path: str) -> FileFormat:
    """The format of a file, by its extension."""
    return JSON_LINES if path.endswith(JSON_LINES.extension) else PARQUET


def regions() -> frozenset[str]:
    """Regions with Cognito user pools."""
    return cognito_regions()


def passwords(target: TargetPool) -> Callable[[], str]:
    """A maker of unguessable passwords for a pool."""
    return lambda: unguessable(target.password_policy, secrets.choice)


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
    return Application(settings, S3Store(settings.bucket))
