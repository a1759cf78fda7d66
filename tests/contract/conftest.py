"""The subjects of the contracts: each port's fake, and its real adapter on the embedded cloud.

No stack is needed, so this cloud is a bare one of its own: it starts in a third of a second.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.cloud import Cloud, running
from poolsafe.adapters.cognito import CognitoUserPool
from poolsafe.adapters.governed import GovernedUserPool, Governor
from poolsafe.adapters.s3 import S3Store
from poolsafe.domain.quotas import DOCUMENTED, share
from poolsafe.ports import ObjectStore, UserPool
from tests.fakes import FakeClock, FakeUserPool, MemoryStore

#: Takes the options of `FakeUserPool` that describe the pool itself.
MakePool = Callable[..., UserPool]
#: Without an identity of Amazon SES no pool has e-mail MFA.
SES = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:000000000000:identity/a@example.com"}
GOOGLE = {"client_id": "id", "client_secret": "secret", "authorize_scopes": "openid"}


@pytest.fixture(scope="session")
def bare_cloud() -> Iterator[Cloud]:
    """The embedded cloud without the stack."""
    with running() as cloud:
        yield cloud


@pytest.fixture(params=["fake", "fake, governed", "embedded cloud"])
def make_pool(request: pytest.FixtureRequest) -> MakePool:
    """Makes user pools of one kind. A governed pool waits on a clock that stands still for nobody."""
    kind, _, governed = request.param.partition(", ")
    make = _fake_pool if kind == "fake" else embedded_pool(request.getfixturevalue("bare_cloud"))
    return _governed(make) if governed else make


@pytest.fixture(params=["fake", "embedded cloud"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    """An empty object store."""
    if request.param == "fake":
        return MemoryStore()
    s3 = request.getfixturevalue("bare_cloud").client("s3")
    bucket = f"contract-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    return S3Store(bucket, s3)


def _fake_pool(**options: Any) -> UserPool:
    return FakeUserPool(**options)


def embedded_pool(cloud: Cloud) -> MakePool:
    cognito = cloud.client("cognito-idp")

    def make(
        *,
        custom: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
        username_attributes: tuple[str, ...] = (),
        alias_attributes: tuple[str, ...] = (),
        case_sensitive: bool = True,
        immutable: tuple[str, ...] = (),
        max_lengths: dict[str, int] | None = None,
        min_password_length: int = 8,
        mfa: dict[str, Any] | None = None,
        providers: tuple[str, ...] = (),
        auto_verified: tuple[str, ...] = (),
        recovery: tuple[str, ...] = (),
        tier: str | None = None,
    ) -> UserPool:
        limits = max_lengths or {}
        schema = [
            {
                "Name": name.removeprefix("custom:"),
                "AttributeDataType": "String",
                "Mutable": name not in immutable,
                "Required": name in required,
                "StringAttributeConstraints": {"MinLength": "0", "MaxLength": str(limits.get(name, 2048))},
            }
            for name in sorted({*custom, *required, *limits})
        ]
        mechanisms = [{"Priority": place, "Name": name} for place, name in enumerate(recovery, 1)]
        optional: dict[str, Any] = {
            "Schema": schema,
            "UsernameAttributes": list(username_attributes),
            "AliasAttributes": list(alias_attributes),
            "AutoVerifiedAttributes": list(auto_verified),
            "AccountRecoverySetting": {"RecoveryMechanisms": mechanisms} if mechanisms else None,
            "UserPoolTier": tier,
            "EmailConfiguration": SES if "EmailMfaConfiguration" in (mfa or {}) else None,
            "SmsConfiguration": ((mfa or {}).get("SmsMfaConfiguration") or {}).get("SmsConfiguration"),
        }
        options = {name: value for name, value in optional.items() if value}
        pool = cognito.create_user_pool(
            PoolName="contract",
            UsernameConfiguration={"CaseSensitive": case_sensitive},
            Policies={
                "PasswordPolicy": {
                    "MinimumLength": min_password_length,
                    "RequireUppercase": True,
                    "RequireLowercase": True,
                    "RequireNumbers": True,
                    "RequireSymbols": True,
                }
            },
            **options,
        )["UserPool"]
        if mfa:
            cognito.set_user_pool_mfa_config(UserPoolId=pool["Id"], **mfa)
        for name in providers:
            assert name == "Google", "details of no other provider are known here"
            cognito.create_identity_provider(
                UserPoolId=pool["Id"], ProviderName=name, ProviderType=name, ProviderDetails=GOOGLE
            )
        return CognitoUserPool(pool["Id"], cognito)

    return make


def _governed(make: MakePool) -> MakePool:
    return lambda **options: GovernedUserPool(make(**options), Governor(share(DOCUMENTED, 1, 1), FakeClock()))
