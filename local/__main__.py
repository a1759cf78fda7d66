"""`python -m local up | down`: the embedded cloud on a port of its own, with the stack deployed."""

from __future__ import annotations

import argparse
import os
import sys

from . import server, stack
from .cloud import Cloud

DEFAULT_PORT = 4566


def up(port: int) -> None:
    """Starts, builds, deploys; says where it is. `QUOTAS=documented` keeps the pace of AWS."""
    if server.running_on(port):
        raise server.NotStarted(f"it is already up on port {port}: make down, or another PORT")
    cloud = Cloud(server.start(port, outlives_caller=True))
    try:
        outputs = cloud.deploy({"Quotas": ""} if os.environ.get("QUOTAS") == "documented" else {})
    except BaseException:
        server.stop(cloud.process)
        raise
    print(f"The embedded cloud is up on {cloud.endpoint} (credentials test/test, {server.REGION}).")
    print(f"Its log is {cloud.process.log.relative_to(server.ROOT)}\n")
    print("\n".join(f"  {name:28} {value}" for name, value in sorted(outputs.items())))


def down() -> None:
    """Stops every embedded cloud that `up` started."""
    for running in server.all_detached():
        server.stop(running)
        print(f"stopped {running.endpoint}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start it and deploy").add_argument("--port", type=int, default=DEFAULT_PORT)
    commands.add_parser("down", help="stop it")
    arguments = parser.parse_args()
    try:
        if arguments.command == "up":
            up(arguments.port)
        else:
            down()
    except (server.NotStarted, stack.CommandFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
