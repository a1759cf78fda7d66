"""A migration at sign-in as its people meet it: two pools with the triggers attached, and an app of the target."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, named

PASSWORD = "Typed-for-years-1"
#: The source's sign-in calls that one migration makes.
ASKS = ("AdminInitiateAuth", "AdminGetUser", "AdminListGroupsForUser")
CLAIM = "original_sub"


@dataclass
class Move:
    """People on their way from `source` to `target`, whose app is `client`."""

    deployed: Deployed
    source: str
    target: str
    client: str
    own: Any
    source_client: str
    attached: Json = field(default_factory=dict)

    def run(self, action: str, **options: Any) -> Json:
        request = {"action": action, "target_user_pool_id": self.target, **options}
        if action != "detach":
            request.setdefault("source_user_pool_id", self.source)
        return self.deployed.run("migration", request)

    def attach(self, **options: Any) -> Json:
        self.attached = self.run("attach", source_client_id=self.source_client, **options)
        self.deployed.cloud.forget()
        return self.attached

    def put(self, *people: Json, groups: Sequence[str] = ()) -> None:
        """Users of the source, with the password that they have had for years; groups in both pools."""
        known = [{"Password": PASSWORD, **one} for one in people]
        self.deployed.cloud.put_users(self.source, known, named(*groups))
        self.deployed.cloud.put_users(self.target, [], named(*groups))

    def sign_in(self, name: str, password: str = PASSWORD, **metadata: str) -> Json:
        """Through the app, as anybody without credentials of AWS."""
        more = {"ClientMetadata": metadata} if metadata else {}
        answer: Json = self.own.initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
            **more,
        )
        return answer

    def asked(self) -> dict[str, int]:
        """Calls since the last `forget` that a migration makes of any pool."""
        calls = self.deployed.cloud.calls()
        return {name: calls[name] for name in ASKS if name in calls}

    def names(self) -> set[str]:
        return set(self.deployed.users(self.target))

    def records(self) -> list[str]:
        return [key for key in self.deployed.keys(f"deferred/{self.target}/") if not key.endswith("/open")]


def moving(deployed: Deployed, idp: Any, own: Any, **settings: Any) -> Move:
    """Two pools of the same kind, nothing attached yet; the source's client has a secret.

    `settings` are both pools', `source` and `target` those of one; `custom` names attributes.
    """
    custom, of_source, of_target = settings.pop("custom", ()), settings.pop("source", {}), settings.pop("target", {})
    source = deployed.pool(*custom, **{**settings, **of_source})
    target = deployed.pool(ORIGINAL_SUB, *custom, **{**settings, **of_target})
    asking = client(idp, source, GenerateSecret=True, ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"])
    app = client(idp, target)
    return Move(deployed, source, target, app, own, asking)


def client(idp: Any, pool: str, **settings: Any) -> str:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    made = {"ExplicitAuthFlows": flows, "PreventUserExistenceErrors": "ENABLED", **settings}
    return str(idp.create_user_pool_client(UserPoolId=pool, ClientName="app", **made)["UserPoolClient"]["ClientId"])


def claims(answer: Json, kind: str = "IdToken") -> Json:
    """What a token says."""
    part = answer["AuthenticationResult"][kind].split(".")[1]
    told: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return told


def refused(call: Any, *arguments: Any, **members: Any) -> tuple[str, str]:
    """The exception and the text that somebody gets."""
    try:
        call(*arguments, **members)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("nobody was refused")
