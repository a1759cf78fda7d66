"""A rich pool in the fake of Cognito, with users: backed up, and made anew by `create_pool`."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poolsafe.domain.configuration.model import SectionName
from poolsafe.domain.records import Group
from tests.fake_cognito import ACCOUNT, FakeCognito, FakeWaf, PoolState, Secret
from tests.fakes import START, FakeUserPool
from tests.step_functions import Deployed
from tests.unit.configurations import CLIENTS, OLD_ID, PROVIDERS, RICH, USER_POOL

#: Everything secret has this in it, in the letters that Cognito allows in a secret.
MARKER = "s3cr3tMarker"
WEB_SECRET = f"{MARKER}OfTheWebClient123456"
PARTNER_SECRET = f"{MARKER}OfThePartner"
EXTERNAL_ID = f"{MARKER}ExternalId"
WEB, MOBILE, KIOSK, KIOSK_TOO = (client["ClientId"] for client in CLIENTS)
IMAGE = b"\x89PNG a logo"
ADMIN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/admins"
WEB_ACL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/shop/1"
RESTORED = "customers-restored"


def documents(**sections: Any) -> dict[str, Any]:
    """The rich pool as Cognito tells it, secrets included: what the samples have, and every other kind of section.

    A member of the pool itself that is None is taken away.
    """
    told = copy.deepcopy({str(name): document for name, document in RICH.items()})
    pool = told["user_pool"]
    pool["Name"] = "customers"
    pool["AccountRecoverySetting"] = {
        "RecoveryMechanisms": [
            {"Priority": 1, "Name": "verified_email"},
            {"Priority": 2, "Name": "verified_phone_number"},
        ]
    }
    pool["SmsConfiguration"] = {
        "SnsCallerArn": f"arn:aws:iam::{ACCOUNT}:role/sms",
        "ExternalId": EXTERNAL_ID,
        "SnsRegion": "us-east-1",
    }
    told["mfa"]["SmsMfaConfiguration"] = {
        "SmsAuthenticationMessage": "Your code is {####}",
        "SmsConfiguration": pool["SmsConfiguration"],
    }
    pool["LambdaConfig"].update(
        InboundFederation={"LambdaVersion": "V1_0", "LambdaArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:inbound"}
    )
    del pool["SmsConfigurationFailure"]
    web = told["clients"][0]
    web["ClientSecret"] = WEB_SECRET
    told["clients"][1]["RefreshTokenValidity"] = 60
    told["clients"][2]["AnalyticsConfiguration"] = {
        "ApplicationArn": f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/1"
    }
    told["identity_providers"][1]["ProviderDetails"]["client_secret"] = PARTNER_SECRET
    told["ui_customization"] = [
        {"UserPoolId": OLD_ID, "ClientId": "ALL", "CSS": ".logo {}", "ImageFile": base64.b64encode(IMAGE).decode()},
        {"UserPoolId": OLD_ID, "ClientId": MOBILE, "CSS": ".banner {}"},
    ]
    told["branding"] = [
        {"ClientId": WEB, "UseCognitoProvidedValues": True},
        {
            "ClientId": MOBILE,
            "Settings": {"categories": {"form": {"displayGraphics": True}}},
            "Assets": [
                {
                    "Category": "FORM_LOGO",
                    "ColorMode": "LIGHT",
                    "Extension": "PNG",
                    "Bytes": base64.b64encode(IMAGE).decode(),
                }
            ],
        },
    ]
    told["terms"] = [
        {
            "ClientId": WEB,
            "TermsName": "terms-of-use",
            "TermsSource": "LINK",
            "Enforcement": "NONE",
            "Links": {"cognito:default": "https://example.com/terms"},
        }
    ]
    told["log_delivery"] = {
        "LogConfigurations": [
            {
                "LogLevel": "ERROR",
                "EventSource": "userNotification",
                "CloudWatchLogsConfiguration": {"LogGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:pool"},
            }
        ]
    }
    for name, document in sections.items():
        if name == "user_pool":
            pool.update(document)
            for member in [member for member, value in document.items() if value is None]:
                del pool[member]
        else:
            told[SectionName(name).value] = copy.deepcopy(document)
    return told


def plus(**sections: Any) -> dict[str, Any]:
    """The same with threat protection and what rests upon it."""
    risk = {
        "CompromisedCredentialsRiskConfiguration": {
            "EventFilter": ["SIGN_IN"],
            "Actions": {"EventAction": "BLOCK"},
        }
    }
    settings = {"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}
    return documents(user_pool=settings, risk=[risk, {"ClientId": MOBILE, **risk}], **sections)


def plain(**settings: Any) -> dict[str, Any]:
    """A pool with nothing but itself, as Cognito makes it."""
    cognito = FakeCognito()
    made = cognito.call("CreateUserPool", PoolName="plain")["UserPool"]
    return {"user_pool": {**made, "Id": OLD_ID, "Arn": USER_POOL["Arn"], **settings}}


@dataclass
class Shop:
    """The rich pool with three users in an account, machines that serve it, and what they made of it.

    >>> with Shop() as shop:
    ...     shop.backup()
    ...     shop.create()
    """

    told: Mapping[str, Any] = field(default_factory=documents)
    machines: Deployed = field(default_factory=Deployed)
    people: int = 3

    def __post_init__(self) -> None:
        cognito = self.machines.cognitos.setdefault("us-east-1", FakeCognito())
        cognito.web = self.machines.internet
        cognito.put(self.told)
        self.machines.wafs.setdefault("us-east-1", FakeWaf(acls=frozenset({WEB_ACL})))
        users = cognito.user_pool(OLD_ID)
        users.put_group(Group("admins", "Those who may", 0, ADMIN_ROLE, START, START))
        for number in range(self.people):
            groups = ("admins",) if number % 2 else ("everybody",)
            users.add(f"sub-{number}", sub=f"sub-{number}", groups=groups, email=f"user{number}@example.com")

    def __enter__(self) -> Shop:
        self.machines.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.machines.__exit__(*error)

    @property
    def cognito(self) -> FakeCognito:
        return self.machines.cognitos["us-east-1"]

    @property
    def source(self) -> FakeUserPool:
        return self.cognito.user_pool(OLD_ID)

    def backup(self, **options: Any) -> Any:
        """The manifest; from here on, only the restore is recorded."""
        result = self.machines.start("backup", {"user_pool_id": OLD_ID, **options}, "backup")
        self.forget()
        return self.machines.document(result["manifest"].removeprefix("s3://bucket/"))

    def forget(self) -> None:
        self.cognito.calls.clear()
        self.cognito.history.clear()

    def create(self, execution: str | None = None, **options: Any) -> dict[str, Any]:
        """The result of a restore that makes the pool."""
        options.setdefault("snapshot", f"{OLD_ID}/latest")
        create = {"pool_name": RESTORED, **options.pop("create_pool", {})}
        result: dict[str, Any] = self.machines.start("restore", {"create_pool": create, **options}, execution)
        return result

    def overwrite(self, target: str, **options: Any) -> dict[str, Any]:
        """The result of a restore of the configuration alone."""
        request = {"snapshot": f"{OLD_ID}/latest", "target_user_pool_id": target, "only": {"sections": ["config"]}}
        result: dict[str, Any] = self.machines.start("restore", {**request, **options})
        return result

    @property
    def new(self) -> PoolState:
        """The one pool that was made."""
        (state,) = self.cognito.named(RESTORED)
        return state

    @property
    def new_id(self) -> str:
        pool_id: str = self.new.description["Id"]
        return pool_id

    def file(self, restore_id: str, name: str) -> Any:
        return self.machines.document(f"restores/{restore_id}/{name}")

    def texts(self) -> dict[str, str]:
        """Every object of the bucket as text."""
        return {key: stored.content.decode("utf-8", "replace") for key, stored in self.machines.store.objects.items()}


def todos(result: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """`(section, name, why)` of what a report or a plan says is to do."""
    return sorted((one["section"], one["name"], one["why"]) for one in result["todo"])


def second_secret(shop: Shop, client_id: str) -> None:
    """Cognito tells one of two."""
    shop.cognito.pools[OLD_ID].secrets[client_id].append(Secret("another", f"{MARKER}OfWhichNobodyIsTold"))


def as_text(value: Any) -> str:
    return json.dumps(value, default=str)


APPLE = {
    "UserPoolId": OLD_ID,
    "ProviderName": "SignInWithApple",
    "ProviderType": "SignInWithApple",
    "ProviderDetails": {
        "client_id": "com.example",
        "team_id": "team",
        "key_id": "key",
        "private_key": f"{MARKER}OfApple",
        "authorize_scopes": "email",
    },
}
WITH_APPLE = [*PROVIDERS, APPLE]
