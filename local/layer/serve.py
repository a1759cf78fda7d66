"""The server process: `python -m local.layer.serve PORT [--ends-with-its-input]`.

Its environment is made by `local/server.py`. It ends at SIGTERM, and where told so when its standard input ends: so it
never outlives a test run that was killed.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading

WITH_INPUT = "--ends-with-its-input"


async def run(port: int, *, ends_with_its_input: bool) -> None:
    # The emulator reads its settings when it is imported, and only this process has them.
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.core import hypercorn_compat

    from .app import application

    hypercorn_compat.install()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if ends_with_its_input:
        threading.Thread(target=_stop_at_end_of_input, args=(loop, stop), daemon=True).start()
    await serve(application(), config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


def _stop_at_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), ends_with_its_input=WITH_INPUT in sys.argv))
