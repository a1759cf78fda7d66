"""The embedded cloud as a library, for tests and the demo.

>>> with running() as cloud:
...     outputs = cloud.deploy()
...     result = cloud.run(outputs["BackupStateMachineArn"], {"user_pool_id": pool_id})
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config

from . import server, stack

ROOT_KEYS = {"AccessKeyId": "test", "SecretAccessKey": server.SECRET}
POLL_SECONDS = 0.1


class ExecutionFailed(Exception):
    """A state machine ended otherwise than SUCCEEDED. `error` and `cause` are what it said."""

    def __init__(self, status: str, error: str, cause: str) -> None:
        super().__init__(f"{status}: {error}: {cause}")
        self.status, self.error, self.cause = status, error, cause


class SignInRefused(Exception):
    """Managed login lets somebody who comes from a provider not in; the text is what the app is told."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running embedded cloud, as one account sees it."""

    process: server.Server

    @property
    def endpoint(self) -> str:
        return self.process.endpoint

    def client(
        self,
        service: str,
        *,
        region: str = server.REGION,
        keys: Mapping[str, str] = ROOT_KEYS,
        app_id: str | None = None,
    ) -> Any:
        """A boto3 client: as root of the account, to whom nothing is denied, unless given other `keys` (an STS answer's
        `Credentials`). An `AccessKeyId` of 12 digits is the root of the account of that number. By its `app_id` it is
        told apart where requests are counted (`limited`)."""
        connect: Any = boto3.client  # typed by service elsewhere; here the service is a variable
        named: dict[str, Any] = {"user_agent_appid": app_id}  # which botocore's types do not know yet
        return connect(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(
                retries={"mode": "standard"}, s3={"addressing_style": "path"}, max_pool_connections=32, **named
            ),
        )

    def deploy(self, parameters: Mapping[str, str] | None = None) -> dict[str, str]:
        """Builds and deploys the stack, or updates it; returns its outputs. Quotas are raised unless `parameters` say
        otherwise (`{"Quotas": ""}` is the documented table)."""
        stack.build()
        self.client("s3").create_bucket(Bucket=stack.ARTIFACTS)
        stack.deploy(self.endpoint, {"Quotas": json.dumps(stack.RAISED_QUOTAS), **(parameters or {})})
        return self.outputs()

    def outputs(self) -> dict[str, str]:
        described = self.client("cloudformation").describe_stacks(StackName=stack.STACK)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}

    def run(self, state_machine_arn: str, request: Mapping[str, Any], *, seconds: float = 120) -> dict[str, Any]:
        """Runs a state machine to its end and returns its output. ExecutionFailed if it ends badly."""
        return self.finish(self.begin(state_machine_arn, request), seconds=seconds)

    def begin(self, state_machine_arn: str, request: Mapping[str, Any]) -> str:
        """Starts an execution; returns its ARN."""
        machines = self.client("stepfunctions")
        started = machines.start_execution(stateMachineArn=state_machine_arn, input=json.dumps(request))
        return str(started["executionArn"])

    def finish(self, execution_arn: str, *, seconds: float = 120) -> dict[str, Any]:
        """Waits for an execution to end and returns its output. ExecutionFailed if it ends badly or not in time."""
        machines = self.client("stepfunctions")
        deadline = time.monotonic() + seconds
        while True:
            described = machines.describe_execution(executionArn=execution_arn)
            if described["status"] == "SUCCEEDED":
                output: dict[str, Any] = json.loads(described["output"])
                return output
            if described["status"] != "RUNNING":
                raise ExecutionFailed(described["status"], described.get("error", ""), described.get("cause", ""))
            if time.monotonic() > deadline:
                raise ExecutionFailed("RUNNING", "TooLong", f"not at its end after {seconds} seconds")
            time.sleep(POLL_SECONDS)

    def put_users(
        self, user_pool_id: str, users: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Puts users and groups straight into a pool (`layer/seed.py`). Dates are seconds since 1970."""
        self.control("POST", "users", {"UserPoolId": user_pool_id, "Users": list(users), "Groups": list(groups)})

    def calls(self) -> dict[str, int]:
        """Calls by Cognito action since the last `forget`."""
        counted: dict[str, int] = self.control("GET", "calls")["actions"]
        return counted

    def s3_requests(self) -> dict[str, int]:
        """Requests to S3 since the last `forget`, by what AWS bills them as (`layer/s3_requests.py`)."""
        counted: dict[str, int] = self.control("GET", "s3-requests")
        return counted

    def messages(self) -> list[dict[str, str]]:
        """Messages Cognito would have sent since the last `forget` (`layer/messages.py`)."""
        messages: list[dict[str, str]] = self.control("GET", "messages")
        return messages

    def inbox(self, to: str) -> list[dict[str, str]]:
        """What an address or a phone number got since the last `forget`, with its secrets (`layer/inbox.py`)."""
        return [message for message in self.control("GET", "inbox") if message["to"] == to]

    def forget(self) -> None:
        """Starts counting calls, requests to S3, messages and triggers from nothing."""
        for counted in ("calls", "s3-requests", "messages", "inbox", "triggers"):
            self.control("DELETE", counted)

    def triggers(self, user_pool_id: str) -> list[dict[str, Any]]:
        """The Lambda triggers of a pool that were called since the last `forget` (`layer/triggers.py`)."""
        return [called for called in self.control("GET", "triggers") if called["user_pool_id"] == user_pool_id]

    @contextmanager
    def trigger_limit(self, seconds: float) -> Iterator[None]:
        """A trigger has that long to answer, instead of five seconds, for as long as the block runs."""
        self.control("PUT", "trigger-limit", {"Seconds": seconds})
        try:
            yield
        finally:
            self.control("DELETE", "trigger-limit")

    def federated_sign_in(
        self, user_pool_id: str, client_id: str, provider: str, user_id: str, /, **claims: str
    ) -> dict[str, Any]:
        """Comes back from an identity provider, with the claims it has of the user: the tokens, or SignInRefused
        (`layer/federated_sign_in.py`)."""
        identity = {"ProviderName": provider, "UserId": user_id, "Attributes": claims}
        app = {"UserPoolId": user_pool_id, "ClientId": client_id}
        answer: dict[str, Any] = self.control("PUT", "federated-sign-in", {**app, **identity})
        if "error" in answer:
            raise SignInRefused(answer["error_description"])
        tokens: dict[str, Any] = answer["AuthenticationResult"]
        return tokens

    def evaluate_alarms(self, at: datetime | None = None, *, region: str = server.REGION) -> dict[str, str]:
        """Evaluates the alarms of the account as of a moment, now unless told, and lets them act on a change of state;
        returns every alarm's state by name (`layer/alarms.py`)."""
        moment = {} if at is None else {"At": at.timestamp()}
        states: dict[str, str] = self.control("PUT", "alarms", {"Region": region, **moment})
        return states

    @contextmanager
    def faults(self, *faults: Mapping[str, Any]) -> Iterator[None]:
        """Arms faults (`layer/faults.py`) for as long as the block runs."""
        self.control("PUT", "faults", faults)
        try:
            yield
        finally:
            self.control("DELETE", "faults")

    @contextmanager
    def limits(self, **settings: Any) -> Iterator[None]:
        """Switches on limits of Cognito (`quotas`, `latency`, `pages`, `lag_s` and more: `layer/limits.py`) for as long
        as the block runs."""
        self.control("PUT", "limits", settings)
        try:
            yield
        finally:
            self.control("DELETE", "limits")

    def limited(self) -> dict[str, dict[str, dict[str, int]]]:
        """Requests `admitted` and `throttled` since the limits are on, by category and the caller's app id."""
        counts: dict[str, dict[str, dict[str, int]]] = self.control("GET", "limits")["counts"]
        return counts

    def synthetic_pool(self, users: int, *, region: str = server.REGION, **settings: Any) -> str:
        """Makes a user pool of that many users who are stored nowhere (`layer/synthetic_pools.py`); returns its id.
        `groups`, `memberships_per_user`, `seed`, `estimate_factor`, `name`."""
        made = self.control("PUT", "synthetic-pools", {"users": users, "Region": region, **settings})
        return str(made["UserPoolId"])

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """Talks to the layer: `/_poolsafe/<name>`."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_poolsafe/{name}", data=content, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            raise ValueError(f"{method} {name}: {refused.read().decode()}") from refused


@contextmanager
def running(port: int = 0, *, settings: Mapping[str, str] | None = None) -> Iterator[Cloud]:
    """A cloud of one's own for as long as the block runs; on a free port unless told which."""
    started = server.start(port or server.free_port(), outlives_caller=False, settings=settings)
    try:
        yield Cloud(started)
    finally:
        server.stop(started)
