"""Whether an execution of ten million users stays below the limits of Step Functions: a test computes it."""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks.section import ROOT, Must, Section

TEST = "tests/architecture/test_execution_limits.py"


def measure() -> Section:
    """A row of the page's table alone."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", TEST], cwd=ROOT, capture_output=True, text=True, check=False
    )
    passed = ran.stdout.strip().rpartition("\n")[2]
    must = Must(
        f"Limits of Step Functions that an execution of ten million users exceeds ([computed]({'../' + TEST}))",
        "none",
        "none" if ran.returncode == 0 else passed,
        ran.returncode == 0,
    )
    return Section("", (must,))
