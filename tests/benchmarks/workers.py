"""What is measured, each in a process of its own: `workers <what> <endpoint> <pool> <bucket>`.

Prints JSON: seconds by the clock and of CPU of the work itself (after imports and the first connection), the peak of
the process's memory, and how many users it saw.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pyarrow.parquet  # noqa: F401 - both carry its memory, so that the difference is ours

from poolsafe.adapters.aws import CONFIG
from poolsafe.adapters.clock import SystemClock
from poolsafe.adapters.cognito import CognitoUserPool
from poolsafe.adapters.governed import GovernedUserPool, Governor
from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.adapters.s3 import S3Store
from poolsafe.adapters.threads import Threads
from poolsafe.domain.listing import Listing
from poolsafe.domain.quotas import DOCUMENTED, Category
from poolsafe.operations.export import Export
from tests.benchmarks.usage import cpu_seconds, peak_mib

#: The pace is not what is measured here.
UNBOUND = dict.fromkeys(DOCUMENTED, 1e9)


class NoDeadline:
    """Never near."""

    def near(self, ahead: float = 0) -> bool:
        return False


def bare_paginator(cognito: Any, s3: Any, pool: str, bucket: str) -> int:
    """Lists everybody and keeps nothing: the least that any exporter does."""
    pages = cognito.get_paginator("list_users").paginate(UserPoolId=pool, PaginationConfig={"PageSize": 60})
    return sum(len(page["Users"]) for page in pages)


def exporter(cognito: Any, s3: Any, pool: str, bucket: str) -> int:
    """The whole of ExportUsers: records, governor, Parquet, hashes, upload."""
    return _export(UNBOUND, cognito, s3, pool, bucket)


def exporter_at_the_quota(cognito: Any, s3: Any, pool: str, bucket: str) -> int:
    """The same at the pace of the documented quotas, all of them (`quota_share` 1.0)."""
    return _export(DOCUMENTED, cognito, s3, pool, bucket)


def _export(rates: Mapping[Category, float], cognito: Any, s3: Any, pool: str, bucket: str) -> int:
    governed = GovernedUserPool(CognitoUserPool(pool, cognito), Governor(rates, SystemClock()))
    export = Export(governed, S3Store(bucket, s3), ParquetFormat(), f"{pool}/", NoDeadline(), Threads)
    return export.users(Listing()).users.rows


WORK: dict[str, Callable[[Any, Any, str, str], int]] = {
    "bare": bare_paginator,
    "exporter": exporter,
    "exporter-at-the-quota": exporter_at_the_quota,
}


def main(what: str, endpoint: str, pool: str, bucket: str) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    cognito = session.client("cognito-idp", endpoint_url=endpoint, config=CONFIG)
    s3 = session.client("s3", endpoint_url=endpoint, config=CONFIG)
    cognito.list_users(UserPoolId=pool, Limit=1)
    s3.head_bucket(Bucket=bucket)
    begun, before = time.perf_counter(), cpu_seconds()
    users = WORK[what](cognito, s3, pool, bucket)
    used = {"seconds": time.perf_counter() - begun, "cpu_seconds": cpu_seconds() - before, "peak_mib": peak_mib()}
    print(json.dumps({**used, "users": users}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
