"""Clients of AWS, and one table that turns their errors into ours.

Retries are botocore's `standard` mode, asked for by name: its default, `legacy`,
does not retry Cognito's TooManyRequestsException at all, because that comes as
HTTP 400 (tests/unit/test_throttles_are_retried.py shows both).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from ..errors import (
    AccessDenied,
    AlreadyExists,
    NotFound,
    PoolsafeError,
    Rejected,
    ServiceUnavailable,
    Throttled,
)

THROTTLES = frozenset(
    {
        "TooManyRequestsException",
        "ThrottlingException",
        "Throttling",
        "RequestLimitExceeded",
        "SlowDown",
        "ProvisionedThroughputExceededException",
    }
)
UNAVAILABLE = frozenset(
    {
        "InternalErrorException",
        "InternalError",
        "InternalServerError",
        "ServiceUnavailable",
        "RequestTimeout",
        # Somebody else changes the same pool just now.
        "ConcurrentModificationException",
        # AWS WAF, for a while after a web ACL was made.
        "WAFUnavailableEntityException",
        # Two writers of one key at once (S3, HTTP 409): the next attempt sees who was first.
        "ConditionalRequestConflict",
        "OperationAborted",
    }
)
DENIED = frozenset({"AccessDeniedException", "AccessDenied", "UnrecognizedClientException"})
MISSING = frozenset({"UserNotFoundException", "ResourceNotFoundException"})
EXISTING = frozenset(
    {
        "DuplicateProviderException",
        "GroupExistsException",
        "ManagedLoginBrandingExistsException",
        "TermsExistsException",
        "UsernameExistsException",
    }
)

#: Pooled connections have to serve every worker thread of a lane.
CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=128,
    user_agent_extra="poolsafe",
)


#: For calls that botocore must not make again by itself.
ONCE = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))


#: For what runs while somebody signs in: Cognito waits five seconds in all, so a call that hangs has to be given up in
#: time for another, and how often one is made again is for whoever knows the time that is left.
HURRIED = CONFIG.merge(
    Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=1,
        read_timeout=2,
        max_pool_connections=4,
    )
)


#: For what a run can do without: one attempt, soon given up.
DISPENSABLE = CONFIG.merge(
    Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=2, read_timeout=5)
)


@dataclass(frozen=True, slots=True)
class Role:
    """A role of another account that lets us in; `external_id` is what its trust policy asks for."""

    arn: str
    external_id: str | None = None


def client(service: str, region: str | None = None, config: Config = CONFIG, role: Role | None = None) -> Any:
    """A client of one service. Region None means that of the function. A role's credentials renew themselves."""
    # The default session reads each service's model once for all clients.
    session: Any = boto3 if role is None else _assuming(role)
    return session.client(service, region_name=region, config=config)


def _assuming(role: Role) -> boto3.session.Session:
    own = botocore.session.get_session()
    given = {"RoleSessionName": "poolsafe", **({"ExternalId": role.external_id} if role.external_id else {})}
    fetcher = AssumeRoleCredentialFetcher(own.create_client, own.get_credentials(), role.arn, extra_args=given)
    assuming: Any = botocore.session.get_session()
    # The one way in that botocore leaves for credentials which renew themselves.
    assuming._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, method="assume-role")
    return boto3.session.Session(botocore_session=assuming)


def cognito_regions() -> frozenset[str]:
    """Every Region that botocore's endpoint data lists for Cognito user pools, in all partitions."""
    session = botocore.session.get_session()
    return frozenset(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("cognito-idp", partition_name=partition)
    )


@contextmanager
def our_errors(operation: str) -> Iterator[None]:
    """Run one call and raise our error for theirs. Their text is left out: it may quote a user's data."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "Unknown"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        raise translate(operation, code, status) from error
    except ParamValidationError as error:
        # The SDK in use does not take what the snapshot holds; the next attempt would fare no better.
        raise Rejected(operation, "ParamValidationError") from error
    except BotoCoreError as error:
        raise ServiceUnavailable(f"{operation}: no answer ({type(error).__name__}).") from error


def translate(operation: str, code: str, status: int) -> PoolsafeError:
    """Ours for an AWS error code. Decided by code and status, never by text."""
    if code in THROTTLES:
        return Throttled(f"{operation}: {code}. The request quota is used up for now.")
    if code in UNAVAILABLE or status >= 500:
        return ServiceUnavailable(f"{operation}: {code} (HTTP {status}).")
    if code in DENIED:
        return AccessDenied(f"{operation}: {code}. The function's role must allow this action on this resource.")
    if code in MISSING:
        return NotFound(operation, code)
    if code in EXISTING:
        return AlreadyExists(operation, code)
    return Rejected(operation, code)
