"""What this process has used so far: for benchmarks, which run each kind of work in a process of its own."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def cpu_seconds() -> float:
    """In user and kernel mode, of all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mib() -> float:
    """The most memory that was resident at once. Linux says it of the program itself; elsewhere it is that of the
    process, which begins with what its parent had."""
    told = re.search(r"^VmHWM:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.M) if STATUS.exists() else None
    if told:
        return int(told[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
