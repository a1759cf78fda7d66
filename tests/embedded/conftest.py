"""One embedded cloud with the stack deployed for the whole session; every test finds it quiet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from local.cloud import Cloud, running
from tests.embedded.deployed import ANY_POOL, ASKING_ROLE, EXTERNAL_ID, PASSED_ROLES, WRITER_ARN, Deployed

#: Of Retry's intervals in the state machines: nothing is gained by waiting where nothing has to recover.
WAIT_SCALE = "0.02"


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    with running(settings={"SFN_WAIT_SCALE": WAIT_SCALE}) as cloud:
        roles = {"PassRoleArns": ",".join(PASSED_ROLES), "MigrationRoleArns": ASKING_ROLE}
        roles |= {"MigrationExternalId": EXTERNAL_ID, "SnapshotWriterArns": WRITER_ARN}
        cloud.deploy({**roles, "MigrationSourceArns": ANY_POOL})
        yield cloud


@pytest.fixture(scope="session")
def outputs(cloud: Cloud) -> dict[str, str]:
    """The stack's outputs: state machines, bucket."""
    return cloud.outputs()


@pytest.fixture(autouse=True)
def quiet(cloud: Cloud) -> None:
    """No fault is armed, no limit on, no call counted, no message noted."""
    cloud.control("DELETE", "faults")
    cloud.control("DELETE", "limits")
    cloud.forget()


@pytest.fixture(scope="session")
def idp(cloud: Cloud) -> Any:
    """Cognito, as root of the account."""
    return cloud.client("cognito-idp")


@pytest.fixture(scope="session")
def own(cloud: Cloud) -> Any:
    """Cognito as an app without credentials of AWS sees it, and a crowd of its users at once."""
    config = Config(signature_version=UNSIGNED, max_pool_connections=64, retries={"mode": "standard"})
    return boto3.client("cognito-idp", region_name="us-east-1", endpoint_url=cloud.endpoint, config=config)


@pytest.fixture
def make_pool(idp: Any) -> Callable[..., str]:
    """Creates a user pool, case-insensitive unless told otherwise; takes what CreateUserPool takes, returns the id."""

    def make(**settings: Any) -> str:
        named = {"PoolName": "pool", "UsernameConfiguration": {"CaseSensitive": False}, **settings}
        return str(idp.create_user_pool(**named)["UserPool"]["Id"])

    return make


@pytest.fixture(scope="session")
def deployed(cloud: Cloud, outputs: dict[str, str]) -> Deployed:
    """The stack, and pools asked directly."""
    return Deployed(cloud, outputs)
