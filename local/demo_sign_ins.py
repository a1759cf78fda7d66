"""How people of the demo get in after the restore: walked as an application does it, with its old client secret."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import json
import re
import urllib.request
from collections.abc import Mapping
from typing import Any

from .cloud import Cloud
from .sample_pool import CLIENT


def reset_password_and_sign_in(cloud: Cloud, cognito: Any, user_pool_id: str, username: str) -> bool:
    """By "forgot password", with the code from the mail."""
    client_id, password = _client_of(cognito, user_pool_id), "Chosen-after-the-restore-1"
    proof = _proof(username, client_id)
    cognito.forgot_password(ClientId=client_id, Username=username, SecretHash=proof)
    cognito.confirm_forgot_password(
        ClientId=client_id,
        Username=username,
        SecretHash=proof,
        ConfirmationCode=_mailed_code(cloud),
        Password=password,
    )
    parameters = {"USERNAME": username, "PASSWORD": password, "SECRET_HASH": proof}
    signed_in = cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    return "AccessToken" in signed_in.get("AuthenticationResult", {})


def temporary_passwords(cloud: Cloud, report: Mapping[str, Any]) -> dict[str, str]:
    """By username, from the file that the restore made for whoever hands them over."""
    bucket, _, key = report["files"]["temporary_passwords"].removeprefix("s3://").partition("/")
    content = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return {row["username"]: row["temporary_password"] for row in csv.DictReader(content.splitlines())}


def sign_in_with_temporary_password(cognito: Any, user_pool_id: str, handed: Mapping[str, str]) -> bool:
    """The first who is enabled, who has to choose a new password at once."""
    enabled = (
        name for name in sorted(handed) if cognito.admin_get_user(UserPoolId=user_pool_id, Username=name)["Enabled"]
    )
    name, client_id = next(enabled), _client_of(cognito, user_pool_id)
    proof = {"USERNAME": name, "SECRET_HASH": _proof(name, client_id)}
    asked = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={**proof, "PASSWORD": handed[name]}
    )
    if asked.get("ChallengeName") != "NEW_PASSWORD_REQUIRED":
        return False
    signed_in = cognito.respond_to_auth_challenge(
        ClientId=client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=asked["Session"],
        ChallengeResponses={**proof, "NEW_PASSWORD": "Chosen-after-the-restore-2"},
    )
    return "AccessToken" in signed_in.get("AuthenticationResult", {})


def _client_of(cognito: Any, user_pool_id: str) -> str:
    [client] = cognito.list_user_pool_clients(UserPoolId=user_pool_id, MaxResults=60)["UserPoolClients"]
    return str(client["ClientId"])


def _proof(username: str, client_id: str) -> str:
    """The secret hash, with the secret that the application had before."""
    secret = str(CLIENT["ClientSecret"]).encode()
    return base64.b64encode(hmac.new(secret, f"{username}{client_id}".encode(), hashlib.sha256).digest()).decode()


def _mailed_code(cloud: Cloud) -> str:
    """The code in the mail that Cognito sent last, from the emulator's mailbox."""
    with urllib.request.urlopen(f"{cloud.endpoint}/_ministack/ses/messages", timeout=10) as answer:  # noqa: S310
        mails = json.dumps(json.load(answer))
    return str(re.findall(r"\b\d{6}\b", mails)[-1])
