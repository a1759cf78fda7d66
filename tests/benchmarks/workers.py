"""What is measured, each in a process of its own: `workers <what> <endpoint> <pool> <bucket>`.

Prints JSON: CPU seconds of the work itself (after imports and the first connection), the peak of the process's
memory, and how many users it saw.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
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
from poolsafe.domain.quotas import DOCUMENTED
from poolsafe.operations.export import Export

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
    governed = GovernedUserPool(CognitoUserPool(pool, cognito), Governor(UNBOUND, SystemClock()))
    export = Export(governed, S3Store(bucket, s3), ParquetFormat(), f"bench/{pool}/", NoDeadline(), Threads)
    return export.users(Listing()).users.rows


WORK: dict[str, Callable[[Any, Any, str, str], int]] = {"bare": bare_paginator, "exporter": exporter}


def main(what: str, endpoint: str, pool: str, bucket: str) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    cognito = session.client("cognito-idp", endpoint_url=endpoint, config=CONFIG)
    s3 = session.client("s3", endpoint_url=endpoint, config=CONFIG)
    cognito.list_users(UserPoolId=pool, Limit=1)
    s3.head_bucket(Bucket=bucket)
    before = resource.getrusage(resource.RUSAGE_SELF)
    users = WORK[what](cognito, s3, pool, bucket)
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu_seconds": cpu, "peak_mib": after.ru_maxrss / 1024, "users": users}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
