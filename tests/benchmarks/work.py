"""Runs one kind of work (`workers.py`) in a process of its own, and looks at what it left in the bucket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from local.cloud import Cloud
from tests.architecture.repository import template
from tests.benchmarks.section import ROOT

BUCKET = "poolsafe-bench"


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker said of itself: seconds by the clock and of CPU, the peak of its memory, the users it saw."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    users: int


def run(what: str, cloud: Cloud, pool: str) -> Worked:
    """Runs `workers.py <what>` to its end, with the allocators that the template gives every function."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.workers", what, cloud.endpoint, pool, BUCKET],
        cwd=ROOT,
        env={**os.environ, **_allocators(), "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(ran.stdout)
    return Worked(**told)


def _allocators() -> dict[str, str]:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    return {name: variables[name] for name in ("ARROW_DEFAULT_MEMORY_POOL", "MALLOC_ARENA_MAX")}


def exported(cloud: Cloud, pool: str) -> tuple[int, int]:
    """Bytes and files of the users of a pool in the bucket."""
    pages = cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{pool}/users/")
    sizes = [entry["Size"] for page in pages for entry in page.get("Contents", ())]
    return sum(sizes), len(sizes)


def count_exported(cloud: Cloud, pool: str) -> tuple[int, int]:
    """Users of a pool in the bucket: how many rows there are, and how many different subs in them."""
    from poolsafe.adapters.parquet import ParquetFormat
    from poolsafe.domain.records import User

    s3 = cloud.client("s3")
    rows, subs = 0, set[str]()
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{pool}/users/"):
        for entry in page.get("Contents", ()):
            content = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
            for batch in ParquetFormat().read(User, content):
                rows += len(batch)
                subs.update(user.sub for user in batch)
    return rows, len(subs)
