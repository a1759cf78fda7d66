"""Asking a pool whether a password is right: the PasswordCheck port on AWS.

The app client's secret is read from Cognito when it is first needed, so that it lies nowhere else.
Sources: [API AdminInitiateAuth]; https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
("Computing secret hash values"); "Password attempts exceeded": https://docs.aws.amazon.com/cognito/latest/
developerguide/amazon-cognito-user-pools-authentication-flow.html ("Lockout behavior").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from ..domain.migration.password_answer import PasswordAnswer, Verdict
from ..domain.snapshot import region_of
from ..errors import NotFound, PoolNotFound, Rejected
from .aws import HURRIED, Role, client, our_errors

#: What Cognito says of a user who has typed too many wrong passwords, beside a code that it shares with a wrong one:
#: the one place where a text decides.
LOCKED_OUT = "Password attempts exceeded"
#: Of a user whom the pool does not let in, whatever the password; a trigger of the source may refuse as well.
REFUSING = frozenset(
    {
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "UserLambdaValidationException",
        "UserNotConfirmedException",
        "UserNotFoundException",
    }
)


class CognitoPasswordCheck:
    """One app client of one pool. Its flow ALLOW_ADMIN_USER_PASSWORD_AUTH has to be on."""

    def __init__(self, user_pool_id: str, client_id: str, role: Role | None = None, cognito: Any = None) -> None:
        self._pool, self._client_id = user_pool_id, client_id
        self._cognito = cognito or client("cognito-idp", region_of(user_pool_id), HURRIED, role)
        self._secret: str | None = None
        self._knows_secret = False

    def answer(self, username: str, password: str) -> PasswordAnswer:
        given = {"USERNAME": username, "PASSWORD": password, **self._secret_hash(username)}
        try:
            with our_errors("AdminInitiateAuth"):
                told = self._cognito.admin_initiate_auth(
                    UserPoolId=self._pool,
                    ClientId=self._client_id,
                    AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                    AuthParameters=given,
                )
        except Rejected as error:
            if error.code in REFUSING:
                return PasswordAnswer(Verdict.LOCKED_OUT if _says(error, LOCKED_OUT) else Verdict.WRONG)
            self._require_pool(error)
            raise
        challenge = told.get("ChallengeName")
        return PasswordAnswer(Verdict.CHALLENGED if challenge else Verdict.RIGHT, challenge)

    def _secret_hash(self, username: str) -> dict[str, str]:
        if not self._knows_secret:
            try:
                with our_errors("DescribeUserPoolClient"):
                    told = self._cognito.describe_user_pool_client(UserPoolId=self._pool, ClientId=self._client_id)
            except Rejected as error:
                self._require_pool(error)
                raise
            self._secret, self._knows_secret = told["UserPoolClient"].get("ClientSecret"), True
        if self._secret is None:
            return {}
        digest = hmac.new(self._secret.encode(), f"{username}{self._client_id}".encode(), hashlib.sha256).digest()
        return {"SECRET_HASH": base64.b64encode(digest).decode()}

    def _require_pool(self, error: Rejected) -> None:
        if isinstance(error, NotFound):
            gone = f"{self._pool} or its app client {self._client_id} is not there any more."
            raise PoolNotFound(gone) from error


def _says(error: Rejected, text: str) -> bool:
    answered = getattr(error.__cause__, "response", {})
    return text in str(answered.get("Error", {}).get("Message", ""))
