"""`cbr`, the npm package cognito-backup-restore, as its users run it: installed at need, no part of the repository.

Its SDK (AWS SDK for JavaScript 2) knows no AWS_ENDPOINT_URL: a module that Node loads beforehand sets the endpoint, and
says at the end what the process used. Nothing else of it is changed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PACKAGE = "cognito-backup-restore@1.3.2"
#: The last of its line, which the package asks for as ^2.343.0.
SDK = "aws-sdk@2.1693.0"
#: What its own code allows itself: `minTime: 2000` of its limiter, in seconds for each user.
SECONDS_PER_RESTORED_USER = 2.0

PRELOAD = """
const fs = require('fs');
require(process.env.BENCH_SDK).config.update({endpoint: process.env.BENCH_ENDPOINT});
process.on('exit', () => {
  const used = process.resourceUsage();
  let peak = used.maxRSS / 1024;
  try { peak = Number(/VmHWM:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'ascii'))[1]) / 1024; } catch {}
  const told = {cpu_seconds: (used.userCPUTime + used.systemCPUTime) / 1e6, peak_mib: peak};
  fs.writeFileSync(process.env.BENCH_USAGE, JSON.stringify(told));
});
"""


class NotThere(Exception):
    """npm or Node.js is missing, or the package cannot be had. The message says which."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds by the clock and of CPU, the peak of memory."""

    seconds: float
    cpu_seconds: float
    peak_mib: float


@contextmanager
def installed() -> Iterator[Cbr]:
    """An installation in a temporary folder, gone when the block ends. NotThere."""
    if not shutil.which("npm") or not shutil.which("node"):
        raise NotThere("npm or Node.js is missing")
    with TemporaryDirectory() as home:
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", home, PACKAGE, SDK]
        if subprocess.run(install, capture_output=True, check=False).returncode:
            raise NotThere(f"npm could not install {PACKAGE}")
        (Path(home) / "preload.js").write_text(PRELOAD, encoding="utf-8")
        yield Cbr(Path(home))


@dataclass(frozen=True, slots=True)
class Cbr:
    """An installation in the folder `home`."""

    home: Path

    def backup(self, endpoint: str, pool: str) -> tuple[Run, Path]:
        """Backs the pool up; returns the file it wrote as well."""
        folder = self.home / "backup"
        run = self._run("backup", endpoint, pool, "--directory", str(folder))
        return run, folder / f"{pool}.json"

    def restore(self, endpoint: str, pool: str, file: Path) -> Run:
        """Restores a file of its own into a pool. The password keeps it from sending invitations."""
        return self._run("restore", endpoint, pool, "--file", str(file), "--password", "Temporary-1!")

    def _run(self, what: str, endpoint: str, pool: str, *arguments: str) -> Run:
        modules, usage = self.home / "node_modules", self.home / "usage.json"
        usage.unlink(missing_ok=True)
        program = modules / "cognito-backup-restore" / "build" / "cli" / "cli.js"
        where = ["--region", "us-east-1", "--userpool", pool, "--use-env-vars"]
        told = {"BENCH_SDK": str(modules / "aws-sdk"), "BENCH_ENDPOINT": endpoint, "BENCH_USAGE": str(usage)}
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        begun = time.perf_counter()
        ran = subprocess.run(
            ["node", "--require", str(self.home / "preload.js"), str(program), what, *where, *arguments],
            env={**os.environ, **told, **keys},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - begun
        if ran.returncode:
            raise AssertionError(f"cbr {what} ended with {ran.returncode}: {ran.stderr[-500:]}")
        used: dict[str, Any] = json.loads(usage.read_text(encoding="utf-8"))
        return Run(seconds, used["cpu_seconds"], used["peak_mib"])
