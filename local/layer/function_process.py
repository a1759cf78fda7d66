"""The process of a Lambda function, closer to Lambda's than the emulator makes it.

- It reports an exception by its class and lives on. The emulator calls every exception `Runtime.HandlerError` and ends
  the process, so that no Retry or Catch could tell errors apart. On Lambda `errorType` is the name of the class
  (https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html); a process that dies is a `Runtime.ExitError`
  (https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html).
- All it writes is in its log when it has answered: the emulator waits 5 ms for a line and may miss the last ones.
- It sees its code, its layers and the standard library, and nothing that happens to be installed beside the emulator.
- Its layers are there at once. On Lambda they are mounted read-only; the emulator unpacks all 140 MB for each process
  anew, which would take longer than the work. Here each layer is unpacked once, by its hash, into a folder that
  outlives the server, compiled bytecode included.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import queue
import shutil
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER_VARIABLE = "POOLSAFE_LAYER_FOLDER"

#: Where the emulator's worker reads the folders it is to import from.
LAYERS_VARIABLE = "_LAMBDA_LAYERS_DIRS"

#: How the emulator's worker tells of an exception, and what it does here instead: it returns it, marked.
TOLD = '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()}) + "\\n")'
MARK = "_poolsafe_error"
#: How it tells of an answer. What it has written until then is its log.
ANSWERS = '_real_stdout.write(json.dumps({"status": "ok", "result": result}) + "\\n")'
END_OF_LOG = "_poolsafe_end_of_log"
ENDS_LOG = f"""_answer = json.dumps({{"status": "ok", "result": result}})
            print("{END_OF_LOG}", file=sys.__stderr__, flush=True)
            _real_stdout.write(_answer + "\\n")"""
LOG_SECONDS, DEAD_SECONDS = 5.0, 0.05
TELLS = f"""traceback.print_exc()
            print("{END_OF_LOG}", file=sys.__stderr__, flush=True)
            _told = {{"errorMessage": str(e), "errorType": type(e).__name__,
                     "stackTrace": traceback.format_tb(e.__traceback__)}}
            _real_stdout.write(json.dumps({{"status": "ok", "result": {{"{MARK}": _told}}}}) + "\\n")"""
DIED = ("Worker process died", "Worker returned no response", "Worker process exited immediately")

ALONE = """
import sys
sys.path[:] = [folder for folder in sys.path if not folder.endswith(("site-packages", "dist-packages"))]
"""


def make_functions_like_lambda() -> None:
    """Takes its place in the emulator. Fails when that is not the one this was written for."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    before, told, after = lambda_runtime._PYTHON_WORKER_SCRIPT.rpartition(TOLD)
    if not told:
        raise RuntimeError("another emulator than this was written for: its worker tells of exceptions differently")
    if ANSWERS not in before:
        raise RuntimeError("another emulator than this was written for: its worker answers differently")
    lambda_runtime._PYTHON_WORKER_SCRIPT = ALONE + before.replace(ANSWERS, ENDS_LOG) + TELLS + after
    drain = lambda_runtime.Worker._drain_stderr_bounded
    lambda_runtime.Worker._drain_stderr_bounded = _with_all_lines(drain)
    lambda_runtime.Worker._spawn = _with_layers_at_hand(lambda_runtime.Worker._spawn)
    lambda_svc._execute_function_warm = _telling_errors(lambda_svc._execute_function_warm)


def _telling_errors(execute: Any) -> Any:
    @functools.wraps(execute)
    def executed(*arguments: Any) -> dict[str, Any]:
        result: dict[str, Any] = execute(*arguments)
        body = result.get("body")
        if isinstance(body, dict) and MARK in body:
            return {**result, "body": body[MARK], "error": True}
        if result.get("error") and isinstance(body, dict) and str(body.get("errorMessage", "")).startswith(DIED):
            return {**result, "body": {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error"}}
        return result

    return executed


def _with_all_lines(drain: Any) -> Any:
    @functools.wraps(drain)
    def drained(worker: Any, **waits: float) -> str:
        if not str(worker.config.get("Runtime", "")).startswith("python"):
            return str(drain(worker, **waits))
        return "\n".join(_lines_of_invocation(worker))

    return drained


def _lines_of_invocation(worker: Any) -> Iterator[str]:
    """The lines until the mark. A process that died has set none: then those until it has said nothing for a while."""
    until = time.monotonic() + LOG_SECONDS
    while (left := until - time.monotonic()) > 0:
        has_ended = worker._proc is None or worker._proc.poll() is not None
        try:
            line = worker._stderr_queue.get(timeout=min(left, DEAD_SECONDS if has_ended else left))
        except queue.Empty:
            return
        text = str(line).removesuffix(END_OF_LOG)
        if text == line or text:
            yield text
        if text != line:
            return


def _with_layers_at_hand(spawn: Any) -> Any:
    @functools.wraps(spawn)
    def spawned(worker: Any) -> None:
        config = worker.config
        layers = [layer if isinstance(layer, str) else layer["Arn"] for layer in config.get("Layers", ())]
        folders = os.pathsep.join(str(_folder_of_layer(layer)) for layer in layers)
        variables = {**config.get("Environment", {}).get("Variables", {}), LAYERS_VARIABLE: folders}
        worker.config = {**config, "Layers": [], "Environment": {"Variables": variables}}
        try:
            spawn(worker)
        finally:
            worker.config = config

    return spawned


_one_at_a_time = threading.Lock()


@functools.cache
def _folder_of_layer(arn: str) -> Path:
    """A version of a layer never changes, so neither does its folder."""
    from ministack.services import lambda_svc

    archive: bytes = lambda_svc._resolve_layer_zip(arn)
    folder = Path(os.environ[FOLDER_VARIABLE]) / hashlib.sha256(archive).hexdigest()[:16]
    with _one_at_a_time:
        if not folder.exists():
            unfinished = folder.with_suffix(f".{os.getpid()}")
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                opened.extractall(unfinished)
            try:
                unfinished.rename(folder)
            except OSError:  # another server was quicker
                shutil.rmtree(unfinished)
    return folder
