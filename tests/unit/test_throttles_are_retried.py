"""Cognito throttles with HTTP 400. boto3's default retries do not try again; ours do, and slow down.

The answers are stubbed where botocore would send a request, so nothing leaves this machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from poolsafe.adapters.aws import CONFIG
from poolsafe.adapters.cognito import CognitoUserPool
from poolsafe.adapters.governed import GovernedUserPool, Governor
from poolsafe.domain.governor import GUARD
from poolsafe.domain.quotas import DOCUMENTED, Category
from poolsafe.errors import ServiceUnavailable, Throttled
from tests.fakes import FakeClock

ATTEMPTS = 4
TOO_MANY = "TooManyRequestsException"


class Body:
    """The part of urllib3's response that botocore reads."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self._content]


class Answers:
    """Answers the first requests with an error, the others with an empty page. `sent` counts them all."""

    def __init__(self, errors: int, status: int = 400, code: str = TOO_MANY) -> None:
        self.errors, self.status, self.code, self.sent = errors, status, code, 0

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        self.sent += 1
        failed = self.sent <= self.errors
        document: dict[str, Any] = {"__type": self.code, "message": "Rate exceeded"} if failed else {"Users": []}
        status = self.status if failed else 200
        return AWSResponse(request.url, status, {}, Body(json.dumps(document).encode()))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


def client(answers: Callable[..., AWSResponse], config: Config) -> Any:
    cognito = boto3.client(
        "cognito-idp", "us-east-1", config=config, aws_access_key_id="test", aws_secret_access_key="test"
    )
    cognito.meta.events.register("before-send.cognito-identity-provider.*", answers)
    return cognito


def list_users(cognito: Any) -> Any:
    return cognito.list_users(UserPoolId="us-east-1_Source", Limit=60)


def test_boto3_by_default_sends_one_request_and_gives_up() -> None:
    answers = Answers(errors=1)
    with pytest.raises(ClientError, match=TOO_MANY):
        list_users(client(answers, Config(retries={"mode": "legacy"})))
    assert answers.sent == 1


def test_the_default_is_still_the_mode_that_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_RETRY_MODE", raising=False)
    answers = Answers(errors=1)
    with pytest.raises(ClientError):
        list_users(client(answers, Config()))
    assert answers.sent == 1


def told(heard: list[str]) -> Callable[[str, float], None]:
    return lambda operation, seconds_ago: heard.append(operation)


@pytest.mark.parametrize("errors", range(ATTEMPTS))
def test_our_client_tries_again_and_gets_through(errors: int) -> None:
    answers = Answers(errors)
    assert list_users(client(answers, CONFIG))["Users"] == []
    assert answers.sent == errors + 1


def test_our_client_gives_up_after_four_attempts() -> None:
    answers = Answers(errors=99)
    with pytest.raises(ClientError):
        list_users(client(answers, CONFIG))
    assert answers.sent == ATTEMPTS


@pytest.mark.parametrize("errors", range(ATTEMPTS))
def test_every_throttled_attempt_is_heard(errors: int) -> None:
    heard: list[str] = []
    pool = CognitoUserPool("us-east-1_Source", client(Answers(errors), CONFIG), told(heard))
    pool.list_users(None)
    assert heard == ["ListUsers"] * errors


def test_it_is_heard_how_long_ago_the_throttled_attempt_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each attempt by itself: the second is sent later than the first was answered."""
    readings = iter((100.0, 100.5, 107.0, 107.25, 120.0))
    monkeypatch.setattr("poolsafe.adapters.throttles.time.monotonic", lambda: next(readings))
    heard: list[float] = []
    cognito = client(Answers(2), CONFIG)
    CognitoUserPool("us-east-1_Source", cognito, lambda _, seconds_ago: heard.append(seconds_ago)).list_users(None)
    assert heard == [0.5, 0.25]


def test_the_attempts_of_a_call_that_fails_in_the_end_are_heard_too() -> None:
    heard: list[str] = []
    pool = CognitoUserPool("us-east-1_Source", client(Answers(99), CONFIG), told(heard))
    with pytest.raises(Throttled):
        pool.list_users(None)
    assert heard == ["ListUsers"] * ATTEMPTS


@pytest.mark.parametrize(("status", "code"), [(500, "InternalErrorException"), (503, "ServiceUnavailable")])
def test_an_outage_is_tried_again_and_is_no_throttle(status: int, code: str) -> None:
    heard: list[str] = []
    answers = Answers(99, status, code)
    with pytest.raises(ServiceUnavailable):
        CognitoUserPool("us-east-1_Source", client(answers, CONFIG), told(heard)).list_users(None)
    assert (answers.sent, heard) == (ATTEMPTS, [])


def test_what_botocore_retries_by_itself_slows_the_governor_down() -> None:
    clock = FakeClock()
    governor = Governor(dict(DOCUMENTED), clock)
    pool = CognitoUserPool("us-east-1_Source", client(Answers(1), CONFIG), governor.throttled)
    GovernedUserPool(pool, governor).list_users(None)
    assert governor.throttles == 1
    assert governor.rate(Category.USER_LIST) == DOCUMENTED[Category.USER_LIST] / 2 * GUARD


def test_a_throttle_that_botocore_gave_up_on_is_counted_once() -> None:
    """Four answers said so, not five."""
    governor = Governor(dict(DOCUMENTED), FakeClock())
    answers = Answers(ATTEMPTS)
    pool = CognitoUserPool("us-east-1_Source", client(answers, CONFIG), governor.throttled)
    GovernedUserPool(pool, governor).list_users(None)
    assert answers.sent == ATTEMPTS + 1
    assert governor.throttles == ATTEMPTS
