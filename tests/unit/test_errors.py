"""AWS's errors become ours by code and status; what leaves a function tells nothing about anybody."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from poolsafe import bootstrap, errors
from poolsafe.adapters.aws import our_errors, translate
from poolsafe.adapters.clock import LambdaDeadline
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidRequest,
    NotFound,
    PoolsafeError,
    Rejected,
    Retryable,
    ServiceUnavailable,
    TargetMismatch,
    Throttled,
    Unexpected,
)
from poolsafe.settings import Settings
from tests.fakes import MemoryStore, Never
from tests.step_functions import DEFINITIONS, Deployed, LambdaContext

TABLE = [
    ("TooManyRequestsException", 400, Throttled),
    ("ThrottlingException", 400, Throttled),
    ("Throttling", 400, Throttled),
    ("RequestLimitExceeded", 503, Throttled),
    ("SlowDown", 503, Throttled),
    ("ProvisionedThroughputExceededException", 400, Throttled),
    ("InternalErrorException", 500, ServiceUnavailable),
    ("InternalError", 500, ServiceUnavailable),
    ("InternalServerError", 500, ServiceUnavailable),
    ("ServiceUnavailable", 503, ServiceUnavailable),
    ("RequestTimeout", 400, ServiceUnavailable),
    ("SomethingNew", 500, ServiceUnavailable),
    ("SomethingNew", 599, ServiceUnavailable),
    ("AccessDeniedException", 400, AccessDenied),
    ("AccessDenied", 403, AccessDenied),
    ("UnrecognizedClientException", 400, AccessDenied),
    ("UserNotFoundException", 400, NotFound),
    ("ResourceNotFoundException", 400, NotFound),
    ("UsernameExistsException", 400, AlreadyExists),
    ("GroupExistsException", 400, AlreadyExists),
    ("AliasExistsException", 400, Rejected),
    ("InvalidParameterException", 400, Rejected),
    ("InvalidPasswordException", 400, Rejected),
    ("LimitExceededException", 400, Rejected),
    ("NotAuthorizedException", 400, Rejected),
    ("SomethingNew", 400, Rejected),
]


@pytest.mark.parametrize(("code", "status", "error"), TABLE)
def test_each_code_has_its_error(code: str, status: int, error: type[PoolsafeError]) -> None:
    translated = translate("AdminCreateUser", code, status)
    assert type(translated) is error
    assert str(translated).startswith(f"AdminCreateUser: {code}")


def client_error(code: str, status: int = 400) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "alice@example.com already exists"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "AdminCreateUser")


@pytest.mark.parametrize(("code", "status", "error"), TABLE)
def test_the_text_of_an_error_is_left_out_because_it_may_quote_a_user(
    code: str, status: int, error: type[PoolsafeError]
) -> None:
    with pytest.raises(error) as raised, our_errors("AdminCreateUser"):
        raise client_error(code, status)
    assert type(raised.value) is error
    assert "alice" not in str(raised.value)
    assert isinstance(raised.value.__cause__, ClientError)


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://cognito-idp.us-east-1.amazonaws.com/"),
        ConnectTimeoutError(endpoint_url="https://cognito-idp.us-east-1.amazonaws.com/"),
        ReadTimeoutError(endpoint_url="https://cognito-idp.us-east-1.amazonaws.com/"),
    ],
)
def test_no_answer_may_be_tried_again(error: Exception) -> None:
    with pytest.raises(ServiceUnavailable, match=f"no answer .{type(error).__name__}"), our_errors("ListUsers"):
        raise error


def test_an_error_without_a_code_is_no_crash() -> None:
    with pytest.raises(Rejected, match="ListUsers: Unknown"), our_errors("ListUsers"):
        raise ClientError({}, "ListUsers")


def test_defects_of_ours_are_not_taken_for_answers_of_aws() -> None:
    with pytest.raises(ZeroDivisionError), our_errors("ListUsers"):
        raise ZeroDivisionError


def test_every_error_says_what_to_do_next() -> None:
    """Each is of one kind; the state machines and the documentation sort them so."""
    kinds = {errors.Refused, errors.Retryable, errors.Rejected, errors.Stopped}
    for _, found in inspect.getmembers(errors, inspect.isclass):
        if issubclass(found, PoolsafeError) and found is not PoolsafeError:
            assert len([kind for kind in kinds if issubclass(found, kind)]) == 1, found
            assert found.__name__ in str(errors.__doc__)


def retried_errors(machine: dict[str, Any]) -> set[str]:
    """Every error name in a Retry, also inside a Map."""
    names: set[str] = set()
    for found in machine["States"].values():
        names.update(name for rule in found.get("Retry", ()) for name in rule["ErrorEquals"])
        if "ItemProcessor" in found:
            names |= retried_errors(found["ItemProcessor"])
    return names


@pytest.mark.parametrize("machine", ["backup", "restore"])
def test_states_retry_what_may_pass_and_nothing_else_of_ours(machine: str) -> None:
    definition = json.loads((DEFINITIONS / f"{machine}.asl.json").read_text("utf-8"))
    ours = dict(inspect.getmembers(errors, inspect.isclass))
    retried = retried_errors(definition) & set(ours)
    assert retried == {name for name, found in ours.items() if issubclass(found, Retryable) and found is not Retryable}


# What leaves a handler.


def handler_that(raises: BaseException) -> Any:
    @state("restore", "TestState")
    def handle(event: Event, invocation: Invocation) -> Event:
        raise raises

    return handle


def run(handler: Any) -> Any:
    with Deployed(store=MemoryStore()):
        return handler({}, LambdaContext(Never()))


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequest("format", "must be one of parquet, json", '"json"'),
        TargetMismatch("target_user_pool_id: the schema lacks custom:tenant."),
        Throttled("ListUsers: TooManyRequestsException."),
        Rejected("CreateGroup", "LimitExceededException"),
        Unexpected("plan.json is gone."),
    ],
)
def test_our_own_errors_leave_as_they_are(error: PoolsafeError, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(type(error)) as raised:
        run(handler_that(error))
    assert raised.value is error
    assert raised.value.__suppress_context__
    assert type(error).__name__ in capsys.readouterr().out


@pytest.mark.parametrize(
    "error",
    [
        ValueError("alice@example.com has a bad birthdate"),
        KeyError("alice@example.com"),
        RuntimeError({"Password": "alice@example.com"}),
        client_error("SomethingNew"),
        AssertionError("alice@example.com"),
    ],
)
def test_the_text_of_a_defect_never_leaves_nor_is_logged(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unexpected, match=rf"^{type(error).__name__} in test_errors.py, handle, line \d+$") as raised:
        run(handler_that(error))
    assert raised.value.__suppress_context__
    assert raised.value.__cause__ is None
    told = capsys.readouterr()
    assert "alice" not in told.out + told.err
    assert type(error).__name__ in told.out


def test_a_function_with_wrong_settings_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"SNAPSHOT_BUCKET": "bucket", "QUOTAS": "{"}
    monkeypatch.setattr(bootstrap, "application", lambda: Settings.of(environment))
    with pytest.raises(InvalidRequest, match=r"^Quotas"):
        handler_that(AssertionError())({}, LambdaContext(Never()))


def test_a_deadline_is_near_when_only_the_time_to_hand_over_is_left() -> None:
    class Context:
        left = 60_001

        def get_remaining_time_in_millis(self) -> int:
            return self.left

    context = Context()
    deadline = LambdaDeadline(context, 60)
    assert not deadline.near()
    context.left = 60_000
    assert deadline.near()
