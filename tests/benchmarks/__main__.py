"""Runs the benchmarks and writes `docs/performance.md`."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import export, governor, sign_in, states

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


def main() -> int:
    """Measure, print and write down."""
    versions = ", ".join(f"{package} {version(package)}" for package in ("boto3", "pyarrow", "ministack"))
    head = f"""# Performance

Written by `make bench`; compare ratios, not seconds: machines differ and are shared.

{datetime.now(UTC):%Y-%m-%d} · Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} cores ·
{versions}.
"""
    page = "\n".join((head, export.measure(), governor.measure(), states.measure(), sign_in.measure()))
    PAGE.write_text(page, encoding="utf-8")
    print(page)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
