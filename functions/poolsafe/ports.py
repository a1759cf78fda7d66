"""What the operations ask of the world. Adapters answer; tests answer with fakes that record facts.

Errors are those of `errors.py`. Every method may be called again, after Retryable and wherever the process died.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from .domain.migration.password_answer import PasswordAnswer
from .domain.records import Factors, Group, Membership, Page, User

Row = TypeVar("Row")
Item = TypeVar("Item")
Result = TypeVar("Result")
PartRow = TypeVar("PartRow", contravariant=True)


class UserPool(Protocol):
    """One Cognito user pool."""

    @property
    def user_pool_id(self) -> str: ...

    def describe(self) -> dict[str, Any]:
        """The `UserPool` member of DescribeUserPool, verbatim. Raises PoolNotFound."""

    def list_users(self, token: str | None, only: str | None = None) -> Page[User]:
        """One page of ListUsers; `only` is its filter. Raises PageTokenRefused when the token is no longer good."""

    def list_groups(self, token: str | None) -> Page[Group]:
        """One page of ListGroups."""

    def get_group(self, group_name: str) -> Group:
        """GetGroup. Raises NotFound."""

    def list_members(self, group_name: str, token: str | None) -> Page[Membership]:
        """One page of ListUsersInGroup. Raises NotFound when the group is gone."""

    def get_user(self, username: str) -> User:
        """AdminGetUser, which is never stale, and tells the MFA preferences. Bills the user as active."""

    def factors_of(self, username: str) -> Factors:
        """AdminGetUserAuthFactors: the second factors, and whether there is a passkey. Bills the user as active."""

    def groups_of(self, username: str) -> list[Group]:
        """All groups of a user, every page of AdminListGroupsForUser."""

    def create_group(self, group: Group) -> None:
        """CreateGroup. Raises AlreadyExists."""

    def update_group(self, group: Group) -> None:
        """UpdateGroup: description, precedence and role as `group` has them; what it has none of stays.

        Raises NotFound.
        """

    def create_user(self, username: str, attributes: Mapping[str, str], password: str) -> User:
        """AdminCreateUser with a temporary password and no message. Raises AlreadyExists."""

    def invite_user(self, username: str, attributes: Mapping[str, str], mediums: Sequence[str]) -> User:
        """AdminCreateUser with a temporary password of Cognito's own, which it sends by `mediums` (EMAIL, SMS).

        This and `resend_invitation` alone send anything. Raises AlreadyExists.
        """

    def resend_invitation(self, username: str, mediums: Sequence[str]) -> None:
        """AdminCreateUser with MessageAction RESEND: a new temporary password, sent. Only in FORCE_CHANGE_PASSWORD."""

    def set_password(self, username: str, password: str) -> None:
        """AdminSetUserPassword, permanent: the user is CONFIRMED."""

    def set_temporary_password(self, username: str, password: str) -> None:
        """AdminSetUserPassword, not permanent: the user is in FORCE_CHANGE_PASSWORD."""

    def update_attributes(self, username: str, attributes: Mapping[str, str]) -> None:
        """AdminUpdateUserAttributes. A new address sends a code unless the call says that it is verified."""

    def set_mfa(self, username: str, methods: Sequence[str], preferred: str | None) -> None:
        """AdminSetUserMFAPreference: enable SMS_MFA and EMAIL_OTP as `methods` names them; others stay as they are."""

    def link(self, username: str, provider_name: str, user_id: str) -> None:
        """AdminLinkProviderForUser: that identity signs in as this local user."""

    def add_to_group(self, username: str, group_name: str) -> None:
        """AdminAddUserToGroup. Adding a member again changes nothing."""

    def disable_user(self, username: str) -> None:
        """AdminDisableUser. Disabling again changes nothing."""

    def enable_user(self, username: str) -> None:
        """AdminEnableUser. Enabling again changes nothing."""


class PasswordCheck(Protocol):
    """A pool that can be asked whether a password is right."""

    def answer(self, username: str, password: str) -> PasswordAnswer:
        """AdminInitiateAuth with ADMIN_USER_PASSWORD_AUTH; the tokens are dropped. May send a code to who has MFA.

        Raises PoolNotFound when the pool or its app client is gone, and Retryable.
        """


class ServiceApi(Protocol):
    """One AWS service in one Region, by its own operations: what configuration is read and written with.

    Members are those of the service's model, as JSON has them: times are ISO 8601 strings, bytes are Base64.
    """

    @property
    def region(self) -> str: ...

    def knows(self, operation: str) -> bool:
        """Whether the SDK in use has this operation."""

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """Call it; what it answers. Raises Rejected with the service's code, and what all calls may raise."""


class Web(Protocol):
    """What is public on the web."""

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """The content behind an address that a service gave. Raises ServiceUnavailable, or Rejected when too large."""

    def upload(self, url: str, content: bytes, headers: Mapping[str, str]) -> None:
        """PUT content to an address that a service gave. Raises ServiceUnavailable, or Rejected with the status."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object and what its writer noted beside it."""

    content: bytes
    metadata: Mapping[str, str]


class ObjectStore(Protocol):
    """The snapshot bucket."""

    def put(
        self, key: str, content: bytes, metadata: Mapping[str, str] | None = None, content_type: str | None = None
    ) -> None:
        """Write or overwrite; the store checks the SHA-256 on arrival. `content_type` is for what browsers open."""

    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write unless the key exists; False when it does."""

    def get(self, key: str) -> StoredObject | None:
        """The object, or None."""

    def keys(self, prefix: str) -> list[str]:
        """All keys below a prefix, sorted."""

    def first_key(self, prefix: str, start: str | None = None) -> str | None:
        """The first key below a prefix, not before `start`; None where there is none."""

    def last_write(self, prefix: str) -> datetime | None:
        """When an object below a prefix was last written, by the store's own clock; None where there is none."""

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is removed already."""

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders right below a prefix, sorted, without slashes."""

    def url(self, key: str) -> str:
        """`s3://bucket/key`, for people."""


class Part(Protocol[PartRow]):
    """A file being filled: rows go in, bytes come out; memory stays that of one file."""

    @property
    def rows(self) -> int: ...

    @property
    def size(self) -> int:
        """How many characters of text the rows have, uncompressed: what a reader will hold."""

    def add(self, rows: Iterable[PartRow]) -> None: ...

    def finish(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Where:
    """Keep rows whose `column` (or whose `attribute` inside the `attributes` map) is one of `values`.

    With `ignore_case`, `values` are lower case and so is what they are compared with.
    """

    column: str
    values: frozenset[str]
    attribute: str | None = None
    ignore_case: bool = False


class FileFormat(Protocol):
    """One way to write records to bytes: Parquet or JSON Lines."""

    @property
    def extension(self) -> str: ...

    def part(self, row_type: type[Row]) -> Part[Row]:
        """A new, empty part for records of one dataclass."""

    def read(self, row_type: type[Row], content: bytes, *any_of: Where) -> Iterator[list[Row]]:
        """The rows of a file, in batches of some thousand: all, or those that any condition is true of."""

    def columns(self, content: bytes, *names: str) -> Iterator[list[tuple[str, ...]]]:
        """The values of some columns of text, a tuple for each row, in batches. Raises KeyError for an unknown name."""

    def count(self, content: bytes) -> int:
        """How many rows a file holds."""


class Workers(Protocol):
    """Some workers, each with one item at a time."""

    @property
    def size(self) -> int:
        """How many items are under way at once."""

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result, None, None]:
        """The results, in the order of the items; an item is taken when a worker is free for it.

        A result's error comes where the result would be; then, and when it is closed, what is under way is waited for.
        """


class Clock(Protocol):
    """Time, passed in."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Deadline(Protocol):
    """How long this invocation may still work."""

    def near(self, ahead: float = 0) -> bool:
        """True when in `ahead` seconds (before now, if negative) only the time to commit and hand over is left."""
