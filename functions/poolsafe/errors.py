"""Every error Poolsafe raises on purpose, sorted by what to do next.

    PoolsafeError
    ├── Refused              mend the request or the pools, then start again
    │   ├── InvalidRequest        a field of the input is wrong
    │   ├── PoolNotFound          no such user pool in that Region and account
    │   ├── SnapshotNotFound      nothing sealed lies there
    │   ├── SnapshotDamaged       a file differs from what the manifest says
    │   ├── FormatNotSupported    written by another format version
    │   └── TargetMismatch        the target pool cannot take these users
    ├── Retryable            the same call may go through later; states retry these by name
    │   ├── Throttled             Cognito's request quota
    │   └── ServiceUnavailable    a 5xx answer, or none
    ├── Rejected             Cognito refuses this one item: it becomes an outcome, the run goes on
    │   ├── AlreadyExists
    │   └── NotFound
    └── Stopped              the run cannot go on; nothing half-done is declared done
        ├── AccessDenied          the function's role lacks a permission
        ├── ListingBroken         a listing repeats itself, or its token is refused again and again
        ├── PageTokenRefused      one page token expired; the listing starts again
        ├── SealRefused           counts or hashes disagree; the snapshot stays unsealed
        ├── PoolIncomplete        a quota keeps a new pool from being finished; what exists is on record
        ├── ImportFailed          Cognito's import job did not start, or made nobody
        ├── ImportUnderWay        the pool takes no changes of its users until an import job has ended
        ├── TooManyFailed         more items failed than `max_failed_percent` allows
        ├── VerificationFailed    the target differs from the snapshot in an undeclared way
        └── Unexpected            a defect; the log names the place

Class names are part of the contract: state machines name them in Retry, and
they are what the Step Functions console shows. Messages say what is wrong,
where, and the way out. They never hold a user's name, attribute or password.
"""

from __future__ import annotations


class PoolsafeError(Exception):
    """The base of all of them; raised never itself."""


class Refused(PoolsafeError):
    """Mend the request or the pools, then start again."""


class InvalidRequest(Refused):
    """A field of the input is missing, unknown, of the wrong type, or contradicts another."""

    def __init__(self, field: str, problem: str, example: str | None = None) -> None:
        self.field = field
        hint = f" Example: {example}" if example else ""
        super().__init__(f"{field}: {problem}.{hint}")


class PoolNotFound(Refused):
    """No such user pool in the Region that its id names."""


class SnapshotNotFound(Refused):
    """No sealed snapshot lies at that reference."""


class SnapshotDamaged(Refused):
    """A file of the snapshot is missing or differs from what its manifest says."""


class FormatNotSupported(Refused):
    """The snapshot was written in a format version that this release does not read."""


class TargetMismatch(Refused):
    """The target pool cannot take the users of this snapshot as it stands."""


class Retryable(PoolsafeError):
    """The same call may go through later."""


class Throttled(Retryable):
    """Cognito's request quota is used up for now."""


class ServiceUnavailable(Retryable):
    """The service answered with a 5xx, or not at all."""


class Rejected(PoolsafeError):
    """Cognito refuses one user, group or membership. `code` is the service's own error code."""

    def __init__(self, operation: str, code: str) -> None:
        self.operation = operation
        self.code = code
        super().__init__(f"{operation}: {code}")


class AlreadyExists(Rejected):
    """The user or group is there already."""


class NotFound(Rejected):
    """The user, group or pool is not there."""


class Stopped(PoolsafeError):
    """The run cannot go on; nothing half-done is declared done."""


class AccessDenied(Stopped):
    """The function's role lacks a permission."""


class ListingBroken(Stopped):
    """A listing repeats itself, or cannot be walked to its end."""


class PageTokenRefused(Stopped):
    """Cognito refuses the page token, most likely because it is older than an hour."""


class SealRefused(Stopped):
    """What lies in the bucket is not what the exporters reported."""


class PoolIncomplete(Stopped):
    """A new pool could not be made, or not whole. What exists is on record, and the same restore goes on with it."""


class ImportFailed(Stopped):
    """Cognito's import job did not start, or ended and made nobody."""


class ImportUnderWay(Stopped):
    """The pool takes no changes of its users until an import job has ended."""


class TooManyFailed(Stopped):
    """More users failed than `max_failed_percent` allows."""


class VerificationFailed(Stopped):
    """The target differs from the snapshot in a way that was not declared."""


class Unexpected(Stopped):
    """A defect. The message names the kind of exception and the place, and nothing else."""
