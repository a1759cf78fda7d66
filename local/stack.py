"""The real template, built and deployed with the real tools: `sam build` and `sam deploy`, to the embedded cloud.

Built for the Python at hand, which also runs the functions here, into a folder of its own: what `sam build` makes for
Lambda lies elsewhere and is never mixed up with it. A build is kept until a source changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .server import REGION, ROOT, STATE

STACK = "poolsafe"
ARTIFACTS = "poolsafe-artifacts"
SOURCES = ("template.yaml", "functions", "schemas", "statemachine")
BUILD = STATE / "build"

QUOTA_CATEGORIES = (
    "UserCreation",
    "UserAccountRecovery",
    "UserUpdate",
    "UserRead",
    "UserList",
    "UserPoolRead",
    "UserPoolUpdate",
    "UserPoolClientRead",
    "UserPoolClientUpdate",
    "UserPoolResourceRead",
    "UserPoolResourceUpdate",
    "UserResourceRead",
    "UserResourceUpdate",
)
#: The embedded cloud does not throttle, so nothing is gained by waiting: requests per second by category.
RAISED_QUOTAS = dict.fromkeys(QUOTA_CATEGORIES, 1000)


class CommandFailed(Exception):
    """A command of SAM's failed; the message is what it wrote."""


def build() -> None:
    """`sam build`, if any source changed since the last one. One at a time, whoever asks."""
    STATE.mkdir(exist_ok=True)
    stamp, digest = BUILD / "digest", source_digest()
    with (STATE / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == digest:
            return
        stamp.unlink(missing_ok=True)
        _sam(ROOT, ["build", "--build-dir", str(BUILD), "--parallel", "--build-in-source"])
        _pack_layers()
        stamp.write_text(digest)


def deploy(endpoint: str, parameters: Mapping[str, str]) -> None:
    """`sam deploy` of the last build. The artifact bucket must exist."""
    overrides = [f"{name}='{value}'" for name, value in parameters.items()]
    arguments = ["deploy", "--template-file", str(BUILD / "template.yaml"), "--stack-name", STACK, "--region", REGION]
    arguments += ["--s3-bucket", ARTIFACTS, "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"]
    arguments += ["--no-fail-on-empty-changeset", "--no-progressbar"]
    if overrides:
        arguments += ["--parameter-overrides", " ".join(overrides)]
    _sam(BUILD, arguments, AWS_ENDPOINT_URL=endpoint)


def _pack_layers() -> None:
    """Archives the built layers once. `sam deploy` would do it anew every time, and slower: it is most of its time."""
    template = BUILD / "template.yaml"
    text = template.read_text()
    for layer in re.findall(r"ContentUri: (\w+)$", text, re.MULTILINE):
        with zipfile.ZipFile(BUILD / f"{layer}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for file in sorted(path for path in (BUILD / layer).rglob("*") if path.is_file()):
                # Without the time of the build, the same files make the same archive.
                entry = zipfile.ZipInfo(str(file.relative_to(BUILD / layer)))
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
    template.write_text(re.sub(r"ContentUri: (\w+)$", r"ContentUri: \1.zip", text, flags=re.MULTILINE))


def source_digest() -> str:
    """Changes when a file that goes into the build does, or the Python it is built for."""
    digest = hashlib.sha256(sys.version.encode())
    for file in _files():
        digest.update(f"{file.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for path in (ROOT / source for source in SOURCES):
        found = [path] if path.is_file() else path.rglob("*")
        yield from sorted(file for file in found if file.is_file() and "__pycache__" not in file.parts)


def _sam(folder: Path, arguments: list[str], **variables: str) -> None:
    """Runs SAM in an environment of its own: no telemetry, no look-up of newer versions, none of the caller's keys."""
    home = STATE / "sam"
    home.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {"telemetryEnabled": False, "lastVersionCheck": "2100-01-01T00:00:00"}
    (home / "metadata.json").write_text(json.dumps(settings))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") or name == "AWS_CA_BUNDLE"}
    result = subprocess.run(
        [sys.executable, "-m", "samcli", *arguments],
        cwd=folder,
        env={
            **kept,
            "HOME": str(home),
            "__SAM_CLI_APP_DIR": str(home),
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "POOLSAFE_BUILD_FOR": "host",
            "POOLSAFE_PYTHON": sys.executable,
            **variables,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        raise CommandFailed(f"sam {' '.join(arguments)}\n{result.stdout}")
