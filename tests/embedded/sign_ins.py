"""Getting into a pool as its people do: with an app, what they type, and what comes by mail and text message."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import Cloud
from tests.embedded.deployed import Deployed, Json
from tests.embedded.test_the_embedded_users import is_in, respond, sign_in, totp

CHOSEN = "Chosen-after-the-restore-1"
NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"
#: By challenge that is answered with a code which was sent: how it is given back.
SENT = {"SMS_MFA": "SMS_MFA_CODE", "EMAIL_OTP": "EMAIL_OTP_CODE"}
#: What a spreadsheet would take for a formula is written with an apostrophe before it.
APOSTROPHE = "'"


@dataclass
class Door:
    """One pool, and an app of it without credentials. `secrets` are the software tokens that were enrolled, by user."""

    cloud: Cloud
    pool: str
    client: str
    own: Any
    secrets: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cloud: Cloud, idp: Any, pool: str) -> Door:
        made = idp.create_user_pool_client(
            UserPoolId=pool, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )
        config = Config(signature_version=UNSIGNED)
        own = boto3.client("cognito-idp", region_name="us-east-1", endpoint_url=cloud.endpoint, config=config)
        return cls(cloud, pool, str(made["UserPoolClient"]["ClientId"]), own)

    def come_in(self, name: str, password: str = CHOSEN) -> tuple[str, ...]:
        """Sign in to the end; the challenges on the way. ClientError where there is no way."""
        self._empty()
        answer, asked = sign_in(self.own, self.client, name, password), list[str]()
        while not is_in(answer):
            asked.append(answer["ChallengeName"])
            answer = self._answer(answer)
        return tuple(asked)

    def forget_password(self, name: str) -> str:
        """Choose a new password by a code; where that came to."""
        self._empty()
        self.own.forgot_password(ClientId=self.client, Username=name)
        message = self._received("PasswordReset")
        self.own.confirm_forgot_password(
            ClientId=self.client, Username=name, ConfirmationCode=message["secret"], Password=CHOSEN
        )
        return message["to"]

    def _answer(self, asked: Json) -> Json:
        challenge, parameters = asked["ChallengeName"], asked["ChallengeParameters"]
        if challenge == NEW_PASSWORD:
            missing = json.loads(parameters["requiredAttributes"])
            return self._respond(asked, NEW_PASSWORD=CHOSEN, **dict.fromkeys(missing, "Somebody"))
        if challenge in SENT:
            return self._respond(asked, **{SENT[challenge]: self._received(challenge)["secret"]})
        if challenge == "SELECT_MFA_TYPE":
            return self._respond(asked, ANSWER=sorted(json.loads(parameters["MFAS_CAN_CHOOSE"]))[0])
        if challenge == "MFA_SETUP":
            return self._enrol(asked)
        assert challenge == "SOFTWARE_TOKEN_MFA", challenge
        return self._respond(asked, SOFTWARE_TOKEN_MFA_CODE=totp(self.secrets[parameters["USER_ID_FOR_SRP"]]))

    def _enrol(self, asked: Json) -> Json:
        begun = self.own.associate_software_token(Session=asked["Session"])
        self.secrets[asked["ChallengeParameters"]["USER_ID_FOR_SRP"]] = begun["SecretCode"]
        verified = self.own.verify_software_token(Session=begun["Session"], UserCode=totp(begun["SecretCode"]))
        return respond(self.own, {**asked, "Session": verified["Session"]})

    def _respond(self, asked: Json, **responses: str) -> Json:
        self._empty()
        return respond(self.own, asked, **responses)

    def _received(self, cause: str) -> dict[str, str]:
        """The one message that has come since the last."""
        messages = [message for message in self.cloud.control("GET", "inbox") if message["user_pool_id"] == self.pool]
        [message] = [message for message in messages if message["cause"] == cause]
        self._empty()
        return dict(message)

    def _empty(self) -> None:
        self.cloud.control("DELETE", "inbox")


def refusal(call: Callable[[], object]) -> str | None:
    """The name of the exception that a way in ends with; None where it does not."""
    try:
        call()
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return None


@dataclass(frozen=True)
class HandedOut:
    """One row of the temporary passwords: whose, what they type, and the password."""

    username: str
    sign_in_name: str
    password: str


def handed_out(deployed: Deployed, report: Json) -> dict[str, HandedOut]:
    """The temporary passwords of a restore, as whoever hands them over reads them; by username."""
    place = report["files"].get("temporary_passwords")
    if place is None:
        return {}
    rows = csv.DictReader(io.StringIO(deployed.content(place).decode(), newline=""))
    found = [
        HandedOut(
            row["username"].removeprefix(APOSTROPHE),
            row["sign_in_name"].removeprefix(APOSTROPHE),
            row["temporary_password"],
        )
        for row in rows
    ]
    by_username = {row.username: row for row in found}
    assert len(by_username) == len(found), "nobody is there twice"
    return by_username
