"""What a trigger does before its first event, in a process of its own: `cold_starts <what>`. Prints CPU seconds.

The interpreter's own start is in it, as it is in Lambda's init. `bare` is the least that any function does which asks
Cognito and S3: boto3, and a client of each.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable

ENVIRONMENT = {"SNAPSHOT_BUCKET": "bench", "SUB_ATTRIBUTE": "custom:original_sub", "ORIGINAL_SUB_CLAIM": "original_sub"}
POOL = "us-east-1_Bench"


def bare() -> None:
    import boto3

    session = boto3.Session()
    session.client("cognito-idp")
    session.client("s3")


def user_migration() -> None:
    """With the clients of both pools and of the bucket, and that which asks for passwords."""
    import sign_in.user_migration  # noqa: F401 - as the runtime does
    from poolsafe import sign_in_bootstrap
    from poolsafe.adapters.password_check import CognitoPasswordCheck

    sign_in_bootstrap.of(ENVIRONMENT)
    sign_in_bootstrap.pool_of(POOL)
    sign_in_bootstrap.pool_of(f"{POOL}2")
    CognitoPasswordCheck(POOL, "client")


def token() -> None:
    import sign_in.token  # noqa: F401 - as the runtime does
    from poolsafe import sign_in_bootstrap

    sign_in_bootstrap.of(ENVIRONMENT).deferred(POOL)


WORK: dict[str, Callable[[], None]] = {"bare": bare, "user_migration": user_migration, "token": token}


def main(what: str) -> None:
    WORK[what]()
    heavy = [name for name in ("pyarrow", "jsonschema", "jinja2", "yaml") if name in sys.modules]
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu_seconds": used.ru_utime + used.ru_stime, "heavy": heavy}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
