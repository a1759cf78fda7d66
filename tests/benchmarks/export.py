"""ExportUsers beside a bare paginator, on the same pool of the embedded cloud."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.cloud import Cloud, running

ROOT = Path(__file__).resolve().parents[2]
SIZES = (5_000, 20_000)
RUNS = 5
BUCKET = "poolsafe-bench"


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the runs of one kind of work at one size."""

    cpu_seconds: float
    peak_mib: float


def measure() -> str:
    """The section of the page. Bare and ours alternate, so that a busy machine is busy for both."""
    with running() as cloud:
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        return _section({size: _measure_size(cloud, size) for size in SIZES})


def _measure_size(cloud: Cloud, size: int) -> dict[str, Measured]:
    pool = str(cloud.client("cognito-idp").create_user_pool(PoolName=f"bench-{size}")["UserPool"]["Id"])
    for start in range(0, size, 1_000):
        cloud.put_users(pool, [_user(number) for number in range(start, start + 1_000)])
    runs: dict[str, list[dict[str, Any]]] = {"bare": [], "exporter": []}
    for _ in range(RUNS):
        for what, measured in runs.items():
            measured.append(_run(what, cloud.endpoint, pool, size))
    return {
        what: Measured(
            statistics.median(run["cpu_seconds"] for run in measured),
            statistics.median(run["peak_mib"] for run in measured),
        )
        for what, measured in runs.items()
    }


def _user(number: int) -> dict[str, Any]:
    attributes = {
        "sub": str(uuid.UUID(int=number, version=4)),
        "email": f"person{number:07d}@example.com",
        "email_verified": "true",
        "name": f"Person Number {number}",
        "custom:tier": ("free", "silver", "gold")[number % 3],
    }
    return {
        "Username": f"person{number:07d}",
        "Attributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
    }


def _run(what: str, endpoint: str, pool: str, size: int) -> dict[str, Any]:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.workers", what, endpoint, pool, BUCKET],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    measured: dict[str, Any] = json.loads(finished.stdout)
    if measured["users"] != size:
        raise AssertionError(f"{what} saw {measured['users']} of {size} users")
    return measured


def _section(results: dict[int, dict[str, Measured]]) -> str:
    rows = "\n".join(
        f"| {size:,} | {found['bare'].cpu_seconds:.2f} | {found['exporter'].cpu_seconds:.2f} "
        f"| **{found['exporter'].cpu_seconds / found['bare'].cpu_seconds:.2f}** "
        f"| {found['bare'].peak_mib:.0f} | {found['exporter'].peak_mib:.0f} |"
        for size, found in results.items()
    )
    small, large = (results[size]["exporter"].peak_mib for size in (SIZES[0], SIZES[-1]))
    return f"""## Export beside a bare paginator

ExportUsers (records, governor, Parquet, SHA-256, upload) and a loop over boto3's own `list_users` paginator that keeps
nothing, on the same pool on the embedded cloud. CPU seconds of the client process after its imports; peak memory of
the whole process, with pyarrow loaded in both. Medians of {RUNS} runs, the two kinds in turns.

| users | CPU s, bare | CPU s, ExportUsers | ratio | peak MiB, bare | peak MiB, ExportUsers |
|---|---|---|---|---|---|
{rows}

Memory of ExportUsers at {SIZES[-1]:,} users over that at {SIZES[0]:,}: **{large / small:.2f}**. A part holds at most
50,000 users or 64 million characters of attributes, so it is flat from there on.
"""
