"""The states that read a whole pool's files: memory and CPU at a hundred thousand, a million and ten million users."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from poolsafe.operations.weigh_losses import KEYS_AT_ONCE
from tests.benchmarks.section import Must, Section

ROOT = Path(__file__).resolve().parents[2]
SIZES = (100_000, 1_000_000, 10_000_000)
#: Each state, and the largest size at which it is measured: what costs more than some minutes there is not.
STATES = {
    "WeighLosses": 10_000_000,
    "SealSnapshot": 10_000_000,
    "VerifySnapshot": 10_000_000,
    "ReportRestore": 10_000_000,
    "CompareRecords": 1_000_000,
    "PlanRestore": 100_000,
}
#: Those whose memory must not grow with the pool, and by how much it may all the same (issue 7).
FLAT, GROWTH = ("WeighLosses", "SealSnapshot", "VerifySnapshot"), 1.2

Measured = dict[str, dict[int, dict[str, Any]]]


def measure() -> Section:
    """The section of the page."""
    results: Measured = {state: {} for state in STATES}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            _run("make", folder, size)
            for state, largest in STATES.items():
                if size <= largest:
                    results[state][size] = json.loads(_run(state, folder, size))
    grown = {
        state: of[SIZES[-1]]["peak_mib"] / of[SIZES[0]]["peak_mib"] for state, of in results.items() if state in FLAT
    }
    musts = tuple(
        Must(
            f"Peak memory of {state} at {SIZES[-1]:,} users ÷ that at {SIZES[0]:,}",
            f"≤ {GROWTH}",
            f"{ratio:.2f}",
            ratio <= GROWTH,
        )
        for state, ratio in grown.items()
    )
    return Section(_text(results, grown), musts)


def _run(what: str, folder: str, size: int) -> str:
    return subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.state_workers", what, folder, str(size)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _text(results: Measured, grown: dict[str, float]) -> str:
    rows = "\n".join(
        f"| {state} | {size:,} | {run['cpu_seconds']:.1f} | {run['peak_mib']:.0f} | {run['invocations']} |"
        for state, of_state in results.items()
        for size, run in of_state.items()
    )
    growth = ", ".join(f"{state} **{ratio:.2f}**" for state, ratio in grown.items())
    return f"""## States that read a whole pool's files

Snapshots with random subs, each user in one group, in parts of 50,000, in a folder; each state in a process of its own,
without the network. CPU seconds after imports; peak memory of the whole process; how many invocations of a Lambda that
would be, counted by CPU.

| state | users | CPU s | peak MiB | invocations |
|---|---|---|---|---|
{rows}

Memory at {SIZES[-1]:,} users over that at {SIZES[0]:,}: {growth}; it is to stay below {GROWTH}. WeighLosses holds
{KEYS_AT_ONCE:,} hashes at once, and reads the files of a kind once for each so many. ReportRestore writes the sub map
as one file, and CompareRecords has 20 bytes for each record of one side: these two grow, and have the memory for it.
PlanRestore looks each file of users up in all others, which grows as the square of the pool beside its own work.
"""
