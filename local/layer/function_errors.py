"""A function that raises reports the exception's class, and stays warm, as on Lambda.

The emulator reports every exception as `Runtime.HandlerError` and ends the process, so no Retry or Catch of a state machine
could tell errors apart. On Lambda `errorType` is the name of the class, `errorMessage` its text and `stackTrace` a list
(https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html), and the environment is used again. A process that
dies is a `Runtime.ExitError` (https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html).
"""

from __future__ import annotations

from typing import Any

#: Marks a result that is an error, between the function's process and the emulator.
MARK = "_poolsafe_error"

#: How the emulator's worker tells of an exception, and what it does here instead.
TOLD = '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()}) + "\\n")'
TELLS = (
    "traceback.print_exc(); "
    '_real_stdout.write(json.dumps({"status": "ok", "result": {"' + MARK + '": '
    '{"errorMessage": str(e), "errorType": type(e).__name__, "stackTrace": traceback.format_tb(e.__traceback__)}}}) + "\\n")'
)
DIED = ("Worker process died", "Worker returned no response")


def report_exceptions_by_class() -> None:
    """Takes its place in the emulator. Fails when the emulator is not the one this was written for."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    before, found, after = lambda_runtime._PYTHON_WORKER_SCRIPT.rpartition(TOLD)
    if not found:
        raise RuntimeError("another emulator than this was written for: its worker tells of exceptions differently")
    lambda_runtime._PYTHON_WORKER_SCRIPT = before + TELLS + after
    execute = lambda_svc._execute_function_warm

    def executed(func: Any, event: Any, request_id: str) -> dict[str, Any]:
        return _as_lambda_says(execute(func, event, request_id))

    lambda_svc._execute_function_warm = executed


def _as_lambda_says(result: dict[str, Any]) -> dict[str, Any]:
    body = result.get("body")
    if isinstance(body, dict) and MARK in body:
        return {**result, "body": body[MARK], "error": True}
    if result.get("error") and isinstance(body, dict) and body.get("errorMessage") in DIED:
        return {**result, "body": {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error"}}
    return result
