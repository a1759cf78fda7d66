"""The same examples on every machine, however slow it is; and a Cognito that answers what it is told to."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.stub import Stubber
from hypothesis import settings

from poolsafe.adapters.cognito import CognitoUserPool
from tests.unit.moving import Log

settings.register_profile("poolsafe", deadline=None, derandomize=True)
settings.load_profile("poolsafe")


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client("cognito-idp", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def pool(stub: Stubber) -> CognitoUserPool:
    return CognitoUserPool("us-east-1_Source", stub.client)


@pytest.fixture
def log() -> Iterator[Log]:
    """What a trigger writes to its log."""
    handler: Any = Logger(service="sign-in").handlers[0]
    log = Log(io.StringIO())
    before = handler.setStream(log.stream)
    yield log
    handler.setStream(before)
