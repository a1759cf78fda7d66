"""The embedded cloud as a process of its own: starting it, waiting until it answers, ending all of it.

The server leads a session, and the processes that run Lambda functions are its children: ending the group ends them
all, however the server itself died.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .layer.function_process import FOLDER_VARIABLE
from .layer.serve import WITH_INPUT

ROOT = Path(__file__).resolve().parents[1]
#: Everything the embedded cloud keeps on disk. Nothing in it is worth keeping.
STATE = ROOT / ".embedded"
HOST = "127.0.0.1"
REGION = "us-east-1"
#: Of every account: nothing here is worth a secret.
SECRET = "test"  # noqa: S105
START_SECONDS = 60.0
STOP_SECONDS = 5.0
#: Marks the folder of a server that outlives its caller.
DETACHED = "detached"

#: What the server takes over from the caller's environment. No more: its environment is also that of every function.
INHERITED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TZ")


class NotStarted(Exception):
    """The server cannot be had: the port is taken, or it died. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def folder(self) -> Path:
        return folder_of(self.port)

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def folder_of(port: int) -> Path:
    """Pid, log and temporary files of the server on that port, gone when it ends."""
    return STATE / f"port-{port}"


#: The log of the server that ended last.
LAST_LOG = STATE / "last-server.log"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def start(port: int, *, outlives_caller: bool, settings: Mapping[str, str] | None = None) -> Server:
    """Starts a server on a free port and returns when it answers.

    `settings` are environment variables of the emulator (`SFN_WAIT_SCALE`). A server that does not outlive its caller
    ends with it even if the caller is killed, because its standard input then ends.
    """
    if is_taken(port):
        raise NotStarted(f"port {port} is taken: stop what listens there, or choose another with PORT=...")
    folder = folder_of(port)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    with (folder / "server.log").open("wb") as output:
        process = _started[port] = subprocess.Popen(
            [sys.executable, "-m", "local.layer.serve", str(port), *([] if outlives_caller else [WITH_INPUT])],
            cwd=ROOT,
            env=environment(port, settings or {}),
            stdin=subprocess.DEVNULL if outlives_caller else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process.pid, port)
    deadline = time.monotonic() + START_SECONDS
    while running_on(port) != server:
        if process.poll() is not None or time.monotonic() > deadline:
            end_of_log = server.log.read_text()[-2000:]
            stop(server)
            raise NotStarted(f"the embedded cloud did not start; its log ends:\n{end_of_log}")
        time.sleep(0.02)
    if outlives_caller:
        (folder / DETACHED).touch()
    return server


def running_on(port: int) -> Server | None:
    """The server of ours on that port, if it is up: it is asked, so that a stale file names nobody else's process."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/_poolsafe/server", timeout=2) as answer:
            return Server(int(json.loads(answer.read())["pid"]), port)
    except (OSError, ValueError, KeyError):
        return None


def all_detached() -> list[Server]:
    """Every server that outlived its caller and is still up."""
    ports = sorted(int(mark.parent.name.removeprefix("port-")) for mark in STATE.glob(f"port-*/{DETACHED}"))
    return [server for port in ports if (server := running_on(port))]


def stop(server: Server) -> None:
    """Ends the server and every function process, and removes what they left, but for the log."""
    _signal_group(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _group_lives(server) and time.monotonic() < deadline:
        time.sleep(0.02)
    _signal_group(server.pid, signal.SIGKILL)
    if child := _started.pop(server.port, None):
        child.communicate()
    if (server.folder / "server.log").exists():
        (server.folder / "server.log").replace(LAST_LOG)
    shutil.rmtree(server.folder, ignore_errors=True)


def environment(port: int, settings: Mapping[str, str]) -> dict[str, str]:
    """Settings of the emulator (their meaning is in its README) and nothing of the caller's that could leak in."""
    layers = STATE / "layers"
    layers.mkdir(parents=True, exist_ok=True)
    folder = folder_of(port)
    return {
        **{name: os.environ[name] for name in INHERITED if name in os.environ},
        "HOME": str(folder / "tmp"),
        "TMPDIR": str(folder / "tmp"),
        "STATE_DIR": str(folder / "tmp" / "state"),
        FOLDER_VARIABLE: str(layers),
        "AUTH": "true",  # permissions are enforced: least privilege can be tested
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        "LAMBDA_EXECUTOR": "local",
        "IOT_MTLS_ENABLED": "0",  # would listen on every interface
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }


#: Our own children by port. Held: a server that ends with its input lives as long as its pipe does.
_started: dict[int, subprocess.Popen[bytes]] = {}


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _group_lives(server: Server) -> bool:
    if child := _started.get(server.port):
        child.poll()  # one of ours that has ended is there until we take notice
    try:
        os.killpg(server.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
