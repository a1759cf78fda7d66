"""What the benchmarks ran on, in words: enough to judge a figure by, without the name of a host."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("boto3", "pyarrow", "ministack")


def described() -> str:
    """`Intel Xeon (x86_64), 2 cores, 8 GB`."""
    return f"{_cpu()} ({platform.machine()}), {os.cpu_count()} cores, {_memory_gb():.0f} GB, {platform.system()}"


def versions() -> str:
    """`Python 3.13.1, boto3 1.43.102, ...`."""
    told = [f"Python {platform.python_version()}", *(f"{package} {version(package)}" for package in PACKAGES)]
    node = shutil.which("node")
    if node:
        asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        told.append(f"Node.js {asked.stdout.strip().removeprefix('v')}")
    return ", ".join(told)


def _cpu() -> str:
    """The processor's model where Linux tells it; elsewhere what Python knows."""
    told = Path("/proc/cpuinfo")
    models = re.findall(r"^model name\s*: (.+)$", told.read_text(encoding="utf-8"), re.M) if told.exists() else []
    return models[0].strip() if models else platform.processor() or "unknown processor"


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
