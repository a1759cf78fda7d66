"""The sign-in triggers: what they cost before their first event, and how long a sign-in waits for them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from local.cloud import Cloud, running
from tests.embedded.deployed import ANY_POOL, Deployed, person
from tests.embedded.migrations import Move, moving

ROOT = Path(__file__).resolve().parents[2]
STARTS, SIGN_INS = 11, 40
#: Cognito's [DG cognito-user-pools-working-with-lambda-triggers], in seconds.
LIMIT = 5.0
#: What we ask of ourselves for everything before the first event: CPU seconds on one CPU.
COLD_LIMIT = 0.7
#: A first sign-in that meets a function which has just started: settings, secret, password, user, groups, record.
CALLS = 6
#: An answer of Cognito or S3 in the same Region, generously; in seconds.
ANSWER = 0.1


def measure() -> str:
    """The section of the page."""
    cold = _cold_starts()
    first, second = _sign_ins()
    worst = cold["user_migration"] + CALLS * ANSWER
    names = {"bare": "boto3 and two clients", "user_migration": "UserMigration", "token": "PreTokenGeneration"}
    rows = "\n".join(
        f"| {names[what]} | {seconds:.2f} | **{seconds / cold['bare']:.2f}** |" for what, seconds in cold.items()
    )
    return f"""## Sign-in triggers

Before the first event: a new process that imports the function and makes its clients, the interpreter's start
included, without pyarrow, jsonschema, jinja2 and PyYAML, which is checked. Medians of {STARTS} starts, the kinds in
turns. They are to stay below {COLD_LIMIT} s of CPU.

| process | CPU s | ratio |
|---|---|---|
{rows}

A sign-in through an app on the embedded cloud, whose own work is in it, warm, medians of {SIGN_INS}: the first
{first * 1000:.0f} ms (both triggers, five calls to the source and the target, a record written, read and removed), the
second {second * 1000:.0f} ms (the token trigger, with one read).

Of Cognito's {LIMIT:.0f} seconds, a first sign-in that meets a function which has to start takes about {worst:.1f}: its
start on a CPU like this one, and {CALLS} calls of {ANSWER * 1000:.0f} ms. Nothing is tried again later than 2.5 s after
the event came, and no call is waited for longer than 2 s.
"""


def _cold_starts() -> dict[str, float]:
    runs: dict[str, list[float]] = {"bare": [], "user_migration": [], "token": []}
    for _ in range(STARTS):
        for what, found in runs.items():
            found.append(_cold_start(what))
    medians = {what: statistics.median(found) for what, found in runs.items()}
    over = {what: seconds for what, seconds in medians.items() if what != "bare" and seconds > COLD_LIMIT}
    if over:
        raise AssertionError(f"slower than {COLD_LIMIT} s of CPU before the first event: {over}")
    return medians


def _cold_start(what: str) -> float:
    aws = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    finished = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.cold_starts", what],
        cwd=ROOT,
        env={**os.environ, **aws, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(finished.stdout)
    if told["heavy"]:
        raise AssertionError(f"{what} loads {told['heavy']}")
    return float(told["cpu_seconds"])


def _sign_ins() -> tuple[float, float]:
    with running() as cloud:
        cloud.deploy({"MigrationSourceArns": ANY_POOL})
        move = _move(cloud)
        names = [f"person{number:03d}" for number in range(SIGN_INS + 1)]
        move.put(
            *[person(name, "staff", attributes={"email": f"{name}@example.com"}) for name in names], groups=["staff"]
        )
        move.attach()
        first, second = ([_seconds(move, name) for name in names] for _ in range(2))
        # The first of all starts the functions.
        return statistics.median(first[1:]), statistics.median(second[1:])


def _move(cloud: Cloud) -> Move:
    own = boto3.client(
        "cognito-idp",
        region_name="us-east-1",
        endpoint_url=cloud.endpoint,
        config=Config(signature_version=UNSIGNED),
    )
    return moving(Deployed(cloud, cloud.outputs()), cloud.client("cognito-idp"), own)


def _seconds(move: Move, name: str) -> float:
    begun = time.perf_counter()
    move.sign_in(name)
    return time.perf_counter() - begun
