"""What Cognito refuses, and how it is told: by operation and code, and never with its text."""

from __future__ import annotations

import pytest
from botocore.stub import Stubber

from poolsafe.adapters.cognito import CognitoUserPool
from poolsafe.errors import (
    AccessDenied,
    AlreadyExists,
    NotFound,
    PageTokenRefused,
    PoolNotFound,
    PoolsafeError,
    Rejected,
    ServiceUnavailable,
    Throttled,
)


def test_a_pool_that_is_not_there_is_named_with_a_way_to_find_it(stub: Stubber, pool: CognitoUserPool) -> None:
    stub.add_client_error("describe_user_pool", "ResourceNotFoundException", http_status_code=400)
    with pytest.raises(PoolNotFound, match=r"^us-east-1_Source does not exist in us-east-1 .*list-user-pools"):
        pool.describe()


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("TooManyRequestsException", 400, Throttled),
        ("InternalErrorException", 500, ServiceUnavailable),
        ("AccessDeniedException", 400, AccessDenied),
        ("UserNotFoundException", 400, NotFound),
        ("UsernameExistsException", 400, AlreadyExists),
        ("InvalidPasswordException", 400, Rejected),
    ],
)
def test_errors_are_ours_and_tell_no_more_than_operation_and_code(
    stub: Stubber, pool: CognitoUserPool, code: str, status: int, error: type[PoolsafeError]
) -> None:
    stub.add_client_error("admin_get_user", code, "User alice@example.com is bad", http_status_code=status)
    with pytest.raises(error, match=f"^AdminGetUser: {code}") as raised:
        pool.get_user("alice@example.com")
    assert type(raised.value) is error
    assert "alice" not in str(raised.value)


LISTINGS = pytest.mark.parametrize("listing", ["list_users", "list_groups", "list_members"])


def turn_page(pool: CognitoUserPool, listing: str, token: str | None) -> None:
    if listing == "list_members":
        pool.list_members("staff", token)
    else:
        getattr(pool, listing)(token)


@LISTINGS
def test_a_refused_token_is_told_from_a_refused_listing(stub: Stubber, pool: CognitoUserPool, listing: str) -> None:
    operation = {"list_members": "list_users_in_group"}.get(listing, listing)
    for token, error in (("old", PageTokenRefused), (None, Rejected)):
        stub.add_client_error(operation, "InvalidParameterException", http_status_code=400)
        with pytest.raises(error):
            turn_page(pool, listing, token)


@LISTINGS
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("TooManyRequestsException", Throttled),
        ("ResourceNotFoundException", NotFound),
        ("NotAuthorizedException", Rejected),
        ("AccessDeniedException", AccessDenied),
    ],
)
def test_other_errors_of_a_later_page_do_not_blame_the_token(
    stub: Stubber, pool: CognitoUserPool, listing: str, code: str, error: type[PoolsafeError]
) -> None:
    operation = {"list_members": "list_users_in_group"}.get(listing, listing)
    stub.add_client_error(operation, code, http_status_code=400)
    with pytest.raises(error) as raised:
        turn_page(pool, listing, "old")
    assert not isinstance(raised.value, PageTokenRefused)
