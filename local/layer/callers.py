"""Who is calling: the Lambda function whose execution role signed the request, as a process that can be killed."""

from __future__ import annotations


def kill_calling_function() -> None:
    """Kills the process of the function that signed the current request, as Lambda does at a time limit.

    The emulator gives each function's role an access key of its own, so the key names the function. Where several
    processes of it are running, all of them die. A call that no function made kills nothing.
    """
    from ministack.core import iam_evaluator, lambda_runtime

    access_key = iam_evaluator._verified_key.get()
    for worker in [worker for pool in lambda_runtime._workers.values() for worker in pool]:
        process = worker._proc if worker.in_use else None
        if process and lambda_runtime.execution_credentials(worker.config)["AWS_ACCESS_KEY_ID"] == access_key:
            process.kill()
